"""The processes of a batch: each runs one study after the other; one that dies takes only its own study with it.

The processes are started afresh, not forked: the compiled core and the libraries for pictures have threads of their
own. They are few and stay, since each needs some seconds to load. A pool of `concurrent.futures` would not do: a
process that the system ends, for want of memory, breaks the pool, and nobody can tell which study it had in hand.
"""

from __future__ import annotations

import multiprocessing
import re
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

from solidair.cli.batch_work import Job, Outcome, carried_out

PATIENCE = 10.0
"""Seconds that a process gets to clean up after itself when the batch is broken off."""


def outcomes_of(jobs: Sequence[Job], workers: int) -> Generator[Outcome | Job]:
    """Run studies, in this process or in several; yield each as a `Job` when it begins and an `Outcome` when it ends.

    Outcomes come in the order in which they end. Closing the iterator ends the processes, each after it has removed
    what it had half written.
    """
    if workers == 1:
        for job in jobs:
            yield job
            yield carried_out(job)
        return
    crew = [_Worker() for _ in range(min(workers, len(jobs)))]
    waiting = deque(jobs)
    try:
        while waiting or any(worker.job for worker in crew):
            for worker in crew:
                if worker.job is None and waiting:
                    worker.give(waiting.popleft())
                    yield worker.in_hand
            ready = wait([worker.connection for worker in crew if worker.job])
            for worker in [worker for worker in crew if worker.connection in ready]:
                yield worker.outcome()
    finally:
        for worker in crew:
            worker.process.terminate()
        for worker in crew:
            worker.end()


@contextmanager
def stopped_by_terminate() -> Iterator[None]:
    """Let SIGTERM, by which services are stopped, clean up as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _unheard() -> Iterator[None]:
    """Start a process that does not hear Ctrl-C, which reaches a whole group: the first process decides what ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _serve(connection: Connection) -> None:
    """Run the studies that come in, until none comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the start does not hand it on
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        while True:
            connection.send(carried_out(connection.recv()))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return


class _Worker:
    """A process that has one study in hand, or none."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _unheard():
            self.process.start()
        theirs.close()  # so that the end of the process is the end of the connection

    @property
    def in_hand(self) -> Job:
        """The study that it runs."""
        assert self.job is not None
        return self.job

    def give(self, job: Job) -> None:
        """Let it run a study."""
        self.job, self.begun, self.before = job, time.perf_counter(), _half_written(job.target)
        with suppress(BrokenPipeError):  # it has died: the connection says so when it is read
            self.connection.send(job)

    def outcome(self) -> Outcome:
        """Return what came of its study; a process that died is followed by another."""
        job = self.in_hand
        self.job = None
        try:
            found = self.connection.recv()
            assert isinstance(found, Outcome)
            return found
        except (EOFError, ConnectionResetError):
            self.process.join()
            code = self.process.exitcode or 0
            self._tidy(job)
            self._start()
        said = f"signal {-code}" if code < 0 else f"exit code {code}"
        seconds = time.perf_counter() - self.begun
        return Outcome(job.name, "failed", seconds, error=f"ProcessDied: {said}")

    def end(self) -> None:
        """Wait until it has cleaned up and is gone."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()
        if self.job is not None:
            self._tidy(self.job)

    def _tidy(self, job: Job) -> None:
        """Remove the folder that a process was writing when it was ended without notice."""
        for folder in _half_written(job.target) - self.before:
            shutil.rmtree(folder, ignore_errors=True)


def _half_written(target: Path) -> set[Path]:
    """Return the temporary folders beside a target that belong to it; see `replaced_folder`."""
    name = re.compile(rf"\.{re.escape(target.name)}-[a-z0-9_]{{8}}")
    return {path for path in target.parent.iterdir() if name.fullmatch(path.name)} if target.parent.is_dir() else set()
