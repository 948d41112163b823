"""The families of `models.md` written out as explicit documents, from their definitions there."""

from functools import lru_cache
import json


def model_of(model):
    """An explicit document: the model itself, or its family written out."""
    if "family" not in model:
        return model
    return _built(model["family"], json.dumps(model.get("inputs", {}), sort_keys=True))


@lru_cache(maxsize=None)
def _built(family, inputs):
    return FAMILIES[family](**json.loads(inputs))


def _explore(start, moves, parameters, rewards, kind="continuous"):
    """Breadth-first from one state. `moves(state)` yields (state, formula)."""
    states, place, edges = [start], {start: 0}, []
    for state in states:
        for target, weight in moves(state):
            if target not in place:
                place[target] = len(states)
                states.append(target)
            edges.append([place[state], place[target], weight])
    return {
        "kind": kind,
        "parameters": parameters,
        "states": [list(s) for s in states],
        "initial": [[0, 1]],
        "edges": edges,
        "rewards": {name: [reward(s) for s in states] for name, reward in rewards.items()},
    }


def erlang(k=3):
    return _explore((k,), lambda s: [((s[0] - 1,), "rate")] if s[0] > 0 else [], ["rate"], {})


def coalescent(n):
    def moves(s):
        if s[0] > 1:
            yield (s[0] - 1,), f"{s[0] * (s[0] - 1) // 2}*rate"

    return _explore((n,), moves, ["rate"], {"branchLength": lambda s: s[0] if s[0] > 1 else 0})


def block_coalescent(n):
    def moves(s):
        for i in range(n):
            for j in range(i, n):
                pairs = s[i] * s[j] if i != j else s[i] * (s[i] - 1) // 2
                if pairs > 0:
                    t = list(s)
                    t[i] -= 1
                    t[j] -= 1
                    t[i + j + 1] += 1
                    yield tuple(t), f"{pairs}*rate"

    rewards = {f"size{i + 1}": (lambda s, i=i: s[i] if sum(s) > 1 else 0) for i in range(n - 1)}
    return _explore((n,) + (0,) * (n - 1), moves, ["rate"], rewards)


def _rabbits(n, scaled):
    def moves(s):
        a, b = s
        if a > 0:
            yield (a - 1, b + 1), f"{a if scaled else 1}*jump"
            yield (0, b), "l"
        if b > 0:
            yield (a + 1, b - 1), f"{b if scaled else 1}*jump"
            yield (a, 0), "r"

    return _explore((n, 0), moves, ["jump", "l", "r"], {"left": lambda s: s[0], "right": lambda s: s[1]})


def two_island(a, b=0, N1=1, N2=1):
    def moves(s):
        a, b = s
        if a + b < 2:
            return
        if a > 1:
            yield (a - 1, b), f"{a * (a - 1) // 2}/{N1}"
        if b > 1:
            yield (a, b - 1), f"{b * (b - 1) // 2}/{N2}"
        if a > 0:
            yield (a - 1, b + 1), f"{a}*M1"
        if b > 0:
            yield (a + 1, b - 1), f"{b}*M2"

    return _explore((a, b), moves, ["M1", "M2"], {})


def _lineages(start, stay, moves_of, parameters, rewards):
    """Multisets of lineage types as sorted tuples of (type, count)."""

    def change(state, delta):
        counts = dict(state)
        for kind, d in delta:
            counts[kind] = counts.get(kind, 0) + d
        return tuple(sorted((k, c) for k, c in counts.items() if c))

    def moves(state):
        if sum(c for _, c in state) < 2:
            return
        for delta, weight in moves_of(state):
            yield change(state, delta), weight

    return _explore(start, moves, parameters, rewards)


def two_locus_arg(n, N=1):
    def moves_of(state):
        for i, (x, cx) in enumerate(state):
            for y, cy in state[i:]:
                pairs = cx * cy if x != y else cx * (cx - 1) // 2
                if pairs:
                    joined = (x[0] + y[0], x[1] + y[1])
                    yield [(x, -1), (y, -1), (joined, 1)], f"{pairs}/{N}"
            if x[0] and x[1]:
                yield [(x, -1), ((x[0], 0), 1), ((0, x[1]), 1)], f"{cx}*R"

    def locus(k):
        return lambda state: 1 if sum(c for kind, c in state if kind[k]) > 1 else 0

    return _lineages((((1, 1), n),), None, moves_of, ["R"], {"T1": locus(0), "T2": locus(1)})


def isolation_with_migration(n1, n2, N1=1, N2=1):
    def moves_of(state):
        for i, (x, cx) in enumerate(state):
            for y, cy in state[i:]:
                pairs = cx * cy if x != y else cx * (cx - 1) // 2
                if pairs and x[2] == y[2]:
                    joined = (x[0] + y[0], x[1] + y[1], x[2])
                    yield [(x, -1), (y, -1), (joined, 1)], f"{pairs}/{N2 if x[2] else N1}"
            yield [(x, -1), ((x[0], x[1], 1 - x[2]), 1)], f"{cx}*{'m12' if x[2] else 'm21'}"

    start = tuple(sorted((k, c) for k, c in (((1, 0, 0), n1), ((0, 1, 1), n2)) if c))
    return _lineages(start, None, moves_of, ["m12", "m21"], {})


def birth_death(start=1, K=20):
    def moves(s):
        i = s[0]
        if 0 < i < K:
            yield (i + 1,), f"{i}*b"
        if i > 0:
            yield (i - 1,), f"{i}*d"

    return _explore((start,), moves, ["b", "d"], {})


def busy_period(K=60):
    def moves(s):
        i = s[0]
        if 0 < i < K:
            yield (i + 1,), "lambda"
        if i > 0:
            yield (i - 1,), "mu"

    return _explore((1,), moves, ["lambda", "mu"], {})


def negative_binomial(r):
    """Steps until r successes of probability p: explicit only, no family of the engine is named so here."""

    def moves(s):
        if s[0] > 0:
            yield s, "1-p"
            yield (s[0] - 1,), "p"

    return _explore((r,), moves, ["p"], {}, kind="discrete")


FAMILIES = {
    "erlang": erlang,
    "coalescent": coalescent,
    "block-coalescent": block_coalescent,
    "rabbits": lambda N: _rabbits(N, False),
    "rabbits-parameterised": lambda N: _rabbits(N, True),
    "two-island": two_island,
    "two-locus-arg": two_locus_arg,
    "isolation-with-migration": isolation_with_migration,
    "birth-death": birth_death,
    "mm1-busy-period": busy_period,
    "negative-binomial": negative_binomial,
}
