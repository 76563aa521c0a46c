"""Words on single agreements: money from outside or of a fund, and first years in which nothing happens."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "beyond": "Bij {names}: ook geld van of naar buiten, of een fonds of reserve in of uit. Dat bedrag gaat dan "
        "niet alleen tussen gemeenten.",
        "beyond_report": "Bij deze overeenkomsten verschuift niet alleen geld tussen gemeenten; er komt of gaat ook "
        "geld van of naar buiten, of een fonds of reserve in of uit: {names}. De spelregels tonen hoeveel.",
        "idle_screen": "{name} doet in {first} niets; zie in het rapport de tabel over alle jaren.",
        "idle_report": "{name} doet in {first} niets; zie de tabel over alle jaren.",
        "idle_one": "{name} doet in {first} niets.",
        "own_reserve": "{name} heeft al een eigen reserve van elke gemeente; de reserve van de studie komt daar nog "
        "bij.",
    },
    "en": {
        "beyond": "For {names}: also money from or to outside, or into or out of a fund or reserve. That amount does "
        "not go between municipalities only.",
        "beyond_report": "Under these agreements money moves not only between municipalities; some also comes from or "
        "goes outside, or into or out of a fund or reserve: {names}. The rules show how much.",
        "idle_screen": "{name} does nothing in {first}; see the table over all years in the report.",
        "idle_report": "{name} does nothing in {first}; see the table over all years.",
        "idle_one": "{name} does nothing in {first}.",
        "own_reserve": "{name} already has a reserve of each member's own; that of the study comes on top of it.",
    },
}
