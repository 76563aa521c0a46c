"""What is said of past years that nobody gave, on the screen and in the report."""

from __future__ import annotations

HISTORY = {
    "nl": {
        "assumed": "Let op: {agreements} {verb} terug op jaren vóór {first} waarvan geen cijfers zijn gegeven. Die "
        "jaren zijn aangenomen: elk jaar wat het kostenmodel verwacht, op het prijspeil van {first}. Wat gemeenten in "
        "de eerste jaren betalen, hangt daarvan af.",
        "one": "kijkt",
        "several": "kijken",
        "and": " en ",
    },
    "en": {
        "assumed": "Note: {agreements} {verb} back at years before {first} of which no figures are given. These years "
        "are assumed: each is what the cost model expects, at the price level of {first}. What municipalities pay in "
        "the first years depends on it.",
        "one": "looks",
        "several": "look",
        "and": " and ",
    },
}
