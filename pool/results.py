"""Results: what a run leaves behind, as tables with their Monte Carlo errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.anchors import anchor_table
from solidair.pool.assumptions import assumption_table
from solidair.pool.case_rules import combine
from solidair.pool.exactness import comparison
from solidair.pool.finance.capacity import Capacities, capacities
from solidair.pool.finance.outlook import outlook_table
from solidair.pool.finance.register import register_table
from solidair.pool.finance.reserve_table import reserve_table
from solidair.pool.measures import MeasureSet
from solidair.pool.metrics.base import SAME, Sample, Squares, row_blocks
from solidair.pool.metrics.compared import compared_table
from solidair.pool.metrics.pots import pot_table
from solidair.pool.metrics.quantiles import value_at_risk
from solidair.pool.metrics.tables import metric_tables
from solidair.pool.metrics.year_table import Paths, year_table
from solidair.pool.parameters import parameter_table
from solidair.pool.precision import Convergence
from solidair.pool.second_moments import squares_of_years
from solidair.pool.settlement import settle
from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

TABLES = (
    "stability",
    "transfers",
    "fairness",
    "years",
    "compared",
    "certainty",
    "capacity",
    "register",
    "outlook",
    "reserve",
    "clauses",
    "pots",
    "distribution",
    "members",
    "anchors",
    "assumptions",
    "parameters",
    "check",
)
"""Names of all tables of a run."""

LEVELS = tuple(np.round(np.concatenate([np.arange(0.01, 1.0, 0.01), [0.995, 0.999]]), 3))
"""Probabilities of the distribution table."""


@dataclass(frozen=True)
class ClauseTotals:
    """What a clause moves in an average year.

    Parameters
    ----------
    paid, charged
        Mean per clause and member over all sims and years, shape (clause, member), EUR a year.
    outside, fund
        Mean per clause of what comes in from outside and of what stays in funds, shape (clause,), EUR a year.
    """

    paid: FloatArray
    charged: FloatArray
    outside: FloatArray
    fund: FloatArray


@dataclass(frozen=True)
class Results:
    """What a run leaves behind.

    Parameters
    ----------
    study, sims, seed
        What was run.
    measures
        What the engine kept of each simulated year.
    own
        Cost of own cases, (sim, year, member) EUR.
    own_expected
        What own cases are expected to cost in the first year given the need drawn in the sim, (sim, member) EUR.
    contributions
        Per agreement what each member bears, (sim, year, member) EUR.
    expected
        Per agreement what each member is expected to bear in the first year given the need drawn in the sim, (sim,
        member) EUR.
    clauses
        Per agreement the means of its ledger.
    observed
        What pots were observed to do, (sim, year), by agreement, number of the clause and name, such as
        'our-fund/2/ratio'.
    central_sums, exact_mean, exact_variance
        For the comparison with exact figures; see `solidair.pool.exactness`.
    control
        Whether metrics use exact means where they are known; see `solidair.pool.metrics.control`.
    case_by_case
        Whether every case was drawn by itself.
    convergence
        How precise the run became, if it was asked to be so.
    parameters
        Metrics with and without doubt about parameters, if the cost model has such doubt; see
        `solidair.pool.parameters`.
    exact_squares
        Exact second moments of each year, per agreement for which they are known; computed when needed if left out.
    """

    study: Study
    sims: int
    seed: int
    measures: MeasureSet
    own: FloatArray
    own_expected: FloatArray
    contributions: Mapping[str, FloatArray]
    expected: Mapping[str, FloatArray]
    clauses: Mapping[str, ClauseTotals]
    observed: Mapping[str, FloatArray]
    central_sums: FloatArray
    exact_mean: FloatArray
    exact_variance: FloatArray
    control: bool = True
    case_by_case: bool = False
    convergence: Convergence | None = None
    parameters: pd.DataFrame | None = None
    exact_squares: Sequence[Mapping[str, Squares]] | None = None

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name, one of `TABLES`.

        Raises
        ------
        KeyError
            If there is no such table.
        """
        if name not in TABLES:
            raise KeyError(f"there is no table '{name}'; there are {', '.join(TABLES)}")
        is_metric = name in ("stability", "transfers", "fairness")
        table = self._metrics[name] if is_metric else getattr(self, f"_{name}")()
        return table.copy()

    def sample(self, agreement: str) -> Sample:
        """Return what one agreement did to the members in the first year, for the metrics."""
        return self._samples(0, slice(None), [agreement])[agreement]

    def _samples(self, year: int | None, members: slice, agreements: Iterable[str] | None = None) -> dict[str, Sample]:
        """Return what agreements did to some members in one year, or in the average of all years.

        What is expected given need is known of the first year alone, exact second moments of single years.
        """
        region = self.study.region

        def of(money: FloatArray) -> FloatArray:
            """Return (sim, member) or (member,) of the period, EUR a year."""
            return money[..., year, members] if year is not None else np.asarray(money[..., members].mean(axis=-2))

        own, own_exact = of(self.own), None if self._exact_own is None else of(self._exact_own)
        budget = of(self._budgets)
        found = {}
        for name in self.contributions if agreements is None else agreements:
            exact = self._exact_contributions.get(name)
            squares = None if year is None else self._squares[year].get(name)
            found[name] = Sample(
                contribution=of(self.contributions[name]),
                own=own,
                budget=budget,
                youth=np.asarray(region.youth, dtype=np.float64)[members],
                expected=self.expected[name][:, members] if year == 0 else None,
                own_expected=self.own_expected[:, members] if year == 0 else None,
                own_exact=own_exact,
                contribution_exact=None if exact is None else of(exact),
                squares=None if squares is None else squares.of(members),
            )
        return found

    def identical(self) -> list[list[str]]:
        """Return groups of agreements that charge everybody the same in every year, so that nobody puzzles over it."""
        groups: list[list[str]] = []
        for name, contribution in self.contributions.items():
            for group in groups:
                if _alike(self.contributions[group[0]], contribution):
                    group.append(name)
                    break
            else:
                groups.append([name])
        return [group for group in groups if len(group) > 1]

    @cached_property
    def _metrics(self) -> dict[str, pd.DataFrame]:
        region = self.study.region
        samples = {agreement: self.sample(agreement) for agreement in self.contributions}
        return metric_tables(samples, list(region.codes), list(region.names), control=self.control)

    @cached_property
    def _budgets(self) -> FloatArray:
        """Budgets, (year, member) EUR, above 0.

        A municipality that has merged into another has no budget and no cost: any budget shows that nothing is over.
        """
        budgets = self.study.setting.budgets[: self.own.shape[1]]
        return np.where(budgets > 0.0, budgets, 1.0)

    @cached_property
    def _paths(self) -> Paths:
        return Paths(
            own=self.own,
            contributions=self.contributions,
            budgets=self._budgets,
            first_year=self.study.settings.first_year,
            own_exact=self._exact_own,
            contributions_exact=self._exact_contributions,
            squares=self._squares,
        )

    @property
    def paths(self) -> Paths:
        """What all agreements did in all years of all simulated paths."""
        return self._paths

    @cached_property
    def _years_table(self) -> pd.DataFrame:
        region = self.study.region
        return year_table(self._paths, list(region.codes), list(region.names), control=self.control)

    @cached_property
    def _capacities(self) -> Capacities:
        return capacities(self._paths, self._years_table, self.study.region, self.study.finance.certainty)

    def _certainty(self) -> pd.DataFrame:
        return self._capacities.certainty

    def _capacity(self) -> pd.DataFrame:
        return self._capacities.capacity

    def _register(self) -> pd.DataFrame:
        return register_table(self._capacities)

    @cached_property
    def _compared_table(self) -> pd.DataFrame:
        region, settings = self.study.region, self.study.settings
        return compared_table(
            self._samples,
            list(self.contributions),
            self.study.reference,
            list(region.codes),
            list(region.names),
            sims=self.sims,
            calendar=range(settings.first_year, settings.first_year + self.own.shape[1]),
            control=self.control,
        )

    def _compared(self) -> pd.DataFrame:
        return self._compared_table

    def _parameters(self) -> pd.DataFrame:
        return parameter_table() if self.parameters is None else self.parameters

    def _years(self) -> pd.DataFrame:
        return self._years_table

    def _outlook(self) -> pd.DataFrame:
        return outlook_table(self.study, self._paths, self._years_table)

    def _reserve(self) -> pd.DataFrame:
        return reserve_table(self.study, self._paths)

    @cached_property
    def _exact_own(self) -> FloatArray | None:
        """Exact mean of own cost, (year, member) EUR; None if a severity has none."""
        mean = combine(self.measures.total_weights, self.exact_mean[:, np.newaxis])[0]
        return mean if bool(np.all(np.isfinite(mean))) else None

    @cached_property
    def _exact_contributions(self) -> dict[str, FloatArray]:
        """Exact mean of what each member bears, (year, member) EUR, of every agreement for which settling gives it."""
        if (own := self._exact_own) is None:
            return {}
        exact = {}
        for agreement in (a for a in self.study.agreements if a.linear):
            ledger = settle(agreement, self.exact_mean[:, np.newaxis], self.measures, self.study.setting)
            borne = ledger.contribution[0]
            # A transfer that is nothing but rounding must not pass for one that is certain.
            exact[agreement.name] = np.where(np.isclose(borne, own, rtol=SAME, atol=0.0), own, borne)
        return exact

    @cached_property
    def _squares(self) -> Sequence[Mapping[str, Squares]]:
        """Exact second moments of each year, per agreement for which they are known."""
        if self.exact_squares is not None:
            return self.exact_squares
        return squares_of_years(self.study, self.measures, self.exact_mean, self.exact_variance)

    def _clauses(self) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for agreement in self.study.agreements:
            totals = self.clauses[agreement.name]
            for number, clause in enumerate(agreement.spec.clauses):
                for i, member in enumerate(self.study.region.members):
                    rows.append(
                        {
                            "agreement": agreement.name,
                            "clause": number + 1,
                            "title_nl": clause.title.nl,
                            "title_en": clause.title.en,
                            "code": member.code,
                            "name": member.name,
                            "paid_mean": totals.paid[number, i],
                            "charged_mean": totals.charged[number, i],
                        }
                    )
        columns = ["agreement", "clause", "title_nl", "title_en", "code", "name", "paid_mean", "charged_mean"]
        return pd.DataFrame(rows, columns=columns)

    def _pots(self) -> pd.DataFrame:
        return pot_table(self.observed, self.study.agreements, self.study.setting.calendar)

    def _distribution(self) -> pd.DataFrame:
        """Quantiles of what each member bears, as inf{x : F(x) >= p} of the simulated years."""
        import pandas as pd

        parts = []
        for agreement, contribution in self.contributions.items():
            for i, member in enumerate(self.study.region.members):
                ordered = np.sort(contribution[:, 0, i])
                values = np.array([value_at_risk(ordered, float(level)) for level in LEVELS])
                part = pd.DataFrame({"probability": LEVELS, "contribution": values})
                part.insert(0, "name", member.name)
                part.insert(0, "code", member.code)
                part.insert(0, "agreement", agreement)
                parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def _members(self) -> pd.DataFrame:
        import pandas as pd

        region, costs = self.study.region, self.study.costs
        rows = []
        for member in region.members:
            need = 1.0 if member.need_index is None else member.need_index
            clients = member.youth * costs.clients_per_youth * need
            rows.append(
                {
                    "code": member.code,
                    "name": member.name,
                    "inhabitants": member.inhabitants,
                    "youth": member.youth,
                    "youth_budget_eur": member.youth_budget_eur,
                    "budget_derived": member.budget_derived,
                    "need_index": np.nan if member.need_index is None else member.need_index,
                    "expected_clients": float(clients.sum()),
                    "expected_clients_in_stay": float(clients[[c.stay for c in costs.care_types]].sum()),
                    "expected_cost_eur": float(clients @ [severity.mean for severity in costs.severities]),
                }
            )
        return pd.DataFrame(rows)

    def _anchors(self) -> pd.DataFrame:
        return anchor_table(self.study.costs)

    def _assumptions(self) -> pd.DataFrame:
        return assumption_table(self.study)

    def _check(self) -> pd.DataFrame:
        return comparison(self.study, self.measures, self.sims, self.central_sums, self.exact_mean, self.exact_variance)


def _alike(a: FloatArray, b: FloatArray) -> bool:
    """Return whether two agreements charge the same, to the cent; a part at a time, so that memory stays small."""
    parts = row_blocks(a.shape[0])
    return a is b or all(np.allclose(a[rows], b[rows], rtol=1e-9, atol=0.01) for rows in parts)
