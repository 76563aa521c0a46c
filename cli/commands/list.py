"""``solidair list``: what comes with solidair."""

from __future__ import annotations

import click

from solidair.cli import options

HEADINGS = {
    "studies": {"nl": "Studies", "en": "Studies"},
    "agreements": {"nl": "Overeenkomsten", "en": "Agreements"},
    "regions": {"nl": "Regio's", "en": "Regions"},
    "costs": {"nl": "Kostenmodellen", "en": "Cost models"},
}


@click.command("list")
@options.language
@options.as_json
def command(lang: str, as_json: bool) -> None:
    """List the studies, agreements, regions and cost models that come with solidair."""
    from solidair.pool.catalogue import catalogue

    entries = catalogue(lang)
    if as_json:
        from solidair.cli.output import json_text

        click.echo(json_text(entries))
        return
    for kind, heading in HEADINGS.items():
        click.echo(click.style(heading[lang], bold=True))
        for name, title in entries[kind].items():
            click.echo(f"  {name:<18} {title}")
