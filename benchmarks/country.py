"""The country: 342 municipalities, all care types, four years, six agreements, 10,000 paths, two threads.

Municipalities have the published distribution of sizes, in 42 regions; codes and places are invented. Runs of 2,500,
5,000 and 10,000 paths, each a process of its own, show how time and memory grow. Every run ends with all tables.

The ratio to plain numpy is taken on a sample, 20 of the municipalities, from CPU seconds per path; `plain_stays` says
what numpy covers there.

Run it with ``python -m benchmarks.country``. It exits with 1 if a promise is not kept: 3 minutes, 4 GiB, two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
from scipy import special

from benchmarks.measuring import Clock, machine, own_process, peak_bytes, verdict
from solidair.models.regions import Municipality, Region
from solidair.pool import Study, simulate
from solidair.pool.blocks import compile_study
from solidair.pool.results import TABLES
from solidair.pool.store import kept_bytes
from solidair.pool.study import load_agreement

MEMBERS, REGIONS = 342, 42
SHARES = (0.5 / MEMBERS, 0.05, 0.5, 0.95, 1.0 - 0.5 / MEMBERS)
INHABITANTS = (930.0, 10_965.0, 31_753.0, 154_203.0, 892_960.0)
"""Smallest, 5 %, median, 95 % and largest municipality of the Netherlands, persons."""

YOUTH = 0.19
"""Share of inhabitants of 0 to 17 years."""

PATHS = (2_500, 5_000, 10_000)
MOST_SECONDS, MOST_BYTES = 180.0, 4 * 2**30
SAMPLE_MEMBERS, SAMPLE_PATHS = 20, 100

AGREEMENTS = ("own-use", "pool-by-youth", "pool-by-budget", "half-half", "case-excess", "heavy-care")
"""The six agreements that are laid over the country."""


def sizes(members: int = MEMBERS) -> list[int]:
    """Return inhabitants in ascending order: log-linear in normal scores between the published points."""
    shares = (np.arange(members) + 0.5) / members
    scores = np.interp(special.ndtri(shares), special.ndtri(SHARES), np.log(INHABITANTS))
    return [round(size) for size in np.exp(scores)]


def country(members: int = MEMBERS) -> Study:
    """Return the study; members are dealt over the regions, so that each region has large and small ones."""
    study = Study.load("haaglanden")
    budget = study.costs.spec.budget_per_youth.value
    rows = []
    for place, inhabitants in enumerate(sizes(members)):
        youth = round(YOUTH * inhabitants)
        rows.append(
            Municipality(
                f"GM{9001 + place}",
                f"Municipality {place + 1}",
                inhabitants,
                youth,
                youth * budget,
                region=f"region-{place % REGIONS + 1:02d}",
            )
        )
    region = Region("country", "The country", tuple(rows), "sizes as published, places invented", "", None)
    agreements = tuple(load_agreement(name) for name in AGREEMENTS)
    return replace(study, name="country", region=region, agreements=agreements)


def whole(study: Study, paths: int, threads: int) -> dict[str, Any]:
    """Run a study and make all its tables; return wall and CPU seconds per step, and memory in bytes."""
    clock = Clock()
    engine = compile_study(study)
    steps = {"preparation": clock.lap()}
    results = simulate(engine, paths, 1, threads)
    steps["simulate"] = clock.lap()
    rows = {}
    for name in TABLES:
        rows[name] = len(results.table(name))
        steps[f"table {name}"] = clock.lap()
    wall, cpu = (sum(step[k] for step in steps.values()) for k in (0, 1))
    return {
        "wall": wall, "cpu": cpu, "steps": steps, "rows": rows,
        "peak": peak_bytes(), "kept": kept_bytes(engine, paths), "cases": engine.cases_per_path * paths,
    }  # fmt: skip


def sample(members: int = SAMPLE_MEMBERS) -> Study:
    """Return a study of municipalities at even steps, small to large."""
    study = country()
    step = MEMBERS // members
    codes = [member.code for member in study.region.members[step // 2 :: step][:members]]
    return replace(study, region=study.region.subset(codes))


def beside_numpy(study: Study, paths: int, rounds: int) -> dict[str, float]:
    """Return CPU seconds per path of numpy and of ours, for the same members, and the median ratio over rounds."""
    from benchmarks.plain_stays import own_costs

    ours = 10 * paths
    engine = compile_study(study)
    simulate(engine, 256, 1, 1)
    seconds = []
    for seed in range(1, rounds + 1):
        clock = Clock()
        own_costs(study, paths, seed, 100_000.0)
        plain = clock.lap()[1] / paths
        simulate(engine, ours, seed, 1)
        seconds.append((plain, clock.lap()[1] / ours))
    plain, our = (median(column) for column in zip(*seconds, strict=True))
    return {"numpy": plain, "solidair": our, "ratio": median(a / b for a, b in seconds)}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--paths", type=int, nargs="+", default=PATHS, help="paths of the runs (default 2500 5000 10000)"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads (default 2)")
    parser.add_argument("--members", type=int, default=MEMBERS, help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.alone:
        print(json.dumps(whole(country(options.members), options.paths[0], options.threads)))
        return 0
    fixed = ("--alone", "--threads", str(options.threads), "--members", str(options.members))
    runs = {paths: own_process("benchmarks.country", *fixed, "--paths", str(paths)) for paths in options.paths}
    persons = sum(sizes(options.members))
    print(f"{machine()}\n{options.members} municipalities, {persons:,} inhabitants, 4 years, 6 agreements")
    print(f"\n{'paths':>8}  wall s  CPU s  simulate CPU s  tables CPU s  peak MiB  of which kept  M cases/CPU s")
    for paths, run in runs.items():
        drawing = run["steps"]["simulate"][1]
        tables = run["cpu"] - drawing - run["steps"]["preparation"][1]
        print(
            f"{paths:8,}  {run['wall']:6.1f}  {run['cpu']:5.1f}  {drawing:14.1f}  {tables:12.1f}"
            f"  {run['peak'] / 2**20:8,.0f}  {run['kept'] / 2**20:13,.0f}  {run['cases'] / drawing / 1e6:13.0f}"
        )
    last = runs[options.paths[-1]]
    print(f"\nsteps of {options.paths[-1]:,} paths, CPU seconds")
    for name, (_, cpu) in last["steps"].items():
        print(f"  {name:20} {cpu:6.1f}")
    ratio = beside_numpy(sample(), SAMPLE_PATHS, 3)
    print(
        f"\n{SAMPLE_MEMBERS} municipalities, one thread, CPU ms a path: numpy {1e3 * ratio['numpy']:.2f},"
        f" solidair {1e3 * ratio['solidair']:.2f}, ratio {ratio['ratio']:.1f}"
    )
    kept = {
        f"below {MOST_SECONDS / 60:g} minutes": last["wall"] < MOST_SECONDS,
        f"below {MOST_BYTES / 2**30:g} GiB": last["peak"] < MOST_BYTES,
    }
    return verdict(kept)


if __name__ == "__main__":
    sys.exit(main())
