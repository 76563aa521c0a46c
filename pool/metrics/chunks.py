"""Work on a few members at a time, on several threads: little memory, and the same bits for any number of either."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

MAX_BYTES = 128 * 2**20
"""What the (sim, member) arrays of all chunks in work may take together."""


def working_bytes(sims: int, agreements: int) -> int:
    """Return what metrics need beside the kept arrays: `MAX_BYTES`, or what a single member takes."""
    return max(MAX_BYTES, _member_bytes(sims, agreements))


def _member_bytes(sims: int, agreements: int) -> int:
    # Per agreement what it charged, this sorted or summed, and as expected; own cost, controls, estimates, the rest.
    return 8 * sims * (3 * agreements + 28)


def over_members(
    work: Callable[[slice], None], members: int, sims: int, agreements: int, *, max_bytes: int, threads: int | None
) -> None:
    """Call `work` for chunks that together are all members.

    Parameters
    ----------
    work
        Fills in what it computes for a slice of members, each by itself. numpy lets other threads run while it sorts
        and sums, so two threads take little more than half the time.
    members, sims, agreements
        Size of the whole.
    max_bytes
        Working memory to stay below, as long as chunks of a single member do.
    threads
        Threads to use; all cores if None.
    """
    fits = max_bytes // _member_bytes(sims, agreements)
    threads = max(1, min(threads or os.cpu_count() or 1, members, fits))
    step = max(1, min(fits // threads, -(-members // threads)))
    chunks = [slice(start, min(start + step, members)) for start in range(0, members, step)]
    if threads == 1:
        for chunk in chunks:
            work(chunk)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, chunks):
            pass
