"""Quantiles, state probabilities, occupancy, sojourn, visits, hitting, until, given, Laplace transforms."""

from .common import CLUSTERS, CYCLE, CYCLE_THETA, DENSITY, FORMULAS, FORMULAS_THETA, HYPO, RING, SWITCHING, case, explicit, rates, several

NOTE = (
    "Quantiles by bisection and Newton's method on the distribution function at full precision; conditional moments from the "
    "probability h to end in the given vertices, E[Y^k; end in A] = k! a (UR)^k h; Laplace transforms by one complex inverse."
)

Q = lambda *p: {"quantity": "quantile", "probabilities": list(p)}
CASES = several("erlang(4)", {"family": "erlang", "inputs": {"k": 4}}, [2], [Q(1e-9, 0.01, 0.5, 0.99, 0.999999)], DENSITY, gradient=True)
CASES += several("cycle, a quantile within the defect", CYCLE, CYCLE_THETA, [Q(0.1, 0.3, 0.75, 0.9999)], DENSITY, gradient=True)
CASES += several("stiff hypoexponential", HYPO, [1e-3, 1, 50, 200], [Q(1e-6, 0.5, 0.95)], DENSITY, gradient=True)
CASES += several("switching, 1e8", SWITCHING, [1e8, 3], [Q(0.5, 0.99)], 1e-9, gradient=True,
                 why="uniformization rate times the quantile is 2e8")
CASES += several("formulas", FORMULAS, FORMULAS_THETA, [Q(0.75, 0.95)], DENSITY, gradient=True)

TIMES = [0.1, 1.5]
CASES += several(
    "cycle", CYCLE, CYCLE_THETA,
    [{"quantity": "stateProbabilities", "times": TIMES}, {"quantity": "occupancy", "times": TIMES},
     {"quantity": "accumulated", "times": [0.1, 1.5, 40]}, {"quantity": "accumulated", "times": TIMES, "reward": "part"}],
    DENSITY, gradient=True,
)
CASES += several(
    "cycle", CYCLE, CYCLE_THETA,
    [{"quantity": "sojourn"}, {"quantity": "visits"}, {"quantity": "hitting", "vertices": [2]},
     {"quantity": "hitting", "vertices": [1, 2]}, {"quantity": "hitting", "vertices": [3]}],
    gradient=True,
)
CASES.append(case("cycle at time 0: stateProbabilities", CYCLE, CYCLE_THETA, {"quantity": "stateProbabilities", "times": [0]}, zeros=True, scale=1))
CASES += several(
    "formulas", FORMULAS, FORMULAS_THETA,
    [{"quantity": "sojourn"}, {"quantity": "visits"}, {"quantity": "hitting", "vertices": [3]},
     {"quantity": "accumulated", "times": [2], "reward": "load"}], DENSITY, gradient=True,
)
CASES += several("ring over 14 orders", rates(7, RING), [],
                 [{"quantity": "sojourn"}, {"quantity": "visits"}, {"quantity": "hitting", "vertices": [4]}])
CASES += several("two clusters", rates(7, CLUSTERS), [], [{"quantity": "visits"}, {"quantity": "hitting", "vertices": [3, 4]}])
CASES += several("ring over 14 orders, long", rates(7, RING), [],
                 [{"quantity": "stateProbabilities", "times": [1, 1e4]}, {"quantity": "occupancy", "times": [1, 1e4]}], 1e-9, bound=True)
CASES += several("switching, long", SWITCHING, [1e6, 3],
                 [{"quantity": "stateProbabilities", "times": [1]}, {"quantity": "occupancy", "times": [1]}], 1e-9, gradient=True, bound=True)
LANDING = explicit(3, [[0, 1, 0, 1], [1, 2, 0, 2]], initial=[[0, 0.5], [2, 0.25]], parameters=["a"])
CASES += several("initial mass on the absorbing vertex and nowhere", LANDING, [0.7],
                 [{"quantity": "stateProbabilities", "times": [0.5, 3]}, {"quantity": "visits"}, {"quantity": "hitting", "vertices": [2]},
                  {"quantity": "cdf", "times": [0, 1]}, {"quantity": "defect"}], DENSITY, gradient=True, scale=1, zeros=True)

# until: first passage; given: where it ends.
for until in ([2], [1, 3]):
    CASES += several(
        f"cycle until {until}", CYCLE, CYCLE_THETA,
        [{"quantity": "moments", "order": 3, "until": until}, {"quantity": "variance", "reward": "one", "until": until},
         {"quantity": "pdf", "times": [0.2, 2], "until": until}, {"quantity": "cdf", "times": [0.2, 2], "until": until},
         {"quantity": "visits", "until": until}], DENSITY, gradient=True, zeros=True, scale=1,
    )
CASES += several("cycle until 2", CYCLE, CYCLE_THETA,
                 [{"quantity": "defect", "until": [0]}, {"quantity": "stateProbabilities", "times": [0.5], "until": [2]},
                  {"quantity": "moments", "order": 2, "given": [2], "until": [2]}], DENSITY, gradient=True, zeros=True, scale=1)
for given in ([3], [4], [3, 4]):
    CASES += several(
        f"cycle given {given}", CYCLE, CYCLE_THETA,
        [{"quantity": "moments", "order": 3, "given": given}, {"quantity": "variance", "given": given},
         {"quantity": "moments", "order": 2, "reward": "part", "given": given},
         {"quantity": "pdf", "times": [0.2, 2], "given": given}, {"quantity": "cdf", "times": [0.2, 2], "given": given},
         {"quantity": "survival", "times": [0.2, 20], "given": given}], DENSITY, gradient=True,
    )
CASES += several("cycle given 3, of a reward with zeros", CYCLE, CYCLE_THETA,
                 [{"quantity": "pdf", "times": [0.2, 2], "reward": "part", "given": [3]},
                  {"quantity": "cdf", "times": [0.01, 2], "reward": "part", "given": [3]}], DENSITY, gradient=True)
RARE = explicit(4, [[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [1, 2, 0, 0, 1], [0, 3, 1, 0, 0]], parameters=["a", "rare"])
CASES += several("given an end of probability 1e-10", RARE, [2, 1e-10],
                 [{"quantity": "moments", "order": 3, "given": [2]}, {"quantity": "hitting", "vertices": [2]},
                  {"quantity": "pdf", "times": [0.5], "given": [2]}], gradient=True)
CASES += several("mass on the absorbing vertices, given one", explicit(4, [[0, 1, 1], [1, 0, 2], [0, 2, 0.5], [1, 3, 0.25]],
                 initial=[[0, 0.5], [2, 0.125], [3, 0.25]]), [],
                 [{"quantity": "moments", "order": 3, "given": [2]}, {"quantity": "cdf", "times": [0, 1.5], "given": [2]},
                  {"quantity": "survival", "times": [0, 1.5], "given": [3]}], DENSITY)

AT = [[0.25, 0], [1, 2], [0, 5], [30, -4]]
CASES += several("cycle", CYCLE, CYCLE_THETA, [{"quantity": "laplace", "at": AT[1:]}, {"quantity": "laplace", "at": AT[1:], "reward": "part"}],
                 gradient=True)
CASES += several("cycle, real", CYCLE, CYCLE_THETA, [{"quantity": "laplace", "at": [[0, 0], [0.25, 0], [1e3, 0]]}], scale=1, zeros=True)
CASES += several("formulas", FORMULAS, FORMULAS_THETA, [{"quantity": "laplace", "at": [[0.5, 1]], "reward": "load"}], gradient=True)
CASES += several("ring over 14 orders", rates(7, RING), [], [{"quantity": "laplace", "at": [[1e-3, 1e-2], [1, 10]]}], 1e-11)
