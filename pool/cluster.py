"""Cluster: the same blocks on the workers of dask.distributed.

The compiled study, tables and all, is sent to every worker process once, also to one that joins late or replaces
another. So no worker computes tables of its own, and only numbers of blocks go out and finished blocks come back. A
block that was lost with its worker is computed again by another, with the same bits.
"""

from __future__ import annotations

import os
import pickle
import re
import socket
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any

from solidair.models.problems import InputError, Problem
from solidair.pool.blocks import BlockResult, Engine, compute
from solidair.pool.checkpoint import digest

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

LOCAL = "local"
"""Address that stands for worker processes on this machine."""

PER_WORKER = 3
"""Blocks that a worker has in hand at most: enough that it never waits, few enough that results do not pile up."""

PATIENCE = 20
"""Seconds to wait for a scheduler to answer, and for its first worker."""

LOSSES = 20
"""Workers that may die while they hold the same block, before the block is blamed."""

_START = "Start one with 'dask scheduler' and workers with 'dask worker ADDRESS', or use --cluster local."

_ENGINES: dict[str, Engine] = {}
"""Compiled studies of this worker process, by digest; filled by `_Prepare`, empty in every other process."""


class _Prepare:
    """Puts the compiled study into a worker process when it starts, also into one that comes later."""

    def __init__(self, engine: Engine, key: str) -> None:
        self.name = f"solidair-{key}"
        self._key, self._version, self._sent = key, version("solidair"), pickle.dumps(engine)

    def setup(self, worker: Any) -> None:
        """Unpack the study once in this process."""
        if version("solidair") != self._version:
            raise RuntimeError(f"this worker has solidair {version('solidair')}, the run needs {self._version}")
        _ENGINES[self._key] = pickle.loads(self._sent)

    def teardown(self, worker: Any) -> None:
        """Forget the study when the run is over."""
        _ENGINES.pop(self._key, None)


def _block(key: str, seed: int, first: int, sims: int) -> BlockResult:
    """Compute a block in a worker."""
    return compute(_ENGINES[key], seed, first, sims)


class Cluster:
    """The workers of a run; a `with` statement connects and disconnects.

    Parameters
    ----------
    address
        `local` for worker processes on this machine, or the address of a scheduler, such as tcp://host:8786.
    engine
        The compiled study.
    workers
        Number of local worker processes, one per core if left out; no effect on a scheduler elsewhere.

    Raises
    ------
    InputError
        If dask.distributed is not installed, no scheduler answers, it has no workers, or these have another version.
    """

    def __init__(self, address: str, engine: Engine, workers: int | None = None) -> None:
        self.address, self._engine, self._workers = address, engine, workers
        self._client: Client | None = None
        self._cluster: LocalCluster | None = None
        self._key = ""

    def __enter__(self) -> Cluster:
        try:
            import dask
            from distributed import Client, LocalCluster
            from distributed.diagnostics.plugin import WorkerPlugin
        except ImportError:
            rule = "a cluster needs dask.distributed, which is not installed"
            raise InputError(
                [_problem(self.address, rule, "Install it with: pip install 'solidair[cluster]'")]
            ) from None
        if self.address != LOCAL:
            _check_address(self.address)
        self._key = digest(self._engine)
        with dask.config.set({"distributed.scheduler.allowed-failures": LOSSES}):
            try:
                if self.address == LOCAL:
                    self._cluster = LocalCluster(
                        n_workers=self._workers or os.cpu_count() or 1,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address="127.0.0.1:0",
                        memory_limit=0,
                    )
                self._client = Client(self._cluster or self.address, timeout=PATIENCE, set_as_default=False)
                self._client.wait_for_workers(1, timeout=PATIENCE)
            except (OSError, ValueError, RuntimeError) as error:
                self.close()
                rule = f"no scheduler with workers answers at this address ({error})"
                raise InputError([_problem(self.address, rule, _START)]) from error

        class Prepare(_Prepare, WorkerPlugin):
            """As dask wants it."""

        try:
            self._client.register_plugin(Prepare(self._engine, self._key))
        except Exception as error:
            self.close()
            hint = f"Install solidair {version('solidair')} on every worker."
            raise InputError([_problem(self.address, f"a worker cannot do this run ({error})", hint)]) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the workers, and end them if they were started here."""
        if self._client is not None:
            if self._cluster is None and self._key:
                self._client.unregister_worker_plugin(f"solidair-{self._key}")
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()
        self._client = self._cluster = None

    @property
    def workers(self) -> int:
        """Number of worker threads that there are now."""
        assert self._client is not None
        return max(1, int(sum(self._client.nthreads().values())))

    def blocks(self, seed: int, pieces: Sequence[tuple[int, int]]) -> Iterator[BlockResult]:
        """Yield the blocks (first, sims) in the order in which they are finished.

        Raises
        ------
        ConservationError
            As `solidair.pool.blocks.compute` does.
        """
        from distributed import as_completed

        assert self._client is not None
        client, left = self._client, iter(pieces)

        def submit(count: int) -> list[Any]:
            return [
                client.submit(
                    _block,
                    self._key,
                    seed,
                    *piece,
                    pure=False,
                    key=f"solidair-{self._key[:8]}-{seed}-{piece[0]}-{piece[1]}",
                )
                for piece in islice(left, count)
            ]

        waiting = as_completed(submit(PER_WORKER * self.workers), loop=client.loop)
        for future in waiting:
            block: BlockResult = future.result()
            future.release()
            waiting.update(submit(1))
            yield block


def _check_address(address: str) -> None:
    """Refuse an address where nobody listens, at once and without the noise of a client that keeps trying.

    Raises
    ------
    InputError
        If this is no address, or nobody listens there.
    """
    found = re.fullmatch(r"(?:(\w+)://)?(\[[\da-fA-F:.]+\]|[\w.-]+):(\d+)/?", address)
    if not found:
        hint = "Write --cluster local, or an address such as tcp://host:8786."
        raise InputError([_problem(address, "this is not the address of a scheduler", hint)])
    if found[1] in (None, "tcp", "tls"):
        try:
            with socket.create_connection((found[2].strip("[]"), int(found[3])), timeout=PATIENCE):
                pass
        except (OSError, OverflowError) as error:
            raise InputError([_problem(address, f"no scheduler answers at this address ({error})", _START)]) from error


def _problem(address: str, rule: str, hint: str) -> Problem:
    return Problem("--cluster", "address", address, rule, hint)
