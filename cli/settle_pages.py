"""What a statement says, page by page, before it is written as Excel or HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from solidair.cli.texts.settle import TEXTS, line_label
from solidair.models.costs import CostModel
from solidair.pool.disclosure import Disclosure
from solidair.pool.parts.words import Wording
from solidair.pool.settle_year import ClauseYear, YearSettlement
from solidair.pool.statement.correction import Correction
from solidair.pool.statement.suppression import HIDDEN
from solidair.pool.statement.transfers import Transfers
from solidair.pool.year_cents import ACCOUNT, OUTSIDE


@dataclass(frozen=True)
class Money:
    """Whole cents, shown as euros."""

    cents: int


@dataclass(frozen=True)
class Share:
    """A share, shown as a percentage."""

    value: float


Cell = str | int | Money | Share


@dataclass(frozen=True)
class Grid:
    """A table: the first columns that hold text are its row headers; `total` says whether the last row is one."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False


@dataclass(frozen=True)
class Page:
    """A sheet of a workbook and a section of an HTML page."""

    name: str
    title: str
    texts: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A statement for one kind of reader."""

    title: str
    kicker: str
    lead: tuple[str, ...]
    pages: tuple[Page, ...]


@dataclass(frozen=True, eq=False)
class Statement:
    """Everything that documents are made of.

    Parameters
    ----------
    settled, disclosure, costs
        The settlement, what all may see of it, and the names of care types.
    transfers
        Who pays whom now: all of it, or what a correction leaves to be paid.
    inputs
        What was read, by role: the name as the user wrote it.
    correction
        Changes of advances and balances against the earlier statement; None if there is none.
    own_corrections
        Per member the changes of all its lines.
    """

    settled: YearSettlement
    disclosure: Disclosure
    costs: CostModel
    transfers: Transfers
    inputs: Mapping[str, str]
    language: str
    correction: Correction | None = None
    own_corrections: Mapping[str, Correction] = field(default_factory=dict)

    @property
    def text(self) -> dict[str, str]:
        """The words."""
        return TEXTS[self.language]

    def name(self, code: str) -> str:
        """Return the name of a party."""
        if code in (OUTSIDE, ACCOUNT):
            return self.text["outside" if code == OUTSIDE else "account"]
        names = {m.code: m.name for m in self.settled.region.members}
        return names.get(code, code)

    @property
    def private(self) -> str:
        """What is hidden, in words."""
        return self.text[f"level_{self.disclosure.level}"].format(fewest=self.disclosure.fewest)

    def care(self, id_: str) -> str:
        """Return the name of a care type."""
        labels = {care.id: care.label[self.language] for care in self.costs.care_types}
        return labels.get(id_, id_)


def shared_document(statement: Statement) -> Document:
    """Return what all members may see."""
    text, settled = statement.text, statement.settled
    pages = [_overview(statement)]
    pages += [_correction(statement)] if statement.correction is not None else []
    pages += [_cost(statement)] if statement.disclosure.cost is not None else []
    pages += [_member(statement, place) for place in range(len(settled.codes))]
    pages += [_audit(statement, None), _assumptions(statement)]
    return Document(
        text["title"].format(year=settled.year), _kicker(statement), (statement.private, text["level_warning"]),
        tuple(pages),
    )  # fmt: skip


def member_document(statement: Statement, place: int) -> Document:
    """Return what one member may see of itself."""
    text, settled = statement.text, statement.settled
    member, code = settled.region.members[place], settled.codes[place]
    lines = settled.lines()
    rows = tuple((line_label(line, statement.language), Money(lines.of(line, code))) for line in lines.lines)
    grids = [Grid(text["title"].format(year=settled.year), (text["line"], text["amount"]), rows)]
    grids.append(_transfers(statement, code))
    grids.append(_own_cost(statement, place))
    pages = [Page(text["yours"], text["yours"], (text["euro"],), tuple(grids))]
    if code in statement.own_corrections:
        pages.append(
            Page(text["correction"], text["correction"], *_changes(statement, statement.own_corrections[code]))
        )
    pages += [_audit(statement, place), _assumptions(statement)]
    title = text["title_member"].format(year=settled.year, member=member.name)
    return Document(title, _kicker(statement), (text["own_file"].format(member=member.name),), tuple(pages))


def _kicker(statement: Statement) -> str:
    agreement = statement.settled.agreement.spec.title[statement.language]
    return statement.text["kicker"].format(region=statement.settled.region.title, agreement=agreement)


def _money(cents: int, statement: Statement) -> Cell:
    return statement.text["hidden"] if cents == HIDDEN else Money(cents)


def _figures(statement: Statement, place: int) -> dict[str, Cell]:
    """Return the figures of a member that all may see, by the key of their name."""
    settled, disclosure = statement.settled, statement.disclosure
    found: dict[str, Cell] = {}
    own = disclosure.own(place)
    if disclosure.level != "balances":
        found["own"] = _money(own, statement)
    if disclosure.level == "all":
        for name in ("handed_in", "paid", "charged"):
            found[name] = Money(int(getattr(settled, name)[place]))
    if disclosure.level != "balances":
        # Beside the balance, the contribution is as good as the own cost.
        found["contribution"] = _money(HIDDEN if own == HIDDEN else int(settled.contribution[place]), statement)
    found["advance"] = Money(int(settled.advance[place]))
    return found | _balance(int(settled.balance[place]))


def _balance(cents: int) -> dict[str, Cell]:
    return {"receives": Money(max(cents, 0)), "pays": Money(max(-cents, 0))}


def _overview(statement: Statement) -> Page:
    settled, text = statement.settled, statement.text
    figures = [_figures(statement, place) for place in range(len(settled.codes))]
    names = list(figures[0])
    rows: list[tuple[Cell, ...]] = [
        (member.name, member.code, *found.values())
        for member, found in zip(settled.region.members, figures, strict=True)
    ]
    lines = settled.lines()
    for code in (OUTSIDE, ACCOUNT):
        balance, advance = lines.of("balance", code), lines.of("advance", code)
        if balance or advance:
            found = dict.fromkeys(names, "") | {"advance": Money(advance)} | _balance(balance)
            rows.append((statement.name(code), "", *found.values()))
    sums: list[Cell] = []
    for column in range(2, len(names) + 2):
        cells = [row[column] for row in rows if row[column] != ""]
        amounts = [cell.cents for cell in cells if isinstance(cell, Money)]
        # A sum beside a single hidden figure would give it away; hidden figures have no sum at all.
        sums.append(Money(sum(amounts)) if len(amounts) == len(cells) else text["hidden"])
    rows.append((text["total"], "", *sums))
    columns = (text["member"], text["code"], *(text[name] for name in names))
    grid = Grid(text["title"].format(year=settled.year), columns, tuple(rows), total=True)
    return Page(text["overview"], text["overview"], (text["euro"],), (grid, _transfers(statement, None)))


def _transfers(statement: Statement, code: str | None) -> Grid:
    text = statement.text
    paid = [t for t in statement.transfers.transfers if code in (None, t.payer, t.receiver)]
    rows = tuple((statement.name(t.payer), statement.name(t.receiver), Money(t.cents)) for t in paid)
    count = len(statement.transfers.transfers)
    said = text["few_transfers" if statement.transfers.proven_fewest else "some_transfers"].format(count=count)
    title = f"{text['transfers']}. {said if rows and code is None else '' if rows else text['no_transfers']}".strip()
    return Grid(title, (text["payer"], text["receiver"], text["amount"]), rows)


def _correction(statement: Statement) -> Page:
    assert statement.correction is not None
    title = statement.text["correction"]
    return Page(title, title, *_changes(statement, statement.correction))


def _changes(statement: Statement, correction: Correction) -> tuple[tuple[str, ...], tuple[Grid, ...]]:
    text = statement.text
    if not correction.changes:
        return (text["correction_none"],), ()
    rows = tuple(
        (
            statement.name(change.code),
            line_label(change.line, statement.language),
            Money(change.was),
            Money(change.now),
            Money(change.difference),
        )
        for change in correction.changes
    )
    columns = tuple(text[name] for name in ("member", "line", "was", "now", "difference"))
    return (text["correction_text"],), (Grid(text["correction"], columns, rows),)


def _cost(statement: Statement) -> Page:
    text, view = statement.text, statement.disclosure.cost
    assert view is not None
    types = statement.disclosure.by_care_type
    columns = [statement.care(id_) for id_ in view.categories] if types else []
    names = [m.name for m in statement.settled.region.members] + [text["total"]]
    shown = [[*row[:-1], row[-1]] if types else [row[-1]] for row in view.amounts.tolist()]
    rows = tuple(
        (name, *(_money(int(cents), statement) for cents in row)) for name, row in zip(names, shown, strict=True)
    )
    grid = Grid(text["cost_title"], (text["member"], *columns, text["total"]), rows, total=True)
    return Page(text["cost"], text["cost"], (statement.private,), (grid,))


def _own_cost(statement: Statement, place: int) -> Grid:
    settled, text = statement.settled, statement.text
    rows: list[tuple[Cell, ...]] = []
    for kind, id_ in enumerate(settled.care_types):
        inside = (settled.rows.member == place) & (settled.rows.care == kind)
        if inside.any():
            count = len(set(settled.rows.child[inside].tolist()))
            rows.append((statement.care(id_), count, Money(int(settled.own[kind, place]))))
    children = len(set(settled.rows.child[settled.rows.member == place].tolist()))
    rows.append((text["total"], children, Money(int(settled.own_cost[place]))))
    return Grid(text["cost_title"], (text["care"], text["children"], text["amount"]), tuple(rows), total=True)


def _member(statement: Statement, place: int) -> Page:
    """Return the page about one member in what all members see."""
    settled, text = statement.settled, statement.text
    code = settled.codes[place]
    rows = tuple((text[name], cell) for name, cell in _figures(statement, place).items())
    grid = Grid(text["title"].format(year=settled.year), (text["line"], text["amount"]), rows)
    title = settled.region.members[place].name
    own = text["own_in"].format(code=code)
    return Page(code, title, (own,), (grid, _transfers(statement, code)))


def _audit(statement: Statement, place: int | None) -> Page:
    """Return the audit trail: of all members as far as all may see it, or of one member in full."""
    text, settled = statement.text, statement.settled
    spec = settled.agreement.spec
    names = {m.code: m.name for m in settled.region.members}
    labels = {care.id: care.label[statement.language] for care in statement.costs.care_types}
    say = Wording(statement.language, labels, names, spec.money.currency if spec.money else "EUR")
    pages: list[Grid] = []
    texts: list[str] = []
    for clause, year in zip(spec.clauses, settled.clauses, strict=True):
        title = text["audit_clause"].format(number=year.number, title=year.title[statement.language])
        words = " ".join((clause.take.words(say), clause.pot.words(say), clause.charge.words(say)))
        if not year.holds:
            texts.append(f"{title}. {text['audit_none'].format(year=settled.year)}")
            continue
        texts.append(f"{title}. {words}")
        grid = _trail(statement, year, title, place)
        pages += [grid] if grid.columns[1:] else []
    if place is None and statement.disclosure.level != "all":
        texts.append(text["hidden_audit"])
    return Page(text["audit"], text["audit"], tuple(texts), tuple(pages), (text["closes"],))


def _trail(statement: Statement, year: ClauseYear, title: str, place: int | None) -> Grid:
    text, settled = statement.text, statement.settled
    everything = place is not None or statement.disclosure.level == "all"
    # A key that follows clients or cost tells how many or how much there is of each member.
    weights = year.weights if everything or year.fixed_key else None
    columns = [text["member"]]
    columns += [text["weight"]] if weights is not None else []
    columns += [text["children"]] if place is not None else []
    columns += [text[name] for name in ("handed_in", "paid", "charged")] if everything else []
    rows: list[tuple[Cell, ...]] = []
    for number, member in enumerate(settled.region.members):
        if place in (None, number):
            row: list[Cell] = [member.name]
            row += [Share(float(weights[number]))] if weights is not None else []
            row += [int(year.children[number])] if place is not None else []
            moved = (year.handed_in, year.paid, year.charged) if everything else ()
            rows.append((*row, *(Money(int(part[number])) for part in moved)))
    if place is None and everything:
        before: tuple[Cell, ...] = ("",) * (1 if weights is not None else 0)
        if year.outside:
            rows.append((text["from_outside"], *before, "", "", Money(year.outside)))
        if year.fund:
            rows.append((text["to_fund"], *before, "", Money(year.fund), ""))
        sums = [int(part.sum()) for part in (year.handed_in, year.paid, year.charged)]
        sums[1], sums[2] = sums[1] + year.fund, sums[2] + year.outside
        rows.append((text["total"], *before, *map(Money, sums)))
    return Grid(title, tuple(columns), tuple(rows), total=place is None and everything)


def _assumptions(statement: Statement) -> Page:
    text = statement.text
    rows: list[tuple[Cell, ...]] = [(text[f"in_{role}"], name) for role, name in statement.inputs.items()]
    rows += [(text[f"rule_{rule}"], text[f"rule_{rule}_text"]) for rule in ("child", "amount", "own", "cents")]
    rows.append((text["rule_private"], f"{statement.private} {text['level_warning']}"))
    grid = Grid(text["about"], (text["what"], text["how"]), tuple(rows))
    return Page(text["assumptions"], text["assumptions"], (), (grid,))


def documents(statement: Statement) -> Sequence[tuple[str, Document]]:
    """Return every document with the name of its file, without ending."""
    own = [(f"members/{code}", member_document(statement, n)) for n, code in enumerate(statement.settled.codes)]
    return [("statement", shared_document(statement)), *own]
