"""How well a case can be answered in double precision at all.

Every weight and reward is off by up to one rounding, 2^-53 relative, in the best of engines; what stays in place (a
self-loop, the diagonal) follows from the rest of its row. The answer moves by what is reported here; a tolerance below that asks for what no method can do. Signs are from a fixed
generator, so the report repeats.
"""

from mpmath import mp, mpf

from . import adaptive

ROUNDING = mpf(2) ** -53


def sensitivity(case, draws=2):
    """Largest movement over two draws, in units of the tolerance: (values, gradients)."""
    digits = max(2 * case.get("digits", 120), 240)
    worst = [mpf(0), mpf(0)]
    original = adaptive.system
    values, gradients = adaptive.attempt(case, digits, {})
    try:
        for draw in range(draws):
            adaptive.system = lambda *a: _shaken(original, draw, *a)
            other, slopes = adaptive.attempt(case, digits, {})
            for v, w in zip(values, other):
                scale = max(abs(v), case.get("scale", 0))
                if scale > 0:
                    worst[0] = max(worst[0], abs(v - w) / scale / case["tolerance"])
            if gradients is not None:
                for v, row, new in zip(values, gradients, slopes):
                    for x, g, h in zip(adaptive.point(case), row, new):
                        scale = max(abs(g), abs(v / x) if x != 0 else 0, case.get("scale", 0) if x == 0 else 0)
                        if scale > 0:
                            worst[1] = max(worst[1], abs(g - h) / scale / mpf("1e-9"))
    finally:
        adaptive.system = original
    return float(worst[0]), float(worst[1])


def _shaken(original, draw, document, theta, number, until):
    """The system of a document whose every number is off by one rounding."""
    one = original(document, theta, number, until)
    state = 12345 + 7919 * draw

    def shake(x):
        nonlocal state
        state = (1103515245 * state + 12345) % 2**31
        return x * (1 + ROUNDING * (1 if state & 65536 else -1))

    p = len(one.transient)
    for i in range(p):
        for j in range(p):
            if i != j:
                one.matrix[i][j] = shake(one.matrix[i][j])
        for column in one.exits.values():
            column[i] = shake(column[i])
        out = sum(one.matrix[i][j] for j in range(p) if j != i) + sum(column[i] for column in one.exits.values())
        if one.kind == "continuous":
            one.matrix[i][i] = -out
        else:
            one.matrix[i][i] = 1 - out - one.lost[i]  # rows keep their sums
    one.rewards = {name: r if one.kind == "discrete" else [shake(x) for x in r] for name, r in one.rewards.items()}
    return one


