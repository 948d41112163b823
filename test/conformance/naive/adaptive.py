"""Values and gradients of a case, computed with D and 2D digits until both agree.

Gradients are central differences with a relative step of 10^(-D/3) at D digits: truncation and rounding both leave
about 10^(-2D/3), and a second pair of D and step confirms them.
"""

from mpmath import mp, mpf

from .families import model_of
from .model import system
from .quantities import answer

AGREEMENT = mpf(10) ** -24
GRADIENT_AGREEMENT = mpf(10) ** -20
MOST_DIGITS = 2600


class Disagreement(Exception):
    """More digits do not settle the value."""


def point(case):
    """The numbers that a gradient runs over: theta, or the thetas of all epochs and then the later starts."""
    if "epochs" in case:
        return [float(x) for e in case["epochs"] for x in e["theta"]] + [float(e["start"]) for e in case["epochs"][1:]]
    return [float(x) for x in case.get("theta", [])]


def at(case, x, hints, number=mpf):
    """The case's quantity at the numbers x."""
    model = model_of(case["model"])
    until = case["quantity"].get("until", ())
    if "epochs" in case:
        d = len(model.get("parameters", []))
        count = len(case["epochs"])
        systems = [system(model, x[m * d : (m + 1) * d], number, until) for m in range(count)]
        return answer(systems, [number(0), *x[count * d :]], case["quantity"], hints)
    return answer([system(model, x, number, until)], [number(0)], case["quantity"], hints)


def attempt(case, digits, hints):
    """Values and gradients with a given number of digits."""
    with mp.workdps(digits):
        x = [mpf(v) for v in point(case)]
        values = at(case, x, hints)
        if not case.get("gradient"):
            return values, None
        columns = []
        for k in range(len(x)):
            h = (abs(x[k]) if x[k] != 0 else mpf(1)) * mpf(10) ** (-(digits // 3))
            up, down = (at(case, x[:k] + [x[k] + s] + x[k + 1 :], dict(hints)) for s in (h, -h))
            columns.append([(a - b) / (2 * h) for a, b in zip(up, down)])
        return values, [list(row) for row in zip(*columns)]


def settle(case):
    """(values, gradients or None), right to more than 20 digits; raises Disagreement."""
    digits = case.get("digits", 120)
    hints = {}
    rough = attempt(case, digits, hints)
    while True:
        digits *= 2
        fine = attempt(case, digits, hints)
        fault = _compare(case, rough, fine)
        if fault is None:
            return _cleaned(case, fine)
        if digits > MOST_DIGITS:
            raise Disagreement(f"{case['name']}: {fault}")
        rough = fine


def _compare(case, rough, fine):
    for a, b in zip(rough[0], fine[0]):
        if isinstance(a, int) and isinstance(b, int) and a == b:
            continue
        if b == 0 and not case.get("zeros"):
            return "a value is zero"
        if case.get("scale") and abs(a) + abs(b) < mpf(10) ** -40 * case["scale"]:
            continue
        if abs(a - b) > AGREEMENT * abs(b):
            return f"value {mp.nstr(a, 25)} against {mp.nstr(b, 25)}"
    if fine[1] is not None:
        for value, old, new in zip(fine[0], rough[1], fine[1]):
            for x, a, b in zip(point(case), old, new):
                if abs(a - b) > GRADIENT_AGREEMENT * abs(b) and not _negligible(value, x, max(abs(a), abs(b))):
                    return f"gradient {mp.nstr(a, 25)} against {mp.nstr(b, 25)}"
    return None


def _negligible(value, x, g):
    """A gradient that is noise around zero."""
    return g * abs(mpf(x) if x != 0 else 1) <= mpf(10) ** -30 * abs(value if value != 0 else 1)


def _cleaned(case, fine):
    values, gradients = fine
    scale = case.get("scale")
    values = [0 if scale and abs(v) < mpf(10) ** -30 * scale else v for v in values]
    if gradients is not None:
        x = point(case)
        gradients = [
            [0 if _negligible(v, x[k], abs(g)) else g for k, g in enumerate(row)]
            for v, row in zip(values, gradients)
        ]
    return values, gradients
