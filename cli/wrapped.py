"""Long lines for people: broken between words where the terminal ends, and left whole in a pipe for a machine."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click


def say(line: str, indent: str = "") -> None:
    """Print a line on standard error.

    Parameters
    ----------
    indent
        What goes before the line, and before each line that it is broken into.
    """
    if sys.stderr.isatty():
        width = max(shutil.get_terminal_size().columns, 40)
        # Names, paths and keys stay whole, so that they can be copied.
        line = textwrap.fill(line, width - len(indent), break_long_words=False, break_on_hyphens=False)
        line = line.replace("\n", f"\n{indent}")
    click.echo(f"{indent}{line}", err=True)
