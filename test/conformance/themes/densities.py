"""Densities and distribution functions, from the far left to the far right tail."""

from .common import COXIAN, CYCLE, CYCLE_THETA, DENSITY, FORMULAS, FORMULAS_THETA, HYPER, HYPO, RING, SWITCHING, case, explicit, rates, several

NOTE = (
    "Matrix exponentials by a Taylor series and repeated doubling on integers of hundreds of digits, twice, the second "
    "time with twice the digits. Erlang and hypoexponential values confirmed by closed forms, others by "
    "eigenvectors. `bound`: the uniformization rate times the time is beyond 1e5, so the error must lie within the stated errorBound "
    "and 1e-9."
)

FOUR = lambda times: [{"quantity": q, "times": times} for q in ("pdf", "cdf", "survival", "hazard")]
ERLANG = lambda k: {"family": "erlang", "inputs": {"k": k}}

CASES = several("erlang(4)", ERLANG(4), [2], FOUR([0.01, 0.5, 2, 7, 20]), DENSITY, gradient=True)
CASES += several("erlang(4), left tail", ERLANG(4), [2], FOUR([1e-7, 1e-5, 1e-3])[:2], DENSITY, gradient=True)
CASES += several("erlang(20), left tail to 1e-300", ERLANG(20), [1], FOUR([1e-14, 1e-10, 1e-4, 0.1])[:2], DENSITY, digits=400,
                 gradient=True)
CASES += several("erlang(4), right tail to 1e-300", ERLANG(4), [2], [FOUR([20, 100, 340])[i] for i in (0, 2, 3)], DENSITY,
                 digits=400, gradient=True)
CASES += several("erlang(20) at the 1e5th part of its mean", ERLANG(20), [3e5], FOUR([1e-9, 1e-5, 7e-5, 3e-4]), DENSITY)
HYPO_THETA = [1e-3, 1, 50, 2e4]
CASES += several("hypoexponential", HYPO, [1, 2, 3.5, 5], FOUR([0.001, 0.3, 1, 4, 25]), DENSITY, gradient=True)
CASES += several("hypoexponential, two rates nearly equal", HYPO, [1, 1.0000001, 3, 3], FOUR([0.001, 1, 10])[:3], DENSITY)
CASES += several("stiff hypoexponential", HYPO, HYPO_THETA, FOUR([1e-6, 1e-3, 0.5, 5])[:3], DENSITY, gradient=True)
CASES += several("stiff hypoexponential, left tail", HYPO, HYPO_THETA, FOUR([1e-8, 1e-7])[:2], DENSITY, gradient=True)
CASES += several("hyperexponential", HYPER, [0.01, 1, 100, 0.25, 0.5], FOUR([1e-4, 0.02, 1, 50, 900]), DENSITY, gradient=True)
CASES += several("coxian", COXIAN, [1.5, 0.8125, 0.3], FOUR([1e-5, 0.2, 2, 15, 90]), DENSITY, gradient=True)
CASES += several("cycle with a defect", CYCLE, CYCLE_THETA, FOUR([0, 1e-9, 0.1, 1, 10]), DENSITY)
CASES += several("cycle with a defect, gradients", CYCLE, CYCLE_THETA, FOUR([0.1, 1, 10, 60]), DENSITY, gradient=True)
CASES += several("formulas", FORMULAS, FORMULAS_THETA, FOUR([0.05, 0.8, 6]), DENSITY, gradient=True)
CASES += several("rabbits(3)", {"family": "rabbits", "inputs": {"N": 3}}, [1, 2, 4], FOUR([1e-6, 0.1, 1, 12]), DENSITY, gradient=True)
CASES += several("coalescent(10)", {"family": "coalescent", "inputs": {"n": 10}}, [1], FOUR([1e-4, 0.3, 2, 28])[:3], DENSITY)
# A fast pair before three slow steps: left tail at a large uniformization rate.
HIDDEN = explicit(
    6, [[0, 1, 0, 1, 0], [1, 0, 0, 1.5, 0], [1, 2, 0, 0, 1], [2, 3, 0, 0, 2], [3, 4, 0, 0, 3], [4, 5, 0, 0, 1], [3, 2, 0, 0.5, 0]],
    parameters=["fast", "slow"],
)
CASES += several("slow steps behind fast switching, 1e-22 at uniformization times 8e3", HIDDEN, [1e4, 1e-4], FOUR([0.01, 0.3])[:2],
                 DENSITY, gradient=True)
CASES += several("slow steps behind fast switching, uniformization times 1e5", HIDDEN, [2e4, 0.5], FOUR([0.05, 1, 3]), DENSITY, gradient=True)
CASES += several("switching, uniformization times 1e5", SWITCHING, [1e4, 3], FOUR([1, 4.5])[:3], DENSITY, gradient=True)
CASES += several("switching, survival of 1e-12", SWITCHING, [300, 2], FOUR([20.8, 21])[:3:2], DENSITY, gradient=True)
CASES += several("switching, survival of 1e-300", SWITCHING, [20, 2], [FOUR([1050])[i] for i in (0, 2, 3)], DENSITY, digits=400)
# Long and stiff horizons.
LONG = dict(gradient=True, bound=True)
CASES += several("switching, 1e6", SWITCHING, [1e6, 3], FOUR([0.3, 1])[:3], 1e-9, **LONG)
CASES += several("switching, 1e8", SWITCHING, [1e8, 3], FOUR([0.1, 1, 5]), 1e-9, **LONG)
CASES += several("switching, 1e12", SWITCHING, [1e8, 1e-4], FOUR([1e3, 1e4, 4e4])[:3], 1e-9, **LONG)
CASES += several("stiff hypoexponential, 2e8", HYPO, HYPO_THETA, FOUR([20, 1e3, 1e4])[:3], 1e-9, **LONG)
CASES += several("stiff hypoexponential, survival of 1e-12 at 6e8", HYPO, HYPO_THETA, [{"quantity": "survival", "times": [28000]}], 1e-9, **LONG)
CASES += several("slow steps behind fast switching, 1e10", HIDDEN, [1e7, 1e-3], FOUR([1, 1e3])[:3], 1e-9, **LONG)
CASES += several("slow steps behind fast switching, left tail at 1e7", HIDDEN, [1e7, 1e-6], FOUR([0.01, 0.5])[:2], 1e-9, **LONG)
CASES += several("slow steps behind fast switching, survival of 1e-100 at 1e7", HIDDEN, [1e4, 2],
                 [{"quantity": "survival", "times": [270]}, {"quantity": "pdf", "times": [270]}], 1e-9, digits=250, **LONG)
RINGS = rates(7, RING)
CASES += several("ring over 14 orders", RINGS, [], FOUR([1e-6, 1e-4])[:3], DENSITY)
CASES += several("ring over 14 orders, long", RINGS, [], FOUR([10, 1e5])[:3], 1e-9, bound=True)
CASES += several("rabbits(3), 3e6", {"family": "rabbits", "inputs": {"N": 3}}, [1e6, 0.5, 2], FOUR([0.3, 1])[:3], 1e-9, **LONG)
# Forced methods must agree with the same values.
for method in ("uniformization", "squaring"):
    CASES += several(f"cycle by {method}", CYCLE, CYCLE_THETA,
                     [{"quantity": q, "times": [0.1, 1, 10], "method": method} for q in ("pdf", "cdf", "survival")], DENSITY, gradient=True)
CASES += several("switching by squaring, 3e4", SWITCHING, [1e4, 3], [{"quantity": "pdf", "times": [0.2, 1], "method": "squaring"}], DENSITY, gradient=True)
CASES.append(case("cycle by inversion: cdf", CYCLE, CYCLE_THETA, {"quantity": "cdf", "times": [1, 3], "method": "inversion"}, 1e-6,
                  why="its error is absolute"))
