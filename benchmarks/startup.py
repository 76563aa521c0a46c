"""Start-up: how long a user waits before anything happens.

- ``solidair --help``: best and median of five;
- ``solidair run haaglanden --sims 10000``: the first and the second run into an empty folder, with compiled code in the
  cache after the first;
- ``solidair warmup`` with an empty cache, so that all is compiled, and once more.

Run it with ``python -m benchmarks.startup``. It exits with 1 if a promise is not kept: help within 0.4 s, a second run
within 6 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks.measuring import machine, verdict

SOLIDAIR = Path(sys.executable).parent / "solidair"
MOST_HELP, MOST_RUN = 0.4, 6.0

Seconds = tuple[float, float]
"""Wall and CPU seconds of a command."""


def timed(*arguments: str, environment: Mapping[str, str] | None = None) -> Seconds:
    """Run the command and return what it took.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [SOLIDAIR, *arguments], env=os.environ | dict(environment or {}), stdout=subprocess.DEVNULL, check=True
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(sims: int, helps: int, command: Callable[..., Seconds] = timed) -> dict[str, Seconds]:
    """Return wall and CPU seconds of every step, in the order in which they were run."""
    seconds: dict[str, Seconds] = {}
    found = [command("--help") for _ in range(helps)]
    seconds["--help, best"] = min(found)
    seconds["--help, median"] = (median(wall for wall, _ in found), median(cpu for _, cpu in found))
    with tempfile.TemporaryDirectory(prefix="solidair-") as folder:
        cache = {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        seconds["warmup, nothing compiled"] = command("warmup", environment=cache)
        seconds["warmup, all compiled"] = command("warmup", environment=cache)
        for time_ in ("first", "second"):
            out = str(Path(folder) / time_)
            arguments = ("run", "haaglanden", "--sims", str(sims), "-o", out)
            seconds[f"run of {sims:,} paths, {time_}"] = command(*arguments, environment=cache)
    return seconds


def main(arguments: list[str] | None = None, command: Callable[..., Seconds] = timed) -> int:
    """Measure, print, and return 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sims", type=int, default=10_000, help="paths of the run (default 10,000)")
    parser.add_argument("--helps", type=int, default=5, help="times that help is asked for (default 5)")
    options = parser.parse_args(arguments)
    seconds = measure(options.sims, options.helps, command)
    print(f"{machine()}\n\n{'solidair ...':32} wall s  CPU s")
    for name, (wall, cpu) in seconds.items():
        print(f"{name:32} {wall:6.2f} {cpu:6.2f}")
    cold, warm = seconds["warmup, nothing compiled"][1], seconds["warmup, all compiled"][1]
    print(f"{'compiling':32} {'':6} {cold - warm:6.2f}")
    kept = {
        f"help within {MOST_HELP:g} s": seconds["--help, best"][0] <= MOST_HELP,
        f"a second run within {MOST_RUN:g} s": seconds[f"run of {options.sims:,} paths, second"][0] <= MOST_RUN,
    }
    return verdict(kept)


if __name__ == "__main__":
    sys.exit(main())
