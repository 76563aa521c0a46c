"""``solidair init``: a project of one's own, which runs at once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from solidair.cli import options

_REGION_NOTE = """\
# De gemeenten van uw regio. Vervang de regels; bewaar als CSV (Excel mag, ook met puntkomma's).
# Verplicht: code (CBS, GM + 4 cijfers), name, inhabitants, youth (0-17 jaar).
# Mag erbij, als kolom: youth_budget_eur (jeugdbudget in euro's; anders geschat uit de jeugdigen),
#   need_index (behoefte-index, 1 = gemiddeld; voor alle gemeenten of voor geen), buffer_eur (weerstandscapaciteit).
"""

_NEXT = {
    "nl": "De map {folder} is klaar. Verder:\n  cd {folder}\n  solidair run .        het rapport komt in out/\n"
    "  solidair describe .   uw overeenkomst in gewone taal\n"
    "Pas daarna region.csv en agreements/our-agreement.toml aan.",
    "en": "The folder {folder} is ready. Next:\n  cd {folder}\n  solidair run .        the report goes to out/\n"
    "  solidair describe .   your agreement in plain language\n"
    "Then edit region.csv and agreements/our-agreement.toml.",
}


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@options.language
def command(folder: Path, lang: str) -> None:
    """Write a commented project into FOLDER, which must be new or empty. It runs at once."""
    from solidair.cli.output import replaced_folder
    from solidair.models.problems import InputError, Problem

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = "Choose a new or empty folder; nothing of yours is ever replaced."
        raise InputError([Problem(str(folder), "folder", "", "this folder is not empty", hint)])
    templates, configs = files("solidair.configs.templates"), files("solidair.configs")
    region = (configs / "regions" / "haaglanden.csv").read_text(encoding="utf-8")
    with replaced_folder(folder) as work:
        (work / "agreements").mkdir()
        _write(work / "study.toml", (templates / "study.toml").read_text(encoding="utf-8"))
        _write(work / "region.csv", _REGION_NOTE + region)
        _write(work / "costs.toml", (configs / "costs" / "nl-2024.toml").read_text(encoding="utf-8"))
        agreement = (templates / "our-agreement.toml").read_text(encoding="utf-8")
        _write(work / "agreements" / "our-agreement.toml", agreement)
    click.echo(_NEXT[lang].format(folder=folder))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
