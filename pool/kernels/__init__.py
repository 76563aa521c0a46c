"""The compiled core: random numbers, look-ups, counts, shocks, cases, stays, and the pass over all of them.

It knows no distribution: chance comes in as quantile tables (`solidair.models.tables`), identity as key words
(`solidair.pool.streams`). Each path is summed by one thread in a fixed order, so results are the same bits for any
number of threads and any block size. From the bottom up:

- `random`, `tables`, `counts`: one word, one look-up, one count
- `arrays`: what a run is made of
- `shocks`, `cases`, `stays`: the parts of a path
- `block`: a block of paths
- `jit`: how all of it is compiled
"""

from __future__ import annotations

from solidair.pool.kernels.arrays import Bulk, Care, Known, Looks, Moves, Scratch, Shocks, Years, scratch
from solidair.pool.kernels.block import draw_block
from solidair.pool.kernels.counts import guided_poisson, normal_quantile, poisson_quantile, student_tail
from solidair.pool.kernels.random import threefry2x64, uniform
from solidair.pool.kernels.shocks import draw_needs, draw_normals
from solidair.pool.kernels.tables import look_up, sum_of

__all__ = [
    "Bulk",
    "Care",
    "Known",
    "Looks",
    "Moves",
    "Scratch",
    "Shocks",
    "Years",
    "draw_block",
    "draw_needs",
    "draw_normals",
    "guided_poisson",
    "look_up",
    "normal_quantile",
    "poisson_quantile",
    "scratch",
    "student_tail",
    "sum_of",
    "threefry2x64",
    "uniform",
]
