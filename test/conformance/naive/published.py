"""Self-check: the naive implementation reproduces every value of `public.json`."""

import json
from fractions import Fraction
from pathlib import Path

from mpmath import mp, mpf

from .adaptive import settle
from .continuous import Process, green
from .families import model_of
from .model import system

PATH = Path(__file__).resolve().parent.parent / "public.json"
# Tolerance of a decimal with 15 significant digits.
DECIMAL = 2e-14


def check_published():
    """Checks all published values; returns how many. Raises AssertionError naming the first that differs."""
    count = 0
    for entry in json.loads(PATH.read_text())["cases"]:
        family, inputs = entry["model"], entry["inputs"]
        if family == "isolation-with-migration-jsfs":
            count += _joint_spectrum(entry)
            continue
        names = model_of({"family": family, "inputs": _sizes(family, inputs)})["parameters"]
        theta = entry.get("theta") or [inputs[n] for n in names]
        for label, quantity, expected in _expectations(entry):
            case = {
                "name": label,
                "model": {"family": family, "inputs": _sizes(family, inputs)},
                "theta": theta,
                "zeros": True,
                "quantity": quantity,
            }
            if "start" in quantity:
                case["model"] = _started(case["model"], quantity["start"])
            _equal(f"{family} {label}", settle(case)[0], expected, entry.get("tolerance", DECIMAL))
            count += len(expected)
    return count


def _sizes(family, inputs):
    parameters = {
        "erlang": ["rate"], "coalescent": ["rate"], "block-coalescent": ["rate"], "rabbits": ["jump", "l", "r"],
        "two-island": ["M1", "M2"], "two-locus-arg": ["R"], "isolation-with-migration": ["m12", "m21"],
        "birth-death": ["b", "d"], "mm1-busy-period": ["lambda", "mu"], "negative-binomial": ["p"],
    }.get(family, [])
    return {k: v for k, v in inputs.items() if k not in parameters}


def _started(model, state):
    explicit = dict(model_of(model))
    explicit["initial"] = [[explicit["states"].index([int(x) for x in state.split(",")]), 1]]
    return explicit


def _equal(name, found, expected, tolerance):
    assert len(found) == len(expected), name
    for a, b in zip(found, expected):
        exact = Fraction(b) if isinstance(b, (int, str)) else None
        b = mpf(exact.numerator) / exact.denominator if exact is not None else mpf(b)
        allowed = mpf(10) ** -14 if exact is not None else tolerance  # theta such as 0.3 is a double
        assert abs(a - b) <= max(allowed, tolerance if tolerance > 1e-13 else 0) * abs(b), f"{name}: {a} and {b}"


def _expectations(entry):
    for key, value in entry.items():
        if key in ("mean", "variance"):
            yield key, {"quantity": key}, [value]
        elif key == "moments":
            yield key, {"quantity": key, "order": len(value)}, value
        elif key in ("pdf", "cdf"):
            yield key, {"quantity": key, "times": [float(t) for t in value]}, list(value.values())
        elif key == "pmf":
            yield key, {"quantity": key, "steps": [int(t) for t in value]}, list(value.values())
        elif key == "laplace":
            for z, x in value.items():
                yield key, {"quantity": key, "at": [[float(z), 0]]}, [x, 0]
        elif key == "branchLength":
            for what, x in value.items():
                yield f"{key} {what}", {"quantity": what, "reward": key}, [x]
        elif key == "branchLengthMeans":
            for i, x in enumerate(value):
                yield f"{key} {i}", {"quantity": "mean", "reward": f"size{i + 1}"}, [x]
        elif key == "branchLengthCovariance":
            names = [f"size{i + 1}" for i in range(len(value))]
            yield key, {"quantity": "covarianceMatrix", "rewards": names}, [x for row in value for x in row]
        elif key in ("rewardA", "rewardB"):
            reward = "left" if key == "rewardA" else "right"
            for what, x in value.items():
                if what == "moments":
                    yield f"{key} {what}", {"quantity": what, "order": len(x), "reward": reward}, x
                else:
                    yield f"{key} {what}", {"quantity": what, "reward": reward}, [x]
        elif key == "covarianceAB":
            yield key, {"quantity": "covariance", "rewards": ["left", "right"]}, [value]
        elif key == "meanT1":
            yield key, {"quantity": "mean", "reward": "T1"}, [value]
        elif key == "correlationT1T2":  # both variances are 1
            yield key, {"quantity": "covariance", "rewards": ["T1", "T2"]}, [value]
        elif key == "timeToOneLineage":
            yield key, {"quantity": "mean"}, [value["mean"]]
        elif key == "meanFrom":
            for state, x in value.items():
                yield f"{key} {state}", {"quantity": "mean", "start": state}, [x]


def _joint_spectrum(entry):
    """Expected time of lineages of each type over the migration epoch, then over the ancestral one."""
    i = entry["inputs"]
    with mp.workdps(60):
        sizes = {k: i[k] for k in ("n1", "n2", "N1", "N2")}
        split = model_of({"family": "isolation-with-migration", "inputs": sizes})
        first = system(split, [mpf(i["m12"]), mpf(i["m21"])], mpf)
        a, spent, _, _, _ = Process([first], [mpf(0)]).forward(mpf(i["T"]))
        found = {}

        def collect(states, weights):
            for state, w in zip(states, weights):
                for kind, count in state:
                    found[kind[:2]] = found.get(kind[:2], 0) + w * count

        labels = [[(tuple(k), c) for k, c in s] for s in split["states"]]
        collect([labels[v] for v in first.transient], spent)
        merged = {}
        for v, w in zip(first.transient, a):
            counts = {}
            for kind, count in labels[v]:
                counts[kind[:2]] = counts.get(kind[:2], 0) + count
            key = tuple(sorted(counts.items()))
            merged[key] = merged.get(key, 0) + w
        for start, mass in merged.items():
            model, states = _ancestral(start, i["N3"])
            if model is None:
                continue
            system_ = system(model, [], mpf)
            u = green(system_)
            collect([states[v] for v in system_.transient], [mass * x for x in u[0]])
        count = 0
        for row, values in enumerate(entry["jsfs"]):
            for column, value in enumerate(values):
                if value:
                    _equal(f"jsfs {row},{column}", [found[(row, column)]], [value], entry["tolerance"])
                    count += 1
    return count


def _ancestral(start, size):
    states, edges = [start], []
    for s, state in enumerate(states):
        if sum(c for _, c in state) < 2:
            continue
        for a, (x, cx) in enumerate(state):
            for y, cy in state[a:]:
                pairs = cx * cy if x != y else cx * (cx - 1) // 2
                if not pairs:
                    continue
                counts = dict(state)
                counts[x] -= 1
                counts[y] -= 1
                joined = (x[0] + y[0], x[1] + y[1])
                counts[joined] = counts.get(joined, 0) + 1
                target = tuple(sorted((k, c) for k, c in counts.items() if c))
                if target not in states:
                    states.append(target)
                edges.append([s, states.index(target), f"{pairs}/{size}"])
    if not edges:
        return None, None
    return {"states": [[0]] * len(states), "initial": [[0, 1]], "edges": edges}, states
