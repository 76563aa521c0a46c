"""Running a stress test: the study as planned, then one world after the other under the same luck."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solidair.cli.progress import progress_bar
from solidair.models.problems import InputError
from solidair.pool.stress.worlds import LeftOut, World

if TYPE_CHECKING:
    import pandas as pd

    from solidair.cli.stress_load import Loaded
    from solidair.pool.results import Results

_LABEL = {"nl": "Werelden doorrekenen", "en": "Running worlds"}


@dataclass(frozen=True)
class Found:
    """What a stress test found.

    Parameters
    ----------
    loaded
        What was asked.
    base
        The study as planned.
    worlds
        The worlds that were run.
    left_out
        Scenarios that do not fit.
    table
        The table of `solidair.pool.stress.compare`, of all worlds.
    seconds
        Per world.
    """

    loaded: Loaded
    base: Results
    worlds: tuple[World, ...]
    left_out: tuple[LeftOut, ...]
    table: pd.DataFrame
    seconds: dict[str, float] = field(default_factory=dict)


def run_worlds(loaded: Loaded, sims: int | None, seed: int | None, threads: int | None, language: str) -> Found:
    """Run the study and all its worlds; memory holds the plan and one world.

    Raises
    ------
    InputError
        If the engine cannot carry a world that the user has chosen; another is left out.
    """
    import pandas as pd

    from solidair.pool.run import simulate
    from solidair.pool.stress.compare import compare

    count = loaded.study.settings.sims if sims is None else sims
    worlds: list[World] = []
    left = list(loaded.left_out)
    tables: list[pd.DataFrame] = []
    seconds: dict[str, float] = {}
    with progress_bar(_LABEL[language], count * (1 + len(loaded.worlds))) as advance:
        clock = time.perf_counter()
        base = simulate(loaded.study, count, seed, threads, progress=advance)
        seconds["plan"] = time.perf_counter() - clock
        for world in loaded.worlds:
            clock = time.perf_counter()
            try:
                then = simulate(world.study, count, seed, threads, progress=advance)
            except InputError as error:
                if loaded.chosen:
                    raise
                left.append(LeftOut(world.scenarios[0], error.problems))
                continue
            tables.append(compare(base, then, world.name))
            worlds.append(world)
            seconds[world.name] = time.perf_counter() - clock
    table = pd.concat(tables, ignore_index=True) if tables else compare(base, base, "").iloc[:0]
    return Found(loaded, base, tuple(worlds), tuple(left), table, seconds)
