"""Models and quantities as the dictionaries that a request is made of."""

from collections.abc import Mapping
from numbers import Number

import numpy as np

from ._errors import LaneError
from ._session import compute


def quantity(name, **options):
    """A quantity of a request: `quantity("pdf", times=[0.5, 1.0])`."""
    return {"quantity": name, **options}


class Model:
    """A model of a request; `document` holds it.

    `theta` is one vector, a dictionary by parameter name, or a list of either. `session` answers; left out, every call
    starts a process of its own.
    """

    def __init__(self, *, states, initial, edges, parameters=(), rewards=None, kind="continuous", name="model"):
        """An explicit model: edges are `[from, to, base, c_1 … c_d]` or `[from, to, formula]`, see docs/compute.md."""
        self.document = {
            "format": "sojourn-model/1",
            "name": name,
            "kind": kind,
            "parameters": list(parameters),
            "states": states,
            "initial": initial,
            "edges": edges,
            "rewards": dict(rewards or {}),
        }

    @classmethod
    def from_document(cls, document):
        """A model that is a dictionary already."""
        model = cls.__new__(cls)
        model.document = dict(document)
        return model

    @classmethod
    def family(cls, family, **inputs):
        """A model of the library, such as `Model.family("rabbits", N=2)`; `sojourn models` lists them."""
        return cls.from_document({"family": family, "inputs": inputs})

    @classmethod
    def from_matrix(cls, initial, matrix, *, kind="continuous", name="model"):
        """A model without parameters from an initial distribution and a sub-intensity or sub-transition matrix.

        Its last vertex is the absorbing one.
        """
        matrix = np.asarray(matrix, dtype=float)
        size = len(matrix)
        discrete = kind == "discrete"
        # Rows that sum to their full mass do so to rounding only, and a negative rate would be refused.
        exits = (1.0 if discrete else 0.0) - matrix.sum(axis=1)
        exits[np.abs(exits) <= 4 * size * np.finfo(float).eps * np.abs(matrix).max(axis=1, initial=0)] = 0
        inside = [
            [i, j, matrix[i, j]] for i in range(size) for j in range(size) if matrix[i, j] != 0 and (discrete or i != j)
        ]
        return cls(
            states=[[i] for i in range(size + 1)],
            initial=[[i, p] for i, p in enumerate(np.asarray(initial, dtype=float)) if p != 0],
            edges=inside + [[i, size, rate] for i, rate in enumerate(exits) if rate != 0],
            kind=kind,
            name=name,
        )

    def request(self, *quantities, theta=None, **more):
        """A request for these quantities; `more` holds further fields such as `gradient=True` or `epochs`."""
        fields = {"theta": theta, **more}
        return {
            "format": "sojourn-request/1",
            "model": self.document,
            "quantities": list(quantities),
            **{field: value for field, value in fields.items() if value is not None},
        }

    def values(self, name, theta=None, *, epochs=None, session=None, **options):
        """The values of one quantity: an array of them at one theta, lane × value for a list of thetas.

        Raises `LaneError` where one theta has no value; in a list it has NaN.
        """
        request = self.request(quantity(name, **options), theta=theta, epochs=epochs)
        return _take(request, "values", session)

    def gradients(self, name, theta=None, *, epochs=None, session=None, **options):
        """Derivatives with respect to theta: value × parameter at one theta, lane × value × parameter for a list."""
        request = self.request(quantity(name, **options), theta=theta, epochs=epochs, gradient=True)
        return _take(request, "gradients", session)


def _take(request, field, session):
    answer = compute(request) if session is None else session.compute(request)
    one = answer["results"][0]
    if _is_batch(request):
        return one[field]
    status = one["status"][0]
    if status != "ok":
        raise LaneError(status, f"Cannot compute {one['quantity']}: the status at this theta is {status}.")
    return one[field][0]


def _is_batch(request):
    thetas = [epoch["theta"] for epoch in request["epochs"]] if "epochs" in request else [request.get("theta")]
    return any(not (theta is None or _is_one(theta)) for theta in thetas)


def _is_one(theta):
    """One vector, by number or by name, and not a list of them."""
    return isinstance(theta, (Number, Mapping)) or all(isinstance(value, Number) for value in theta)
