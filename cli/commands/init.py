"""``solidair init``: a project of one's own, which runs at once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from solidair.cli import options

_REGION_NOTE = {
    "nl": """\
# De gemeenten van uw regio. Vervang de regels; bewaar als CSV (Excel mag, ook met puntkomma's).
# Verplicht: code (CBS, GM + 4 cijfers), name, inhabitants, youth (0-17 jaar).
# Mag erbij, als kolom: youth_budget_eur (jeugdbudget in euro's; anders geschat uit de jeugdigen),
#   need_index (behoefte-index, 1 = gemiddeld; voor alle gemeenten of voor geen),
#   buffer_eur (reserve voor jeugdhulp), capacity_incidental_eur en capacity_structural_eur (weerstandscapaciteit).
""",
    "en": """\
# The municipalities of your region. Replace the lines; save as CSV (Excel is fine, with semicolons too).
# Required: code (CBS, GM + 4 digits), name, inhabitants, youth (aged 0-17).
# May be added, as a column: youth_budget_eur (youth budget in euros; otherwise estimated from the youths),
#   need_index (need index, 1 = average; for all municipalities or for none),
#   buffer_eur (reserve for youth care), capacity_incidental_eur and capacity_structural_eur (capacity to bear losses).
""",
}

_COSTS_NOTE = {
    "nl": '# Voorbeeld: study.toml gebruikt dit bestand pas als daar costs = "costs.toml" staat.\n',
    "en": '# An example: study.toml does not use this file until it says costs = "costs.toml".\n',
}

_NEXT = {
    "nl": "De map {folder} is klaar. Verder:\n  cd {folder}\n  solidair run .        het rapport komt in out/\n"
    "  solidair describe .   uw overeenkomst in gewone taal\n"
    "Pas daarna region.csv en agreements/our-agreement.toml aan.\n"
    'costs.toml is een voorbeeld; schrijf costs = "costs.toml" in study.toml om het te gebruiken.',
    "en": "The folder {folder} is ready. Next:\n  cd {folder}\n  solidair run .        the report goes to out/\n"
    "  solidair describe .   your agreement in plain language\n"
    "Then edit region.csv and agreements/our-agreement.toml.\n"
    'costs.toml is an example; write costs = "costs.toml" in study.toml to use it.',
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
    ending = ".toml" if lang == "nl" else f".{lang}.toml"
    with replaced_folder(folder) as work:
        (work / "agreements").mkdir()
        _write(work / "study.toml", (templates / f"study{ending}").read_text(encoding="utf-8"))
        _write(work / "region.csv", _REGION_NOTE[lang] + region)
        costs = (configs / "costs" / "nl-2024.toml").read_text(encoding="utf-8")
        _write(work / "costs.toml", _COSTS_NOTE[lang] + costs)
        agreement = (templates / f"our-agreement{ending}").read_text(encoding="utf-8")
        _write(work / "agreements" / "our-agreement.toml", agreement)
    click.echo(_NEXT[lang].format(folder=folder))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
