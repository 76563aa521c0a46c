"""Many studies at once: which studies a folder or a list of studies means, and what is set for each.

What is wrong with the list itself is an error before anything is run. What is wrong with one of its studies is found
when that study is loaded, so that it does not keep the others from being run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from solidair.models.problems import InputError, Problem
from solidair.models.schema import Config, RuleError, parse
from solidair.pool.overrides import Override
from solidair.pool.study_checks import true_of
from solidair.pool.study_loader import Loader, Source, builtin

LIST = "studies.toml"
"""The list of a folder: where there is one, it says which studies are meant."""
OVERVIEW = ("index.html", "summary.csv", "batch.json")
"""Files that stand beside the folders of the studies, so that no study can have their names."""


class StudyEntry(Config):
    """One study of a list; where only its name is given, that is `study`.

    Parameters
    ----------
    study
        Name of a study, or a path seen from the list.
    name
        Name of its folder in the output; that of the study if left out.
    set
        Values to set on top of its files, each 'key=value'.
    members
        Municipalities that get a fact sheet: 'all', or codes and names with commas between them.
    workbook
        Whether an Excel workbook is written.
    """

    study: str = Field(min_length=1)
    name: str | None = None
    set: tuple[str, ...] = ()
    members: str | None = None
    workbook: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_named(cls, given: Any) -> Any:
        return {"study": given} if isinstance(given, str) else given

    @field_validator("name")
    @classmethod
    def _is_a_folder(cls, name: str | None) -> str | None:
        if name is not None and (fault := name_fault(name)):
            raise RuleError(fault, "Use letters, digits, spaces and dashes.", name)
        return name


class BatchSpec(Config):
    """A list of studies.

    Parameters
    ----------
    studies
        At least one.
    """

    studies: tuple[StudyEntry, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Listed:
    """A study to run, as a folder or list names it.

    Parameters
    ----------
    name
        Name of its folder in the output.
    study, folder
        What to load, and from where that is seen; see `Study.load`.
    overrides, members, workbook
        What the list says about it; None where it says nothing.
    """

    name: str
    study: str
    folder: Path = Path()
    overrides: tuple[str, ...] = ()
    members: str | None = None
    workbook: bool | None = None


def listed_studies(path: Path) -> tuple[Listed, ...]:
    """Return the studies that a folder or a list means, in a fixed order.

    Of a folder those are its studies (``*.toml``) and its sub-folders with a study.toml; other files are left out.
    Where it has a studies.toml, that list says which studies are meant.

    Raises
    ------
    InputError
        If there is no such list or folder, no study in it, two studies would be written to one folder, or a list has
        faults; all of them at once.
    """
    if true_of(Path.is_dir, path):
        return _of_list(path / LIST) if true_of(Path.is_file, path / LIST) else _of_folder(path)
    if true_of(Path.is_file, path):
        return _of_list(path)
    rule, hint = "there is no such folder or list of studies", f"Give a folder with studies in it, or a {LIST}."
    if str(path) in builtin("studies"):
        hint += f" For one study there is 'solidair run {path}'."
    raise InputError([Problem(str(path), "name", "", rule, hint)])


def override_faults(texts: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the form of overrides."""
    problems: list[Problem] = []
    for text in texts:
        Override.parse(text, problems)
    return problems


def name_fault(name: str) -> str:
    """Return why a name cannot be that of a folder in the output; empty if it can."""
    if not re.fullmatch(r"""[^\s./\\:*?"<>|]([^/\\:*?"<>|\x00-\x1f]*[^\s./\\:*?"<>|])?""", name):
        return "this cannot be the name of a folder"
    return "a file of the overview has this name" if name.casefold() in OVERVIEW else ""


def _of_folder(folder: Path) -> tuple[Listed, ...]:
    files = [file for file in sorted(folder.glob("*.toml")) if not file.name.startswith(".") and _may_be_study(file)]
    inner = [sub for sub in sorted(folder.iterdir()) if true_of(Path.is_file, sub / "study.toml")]
    found = [Listed(_own_name(path), str(path)) for path in (*files, *inner)]
    if not found:
        hint = "A study is a TOML file with a region and agreements; 'solidair init DIR' writes one."
        raise InputError([Problem(str(folder), "folder", "", "there is no study in this folder", hint)])
    hint = f"Rename one of them, or list the studies in a {LIST} with a name for each."
    _refuse([*_wrong_names(str(folder), "folder", found, hint)])
    return tuple(found)


def _may_be_study(file: Path) -> bool:
    """Return whether a TOML file is a study: also one that cannot be read, so that its fault is told."""
    loader = Loader(())
    document = loader.document(Source(file, str(file)), "study", "")
    if document is None:
        return True
    return bool({"region", "agreements"} & set(document)) and not {"clauses", "care_types"} & set(document)


def _of_list(file: Path) -> tuple[Listed, ...]:
    loader, shown = Loader(()), str(file)
    document = loader.document(Source(file, shown), "batch", "")
    if document is None:
        raise InputError(loader.problems)
    if "studies" not in document and "region" in document:
        hint = f"Run it with 'solidair run {shown}', or name it in a {LIST}."
        raise InputError([Problem(shown, "whole file", "", "this is a study, not a list of studies", hint)])
    spec = parse(BatchSpec, document, shown)
    found = [_listed(entry, file.parent) for entry in spec.studies]
    problems = [
        replace(problem, file=shown, where=f"studies.{number}.set", value=problem.where)
        for number, entry in enumerate(spec.studies, 1)
        for problem in override_faults(entry.set)
    ]
    hint = 'Give each study a name of its own: name = "...".'
    _refuse([*problems, *_wrong_names(shown, "studies.{number}.name", found, hint)])
    return tuple(found)


def _listed(entry: StudyEntry, folder: Path) -> Listed:
    name = entry.name or _own_name(folder / entry.study)
    return Listed(name, entry.study, folder, entry.set, entry.members, entry.workbook)


def _own_name(path: Path) -> str:
    """Return the name of a study by its path: of the file, or of the folder where the file is a study.toml."""
    if path.name in ("study.toml", "study") and not true_of(Path.is_dir, path):
        return path.resolve().parent.name
    return path.resolve().name.removesuffix(".toml")


def _wrong_names(file: str, where: str, found: Sequence[Listed], hint: str) -> list[Problem]:
    """Return a problem for every study whose folder is that of an earlier one, or cannot be."""
    problems, seen = [], set()
    for number, one in enumerate(found, 1):
        place = where.format(number=number)
        if fault := name_fault(one.name):
            problems.append(Problem(file, place, one.name, fault, hint))
        elif one.name.casefold() in seen:  # some systems do not tell capitals apart
            rule = "an earlier study has this name too, and both would be written to one folder"
            problems.append(Problem(file, place, one.name, rule, hint))
        seen.add(one.name.casefold())
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(problems)
