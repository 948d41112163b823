"""Explicit model documents as dense matrices at one theta."""

from dataclasses import dataclass

from .formula import evaluate


@dataclass
class System:
    """A model at one theta. Lists run over `transient`, the vertices with out-edges; `exits[v]` over absorbing v."""

    kind: str
    vertices: int
    transient: list
    matrix: list  # S (continuous) or T (discrete)
    exits: dict  # absorbing vertex -> rates or probabilities from each transient one
    lost: list  # discrete: what each row lacks to 1
    initial: list
    at_zero: dict  # absorbing vertex -> initial mass on it
    defect: object  # 1 - sum of initial: mass that never spends time, at_zero included
    rewards: dict

    @property
    def exit(self):
        return [sum((column[i] for column in self.exits.values()), self.lost[i]) for i in range(len(self.transient))]

    def ending(self, given):
        """Rates into a set of absorbing vertices, and the initial mass on it."""
        rates = [sum((self.exits[v][i] for v in given), 0) for i in range(len(self.transient))]
        return rates, sum((self.at_zero.get(v, 0) for v in given), 0)


def system(model, theta, number, until=()):
    """The matrices of a model document; vertices in `until` lose their out-edges. `number` converts a double."""
    names = dict(zip(model.get("parameters", []), theta))

    def value(x):
        return evaluate(x, names, number) if isinstance(x, str) else number(x)

    def weight(edge):
        if isinstance(edge[2], str):
            return evaluate(edge[2], names, number)
        return number(edge[2]) + sum((number(c) * x for c, x in zip(edge[3:], theta)), 0)

    kind = model.get("kind", "continuous")
    count = len(model["states"])
    edges = [(e[0], e[1], weight(e)) for e in model["edges"] if e[0] not in until]
    if kind == "continuous":
        edges = [e for e in edges if e[0] != e[1]]
    leaving = {e[0] for e in edges}
    transient = [v for v in range(count) if v in leaving]
    place = {v: i for i, v in enumerate(transient)}
    p = len(transient)
    matrix = [[number(0)] * p for _ in range(p)]
    exits = {v: [number(0)] * p for v in range(count) if v not in leaving}
    for u, v, w in edges:
        if v in place:
            matrix[place[u]][place[v]] += w
        else:
            exits[v][place[u]] += w
    lost = [number(0)] * p
    for i in range(p):
        out = sum(matrix[i]) + sum(column[i] for column in exits.values())
        if kind == "continuous":
            matrix[i][i] = -out
        else:
            lost[i] = 1 - out
    initial, at_zero = [number(0)] * p, {}
    for v, mass in model["initial"]:
        if v in place:
            initial[place[v]] += value(mass)
        else:
            at_zero[v] = at_zero.get(v, 0) + value(mass)
    rewards = {
        name: [value(values[v]) for v in transient] for name, values in model.get("rewards", {}).items()
    }
    return System(kind, count, transient, matrix, exits, lost, initial, at_zero, 1 - sum(initial, 0), rewards)
