"""What `solidair forecast` reads: study and costs are both tried, so that all problems are told at once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from solidair.cli.options import with_years
from solidair.models.problems import InputError, Problem
from solidair.models.sources.costs_to_date import CostsToDate, read_costs_to_date
from solidair.pool.study import Study


def load(study: str, costs: Path, overrides: Sequence[str], first_year: int | None) -> tuple[Study, CostsToDate, str]:
    """Return a study over the years from `first_year` on, the costs to date of its members, and their SHA-256.

    Raises
    ------
    InputError
        With every problem of all files.
    """
    problems: list[Problem] = []
    loaded = known = None
    try:
        loaded = with_years(Study.load(study, overrides), None, first_year)
    except InputError as error:
        problems += error.problems
    try:
        # Of a region that could not be read the codes are not known, but the rest of the file can be judged.
        codes = None if loaded is None else [str(code) for code in loaded.region.codes]
        known = read_costs_to_date(costs, codes=codes)
    except InputError as error:
        problems += error.problems
    if problems or loaded is None or known is None:
        raise InputError(dict.fromkeys(problems))
    return loaded, known, sha256(costs.read_bytes()).hexdigest()
