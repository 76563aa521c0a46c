"""Where the kept arrays of a run live: in memory, or above a limit in files that the system maps into memory.

Files have no name: the operating system removes them when the last array is gone, also after a crash or a kill.
Their room on the disk is claimed before the run starts, so a disk that fills up later cannot harm it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from solidair.pool.blocks import BlockResult, Engine, expectations
from solidair.pool.given_need import expected_given_need

FloatArray = npt.NDArray[np.float64]

MEMORY = 2 * 2**30
"""Bytes of kept arrays above which they go to disk."""

_OWN = ""
"""Own use, among the names of agreements."""

_ZEROS = 2**22


def kept_bytes(engine: Engine, sims: int) -> int:
    """Return the size of all kept arrays: of own use and every agreement that shares, all years and one expectation."""
    return 8 * sims * engine.members * (engine.years + 1) * (1 + len(engine.sharing))


class Store:
    """The kept arrays of a run.

    In memory the sims of one year and member lie side by side: sorting and summing over them, which is what metrics
    do, is several times faster than with the members side by side, and touches only their own part of a file.

    Parameters
    ----------
    engine
        The compiled study.
    sims
        Number of sims.
    memory
        Largest size, in bytes, that is held in memory.
    scratch
        Folder for files; the system's folder for temporary files if left out.

    Raises
    ------
    OSError
        If the disk has no room.
    """

    def __init__(self, engine: Engine, sims: int, memory: int = MEMORY, scratch: Path | None = None) -> None:
        self._engine, self._memory, self._scratch = engine, memory, scratch
        self.sims = 0
        self._observed: dict[int, Mapping[str, FloatArray]] = {}
        self.on_disk = False
        self._borne: dict[str, FloatArray] = {}
        self._expected: dict[str, FloatArray] = {}
        self.grow(sims)

    def grow(self, sims: int) -> None:
        """Make room for more sims; what was kept stays.

        One array at a time is there twice, if nobody else holds the old ones.

        Raises
        ------
        OSError
            If the disk has no room.
        """
        old, members = self.sims, self._engine.members
        self.on_disk = kept_bytes(self._engine, sims) > self._memory
        for arrays, years in ((self._borne, (self._engine.years,)), (self._expected, ())):
            for name in (_OWN, *self._engine.sharing):
                array = self._empty((*years, members, sims))
                if old:
                    array[..., :old] = arrays[name]
                arrays[name] = array
        self.sims = sims

    @property
    def own(self) -> FloatArray:
        """Cost of own cases, (sim, year, member) EUR."""
        return self._borne[_OWN].transpose(2, 0, 1)

    @property
    def own_expected(self) -> FloatArray:
        """What own cases are expected to cost in the first year given the need, (sim, member) EUR."""
        return self._expected[_OWN].T

    @property
    def contributions(self) -> dict[str, FloatArray]:
        """Per agreement what each member bears, (sim, year, member) EUR; without clauses that is `own` itself."""
        own = self.own
        return {name: self._borne[name].transpose(2, 0, 1) if name in self._borne else own for name in self._names}

    @property
    def expected(self) -> dict[str, FloatArray]:
        """Per agreement what each member is expected to bear in the first year given the need, (sim, member) EUR."""
        own, expected = self.own_expected, {}
        for agreement in self._engine.study.agreements:
            name = agreement.name
            if name in self._expected and not agreement.linear:
                borne = self._borne[name][0].T
                self._expected[name][...] = expected_given_need(borne, self._borne[_OWN][0].T, own).T
            expected[name] = self._expected[name].T if name in self._expected else own
        return expected

    @property
    def observed(self) -> dict[str, FloatArray]:
        """What pots were observed to do, (sim, year), by agreement, number of the clause and name."""
        blocks = [self._observed[first] for first in sorted(self._observed)]
        return {name: np.concatenate([block[name] for block in blocks]) for name in (blocks[0] if blocks else ())}

    @property
    def _names(self) -> list[str]:
        return [agreement.name for agreement in self._engine.study.agreements]

    def keep(self, seed: int, block: BlockResult) -> None:
        """Write a block into its own place; several threads may do so at once."""
        rows = slice(block.first, block.first + block.sims)
        own_expected, expected = expectations(self._engine, seed, block.first, block.sims)
        self._observed[block.first] = block.observed
        for name in (_OWN, *self._engine.sharing):
            borne = block.contributions.get(name, block.own)
            self._borne[name][..., rows] = borne.transpose(1, 2, 0)
            if name == _OWN or name in expected:
                self._expected[name][:, rows] = (own_expected if name == _OWN else expected[name]).T

    def _empty(self, shape: tuple[int, ...]) -> FloatArray:
        return _mapped(shape, self._scratch) if self.on_disk else np.empty(shape)


def _mapped(shape: tuple[int, ...], scratch: Path | None) -> FloatArray:
    """Return an array in a file without a name, with its room claimed: writing to it later cannot fail."""
    size = 8 * int(np.prod(shape))
    with tempfile.TemporaryFile(dir=scratch, prefix="solidair-") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:  # pragma: no cover - systems without it
            for start in range(0, size, _ZEROS):
                file.write(bytes(min(_ZEROS, size - start)))
            file.flush()
        return np.asarray(np.memmap(file, dtype=np.float64, mode="r+", shape=shape))
