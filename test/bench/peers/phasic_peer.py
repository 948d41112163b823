"""
phasic on our questions, by whichever of its ways is fastest. Mean and variance: `Graph.update_weights` and `moments(2)`, or
its compiled `GraphBuilder`. Densities: `Graph.pdf` or `GraphBuilder.compute_pmf`, at the step it chooses itself. Gradients of
log-likelihoods are central differences, as in phasic's own derivative rule (its JAX primitives are not in its wheels).

usage: phasic_peer.py TASK FOLDER
"""

import importlib.metadata
import json
import sys

import numpy as np
from phasic import Graph
from phasic.ffi_wrappers import _make_json_serializable
from phasic.phasic_pybind import parameterized

from peer import Model, fastest, serve

#: Step of phasic's own central differences.
STEP = 1e-7


def build(model):
    """The graph with weights over θ, and thetas; a constant part becomes a parameter that is always 1."""
    constant = bool(np.any(model.bases != 0))
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
    ones = np.ones((len(model.thetas), 1 if constant else 0))
    return graph, np.hstack([model.thetas, ones])


def structure(graph):
    return json.dumps(_make_json_serializable(graph.serialize()))


def central(raw):
    return raw[0], raw[1] - raw[0] ** 2


def moments(model):
    graph, thetas = build(model)
    builder = parameterized.GraphBuilder(structure(graph))

    def updated(i):
        graph.update_weights(thetas[i])
        return central(graph.moments(2))

    return fastest(
        [
            ("update_weights, moments(2)", updated),
            ("GraphBuilder.compute_moments", lambda i: central(builder.compute_moments(thetas[i], 2))),
        ],
        len(model.thetas),
    )


def density(model):
    graph, thetas = build(model)
    builder = parameterized.GraphBuilder(structure(graph))
    times = model.read("times.f64")

    def updated(i):
        graph.update_weights(thetas[i])
        return graph.pdf(times)

    return fastest(
        [
            ("update_weights, pdf", updated),
            ("GraphBuilder.compute_pmf", lambda i: builder.compute_pmf(thetas[i], times, granularity=0)),
        ],
        len(model.thetas),
    )


def likelihood(model, gradient):
    graph, thetas = build(model)
    builder = parameterized.GraphBuilder(structure(graph))
    data = model.read("observations.f64")

    def by_graph(theta):
        graph.update_weights(theta)
        return np.sum(np.log(graph.pdf(data)))

    def by_builder(theta):
        return np.sum(np.log(builder.compute_pmf(theta, data, granularity=0)))

    def question(value):
        def run(i):
            if not gradient:
                return (value(thetas[i]),)
            slopes = []
            for k in range(model.coefficients.shape[1]):
                up, down = thetas[i].copy(), thetas[i].copy()
                up[k] += STEP
                down[k] -= STEP
                slopes.append((value(up) - value(down)) / (2 * STEP))
            return (value(thetas[i]), *slopes)

        return run

    return fastest([("update_weights, pdf", question(by_graph)), ("GraphBuilder.compute_pmf", question(by_builder))], len(model.thetas))


def main():
    task, folder = sys.argv[1:]
    model = Model(folder)
    tasks = {
        "moments": moments,
        "density": density,
        "likelihood": lambda m: likelihood(m, False),
        "gradient": lambda m: likelihood(m, True),
    }
    settings, run = tasks[task](model)
    serve({"version": importlib.metadata.version("phasic"), "settings": settings}, len(model.thetas), run)


if __name__ == "__main__":
    main()
