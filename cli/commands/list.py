"""``solidair list``: what comes with solidair."""

from __future__ import annotations

from collections.abc import Mapping

import click

from solidair.cli import options

HEADINGS = {
    "studies": {"nl": "Studies", "en": "Studies"},
    "agreements": {"nl": "Overeenkomsten", "en": "Agreements"},
    "regions": {"nl": "Regio's", "en": "Regions"},
    "costs": {"nl": "Kostenmodellen", "en": "Cost models"},
}
ORIGINS = {
    "netherlands": {"nl": "in Nederland", "en": "in the Netherlands"},
    "abroad": {"nl": "in het buitenland", "en": "abroad"},
    "example": {"nl": "voorbeelden", "en": "examples"},
}


@click.command("list")
@options.language
@options.as_json
def command(lang: str, as_json: bool) -> None:
    """List the studies, agreements, regions and cost models that come with solidair."""
    from solidair.pool.catalogue import catalogue, origins

    entries = catalogue(lang)
    if as_json:
        from solidair.cli.output import json_text

        click.echo(json_text(entries))
        return
    for kind, heading in HEADINGS.items():
        if kind != "agreements":
            _show(heading[lang], entries[kind])
            continue
        of = origins()
        for origin, where in ORIGINS.items():
            some = {name: title for name, title in entries[kind].items() if of[name] == origin}
            _show(f"{heading[lang]}, {where[lang]}", some)


def _show(heading: str, titles: Mapping[str, str]) -> None:
    """Print names with titles, in two columns."""
    click.echo(click.style(heading, bold=True))
    width = max(map(len, titles), default=0)
    for name, title in titles.items():
        click.echo(f"  {name:<{width}}  {title}")
