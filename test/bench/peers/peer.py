"""What the Python peers share: a model's folder of raw arrays, and the conversation with the harness (see peer.h)."""

import json
import os
import pathlib
import sys
import time

import numpy as np


class Model:
    """Transient vertices 0 … n − 1; targets are −1 where an edge absorbs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.row_start = self.read("row-start.i32")
        self.targets = self.read("targets.i32")
        self.bases = self.read("bases.f64")
        self.n = len(self.row_start) - 1
        self.edges = len(self.targets)
        self.coefficients = self.read("coefficients.f64").reshape(self.edges, -1)
        self.initial = self.read("initial.f64")
        self.thetas = self.read("thetas.f64").reshape(-1, self.coefficients.shape[1])
        self.sources = np.repeat(np.arange(self.n), np.diff(self.row_start))
        self.inside = np.nonzero(self.targets >= 0)[0]
        self.absorbing = np.nonzero(self.targets < 0)[0]

    def read(self, name):
        return np.fromfile(self.folder / name, {".i32": "<i4", ".f64": "<f8"}[name[-4:]])

    def weights(self, theta):
        return self.bases + self.coefficients @ theta


def fastest(choices, thetas, seconds=0.3):
    """The choice whose function takes least, as (name, function); those that raise are left out."""
    best, least = None, float("inf")
    for name, function in choices:
        try:
            function(0)
        except Exception as error:  # a peer's own refusal of one setting
            print(f"{name}: {error}", file=sys.stderr)
            continue
        took, began, i = float("inf"), time.perf_counter(), 0
        while i < 3 or (time.perf_counter() - began < seconds and i < 50):
            start = time.perf_counter()
            function(i % thetas)
            took = min(took, time.perf_counter() - start)
            i += 1
            if time.perf_counter() - began > 20 * seconds:
                break
        if took < least:
            best, least = (name, function), took
    if best is None:
        sys.exit("no setting works")
    return best


#: What passes are timed by, see peer.h.
spent = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter


def serve(ready, total, run):
    """`run(i)` answers the numbers of theta i."""
    results = np.full((total, len(run(0))), np.nan)
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "batch":
            count, seconds = int(words[0]), float(words[1])
            start, before, passes = time.perf_counter(), spent(), 0
            while passes == 0 or time.perf_counter() - start < seconds:
                for i in range(count):
                    results[i] = run(i)
                passes += 1
            answer = {"seconds": (spent() - before) / passes}
        elif verb == "single":
            times = []
            for i in range(int(words[0])):
                start = time.perf_counter()
                results[i % total] = run(i % total)
                times.append(time.perf_counter() - start)
            answer = {"seconds": sorted(times)[len(times) // 2]}
        elif verb == "phases":
            answer = {}
        elif verb == "write":
            results.tofile(line.rstrip("\n").split(" ", 1)[1])
            answer = {}
        else:
            sys.exit(f"unknown request {line}")
        print(json.dumps(answer), flush=True)
