"""How large letters may be so that everything stays on one page of A4.

A page is as high as its lines. What a line holds differs between fonts, so texts are counted with letters a little
wider than those that most machines have; what is left over at the bottom is the price of that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

LARGEST, SMALLEST = 8.2, 5.6
"""Sizes of letters, points. Below the smallest nobody reads; the limits on rows keep a page above it."""

HEIGHT, WIDTH = 281.0, 188.0
"""Room on the page, mm."""

SAFE = 1.02
"""What is kept for fonts with wider letters than those of Chromium on Linux, where this turns out 0.93 to 1.00."""

POINT = 0.3528
"""One point, mm."""

LETTER = 0.5
"""Width of a mean letter over its size."""

PICTURE = 39.0
"""Height of the picture, mm; it does not shrink with the letters."""


def letter_size(content: Mapping[str, Any]) -> float:
    """Return the size of letters, points, with which a fact sheet stays on its page.

    Parameters
    ----------
    content
        What the template shows.
    """
    size = LARGEST
    while size > SMALLEST and _height(content, size) > HEIGHT:
        size -= 0.1
    return size


def _height(content: Mapping[str, Any], size: float) -> float:
    """Return the height of a page in mm with letters of this size in points."""
    em = size * POINT

    def lines(text: str, width: float = WIDTH, letters: float = 1.0) -> int:
        return max(math.ceil(len(text) * LETTER * letters * em / width), 1)

    total = 1.3 + 1.15 * 2.15 * lines(content["name"], letters=2.3) + 1.3 * lines(content["facts"]) + 0.2
    total += sum(1.3 * lines(alarm) for alarm in content["alarms"])
    total += 7.7
    outlook, capacity = content["outlook"], content["capacity"]
    left = 2.1 + 1.5 * (len(outlook["rows"]) + 1.8) + 1.1 * lines(outlook["note"], 104.0, 0.85) + PICTURE / em
    rows = len(capacity["rows"]) + (2 if capacity["known"] else 0)
    right = 2.1 + 1.5 * (rows + 1.8) + 1.1 * lines(capacity["note"], 76.0, 0.85)
    total += max(left, right)
    agreements = content["agreements"]
    wide = WIDTH * (0.22 if len(agreements["columns"]) > 6 else 0.3)
    total += 5.0 + 1.1 * lines(agreements["note"], letters=0.85)
    total += sum(0.35 + 1.17 * max(2, lines(row["title"], wide)) for row in agreements["rows"])
    reserve = content["reserve"]
    if reserve:
        total += 4.1 + 1.5 * len(reserve["rows"]) + 1.1 * lines(reserve["note"], letters=0.85)
    paragraph = content["paragraph"]
    total += 4.2 + 1.28 * (lines(paragraph.text, WIDTH - 6) + sum(lines(note, WIDTH - 6) for note in paragraph.notes))
    total += 2.2 + sum(0.3 + 1.25 * lines(item["text"], WIDTH - 18) for item in content["assumptions"])
    total += 1.5 + 1.05 * (sum(lines(line, letters=0.8) for line in content["footer"]) + lines(content["command"]))
    return SAFE * total * em
