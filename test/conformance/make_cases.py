#!/usr/bin/env python3
"""Makes the reference values of `cases/*.json`: python make_cases.py [--check | --conditioning] [--jobs N] [theme ...]

Needs Python 3.10 or newer and mpmath. What is asked stands in `themes/`, the arithmetic in `naive/`. Before anything is
written, the published values of `public.json` are reproduced and every theme is confirmed in a second way
(`naive/second_way.py`). The output depends on nothing but these files. `--check` compares with the files there and writes nothing.
"""

import argparse
import importlib
import json
import sys
import time
from multiprocessing import Pool
from pathlib import Path

from mpmath import mp, mpf

from naive.adaptive import settle
from naive.conditioning import sensitivity
from naive.published import check_published
from naive.second_way import confirm

HERE = Path(__file__).resolve().parent
THEMES = (
    "moments-stiff", "moments-gradients", "densities", "conditioned", "rewards", "discrete", "epochs", "likelihoods", "counts",
)
INTERNAL = ("digits", "zeros")  # how to compute, not part of the case


def literal(x, digits=20):
    """A decimal literal; a string where double precision would lose it."""
    if x == 0:
        return "0"
    with mp.workdps(60):
        x = mpf(x)
        text = mp.nstr(x, digits, strip_zeros=True)
        outside = not mpf("1e-307") <= abs(x) <= mpf("1.7e308")
    if text.endswith(".0"):
        text = text[:-2]
    return json.dumps(text) if outside else text.replace(".0e", "e")


def row(numbers, digits=20):
    return "[" + ", ".join(literal(x, digits) for x in numbers) + "]"


def computed(job):
    """One case as the text of its JSON object."""
    theme, case = job
    started = time.perf_counter()
    values, gradients = settle(case)
    ways = confirm(theme, case, values)
    lines = []
    for key, value in case.items():
        if key not in INTERNAL and key not in ("tolerance", "scale", "bound", "gradient", "why"):
            lines.append(f'"{key}": {json.dumps(value)}')
    if gradients is not None:
        lines.append('"gradient": true')
    lines.append(f'"values": {row(values)}')
    if gradients is not None:
        lines.append('"gradients": [' + ", ".join(row(g, 18) for g in gradients) + "]")
    lines.append(f'"tolerance": {json.dumps(case["tolerance"])}')
    if gradients is not None:
        lines.append('"gradientTolerance": 1e-9')
    for key in ("scale", "bound", "why"):
        if key in case:
            lines.append(f'"{key}": {json.dumps(case[key])}')
    return "    {\n      " + ",\n      ".join(lines) + "\n    }", ways, time.perf_counter() - started


def cases_of(theme):
    return importlib.import_module("themes." + theme.replace("-", "_")).CASES


def note_of(theme):
    return importlib.import_module("themes." + theme.replace("-", "_")).NOTE


def condition(options):
    """Fails where one rounding of the inputs moves an answer by more than a fiftieth of its tolerance."""
    beyond = []
    with Pool(options.jobs) as pool:
        for theme in options.themes or THEMES:
            found = pool.map(sensitivity, cases_of(theme), chunksize=1)
            print(f"{theme}: values move by {max(v for v, _ in found):.1e}, gradients by {max(g for _, g in found):.1e} tolerances")
            beyond += [f"{theme}: {c['name']}: {s}" for c, s in zip(cases_of(theme), found) if max(s) > 0.02]
    if beyond:
        sys.exit("\n".join(beyond))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--conditioning", action="store_true", help="how far rounding of the inputs moves the answers")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("themes", nargs="*", default=THEMES)
    options = parser.parse_args()
    print(f"public.json: {check_published()} values reproduced")
    if options.conditioning:
        return condition(options)
    differing = []
    with Pool(options.jobs) as pool:
        for theme in options.themes or THEMES:
            cases = cases_of(theme)
            names = [c["name"] for c in cases]
            repeated = sorted({n for n in names if names.count(n) > 1})
            if repeated:
                sys.exit(f"{theme}: names are not unique: {repeated}")
            found = list(pool.imap(computed, [(theme, c) for c in cases]))
            text = "{\n" + f'  "note": {json.dumps(note_of(theme))},\n  "cases": [\n' + ",\n".join(t for t, _, _ in found) + "\n  ]\n}\n"
            path = HERE / "cases" / f"{theme}.json"
            if options.check:
                if path.read_text() != text:
                    differing.append(theme)
            else:
                path.write_text(text)
            second = sum(1 for _, ways, _ in found if ways)
            slowest = max(zip((s for _, _, s in found), names))
            print(f"{theme}: {len(names)} cases, {second} confirmed in a second way, {len(text)} bytes, slowest {slowest[0]:.1f} s ({slowest[1]})")
    if differing:
        sys.exit(f"differs from the files there: {', '.join(differing)}")


if __name__ == "__main__":
    main()
