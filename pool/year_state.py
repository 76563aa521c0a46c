"""What one year alone does not tell: balances, shares and claims that an article carries over from earlier years.

In the simulation an article that says nothing of its first year begins in the first year that is settled. A real year
is settled by itself, so the same reading would begin anew every year: a purse would be full each time, and a limit
would never bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from solidair.models.problems import Problem
from solidair.pool.agreements import Agreement
from solidair.pool.clauses import Clause, Years
from solidair.pool.parts.charges import KeyCharge
from solidair.pool.parts.combined_keys import AnyKey, LimitedKey, MixKey, PowerKey
from solidair.pool.parts.costs import CostsPot
from solidair.pool.parts.funds import FundPot
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.reserves import OwnReservePot, ReservePot
from solidair.pool.parts.results import ResultTake
from solidair.pool.setting import Setting

_TOGETHER = "Lay the years over the agreement together with 'solidair backtest'."


def dated(agreement: Agreement, year: int) -> Agreement:
    """Return the agreement for the settlement of one year: a block of years without a first year ends in that year."""

    def first(clause: Clause) -> int | None:
        return None if blocks(clause) is None else year + 1 - (blocks(clause) or 1)

    return _begun(agreement, {place: first(clause) for place, clause in enumerate(agreement.spec.clauses)}, year)


def begun(agreement: Agreement, year: int) -> Agreement:
    """Return the agreement for years settled together from `year` on: articles without a first year begin there."""
    return _begun(agreement, dict.fromkeys(range(len(agreement.spec.clauses)), year), year)


def _begun(agreement: Agreement, first: dict[int, int | None], year: int) -> Agreement:
    clauses = []
    for place, clause in enumerate(agreement.spec.clauses):
        begins, last = first[place], clause.years.last
        if begins is not None and clause.years.first is None and (last is None or last >= year):
            clause = clause.model_copy(update={"years": Years(first=begins, last=last)})
        clauses.append(clause)
    return replace(agreement, spec=agreement.spec.model_copy(update={"clauses": tuple(clauses)}))


def blocks(clause: Clause) -> int | None:
    """Return the length of the blocks of years that a clause is cut into; None if it looks at every year."""
    take = clause.take
    return take.window if isinstance(take, ResultTake) and take.window > 1 and not take.rolling else None


def carries(agreement: Agreement, setting: Setting) -> bool:
    """Return whether years cannot be settled apart without loss, where they are years of one agreement."""
    unknown = any(blocks(clause) and clause.years.first is None for clause in agreement.spec.clauses)
    return unknown or bool(state_problems(agreement, setting))


def state_problems(agreement: Agreement, setting: Setting) -> list[Problem]:
    """Return what articles carry over from years before the first one of the setting, one problem for each thing."""
    problems = []
    for number, clause in enumerate(agreement.spec.clauses, 1):
        if clause.holds(setting)[:1].any():
            found = _carried(clause, setting, f"agreements.{agreement.name}.clauses.{number}")
            here = (fault.under(f"clauses.{number}") for fault in found)
            problems += [Problem(agreement.file, fault.where, fault.value, fault.rule, fault.hint) for fault in here]
    return problems


def _carried(clause: Clause, setting: Setting, path: str) -> Iterator[Fault]:
    """Yield a fault for each thing that a clause carries over into the first year of the setting."""
    year, since, pot = setting.first_year, clause.years.first, clause.pot
    if isinstance(pot, FundPot) and pot.every > 1 and (blocks(clause) or 1) % pot.every:
        rule = f"this fund pays once in {pot.every} years, and needs what was handed in in the years before {year}"
        yield Fault("pot.every", str(pot.every), rule, f"{_TOGETHER} Or write every = 1.")
    if since == year:
        return
    if isinstance(pot, ReservePot | OwnReservePot):
        opening = f"--set {path}.pot.opening=AMOUNT"
        if isinstance(pot, OwnReservePot):
            opening = f'--set {path}.pot.opening="buffer" (column buffer_eur of the region of {year}), or an amount'
        rule = f"the opening balance is that of the first year of the article: the balance on 1 January {year} is not "
        rule += "known, and the same money could be used every year"
        yield Fault("pot.opening", str(pot.opening), rule, _first_year(clause, opening, path, year))
    for where, key in _limited(clause):
        rule = f"the shares of {year} are limited by those of {year - 1}, which are not known"
        start = f"shares of {year - 1} with --set {path}.{where}.start='{{ kind = \"fixed\", shares = {{ ... }} }}'"
        yield Fault(f"{where}.most", f"{key.most:g}", rule, _first_year(clause, start, path, year))
    if since is None:
        yield from _counted(clause, path)


def _counted(clause: Clause, path: str) -> Iterator[Fault]:
    """Yield a fault for each thing that counts years from the first one of a clause that does not say which it is."""
    hint = f"Say which it was: {_set_first(clause, path, 'YEAR')}."
    share = getattr(clause.take, "share", None)
    if isinstance(share, tuple) and len(set(share)) > 1:
        rule = "these shares count from the first year of the article, and it does not say which year that was"
        yield Fault("take.share", ", ".join(f"{one:g}" for one in share), rule, hint)
    if isinstance(clause.pot, CostsPot) and clause.pot.saving and clause.pot.grows_in > 1:
        rule = "this saving grows in from the first year of the article, and it does not say which year that was"
        yield Fault("pot.grows_in", str(clause.pot.grows_in), rule, hint)


def _first_year(clause: Clause, what: str, path: str, year: int) -> str:
    """Return how to begin in a year with what is then there, unless more than that counts from the first year."""
    if blocks(clause) or isinstance(getattr(clause.take, "share", None), tuple):
        return _TOGETHER
    return f"Give it with {what}, and say that it is of this year with {_set_first(clause, path, str(year))}."


def _set_first(clause: Clause, path: str, year: str) -> str:
    """Return how to set the first year of a clause: a table that the file lacks can only be set as a whole."""
    if clause.years == Years():
        return f"--set {path}.years='{{ first = {year} }}'"
    return f"--set {path}.years.first={year}"


def _limited(clause: Clause) -> Iterator[tuple[str, LimitedKey]]:
    """Yield every key with a limit, and where it stands."""
    if isinstance(clause.charge, KeyCharge):
        yield from _inside("charge.key", clause.charge.key)
    if isinstance(clause.pot, ReservePot):
        for name, key in (("call_key", clause.pot.call_key), ("refund_key", clause.pot.refund_key)):
            if key is not None:
                yield from _inside(f"pot.{name}", key)


def _inside(where: str, key: AnyKey) -> Iterator[tuple[str, LimitedKey]]:
    if isinstance(key, LimitedKey):
        yield where, key
    if isinstance(key, LimitedKey | PowerKey):
        yield from _inside(f"{where}.key", key.key)
    if isinstance(key, MixKey):
        for number, part in enumerate(key.parts, 1):
            yield from _inside(f"{where}.parts.{number}.key", part.key)


__all__ = ["begun", "blocks", "carries", "dated", "state_problems"]
