"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=Callable[..., Any])

language = click.option(
    "--lang",
    type=click.Choice(["nl", "en"]),
    default="nl",
    show_default=True,
    help="Language of what is written.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine instead of tables.")
overrides = click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set a value on top of the files, for example costs.verblijf.clients_per_1000=6. Repeatable.",
)
sims = click.option("--sims", type=click.IntRange(min=100), help="Simulated years (default: the study's own).")
seed = click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of all chance (default: the study's own).")
threads = click.option(
    "--threads", type=click.IntRange(min=1), help="Threads (default: all cores); no effect on results."
)
