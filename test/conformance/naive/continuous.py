"""Continuous quantities from textbook formulas, for one epoch or several."""

from mpmath import mp, mpf

from .arithmetic import dot, exponential, identity, inverse, row_times, times, times_column, zeros
from .model import System


def green(system, start=None):
    """(-S)^{-1} on what `start` can reach, zero elsewhere."""
    start = system.initial if start is None else start
    p = len(start)
    reached = {i for i in range(p) if start[i] != 0}
    grow = list(reached)
    while grow:
        i = grow.pop()
        for j in range(p):
            if j != i and system.matrix[i][j] != 0 and j not in reached:
                reached.add(j)
                grow.append(j)
    keep = sorted(reached)
    inner = inverse([[-system.matrix[i][j] for j in keep] for i in keep])
    full = zeros(p, p)
    for a, i in enumerate(keep):
        for b, j in enumerate(keep):
            full[i][j] = inner[a][b]
    return full


def transformed(system, reward):
    """The model whose absorption time is the accumulated reward (Bladt & Nielsen 2017, theorem 3.1.33)."""
    r = system.rewards[reward]
    plus = [i for i, x in enumerate(r) if x != 0]
    zero = [i for i, x in enumerate(r) if x == 0]
    s = system.matrix
    part = lambda rows, columns: [[s[i][j] for j in columns] for i in rows]
    # zero states that neither start nor are entered may be unable to leave; they do not matter
    bridge = inverse([[-x for x in row] for row in part(zero, zero)]) if zero else []
    through = times(part(plus, zero), bridge) if zero else [[] for _ in plus]
    hop = times(through, part(zero, plus)) if zero else zeros(len(plus), len(plus))
    matrix = [[(s[i][j] + hop[a][b]) / r[i] for b, j in enumerate(plus)] for a, i in enumerate(plus)]
    exits, at_zero = {}, dict(system.at_zero)
    alpha0 = [system.initial[i] for i in zero]
    entering = row_times(alpha0, bridge) if zero else []
    for v, column in system.exits.items():
        rest = [column[i] for i in zero]
        exits[v] = [(column[i] + dot(through[a], rest)) / r[i] for a, i in enumerate(plus)]
        at_zero[v] = at_zero.get(v, 0) + dot(entering, rest)
    moved = row_times(entering, part(zero, plus)) if zero else [0] * len(plus)
    initial = [system.initial[i] + moved[a] for a, i in enumerate(plus)]
    return System(
        system.kind, system.vertices, [system.transient[i] for i in plus], matrix, exits, [0] * len(plus), initial,
        at_zero, 1 - sum(initial, 0), {},
    )


class Process:
    """Piecewise-constant rates: one system per epoch; `starts[0]` is 0."""

    def __init__(self, systems, starts):
        self.systems, self.starts = systems, starts
        first = systems[0]
        self.initial, self.at_zero, self.defect = first.initial, first.at_zero, first.defect

    @property
    def only(self):
        if len(self.systems) != 1:
            raise ValueError("not defined with epochs")
        return self.systems[0]

    def forward(self, t):
        """State at time t: probabilities, time spent, mass in each absorbing vertex, and the epoch of t."""
        a = list(self.initial)
        spent = [0] * len(a)
        absorbed = {v: self.at_zero.get(v, 0) for v in self.systems[0].exits}
        jumps = [0] * len(a)
        for m, (system, start) in enumerate(zip(self.systems, self.starts)):
            last = m + 1 == len(self.starts) or t is not None and t < self.starts[m + 1]
            if last and t is None:
                here = row_times(a, green(system, a))
                a = [0] * len(a)
            else:
                e, j = exponential(system.matrix, (t if last else self.starts[m + 1]) - start)
                here = row_times(a, j)
                a = row_times(a, e)
            spent = [x + y for x, y in zip(spent, here)]
            jumps = [x - y * system.matrix[i][i] for i, (x, y) in enumerate(zip(jumps, here))]
            for v, column in system.exits.items():
                absorbed[v] += dot(here, column)
            if last:
                return a, spent, absorbed, system, jumps

    # One row of the request table each.

    def pdf(self, t, given=None):
        a, _, _, system, _ = self.forward(t)
        if given is None:
            return dot(a, system.exit)
        return dot(a, system.ending(given)[0]) / self.reaching(given)

    def cdf(self, t, given=None):
        _, _, absorbed, _, _ = self.forward(t)
        lost = 1 - sum(self.initial) - sum(self.at_zero.values())
        if given is None:
            return lost + sum(absorbed.values())
        return sum(absorbed[v] for v in given) / self.reaching(given)

    def survival(self, t, given=None):
        a, _, _, system, _ = self.forward(t)
        if given is None:
            return sum(a)
        return dot(a, times_column(green(self.only), system.ending(given)[0])) / self.reaching(given)

    def hazard(self, t):
        return self.pdf(t) / self.survival(t)

    def reaching(self, given):
        """Probability to end in a set of absorbing vertices."""
        rates, at_zero = self.only.ending(given)
        return at_zero + dot(self.initial, times_column(green(self.only), rates))

    def moments(self, order, reward=None, given=None):
        if len(self.systems) > 1:
            return self.epoch_moments(order, reward)
        system = self.only
        u = green(system)
        r = [1] * len(self.initial) if reward is None else system.rewards[reward]
        if given is None:
            v, total = [1] * len(r), 1
        else:
            v, total = times_column(u, system.ending(given)[0]), self.reaching(given)
        found, factorial = [], 1
        for k in range(1, order + 1):
            v = times_column(u, [x * y for x, y in zip(r, v)])
            factorial *= k
            found.append(factorial * dot(self.initial, v) / total)
        return found

    def epoch_moments(self, order, reward):
        """Taylor coefficients in s of E[e^{sY}]: a block Toeplitz generator [[Q, R], [0, Q]] per finite epoch."""
        last = self.systems[-1]
        p = len(self.initial)
        rewards = [[1] * p if reward is None else s.rewards[reward] for s in self.systems]
        u = green(last, [1] * p)
        v = [[1] * p + [1]]  # coefficients by order, over transient states and then absorption
        for _ in range(order):
            v.append(times_column(u, [x * y for x, y in zip(rewards[-1], v[-1])]) + [0])
        for m in range(len(self.systems) - 2, -1, -1):
            system = self.systems[m]
            n = p + 1
            big = zeros((order + 1) * n, (order + 1) * n)
            for b in range(order + 1):
                for i in range(p):
                    for j in range(p):
                        big[b * n + i][b * n + j] = system.matrix[i][j]
                    big[b * n + i][b * n + p] = system.exit[i]
                    if b < order:
                        big[b * n + i][(b + 1) * n + i] = rewards[m][i]
            e, _ = exponential([[mpf(x) for x in row] for row in big], self.starts[m + 1] - self.starts[m])
            block = [[row[b * n : (b + 1) * n] for row in e[:n]] for b in range(order + 1)]
            v = [
                [sum(dot(block[b][i], v[k - b]) for b in range(k + 1)) for i in range(n)] for k in range(order + 1)
            ]
        return [mp.factorial(k) * dot(self.initial, v[k][:p]) for k in range(1, order + 1)]

    def covariance(self, a, b):
        """Difference of products, with digits to spare."""
        if len(self.systems) > 1:
            raise ValueError("not defined with epochs")
        system = self.only
        u = green(system)
        ra, rb = ([1] * len(self.initial) if q is None else system.rewards[q] for q in (a, b))
        ma, mb = times_column(u, ra), times_column(u, rb)
        one = dot(self.initial, times_column(u, [x * y for x, y in zip(ra, mb)]))
        two = dot(self.initial, times_column(u, [x * y for x, y in zip(rb, ma)]))
        return one + two - dot(self.initial, ma) * dot(self.initial, mb)

    def laplace(self, z, reward=None):
        system = self.only
        r = [1] * len(self.initial) if reward is None else system.rewards[reward]
        p = len(r)
        a = inverse([[(z * r[i] if i == j else 0) - system.matrix[i][j] for j in range(p)] for i in range(p)])
        return self.defect + dot(self.initial, times_column(a, system.exit))

    def count_probabilities(self, names, counts, rate):
        """Poisson processes of rate rate·r_q: sum over the order of events by recursion on the last one."""
        system = self.only
        p = len(self.initial)
        rates = [[rate * x for x in system.rewards[q]] for q in names]
        total = [sum(column) for column in zip(*rates)]
        a = inverse([[(total[i] if i == j else 0) - system.matrix[i][j] for j in range(p)] for i in range(p)])
        seen = {}

        def spent(n):
            """Expected time in each state while the counts are n."""
            if n not in seen:
                enter = list(self.initial) if not any(n) else [0] * p
                for q, k in enumerate(n):
                    if k > 0:
                        before = spent(n[:q] + (k - 1,) + n[q + 1 :])
                        enter = [x + y * z for x, y, z in zip(enter, before, rates[q])]
                seen[n] = row_times(enter, a)
            return seen[n]

        return [
            dot(spent(tuple(n)), system.exit) + (self.defect if not any(n) else 0) for n in counts
        ]

    def hitting(self, places):
        """Probability to reach a set of transient places (positions) before absorption."""
        system = self.only
        p = len(self.initial)
        rest = [i for i in range(p) if i not in places]
        inside = sum(self.initial[i] for i in places)
        if not rest:
            return inside
        u = inverse([[-system.matrix[i][j] for j in rest] for i in rest])
        into = [sum(system.matrix[i][j] for j in places) for i in rest]
        return inside + dot([self.initial[i] for i in rest], times_column(u, into))


__all__ = ["Process", "green", "identity", "transformed"]
