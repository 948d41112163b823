"""Phase-type distributions by the `sojourn` command: requests as dictionaries, results with numpy arrays.

    import sojourn

    rabbits = sojourn.Model.family("rabbits", N=2)
    rabbits.values("moments", theta=[1, 2, 4], order=3)      # array of three moments

    with sojourn.Session() as session:                       # one warm process for many requests
        result = session.compute(rabbits.request(sojourn.quantity("pdf", times=[0.5, 1.0]), theta=[1, 2, 4]))
        result["results"][0]["values"]                       # array, lane × time

What a request may hold and a result holds is described in docs/compute.md.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    import numpy as _  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "The Python client of sojourn needs numpy, which the kernel does not; install it with: pip install numpy", name="numpy"
    ) from error

from ._errors import LaneError, ProcessError, RequestError, SojournError
from ._model import Model, quantity
from ._session import Session, compute

try:
    __version__ = version("sojourn")
except PackageNotFoundError:  # used from a checkout, not installed
    __version__ = "0"

__all__ = [
    "LaneError",
    "Model",
    "ProcessError",
    "RequestError",
    "Session",
    "SojournError",
    "compute",
    "quantity",
]
