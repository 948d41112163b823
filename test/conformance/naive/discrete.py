"""Discrete quantities by recursion over steps and by textbook inverses."""

from math import comb

from mpmath import mp

from .arithmetic import dot, inverse, row_times, times_column


class Chain:
    """A discrete model at one theta. N is the number of steps until absorption, Y the reward summed over them."""

    def __init__(self, system):
        self.system = system
        self.initial, self.at_zero, self.defect = system.initial, system.at_zero, system.defect
        self.t = system.matrix
        p = len(self.initial)
        self.green = inverse([[(1 if i == j else 0) - self.t[i][j] for j in range(p)] for i in range(p)])
        self._pmf = {}

    def rewards(self, reward):
        return [1] * len(self.initial) if reward is None else self.system.rewards[reward]

    def ending(self, given):
        if given is None:
            return self.system.exit, self.defect
        return self.system.ending(given)

    def reaching(self, given):
        if given is None:
            return 1
        rates, at_zero = self.ending(given)
        return at_zero + dot(self.initial, times_column(self.green, rates))

    def pmf_up_to(self, n, reward=None, given=None):
        """P(Y = k) for k = 0..n: expected visits by reward collected before them, zero-reward states by an inverse."""
        key = (reward, tuple(given) if given is not None else None)
        known = self._pmf.get(key, [])
        if len(known) > n:
            return known
        rates, at_zero = self.ending(given)
        r = [int(x) for x in self.rewards(reward)]
        p = len(r)
        stay = [[self.t[i][j] if r[i] == 0 else 0 for j in range(p)] for i in range(p)]
        settle = None
        if any(x == 0 for x in r):
            settle = inverse([[(1 if i == j else 0) - stay[i][j] for j in range(p)] for i in range(p)])
        visits, found = [], []
        total = self.reaching(given)
        for k in range(n + 1):
            fresh = list(self.initial) if k == 0 else [0] * p
            for i in range(p):
                if 0 < r[i] <= k:
                    mass = visits[k - r[i]][i]
                    fresh = [x + mass * w for x, w in zip(fresh, self.t[i])]
            visits.append(row_times(fresh, settle) if settle else fresh)
            mass = at_zero if k == 0 else 0
            for i in range(p):
                if r[i] <= k:
                    mass += visits[k - r[i]][i] * rates[i]
            found.append(mass / total)
        self._pmf[key] = found
        return found

    def pmf(self, n, reward=None, given=None):
        return self.pmf_up_to(n, reward, given)[n]

    def cdf(self, n, reward=None, given=None):
        return sum(self.pmf_up_to(n, reward, given)[: n + 1])

    def survival(self, n, reward=None, given=None):
        return 1 - self.cdf(n, reward, given)

    def hazard(self, n, reward=None):
        """P(Y = n | Y >= n)."""
        return self.pmf(n, reward) / (self.survival(n - 1, reward) if n > 0 else 1)

    def moments(self, order, reward=None, given=None):
        """First-step analysis: v_k = E[(r + Y')^k], expanded."""
        r = self.rewards(reward)
        total = self.reaching(given)
        h = [1] * len(r) if given is None else times_column(self.green, self.ending(given)[0])
        v = [h]
        for k in range(1, order + 1):
            right = [x**k * y for x, y in zip(r, h)]
            for j in range(1, k):
                step = times_column(self.t, v[j])
                right = [x + comb(k, j) * y ** (k - j) * z for x, y, z in zip(right, r, step)]
            v.append(times_column(self.green, right))
        return [dot(self.initial, x) / total for x in v[1:]]

    def factorial_moments(self, order):
        """k! alpha T^{k-1} (I-T)^{-k} e."""
        v, found = [1] * len(self.initial), []
        left, factorial = list(self.initial), 1
        for k in range(1, order + 1):
            v = times_column(self.green, v)
            factorial *= k
            found.append(factorial * dot(left, v))
            left = row_times(left, self.t)
        return found

    def covariance(self, a, b):
        ra, rb = self.rewards(a), self.rewards(b)
        ma, mb = times_column(self.green, ra), times_column(self.green, rb)
        visits = row_times(self.initial, self.green)
        product = (
            dot(visits, [x * y for x, y in zip(ra, mb)])
            + dot(visits, [x * y for x, y in zip(rb, ma)])
            - dot(visits, [x * y for x, y in zip(ra, rb)])
        )
        return product - dot(self.initial, ma) * dot(self.initial, mb)

    def laplace(self, z, reward=None):
        """E[e^{-zY}]: v = e^{-zr} (T v + exit)."""
        damp = [mp.exp(-z * x) for x in self.rewards(reward)]
        p = len(damp)
        a = inverse([[(1 if i == j else 0) - damp[i] * self.t[i][j] for j in range(p)] for i in range(p)])
        return self.defect + dot(self.initial, times_column(a, [x * y for x, y in zip(damp, self.system.exit)]))

    def forward(self, n):
        """After n steps: probabilities, steps spent in each state, mass in each absorbing vertex."""
        if n is None:
            spent = row_times(self.initial, self.green)
            a = [0] * len(self.initial)
        else:
            a, spent = list(self.initial), [0] * len(self.initial)
            for _ in range(n):
                spent = [x + y for x, y in zip(spent, a)]
                a = row_times(a, self.t)
        absorbed = {v: self.at_zero.get(v, 0) + dot(spent, column) for v, column in self.system.exits.items()}
        return a, spent, absorbed

    def quantile(self, probability, reward=None):
        n, mass = 0, 0
        while True:
            mass += self.pmf(n, reward)
            if mass >= probability:
                return n
            n += 1
