"""What is asked, by theme. Each module has `NOTE` and `CASES`; values are computed by `naive`."""
