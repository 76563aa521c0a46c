"""Studies: a region, a cost model, agreements and run settings, loaded and checked at the door.

This is the one place that opens TOML files. A name is looked up first as a file beside the study, then among the
files that come with solidair.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field

from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem, suggest
from solidair.models.regions import Region
from solidair.models.schema import Config, Words, parse
from solidair.models.sources.regions import read_region
from solidair.pool.agreements import Agreement
from solidair.pool.overrides import Override, apply_overrides

KINDS = {"regions": ".csv", "costs": ".toml", "agreements": ".toml", "studies": ".toml"}
OWN_USE = "own-use"


class Settings(Config):
    """How a study is run."""

    sims: int = Field(default=20_000, ge=100, le=100_000_000)
    seed: int = Field(default=2026, ge=0, lt=2**64)


class StudySpec(Config):
    """A study file."""

    title: Words
    region: str
    costs: str
    agreements: tuple[str, ...] = Field(min_length=1)
    settings: Settings = Settings()


@dataclass(frozen=True)
class Study:
    """A checked study, ready to run.

    Parameters
    ----------
    name
        Name of the study file, without ending.
    title
        Title for readers.
    region, costs, agreements
        What is compared on whom.
    settings
        Years to simulate and seed.
    inputs
        Every file that was read: how it was named, and the SHA-256 of its bytes.
    overrides
        Values set on top of the files, as the user wrote them.
    """

    name: str
    title: Words
    region: Region
    costs: CostModel
    agreements: tuple[Agreement, ...]
    settings: Settings = Settings()
    inputs: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()

    @staticmethod
    def load(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Study:
        """Load a study by name or path.

        Parameters
        ----------
        name_or_path
            A name that comes with solidair, such as 'haaglanden', a TOML file, or a folder with a study.toml.
        overrides
            Values to set on top, each 'key=value'; see `solidair.pool.overrides`.

        Raises
        ------
        InputError
            With every problem of every file of the study, all at once.
        """
        return _Loader(overrides).study(name_or_path)


def builtin(kind: str) -> dict[str, Traversable]:
    """Return the files of one kind that come with solidair, by name."""
    ending = KINDS[kind]
    found = {f.name.removesuffix(ending): f for f in files(f"solidair.configs.{kind}").iterdir()}
    return {name: found[name] for name in sorted(found) if found[name].name.endswith(ending)}


def load_agreement(name_or_path: str | Path) -> Agreement:
    """Load one agreement by name or path.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    loader = _Loader(())
    agreement = loader.agreement(str(name_or_path), Path(), "", 1)
    if agreement is None:
        raise InputError(loader.problems)
    return agreement


class _Loader:
    """One loading of one study: collects problems and digests over all its files."""

    def __init__(self, overrides: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self.inputs: dict[str, str] = {}
        self.overrides = [Override.parse(text, self.problems) for text in overrides]
        self.texts = tuple(overrides)

    def study(self, name_or_path: str | Path) -> Study:
        source = self._locate("studies", str(name_or_path), Path())
        if source is None:
            raise InputError(self.problems)
        folder = source.parent if isinstance(source, Path) else Path()
        name = source.name.removesuffix(".toml")
        if name == "study" and isinstance(source, Path):
            name = source.resolve().parent.name
        document = self._document(source, "study", "")
        spec = self._attempt(lambda: parse(StudySpec, document, str(source))) if document is not None else None
        if spec is None:
            raise InputError(self.problems)
        costs = self._costs(spec.costs, folder, str(source))
        region = self._region(spec.region, folder, str(source), costs)
        agreements = [self.agreement(entry, folder, str(source), n) for n, entry in enumerate(spec.agreements, 1)]
        names = [agreement.name for agreement in agreements if agreement]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            hint = "Name each agreement once; give a variant a file of its own."
            self.problems.append(Problem(str(source), "agreements", twice, "agreement named twice", hint))
        for agreement in agreements:
            if agreement and region and costs:
                self.problems += agreement.faults(region, costs.ids)
        self.problems += [
            Problem("--set", o.text, "", f"there is no agreement '{o.path[1]}' in this study", suggest(o.path[1], names))
            for o in self.overrides
            if o and o.path[0] == "agreements" and len(o.path) > 1 and o.path[1] not in names and len(names) > 0
        ]
        if self.problems or region is None or costs is None:
            raise InputError(self.problems)
        kept = tuple(agreement for agreement in agreements if agreement)
        return Study(name, spec.title, region, costs, kept, spec.settings, dict(self.inputs), self.texts)

    def _costs(self, entry: str, folder: Path, file: str) -> CostModel | None:
        source = self._locate("costs", entry, folder, file, "costs")
        document = self._document(source, "costs", "") if source else None
        if source is None or document is None:
            return None
        name = source.name.removesuffix(".toml")
        return self._attempt(lambda: CostModel.from_document(document, name, str(source)))

    def _region(self, entry: str, folder: Path, file: str, costs: CostModel | None) -> Region | None:
        source = self._locate("regions", entry, folder, file, "region")
        if source is None:
            return None
        self._digest(source)
        per_youth = costs.spec.budget_per_youth.value if costs else 1.0
        region = self._attempt(lambda: read_region(source, budget_per_youth_eur=per_youth))
        chosen = [o for o in self.overrides if o and o.path[0] == "region" and len(o.path) > 1]
        for override in chosen if region else []:
            region = self._override_member(region, override) if region else None
        return region

    def _override_member(self, region: Region, override: Override) -> Region | None:
        code, column = override.path[1], ".".join(override.path[2:])
        columns = ("inhabitants", "youth", "youth_budget_eur", "need_index", "buffer_eur")
        if code not in region.codes:
            hint = suggest(code, region.codes)
            self.problems.append(Problem("--set", override.text, code, "no such member in this region", hint))
        elif column not in columns:
            hint = suggest(column, columns)
            self.problems.append(Problem("--set", override.text, column, "no such column of a region", hint))
        elif isinstance(override.value, bool) or not isinstance(override.value, int | float) or override.value <= 0:
            hint = "Write a number above 0, with a point as decimal mark."
            self.problems.append(Problem("--set", override.text, str(override.value), "must be a number above 0", hint))
        else:
            whole = column in ("inhabitants", "youth")
            value = int(override.value) if whole else float(override.value)
            changes: dict[str, Any] = {column: value}
            if column == "youth_budget_eur":
                changes["budget_derived"] = False
            members = tuple(replace(m, **changes) if m.code == code else m for m in region.members)
            return replace(region, members=members)
        return None

    def agreement(self, entry: str, folder: Path, file: str, number: int) -> Agreement | None:
        source = self._locate("agreements", entry, folder, file, f"agreements.{number}")
        name = source.name.removesuffix(".toml") if source else ""
        document = self._document(source, "agreements", name) if source else None
        if source is None or document is None:
            return None
        return self._attempt(lambda: Agreement.from_document(document, name, str(source)))

    def _locate(
        self, kind: str, entry: str, folder: Path, file: str = "", where: str = ""
    ) -> Path | Traversable | None:
        """Return the file that a name or path means."""
        known = builtin(kind)
        path = folder / entry
        options = [path, path.with_name(path.name + KINDS[kind])] if entry else []
        for option in options:
            if option.is_file():
                return option
        if kind == "studies" and path.is_dir():
            if (path / "study.toml").is_file():
                return path / "study.toml"
            rule = "this folder has no study.toml"
            self.problems.append(Problem(entry, "folder", "", rule, "Make one with 'solidair init DIR'."))
            return None
        if entry in known:
            return known[entry]
        singular = {"regions": "region", "costs": "cost model", "agreements": "agreement", "studies": "study"}[kind]
        rule = f"there is no {singular} of this name, and no such file"
        hint = f"{suggest(entry, known)} See 'solidair list', or give a path to a {KINDS[kind]} file."
        self.problems.append(Problem(file or entry, where or singular, entry if file else "", rule, hint))
        return None

    def _document(self, source: Path | Traversable, root: str, name: str) -> dict[str, Any] | None:
        """Return a TOML document with this run's overrides applied."""
        try:
            data = source.read_bytes()
        except OSError as error:
            rule = f"the file cannot be read: {error.strerror}"
            self.problems.append(Problem(str(source), "file", "", rule, "Check its name and rights."))
            return None
        self._digest(source, data)
        try:
            text = data.decode("utf-8-sig")
            document = tomllib.loads(text.replace("\r\n", "\n"))
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            hint = "Save the file as UTF-8 (in Notepad: Save as, Encoding: UTF-8)."
            value = data[error.start : error.start + 1].hex()
            self.problems.append(Problem(str(source), f"line {line}", f"byte {value}", "TOML must be UTF-8", hint))
            return None
        except tomllib.TOMLDecodeError as error:
            hint = 'Texts stand in "quotes"; numbers without quotes and with a decimal point.'
            self.problems.append(Problem(str(source), "file", "", f"this is not valid TOML: {error}", hint))
            return None
        if not document:
            hint = "Start from 'solidair init DIR', which writes a complete example."
            self.problems.append(Problem(str(source), "file", "", "the file is empty", hint))
            return None
        return apply_overrides(document, [o for o in self.overrides if o], root, name, self.problems)

    def _digest(self, source: Path | Traversable, data: bytes | None = None) -> None:
        if data is None:
            try:
                data = source.read_bytes()
            except OSError:
                return  # the reader that follows reports it
        shown = str(source) if isinstance(source, Path) and source.name not in {
            f.name for kind in KINDS for f in builtin(kind).values()
        } else source.name
        self.inputs[shown] = sha256(data).hexdigest()

    def _attempt(self, action: Any) -> Any:
        try:
            return action()
        except InputError as error:
            self.problems += error.problems
            return None
