"""Laws of compound sums by fast Fourier transform."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from solidair.models.exact.lattice import tilt_for
from solidair.models.exact.law import LatticeLaw
from solidair.models.frequency.base import Frequency

FloatArray = npt.NDArray[np.float64]

FIRST_TILT = 13.0
"""Tilt times number of points with which the tail beyond the grid is measured before the best tilt is known."""


def compound_pmf(
    severity: FloatArray,
    pgf: Callable[[npt.NDArray[np.complex128]], npt.NDArray[np.complex128]],
    tilt: float = 0.0,
) -> FloatArray:
    """Return the law of a compound sum on the lattice of `severity`, by FFT.

    Parameters
    ----------
    severity
        Probabilities on 0, h, 2h, ..., shape (n,); n should be a power of two.
    pgf
        Probability generating function of the number of cases.
    tilt
        Exponential tilt per cell (Grübel & Hermesmeier 1999), to keep wrapped-around mass small. In double precision
        tilt x n of about 13 is best where the tail beyond the grid matters, 0 where it is below 1e-9.

    Returns
    -------
    ndarray
        Probabilities on the same lattice, shape (n,). Mass beyond the grid is damped by the tilt, not returned.
    """
    damping = np.exp(-tilt * np.arange(len(severity)))
    law = np.fft.ifft(pgf(np.fft.fft(severity * damping))).real / damping
    return np.asarray(law, dtype=np.float64)


def compound(frequency: Frequency, severity: LatticeLaw, tilt: float | None = None) -> LatticeLaw:
    """Return the law of the sum of a random number of independent costs, on the lattice of one cost.

    Parameters
    ----------
    frequency
        Law of the number of cases: Poisson, negative binomial or any other with a generating function.
    severity
        Law of the cost of a case, with mass beyond the grid dropped; n should be a power of two.
    tilt
        Exponential tilt per cell; None measures the tail of the sum beyond the grid and takes what suits it.

    Returns
    -------
    LatticeLaw
        Same step and n. `whole_mean` is E[N] times the mean of a case.
    """
    mean = frequency.mean * severity.mean
    if tilt is None:
        first = compound_pmf(severity.pmf, frequency.pgf, FIRST_TILT / severity.n)
        tilt = tilt_for(1.0 - float(np.sum(first)), severity.n)
    return LatticeLaw(severity.step, compound_pmf(severity.pmf, frequency.pgf, tilt), mean)
