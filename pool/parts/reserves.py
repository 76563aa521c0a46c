"""Reserves: a common one that members fill by a key, and one of each member's own.

Timing, in every year in which the clause holds: contribution, then what is handed in, then the call, then the refund,
then interest on what is left. So a contribution can be used in its own year, and the interest of a year in the next.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.schema import RuleError
from solidair.pool.books import Books, Flow
from solidair.pool.parts.amounts import Total, heads, price_path, small_money
from solidair.pool.parts.combined_keys import AnyKey
from solidair.pool.parts.funds import pro_rata
from solidair.pool.parts.pots import PotBase
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def _filled_at_most(opening: float, cap: float | None) -> None:
    """Refuse a reserve that starts above its cap: it would be paid back before it was ever needed."""
    if cap is not None and opening > cap:
        rule = f"the opening of a reserve ({opening:,.0f}) must not lie above its cap ({cap:,.0f})"
        raise RuleError(rule, "Lower the opening, raise the cap, or leave the cap out.")


@part("pot", "reserve")
class ReservePot(PotBase):
    """A common reserve: members put in a contribution every year, and what is handed in is paid out of it.

    Parameters
    ----------
    opening
        Balance before the first year of the clause that is settled, EUR.
    contribution
        What members put in together each year, EUR; or 'expected': what a pilot run expects to be handed in that year.
    loading
        By how much the contribution is larger than that, such as 0.1; below 0 for a part of it only.
    interest
        Interest on the balance at the end of a year, such as 0.02.
    floor
        EUR below which the reserve must not end a year.
    cap
        EUR above which a reserve is paid back; none if left out.
    calls
        True: everything is paid, and members are called upon for what the reserve then lacks to its floor. False: only
        what the reserve has above its floor is paid, pro rata.
    call_key, refund_key
        Who pays a call, and who gets a refund; as the charge of the article if left out.
    indexed
        Whether contribution, floor and cap follow the price index.
    """

    kind: Literal["reserve"] = "reserve"
    opening: Total
    contribution: Total | Literal["expected"] = 0.0
    loading: float = Field(default=0.0, gt=-1)
    interest: float = Field(default=0.0, gt=-0.5, lt=0.5)
    floor: Total = 0.0
    cap: Total | None = None
    calls: bool = True
    call_key: AnyKey | None = None
    refund_key: AnyKey | None = None
    indexed: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> ReservePot:
        if self.cap is not None and self.cap < self.floor:
            rule = "the cap of a reserve must not lie below its floor"
            raise RuleError(rule, "Swap them, or leave the cap out.")
        _filled_at_most(self.opening, self.cap)
        if not self.calls and self.call_key is not None:
            raise RuleError(
                "without calls there is nothing for call_key to divide", "Leave it out, or write calls = true."
            )
        if self.cap is None and self.refund_key is not None:
            raise RuleError("without a cap there is nothing for refund_key to divide", "Leave it out, or give a cap.")
        return self

    @property
    def needs_law(self) -> bool:  # noqa: D102
        return self.contribution == "expected"

    def contributions(self, books: Books, reach: BoolArray) -> FloatArray:
        """Return what members put in in each year, (year,) EUR.

        Raises
        ------
        LawError
            If it is what is expected to be handed in, and there was no pilot run.
        """
        prices = price_path(books.setting, indexed=self.indexed)
        if isinstance(self.contribution, str):
            base = books.fitted("expected", lambda sample: sample.sum(axis=-1).mean(axis=0))[: books.shape[1]]
        else:
            base = self.contribution * prices
        return np.where(reach.any(axis=1), (1.0 + self.loading) * base, 0.0)

    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:  # noqa: D102
        prices, put_in = price_path(books.setting, indexed=self.indexed), self.contributions(books, reach)
        paid = np.zeros_like(handed_in)
        shape = handed_in.shape[:2]
        call, refund, interest, end = (np.zeros(shape) for _ in range(4))
        ratio = np.ones(shape)
        balance = np.full(shape[0], self.opening * books.setting.unit)
        for year in range(shape[1]):
            if reach[year].any():
                floor, cap = self.floor * prices[year], np.inf if self.cap is None else self.cap * prices[year]
                balance = balance + put_in[year]
                if self.calls:
                    paid[:, year] = handed_in[:, year]
                else:
                    paid[:, year], ratio[:, year] = pro_rata(handed_in[:, year], np.maximum(balance - floor, 0.0))
                balance = balance - paid[:, year].sum(axis=-1)
                if self.calls:
                    call[:, year] = np.maximum(floor - balance, 0.0)
                balance = balance + call[:, year]
                refund[:, year] = np.maximum(balance - cap, 0.0)
                balance = balance - refund[:, year]
                interest[:, year] = self.interest * balance
                balance = balance + interest[:, year]
            end[:, year] = balance
        # By flows, not as a difference of balances, whose rounding is that of the balance.
        fund = put_in - paid.sum(axis=-1) + call - refund + interest
        bill, direct = self._billed(put_in, call, refund, books, reach)
        observed = {"balance": end, "ratio": ratio, "call": call, "refund": refund}
        return Flow(paid, bill, direct, interest, fund, observed)

    def _billed(
        self, put_in: FloatArray, call: FloatArray, refund: FloatArray, books: Books, reach: BoolArray
    ) -> tuple[FloatArray, FloatArray | float]:
        """Return what the charge divides, (sim, year), and what keys of the reserve's own do, (sim, year, member)."""
        bill, direct = np.broadcast_to(put_in, call.shape), None
        for amount, key in ((call, self.call_key), (-refund, self.refund_key)):
            if key is None:
                bill = bill + amount
            else:
                moved = amount[..., np.newaxis] * key.weights(books, reach)
                direct = moved if direct is None else direct + moved
        return bill, 0.0 if direct is None else direct

    def scopes(self) -> list[str | tuple[str, ...]]:  # noqa: D102
        return [scope for key in (self.call_key, self.refund_key) if key is not None for scope in key.scopes()]

    def faults(self, setting: Setting, reach: BoolArray | None = None) -> list[Fault]:  # noqa: D102
        whom = np.ones((setting.years, setting.members), dtype=np.bool_) if reach is None else reach
        keys = (("call_key", self.call_key), ("refund_key", self.refund_key))
        return [fault.under(name) for name, key in keys if key is not None for fault in key.faults(setting, whom)]

    def words(self, say: Wording) -> str:  # noqa: D102
        return " ".join([self._filled(say), self._paid(say), *self._kept(say)])

    def _filled(self, say: Wording) -> str:
        opening = say.money(self.opening)
        text = say.pick(
            f"Er is een gezamenlijke reserve, die begint met {opening}.",
            f"There is a common reserve, which begins with {opening}.",
        )
        if self.contribution == 0:
            return text
        if isinstance(self.contribution, str):
            what = say.pick("wat er naar verwachting wordt ingebracht", "what is expected to be handed in")
        else:
            what = say.money(self.contribution)
        if self.loading:
            more = say.percent(abs(self.loading))
            opslag = ("met een opslag van", "plus") if self.loading > 0 else ("met een korting van", "less")
            what += f" {say.pick(*opslag)} {more}"
        return text + say.pick(f" Elk jaar storten de gemeenten samen {what}.", f" Every year members put in {what}.")

    def _paid(self, say: Wording) -> str:
        floor = say.money(self.floor)
        if self.calls:
            key = "" if self.call_key is None else say.pick("naar ", "by ") + self.call_key.words(say)
            by = f", {say.pick('verdeeld', 'divided')} {key}" if key else ""
            return say.pick(
                "Alles wat is ingebracht wordt uit de reserve betaald. Komt zij daardoor onder "
                f"{floor}, dan storten de gemeenten het verschil bij{by}.",
                "Everything that is handed in is paid from the reserve. If that takes it below "
                f"{floor}, the municipalities pay the difference{by}.",
            )
        rest = say.pick(f" boven {floor}", f" above {floor}") if self.floor else ""
        return say.pick(
            f"Uit de reserve wordt betaald wat er is{rest}. Is dat te weinig, dan krijgt ieder naar rato.",
            f"The reserve pays what it has{rest}. If that is too little, everyone gets a part pro rata.",
        )

    def _kept(self, say: Wording) -> list[str]:
        found = []
        if self.cap is not None:
            cap = say.money(self.cap)
            key = "" if self.refund_key is None else self.refund_key.words(say)
            by = say.pick(f", verdeeld naar {key}", f", divided by {key}") if key else ""
            found.append(
                say.pick(
                    f"Wat zij aan het eind van een jaar meer heeft dan {cap}, gaat terug naar de gemeenten{by}.",
                    f"What it has above {cap} at the end of a year goes back to the municipalities{by}.",
                )
            )
        if self.interest:
            rate = say.percent(self.interest)
            found.append(say.pick(f"De reserve krijgt {rate} rente per jaar.", f"The reserve earns {rate} a year."))
        return found


@part("pot", "own_reserve")
class OwnReservePot(PotBase):
    """Each member's own reserve: deficits that are handed in come out of it as far as it goes, surpluses go into it.

    It belongs with the take 'deficit' with `surplus = true`. Nobody pays for anybody else, so there is no bill. The
    balance of a member that leaves stays as it was: it earns nothing more, and is there again if the member comes back.
    Members that merge bring their balances together, and have the room that their inhabitants have together.

    Parameters
    ----------
    opening
        Balance before the first year of the clause that is settled, EUR per inhabitant; or 'buffer': the buffer that
        the region file gives.
    cap
        EUR per inhabitant that it holds at most at the end of a year, before interest; the rest stays with the member.
        None if left out.
    interest
        Interest on the balance at the end of a year, such as 0.02.
    indexed
        Whether the cap follows the price index.
    """

    kind: Literal["own_reserve"] = "own_reserve"
    opening: Annotated[float, Field(ge=0)] | Literal["buffer"]
    cap: float | None = Field(default=None, ge=0)
    interest: float = Field(default=0.0, gt=-0.5, lt=0.5)
    indexed: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> OwnReservePot:
        if not isinstance(self.opening, str):
            _filled_at_most(self.opening, self.cap)
        return self

    @property
    def bills(self) -> bool:  # noqa: D102
        return False

    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:  # noqa: D102
        setting = books.setting
        prices = price_path(setting, indexed=self.indexed)
        if isinstance(self.opening, str):
            start = np.nan_to_num(setting.region.buffer)
        else:
            start = self.opening * setting.unit * setting.inhabitants
        balance = np.broadcast_to(start, (len(handed_in), setting.members))
        drawn, kept, interest = (np.zeros_like(handed_in) for _ in range(3))
        end, ever = np.zeros(handed_in.shape[:2]), setting.behind(reach).any(axis=0)
        caps = np.full(reach.shape, np.inf)
        if self.cap is not None:
            caps = self.cap * prices[:, np.newaxis] * heads(setting, "inhabitant")
        for year in range(handed_in.shape[1]):
            inside, cap, balance = reach[year], caps[year], setting.carried(balance, year)
            surplus = np.where(inside, np.maximum(-handed_in[:, year], 0.0), 0.0)
            drawn[:, year] = np.where(inside, np.clip(handed_in[:, year], 0.0, balance), 0.0)
            before = balance + surplus - drawn[:, year]
            released = np.where(inside, np.maximum(before - cap, 0.0), 0.0)
            kept[:, year] = surplus - released
            interest[:, year] = np.where(inside, self.interest * (before - released), 0.0)
            balance = before - released + interest[:, year]
            end[:, year] = np.where(ever, balance, 0.0).sum(axis=-1)
        claims, paid, earned = (
            x.sum(axis=-1) for x in (np.where(reach, np.maximum(handed_in, 0.0), 0.0), drawn, interest)
        )
        ratio = np.where(claims > 0, paid / np.where(claims > 0, claims, 1.0), 1.0)
        fund = kept.sum(axis=-1) - paid + earned
        return Flow(drawn, 0.0, kept, earned, fund, {"balance": end, "ratio": ratio})

    def faults(self, setting: Setting, reach: BoolArray | None = None) -> list[Fault]:  # noqa: D102
        inside = np.ones(setting.members) if reach is None else np.asarray(setting.behind(reach).any(axis=0))
        members = zip(setting.region.members, inside, strict=True)
        missing = [member.name for member, shares in members if shares and member.buffer_eur is None]
        if self.opening != "buffer" or not missing:
            return []
        rule = f"the opening balance is the column buffer_eur of the region, which is empty for {', '.join(missing)}"
        return [Fault("opening", "buffer", rule, "Fill that column in, or write an amount per inhabitant.")]

    def words(self, say: Wording) -> str:  # noqa: D102
        opening = say.pick("haar buffer", "its buffer")
        if not isinstance(self.opening, str):
            opening = small_money(self.opening, say) + say.pick(" per inwoner", " per inhabitant")
        text = say.pick(
            f"Elke gemeente heeft een eigen egalisatiereserve, die begint met {opening}. Een overschot gaat erin, een "
            "tekort komt eruit. Zij kan niet onder nul komen: wat zij niet dekt, betaalt de gemeente zelf.",
            f"Every municipality has an equalisation reserve of its own, which begins with {opening}. A surplus goes "
            "into it, a deficit comes out of it. It cannot go below zero: what it does not cover the municipality pays "
            "itself.",
        )
        if self.cap is not None:
            cap = small_money(self.cap, say)
            text += say.pick(f" Er zit hoogstens {cap} per inwoner in.", f" It holds at most {cap} per inhabitant.")
        if self.interest:
            rate = say.percent(self.interest)
            text += say.pick(f" Zij krijgt {rate} rente per jaar.", f" It earns {rate} a year.")
        return text
