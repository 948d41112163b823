"""Joint probabilities of Poisson counts along the path."""

from .common import CYCLE, CYCLE_THETA, FORMULAS, FORMULAS_THETA, SWITCHING, case

NOTE = (
    "P(N = n) for Poisson processes of rate `rate` x reward until absorption, by recursion on the last event; single counts confirmed by "
    "derivatives of the Laplace transform, (-1)^n rate^n L^(n)(rate) / n!."
)


def ask(rewards, counts, **rest):
    return {"quantity": "countProbabilities", "rewards": rewards, "counts": counts, **rest}


ONE = [[0], [1], [2], [5], [12]]
PAIRS = [[0, 0], [1, 0], [0, 1], [2, 1], [1, 3]]
COALESCENT = {"family": "coalescent", "inputs": {"n": 5}}
BLOCKS = {"family": "block-coalescent", "inputs": {"n": 4}}
RABBITS = {"family": "rabbits", "inputs": {"N": 2}}
CASES = [
    case("coalescent(5): segregating sites", COALESCENT, [1], ask(["branchLength"], ONE, rate=0.75), gradient=True),
    case("block coalescent(4): site frequency spectrum", BLOCKS, [1],
         ask(["size1", "size2", "size3"], [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [2, 1, 0], [1, 1, 1], [0, 0, 2]], rate=0.5), gradient=True),
    case("rabbits(2): left and right", RABBITS, [1, 2, 4], ask(["left", "right"], PAIRS), gradient=True),
    case("cycle: one count with a defect", CYCLE, CYCLE_THETA, ask(["one"], ONE), gradient=True),
    case("cycle: two counts", CYCLE, CYCLE_THETA, ask(["one", "part"], PAIRS, rate=2), gradient=True),
    case("formulas: rewards with parameters", FORMULAS, FORMULAS_THETA, ask(["load", "cost"], PAIRS, rate=0.25), gradient=True),
    case("switching: rare events", SWITCHING, [1e6, 3], ask(["off", "on"], PAIRS, rate=1e-3), gradient=True),
    case("switching: many events", SWITCHING, [1e-3, 2], ask(["on"], [[0], [3], [40]], rate=25), gradient=True),
    case("two-locus graph: heights", {"family": "two-locus-arg", "inputs": {"n": 2}}, [0.35], ask(["T1", "T2"], PAIRS), gradient=True),
    case("cycle: stiff", CYCLE, [1e5, 1e-5, 3], ask(["one"], [[0], [1], [4]], rate=0.1), gradient=True),
]
