"""
SciPy on our questions. Mean and variance: sparse LU (SuperLU), every ordering it has, symmetric mode or not, by rows or by
columns, whichever is fastest; the pattern is prepared once. Densities: `expm_multiply` on an evenly spaced grid.

usage: scipy_peer.py TASK FOLDER
"""

import sys
import warnings

import numpy as np
import scipy
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.linalg import expm_multiply, splu

from peer import Model, fastest, serve


def pattern(model, by_rows):
    """Rows and columns of A = −S: where each edge and each diagonal entry lies among the values of a matrix."""
    rows = np.concatenate([model.sources[model.inside], np.arange(model.n)])
    columns = np.concatenate([model.targets[model.inside], np.arange(model.n)])
    if by_rows:
        rows, columns = columns, rows
    order = np.lexsort((rows, columns))
    start = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=model.n))])
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    return rows[order], start, place


def moments(model):
    ones = np.ones(model.n)

    def solver(by_rows, ordering, symmetric):
        index, start, place = pattern(model, by_rows)
        edge_places, diagonal = place[: len(model.inside)], place[len(model.inside) :]
        values = np.empty(len(index))
        matrix = csc_matrix((values, index, start), shape=(model.n, model.n))
        direction = "T" if by_rows else "N"
        options = {"SymmetricMode": True} if symmetric else {}
        threshold = 0.0 if symmetric else 1.0

        def run(i):
            weights = model.weights(model.thetas[i])
            matrix.data[edge_places] = -weights[model.inside]
            matrix.data[diagonal] = np.add.reduceat(weights, model.row_start[:-1])
            lu = splu(matrix, permc_spec=ordering, diag_pivot_thresh=threshold, options=options)
            first = lu.solve(ones, direction)
            second = lu.solve(first, direction)
            mean = model.initial @ first
            return mean, 2 * (model.initial @ second) - mean * mean

        return run

    choices = [
        (
            f"{ordering}, by {'rows' if by_rows else 'columns'}{', symmetric mode' if symmetric else ''}",
            solver(by_rows, ordering, symmetric),
        )
        for ordering in ("COLAMD", "MMD_AT_PLUS_A", "MMD_ATA", "NATURAL")
        for by_rows in (False, True)
        for symmetric in (False, True)
    ]
    return fastest(choices, len(model.thetas))


def density(model):
    times = model.read("times.f64")

    def sweep(make):
        def run(i):
            weights = model.weights(model.thetas[i])
            rows = np.concatenate([model.targets[model.inside], np.arange(model.n)])
            columns = np.concatenate([model.sources[model.inside], np.arange(model.n)])
            leaving = np.add.reduceat(weights, model.row_start[:-1])
            values = np.concatenate([weights[model.inside], -leaving])
            transposed = make((values, (rows, columns)), shape=(model.n, model.n))
            exits = np.bincount(model.sources[model.absorbing], weights[model.absorbing], model.n)
            states = expm_multiply(
                transposed, model.initial, start=times[0], stop=times[-1], num=len(times), endpoint=True
            )
            return states @ exits

        return run

    return fastest([("expm_multiply by rows", sweep(csr_matrix)), ("expm_multiply by columns", sweep(csc_matrix))], len(model.thetas))


def main():
    warnings.simplefilter("ignore")
    task, folder = sys.argv[1:]
    model = Model(folder)
    settings, run = {"moments": moments, "density": density}[task](model)
    serve({"version": scipy.__version__, "settings": settings}, len(model.thetas), run)


main()
