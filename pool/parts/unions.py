"""The unions of all parts: what a clause of an agreement file may hold. To add a part, add its class here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from solidair.pool.parts.charges import KeyCharge
from solidair.pool.parts.combined_keys import AnyKey
from solidair.pool.parts.corridors import CorridorTake
from solidair.pool.parts.costs import CostsPot
from solidair.pool.parts.funds import FundPot
from solidair.pool.parts.pots import FullPot
from solidair.pool.parts.reinsurance import ReinsurancePot
from solidair.pool.parts.reserves import OwnReservePot, ReservePot
from solidair.pool.parts.results import DeficitTake, FranchiseTake, NoneTake
from solidair.pool.parts.rule_charge import RuleCharge
from solidair.pool.parts.takes import ExcessTake, ShareTake, TierTake

AnyTake = Annotated[
    ShareTake | ExcessTake | TierTake | DeficitTake | CorridorTake | FranchiseTake | NoneTake,
    Field(discriminator="kind"),
]
AnyPot = Annotated[
    FullPot | FundPot | ReservePot | OwnReservePot | ReinsurancePot | CostsPot, Field(discriminator="kind")
]
AnyCharge = Annotated[KeyCharge | RuleCharge, Field(discriminator="kind")]

__all__ = ["AnyCharge", "AnyKey", "AnyPot", "AnyTake"]
