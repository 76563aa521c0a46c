"""What is said of articles and changes of membership that fall outside the years that are computed."""

from __future__ import annotations

OUTSIDE = {
    "nl": {
        "article": "Let op: artikel {number} van '{agreement}' geldt in geen van de jaren {span}: hier is er niets van "
        "te zien.",
        "one_year": "Let op: artikel {number} van '{agreement}' geldt niet in {span}: hier is er niets van te zien.",
        "change": "Let op, bij '{agreement}': {late}",
    },
    "en": {
        "article": "Note: article {number} of '{agreement}' holds in none of the years {span}: nothing of it shows "
        "here.",
        "one_year": "Note: article {number} of '{agreement}' does not hold in {span}: nothing of it shows here.",
        "change": "Note, on '{agreement}': {late}",
    },
}
