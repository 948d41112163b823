"""Moments, variances and covariances over 12 to 14 orders of magnitude."""

from .common import CLUSTERS, LADDER, RING, STIFF, SWITCHING, case, rates, several, with_rewards

NOTE = (
    "Moments and covariances from inverses of dense matrices with 120 and 240 digits; variances as differences of "
    "products. Confirmed in exact rational arithmetic (fractions) from the doubles of the document."
)

CASES = []
for name, (count, edges) in STIFF.items():
    model = with_rewards(count, edges)
    CASES += [
        case(f"{name}: moments", model, [], {"quantity": "moments", "order": 4}),
        case(f"{name}: moments of a mixed reward", model, [], {"quantity": "moments", "order": 4, "reward": "mixed"}),
        case(f"{name}: moments of a reward with zeros", model, [], {"quantity": "moments", "order": 3, "reward": "even"}),
        case(f"{name}: covariance matrix", model, [],
             {"quantity": "covarianceMatrix", "rewards": ["place", "even", "mixed"]}),
        case(f"{name}: variance", model, [], {"quantity": "variance", "reward": "place"}),
    ]
for start in (1, 3, 5):
    model = rates(7, RING, initial=[[start, 0.75]])
    CASES.append(case(f"ring from {start} with a defect of a quarter", model, [], {"quantity": "moments", "order": 4}))
CASES += several(
    "ladder from three states and mass on the absorbing one", rates(9, LADDER, initial=[[0, 0.5], [6, 0.125], [3, 0.0625], [8, 0.25]]),
    [], [{"quantity": "moments", "order": 3}, {"quantity": "variance"}, {"quantity": "sojourn"}, {"quantity": "defect"}],
)
CASES.append(case("two clusters: sojourn", rates(7, CLUSTERS), [], {"quantity": "sojourn"}))
for theta in ([1e8, 1e-4], [1e10, 1e-4], [1e-7, 1e7]):
    CASES += several(
        f"two-state switching {theta}", SWITCHING, theta,
        [{"quantity": "moments", "order": 4}, {"quantity": "variance", "reward": "on"},
         {"quantity": "covariance", "rewards": ["off", "on"]}],
    )
RABBITS = {"family": "rabbits", "inputs": {"N": 5}}
for theta in ([1e-6, 1e3, 1e6], [1e7, 1e-5, 1e-2], [1, 1e-6, 1e6]):
    CASES += several(
        f"rabbits(5) {theta}", RABBITS, theta,
        [{"quantity": "moments", "order": 4}, {"quantity": "covarianceMatrix", "rewards": ["left", "right"]},
         {"quantity": "moments", "order": 2, "reward": "right"}],
    )
CASES += several("birth-death(20)", {"family": "birth-death", "inputs": {"start": 1, "K": 20}}, [2.5, 1],
                 [{"quantity": "moments", "order": 4}, {"quantity": "variance"}])
CASES.append(case("birth-death(20), upwards a thousand times faster: mean near 1e55",
                  {"family": "birth-death", "inputs": {"start": 1, "K": 20}}, [1e3, 1], {"quantity": "moments", "order": 3}))
CASES.append(case("M/M/1 busy period, overloaded", {"family": "mm1-busy-period", "inputs": {"K": 30}}, [3, 1],
                  {"quantity": "moments", "order": 3}))
CASES.append(case("two-locus graph, moderate recombination", {"family": "two-locus-arg", "inputs": {"n": 3}}, [0.35],
                  {"quantity": "covarianceMatrix", "rewards": ["T1", "T2"]}))
# Zero rates.
CASES += [
    case("rabbits(2) without jumps", {"family": "rabbits", "inputs": {"N": 2}}, [0, 2, 4],
         {"quantity": "moments", "order": 4}),
    case("rabbits(2), floods on the left only", {"family": "rabbits", "inputs": {"N": 2}}, [1, 2, 0],
         {"quantity": "moments", "order": 4, "reward": "left"}),
    case("two islands, one-way migration", {"family": "two-island", "inputs": {"a": 3, "b": 2}}, [0.5, 0],
         {"quantity": "moments", "order": 4}),
    case("edges of rate zero and a part that is not reached",
         rates(5, [(0, 1, 2), (0, 2, 0), (1, 4, 3e-9), (1, 0, 1e5), (2, 3, 0), (3, 2, 0), (2, 4, 0), (3, 4, 0)]), [],
         {"quantity": "moments", "order": 3}),
]
