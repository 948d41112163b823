"""Discrete models: steps until absorption and integer rewards."""

from .common import DENSITY, MOMENT, case, explicit, several

NOTE = (
    "Step by step on dense matrices: the distribution of a reward from the expected visits by the reward collected before them, moments by "
    "first-step analysis, factorial moments k! a T^{k-1} (I-T)^{-k} e; confirmed against each other and by a contour integral of the generating "
    "function. The hazard is P(Y = n | Y >= n); laplace is E[e^{-zY}]."
)

GEOMETRIC = explicit(2, [[0, 0, "1-p"], [0, 1, "p"]], parameters=["p"], kind="discrete")
NEGATIVE = explicit(4, [[i, j, w] for i in range(3) for j, w in ((i, "1-p"), (i + 1, "p"))], parameters=["p"], kind="discrete")
CYCLE = explicit(
    5,
    [[0, 0, 0, 0.5, 0], [0, 1, 0.125, 0, 0.25], [1, 2, 0, 0, 1], [1, 1, 0.25, 0, 0], [2, 0, 0.25, 0.5, 0], [2, 3, 0.125, 0, 0], [1, 3, "x*y/2"],
     [3, 2, "exp(-x)/2"], [3, 4, "y^2"], [0, 4, 0.0625, 0, 0]],
    initial=[[0, 0.5], [2, "x/4"]], parameters=["x", "y"], kind="discrete",
    rewards={"two": [2, 1, 3, 1, 0], "gaps": [1, 0, 2, 0, 0], "late": [0, 0, 0, 1, 0]},
)
THETA = [0.4, 0.3]
STEPS = [0, 1, 2, 5, 17]


def asked(steps, p=(0.05, 0.5, 0.99)):
    return [
        {"quantity": "pmf", "steps": steps}, {"quantity": "cdf", "times": steps}, {"quantity": "survival", "times": steps},
        {"quantity": "hazard", "times": steps},
    ]


SOLVED = [{"quantity": "moments", "order": 4}, {"quantity": "factorialMoments", "order": 4}, {"quantity": "variance"}, {"quantity": "mean"}]
AT = {"quantity": "laplace", "at": [[0.1, 1], [2, -3]]}
QUANTILE = {"quantity": "quantile", "probabilities": [0.1, 0.5, 0.9, 0.999]}

CASES = []
for name, model, p in (("geometric", GEOMETRIC, 0.3), ("negative binomial", NEGATIVE, 0.3), ("geometric, rare", GEOMETRIC, 2.0**-20)):
    first = 3 if model is NEGATIVE else 1
    CASES += several(name, model, [p], asked([first, first + 1, 10, 60]), DENSITY, gradient=True)
    CASES += several(name, model, [p], SOLVED, gradient=True)
    CASES.append(case(f"{name}: laplace", model, [p], AT, gradient=True))
    if p > 0.1:
        CASES.append(case(f"{name}: quantile", model, [p], QUANTILE))
CASES += several("geometric, rare, many steps", GEOMETRIC, [2.0**-20], [{"quantity": "pmf", "steps": [100000]}, {"quantity": "survival", "times": [100000]}],
                 DENSITY, gradient=True)
CASES.append(case("negative binomial: impossible steps", NEGATIVE, [0.3], {"quantity": "pmf", "steps": [0, 1, 2]}, zeros=True, scale=1))
CASES += several("chain", CYCLE, THETA, asked(STEPS), DENSITY, gradient=True)
CASES += several("chain, tails", CYCLE, THETA, [{"quantity": "pmf", "steps": [120, 400]}, {"quantity": "survival", "times": [120, 400]}], DENSITY,
                 gradient=True)
CASES += several("chain", CYCLE, THETA, SOLVED, gradient=True)
CASES += several(
    "chain", CYCLE, THETA,
    [{"quantity": "moments", "order": 3, "reward": r} for r in ("two", "gaps", "late")] + [{"quantity": "variance", "reward": "gaps"}]
    + [{"quantity": "covarianceMatrix", "rewards": ["two", "gaps", "late"]}, {"quantity": "covariance", "rewards": ["gaps", "late"]}],
    gradient=True,
)
for reward in ("two", "gaps", "late"):
    CASES += several(
        "chain", CYCLE, THETA,
        [{"quantity": "pmf", "steps": [0, 2, 3, 7, 25] if reward == "two" else [0, 1, 2, 7, 25], "reward": reward}, {"quantity": "cdf", "times": [0, 3, 20], "reward": reward},
         {"quantity": "survival", "times": [0, 3, 20], "reward": reward}, {"quantity": "defect", "reward": reward}, {**AT, "reward": reward},
         {"quantity": "logLikelihood", "data": [2, 3, 3, 9], "reward": reward}], DENSITY, gradient=True,
    )
    CASES.append(case(f"chain: quantile {reward}", CYCLE, THETA, {**QUANTILE, "reward": reward}))
CASES += several(
    "chain", CYCLE, THETA,
    [{"quantity": "stateProbabilities", "times": [1, 6]}, {"quantity": "occupancy", "times": [1, 6]},
     {"quantity": "accumulated", "times": [1, 6, 50], "reward": "two"}, {"quantity": "hitting", "vertices": [4]}, AT],
    DENSITY, gradient=True, zeros=True, scale=1, why="rows lack mass to 1: it is absorbed, in no vertex",
)
CASES += several("chain", CYCLE, THETA, [{"quantity": "sojourn"}, {"quantity": "visits"}], gradient=True)
CASES += [
    case("chain: quantile", CYCLE, THETA, QUANTILE),
    case("chain: likelihood", CYCLE, THETA, {"quantity": "logLikelihood", "data": [1, 4, 4, 12, {"exact": 0}, {"right": 8}, {"left": 3}, {"interval": [2, 6]},
         {"exact": 7, "truncated": 3}, {"right": 9, "weight": 0.5}]}, DENSITY, gradient=True),
]
ENDS = explicit(
    5, [[0, 0, 0.25, 0, 0], [0, 1, 0, 1, 0], [0, 3, "3/4-x"], [1, 0, 0, 0, 1], [1, 2, "(1-y)/2"], [1, 4, "(1-y)/2"], [2, 1, 0.5, 0, 0], [2, 4, 0.5, 0, 0]],
    parameters=["x", "y"], kind="discrete", rewards={"two": [1, 2, 0, 0, 0]},
)
for given in ([3], [4]):
    CASES += several(f"two ends, given {given}", ENDS, [0.3, 0.6],
                     [{"quantity": "moments", "order": 3, "given": given}, {"quantity": "variance", "reward": "two", "given": given},
                      {"quantity": "pmf", "steps": [2, 9] if given == [4] else [1, 9], "given": given},
                      {"quantity": "cdf", "times": [2, 9], "given": given}], DENSITY, gradient=True)
CASES += several("two ends", ENDS, [0.3, 0.6], [{"quantity": "hitting", "vertices": [3]}, {"quantity": "visits"}, {"quantity": "stateProbabilities", "times": [2, 30]}],
                 DENSITY, gradient=True)
CASES += several("two ends until 2", ENDS, [0.3, 0.6], [{"quantity": "moments", "order": 2, "until": [2]}, {"quantity": "pmf", "steps": [1, 2, 5], "until": [2]}],
                 DENSITY, gradient=True)
