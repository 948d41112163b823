"""Confirms reference values in a second way that shares as little as possible with the first.

| first | second |
|---|---|
| moments by inverses of mpf | the same recursion in exact rational arithmetic, where weights are rational |
| moments, any | derivatives of the Laplace transform at 0 (contour integral) |
| pdf, cdf, survival | eigenvectors of S; closed forms of Erlang and hypoexponential |
| densities of rewards | Laplace transform of the transformed model against that of the untransformed one |
| discrete distributions | contour integral of the generating function |
| conditional quantities | the process conditioned by Doob's h-transform, unconditionally |
| state probabilities, occupancy, accumulated | mpmath's own expm, and (e^{St} - I) S^{-1} |
| visits | the embedded jump chain |
| quantiles, likelihoods, hazards, epochs | the distribution functions from mpmath's own expm |
| moments over epochs | contour integral of E[e^{-zY}], complex expm per epoch; numerical integration of the survival function |
| counts | derivatives of the Laplace transform at the rate |
"""

from fractions import Fraction

from mpmath import mp, mpc, mpf

from .adaptive import at, point
from .arithmetic import dot, inverse, row_times, times_column
from .continuous import Process, transformed
from .discrete import Chain
from .families import model_of
from .formula import NotRational
from .model import System, system
from .quantities import answer

SOLVED = ("moments", "mean", "variance", "covariance", "covarianceMatrix", "factorialMoments", "sojourn", "visits", "hitting", "defect")


def confirm(theme, case, values):
    """Names of the ways that confirmed the values; raises AssertionError where one does not."""
    ways = []
    for way in (_rational, _spectral, _closed, _reward_transform, _generating, _integrated, _counted, _moments_by_contour,
                _conditioned, _occupied, _visited, _stepped, _epoch_moments, _epoch_places):
        with mp.workdps(60):
            if way(case, values):
                ways.append(way.__name__.strip("_"))
    return ways


def _close(case, way, found, expected, tolerance=mpf(10) ** -18):
    for a, b in zip(found, expected):
        a = mpf(a.numerator) / a.denominator if isinstance(a, Fraction) else mpf(a)
        if isinstance(b, int) and b == 0:
            assert abs(a) < mpf(10) ** -18, f"{case['name']}: {way} gives {a}, not 0"
            continue
        assert abs(a - b) <= tolerance * abs(b), f"{case['name']}: {way} gives {mp.nstr(a, 25)}, not {mp.nstr(b, 25)}"


def _system(case, number=mpf):
    return system(model_of(case["model"]), [number(x) for x in point(case)], number, case["quantity"].get("until", ()))


def _plain(case, *quantities, kind="continuous"):
    q = case["quantity"]
    return q["quantity"] in quantities and "epochs" not in case and model_of(case["model"]).get("kind", "continuous") == kind


def _rational(case, values):
    if case["quantity"]["quantity"] not in SOLVED or "epochs" in case:
        return False
    if len(model_of(case["model"])["states"]) > 25:
        return False
    try:
        found = at(case, [Fraction(x) for x in point(case)], {}, lambda x: Fraction(x))
    except NotRational:
        return False
    _close(case, "rational arithmetic", found, values)
    return True


def _spectral(case, values):
    """α e^{St} s by eigenvectors, with as many digits as the values are small."""
    q = case["quantity"]
    if not _plain(case, "pdf", "cdf", "survival") or "given" in q:
        return False
    smallest = min(abs(v) for v in values if v != 0)
    with mp.workdps(int(80 - 2 * mp.log10(smallest)) if smallest < 1 else 80):
        one = _system(case)
        if "reward" in q:
            one = transformed(one, q["reward"])
        p = len(one.initial)
        if p > 9:
            return False
        try:
            e, right = mp.eig(mp.matrix(one.matrix))
            left = right**-1
        except ZeroDivisionError:
            return False
        norm = mp.mnorm(left, 1) * mp.mnorm(right, 1)
        if norm > mpf(10) ** 15:
            return False  # Erlang and its like have too few eigenvectors
        a = [sum(one.initial[i] * right[i, k] for i in range(p)) for k in range(p)]
        out = {"pdf": one.exit, "survival": [1] * p, "cdf": None}[q["quantity"]]
        found = []
        for t in q["times"]:
            if out is None:
                b = [sum(left[k, j] for j in range(p)) for k in range(p)]
                found.append(one.defect + mp.re(sum(x * y * -mp.expm1(z * t) for x, y, z in zip(a, b, e))))
            else:
                b = [sum(left[k, j] * out[j] for j in range(p)) for k in range(p)]
                found.append(mp.re(sum(x * y * mp.exp(z * t) for x, y, z in zip(a, b, e))))
    _close(case, "eigenvectors", found, values)
    return True


def _closed(case, values):
    """Erlang and hypoexponential."""
    q, model = case["quantity"], case["model"]
    if not _plain(case, "pdf", "cdf", "survival") or "reward" in q:
        return False
    if model.get("family") != "erlang" and model.get("parameters") != ["r1", "r2", "r3", "r4"]:
        return False
    rates = point(case)
    found = []
    with mp.workdps(500):
        for t in q["times"]:
            t = mpf(t)
            if model.get("family") == "erlang":
                k, x = model["inputs"]["k"], mpf(rates[0]) * t
                found.append({
                    "pdf": lambda: mpf(rates[0]) * x ** (k - 1) * mp.exp(-x) / mp.factorial(k - 1),
                    "cdf": lambda: mp.gammainc(k, 0, x) / mp.factorial(k - 1),
                    "survival": lambda: mp.exp(-x) * sum(x**i / mp.factorial(i) for i in range(k)),
                }[q["quantity"]]())
            elif len(set(rates)) == len(rates):
                r = [mpf(x) for x in rates]
                weight = [mp.fprod(b / (b - a) for b in r if b != a) for a in r]
                form = {"pdf": lambda a: a * mp.exp(-a * t), "cdf": lambda a: -mp.expm1(-a * t), "survival": lambda a: mp.exp(-a * t)}
                found.append(sum(w * form[q["quantity"]](a) for w, a in zip(weight, r)))
            else:
                return False
    _close(case, "closed form", found, values)
    return True


def _reward_transform(case, values):
    if not _plain(case, "pdf", "cdf", "survival", "quantile", "logLikelihood", "defect") or "reward" not in case["quantity"]:
        return False
    reward = case["quantity"]["reward"]
    one = _system(case)
    process, after = Process([one], [0]), Process([transformed(one, reward)], [0])
    for z in (mpc(0.3, 0), mpc(1, 2), mpc(20, -3)):
        a, b = process.laplace(z, reward), after.laplace(z)
        assert abs(a - b) < mpf(10) ** -30 * abs(a), f"{case['name']}: transforms {a} and {b}"
    return True


def _contour(f, n, radius, points):
    """n-th Taylor coefficient of f at 0."""
    return sum(
        f(radius * mp.expjpi(mpf(2 * k) / points)) * mp.expjpi(-mpf(2 * k * n) / points) for k in range(points)
    ) / points / radius**n


def _generating(case, values):
    q = case["quantity"]
    if not _plain(case, "pmf", "cdf", "survival", kind="discrete") or "given" in q:
        return False
    steps = q.get("steps", q.get("times"))
    if max(steps) > 70:
        return False
    radius, points = mpf("0.125"), max(steps) + 40
    samples = []
    with mp.workdps(150):
        chain = Chain(_system(case))
        for k in range(points):
            z = radius * mp.expjpi(mpf(2 * k) / points)
            samples.append(chain.laplace(-mp.log(z), q.get("reward")))

    def mass(n):
        return mp.re(sum(s * mp.expjpi(-mpf(2 * k * n) / points) for k, s in enumerate(samples)) / points / radius**n)

    found = []
    with mp.workdps(150):
        for n in steps:
            if q["quantity"] == "pmf":
                found.append(mass(n))
            else:
                below = sum(mass(k) for k in range(n + 1))
                found.append(below if q["quantity"] == "cdf" else 1 - below)
    # the samples alias with radius^points
    for a, b in zip(found, values):
        assert abs(a - b) < mpf(10) ** -12 * max(abs(b), mpf(10) ** -6), f"{case['name']}: {a} and {b}"
    return True


def _integrated(case, values):
    """E[Y^k] = k ∫ t^{k-1} P(Y > t) dt over epochs; the last one through its own integral of e^{St}."""
    q = case["quantity"]
    if "epochs" not in case or q["quantity"] != "moments" or "reward" in q:
        return False
    x = [mpf(v) for v in point(case)]
    starts = [mpf(e["start"]) for e in case["epochs"]]
    if starts[-1] > 50 or len(model_of(case["model"])["states"]) > 4 or any(float(v) > 1e3 for v in x):
        return False  # slow, and boundary layers would need a finer rule
    with mp.workdps(30):
        survival = lambda t: at({**case, "quantity": {"quantity": "survival", "times": [t]}}, x, {})[0]
        scale = max(float(values[0]), float(starts[-1]))
        far = 60 * scale
        knots = sorted(set([mpf(0), *starts[1:], starts[-1] + scale / 4, starts[-1] + scale, starts[-1] + 4 * scale, starts[-1] + 16 * scale, far]))
        k = len(values)
        found = k * mp.quad(lambda t: t ** (k - 1) * survival(t), knots, maxdegree=4)
    _close(case, "integration", [found], [values[-1]], mpf(10) ** -8)
    return True


def _counted(case, values):
    q = case["quantity"]
    if not _plain(case, "countProbabilities") or len(q["rewards"]) != 1:
        return False
    process = Process([_system(case)], [0])
    rate = mpf(q.get("rate", 1))
    with mp.workdps(120):
        for (n,), value in zip(q["counts"], values):
            # L has its poles left of 0, so a circle of radius rate / 2 about the rate is safe
            found = mp.re(_contour(lambda z: process.laplace(rate + z, q["rewards"][0]), n, rate / 2, 200)) * (-rate) ** n
            assert abs(found - value) < mpf(10) ** -15 * abs(value), f"{case['name']}: {found} and {value}"
    return True


def _moments_by_contour(case, values):
    """Taylor coefficients of E[e^{-zY}] on a small circle about 0."""
    q = case["quantity"]
    if q["quantity"] != "moments" or "epochs" in case or "given" in q:
        return False
    if len(model_of(case["model"])["states"]) > 12:
        return False
    with mp.workdps(80):
        one = _system(case)
        y = Chain(one) if one.kind == "discrete" else Process([one], [0])
        # |pole| >= 1 / (largest mean); the k-th moment bounds it well enough
        radius = mp.root(mp.factorial(len(values)) / values[-1], len(values)) / 1000
        try:
            found = [
                mp.re(_contour(lambda z: y.laplace(z, q.get("reward")), k, radius, 24)) * (-1) ** k * mp.factorial(k)
                for k in range(1, len(values) + 1)
            ]
        except ZeroDivisionError:
            return False  # parts that are not reached
    _close(case, "contour", found, values, mpf(10) ** -15)
    return True


def _conditioned(case, values):
    """Paths that end in the given vertices jump with w_ij h_j / h_i."""
    q = case["quantity"]
    if "given" not in q or "epochs" in case:
        return False
    one = _system(case)
    p = len(one.initial)
    discrete = one.kind == "discrete"
    a = [[(1 if i == j and discrete else 0) - one.matrix[i][j] for j in range(p)] for i in range(p)]
    rates, at_zero = one.ending(q["given"])
    h = times_column(inverse(a), rates)
    total = at_zero + dot(one.initial, h)
    matrix = [[one.matrix[i][j] * h[j] / h[i] if h[i] != 0 else -one.matrix[i][i] * -(i == j) for j in range(p)] for i in range(p)]
    exits = {v: [c / h[i] if h[i] != 0 and v in q["given"] else mpf(0) for i, c in enumerate(column)] for v, column in one.exits.items()}
    keep = [i for i in range(p) if h[i] != 0]
    initial = [one.initial[i] * h[i] / total for i in keep]
    walk = System(
        one.kind, one.vertices, [one.transient[i] for i in keep], [[matrix[i][j] for j in keep] for i in keep],
        {v: [c[i] for i in keep] for v, c in exits.items()}, [mpf(0)] * len(keep), initial,
        {v: m / total for v, m in one.at_zero.items() if v in q["given"]}, at_zero / total,
        {name: [r[i] for i in keep] for name, r in one.rewards.items()},
    )
    walk.initial = initial
    found = answer([walk], [mpf(0)], {k: v for k, v in q.items() if k not in ("given", "until")}, {})
    _close(case, "h-transform", found, values)
    return True


def _distribution(case, t):
    """Row of probabilities and pieces at t by mpmath's expm, one epoch after the other: (pdf, cdf, survival)."""
    x = [mpf(v) for v in point(case)]
    model = model_of(case["model"])
    d = len(model.get("parameters", []))
    until = case["quantity"].get("until", ())
    epochs = case.get("epochs", [{"start": 0}])
    a = None
    for m, epoch in enumerate(epochs):
        one = system(model, x[m * d : (m + 1) * d], mpf, until)
        if "reward" in case["quantity"]:
            one = transformed(one, case["quantity"]["reward"])
        if a is None:
            a, mass = mp.matrix([one.initial]), 1 - one.defect
        end = mpf(epochs[m + 1]["start"]) if m + 1 < len(epochs) else mp.inf
        a = a * mp.expm(mp.matrix(one.matrix) * (min(mpf(t), end) - mpf(epoch["start"])), method="taylor")
        if t < end:
            left = sum(a)
            return sum(p * s for p, s in zip(a, one.exit)), 1 - left, left


def _stepped(case, values):
    """Time functions from mpmath's matrix exponential: cdf as 1 - survival, hence with many digits."""
    q = case["quantity"]
    name = q["quantity"]
    if name not in ("pdf", "cdf", "survival", "hazard", "quantile", "logLikelihood") or "given" in q:
        return False
    if model_of(case["model"]).get("kind") == "discrete":
        return False
    x = point(case)
    if name in ("pdf", "cdf", "survival") and "epochs" not in case and "until" not in q and len(set(x)) == len(x):
        return False  # by eigenvectors or closed forms
    smallest = min((abs(v) for v in values if v != 0), default=1)
    with mp.workdps(60 + max(0, int(-2 * mp.log10(smallest))) + (300 if name in ("hazard", "logLikelihood") else 0)):
        if name == "quantile":
            found, expected = [], []
            for p, t in zip(q["probabilities"], values):
                if t != 0:
                    found.append(_distribution(case, t)[1])
                    expected.append(mpf(p))
            _close(case, "expm", found, expected)
            return True
        if name == "logLikelihood":
            total, defect = 0, 1 - _mass(case)
            for item in q["data"]:
                item = item if isinstance(item, dict) else {"exact": item}
                at_ = lambda t: _distribution(case, mpf(t))
                if "exact" in item:
                    p = at_(item["exact"])[0] if item["exact"] > 0 else defect
                elif "right" in item:
                    p = at_(item["right"])[2]
                elif "left" in item:
                    p = at_(item["left"])[1]
                else:
                    p = at_(item["interval"][0])[2] - at_(item["interval"][1])[2]
                p /= at_(item["truncated"])[2] if "truncated" in item else 1
                total += mpf(item.get("weight", 1)) * mp.log(p)
            _close(case, "expm", [total], values)
            return True
        three = [_distribution(case, t) for t in q["times"]]
        pick = {"pdf": lambda r: r[0], "cdf": lambda r: r[1], "survival": lambda r: r[2], "hazard": lambda r: r[0] / r[2]}[name]
        _close(case, "expm", [pick(r) for r in three], values)
    return True


def _mass(case):
    one = _system(case) if "epochs" not in case else system(
        model_of(case["model"]), [mpf(x) for x in case["epochs"][0]["theta"]], mpf
    )
    if "reward" in case["quantity"]:
        one = transformed(one, case["quantity"]["reward"])
    return 1 - one.defect


def _occupied(case, values):
    q = case["quantity"]
    if not _plain(case, "stateProbabilities", "occupancy", "accumulated"):
        return False
    with mp.workdps(120):
        one = _system(case)
        p = len(one.initial)
        u = inverse([[-x for x in row] for row in one.matrix])
        found = []
        for t in q["times"]:
            a = list(mp.matrix([one.initial]) * mp.expm(mp.matrix(one.matrix) * mpf(t), method="taylor"))
            spent = row_times([x - y for x, y in zip(one.initial, a)], u)
            row = [0] * one.vertices
            if q["quantity"] == "accumulated":
                r = one.rewards[q["reward"]] if "reward" in q else [1] * p
                found.append(dot(spent, r))
                continue
            for i, v in enumerate(one.transient):
                row[v] = spent[i] if q["quantity"] == "occupancy" else a[i]
            if q["quantity"] == "stateProbabilities":
                for v, column in one.exits.items():
                    row[v] = one.at_zero.get(v, 0) + dot(spent, column)
            found += row
    _close(case, "expm", found, values)
    return True


def _visited(case, values):
    if not _plain(case, "visits"):
        return False
    one = _system(case)
    p = len(one.initial)
    out = [-one.matrix[i][i] for i in range(p)]
    jump = [[(1 if i == j else -one.matrix[i][j] / out[i]) for j in range(p)] for i in range(p)]
    visits = row_times(one.initial, inverse(jump))
    row = [0] * one.vertices
    for i, v in enumerate(one.transient):
        row[v] = visits[i]
    for v, column in one.exits.items():
        row[v] = one.at_zero.get(v, 0) + dot([x / y for x, y in zip(visits, out)], column)
    _close(case, "jump chain", row, values)
    return True


def _epochs_of(case):
    x = [mpf(v) for v in point(case)]
    model = model_of(case["model"])
    d = len(model["parameters"])
    systems = [system(model, x[m * d : (m + 1) * d], mpf) for m in range(len(case["epochs"]))]
    return systems, [mpf(e["start"]) for e in case["epochs"]]


def _epoch_moments(case, values):
    q = case["quantity"]
    if "epochs" not in case or q["quantity"] not in ("moments", "mean", "variance"):
        return False
    with mp.workdps(130):
        systems, starts = _epochs_of(case)
        p = len(systems[0].initial)
        rewards = [[1] * p if "reward" not in q else one.rewards[q["reward"]] for one in systems]

        def transform(z):
            generators = [
                mp.matrix([[one.matrix[i][j] - (z * r[i] if i == j else 0) for j in range(p)] + [one.exit[i]] for i in range(p)]
                          + [[0] * (p + 1)])
                for one, r in zip(systems, rewards)
            ]
            last = generators[-1]
            v = mp.matrix(list(mp.lu_solve(-last[:p, :p], last[:p, p])) + [1])
            for m in range(len(systems) - 2, -1, -1):
                v = mp.expm(generators[m] * (starts[m + 1] - starts[m]), method="taylor") * v
            return systems[0].defect + sum(a * b for a, b in zip(systems[0].initial, v))

        order = 2 if q["quantity"] == "variance" else len(values)
        radius = mp.mpf(1) / (abs(values[0]) * 10**8)  # far inside the nearest pole
        found = [mp.re(_contour(transform, k, radius, 20)) * (-1) ** k * mp.factorial(k) for k in range(1, order + 1)]
        if q["quantity"] == "variance":
            found = [found[1] - found[0] ** 2]
    _close(case, "contour", found, values, mpf(10) ** -15)
    return True


def _epoch_places(case, values):
    q = case["quantity"]
    if "epochs" not in case or q["quantity"] not in ("stateProbabilities", "occupancy", "sojourn"):
        return False
    with mp.workdps(90):
        systems, starts = _epochs_of(case)
        one = systems[0]
        p = len(one.initial)
        found = []
        for t in q.get("times", [mp.inf]):
            a = mp.matrix([one.initial + [mpf(0)] * p])
            absorbed = {v: one.at_zero.get(v, mpf(0)) for v in one.exits}
            spent = [mpf(0)] * p
            for m, now in enumerate(systems):
                end = min(mpf(t), starts[m + 1] if m + 1 < len(starts) else mp.inf)
                if end <= starts[m]:
                    continue
                if end == mp.inf:
                    here = list(mp.lu_solve(-mp.matrix(now.matrix).T, mp.matrix(list(a)[:p])))
                else:
                    big = mp.zeros(2 * p)
                    for i in range(p):
                        big[i, p + i] = 1
                        for j in range(p):
                            big[i, j] = now.matrix[i][j]
                    moved = list(a * mp.expm(big * (end - starts[m]), method="taylor"))
                    here = moved[p:]
                    a = mp.matrix([moved[:p] + [mpf(0)] * p])
                spent = [x + y for x, y in zip(spent, here)]
                for v, column in now.exits.items():
                    absorbed[v] += dot(here, column)
            row = [0] * one.vertices
            for i, v in enumerate(one.transient):
                row[v] = a[i] if q["quantity"] == "stateProbabilities" else spent[i]
            if q["quantity"] == "stateProbabilities":
                row = [absorbed.get(v, x) for v, x in enumerate(row)]
            found += row
    _close(case, "block expm", found, values)
    return True
