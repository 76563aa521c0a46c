"""Laws of compound sums by Panjer's recursion: no lattice end to wrap around, and good relative accuracy everywhere."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from solidair.models.frequency import Binomial, Frequency, NegativeBinomial, Poisson, ZeroModified
from solidair.models.severity.numeric import Floats, as_floats

LARGE = 1e200
"""Size at which the numbers of the recursion are scaled down."""


class Panjer(NamedTuple):
    """A law of counts with p_k = (a + b / k) p_{k-1} for k >= 1."""

    a: float
    b: float


def panjer_class(frequency: Frequency) -> Panjer:
    """Return a and b of a law of the (a, b, 0) class (Klugman, Panjer & Willmot, Loss Models, section 6.5).

    Raises
    ------
    TypeError
        If the law is not Poisson, negative binomial or binomial.
    ValueError
        If it is binomial with a probability above 1/2, where alternating signs blow rounding up: 40 cases with a
        probability of 0.9 end at 1e9.
    """
    if isinstance(frequency, Poisson):
        return Panjer(0.0, frequency.rate)
    if isinstance(frequency, NegativeBinomial):
        a = frequency.mean / (frequency.size + frequency.mean)
        return Panjer(a, (frequency.size - 1.0) * a)
    if isinstance(frequency, Binomial):
        if frequency.p > 0.5:
            raise ValueError(f"{frequency}: the recursion needs a probability of at most 1/2. Take `compound_pmf`")
        odds = frequency.p / (1.0 - frequency.p)
        return Panjer(-odds, (frequency.n + 1.0) * odds)
    raise TypeError(f"{frequency}: Panjer's recursion takes Poisson, NegativeBinomial and Binomial, also ZeroModified")


def panjer(frequency: Frequency, severity: Floats, n: int | None = None) -> Floats:
    r"""Return the law of a compound sum on the lattice of `severity`.

    .. math:: f_S(x) = \frac{1}{1 - a f(0)} \sum_{y = 1}^{x} (a + b y / x) f(y) f_S(x - y)

    (Panjer 1981, ASTIN Bulletin 12, 22). The recursion starts at 1 instead of f_S(0) and is scaled down when it grows,
    with the logarithm of the scale kept aside, so that a rate of 1e5 does not underflow (Panjer & Willmot 1986,
    Insurance: Mathematics and Economics 5, 113). A zero-modified law, of the (a, b, 1) class, is a mixture of its base
    and zero, and so is its sum: that avoids the cancellation of its own recursion at large rates.

    Parameters
    ----------
    frequency
        Poisson, NegativeBinomial, Binomial, or ZeroModified of one of these.
    severity
        Probabilities on 0, h, 2h, ..., any length; what they lack of 1 counts as beyond the grid.
    n
        Number of points of the result; None for the length of `severity`.

    Returns
    -------
    Floats
        Shape (n,). The work grows as n times the smaller of n and len(severity): 0.07 s for n = 2^14, 0.4 s for 2^16.
        Poisson and negative binomial sums are good relatively, binomial ones to 1e-15 absolutely.

    Raises
    ------
    TypeError
        If the law of counts is of another class.
    ValueError
        If the binomial probability is above 1/2, or n below 1.
    """
    severity = as_floats(severity)
    n = len(severity) if n is None else n
    if isinstance(frequency, ZeroModified):
        law = frequency.mean / frequency.base.mean * panjer(frequency.base, severity, n)
        law[0] = float(frequency.pgf(severity[0]).real)
        return law
    a, b = panjer_class(frequency)
    return _recursion(a, b, severity, n, log_start=_log_pgf(frequency, float(severity[0])))


def panjer_ab1(a: float, b: float, p0: float, p1: float, severity: Floats, n: int | None = None) -> Floats:
    r"""Return the law of a compound sum whose counts have p_k = (a + b / k) p_{k-1} from k = 2 on.

    .. math:: f_S(x) = \frac{(p_1 - (a + b) p_0) f(x) + \sum_{y = 1}^{x} (a + b y / x) f(y) f_S(x - y)}{1 - a f(0)}

    (Klugman, Panjer & Willmot, Loss Models, theorem 9.8). This is for the logarithmic and the extended truncated
    negative binomial law, which are no modification of an (a, b, 0) law. For a large rate take `panjer`.

    Parameters
    ----------
    a, b
        Below 1, and any finite number.
    p0, p1
        Probabilities of no case and of one.
    severity, n
        As in `panjer`.

    Raises
    ------
    ValueError
        If a is 1 or more, p0 or p1 is no probability, or n is below 1.
    """
    if not (a < 1.0 and 0.0 <= p0 <= 1.0 and 0.0 <= p1 <= 1.0 and math.isfinite(b)):
        raise ValueError(f"a = {a}, b = {b}, p0 = {p0}, p1 = {p1}: a must be below 1, p0 and p1 probabilities")
    severity = as_floats(severity)
    n = len(severity) if n is None else n
    start = p0 + p1 * _single_sum(a, b, float(severity[0]))
    log_start = math.log(start) if start > 0.0 else -math.inf
    return _recursion(a, b, severity, n, log_start, forcing=p1 - (a + b) * p0)


def _single_sum(a: float, b: float, z: float) -> float:
    """Return sum over k >= 1 of (p_k / p_1) z^k, term by term."""
    total, term, k = 0.0, z, 1
    while abs(term) > 1e-18 * abs(total):
        total += term
        k += 1
        term *= (a + b / k) * z
    return total


def _log_pgf(frequency: Frequency, z: float) -> float:
    """Return ln E[z^N] for a law of the (a, b, 0) class, where E[z^N] itself would underflow."""
    if isinstance(frequency, NegativeBinomial):
        return -frequency.size * math.log1p(frequency.mean * (1.0 - z) / frequency.size)
    if isinstance(frequency, Binomial):
        return frequency.n * math.log1p(-frequency.p * (1.0 - z))
    return -frequency.mean * (1.0 - z)


def _recursion(a: float, b: float, severity: Floats, n: int, log_start: float, forcing: float = 0.0) -> Floats:
    if n < 1:
        raise ValueError(f"n = {n}: must be at least 1")
    f = np.zeros(max(n, len(severity)))
    f[: len(severity)] = severity
    top = len(severity) - 1
    # Reversed once, so that each step is two products of contiguous rows: 30 % faster than with negative strides.
    flat, sloped = f[top:0:-1].copy(), (np.arange(top + 1) * f[: top + 1])[top:0:-1].copy()
    law = np.zeros(n)
    log_scale = log_start if math.isfinite(log_start) else 0.0
    law[0] = 1.0 if math.isfinite(log_start) else 0.0
    if forcing != 0.0 and log_scale < -600.0:
        raise ValueError("the chance of a zero sum underflows: take `panjer`, which keeps its logarithm")
    push = forcing * math.exp(-log_scale) if forcing != 0.0 else 0.0
    for x in range(1, n):
        width = min(x, top)
        past = law[x - width : x]
        law[x] = push * f[x] + a * (flat[top - width :] @ past) + b / x * (sloped[top - width :] @ past)
        law[x] /= 1.0 - a * f[0]
        if abs(law[x]) > LARGE:
            law[: x + 1] /= LARGE
            push /= LARGE
            log_scale += math.log(LARGE)
    with np.errstate(under="ignore"):
        # In two halves: the scale alone may overflow or underflow where the product does not.
        return as_floats(law * math.exp(0.5 * log_scale) * math.exp(0.5 * log_scale))
