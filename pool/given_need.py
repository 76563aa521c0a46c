"""What members are expected to bear given the need for care: for agreements that are not linear in the claims.

Where every part of an agreement is linear, settling expected claims gives the expectation. A capped pot or a corridor
needs another way: the regression of what the agreement moves, which is what a member bears less the cost of its own
cases, on what its own cases, and those of all members together, are expected to cost given the need. It is the best
linear forecast, and where the need of all members is known it is the mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

FLAT = 1e-9
"""Relative spread of an expectation below which it does not vary."""


def expected_given_need(borne: FloatArray, own: FloatArray, own_expected: FloatArray) -> FloatArray:
    """Return the forecast of what each member bears.

    Parameters
    ----------
    borne
        What each member bears, (sim, member) EUR.
    own
        Cost of its own cases, same shape.
    own_expected
        What its own cases are expected to cost given the need of the sim, (sim, member) EUR.

    Returns
    -------
    array
        Shape (sim, member), EUR: `own_expected` where the agreement moves nothing.
    """
    total = own_expected.sum(axis=1)
    forecast = np.array(own_expected)
    moved = borne - own
    for i in range(borne.shape[1]):
        mean = moved[:, i].mean()
        columns = [x - x.mean() for x in (own_expected[:, i], total)]
        columns = [x / x.std() for x in columns if x.std() > FLAT * total.mean()]
        forecast[:, i] += mean
        if columns:
            # Two columns that say the same, as in a region of one member, share the slope between them.
            design = np.stack(columns, axis=1)
            slopes = np.linalg.lstsq(design, moved[:, i] - mean, rcond=1e-9)[0]
            forecast[:, i] += design @ slopes
    return forecast


__all__ = ["expected_given_need"]
