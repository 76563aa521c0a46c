"""What a study file says: its keys and rules. How it is loaded and checked is in `solidair.pool.study`."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from solidair.models.schema import Config, Words


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


class StudySpec(Config):
    """A study file."""

    title: Words
    region: str
    costs: str
    agreements: tuple[str, ...] = Field(min_length=1)
    open_cases: OpenCasesSpec | None = None
    settings: Settings = Settings()
