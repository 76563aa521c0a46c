"""The sharing rules of the literature in words that a councillor follows."""

from __future__ import annotations

from solidair.pool.parts.words import Wording

_WORDS = {
    "uniform": (
        "De gemeenten betalen het totaal samen, in gelijke delen.",
        "The municipalities pay the total together, in equal parts.",
    ),
    "mean_proportional": (
        "De gemeenten betalen het totaal samen, verdeeld naar wat elk naar verwachting inbrengt.",
        "The municipalities pay the total together, divided by what each is expected to hand in.",
    ),
    "linear": (
        "Elke gemeente betaalt wat zij naar verwachting inbrengt. Wat een jaar duurder of goedkoper is dan verwacht, "
        "wordt verdeeld naar hoe sterk haar eigen kosten met het totaal meebewegen.",
        "Every municipality pays what it is expected to hand in. By how much a year is dearer or cheaper than expected "
        "is divided by how strongly its own cost moves along with the total.",
    ),
    "variance_proportional": (
        "Elke gemeente betaalt wat zij naar verwachting inbrengt. Wat een jaar duurder of goedkoper is dan verwacht, "
        "wordt verdeeld naar hoe sterk de kosten van elke gemeente schommelen (naar variantie).",
        "Every municipality pays what it is expected to hand in. By how much a year is dearer or cheaper than expected "
        "is divided by how much the cost of each municipality fluctuates (by variance).",
    ),
    "quantile": (
        "Elke gemeente betaalt wat zij zelf zou hebben ingebracht in een jaar dat voor alle gemeenten even slecht is "
        "en samen dit totaal geeft.",
        "Every municipality pays what it would have handed in itself in a year that is equally bad for all "
        "municipalities and comes to this total.",
    ),
    "conditional_mean": (
        "Elke gemeente betaalt wat zij naar verwachting zelf heeft ingebracht in een jaar met dit totaal. Zo betaalt "
        "zij gemiddeld over de jaren haar eigen kosten, met minder schommelingen.",
        "Every municipality pays what it is expected to have handed in itself in a year with this total. So over the "
        "years it pays its own cost on average, with smaller fluctuations.",
    ),
}

_TOLERANCE = (
    "Elke gemeente betaalt wat zij naar verwachting inbrengt. Wat een jaar duurder of goedkoper is dan verwacht, wordt "
    "verdeeld naar hoeveel risico elke gemeente kan dragen, {by}. Dit gaat ervan uit dat wat één kind aan het totaal "
    "toevoegt een bovengrens heeft.",
    "Every municipality pays what it is expected to hand in. By how much a year is dearer or cheaper than expected is "
    "divided by how much risk each municipality can stand, {by}. This assumes that what one child adds to the total "
    "has an upper end.",
)
_BY = {
    True: ("in verhouding tot het jeugdbudget", "in proportion to the youth budget"),
    False: ("in bedragen die zijn afgesproken", "in amounts that were agreed"),
}


def rule_words(rule: str, say: Wording, *, by_budget: bool) -> str:
    """Return a rule as sentences.

    Parameters
    ----------
    by_budget
        For the rule by tolerance: whether tolerances follow the youth budgets.
    """
    if rule == "tolerance":
        return say.pick(*_TOLERANCE).format(by=say.pick(*_BY[by_budget]))
    return say.pick(*_WORDS[rule])


__all__ = ["rule_words"]
