"""Runs JupyterLab until whoever started it says so, or is gone.

Standard input is a pipe that the starter holds open; its end, however it came, ends the server and its kernels, so
nothing outlives a killed start. Not by a signal: one that comes between two looks at the event loop is noticed only when
something else wakes that loop.
"""

import os
import threading
import time

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import main


def stop_at_end_of_input():
    while os.read(0, 4096):  # not sys.stdin, whose lock a reading thread would hold when the interpreter ends
        pass
    while not (ServerApp.initialized() and getattr(ServerApp.instance(), "io_loop", None)):
        time.sleep(0.1)
    server = ServerApp.instance()
    server.io_loop.add_callback(server.stop)


if __name__ == "__main__":
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    main()
