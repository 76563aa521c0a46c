"""``solidair describe``: the rules of the game, in plain language."""

from __future__ import annotations

import json

import click

from solidair.cli import options


@click.command("describe")
@click.argument("name", metavar="AGREEMENT|STUDY")
@options.overrides
@options.language
@options.as_json
def command(name: str, overrides: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Say in plain language what an agreement or a study does.

    Takes a name from `solidair list` or a path. A study explains each of its agreements, with one case of EUR 300,000
    in its smallest member as an example: who pays what?
    """
    from solidair.pool.describe import describe

    text = describe(name, lang, overrides)
    if as_json:
        click.echo(json.dumps(text, ensure_ascii=False))
        return
    from solidair.cli.screen import show_description

    show_description(text, lang)
