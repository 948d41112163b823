"""Models that several themes share, and how a case is written down."""

MOMENT = 1e-12  # moments, covariances and what comes from linear solves
DENSITY = 1e-11  # densities and distribution functions for uniformization rate x time up to 1e5


def case(name, model, theta, quantity, tolerance=MOMENT, **rest):
    """`theta` is a list, or {"epochs": [...]}. rest: gradient, bound, why, scale, zeros, digits (the last two unwritten)."""
    place = theta if isinstance(theta, dict) else {"theta": theta}
    return {"name": name, "model": model, **place, "quantity": quantity, "tolerance": tolerance, **rest}


def several(name, model, theta, quantities, tolerance=MOMENT, **rest):
    """One case per quantity, named after it."""
    made = []
    for q in quantities:
        label = " ".join(str(q[k]) for k in ("quantity", "reward", "vertices", "given", "until") if k in q)
        made.append(case(f"{name}: {label}", model, theta, q, tolerance, **rest))
    return made


def explicit(count, edges, initial=None, parameters=(), rewards=None, kind="continuous"):
    """An explicit document with states labelled by their number."""
    model = {
        "kind": kind,
        "parameters": list(parameters),
        "states": [[i] for i in range(count)],
        "initial": initial or [[0, 1]],
        "edges": edges,
    }
    if rewards:
        model["rewards"] = rewards
    return model


def rates(count, edges, **rest):
    """A continuous model without parameters from (from, to, rate)."""
    return explicit(count, [[u, v, w] for u, v, w in edges], **rest)


# Six states in a ring with steps back; 14 orders of magnitude.
RING = [
    (0, 1, 3.1e5), (1, 2, 2.7e-4), (2, 3, 8.5e3), (3, 4, 1.9e-6), (4, 5, 4.4e7), (5, 0, 6.3e2),
    (1, 0, 7.7e6), (2, 1, 5.2e-1), (3, 2, 9.6e4), (4, 3, 2.3e1), (5, 4, 3.8e-7), (3, 6, 1.3e-5), (5, 6, 7.1e-2),
]
# Every state to every other.
COMPLETE = [
    (0, 1, 4.2e6), (0, 2, 3.3e-3), (0, 3, 1.1e1), (0, 4, 9.0e-5), (1, 0, 6.1e-2), (1, 2, 2.8e4), (1, 3, 7.4e-6),
    (1, 4, 5.5e0), (2, 0, 8.3e2), (2, 1, 3.9e-7), (2, 3, 1.6e5), (2, 4, 2.2e-2), (3, 0, 4.7e-4), (3, 1, 9.1e3),
    (3, 2, 6.6e-1), (3, 4, 1.2e7), (4, 0, 5.8e1), (4, 1, 7.9e-3), (4, 2, 3.5e5), (4, 3, 2.4e-6), (2, 5, 1.7e-7),
    (4, 5, 8.8e-4),
]
# A hub and seven spokes, absorbed from one spoke.
STAR = [
    (0, 1, 1e-6), (0, 2, 3e-4), (0, 3, 2e-1), (0, 4, 7e1), (0, 5, 9e3), (0, 6, 4e6), (0, 7, 5e7),
    (1, 0, 8e7), (2, 0, 6e4), (3, 0, 1.5e1), (4, 0, 2.5e-3), (5, 0, 3.5e-6), (6, 0, 4.5e-1), (7, 0, 5.5e3),
    (1, 8, 1.25e-5),
]
# Two fast clusters with slow bridges: nearly decomposable.
CLUSTERS = [
    (0, 1, 3e8), (1, 0, 2e8), (1, 2, 7e7), (2, 0, 9e7), (3, 4, 5e6), (4, 5, 6e7), (5, 3, 1e8), (4, 3, 8e6),
    (2, 3, 1.1e-5), (5, 0, 2.3e-4), (4, 6, 6.7e-6),
]
# A ladder: two rails in opposite directions with rungs.
LADDER = [
    (0, 1, 2e3), (1, 2, 3e-5), (2, 3, 4e6), (7, 6, 5e-3), (6, 5, 6e7), (5, 4, 7e-1), (0, 4, 8e-6), (4, 0, 9e4),
    (1, 5, 1.2e-2), (5, 1, 1.3e5), (2, 6, 1.4e1), (6, 2, 1.5e-4), (3, 7, 1.6e2), (7, 3, 1.7e-6), (3, 8, 1.8e-3),
    (4, 8, 1.9e-7),
]
STIFF = {"ring": (7, RING), "complete graph": (6, COMPLETE), "star": (9, STAR), "two clusters": (7, CLUSTERS),
         "ladder": (9, LADDER)}


def with_rewards(count, edges, **rest):
    """A stiff model with three rewards: places, alternate states, a mixed scale."""
    return rates(
        count,
        edges,
        rewards={
            "place": [v + 1 for v in range(count)],
            "even": [1 if v % 2 == 0 else 0 for v in range(count)],
            "mixed": [[0.5, 1e-6, 3, 2e4, 0.125, 7, 1e-3, 11, 2][v] for v in range(count)],
        },
        **rest,
    )


# Cyclic, three parameters, two ways out: 3 (slow) and 4.
CYCLE = explicit(
    5,
    [[0, 1, 0, 1, 0, 0], [1, 2, 0, 0, 1, 0], [2, 0, 0.25, 0.5, 0, 0], [1, 0, 0, 0, 0, 2], [2, 3, 0, 0, 0, 1],
     [0, 4, 0.125, 0, 0, 0], [2, 1, 0, 0, 1, 0.5]],
    initial=[[0, 0.5], [1, 0.25]],
    parameters=["a", "b", "c"],
    rewards={"one": [1, 2, 0.5, 0, 0], "part": [2, 0, 1, 0, 0], "unit": [1, 1, 1, 0, 0]},
)
CYCLE_THETA = [1.5, 0.7, 2.25]

# Weights, initial probabilities and rewards as formulas.
FORMULAS = explicit(
    5,
    [[0, 1, "a*b"], [1, 0, "a^2/b"], [1, 2, "exp(-b)+max(a, b)"], [2, 3, "sqrt(a)*(1+b)"], [2, 0, "log(1+a)"],
     [3, 4, "min(a, 2*b)/(a+b)"], [3, 1, "(a-b/4)^2"], [0, 4, "0.125*b^3"]],
    initial=[[0, "p"], [2, "(1-p)*0.75"]],
    parameters=["a", "b", "p"],
    rewards={"load": ["a", "b^2", "exp(-a)", 1, 0], "flag": [1, 0, "p", 0, 0], "cost": [0, 1, "a*b", "b/(1+a)", 0]},
)
FORMULAS_THETA = [1.25, 0.6, 0.375]

# Fast switching between 0 and 1, and a slow way out of 1.
SWITCHING = explicit(
    3, [[0, 1, 0, 1, 0], [1, 0, 0, 2, 0], [1, 2, 0, 0, 1]], parameters=["fast", "slow"],
    rewards={"off": [1, 0, 0], "on": [0, 1, 0]},
)

HYPO = explicit(5, [[i, i + 1, 0] + [1 if k == i else 0 for k in range(4)] for i in range(4)],
                parameters=["r1", "r2", "r3", "r4"])
HYPER = explicit(4, [[0, 3, "a"], [1, 3, "b"], [2, 3, "c"]], initial=[[0, "p"], [1, "q"], [2, "1-p-q"]],
                 parameters=["a", "b", "c", "p", "q"])
COXIAN = explicit(5, [[0, 1, "m*p"], [0, 4, "m*(1-p)"], [1, 2, "2*m*p"], [1, 4, "2*m*(1-p)"], [2, 3, "3*m*p^2"],
                      [2, 4, "3*m*(1-p^2)"], [3, 4, "k"]], parameters=["m", "p", "k"])
