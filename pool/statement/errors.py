"""What can be wrong with a statement, and the check of codes that all its blocks share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class StatementError(ValueError):
    """A statement cannot be made of what was given, or does not close."""


def sorted_by_code(codes: Sequence[str], count: int, what: str = "codes") -> npt.NDArray[np.intp]:
    """Return the positions that put the codes in alphabetical order, shape (code,).

    Blocks work in this order and put their result back, so that the order of members decides nothing.

    Raises
    ------
    StatementError
        If there are not `count` codes, or one occurs twice.
    """
    if len(codes) != count:
        raise StatementError(f"{what}: {len(codes)} given for {count} amounts")
    twice = [code for code, times in Counter(codes).items() if times > 1]
    if twice:
        raise StatementError(f"{what}: {', '.join(sorted(twice))} occurs more than once")
    return np.array(sorted(range(count), key=lambda place: codes[place]), dtype=np.intp)
