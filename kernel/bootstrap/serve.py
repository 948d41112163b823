"""Runs JupyterLab until it is told to stop or until whoever started it is gone.

Standard input is a pipe that the starter holds open; its end means that the starter ended, in whatever way, so no
server outlives a killed start.
"""

import os
import signal
import threading


def stop_at_end_of_input():
    while os.read(0, 4096):  # not sys.stdin, whose lock a reading thread would hold when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    from jupyterlab.labapp import main

    main()
