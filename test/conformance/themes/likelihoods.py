"""Log-likelihoods: exact, censored, truncated, weighted observations, and atoms at zero."""

from .common import COXIAN, CYCLE, CYCLE_THETA, DENSITY, FORMULAS, FORMULAS_THETA, HYPO, SWITCHING, case, several

NOTE = (
    "Sums of weight x log p: density, P(Y > t) right, P(Y <= t) left, P(a < Y <= b) interval, each divided by P(Y > truncated); an exact 0 "
    "contributes log(defect) where there is one."
)

EXACT = [0.05, 0.3, 0.3, 1.2, 4]
KINDS = {
    "exact": EXACT,
    "weighted": [{"exact": t, "weight": w} for t, w in ((0.1, 2), (0.9, 0.5), (3, 0.125))],
    "right": [{"right": 0.5}, {"right": 6, "weight": 2}],
    "left": [{"left": 0.01}, {"left": 2}],
    "interval": [{"interval": [0.2, 0.9]}, {"interval": [2, 8], "weight": 3}],
    "truncated": [{"truncated": 0.5, "exact": 1.5}, {"truncated": 0.25, "right": 3}, {"truncated": 1, "interval": [1.5, 2.5]}],
    "mixed": [0.4, {"right": 2}, {"exact": 1, "truncated": 0.5, "weight": 2}, {"left": 0.1}, {"interval": [0.5, 1]}, 7],
}
CASES = []
for kind, data in KINDS.items():
    CASES.append(case(f"coxian: {kind}", COXIAN, [1.5, 0.8125, 0.3], {"quantity": "logLikelihood", "data": data}, DENSITY, gradient=True))
    CASES.append(case(f"formulas: {kind}", FORMULAS, FORMULAS_THETA, {"quantity": "logLikelihood", "data": data}, DENSITY, gradient=True))
CASES += [
    case("cycle: zeros among the data", CYCLE, CYCLE_THETA, {"quantity": "logLikelihood", "data": [0, 0.5, {"exact": 0, "weight": 3}, {"right": 1}, 2]},
         DENSITY, gradient=True),
    case("cycle: given more than zero", CYCLE, CYCLE_THETA,
         {"quantity": "logLikelihood", "data": [{"exact": 0.5, "truncated": 0}, {"right": 1, "truncated": 0}, {"interval": [0, 1]}, {"left": 1}]}, DENSITY, gradient=True),
    case("hypoexponential: left tail", HYPO, [1, 2, 3.5, 5], {"quantity": "logLikelihood", "data": [1e-6, 1e-4, {"left": 1e-5}, {"interval": [1e-7, 1e-6]}]}, DENSITY,
         gradient=True),
    case("hypoexponential: right tail", HYPO, [1, 2, 3.5, 5], {"quantity": "logLikelihood", "data": [300, {"right": 600}, {"interval": [40, 41]},
         {"truncated": 200, "exact": 201}]}, DENSITY, gradient=True, digits=400),
    case("switching: stiff", SWITCHING, [1e4, 3], {"quantity": "logLikelihood", "data": [1e-5, 0.1, 1, 4.5]}, DENSITY, gradient=True),
    case("switching: stiff and long", SWITCHING, [1e8, 3], {"quantity": "logLikelihood", "data": [1e-9, 0.1, 1, {"right": 3}]}, 1e-9, gradient=True, bound=True),
    case("stiff hypoexponential: rare data", HYPO, [1e-3, 1, 50, 2e4], {"quantity": "logLikelihood", "data": [1e-6, 1e-3, 0.5, {"right": 4}, {"left": 0.1}]}, DENSITY,
         gradient=True),
    case("coalescent(6): branch length", {"family": "coalescent", "inputs": {"n": 6}}, [0.8],
         {"quantity": "logLikelihood", "data": [1, 2.5, 5, {"right": 4}, {"truncated": 1, "exact": 3}], "reward": "branchLength"}, DENSITY, gradient=True),
    case("rabbits(3): one side with an atom", {"family": "rabbits", "inputs": {"N": 3}}, [1, 2, 4],
         {"quantity": "logLikelihood", "data": [0, 0, 0.1, {"left": 0}, {"right": 0.2}, {"exact": 0.4, "truncated": 0}], "reward": "right"}, DENSITY, gradient=True),
    case("erlang(3): value and gradient of many", {"family": "erlang", "inputs": {"k": 3}}, [2],
         {"quantity": "logLikelihood", "data": [round(0.05 * (i % 40) + 0.1 * (i % 7) + 0.2, 2) for i in range(120)]}, DENSITY, gradient=True),
]
