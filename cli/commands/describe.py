"""``solidair describe``: the rules of the game, in plain language."""

from __future__ import annotations

import click

from solidair.cli import options


@click.command("describe")
@click.argument("name", metavar="AGREEMENT|STUDY|CARE_TYPE")
@options.overrides
@options.language
@options.as_json
def command(name: str, overrides: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Say in plain language what an agreement, a study or a form of care is.

    Takes a name from `solidair list`, a path, or a form of care such as pleegzorg. A study says which years it covers
    and how they start, and explains each of its agreements, with one case of EUR 300,000 in its smallest member as an
    example: who pays what, that year and the three after it? And which promises does it keep? A form of care says how
    long children stay, at what age, and what a day costs.
    """
    from solidair.pool.describe import describe

    text = describe(name, lang, overrides)
    if as_json:
        from solidair.cli.output import json_text

        click.echo(json_text(text))
        return
    from solidair.cli.screen import show_description

    show_description(text, lang)
