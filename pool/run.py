"""Simulate: blocks of years on all cores or on a cluster, settled under every agreement, kept for the metrics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from solidair.pool import preflight
from solidair.pool.blocks import UNIT, BlockResult, Engine, Totals, UnitSums, compile_study, compute, measures_of
from solidair.pool.checkpoint import Checkpoint
from solidair.pool.cluster import LOCAL, Cluster
from solidair.pool.precision import FIRST, Convergence, Precision, judge, next_sims
from solidair.pool.results import ClauseTotals, Results
from solidair.pool.store import MEMORY, Store
from solidair.pool.study import Study

Piece = tuple[int, int]
"""First sim of a block, and how many."""


def simulate(
    study: Study | Engine,
    sims: int | Precision | None = None,
    seed: int | None = None,
    threads: int | None = None,
    *,
    block: int | None = None,
    case_by_case: bool = False,
    memory: int = MEMORY,
    scratch: Path | None = None,
    checkpoint: Checkpoint | None = None,
    cluster: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Results:
    """Run a study.

    Parameters
    ----------
    study
        What to run; compiled already, or not.
    sims
        Simulated paths, or how precise the result must be; the study's own setting if left out.
    seed
        Seed of all chance; the study's own setting if left out.
    threads
        Threads to use, or processes of a local cluster; all cores if left out. Results do not depend on it.
    block
        Sims per block, rounded up to whole units of 256. Results do not depend on it; memory does.
    case_by_case
        Whether to draw every case by itself, also where sums of cases could be drawn at once. Slower; other luck.
    memory
        Bytes of kept arrays above which they are kept in temporary files. Results do not depend on it.
    scratch
        Folder for these; the system's folder for temporary files if left out.
    checkpoint
        Where finished blocks are kept, so that a run that was broken off can go on.
    cluster
        `local`, or the address of a dask scheduler, to compute the blocks there. Results do not depend on it.
    progress
        Called with the number of sims of every finished block, from the calling thread.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        If memory or disk will not do, the tables cannot carry a severity, the checkpoint is of another run, or the
        cluster does not answer.
    ConservationError
        If an agreement does not charge what it pays, in any simulated year.
    OSError
        If the disk is full.
    ValueError
        If `sims`, `threads`, `block` or `memory` is too small, or the seed is not a 64-bit number.
    """
    threads = (os.cpu_count() or 1) if threads is None else threads
    settings = study.settings if isinstance(study, Study) else study.study.settings
    sims = settings.sims if sims is None else sims
    seed = settings.seed if seed is None else seed
    if min(sims if isinstance(sims, int) else 1, threads, 1 if block is None else block) < 1 or memory < 0:
        raise ValueError("sims, threads and block must be at least 1, and memory at least 0")
    if not 0 <= seed < 2**64:
        raise ValueError("the seed must lie between 0 and 2^64 - 1")
    engine = compile_study(study, case_by_case=case_by_case) if isinstance(study, Study) else study
    block = engine.block if block is None else -(-block // UNIT) * UNIT
    folder = None if checkpoint is None else checkpoint.folder
    first = min(sims.most, block * -(-FIRST // block)) if isinstance(sims, Precision) else sims
    plan = preflight.needs(engine, first, workers=threads, memory=memory, cluster=cluster)
    preflight.check(engine, plan, memory=memory, scratch=scratch, checkpoint=folder, cluster=cluster)
    if checkpoint is not None:
        checkpoint.begin(engine, seed, sims if isinstance(sims, int) else str(sims), block)
    store = Store(engine, first, memory, scratch)
    run = _Run(engine, seed, threads, store, Totals(), checkpoint, progress)
    with Cluster(cluster, engine, threads if cluster == LOCAL else None) if cluster else nullcontext() as workers:
        run.add(_pieces(0, first, block), workers)
        if isinstance(sims, int):
            return run.results()
        fits = preflight.most_sims(
            engine, workers=threads, memory=memory, scratch=scratch, checkpoint=folder, cluster=cluster, grows=True
        )
        most = min(sims.most, fits)
        codes, rounds = tuple(str(code) for code in engine.study.region.codes), 1
        while True:
            results = run.results()
            state = judge(sims, {name: results.sample(name) for name in results.contributions}, codes, rounds)
            target = next_sims(state, block, most)
            if state.reached or target <= store.sims:
                return run.results(state)
            del results  # it holds the arrays that now give way to larger ones
            done = store.sims
            store.grow(target)
            run.add(_pieces(done, target, block), workers)
            rounds += 1


def _pieces(start: int, stop: int, block: int) -> list[Piece]:
    return [(first, min(block, stop - first)) for first in range(start, stop, block)]


@dataclass(frozen=True, eq=False)
class _Run:
    """A run in progress."""

    engine: Engine
    seed: int
    threads: int
    store: Store
    totals: Totals
    checkpoint: Checkpoint | None
    progress: Callable[[int], None] | None

    def add(self, pieces: Sequence[Piece], cluster: Cluster | None) -> None:
        """Compute blocks, or read them back, and keep them."""
        for sums in self._here(pieces) if cluster is None else self._there(pieces, cluster):
            self.totals.add(sums)
            if self.progress is not None:
                self.progress(sums.sims)

    def _here(self, pieces: Sequence[Piece]) -> Iterator[UnitSums]:
        def work(piece: Piece) -> UnitSums:
            block = self._reused(piece)
            return self._kept(block or self._saved(compute(self.engine, self.seed, *piece)))

        if self.threads == 1:
            yield from map(work, pieces)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            yield from pool.map(work, pieces)

    def _there(self, pieces: Sequence[Piece], cluster: Cluster) -> Iterator[UnitSums]:
        left = []
        for piece in pieces:
            if (block := self._reused(piece)) is not None:
                yield self._kept(block)
            else:
                left.append(piece)
        for block in cluster.blocks(self.seed, left):
            yield self._kept(self._saved(block))

    def _reused(self, piece: Piece) -> BlockResult | None:
        return None if self.checkpoint is None else self.checkpoint.get(*piece)

    def _saved(self, block: BlockResult) -> BlockResult:
        if self.checkpoint is not None:
            self.checkpoint.save(block)
        return block

    def _kept(self, block: BlockResult) -> UnitSums:
        self.store.keep(self.seed, block)
        return block.sums

    def results(self, convergence: Convergence | None = None) -> Results:
        """Return the results so far."""
        engine, store, sums = self.engine, self.store, self.totals.sums
        years = sums.sims * engine.years
        return Results(
            study=engine.study,
            sims=sums.sims,
            seed=self.seed,
            measures=engine.measures,
            own=store.own,
            own_expected=store.own_expected,
            contributions=store.contributions,
            expected=store.expected,
            clauses={
                name: ClauseTotals(paid / years, sums.charged[name] / years, *(sums.beyond[name].T / years))
                for name, paid in sums.paid.items()
            },
            observed=store.observed,
            central_sums=sums.powers,
            exact_mean=engine.exact_mean,
            exact_variance=engine.exact_variance,
            case_by_case=engine.case_by_case,
            convergence=convergence,
        )


__all__ = ["UNIT", "measures_of", "simulate"]
