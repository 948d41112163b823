"""Gradients of moments and covariances."""

from .common import CYCLE, CYCLE_THETA, FORMULAS, FORMULAS_THETA, SWITCHING, case, explicit, several

NOTE = (
    "Gradients as central differences with a relative step of 1e-40 at 120 digits, confirmed with a step of 1e-80 at "
    "240 digits. Values as in moments-stiff."
)

ALL = [
    {"quantity": "moments", "order": 4},
    {"quantity": "variance"},
    {"quantity": "covarianceMatrix", "rewards": ["one", "part"]},
    {"quantity": "moments", "order": 3, "reward": "part"},
]
CASES = several("cycle", CYCLE, CYCLE_THETA, ALL, gradient=True)
CASES += several("cycle over ten orders", CYCLE, [1e5, 1e-5, 3], ALL, gradient=True)
CASES += several("cycle with c = 0", CYCLE, [1.5, 0.7, 0], ALL[:2], gradient=True)
CASES += several(
    "formulas", FORMULAS, FORMULAS_THETA,
    [{"quantity": "moments", "order": 4}, {"quantity": "moments", "order": 3, "reward": "load"},
     {"quantity": "moments", "order": 2, "reward": "flag"}, {"quantity": "variance", "reward": "cost"},
     {"quantity": "covarianceMatrix", "rewards": ["load", "flag", "cost"]}, {"quantity": "defect"}],
    gradient=True,
)
CASES += several("formulas, other branches", FORMULAS, [3.0, 1.2, 0.9375],
                 [{"quantity": "moments", "order": 3, "reward": "load"}, {"quantity": "variance", "reward": "load"}], gradient=True)
TWO = [{"quantity": "moments", "order": 3}, {"quantity": "variance"}, {"quantity": "variance", "reward": "on"},
       {"quantity": "covariance", "rewards": ["off", "on"]}]
for theta in ([1e-8, 2], [1e-5, 1e5], [1e8, 1e-4]):
    CASES += several(f"switching at {theta}", SWITCHING, theta, TWO, gradient=True)
# Rates over 14 orders in a cycle: differences of values across an edge cancel.
STIFF_CYCLE = explicit(
    7,
    [[0, 1, 0, 3.1, 0, 0, 0], [1, 2, 0, 0, 2.7, 0, 0], [2, 3, 0, 0, 0, 0.85, 0], [3, 4, 0, 0, 1.9, 0, 0],
     [4, 5, 0, 0, 0, 0, 4.4], [5, 0, 0, 0, 0, 6.3, 0], [1, 0, 0, 7.7, 0, 0, 0], [2, 1, 0, 0, 0, 5.2, 0],
     [3, 2, 0, 9.6, 0, 0, 0], [4, 3, 0, 0, 0, 2.3, 0], [5, 4, 0, 0, 3.8, 0, 0], [3, 6, 0, 0, 1.3, 0, 0],
     [5, 6, 0, 0, 0, 0.071, 0]],
    parameters=["w", "x", "y", "z"],
    rewards={"one": [1, 0, 2, 0, 3, 0, 0], "part": [0, 1e-3, 1, 5, 0, 2, 0]},
)
CASES += several("stiff cycle", STIFF_CYCLE, [1e6, 1e-6, 1, 1e7], ALL, gradient=True)
CASES += several("stiff cycle, other scales", STIFF_CYCLE, [1e-3, 1e4, 1e-7, 1e2], ALL, gradient=True)
RABBITS = {"family": "rabbits", "inputs": {"N": 4}}
for theta in ([1, 2, 4], [1e-6, 1e3, 1e6], [1e7, 1e-5, 1e-2]):
    CASES += several(f"rabbits(4) {theta}", RABBITS, theta,
                     [{"quantity": "moments", "order": 3, "reward": "left"}, {"quantity": "covariance", "rewards": ["left", "right"]}],
                     gradient=True)
CASES += several("two islands, rare migration", {"family": "two-island", "inputs": {"a": 3, "b": 2}}, [1e-9, 3e-8],
                 [{"quantity": "moments", "order": 3}, {"quantity": "variance"}], gradient=True)
CASES += several("two islands, one-way migration", {"family": "two-island", "inputs": {"a": 2, "b": 2}}, [0.5, 0],
                 [{"quantity": "moments", "order": 2}], gradient=True)
CASES += several("two-locus graph", {"family": "two-locus-arg", "inputs": {"n": 2}}, [0.35],
                 [{"quantity": "covarianceMatrix", "rewards": ["T1", "T2"]}, {"quantity": "moments", "order": 3}], gradient=True)
CASES += several("isolation with migration", {"family": "isolation-with-migration", "inputs": {"n1": 1, "n2": 1, "N2": 2}},
                 [1e-4, 5], [{"quantity": "moments", "order": 3}, {"quantity": "variance"}], gradient=True)
SHORT = explicit(3, [[0, 1, "a"], [1, 2, "b"]], initial=[[0, "p"], [1, "(1-p)/2"], [2, "(1-p)/4"]], parameters=["a", "b", "p"],
                 rewards={"tilt": ["exp(-a)", "p*b", 0]})
CASES += several("initial mass that moves between states, absorption and the defect", SHORT, [2, 0.3, 0.25],
                 [{"quantity": "moments", "order": 3, "reward": "tilt"}, {"quantity": "variance"}, {"quantity": "defect"},
                  {"quantity": "covariance", "rewards": ["tilt", "tilt"]}], gradient=True)
