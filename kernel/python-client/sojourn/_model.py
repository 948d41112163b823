"""Models and quantities as the dictionaries that a request is made of."""

from collections.abc import Mapping
from numbers import Number

import numpy as np

from ._errors import LaneError, RequestError
from ._session import compute


def quantity(name, **options):
    """A quantity of a request: `quantity("pdf", times=[0.5, 1.0])`; points of `laplace` are numbers, also complex ones."""
    if name == "laplace" and np.iterable(options.get("at")):
        points = [[point.real, point.imag] if isinstance(point, Number) else point for point in options["at"]]
        options = {**options, "at": points}
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

        Its last vertex is the absorbing one. Raises `RequestError` naming the row for what is no such matrix.
        """
        initial, matrix = _checked(initial, matrix, kind, name)
        size = len(matrix)
        discrete = kind == "discrete"
        full = 1.0 if discrete else 0.0
        exits = full - matrix.sum(axis=1)
        # Rows that sum to their full mass do so to rounding only, and a negative rate would be refused.
        scale = np.abs(matrix).max(axis=1, initial=0)
        exits[np.abs(exits) <= 4 * size * np.finfo(float).eps * scale] = 0
        for i in np.flatnonzero(exits < 0):
            if exits[i] < -1e-12 * (full + scale[i]):
                _refuse("bad-row", name, f"row {i} must sum to at most {full:g} and sums to {full - exits[i]}")
            exits[i] = 0
        inside = [
            [i, j, matrix[i, j]] for i in range(size) for j in range(size) if matrix[i, j] != 0 and (discrete or i != j)
        ]
        return cls(
            states=[[i] for i in range(size + 1)],
            initial=[[i, p] for i, p in enumerate(initial) if p != 0],
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


def _checked(initial, matrix, kind, name):
    """Both as arrays. What the edges of a model no longer show is checked here: shapes, and signs on the diagonal."""
    if kind not in ("continuous", "discrete"):
        _refuse("bad-option", name, f'kind must be "continuous" or "discrete" and is {kind!r}')
    try:
        initial, matrix = np.asarray(initial, dtype=float), np.asarray(matrix, dtype=float)
    except (TypeError, ValueError) as error:
        _refuse("bad-matrix", name, f"initial and matrix must hold numbers, in rows of one length ({error})")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) == 0:
        _refuse("bad-matrix", name, f"the matrix must be square, and its shape is {matrix.shape}")
    if initial.shape != (len(matrix),):
        _refuse("bad-matrix", name, f"initial must have {len(matrix)} probabilities, and its shape is {initial.shape}")
    if not np.isfinite(initial).all():
        i = np.flatnonzero(~np.isfinite(initial))[0]
        _refuse("bad-initial", name, f"initial[{i}] must be finite and is {initial[i]}")
    diagonal = np.eye(len(matrix), dtype=bool) if kind == "continuous" else np.zeros_like(matrix, dtype=bool)
    for bad, code, must in (
        (~np.isfinite(matrix), "bad-rate", "be finite"),
        (diagonal & (matrix > 0), "negative-rate", "be ≤ 0, minus the rate at which its state is left,"),
        (~diagonal & (matrix < 0), "negative-rate", "be ≥ 0"),
    ):
        if bad.any():
            i, j = np.argwhere(bad)[0]
            _refuse(code, name, f"entry {i}, {j} must {must} and is {matrix[i, j]}")
    return initial, matrix


def _refuse(code, name, why):
    raise RequestError(code, f"Cannot build {name} from a matrix: {why}.")


def _take(request, field, session):
    answer = compute(request) if session is None else session.compute(request)
    one = answer["results"][0]
    if _is_batch(request):
        return one[field]
    status = one["status"][0]
    if status != "ok":
        why = one.get("reasons", [f"the status at this theta is {status}"])[0]
        raise LaneError(status, f"Cannot compute {one['quantity']}: {why}.")
    return one[field][0]


def _is_batch(request):
    thetas = [epoch["theta"] for epoch in request["epochs"]] if "epochs" in request else [request.get("theta")]
    return any(not (theta is None or _is_one(theta)) for theta in thetas)


def _is_one(theta):
    """One vector, by number or by name, and not a list of them."""
    return isinstance(theta, (Number, Mapping)) or all(isinstance(value, Number) for value in theta)
