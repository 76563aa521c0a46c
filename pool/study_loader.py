"""Reading the files of a study: by name or path, with overrides on top, all their problems and digests collected.

This is the one place that opens TOML files. A name is looked up first as a file beside the study, then among the files
that come with solidair.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from solidair.models.anchors import check_anchors
from solidair.models.care import CareCodes
from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem, nearest, suggest
from solidair.models.regions import Region
from solidair.models.schema import Words, parse
from solidair.models.sources.history import History
from solidair.models.sources.open_cases import OpenCases
from solidair.models.sources.regions import BUDGET_PER_YOUTH_EUR, read_region
from solidair.pool.agreements import Agreement, unknown_scopes
from solidair.pool.overrides import Override, apply_overrides, blamed, override_member
from solidair.pool.study_checks import open_stays, past_years, true_of
from solidair.pool.study_spec import HistorySpec, OpenCasesSpec

KINDS = {"regions": ".csv", "costs": ".toml", "agreements": ".toml", "studies": ".toml", "scenarios": ".toml"}
T = TypeVar("T")


def builtin(kind: str) -> dict[str, Traversable]:
    """Return the files of one kind that come with solidair, by name."""
    ending = KINDS[kind]
    found = {f.name.removesuffix(ending): f for f in files(f"solidair.configs.{kind}").iterdir()}
    return {name: found[name] for name in sorted(found) if found[name].name.endswith(ending)}


def builtin_title(kind: str, name: str, language: str) -> str:
    """Return the title of a TOML file that comes with solidair."""
    title: str = tomllib.loads(builtin(kind)[name].read_text(encoding="utf-8"))["title"][language]
    return title


@dataclass(frozen=True)
class Source:
    """A file to read, and how it is named to users: never by where solidair is installed."""

    file: Path | Traversable
    shown: str

    @property
    def name(self) -> str:
        """The name of the file, without ending."""
        return self.file.name.removesuffix(".toml")


class Loader:
    """One loading of one study: collects problems and digests over all its files."""

    def __init__(self, overrides: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self.inputs: dict[str, str] = {}
        parsed = [Override.parse(text, self.problems) for text in overrides]
        self.overrides = [override for override in parsed if override and not override.relative]
        self.changes = [override for override in parsed if override and override.relative]
        self.texts = tuple(overrides)

    def open_cases(
        self,
        document: Mapping[str, Any],
        first_year: int | None,
        folder: Path,
        file: str,
        region: Region | None,
        costs: CostModel | None,
    ) -> OpenCases | None:
        """Return the user's open stays, or None after adding what is wrong with them."""
        entry = document.get("open_cases")
        try:
            spec = parse(OpenCasesSpec, entry, file) if isinstance(entry, Mapping) else None
        except InputError:
            spec = None  # reported with the rest of the study file
        if spec is None:
            return None
        path, codes = folder / spec.file, None if region is None else tuple(map(str, region.codes))
        known = open_stays(spec, path, file, first_year, codes, costs, self.problems)
        if known is not None:
            self.digest(Source(path, str(path)))
        return known

    def history(
        self,
        document: Mapping[str, Any],
        folder: Path,
        file: str,
        region: Region | None,
        costs: CostModel | None,
    ) -> tuple[History | None, bool]:
        """Return the history and whether years that it lacks may be assumed; adds what is wrong with it.

        Of a file that has faults all years count as assumed, so that no agreement is blamed for them.
        """
        entry = document.get("history")
        try:
            spec = parse(HistorySpec, entry, file) if isinstance(entry, Mapping) else None
        except InputError:
            return None, True  # reported with the rest of the study file
        if spec is None:
            return None, False
        path = folder / (spec.file or "")
        codes = None if region is None else [member.code for member in region.members]
        history = past_years(spec, path, file, codes, costs, self.problems)
        if history is not None:
            self.digest(Source(path, str(path)))
        return history, spec.assumed or (spec.file is not None and history is None)

    def marked(self, agreement: Agreement) -> Agreement:
        """Say in the words of an agreement that it was changed for this run, since they may tell of old amounts."""
        texts = [o.text for o in self.overrides if o.path[:2] == ("agreements", agreement.name)]
        if not texts:
            return agreement
        spec, changed = agreement.spec, ", ".join(texts)
        summary = Words(
            nl=f"{spec.summary.nl} [Voor deze studie aangepast: {changed}.]",
            en=f"{spec.summary.en} [Changed for this study: {changed}.]",
        )
        return replace(agreement, spec=spec.model_copy(update={"summary": summary}))

    def refuse_other_agreements(self, names: Sequence[str]) -> None:
        """Add a problem for every override of an agreement that is not there."""
        for override in self.overrides if names else []:
            if override.path[0] == "agreements" and len(override.path) > 1 and override.path[1] not in names:
                rule, hint = "there is no such agreement in this study", suggest(override.path[1], names)
                self.problems.append(Problem("--set", override.text, override.path[1], rule, hint))

    def costs(self, entry: Any, folder: Path, file: str) -> tuple[CostModel | None, CareCodes | None]:
        """Return the cost model, and its care types, which may be known even if it has faults."""
        source = self.locate("costs", entry, folder, file, "costs") if isinstance(entry, str) else None
        document = self.document(source, "costs", "") if source else None
        if source is None or document is None:
            return None, None
        costs = self.checked(lambda: CostModel.from_document(document, source.name, source.shown), document, "costs")
        if costs is None:
            cares = document.get("care_types")
            return None, _codes_of(cares) if cares and isinstance(cares, dict) else None
        self.checked(lambda: check_anchors(costs), document, "costs")
        if self.changes:
            from solidair.pool.stress.planned import changed_costs

            return changed_costs(costs, self.changes, self.problems), costs.codes
        return costs, costs.codes

    def region(self, entry: Any, folder: Path, file: str, costs: CostModel | None) -> Region | None:
        """Return the region with the overrides of its members, or None after adding what is wrong with it."""
        source = self.locate("regions", entry, folder, file, "region") if isinstance(entry, str) else None
        if source is None:
            return None
        self.digest(source)
        per_youth = costs.spec.budget_per_youth.value if costs else BUDGET_PER_YOUTH_EUR
        try:
            region = read_region(source.file, budget_per_youth_eur=per_youth)
        except InputError as error:
            self.problems += [replace(problem, file=source.shown) for problem in error.problems]
            return None
        region = replace(region, file=source.shown)
        for override in self.overrides:
            if override.path[0] == "region" and len(override.path) > 1:
                region = override_member(region, override, per_youth, self.problems)
        if self.changes:
            from solidair.pool.stress.planned import changed_budgets

            region = changed_budgets(region, self.changes, self.problems)
        return region

    def agreement(
        self, entry: str, folder: Path, file: str, number: int, care_types: CareCodes | None = None
    ) -> tuple[str, Agreement | None]:
        """Return the name of an agreement, empty if there is none, and its checked content.

        Of one that has faults, at least the care types are checked against those that are known.
        """
        source = self.locate("agreements", entry, folder, file, f"agreements.{number}")
        if source is None:
            return "", None
        name, document = source.name, self.document(source, "agreements", source.name)
        if document is None:
            return name, None
        agreement = self.checked(
            lambda: Agreement.from_document(document, name, source.shown), document, "agreements", name
        )
        clauses = document.get("clauses")
        if agreement is None and care_types is not None and isinstance(clauses, list):
            takes = [clause.get("take") if isinstance(clause, dict) else None for clause in clauses]
            scopes = [take.get("scope") if isinstance(take, dict) else None for take in takes]
            self.problems += unknown_scopes(scopes, source.shown, care_types)
        return name, self.marked(agreement) if agreement else None

    def locate(self, kind: str, entry: str, folder: Path, file: str = "", where: str = "") -> Source | None:
        """Return the file that a name or path means, or None after adding a problem."""
        known, ending, path = builtin(kind), KINDS[kind], folder / entry
        options = [path, path.parent / (path.name + ending)] if entry and path.name else []
        for option in options:
            if true_of(Path.is_file, option):
                return Source(option, str(option))
        is_folder = kind == "studies" and true_of(Path.is_dir, path)
        if is_folder and true_of(Path.is_file, path / "study.toml"):
            return Source(path / "study.toml", str(path / "study.toml"))
        if entry in known:
            return Source(known[entry], f"{kind}/{known[entry].name}")
        if is_folder:
            rule = "this folder has no study.toml"
            self.problems.append(Problem(entry or ".", "folder", "", rule, "Make one with 'solidair init DIR'."))
            return None
        singular = {
            "regions": "region",
            "costs": "cost model",
            "agreements": "agreement",
            "studies": "study",
            "scenarios": "scenario",
        }[kind]
        beside = path.parent.glob(f"*{ending}") if true_of(Path.is_dir, path.parent) else []
        near = nearest(
            entry,
            [
                *known,
                *sorted(
                    str(Path(entry).parent / (other.name if entry.endswith(ending) else other.stem)) for other in beside
                ),
            ],
        )
        hint = f"Did you mean '{near}'?" if near else suggest(entry, known)
        rule = f"there is no {singular} of this name, and no such file"
        hint += f" See 'solidair list', or give a path to a {ending} file."
        self.problems.append(Problem(file or entry, where or singular, entry[:60] if file else "", rule, hint))
        return None

    def document(self, source: Source, root: str, name: str) -> dict[str, Any] | None:
        """Return a TOML document with this run's overrides applied, or None after adding a problem."""

        def refuse(where: str, value: str, rule: str, hint: str) -> None:
            self.problems.append(Problem(source.shown, where, value[:60], rule, hint))

        try:
            data = source.file.read_bytes()
        except OSError as error:
            refuse("file", "", f"the file cannot be read: {error.strerror}", "Check its name and rights.")
            return None
        self.digest(source, data)
        try:
            document = tomllib.loads(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            number = data[: error.start].count(b"\n")
            line = data.split(b"\n")[number].decode("latin-1").strip()
            hint = "Save the file as UTF-8 (in Notepad: Save as, Encoding: UTF-8)."
            refuse(f"line {number + 1}", line, "a TOML file must be UTF-8", hint)
            return None
        except tomllib.TOMLDecodeError as error:
            lines = data.decode("utf-8-sig").splitlines() or [""]
            said = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
            number = int(said[2]) if said and said[2] else len(lines)
            hint = 'Texts stand in "quotes"; numbers without quotes and with a decimal point.'
            rule = f"this is not valid TOML: {said[1] if said else error}"
            refuse(f"line {number}", lines[min(number, len(lines)) - 1].strip(), rule, hint)
            return None
        if not document:
            hint = "Start from 'solidair init DIR', which writes a complete example."
            refuse("file", "", "the file is empty", hint)
            return None
        return apply_overrides(document, self.overrides, root, name, self.problems)

    def digest(self, source: Source, data: bytes | None = None) -> None:
        """Note a file and the SHA-256 of its bytes, which are read if they are not given."""
        if data is None:
            try:
                data = source.file.read_bytes()
            except OSError:
                return  # the reader that follows reports it
        self.inputs[source.shown] = sha256(data).hexdigest()

    def checked(self, action: Callable[[], T], document: dict[str, Any], root: str, name: str = "") -> T | None:
        """Return what an action makes of a document, or None after adding what it finds wrong."""
        try:
            return action()
        except InputError as error:
            self.problems += blamed(error.problems, document, self.overrides, root, name)
            return None


def _codes_of(care_types: Mapping[str, Any]) -> CareCodes:
    """Return the codes of care types of a cost model with faults, as far as they are there."""

    def listed(care: Any, key: str) -> list[str]:
        codes = care.get(key) if isinstance(care, dict) else None
        return [code for code in codes if isinstance(code, str)] if isinstance(codes, list) else []

    return {id_: (*listed(care, "iv3"), *listed(care, "ijw")) for id_, care in care_types.items()}
