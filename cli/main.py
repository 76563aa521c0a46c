"""The command group, and what happens when something is wrong.

Exit codes: 0 all well; 1 a check or a study of a batch failed, or the disk is full; 2 the input cannot be used, and
nothing was written.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from typing import NoReturn

import click

from solidair.cli.faults import problems_json, show_problems
from solidair.cli.output import Stopped
from solidair.models.problems import InputError

COMMANDS = {
    "run": "Run a study and write its report.",
    "stress": "Show what changes for whom if the world turns out otherwise than planned.",
    "check": "Check a study: its files, then simulated figures against exact ones.",
    "replay": "Draw one simulated path again, and show every case behind its figures.",
    "forecast": "Forecast the end of a year from the costs of its first months.",
    "settle": "Settle a real year: who pays whom, to the cent.",
    "backtest": "Show what agreements would have done in past years.",
    "batch": "Run many studies, and write an overview that leads to their reports.",
    "describe": "Say in plain language what an agreement or a study does.",
    "init": "Write a project of your own to edit, which runs at once.",
    "list": "List the studies, agreements, regions, cost models and scenarios that come with solidair.",
    "warmup": "Compile now, so that the first run does not wait.",
}


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"solidair.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("solidair"), prog_name="solidair")
def cli() -> None:
    """Compare agreements by which municipalities share the cost of specialist youth care.

    Start with `solidair run haaglanden`, or with `solidair init my-region` to use figures of your own.
    """


def main() -> NoReturn:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that lacks a sign such as ✓ must not end the run
    try:
        code = cli.main(standalone_mode=False)
    except InputError as error:
        show_problems(error)
        if "--json" in sys.argv[1:]:
            click.echo(problems_json(error))
        code = 2
    except click.exceptions.Abort:
        click.echo("Stopped; nothing was written.", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = 1 if isinstance(error, Stopped) else 2
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        sys.stderr.close()
        code = 0
    except OSError as error:  # a full disk, a folder without rights; whatever was begun has been removed
        place = f" ({error.filename})" if error.filename else ""
        text = f"The result could not be written: {error.strerror or error}{place}. Nothing was left behind."
        click.echo(text, err=True)
        code = 2
    gc.freeze()  # else the end of the process walks over every object once more, which takes half a second
    sys.exit(code if isinstance(code, int) else 0)
