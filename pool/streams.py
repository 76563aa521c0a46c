"""The numbered streams of chance and the identity of a draw.

A draw is a function of (seed, stream, sim, year, who, care type, index) and of nothing else, so no thread, block,
machine, member order or member added can move it. Streams are append-only: renumbering one would change every
published figure.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2b

NATIONAL = "NL"
"""Who a national shock belongs to."""

REGIONAL = "region"
"""Who a regional shock belongs to: a study has one region, and what its file is called moves nobody's luck."""


class Stream(IntEnum):
    """What a draw is for. Append only."""

    NEED = 0
    NATIONAL_VOLUME = 1
    REGIONAL_VOLUME = 2
    LOCAL_VOLUME = 3
    NATIONAL_PRICE = 4
    REGIONAL_PRICE = 5
    LOCAL_PRICE = 6
    DISPERSION = 7
    COUNT = 8
    SEVERITY = 9
    OPEN_STAYS = 10
    RESIDUAL = 11
    OPEN_TARIFF = 12
    ENTRIES = 13
    ENTRY_DAY = 14
    LENGTH = 15
    TARIFF = 16
    MOVE = 17
    OPEN_MOVE = 18
    KNOWN_RESIDUAL = 19
    KNOWN_TARIFF = 20
    KNOWN_MOVE = 21
    NEW_PAYER = 22
    VOLUME_PARAMETER = 23
    PRICE_PARAMETER = 24
    STAY_PARAMETER = 25
    TYPE_FACTOR = 26
    MEMBER_FACTOR = 27
    COPULA_MIX = 28
    LARGE_COUNT = 29
    LARGE_COST = 30
    BULK_SUM = 31
    COST_TO_DATE = 32
    DECLARATION = 33


def stream_key(stream: Stream, who: str, care_type: str = "") -> int:
    """Return the 64-bit key word of one stream of one municipality and care type.

    Parameters
    ----------
    stream
        What is drawn.
    who
        CBS code of a municipality, `REGIONAL` or `NATIONAL`.
    care_type
        Identifier of the care type; empty where the draw is for all types together.

    Returns
    -------
    int
        An unsigned 64-bit number. It is a hash of the identity, so that it does not depend on any position.
    """
    identity = f"{int(stream)}|{who}|{care_type}".encode()
    return int.from_bytes(blake2b(identity, digest_size=8).digest(), "little")
