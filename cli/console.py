"""The terminal: at most 80 columns in a pipe, and lines that never break at a no-break space."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from solidair.pool.parts.words import NO_BREAK

WIDTH = 80
"""Columns of a pipe, which has no width of its own."""

_GLUE = "\ue000"
"""Stands for a no-break space while rich breaks lines: to rich every kind of space is a place to break."""


class _Unbroken(Console):
    """A console on which amounts stay whole; a no-break space is printed as a plain one, so that text can be copied."""

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(text.replace(NO_BREAK, _GLUE), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        if isinstance(renderable, Text) and NO_BREAK in renderable.plain:
            renderable = renderable.copy()
            renderable.plain = renderable.plain.replace(NO_BREAK, _GLUE)
        for segment in super().render(renderable, options):
            yield segment._replace(text=segment.text.replace(_GLUE, " ")) if _GLUE in segment.text else segment


def new_console() -> Console:
    """Return a console on what is standard output now."""
    console = _Unbroken(highlight=False)
    # A pipe has no width: keep to the same columns, so that output can be compared.
    return console if console.is_terminal else _Unbroken(highlight=False, width=WIDTH)
