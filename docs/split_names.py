"""Let the reference show each parameter with its own type where a docstring explains several at once."""

from __future__ import annotations

import re
from typing import Any

import griffe


class SplitNames(griffe.Extension):
    """Read 'mean, cv' followed by a text as two parameters with that text."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object before it is parsed."""
        if obj.docstring is not None:
            # griffe gives all names of a line the type of the first.
            entry = re.compile(r"^(\w+(?:, \w+)+)\n((?:[ ]{4}.*\n?)+)", re.MULTILINE)
            obj.docstring.value = entry.sub(_one_by_one, obj.docstring.value)


def _one_by_one(match: re.Match[str]) -> str:
    text = match[2].rstrip("\n")
    return "".join(f"{name}\n{text}\n" for name in match[1].split(", "))
