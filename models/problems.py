"""Problems with input: collected, so that a user sees all of them at once.

Each problem names the file, the place in it, the value found, the rule that it breaks and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input.

    Parameters
    ----------
    file
        The file as the user named it.
    where
        Row and column of a table, or the dotted key of a TOML file.
    value
        What was found there, as text; empty if nothing was.
    rule
        What must hold.
    hint
        What the user can do about it.
    """

    file: str
    where: str
    value: str
    rule: str
    hint: str

    def __str__(self) -> str:
        found = f" (found: {self.value})" if self.value else ""
        return f"{self.file}: {self.where}: {self.rule}{found}. {self.hint}".rstrip()


class InputError(ValueError):
    """The input cannot be used; carries every problem that was found.

    Parameters
    ----------
    problems
        At least one problem, in the order of the input.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError("an InputError needs at least one problem")
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like `word`, or None if none does."""
    options = {option.casefold(): option for option in known}
    matches = get_close_matches(word.casefold(), list(options), n=1, cutoff=0.6)
    return options[matches[0]] if matches else None


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or else all of them."""
    known = list(known)
    near = nearest(word, known)
    if near is not None:
        return f"Did you mean '{near}'?"
    return f"Known: {', '.join(known)}." if known else "None is known."
