"""What a study file says: its keys and rules. How it is loaded is in `solidair.pool.study_loader`."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath

from pydantic import Field, ValidationInfo, field_validator, model_validator

from solidair.models.problems import suggest
from solidair.models.schema import Config, RuleError, Words
from solidair.pool.finance.spec import FinanceSpec
from solidair.pool.mergers import MergerSpec


class Settings(Config):
    """How a study is run: paths, seed, and the budget years that each path covers."""

    sims: int = Field(default=20_000, ge=100, le=100_000_000)
    seed: int = Field(default=2026, ge=0, lt=2**64)
    first_year: int = Field(default=2027, ge=1900, le=2200)
    years: int = Field(default=4, ge=1, le=50)


class OpenCasesSpec(Config):
    """The user's own stays that are open at the start, instead of stays in steady state.

    Parameters
    ----------
    file
        CSV file, beside the study.
    reference
        The day on which the stays are open: at the latest 1 January of the first budget year.
    """

    file: str
    reference: date


class HistorySpec(Config):
    """Clients and cost of the years before the first budget year, for agreements that look back.

    Parameters
    ----------
    file
        CSV file, beside the study.
    assumed
        Whether years that are not in it, or all if there is no file, are taken to be as the cost model expects.
    """

    file: str | None = None
    assumed: bool = False

    @model_validator(mode="after")
    def _something(self) -> HistorySpec:
        if self.file is None and not self.assumed:
            rule = "a history needs a file, or the word that past years may be assumed"
            raise RuleError(rule, 'Write file = "history.csv", or assumed = true.')
        return self


class StudySpec(Config):
    """A study file."""

    title: Words
    region: str
    costs: str
    agreements: tuple[str, ...] = Field(min_length=1)
    reference: str | None = None
    open_cases: OpenCasesSpec | None = None
    history: HistorySpec | None = None
    mergers: tuple[MergerSpec, ...] = ()
    finance: FinanceSpec = FinanceSpec()
    settings: Settings = Settings()

    @field_validator("reference")
    @classmethod
    def _one_of_them(cls, reference: str | None, info: ValidationInfo) -> str | None:
        if reference is None or "agreements" not in info.data:  # the fault of the agreements is told by itself
            return reference
        names = [_name(entry) for entry in info.data["agreements"]]
        if _name(reference) not in names:
            rule = "there is no such agreement in this study to compare the others with"
            raise RuleError(rule, suggest(reference, names), reference)
        return _name(reference)


def _name(entry: str) -> str:
    """Return the name of an agreement, whether it is given by name or as a file."""
    return PurePath(entry).name.removesuffix(".toml")
