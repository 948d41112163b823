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

from peer import Model
from phasic_peer import build

folder = sys.argv[1]
model = Model(folder)
began = time.perf_counter()
graph, thetas = build(model)
built = time.perf_counter()
graph.update_weights(thetas[0])
mean = float(graph.expectation())
ended = time.perf_counter()

bytes_held = 0
for place in {os.environ.get("PHASIC_CACHE_DIR", ""), str(pathlib.Path.home() / ".phasic_cache")}:
    if place and os.path.isdir(place):
        bytes_held += sum(path.stat().st_size for path in pathlib.Path(place).rglob("*") if path.is_file())
print(json.dumps({"build": built - began, "eliminate": ended - built, "mean": mean, "bytes": bytes_held}))
