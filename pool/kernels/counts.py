"""Counts by inversion: Poisson quantiles, exact and monotone, and the normal and Student tails that scores need."""

from __future__ import annotations

import math

import numpy as np

from solidair.pool.kernels.jit import jit, within
from solidair.pool.kernels.tables import NEXT


@jit
def normal_quantile(p):
    """Return the standard normal quantile (Wichura 1988, algorithm AS 241, PPND16: relative error about 1e-16)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
            + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
            + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)  # fmt: skip
        den = (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
            + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
            + 4.2313330701600911252e1) * r + 1.0)  # fmt: skip
        return q * num / den
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        num = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
            + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
            + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)  # fmt: skip
        den = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
            + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
            + 2.05319162663775882187e0) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
            + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
            + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)  # fmt: skip
        den = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
            + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
            + 5.99832206555887937690e-1) * r + 1.0)  # fmt: skip
    return -num / den if q < 0.0 else num / den


@jit
def _poisson_search(u, rate, start):
    """Return the smallest k with F(k) >= u, from `start`, by summing the smaller tail term by term."""
    k = max(start, 0)
    mass = math.exp(k * math.log(rate) - rate - math.lgamma(k + 1.0))
    if u < 0.5:
        below = 0.0  # F(k - 1)
        term = mass
        j = k
        while j > 0:
            term *= j / rate
            j -= 1
            below += term
            if term < below * 1e-17:
                break
        while k > 0 and below >= u:
            mass *= k / rate
            k -= 1
            below -= mass
        while below + mass < u:
            below += mass
            k += 1
            mass *= rate / k
        return k
    target = 1.0 - u
    above = 0.0  # 1 - F(k)
    term = mass
    j = k
    while True:
        j += 1
        term *= rate / j
        above += term
        if term < above * 1e-17 or term < 1e-300:
            break
    while k > 0 and above + mass <= target:
        above += mass
        mass *= k / rate
        k -= 1
    while above > target and mass > 0.0:
        k += 1
        mass *= rate / k
        above -= mass
    return k


@jit
def poisson_quantile(u, rate):
    """Return the Poisson quantile inf{k : F(k) >= u}, exactly.

    One uniform and monotone in `u` and in `rate`, so that luck stays aligned when a parameter changes. Small rates sum
    from zero. From 10 on the expansion of Giles (2016, ACM TOMS 42, eq. 6) gives the answer unless it lies within its
    error bound of an integer (about 0.3 % of the draws at rate 10, fewer above) or far in a tail; then the sum decides.
    """
    if rate <= 0.0:
        return 0
    if rate < 10.0:
        if u > 0.999:
            # Far up the sum from zero rounds at 1e-16, as large as the tail itself; from above it does not.
            return _poisson_search(u, rate, 16 + int(3.0 * rate))
        k = 0
        mass = math.exp(-rate)
        total = mass
        while u > total:
            k += 1
            mass *= rate / k
            total += mass
        return k
    w = normal_quantile(u)
    root = math.sqrt(rate)
    w2 = w * w
    x = rate + root * w + (1.0 / 3.0 + w2 / 6.0) - w * (1.0 / 36.0 + w2 / 72.0) / root
    if abs(w) < 3.0:
        bound = (1.0 / 40.0 + w2 * (1.0 / 80.0 + w2 / 160.0)) / rate
        if math.floor(x + bound) == math.floor(x - bound):
            return math.floor(x)
    return _poisson_search(u, rate, math.floor(x))


@within
def guided_poisson(limits, guides, starts, shifts, offsets, row, word):
    """Return the count of rate number `row` at the uniform of `word`: what `poisson_quantile` returns, in 3 ns."""
    place = np.uint64(guides[starts[row] + (word >> shifts[row])])
    while word > limits[place]:
        place += NEXT
    return np.int64(place) + offsets[row]


@jit
def student_tail(t, degrees):
    """Return P(T > t) of Student's t with whole degrees of freedom, t >= 0 (Abramowitz & Stegun 1964, 26.7.3-4)."""
    theta = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(theta), math.cos(theta)
    square = cosine * cosine
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(2 + odd, degrees + 1, 2):
        total += term
        term *= square * (k - 1) / k
    both = sine * total if not odd else (theta + sine * total) * (2.0 / math.pi)
    return max(0.5 * (1.0 - both), 0.0)
