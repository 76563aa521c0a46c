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
    "scenarios": {"nl": "Scenario's", "en": "Scenarios"},
}
ORIGINS = {
    "netherlands": {"nl": "in Nederland", "en": "in the Netherlands"},
    "abroad": {"nl": "in het buitenland", "en": "abroad"},
    "example": {"nl": "voorbeelden", "en": "examples"},
}


@click.command("list")
@click.option(
    "--parts",
    is_flag=False,
    flag_value="all",
    metavar="[KIND]",
    help="List instead what an article can be made of: all takes, pots, charges, keys and lines with their fields; "
    "or those of one KIND, such as take or excess.",
)
@options.language
@options.as_json
def command(parts: str | None, lang: str, as_json: bool) -> None:
    """List the studies, agreements, regions, cost models and scenarios that come with solidair."""
    if parts is not None:
        _list_parts(parts, lang, as_json=as_json)
        return
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


def _list_parts(which: str, lang: str, *, as_json: bool) -> None:
    """Print the reference of parts, all or those of a role or kind."""
    from solidair.pool.reference import ROLES, reference

    entries = reference(None if which == "all" else which)
    if not entries:
        from solidair.models.problems import suggest

        known = dict.fromkeys([*ROLES, *(entry.kind for entry in reference())])
        raise click.BadParameter(f"there is no kind '{which}'. {suggest(which, known)}", param_hint="'--parts'")
    if as_json:
        from dataclasses import asdict

        from solidair.cli.output import json_text

        click.echo(json_text([asdict(entry) for entry in entries]))
        return
    from solidair.cli.parts import parts_lines

    click.echo("\n".join(parts_lines(entries, lang)).lstrip("\n"))


def _show(heading: str, titles: Mapping[str, str]) -> None:
    """Print names with titles, in two columns."""
    click.echo(click.style(heading, bold=True))
    width = max(map(len, titles), default=0)
    for name, title in titles.items():
        click.echo(f"  {name:<{width}}  {title}")
