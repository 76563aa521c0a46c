"""What all benchmarks share: clocks, peak memory, a process of its own, a line about the machine, a verdict."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Clock:
    """Wall and CPU seconds of this process since it was made or last read."""

    _wall: float = field(default_factory=time.perf_counter)
    _cpu: float = field(default_factory=time.process_time)

    def lap(self) -> tuple[float, float]:
        """Return wall and CPU seconds since the last reading, and start anew."""
        wall, cpu = time.perf_counter(), time.process_time()
        spent = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return spent


def peak_bytes() -> int:
    """Return the largest memory that this process has held.

    Where the system says so (Linux), of this program alone: `ru_maxrss` hands the peak of a parent to its children.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 2**10)


def own_process(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT
) -> dict[str, float]:
    """Run ``python -m module arguments`` by itself and return the JSON that it prints.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | dict(environment or {}),
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def machine() -> str:
    """Return the processor, the number of cores and the versions that matter, in one line."""
    import numba
    import numpy

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    versions = f"Python {platform.python_version()}, numpy {numpy.__version__}, numba {numba.__version__}"
    return f"{model}, {os.cpu_count()} cores; {versions}"


def verdict(kept: Mapping[str, bool]) -> int:
    """Print which promises are kept, and return the exit code: 0 if all are, else 1."""
    print()
    for promise, is_kept in kept.items():
        print(f"{'kept    ' if is_kept else 'NOT KEPT'}  {promise}")
    return 0 if all(kept.values()) else 1
