"""The draws of one path, one at a time in plain Python, with everything written down.

The order and the formulas are those of `solidair.pool.kernels.draw_block`, whose small functions (`threefry2x64`,
`look_up`, `poisson_quantile`, `sum_of`, ...) are called one by one. So this file also explains what the kernel does.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solidair.pool import kernels
from solidair.pool.chance import TARGETS
from solidair.pool.draw import DrawPlan
from solidair.pool.kernels import arrays as kernel_arrays
from solidair.pool.kernels import shocks as kernel_shocks
from solidair.pool.kernels import stays as kernel_stays
from solidair.pool.kernels import tables as kernel_tables
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]


class Count(NamedTuple):
    """How many cases, or stays, were drawn at once.

    Parameters
    ----------
    year, code, care_type
        Calendar year, CBS code and care type.
    group
        'year' for cases of a single year; where these are drawn in bulk, 'small' for those that come as one sum and
        'large' for the others; 'open' for stays open at the start, 'entered', or 'since' for those that entered
        between the day on which open stays were seen and the start.
    expected, uniform, drawn
        Expected number given need and shocks, the uniform number, and the Poisson quantile at it.
    """

    year: int
    code: str
    care_type: str
    group: str
    expected: float
    uniform: float
    drawn: int


class Sum(NamedTuple):
    """The small cases of a care type in a year, which were drawn as one sum.

    Parameters
    ----------
    year, code, care_type
        Calendar year, CBS code and care type.
    clients, uniform, price, cost
        How many, the uniform number of their sum, price shocks times index, and what they cost together, EUR.
    """

    year: int
    code: str
    care_type: str
    clients: int
    uniform: float
    price: float
    cost: float


class Case(NamedTuple):
    """One child in one form of care in one year.

    Parameters
    ----------
    year, code, care_type
        Calendar year, CBS code of who pays, and care type.
    origin
        CBS code of who paid when the case was drawn; another one after a move.
    group, number
        Which draw it comes from (see `Count`), and its place in it.
    since
        Day of entry; None for stays open at the start and for cases of a single year.
    days, tariff
        Days in the year, and EUR a day at the price level of the first year; nan for cases of a single year.
    price
        Price shocks times index.
    cost
        EUR in the year.
    """

    year: int
    code: str
    care_type: str
    origin: str
    group: str
    number: int
    since: date | None
    days: float
    tariff: float
    price: float
    cost: float


class Path:
    """The draws of one path, in the order of the kernel, with everything written down."""

    def __init__(self, study: Study, plan: DrawPlan, seed: int, sim: int) -> None:
        self.study, self.seed, self.path = study, np.uint64(seed), np.uint64(sim) << np.uint64(16)
        self.arrays, self.care, self.known, self.bulk = plan.shocks, plan.care, plan.known, plan.bulk
        self.moves, self.calendar = plan.moves, plan.calendar
        self.codes, self.ids, self.years = list(study.region.codes), study.costs.ids, study.settings.years
        self.needs = np.array(plan.need, dtype=np.float64)
        self.factors = np.ones((len(self.codes), len(TARGETS), len(self.ids), self.years + 1))
        self.shocks: list[dict[str, Any]] = []
        self.counts: list[Count] = []
        self.cases: list[Case] = []
        self.sums: list[Sum] = []
        self.real: list[Case] = []  # children from a file: summed, never shown
        self.costs = _rows(self.care.tables)
        self.large = _rows(self.bulk.large)
        self.lengths, self.residuals = _rows(self.care.lengths), _rows(self.care.residuals)

    def run(self) -> None:
        """Draw everything: first the shocks of all members, since a child that moves meets those of its new payer."""
        for i in range(len(self.codes)):
            self.strike(i)
            if math.isnan(self.needs[i]):
                word = self.word(self.care.need_keys[i], self.path)
                self.needs[i] = kernels.look_up(self.care.need_table, word)
        for i in range(len(self.codes)):
            for c in range(len(self.ids)):
                (self.cases_of if self.care.stays[c] < 0 else self.stays_of)(i, c)

    def word(self, key: Any, moment: Any, case: int = 0) -> np.uint64:
        """Return the word of a case: every 64 counters give 128 words, the first words of all before the second."""
        counter = np.uint64(64 * (case // 128) + case % 64)
        return np.uint64(kernels.threefry2x64(self.seed, key, moment, counter)[case // 64 % 2])

    def moment(self, t: int) -> np.uint64:
        """Return the year of a draw as the kernel counts it; -1 is the year before the first budget year."""
        return np.uint64(kernel_shocks.moment_of(self.path, t + 1))

    def strike(self, i: int) -> None:
        """Draw the shocks of a member: those of its region, which it has in common with others, and its own."""
        arrays, names = self.arrays, self.study.costs.sites
        keys = [(site, arrays.shared_keys[arrays.region[i], site]) for site in arrays.shared]
        keys += [(site, arrays.local_keys[i, site]) for site in arrays.local]
        for site, key in keys:
            drawn, name = np.empty(self.years + 1), names[site]
            kernel_shocks.shock_path(arrays, site, key, i, self.seed, self.path, 0, drawn)
            struck = slice(None) if name.care_type is None else name.care_type
            self.factors[i, TARGETS.index(name.target), struck] *= drawn
            for t in range(self.years):
                row = {"year": self.study.settings.first_year + t, "code": self.codes[i], "target": name.target}
                row |= {"level": name.level, "care_type": "" if name.care_type is None else self.ids[name.care_type]}
                self.shocks.append(row | {"factor": drawn[t + 1]})

    def count(self, i: int, c: int, t: int, group: str, draw: int, moment: Any, expected: float) -> int:
        """Draw how many there are."""
        u = kernels.uniform(self.word(self.care.keys[draw, i, c], moment))
        drawn = int(kernels.poisson_quantile(u, expected))
        year = self.study.settings.first_year + max(t, 0)
        self.counts.append(Count(year, self.codes[i], self.ids[c], group, float(expected), u, drawn))
        return drawn

    def price(self, i: int, c: int, t: int) -> float:
        """Return price shocks times index."""
        return float(self.factors[i, kernel_arrays.PRICE, c, t + 1] * self.calendar.index[c, t])

    def cases_of(self, i: int, c: int) -> None:
        """Draw the cases of a care type that is counted by the year: all one by one, or the small ones as a sum."""
        row = self.bulk.row[c]
        for t in range(self.years):
            moment, price = self.moment(t), self.price(i, c, t)
            volume = self.calendar.volume[c, t] * self.factors[i, kernel_arrays.VOLUME, c, t + 1]
            expected = self.care.expected[i, c] * self.needs[i] * volume
            if row < 0:
                n = self.count(i, c, t, "year", kernel_arrays.COUNT, moment, expected)
                self.one_by_one(i, c, t, "year", n, self.costs[c], kernel_arrays.COST)
                continue
            # Thinned, Poisson numbers of small and of large cases are independent.
            n = self.count(i, c, t, "small", kernel_arrays.COUNT, moment, expected * (1.0 - self.bulk.beyond[c]))
            if n > 0:
                word = self.word(self.care.keys[kernel_arrays.SUM, i, c], moment)
                first, bulk = np.uint64(row * self.bulk.size), self.bulk
                total = kernels.sum_of(bulk.sums, first, bulk.places, bulk.weights, n, bulk.mean[c], bulk.sd[c], word)
                where = self.study.settings.first_year + t, self.codes[i], self.ids[c]
                self.sums.append(Sum(*where, n, kernels.uniform(word), price, price * total))
            n = self.count(i, c, t, "large", kernel_arrays.LARGE_COUNT, moment, expected * self.bulk.beyond[c])
            self.one_by_one(i, c, t, "large", n, self.large[row], kernel_arrays.LARGE_COST)

    def one_by_one(self, i: int, c: int, t: int, group: str, n: int, table: FloatArray, draw: int) -> None:
        """Draw the cost of each of `n` cases of a year."""
        price, moment, code = self.price(i, c, t), self.moment(t), self.codes[i]
        year = self.study.settings.first_year + t
        for number in range(n):
            cost = price * self.draw(table, draw, i, c, moment, number)
            row = (year, code, self.ids[c], code, group, number, None, math.nan, math.nan, price, cost)
            self.cases.append(Case(*row))

    def stays_of(self, i: int, c: int) -> None:
        """Draw the stays of a care type: those open at the start, then those who enter."""
        stretch = self.factors[i, kernel_arrays.STAY, c, 0]
        mean = self.care.mean_length[c] * stretch
        rate = self.care.expected[i, c] / (mean / 365.0 + 1.0) * self.needs[i]
        volumes = self.factors[i, kernel_arrays.VOLUME, c]
        if self.known.listed[i, c]:
            if self.known.seen_on < 0.0:
                self.entries(i, c, -1, rate * -self.known.seen_on / 365.0 * volumes[0], stretch)
            self.known_stays(i, c)
        else:
            n = self.count(i, c, -1, "open", kernel_arrays.OPEN, self.path, rate * mean / 365.0 * volumes[0])
            for number in range(n):
                tariff = self.draw(self.costs[c], kernel_arrays.OPEN_TARIFF, i, c, self.path, number)
                days = stretch * self.draw(
                    self.residuals[self.care.stays[c]], kernel_arrays.RESIDUAL, i, c, self.path, number
                )
                self.stay(i, c, 0, "open", number, self.path, kernel_arrays.OPEN_MOVE, 0.0, days, tariff)
        for t in range(self.years):
            length = self.calendar.starts[t + 1] - self.calendar.starts[t]
            volume = self.calendar.volume[c, t] * volumes[t + 1]
            self.entries(i, c, t, rate * length / 365.0 * volume, stretch)

    def draw(self, table: FloatArray, draw: int, i: int, c: int, moment: Any, number: int) -> float:
        """Look up the quantile at the word of a case."""
        return float(kernels.look_up(table, self.word(self.care.keys[draw, i, c], moment, number)))

    def entries(self, i: int, c: int, t: int, expected: float, stretch: float) -> None:
        """Draw the stays that enter in a year; year -1 runs from the day on which open stays were seen."""
        begin, end = (self.calendar.starts[t], self.calendar.starts[t + 1]) if t >= 0 else (self.known.seen_on, 0.0)
        group, moment = "entered" if t >= 0 else "since", self.moment(t)
        for number in range(self.count(i, c, t, group, kernel_arrays.ENTRIES, moment, expected)):
            u = kernels.uniform(self.word(self.care.keys[kernel_arrays.ENTRY, i, c], moment, number))
            start = begin + u * (end - begin)
            days = stretch * self.draw(self.lengths[self.care.stays[c]], kernel_arrays.LENGTH, i, c, moment, number)
            tariff = self.draw(self.costs[c], kernel_arrays.TARIFF, i, c, moment, number)
            self.stay(i, c, max(t, 0), group, number, moment, kernel_arrays.MOVE, start, start + days, tariff)

    def known_stays(self, i: int, c: int) -> None:
        """Draw how long stays still last that are really open."""
        known, cell = self.known, i * len(self.ids) + c
        for number, k in enumerate(range(known.first[cell], known.first[cell + 1])):
            tariff = known.tariff[k]
            if math.isnan(tariff):
                tariff = self.draw(self.costs[c], kernel_arrays.KNOWN_TARIFF, i, c, self.path, number)
            word = self.word(self.care.keys[kernel_arrays.KNOWN_RESIDUAL, i, c], self.path, number)
            survival = known.alive[k] * kernels.uniform(word)  # of the whole length, given that it outlasted today
            upper = bool(survival <= 0.5)
            row = np.uint64(known.row[k]) * kernel_tables.TABLE
            length = kernel_tables.look_up_tail(self.care.lengths, row, survival if upper else 1.0 - survival, upper)
            stop = known.seen_on + min(max(length - known.elapsed[k], 0.0), known.most[k])
            self.stay(i, c, 0, "known", number, self.path, kernel_arrays.KNOWN_MOVE, known.seen_on, stop, tariff)

    def stay(
        self, i: int, c: int, first: int, group: str, number: int, moment: Any, move: int, start: float, stop: float,
        tariff: float,
    ) -> None:  # fmt: skip
        """Write down a stay in every year that it touches, for who pays then."""
        starts, payer, share = self.calendar.starts, i, self.moves.share[c]
        moved, word = self.years, np.uint64(0)
        if share > 0.0:
            word = self.word(self.care.keys[move, i, c], moment, number)
            passed = math.log(kernels.uniform(word)) / math.log1p(-share) if share < 1.0 else 0.0
            moved = first + 1 + int(min(passed, 1e6))
        begun = date(self.study.settings.first_year, 1, 1) + timedelta(days=math.floor(start))
        for t in range(first, self.years):
            days = min(stop, starts[t + 1]) - max(start, starts[t])
            if days <= 0.0:
                continue
            if t >= moved and payer == i:
                payer = int(kernel_stays._new_payer(self.seed, word, self.moves, i))
            price = self.price(payer, c, t)
            (self.real if group == "known" else self.cases).append(
                Case(
                    self.study.settings.first_year + t, self.codes[payer], self.ids[c], self.codes[i], group, number,
                    None if group in ("open", "known") else begun, days, tariff, price, days * tariff * price,
                )
            )  # fmt: skip


def _rows(tables: FloatArray) -> list[FloatArray]:
    """Return tables that lie one after the other, each by itself."""
    return list(tables.reshape(-1, 2 * kernel_tables.SIDE))
