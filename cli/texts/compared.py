"""Words of the comparison with one of the agreements, in Dutch and English."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "contents": "Vergelijking",
        "title": "Vergeleken met {reference}",
        "text": "Wat een gemeente {when} meer (+) of minder (−) betaalt dan in deze overeenkomst, en hoeveel meer "
        "of minder dat schommelt. Beide overeenkomsten kennen dezelfde gesimuleerde jaren, dus het toeval valt "
        "grotendeels weg: ± is de standaardfout van het verschil zelf, en een gemiddelde zonder ± is exact. {where}",
        "when_all": "gemiddeld per jaar over {first}–{last}",
        "when_one": "gemiddeld in {first}",
        "where": "De tabel ‘compared’ van deze run geeft ook elk jaar apart, en voor {first} alle maten.",
        "caption": "Verschil met {reference}, per gemeente en overeenkomst",
        "swing": "schommeling {value}",
    },
    "en": {
        "contents": "Comparison",
        "title": "Compared with {reference}",
        "text": "What a municipality pays more (+) or less (−) {when} than in this agreement, and by how much "
        "more or less that swings. Both agreements have the same simulated years, so most of the luck drops out: ± "
        "is the standard error of the difference itself, and an average without ± is exact. {where}",
        "when_all": "on average per year over {first}–{last}",
        "when_one": "on average in {first}",
        "where": "The table ‘compared’ of this run also gives each year, and for {first} all metrics.",
        "caption": "Difference with {reference}, per municipality and agreement",
        "swing": "swing {value}",
    },
}
