"""Answers one quantity of the request format at one theta; see `answer`."""

from mpmath import mp, mpc, mpf

from .continuous import Process, transformed
from .discrete import Chain


def answer(systems, starts, q, hints):
    """Values of quantity q as a flat list. A structural zero is the int 0. `hints` keeps roots between calls."""
    if systems[0].kind == "discrete":
        return _discrete(Chain(systems[0]), q)
    return _continuous(Process(systems, starts), q, hints)


def _per_vertex(system, inner, absorbing):
    row = [0] * system.vertices
    for v, x in zip(system.transient, inner):
        row[v] = x
    for v, x in absorbing.items():
        row[v] = x
    return row


def _pairs(values):
    return [x for z in values for x in (mpc(z).real, mpc(z).imag)]


def _continuous(process, q, hints):
    name, reward, given = q["quantity"], q.get("reward"), q.get("given")
    first = process.systems[0]
    # Densities of a reward are densities of the transformed model.
    timed = lambda: Process([transformed(process.only, reward)], process.starts) if reward is not None else process
    if name in ("pdf", "cdf", "survival"):
        p = timed()
        return [getattr(p, name)(mpf(t), given) for t in q["times"]]
    if name == "hazard":
        p = timed()
        return [p.hazard(mpf(t)) for t in q["times"]]
    if name == "quantile":
        p = timed()
        return [_quantile(p, mpf(x), hints) for x in q["probabilities"]]
    if name == "logLikelihood":
        return [_log_likelihood(timed(), q["data"], mpf, lambda p, t: p.pdf(t) if t > 0 or p.defect == 0 else p.defect)]
    if name == "defect":
        return [timed().defect]
    if name == "moments":
        return process.moments(q.get("order", 1), reward, given)
    if name == "mean":
        return process.moments(1, reward, given)
    if name == "variance":
        if given is None and len(process.systems) == 1:
            return [process.covariance(reward, reward)]
        one, two = process.moments(2, reward, given)
        return [two - one * one]
    if name == "covariance":
        return [process.covariance(*q["rewards"])]
    if name == "covarianceMatrix":
        return [process.covariance(a, b) for a in q["rewards"] for b in q["rewards"]]
    if name == "laplace":
        return _pairs([process.laplace(mpc(*z), reward) for z in q["at"]])
    if name == "stateProbabilities":
        rows = []
        for t in q["times"]:
            a, _, absorbed, _, _ = process.forward(mpf(t))
            rows += _per_vertex(first, a, absorbed)
        return rows
    if name == "occupancy":
        return [x for t in q["times"] for x in _per_vertex(first, process.forward(mpf(t))[1], {})]
    if name == "accumulated":
        found = []
        for t in q["times"]:
            if reward is None:
                found.append(sum(process.forward(mpf(t))[1]))
            else:
                r = process.only.rewards[reward]
                found.append(sum(x * y for x, y in zip(process.forward(mpf(t))[1], r)))
        return found
    if name == "sojourn":
        return _per_vertex(first, process.forward(None)[1], {})
    if name == "visits":
        _, _, absorbed, _, jumps = process.forward(None)
        return _per_vertex(first, jumps, absorbed)
    if name == "hitting":
        places = [i for i, v in enumerate(first.transient) if v in q["vertices"]]
        absorbing = [v for v in q["vertices"] if v in first.exits]
        if places and absorbing:
            raise ValueError("not needed")
        return [process.reaching(absorbing) if absorbing else process.hitting(places)]
    if name == "countProbabilities":
        return process.count_probabilities(q["rewards"], q["counts"], mpf(q.get("rate", 1)))
    raise ValueError(name)


def _discrete(chain, q):
    name, reward, given = q["quantity"], q.get("reward"), q.get("given")
    system = chain.system
    if name == "pmf":
        return [chain.pmf(n, reward, given) for n in q["steps"]]
    if name in ("cdf", "survival"):
        return [getattr(chain, name)(n, reward, given) for n in q["times"]]
    if name == "hazard":
        return [chain.hazard(n, reward) for n in q["times"]]
    if name == "quantile":
        return [chain.quantile(mpf(x), reward) for x in q["probabilities"]]
    if name == "logLikelihood":
        class View:  # the reward's distribution as the time's
            pmf = staticmethod(lambda n: chain.pmf(n, reward))
            cdf = staticmethod(lambda n: chain.cdf(n, reward))
            survival = staticmethod(lambda n: chain.survival(n, reward))
        return [_log_likelihood(View, q["data"], int, lambda v, n: v.pmf(n))]
    if name == "defect":
        return [chain.pmf(0, reward)]
    if name == "moments":
        return chain.moments(q.get("order", 1), reward, given)
    if name == "mean":
        return chain.moments(1, reward, given)
    if name == "factorialMoments":
        return chain.factorial_moments(q["order"])
    if name == "variance":
        if given is None:
            return [chain.covariance(reward, reward)]
        one, two = chain.moments(2, reward, given)
        return [two - one * one]
    if name == "covariance":
        return [chain.covariance(*q["rewards"])]
    if name == "covarianceMatrix":
        return [chain.covariance(a, b) for a in q["rewards"] for b in q["rewards"]]
    if name == "laplace":
        return _pairs([chain.laplace(mpc(*z), reward) for z in q["at"]])
    if name == "stateProbabilities":
        rows = []
        for n in q["times"]:
            a, _, absorbed = chain.forward(n)
            rows += _per_vertex(system, a, absorbed)
        return rows
    if name == "occupancy":
        return [x for n in q["times"] for x in _per_vertex(system, chain.forward(n)[1], {})]
    if name == "accumulated":
        return [sum(x * y for x, y in zip(chain.forward(n)[1], chain.rewards(reward))) for n in q["times"]]
    if name in ("sojourn", "visits"):
        _, spent, absorbed = chain.forward(None)
        return _per_vertex(system, spent, absorbed if name == "visits" else {})
    if name == "hitting":
        absorbing = [v for v in q["vertices"] if v in system.exits]
        if len(absorbing) != len(q["vertices"]):
            raise ValueError("not needed")
        return [chain.reaching(absorbing)]
    raise ValueError(name)


def _log_likelihood(distribution, data, number, density):
    """Sum of weight · log: density, P(Y > t), P(Y <= t), P(a < Y <= b), each given Y > truncated."""
    total = 0
    for item in data:
        one = item if isinstance(item, dict) else {"exact": item}
        if "exact" in one:
            p = density(distribution, number(one["exact"]))
        elif "right" in one:
            p = distribution.survival(number(one["right"]))
        elif "left" in one:
            p = distribution.cdf(number(one["left"]))
        elif "interval" in one:
            a, b = map(number, one["interval"])
            p = distribution.cdf(b) - distribution.cdf(a)
        if "truncated" in one:
            p /= distribution.survival(number(one["truncated"]))
        total += mpf(one.get("weight", 1)) * mp.log(p)
    return total


def _quantile(process, probability, hints):
    """Root of F by bisection on doubles of digits, then Newton at full precision."""
    if probability <= process.defect:
        return 0
    root = hints.get(probability)
    if root is None:
        with mp.workdps(60):
            low = high = mpf(1)
            while process.cdf(high) < probability:
                high *= 4
            while process.cdf(low) > probability:
                low /= 4
            low = min(low, high / 4)
            for _ in range(60):
                middle = mp.sqrt(low * high)
                if process.cdf(middle) < probability:
                    low = middle
                else:
                    high = middle
            root = mp.sqrt(low * high)
    for _ in range(40):
        step = (process.cdf(root) - probability) / process.pdf(root)
        root -= step
        if abs(step) < abs(root) * mpf(10) ** (-mp.dps * 3 // 5):
            hints[probability] = +root
            return root
    raise ArithmeticError("the quantile did not converge")
