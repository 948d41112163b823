"""Distributions of rewards: states without reward, atoms, removed cycles."""

from .common import CYCLE, CYCLE_THETA, DENSITY, FORMULAS, FORMULAS_THETA, SWITCHING, case, explicit, several

NOTE = (
    "Densities of rewards by the textbook transformation in blocks (Bladt & Nielsen 2017, theorem 3.1.33), confirmed by the Laplace "
    "transform a(zR - S)^{-1}s of the untransformed model at several z."
)

T = [0.05, 0.6, 4]


def asked(reward, times=T, p=(0.5, 0.9, 0.999)):
    return [
        {"quantity": "pdf", "times": times, "reward": reward},
        {"quantity": "cdf", "times": times, "reward": reward},
        {"quantity": "survival", "times": times, "reward": reward},
        {"quantity": "quantile", "probabilities": list(p), "reward": reward},
        {"quantity": "logLikelihood", "data": [times[0], times[1], times[1], times[2]], "reward": reward},
    ]


CASES = several("cycle", CYCLE, CYCLE_THETA, asked("part"), DENSITY, gradient=True)
CASES += several("cycle", CYCLE, CYCLE_THETA, asked("one")[:3] + [{"quantity": "hazard", "times": T, "reward": "one"}], DENSITY, gradient=True)
CASES += several("cycle", CYCLE, CYCLE_THETA, asked("unit")[:2], DENSITY, gradient=True, why="a reward of 1 everywhere is the time")
CASES += several("formulas", FORMULAS, FORMULAS_THETA, asked("load")[:3] + [asked("cost")[i] for i in (0, 1, 4)], DENSITY, gradient=True)
# Starts in a cycle of states without reward, which may be absorbed before any reward is earned.
ATOM = explicit(
    6,
    [[0, 1, 0, 1, 0], [1, 0, 0, 0, 1], [1, 2, 0.5, 0, 0], [2, 3, 0, 1, 1], [3, 0, 0, 0, 2], [3, 4, 0, 1, 0], [0, 5, 0, 0, 1], [2, 5, 0.25, 0, 0],
     [4, 2, 0, 3, 0], [4, 5, 1, 0, 0]],
    parameters=["a", "b"],
    rewards={"late": [0, 0, 2, 0, 0.5, 0], "only": [0, 0, 0, 1, 0, 0], "rated": [0, 0, "a*b", "exp(-b)", 0, 0]},
)
for reward in ("late", "only", "rated"):
    CASES += several("atom", ATOM, [1.75, 0.4], asked(reward, [0.01, 0.7, 3], (0.2, 0.95, 0.9999)), DENSITY, gradient=True)
    CASES += several("atom", ATOM, [1.75, 0.4], [{"quantity": "defect", "reward": reward}, {"quantity": "moments", "order": 3, "reward": reward}],
                     gradient=True)
CASES.append(case("atom: cdf at zero is the defect", ATOM, [1.75, 0.4], {"quantity": "cdf", "times": [0], "reward": "late"}, gradient=True))
CASES.append(case("atom: survival at zero is what is not the defect", ATOM, [1.75, 0.4], {"quantity": "survival", "times": [0], "reward": "late"},
                  gradient=True))
CASES.append(case("atom: likelihood of zeros", ATOM, [1.75, 0.4],
                  {"quantity": "logLikelihood", "data": [0, 0, 0.5, {"exact": 0, "weight": 2.5}, 1.25], "reward": "late"}, DENSITY, gradient=True))
CASES += several("switching fast between reward and none", SWITCHING, [1e8, 3], asked("on", [0.01, 0.2, 9]), DENSITY, gradient=True,
                 why="the transformed model has one state of rate 3")
CASES += several("switching, left tail", SWITCHING, [1e-9, 2],
                 [{"quantity": "pdf", "times": [1e-3, 1], "reward": "on"}, {"quantity": "cdf", "times": [1e-9, 1], "reward": "on"},
                  {"quantity": "defect", "reward": "off"}], DENSITY, gradient=True, zeros=True, scale=1)
RABBITS = {"family": "rabbits", "inputs": {"N": 3}}
CASES += several("rabbits(3)", RABBITS, [1, 2, 4], asked("right", [0.01, 0.3, 2], (0.8, 0.99)), DENSITY, gradient=True)
CASES += several("rabbits(3)", RABBITS, [1, 2, 4], [{"quantity": "defect", "reward": "right"}], gradient=True)
CASES += several("coalescent(5), branch length", {"family": "coalescent", "inputs": {"n": 5}}, [0.8],
                 asked("branchLength", [0.1, 3, 20], (0.05, 0.5, 0.99)), DENSITY, gradient=True)
BLOCKS = {"family": "block-coalescent", "inputs": {"n": 4}}
CASES += several("block coalescent(4), doubletons", BLOCKS, [1], asked("size2", [0.1, 1, 5], (0.5, 0.99)), DENSITY, gradient=True)
CASES += [
    case("block coalescent(4): every tree has a doubleton branch", BLOCKS, [1], {"quantity": "defect", "reward": "size2"}, scale=1, zeros=True),
    case("block coalescent(4): a third of the trees has no tripleton branch", BLOCKS, [1], {"quantity": "defect", "reward": "size3"}, gradient=True),
]
CASES += several("right tail of a reward", ATOM, [1.75, 0.4], [{"quantity": "survival", "times": [40, 1000], "reward": "late"},
                 {"quantity": "pdf", "times": [40, 1000], "reward": "late"}], DENSITY, digits=500)
