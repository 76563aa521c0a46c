"""Studies: a region, a cost model, agreements and run settings, loaded and checked at the door.

This is the one place that opens TOML files. A name is looked up first as a file beside the study, then among
the files that come with solidair.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from solidair.models.anchors import check_anchors
from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem, nearest, suggest
from solidair.models.regions import Region
from solidair.models.schema import Words, parse
from solidair.models.sources.open_cases import OpenCases
from solidair.models.sources.regions import BUDGET_PER_YOUTH_EUR, read_region
from solidair.pool.agreements import Agreement, unknown_care_types
from solidair.pool.overrides import Override, apply_overrides, blamed, override_member
from solidair.pool.study_checks import odd_budgets, open_stays, true_of
from solidair.pool.study_spec import OpenCasesSpec, Settings, StudySpec

KINDS = {"regions": ".csv", "costs": ".toml", "agreements": ".toml", "studies": ".toml"}
OWN_USE = "own-use"
T = TypeVar("T")


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
    open_cases
        Stays that are really open at the start; None to start in steady state.
    """

    name: str
    title: Words
    region: Region
    costs: CostModel
    agreements: tuple[Agreement, ...]
    settings: Settings = field(default_factory=Settings)
    inputs: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    open_cases: OpenCases | None = None

    @property
    def calendar(self) -> Calendar:
        """The budget years."""
        return Calendar(self.settings.first_year, self.settings.years)

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


def builtin_title(kind: str, name: str, language: str) -> str:
    """Return the title of a TOML file that comes with solidair."""
    title: str = tomllib.loads(builtin(kind)[name].read_text(encoding="utf-8"))["title"][language]
    return title


def load_agreement(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Agreement:
    """Load one agreement by name or path.

    Parameters
    ----------
    overrides
        Values of this agreement to set on top; see `solidair.pool.overrides`.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    loader = _Loader(overrides)
    name, agreement = loader.agreement(str(name_or_path), Path(), "", 1)
    loader.refuse_other_agreements([name] if name else [])
    if agreement is None or loader.problems:
        raise InputError(dict.fromkeys(loader.problems))
    return agreement


def is_study(name_or_path: str | Path) -> bool:
    """Return whether this is a study; if not, it is an agreement.

    Raises
    ------
    InputError
        If there is neither of this name.
    """
    loader = _Loader(())
    source = loader.locate("studies", str(name_or_path), Path())
    if source is not None:
        document = loader.document(source, "study", "") or {}
        return "region" in document or not {"clauses", "summary"} & set(document)
    if loader.locate("agreements", str(name_or_path), Path()) is not None:
        return False
    if loader.problems[0].where == "folder":
        raise InputError(loader.problems[:1])
    hint = f"{suggest(str(name_or_path), [*builtin('studies'), *builtin('agreements')])} See 'solidair list'."
    rule = "there is no study or agreement of this name, and no such file"
    raise InputError([Problem(str(name_or_path), "name", "", rule, hint)])


@dataclass(frozen=True)
class _Source:
    """A file to read, and how it is named to users: never by where solidair is installed."""

    file: Path | Traversable
    shown: str

    @property
    def name(self) -> str:
        return self.file.name.removesuffix(".toml")


class _Loader:
    """One loading of one study: collects problems and digests over all its files."""

    def __init__(self, overrides: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self.inputs: dict[str, str] = {}
        parsed = [Override.parse(text, self.problems) for text in overrides]
        self.overrides = [override for override in parsed if override]
        self.texts = tuple(overrides)

    def study(self, name_or_path: str | Path) -> Study:
        source = self.locate("studies", str(name_or_path), Path())
        document = self.document(source, "study", "") if source else None
        if source is None or document is None:
            raise InputError(dict.fromkeys(self.problems))
        folder = source.file.parent if isinstance(source.file, Path) else Path()
        is_plain = source.name == "study" and isinstance(source.file, Path)
        name = source.file.resolve().parent.name if is_plain and isinstance(source.file, Path) else source.name
        spec = self._checked(lambda: parse(StudySpec, document, source.shown), document, "study")
        # A fault in the study file does not keep the files that it names from being checked.
        costs, ids = self._costs(document.get("costs"), folder, source.shown)
        region = self._region(document.get("region"), folder, source.shown, costs)
        entries = document.get("agreements")
        numbered = [(n, e) for n, e in enumerate(entries, 1) if isinstance(e, str)] if isinstance(entries, list) else []
        loaded = [self.agreement(entry, folder, source.shown, n, ids) for n, entry in numbered]
        names = [name for name, _ in loaded if name]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            hint = "Name each agreement once; give a variant a file of its own."
            self.problems.append(Problem(source.shown, "agreements", twice, "agreement named twice", hint))
        for _, agreement in loaded:
            self.problems += agreement.faults(region, ids) if agreement else []
        if region is not None and costs is not None:
            self.problems += odd_budgets(region, costs)
        self.refuse_other_agreements(names)
        first_year = None if spec is None else spec.settings.first_year
        known = self._open_cases(document, first_year, folder, source.shown, region, costs)
        if self.problems or spec is None or region is None or costs is None:
            # A name that an override brought in is not the fault of the study file.
            shown = source.shown
            said = [
                blamed([p], document, self.overrides, "study", "")[0] if p.file == shown else p for p in self.problems
            ]
            raise InputError(dict.fromkeys(said))
        kept = tuple(agreement for _, agreement in loaded if agreement)
        title = spec.title
        if any(override.path == ("region",) for override in self.overrides):
            # The study's own title and folder are about another region.
            title, name = Words(nl=region.title, en=region.title), f"{name}-{region.name}"
        if known is not None:
            region, known = replace(region, notes=(*region.notes, *known.notes)), known if len(known) else None
        return Study(name, title, region, costs, kept, spec.settings, dict(self.inputs), self.texts, known)

    def _open_cases(
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
            self._digest(_Source(path, str(path)))
        return known

    def _marked(self, agreement: Agreement) -> Agreement:
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

    def _costs(self, entry: Any, folder: Path, file: str) -> tuple[CostModel | None, tuple[str, ...] | None]:
        """Return the cost model, and its care types, which may be known even if it has faults."""
        source = self.locate("costs", entry, folder, file, "costs") if isinstance(entry, str) else None
        document = self.document(source, "costs", "") if source else None
        if source is None or document is None:
            return None, None
        costs = self._checked(lambda: CostModel.from_document(document, source.name, source.shown), document, "costs")
        if costs is None:
            cares = document.get("care_types")
            return None, tuple(cares) if cares and isinstance(cares, dict) else None
        self._checked(lambda: check_anchors(costs), document, "costs")
        return costs, costs.ids

    def _region(self, entry: Any, folder: Path, file: str, costs: CostModel | None) -> Region | None:
        source = self.locate("regions", entry, folder, file, "region") if isinstance(entry, str) else None
        if source is None:
            return None
        self._digest(source)
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
        return region

    def agreement(
        self, entry: str, folder: Path, file: str, number: int, care_types: Sequence[str] | None = None
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
        agreement = self._checked(
            lambda: Agreement.from_document(document, name, source.shown), document, "agreements", name
        )
        clauses = document.get("clauses")
        if agreement is None and care_types is not None and isinstance(clauses, list):
            takes = [clause.get("take") if isinstance(clause, dict) else None for clause in clauses]
            scopes = [take.get("scope") if isinstance(take, dict) else None for take in takes]
            self.problems += unknown_care_types(scopes, source.shown, care_types)
        return name, self._marked(agreement) if agreement else None

    def locate(self, kind: str, entry: str, folder: Path, file: str = "", where: str = "") -> _Source | None:
        """Return the file that a name or path means, or None after adding a problem."""
        known, ending, path = builtin(kind), KINDS[kind], folder / entry
        options = [path, path.parent / (path.name + ending)] if entry and path.name else []
        for option in options:
            if true_of(Path.is_file, option):
                return _Source(option, str(option))
        is_folder = kind == "studies" and true_of(Path.is_dir, path)
        if is_folder and true_of(Path.is_file, path / "study.toml"):
            return _Source(path / "study.toml", str(path / "study.toml"))
        if entry in known:
            return _Source(known[entry], f"{kind}/{known[entry].name}")
        if is_folder:
            rule = "this folder has no study.toml"
            self.problems.append(Problem(entry or ".", "folder", "", rule, "Make one with 'solidair init DIR'."))
            return None
        singular = {
            "regions": "region",
            "costs": "cost model",
            "agreements": "agreement",
            "studies": "study",
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

    def document(self, source: _Source, root: str, name: str) -> dict[str, Any] | None:
        """Return a TOML document with this run's overrides applied, or None after adding a problem."""

        def refuse(where: str, value: str, rule: str, hint: str) -> None:
            self.problems.append(Problem(source.shown, where, value[:60], rule, hint))

        try:
            data = source.file.read_bytes()
        except OSError as error:
            refuse("file", "", f"the file cannot be read: {error.strerror}", "Check its name and rights.")
            return None
        self._digest(source, data)
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

    def _digest(self, source: _Source, data: bytes | None = None) -> None:
        if data is None:
            try:
                data = source.file.read_bytes()
            except OSError:
                return  # the reader that follows reports it
        self.inputs[source.shown] = sha256(data).hexdigest()

    def _checked(self, action: Callable[[], T], document: dict[str, Any], root: str, name: str = "") -> T | None:
        try:
            return action()
        except InputError as error:
            self.problems += blamed(error.problems, document, self.overrides, root, name)
            return None
