"""Names in little room: shortened where a reader would shorten them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_JOINING = {"and", "at", "for", "in", "of", "on", "or", "per", "the", "to", "with"}
_JOINING |= {"bij", "de", "door", "en", "het", "met", "naar", "op", "tot", "uit", "van", "voor"}
"""Words that a shortened name does not end on."""


def short_names(names: Sequence[str], room: int) -> list[str]:
    """Return names of at most `room` letters, different where the names are different.

    What stands in brackets at the end goes first; then whole words go. Names that would become the same keep their
    first and their last letters instead, since that is where names that are alike differ.
    """
    short = [_shortened(name, room) for name in names]
    owners = Counter(dict.fromkeys(zip(names, short, strict=True)))
    shared = Counter(text for _, text in owners)
    return [_middle_out(name, room) if shared[text] > 1 else text for name, text in zip(names, short, strict=True)]


def _shortened(name: str, room: int) -> str:
    if len(name) <= room:
        return name
    bare = re.sub(r"\s*\([^)]*\)$", "", name)
    if len(bare) <= room:
        return bare
    words = bare[:room].rsplit(" ", 1)[0].split() if " " in bare[:room] else []
    while words and words[-1].lower() in _JOINING:
        words.pop()
    kept = " ".join(words).rstrip(",;:")
    # A single short word of a long name says too little.
    return f"{kept}…" if 2 * len(kept) >= room else f"{bare[: room - 1].rstrip()}…"


def _middle_out(name: str, room: int) -> str:
    if len(name) <= room:
        return name
    head = room // 2
    return f"{name[:head].rstrip()}…{name[head + 1 - room :].lstrip()}"
