"""Preflight: what a run will need, before it starts."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from solidair.models.problems import InputError, Problem
from solidair.pool.blocks import UNIT, Engine, compute
from solidair.pool.cluster import LOCAL, PER_WORKER
from solidair.pool.metrics.chunks import working_bytes
from solidair.pool.precision import MOST
from solidair.pool.store import MEMORY, kept_bytes

PROGRAM = 300 * 2**20
"""Bytes of Python with all libraries: measured 230 to 280 MB after a small run, 250 MB in a cluster's worker."""

BLOCK_COPIES = 6
"""Arrays of the size of a block's claims that computing a block holds at once: measured 3.1 to 5.5."""

BOOKS, PER_CLAUSE = 6, 6
"""Arrays of the size of a block's contributions that settling holds at once: own use and totals, and of each clause."""

REGION_ARRAYS = 11
"""Arrays of the size of a year's contributions that a metric of the whole region holds at once: measured 10."""

REPORT, PER_FIGURE, PER_VALUE = 1.5, 8e-3, 3e-7
"""Seconds of a report with its libraries; more per agreement, member and year, and per simulated value of these.

Measured on a region of nine members, six or ten agreements, one or four years, 2,000 to 100,000 paths: 1.1 to 14 s,
of which this estimates 0.7 to 1.8 times.
"""

LONG = 60.0
"""Seconds above which a run keeps checkpoints unless told otherwise."""


@dataclass(frozen=True)
class Preflight:
    """What a run will need.

    Parameters
    ----------
    sims, years, members
        Size of the run.
    cases
        Expected number of cases in a simulated path, all years and members together.
    kept
        Bytes of what the metrics need of every simulated year.
    memory
        Bytes of memory at the highest point: kept arrays if they are in memory, blocks at work, metrics, growth, and
        workers of a cluster on this machine.
    disk
        Bytes of temporary files at the highest point, 0 if the kept arrays fit in memory.
    checkpoint
        Bytes of checkpoints, if they are written.
    nanoseconds
        Measured time per case and thread, or None if that was not tried.
    workers
        Threads or processes at work.
    after
        Estimated seconds from the last simulated path to the end of a run: metrics, tables and report.
    again
        How often the paths are simulated: twice if parameters are in doubt, since what that adds is told.
    """

    sims: int
    years: int
    members: int
    cases: float
    kept: int
    memory: int
    disk: int
    checkpoint: int
    nanoseconds: float | None
    workers: int
    after: float = 0.0
    again: int = 1

    @property
    def seconds(self) -> float | None:
        """Estimated time to simulate: cases times the time per case, over the workers; without the metrics."""
        if self.nanoseconds is None:
            return None
        return 1e-9 * self.nanoseconds * self.cases * self.sims * self.again / self.workers

    @property
    def total_seconds(self) -> float | None:
        """Estimated time until the report is written."""
        return None if self.seconds is None else self.seconds + self.after

    @property
    def is_long(self) -> bool:
        """Whether the run takes so long that its finished blocks are worth keeping."""
        return self.seconds is not None and self.seconds > LONG


def block_bytes(engine: Engine) -> int:
    """Return the most that computing one block holds at once: its claims, and the books of one agreement."""
    clauses = max((len(agreement.spec.clauses) for agreement in engine.study.agreements), default=0)
    arrays = BLOCK_COPIES * len(engine.measures.measures) + BOOKS + PER_CLAUSE * clauses
    return 8 * engine.block * engine.years * engine.members * arrays


def needs(
    engine: Engine,
    sims: int,
    *,
    workers: int = 1,
    memory: int = MEMORY,
    nanoseconds: float | None = None,
    cluster: str | None = None,
    grows: bool = False,
) -> Preflight:
    """Return what a run will need of this machine.

    Parameters
    ----------
    workers
        Threads that compute blocks, or processes of a cluster.
    memory
        Bytes of kept arrays above which they go to disk.
    nanoseconds
        Time per case, from `time_per_case`.
    cluster
        `local`, or the address of a scheduler. Workers elsewhere need no memory here, but what they send does.
    grows
        Whether the run comes to so many sims round by round: then one array at a time is there twice, at most.
    """
    kept = kept_bytes(engine, sims)
    on_disk = kept > memory
    place = 8 * engine.members * engine.years
    twice = place * sims if grows else 0
    working = block_bytes(engine) * workers
    if cluster is not None:
        # Of every worker some finished blocks may be on their way; a local one is a whole program of its own.
        arriving = (PER_WORKER + 1) * workers * engine.block * place * (1 + len(engine.sharing))
        working = arriving + (working + PROGRAM * workers if cluster == LOCAL else 0)
    # Metrics of members take a few members at a time; those of the region take all of them.
    region = 8 * sims * engine.members * REGION_ARRAYS
    metrics = max(working_bytes(sims, len(engine.study.agreements)), region)
    # Arrays that go to disk once they are too large were in memory until then.
    growth = min(kept, memory) if on_disk and grows else twice
    if cluster == LOCAL and grows:
        # Workers stay while it is judged whether this is precise enough, and while arrays grow.
        metrics, growth = metrics + PROGRAM * workers, growth + PROGRAM * workers
    return Preflight(
        sims,
        engine.years,
        engine.members,
        engine.cases_per_path,
        kept,
        PROGRAM + (0 if on_disk else kept) + max(working, metrics, growth),
        kept + twice if on_disk else 0,
        place * sims * (1 + len(engine.sharing)),
        nanoseconds,
        workers,
        after_seconds(engine, sims),
        2 if engine.study.costs.uncertain else 1,
    )


def after_seconds(engine: Engine, sims: int) -> float:
    """Return an estimate of the seconds that metrics, tables and report take, on one thread."""
    agreements = len(engine.study.agreements)
    figures = agreements * engine.members * engine.years
    return REPORT + PER_FIGURE * figures + PER_VALUE * figures * sims


def time_per_case(engine: Engine, seed: int = 0) -> float:
    """Return the nanoseconds that one case takes on one thread, from a trial of one unit of sims.

    The trial runs twice, since the first time may wait for the compiler.
    """
    for _ in range(2):
        start = time.perf_counter()
        compute(engine, seed, 0, UNIT)
        seconds = time.perf_counter() - start
    return 1e9 * seconds / (UNIT * max(engine.cases_per_path, 1.0))


def check(
    engine: Engine,
    plan: Preflight,
    *,
    memory: int = MEMORY,
    scratch: Path | None = None,
    checkpoint: Path | None = None,
    cluster: str | None = None,
    grows: bool = False,
) -> None:
    """Refuse a run that this machine cannot finish.

    Parameters
    ----------
    scratch, checkpoint
        Folders for temporary files and for checkpoints; None for the system's, and for no checkpoints.
    cluster, grows
        As the plan was made with, for the number of sims that would do; see `needs`.

    Raises
    ------
    InputError
        If memory or free disk will not do, with the number of sims that would.
    """
    problems = []
    most = most_sims(
        engine,
        workers=plan.workers,
        memory=memory,
        scratch=scratch,
        checkpoint=checkpoint,
        cluster=cluster,
        grows=grows,
    )
    hint = f"Simulate at most {most:,} paths" if most else "Simulate a smaller region or fewer agreements"
    have = total_memory()
    if have is not None and plan.memory > have:
        rule = f"this run needs {size(plan.memory)} of memory, and this machine has {size(have)}"
        more = f", or keep less in memory with --memory {memory // 4 // 2**20}MB" if not plan.disk else ""
        problems.append(Problem("run", "sims", str(plan.sims), rule, f"{hint}{more}."))
    for folder, needed in _disks(plan, scratch, checkpoint).values():
        free = shutil.disk_usage(folder).free
        if needed > free:
            rule = f"this run needs {size(needed)} of free disk at {folder}, and there is {size(free)}"
            problems.append(Problem("run", "sims", str(plan.sims), rule, f"{hint}, or free some space."))
    if problems:
        raise InputError(problems)


def most_sims(
    engine: Engine,
    *,
    workers: int = 1,
    memory: int = MEMORY,
    scratch: Path | None = None,
    checkpoint: Path | None = None,
    cluster: str | None = None,
    grows: bool = False,
) -> int:
    """Return the largest number of sims, in whole units and at most 100 million, that this machine can run.

    Parameters are those of `needs` and `check`.
    """

    def fits(units: int) -> bool:
        plan = needs(engine, units * UNIT, workers=workers, memory=memory, cluster=cluster, grows=grows)
        have = total_memory()
        return (have is None or plan.memory <= have) and all(
            needed <= shutil.disk_usage(folder).free for folder, needed in _disks(plan, scratch, checkpoint).values()
        )

    low, high = 0, MOST // UNIT
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low * UNIT


def _disks(plan: Preflight, scratch: Path | None, checkpoint: Path | None) -> dict[int, tuple[Path, int]]:
    """Return per disk a folder on it, and the bytes that will be written there."""
    disks: dict[int, tuple[Path, int]] = {}
    for folder, needed in (
        (scratch or Path(tempfile.gettempdir()), plan.disk),
        (checkpoint, plan.checkpoint),
    ):
        if folder is not None and needed:
            place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
            device = place.stat().st_dev
            disks[device] = (place, needed + disks.get(device, (place, 0))[1])
    return disks


def total_memory() -> int | None:
    """Return the bytes of memory of this machine, or None if it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # pragma: no cover - systems without it
        return None


def size(count: float) -> str:
    """Return a number of bytes in words: 512 MB, 1.5 GB."""
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"
