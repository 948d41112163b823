"""Between JSON and numpy: arrays in requests become lists, lists of numbers in results become arrays."""

import math
from collections.abc import Mapping

import numpy as np


def plain(value):
    """For `json.dumps(default=…)`: numpy arrays and numbers as lists and numbers, complex numbers as pairs [re, im]."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, complex):
        return [value.real, value.imag]
    raise TypeError(f"{type(value).__name__} has no place in a request")


def not_finite(value, path=""):
    """The path and the value of the first number that JSON has no word for, such as `/theta/0` and nan; None if all have."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, complex):
        value = [value.real, value.imag]
    if isinstance(value, float):
        return None if math.isfinite(value) else (path, value)
    inside = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list | tuple):
        inside = enumerate(value)
    return next(filter(None, (not_finite(one, f"{path}/{name}") for name, one in inside)), None)


def with_arrays(result):
    """The result document with arrays for `values` (lane × value) and `gradients` (lane × value × parameter).

    A lane that failed is NaN there; its `status` says why. `laplace` has complex values.
    """
    for one in result["results"]:
        for field in ("values", "gradients"):
            if field in one:
                one[field] = _lanes(one[field])
        if one.get("quantity") == "laplace" and one["values"].ndim == 3:
            pairs = one["values"]
            one["values"] = pairs[..., 0] + 1j * pairs[..., 1]
    return result


def _lanes(lanes):
    shape = next((np.shape(lane) for lane in lanes if lane is not None), (0,))
    array = np.full((len(lanes), *shape), np.nan)
    for i, lane in enumerate(lanes):
        if lane is not None:
            # What JSON has no number for is a text in results, "Infinity" and the like, which numpy reads.
            array[i] = np.asarray(lane, dtype=float)
    return array
