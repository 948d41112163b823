"""Piecewise-constant rates."""

from .common import CYCLE, DENSITY, SWITCHING, explicit, several

NOTE = (
    "Products of matrix exponentials; moments as Taylor coefficients of E[e^{sY}] through block Toeplitz generators, confirmed by numerical "
    "integration of the survival function. Gradients run over the theta of each epoch and then the later starts."
)


def epochs(*pairs):
    return {"epochs": [{"start": s, "theta": list(t)} for s, t in pairs]}


TWO = epochs((0, (1,)), (0.5, (0.2,)))
THREE = epochs((0, (1.5, 0.7, 2.25)), (0.4, (0.2, 3, 0.1)), (1.75, (4, 1, 0.5)))
# Two islands that merge: the second epoch has fast migration.
ISLANDS = epochs((0, (0.05, 0.1)), (1.25, (2, 3)))
WANDER = explicit(
    4, [[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [1, 2, 0, 0, 1], [2, 1, 0, 0.5, 0], [2, 3, 0, 0, 2], [0, 3, "a*k/1000"]], parameters=["a", "k"],
    initial=[[0, 0.75], [2, 0.125]], rewards={"w": [1, 0, 2, 0], "g": ["a", 1, "k/2", 0]},
)
STIFF = epochs((0, (1e4, 0.3)), (2, (1e-3, 5)), (2.5, (30, 1e-2)))


def asked(times):
    return [{"quantity": q, "times": times} for q in ("pdf", "cdf", "survival", "hazard")]


COAL = {"family": "coalescent", "inputs": {"n": 4}}
CASES = several("coalescent(4), two epochs", COAL, TWO, asked([0.2, 0.75, 3]), DENSITY, gradient=True)
CASES += several("coalescent(4), two epochs", COAL, TWO,
                 [{"quantity": "moments", "order": 3}, {"quantity": "moments", "order": 3, "reward": "branchLength"}, {"quantity": "variance"},
                  {"quantity": "mean", "reward": "branchLength"}], gradient=True)
CASES += several("coalescent(4), two epochs", COAL, TWO,
                 [{"quantity": "quantile", "probabilities": [0.1, 0.5, 0.99]},
                  {"quantity": "logLikelihood", "data": [0.1, 0.3, 1.2, {"right": 4}, {"left": 0.2}, {"interval": [0.25, 2]}]}], DENSITY, gradient=True)
CASES += several("cycle, three epochs", CYCLE, THREE, asked([0.3, 1, 5]), DENSITY, gradient=True)
CASES += several("cycle, three epochs", CYCLE, THREE,
                 [{"quantity": "stateProbabilities", "times": [1, 3]}, {"quantity": "occupancy", "times": [1, 3]},
                  {"quantity": "logLikelihood", "data": [0.1, 0.5, 2.5, {"exact": 0}, {"right": 6}, {"exact": 3, "truncated": 1, "weight": 2}]}],
                 DENSITY, gradient=True)
CASES += several("cycle, three epochs", CYCLE, THREE,
                 [{"quantity": "moments", "order": 3}, {"quantity": "moments", "order": 3, "reward": "part"}, {"quantity": "variance", "reward": "one"},
                  {"quantity": "sojourn"}], gradient=True)
CASES += several("two islands that merge", {"family": "two-island", "inputs": {"a": 2, "b": 1}}, ISLANDS,
                 [{"quantity": "pdf", "times": [0.5, 4]}, {"quantity": "survival", "times": [0.5, 4]}, {"quantity": "moments", "order": 3}], DENSITY, gradient=True)
CASES += several("wandering with formulas", WANDER, epochs((0, (1, 0.5)), (1, (0.25, 2))),
                 [{"quantity": "moments", "order": 3, "reward": "g"}, {"quantity": "moments", "order": 2, "reward": "w"},
                  {"quantity": "survival", "times": [0.5, 30]}], DENSITY, gradient=True)
CASES += several("stiff, three epochs", WANDER, STIFF,
                 [{"quantity": "moments", "order": 3}, {"quantity": "moments", "order": 3, "reward": "w"}, {"quantity": "sojourn"},
                  {"quantity": "pdf", "times": [1, 2.25, 3]}, {"quantity": "cdf", "times": [1e-6, 2.25, 3]}, {"quantity": "survival", "times": [2.25, 3, 60]}],
                 DENSITY, gradient=True)
NO_EXIT = epochs((0, (1, 0)), (0.75, (0.5, 2)))
CASES += several("no absorption in the first epoch", WANDER, NO_EXIT,
                 [{"quantity": "moments", "order": 2}, {"quantity": "survival", "times": [0.5, 2]}, {"quantity": "sojourn"}], DENSITY, gradient=True)
CASES += several("the same theta twice", CYCLE, epochs((0, (1.5, 0.7, 2.25)), (0.8, (1.5, 0.7, 2.25))),
                 [{"quantity": "moments", "order": 3}, {"quantity": "pdf", "times": [0.4, 2]}], DENSITY, gradient=True,
                 why="the gradient with respect to the start is zero")
LONG = epochs((0, (1e7, 1e-3)), (100, (1e6, 2e-3)))
CASES += several("long epochs, 1e9", SWITCHING, LONG, [{"quantity": "survival", "times": [50, 400]}, {"quantity": "pdf", "times": [50, 400]}], 1e-9,
                 gradient=True, bound=True)
CASES += several("long epochs, 1e9", SWITCHING, LONG, [{"quantity": "moments", "order": 2}, {"quantity": "sojourn"}], 1e-9, gradient=True)
