"""
phasic's caches on a model's raw arrays: one process a call, as a second session would be.

usage: phasic_cache.py FOLDER

Prints one JSON line: seconds from the first line of the model to its mean at one θ, the mean, and the bytes that its cache folders hold
(HOME and PHASIC_CACHE_DIR say where those are).
"""

import json
import os
import pathlib
import sys
import time

import numpy as np
from phasic import Graph

from peer import Model

folder = sys.argv[1]
model = Model(folder)
constant = bool(np.any(model.bases != 0))
began = time.perf_counter()


def by_arrays():
    graph = Graph(1)
    start = graph.starting_vertex()
    vertices = [graph.find_or_create_vertex([v + 1]) for v in range(model.n)]
    end = graph.find_or_create_vertex([model.n + 1])
    for v in np.nonzero(model.initial)[0]:
        start.add_edge(vertices[v], float(model.initial[v]))
    for e in range(model.edges):
        weight = [float(c) for c in model.coefficients[e]] + ([float(model.bases[e])] if constant else [])
        to = end if model.targets[e] < 0 else vertices[model.targets[e]]
        vertices[model.sources[e]].add_edge(to, weight)
    return graph


graph = by_arrays()
built = time.perf_counter()
theta = list(model.thetas[0]) + ([1.0] if constant else [])
graph.update_weights(theta)
mean = float(graph.expectation())
ended = time.perf_counter()

bytes_held = 0
for place in {os.environ.get("PHASIC_CACHE_DIR", ""), str(pathlib.Path.home() / ".phasic_cache")}:
    if place and os.path.isdir(place):
        bytes_held += sum(path.stat().st_size for path in pathlib.Path(place).rglob("*") if path.is_file())
print(json.dumps({"build": built - began, "eliminate": ended - built, "mean": mean, "bytes": bytes_held}))
