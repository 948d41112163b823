"""Writes the graphs of this folder: run with a Python that has phasic 0.32.1 (see README.md).

Each file holds what phasic's Graph.serialize() returned and what phasic itself answers at some theta.
"""

import json
import pathlib
import tempfile

import numpy
import phasic
from phasic import Graph
from phasic.graph_cache import GraphCache

HERE = pathlib.Path(__file__).parent


def plain(value):
    return value.tolist() if isinstance(value, numpy.ndarray) else value


def write(name, graph, answers, document=None):
    if document is None:
        document = {key: plain(value) for key, value in graph.serialize().items()}
    (HERE / f"{name}.json").write_text(json.dumps({"document": document, "answers": answers}) + "\n")


def moments(graph, theta, count=3, log=False):
    graph.update_weights(theta, log=log)
    return {"theta": theta, "moments": [float(m) for m in graph.moments(count)]}


def coalescent(state):
    """Kingman's coalescent by number of lineages; one parameter multiplies all rates."""
    (n,) = state
    return [[[n - 1], [n * (n - 1) / 2]]] if n > 1 else []


def island(state):
    """Lineages in two populations; parameters: rate of coalescence, migration from 1 to 2, from 2 to 1."""
    a, b = state
    ways = []
    if a + b <= 1:
        return ways
    if a > 1:
        ways.append([[a - 1, b], [a * (a - 1) / 2, 0, 0]])
    if b > 1:
        ways.append([[a, b - 1], [b * (b - 1) / 2, 0, 0]])
    if a > 0:
        ways.append([[a - 1, b + 1], [0, a, 0]])
    if b > 0:
        ways.append([[a + 1, b - 1], [0, 0, b]])
    return ways


def chain(rows, state_length=1):
    """A graph from {vertex: {other: coefficients or number}}; vertex 0 of the result is phasic's own start."""
    graph = Graph(state_length)
    names = sorted({*rows, *(to for row in rows.values() for to in row)} - {"start"})
    vertices = {name: graph.find_or_create_vertex([name]) for name in names}
    for name, row in rows.items():
        source = graph.starting_vertex() if name == "start" else vertices[name]
        for to, weight in row.items():
            source.add_edge(vertices[to], weight)
    return graph


def main():
    graph = Graph(coalescent, ipv=[[[4], 1.0]], graph_cache=False)
    write("coalescent", graph, [moments(graph, [1.0]), moments(graph, [2.5])])

    graph = Graph(island, ipv=[[[3, 0], 0.75], [[1, 1], 0.25]], graph_cache=False)
    write("two-island", graph, [moments(graph, [1.0, 0.5, 2.0]), moments(graph, [0.3, 1.0, 0.25])])

    graph = chain({"start": {3: 0.5, 1: 0.5}, 3: {2: [2.0, 3.0]}, 2: {1: [1.0, 0.5], 3: [0.25, 4.0]}})
    graph.weight_mode = "log"
    write("product-of-terms", graph, [moments(graph, [1.5, 0.8], log=True)])

    graph = chain({"start": {3: 1.0}, 3: {2: 0.3, 1: 0.1}, 2: {1: 0.6, 3: 0.15}})
    graph.is_discrete = True
    answer = {"theta": [1.0], "mean": float(graph.expectation())}
    answer["pmf"] = [float(p) for p in graph.pdf([1, 2, 3, 4])]
    write("discrete", graph, [answer])

    graph = chain({"start": {3: 1.0}, 3: {2: [3.0, 1.0]}, 2: {1: [1.0, 2.0], 3: [0.5, 0.0]}}).discretize(0.1)
    graph.update_weights([1.0, 2.0, 1.0])
    answer = {"theta": [1.0, 2.0, 1.0], "mean": float(graph.expectation())}
    answer["pmf"] = [float(p) for p in graph.pdf([1, 2, 3, 4])]
    write("discretized", graph, [answer])

    graph = Graph(coalescent, ipv=[[[3], 1.0]], graph_cache=False)
    with tempfile.TemporaryDirectory() as folder:
        key = GraphCache(pathlib.Path(folder)).save_graph(graph, coalescent)
        entry = json.loads((pathlib.Path(folder) / f"{key}.json").read_text())
    for field in ("created_at", "python_version"):
        entry.pop(field, None)
    write("cache-entry", graph, [moments(graph, [2.0])], entry)


if __name__ == "__main__":
    main()
