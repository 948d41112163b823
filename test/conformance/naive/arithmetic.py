"""Dense linear algebra over any numbers, and the matrix exponential in fixed point.

Matrices are lists of rows. `inverse` is Gauss-Jordan with pivoting and works for mpf, mpc and Fraction alike.
"""

from mpmath import mp, mpf


def zeros(rows, columns):
    return [[0] * columns for _ in range(rows)]


def identity(n):
    return [[1 if i == j else 0 for j in range(n)] for i in range(n)]


def times(a, b):
    """Matrix product."""
    columns = list(zip(*b))
    return [[dot(row, column) for column in columns] for row in a]


def dot(x, y):
    return sum((p * q for p, q in zip(x, y)), 0)


def row_times(x, a):
    """Row vector times matrix."""
    return [dot(x, column) for column in zip(*a)] if a else []


def times_column(a, x):
    """Matrix times column vector."""
    return [dot(row, x) for row in a]


def inverse(a):
    """Gauss-Jordan elimination with partial pivoting."""
    n = len(a)
    work = [list(row) + [1 if i == j else 0 for j in range(n)] for i, row in enumerate(a)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(work[i][k]))
        if work[pivot][k] == 0:
            raise ZeroDivisionError("the matrix is singular")
        work[k], work[pivot] = work[pivot], work[k]
        factor = 1 / work[k][k]
        work[k] = [x * factor for x in work[k]]
        for i in range(n):
            f = work[i][k]
            if i != k and f != 0:
                work[i] = [x - f * y if y != 0 else x for x, y in zip(work[i], work[k])]
    return [row[n:] for row in work]


def exponential(s, t):
    """e^{St} and its integral over [0, t]: a Taylor series on t / 2^k, then k doublings.

    The doublings are e^{2hS} = (e^{hS})^2 and J(2h) = J(h) + e^{hS} J(h). Numbers are integers over 2^bits; each
    doubling at most doubles the absolute error, which the extra bits pay for. Absolute error about 10^-mp.dps.
    """
    n = len(s)
    t = mpf(t)
    norm = max((sum(abs(x) for x in row) for row in s), default=mpf(0)) * t
    doublings = max(0, int(mp.ceil(mp.log(norm, 2))) + 8) if norm > 0 else 0
    bits = mp.prec + 3 * doublings + 64
    h = mp.ldexp(t, -doublings)
    with mp.workprec(bits + 64):
        a = [[int(mp.floor(mp.ldexp(x * h, bits))) for x in row] for row in s]
    one = 1 << bits
    term = [[one if i == j else 0 for j in range(n)] for i in range(n)]
    e = [row[:] for row in term]
    integral = [row[:] for row in term]  # in units of h
    k = 0
    while any(any(row) for row in term):
        k += 1
        term = [[x // k for x in row] for row in _fixed_times(term, a, bits)]
        term = [[0 if -2 <= x <= 2 else x for x in row] for row in term]
        e = [[x + y for x, y in zip(p, q)] for p, q in zip(e, term)]
        integral = [[x + y // (k + 1) for x, y in zip(p, q)] for p, q in zip(integral, term)]
    for _ in range(doublings):
        grown = _fixed_times(e, integral, bits)
        integral = [[x + y for x, y in zip(p, q)] for p, q in zip(integral, grown)]
        e = _fixed_times(e, e, bits)
    unit = mp.ldexp(h, -bits)
    return (
        [[mp.ldexp(mpf(x), -bits) for x in row] for row in e],
        [[mpf(x) * unit for x in row] for row in integral],
    )


def _fixed_times(a, b, bits):
    columns = list(zip(*b))
    return [[sum(map(int.__mul__, row, column)) >> bits for column in columns] for row in a]
