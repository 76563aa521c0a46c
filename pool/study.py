"""Studies: a region, a cost model, agreements and run settings, loaded and checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.departures import Departure
from solidair.models.problems import InputError, Problem, suggest
from solidair.models.regions import Region
from solidair.models.schema import Words, parse
from solidair.models.sources.groups import ListedStays, listed_stays
from solidair.models.sources.history import History
from solidair.models.sources.open_cases import OpenCases
from solidair.pool.agreements import Agreement
from solidair.pool.finance.spec import FinanceSpec
from solidair.pool.mergers import Merger, MergerSpec, merger_faults, named, placed
from solidair.pool.overrides import blamed
from solidair.pool.setting import Setting
from solidair.pool.study_checks import misfits, missing_openings, odd_budgets
from solidair.pool.study_loader import KINDS, Loader, builtin, builtin_title
from solidair.pool.study_spec import Settings, StudySpec

OWN_USE = "own-use"


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
    listed
        Counts of the file of open stays, also if too few are in it to use any; None without a file.
    mergers
        Municipalities that become one in some year.
    history
        Clients and cost of past years; None if the study has no such file.
    history_assumed
        Whether past years that the history lacks may be taken as the cost model expects them.
    reference
        The agreement that the others are compared with; None to compare with own use only.
    agreed
        The cost model that budgets, keys and premiums were made with, where what happens is another one; None if not.
    departures
        Where budgets are not what was planned; those of prices and clients belong to the cost model.
    finance
        How much certainty the councils ask for, and the reserve that bears overruns.
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
    listed: ListedStays | None = None
    history: History | None = None
    history_assumed: bool = False
    mergers: tuple[Merger, ...] = ()
    reference: str | None = None
    agreed: CostModel | None = None
    departures: tuple[Departure, ...] = ()
    finance: FinanceSpec = field(default_factory=FinanceSpec)

    @property
    def planned(self) -> Study:
        """The study as it was when budgets and agreements were made: nothing in it that nobody had planned."""
        costs = (self.agreed or self.costs).planned
        return (
            self
            if costs is self.costs and not self.departures
            else replace(self, costs=costs, agreed=None, departures=())
        )

    @property
    def calendar(self) -> Calendar:
        """The budget years."""
        return Calendar(self.settings.first_year, self.settings.years)

    @cached_property
    def setting(self) -> Setting:
        """What agreements may look at: members, years, what is expected."""
        first, years = self.settings.first_year, self.settings.years
        costs = self.costs if self.agreed is None else self.agreed
        plain = Setting.of(self.region, costs, first, years, self.history, assumed=self.history_assumed)
        return replace(plain, mergers=self.mergers, departures=self.departures)

    def over(self, years: int | None = None, first_year: int | None = None) -> Study:
        """Return the study over other years; those that are left out stay as they are.

        Raises
        ------
        InputError
            If an agreement or a merger does not fit these years.
        """
        first = self.settings.first_year if first_year is None else first_year
        update = {"first_year": first, "years": self.settings.years if years is None else years}
        moved = [replace(m, place=m.place + self.settings.first_year - first) for m in self.mergers]
        changed = replace(self, settings=self.settings.model_copy(update=update), mergers=tuple(moved))
        problems = [p for agreement in self.agreements for p in agreement.faults(changed.setting)]
        if any(merger.place < 1 for merger in moved):
            rule = "a merger of this study falls in the first year or before it"
            hint = "Begin earlier, or put the merged municipality in the region file."
            problems.append(Problem(self.name, "mergers", str(first), rule, hint))
        if problems:
            raise InputError(problems)
        return changed

    @staticmethod
    def load(name_or_path: str | Path, overrides: Sequence[str] = (), folder: Path = Path()) -> Study:
        """Load a study by name or path.

        Parameters
        ----------
        name_or_path
            A name that comes with solidair, such as 'haaglanden', a TOML file, or a folder with a study.toml.
        overrides
            Values to set on top, each 'key=value'; see `solidair.pool.overrides`.
        folder
            From where a path is seen: the current folder if left out.

        Raises
        ------
        InputError
            With every problem of every file of the study, all at once.
        """
        return _StudyLoader(overrides).study(name_or_path, folder)


class _StudyLoader(Loader):
    """One loading of one whole study."""

    def study(self, name_or_path: str | Path, place: Path) -> Study:
        source = self.locate("studies", str(name_or_path), place)
        document = self.document(source, "study", "") if source else None
        if source is None or document is None:
            raise InputError(dict.fromkeys(self.problems))
        folder = source.file.parent if isinstance(source.file, Path) else Path()
        is_plain = source.name == "study" and isinstance(source.file, Path)
        name = source.file.resolve().parent.name if is_plain and isinstance(source.file, Path) else source.name
        spec = self.checked(lambda: parse(StudySpec, document, source.shown), document, "study")
        # A fault in the study file does not keep the files that it names from being checked.
        costs, ids = self.costs(document.get("costs"), folder, source.shown)
        region = self.region(document.get("region"), folder, source.shown, costs)
        entries = document.get("agreements")
        numbered = [(n, e) for n, e in enumerate(entries, 1) if isinstance(e, str)] if isinstance(entries, list) else []
        loaded = [self.agreement(entry, folder, source.shown, n, ids) for n, entry in numbered]
        names = [name for name, _ in loaded if name]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            hint = "Name each agreement once; give a variant a file of its own."
            self.problems.append(Problem(source.shown, "agreements", twice, "agreement named twice", hint))
        settings = Settings() if spec is None else spec.settings
        history, assumed = self.history(document, folder, source.shown, region, costs)
        specs: Sequence[MergerSpec] = () if spec is None else spec.mergers
        mergers: tuple[Merger, ...] = ()
        if region is not None and specs:
            wrong = merger_faults(specs, region, settings.first_year, settings.years)
            self.problems += [Problem(source.shown, f"mergers.{w.where}", w.value, w.rule, w.hint) for w in wrong]
            mergers = () if wrong else placed(specs, region, settings.first_year)
            region = region if wrong else named(specs, region)
        for agreement in (agreement for _, agreement in loaded if agreement):
            self.problems += misfits(
                agreement, region, costs, ids, settings, history, assumed=assumed, mergers=mergers
            )  # fmt: skip
        if region is not None and costs is not None:
            self.problems += odd_budgets(region, costs)
        if region is not None and spec is not None:
            self.problems += missing_openings(region, spec.finance, source.shown)
        self.refuse_other_agreements(names)
        first_year = None if spec is None else spec.settings.first_year
        known = self.open_cases(document, first_year, folder, source.shown, region, costs)
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
        listed = None if known is None else listed_stays(known)
        if known is not None:
            region, known = replace(region, notes=(*region.notes, *known.notes)), known if len(known) else None
        if history is not None:
            region = replace(region, notes=(*region.notes, *history.notes))
        inputs, texts = dict(self.inputs), self.texts
        return Study(
            name, title, region, costs, kept, spec.settings, inputs, texts, known, listed, history, assumed, mergers,
            spec.reference, finance=spec.finance,
        )  # fmt: skip


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
    loader = Loader(overrides)
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
    loader = Loader(())
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


__all__ = ["KINDS", "OWN_USE", "Settings", "Study", "builtin", "builtin_title", "is_study", "load_agreement"]
