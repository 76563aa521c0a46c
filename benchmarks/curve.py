"""The curve: CPU seconds against paths, and against heavy cases; both must be straight lines.

Paths run over two decades at the default rates. Heavy cases are those that are drawn child by child: all stays, whose
rates are multiplied by 1, 2, 4 and 8. A line is fitted to each by least squares on relative errors, so that the small
runs count as much as the large ones; the slope of the logarithms, 1 for a straight line through the origin, and the
largest distance from the line are shown. Each point is the best of several runs, in CPU seconds on one thread.

Run it with ``python -m benchmarks.curve``; ``--plot FILE`` writes the picture of the documentation. It exits with 1 if
a point lies further from its line than promised.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measuring import Clock, machine, verdict
from solidair.pool import Study, simulate
from solidair.pool.blocks import Engine, compile_study

PATHS = (1_024, 3_328, 10_240, 32_512, 102_400)
FACTORS = (1, 2, 4, 8)
FACTOR_PATHS = 10_240
FARTHEST = 0.25
"""Largest relative distance of a point from its line that passes for noise of the machine."""


@dataclass(frozen=True)
class Curve:
    """CPU seconds against one quantity, and the straight line through them.

    Parameters
    ----------
    name
        What is on the horizontal axis.
    x, seconds
        One per run.
    """

    name: str
    x: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def line(self) -> tuple[float, float]:
        """Seconds at 0 and per unit, of the line with the least squares of relative errors."""
        x, y = np.array(self.x), np.array(self.seconds)
        design = np.column_stack([1.0 / y, x / y])
        start, slope = np.linalg.lstsq(design, np.ones(len(x)), rcond=None)[0]
        return float(start), float(slope)

    @property
    def residuals(self) -> tuple[float, ...]:
        """Relative distance of each point from the line."""
        start, slope = self.line
        return tuple(y / (start + slope * x) - 1.0 for x, y in zip(self.x, self.seconds, strict=True))

    @property
    def exponent(self) -> float:
        """Slope of log seconds, less what a run takes without any path, on log x."""
        start = max(self.line[0], 0.0)
        return float(
            np.polyfit(np.log(self.x), np.log(np.array(self.seconds) - min(start, 0.9 * min(self.seconds))), 1)[0]
        )


def heavier(factor: int) -> Study:
    """Return the study haaglanden with that many times as many stays."""
    study = Study.load("haaglanden")
    if factor == 1:
        return study
    types = [(id_, care) for id_, care in study.costs.spec.care_types.items() if care.episode is not None]
    sets = [f"costs.{id_}.clients_per_1000={factor * care.clients_per_1000.value}" for id_, care in types]
    return Study.load("haaglanden", sets)


def stays_per_path(engine: Engine) -> float:
    """Return the expected number of children in a stay, summed over the years and members of a path."""
    heavy = {id_ for id_, e in zip(engine.study.costs.ids, engine.study.costs.episodes, strict=True) if e is not None}
    rates = engine.study.costs.clients_per_youth
    chosen = [rate for id_, rate in zip(engine.study.costs.ids, rates, strict=True) if id_ in heavy]
    return float(sum(chosen) * engine.study.region.youth.sum() * engine.years)


def best(engine: Engine, paths: int, times: int) -> float:
    """Return the fewest CPU seconds of a few runs on one thread."""
    seconds = []
    for _ in range(times):
        clock = Clock()
        simulate(engine, paths, 1, 1)
        seconds.append(clock.lap()[1])
    return min(seconds)


def curves(
    paths: Sequence[int] = PATHS, factors: Sequence[int] = FACTORS, factor_paths: int = FACTOR_PATHS, times: int = 3
) -> tuple[Curve, Curve]:
    """Measure both curves."""
    engine = compile_study(heavier(1))
    simulate(engine, 256, 1, 1)  # compile, or load what was compiled
    against_paths = Curve("paths", tuple(float(n) for n in paths), tuple(best(engine, n, times) for n in paths))
    engines = [compile_study(heavier(factor)) for factor in factors]
    cases = tuple(factor_paths * stays_per_path(e) for e in engines)
    return against_paths, Curve("years in care", cases, tuple(best(e, factor_paths, times) for e in engines))


def report(curve: Curve) -> list[str]:
    """Return a curve as lines."""
    start, slope = curve.line
    lines = [f"{curve.name:>26}   CPU s   line", *(
        f"{x:26,.0f}  {y:6.2f}  {residual:+6.1%}"
        for x, y, residual in zip(curve.x, curve.seconds, curve.residuals, strict=True)
    )]  # fmt: skip
    lines.append(f"{round(start, 2) + 0.0:.2f} s + {1e6 * slope:.3g} s a million; exponent {curve.exponent:.2f}")
    return lines


def plot(both: Sequence[Curve], file: Path) -> None:
    """Draw the curves with their lines, on logarithmic axes where they span decades; an SVG or PNG by name."""
    import altair as alt
    import pandas as pd

    charts = []
    for curve in both:
        start, slope = curve.line
        decades, unit = max(curve.x) >= 50 * min(curve.x), 1e6 if max(curve.x) >= 1e8 else 1.0
        title = curve.name + (", millions" if unit > 1.0 else "")
        x = np.geomspace(min(curve.x), max(curve.x), 50) if decades else np.array([0.0, max(curve.x)])
        scale = alt.Scale(type="log", nice=False) if decades else alt.Scale(zero=True)
        axis = {"grid": False, "tickCount": 5}
        axes = {
            "x": alt.X("x:Q", scale=scale, title=title, axis=alt.Axis(format=",d", **axis)),
            "y": alt.Y("seconds:Q", scale=scale, title="CPU seconds", axis=alt.Axis(format="~g", **axis)),
        }
        line = alt.Chart(pd.DataFrame({"x": x / unit, "seconds": start + slope * x})).mark_line(color="#00796b")
        points = alt.Chart(pd.DataFrame({"x": np.array(curve.x) / unit, "seconds": curve.seconds})).mark_point(
            filled=True, size=70, opacity=1, color="#263238"
        )
        charts.append((line.encode(**axes) + points.encode(**axes)).properties(width=300, height=220))
    file.parent.mkdir(parents=True, exist_ok=True)
    alt.hconcat(*charts).configure(background="white").save(file)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paths", type=int, nargs="+", default=PATHS, help="paths of the first curve")
    parser.add_argument("--factor-paths", type=int, default=FACTOR_PATHS, help="paths of the second curve")
    parser.add_argument("--times", type=int, default=3, help="runs of which the best counts (default 3)")
    parser.add_argument("--plot", type=Path, help="SVG or PNG to write")
    options = parser.parse_args(arguments)
    both = curves(options.paths, FACTORS, options.factor_paths, options.times)
    print(machine())
    for curve in both:
        print("\n" + "\n".join(report(curve)))
    if options.plot:
        plot(both, options.plot)
    kept = max(abs(residual) for curve in both for residual in curve.residuals) <= FARTHEST
    return verdict({f"every point within {FARTHEST:.0%} of its line": kept})


if __name__ == "__main__":
    sys.exit(main())
