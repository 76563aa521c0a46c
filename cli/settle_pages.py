"""What a statement says, page by page, before it is written as Excel or HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from solidair.cli.settle_correction import closing, correction_page, only_earlier
from solidair.cli.settle_grid import Cell, Document, Grid, Money, Page, Share
from solidair.cli.texts.settle import TEXTS, line_label, reader_note, spell_rule
from solidair.models.costs import CostModel
from solidair.pool.clauses import Clause
from solidair.pool.disclosure import Disclosure
from solidair.pool.parts.words import Wording
from solidair.pool.settle_year import ClauseYear, YearSettlement
from solidair.pool.statement.correction import Correction
from solidair.pool.statement.suppression import HIDDEN
from solidair.pool.statement.transfers import Transfers
from solidair.pool.year_cents import ACCOUNT, OUTSIDE


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
    notes
        What the readers of files have to say, as they say it.
    named_children
        Whether the file of cases tells which rows are of one child; else every row is a child.
    overrides
        Values that were set on top of the files.
    spells_by
        Columns that tell care spells apart; None if no article counts per care spell.
    """

    settled: YearSettlement
    disclosure: Disclosure
    costs: CostModel
    transfers: Transfers
    inputs: Mapping[str, str]
    language: str
    correction: Correction | None = None
    own_corrections: Mapping[str, Correction] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    named_children: bool = True
    overrides: tuple[str, ...] = ()
    spells_by: tuple[str, ...] | None = None

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

    def title(self, member: str = "") -> str:
        """Return the title: of a correction it says so."""
        key = "title" if self.correction is None else "title_correction"
        return self.text[f"{key}_member" if member else key].format(year=self.settled.year, member=member)

    @property
    def table_title(self) -> str:
        """The title of the first table."""
        return self.text["title" if self.correction is None else "recalculated"].format(year=self.settled.year)

    def reader_notes(self, *, exact: bool) -> tuple[str, ...]:
        """Return the notes of the readers in the language of the statement, and how children are told apart."""
        fewest = None if exact else self.disclosure.fewest
        said = [] if self.named_children else [self.text["rule_child_rows_note"]]
        said += [] if self.spells_by != () else [spell_rule((), self.language)]
        return (*said, *(reader_note(note, self.language, fewest) for note in self.notes))

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
    pages += [correction_page(statement, statement.correction)] if statement.correction is not None else []
    # By member only, the overview says as much.
    pages += [_cost(statement)] if statement.disclosure.cost is not None and statement.disclosure.by_care_type else []
    pages += [_member(statement, place) for place in range(len(settled.codes))]
    pages += [_audit(statement, None), _assumptions(statement)]
    said = () if statement.correction is None else (text["correction_text"],)
    lead = (*said, statement.private, text["level_warning"])
    return Document(statement.title(), _kicker(statement), lead, tuple(pages))


def member_document(statement: Statement, place: int) -> Document:
    """Return what one member may see of itself."""
    text, settled = statement.text, statement.settled
    member, code = settled.region.members[place], settled.codes[place]
    lines = settled.lines()
    rows: list[tuple[Cell, ...]] = []
    rows += [(line_label(line, statement.language), Money(lines.of(line, code))) for line in lines.lines]
    if statement.correction is not None:
        found = closing(statement, code)
        rows += [(text[name], found[name]) for name in ("settled", "receives_still", "pays_still")]
    grids = [Grid(statement.table_title, (text["line"], text["amount"]), tuple(rows))]
    grids.append(_transfers(statement, code))
    grids.append(_own_cost(statement, place))
    said = () if statement.correction is None else (text["signs"],)
    pages = [Page(text["yours"], text["yours"], (text["euro"], *said), tuple(grids))]
    if code in statement.own_corrections:
        pages.append(correction_page(statement, statement.own_corrections[code]))
    pages += [_audit(statement, place), _assumptions(statement)]
    said = () if statement.correction is None else (text["correction_text"],)
    lead = (*said, text["own_file"].format(member=member.name))
    return Document(statement.title(member.name), _kicker(statement), lead, tuple(pages))


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
    return found | closing(statement, settled.codes[place])


def _overview(statement: Statement) -> Page:
    settled, text = statement.settled, statement.text
    figures = [_figures(statement, place) for place in range(len(settled.codes))]
    names = list(figures[0])
    rows: list[tuple[Cell, ...]] = [
        (member.name, member.code, *found.values())
        for member, found in zip(settled.region.members, figures, strict=True)
    ]
    lines = settled.lines()
    for code in (OUTSIDE, ACCOUNT, *only_earlier(statement)):
        found = {"advance": Money(lines.of("advance", code))} | closing(statement, code)
        if any(isinstance(cell, Money) and cell.cents for cell in found.values()):
            rows.append((statement.name(code), "", *(dict.fromkeys(names, "") | found).values()))
    sums: list[Cell] = []
    for column in range(2, len(names) + 2):
        cells = [row[column] for row in rows if row[column] != ""]
        amounts = [cell.cents for cell in cells if isinstance(cell, Money)]
        # A sum beside a single hidden figure would give it away; hidden figures have no sum at all.
        sums.append(Money(sum(amounts)) if len(amounts) == len(cells) else text["hidden"])
    view = statement.disclosure.cost
    if view is not None and "own" in names:
        # The total of the cost was judged with the table of cost; with balances it gives that of the contributions.
        total, net = int(view.amounts[-1, -1]), int(settled.net.sum())
        sums[names.index("own")] = _money(total, statement)
        sums[names.index("contribution")] = _money(HIDDEN if total == HIDDEN else total + net, statement)
    rows.append((text["total"], "", *sums))
    columns = (text["member"], text["code"], *(text[name] for name in names))
    grid = Grid(statement.table_title, columns, tuple(rows), total=True)
    return Page(
        text["overview"],
        text["overview"],
        (text["euro"],) if statement.correction is None else (text["euro"], text["signs"]),
        (grid, _transfers(statement, None)),
        statement.reader_notes(exact=False),
    )


def _transfers(statement: Statement, code: str | None) -> Grid:
    text = statement.text
    paid = [t for t in statement.transfers.transfers if code in (None, t.payer, t.receiver)]
    rows = tuple((statement.name(t.payer), statement.name(t.receiver), Money(t.cents)) for t in paid)
    count = len(statement.transfers.transfers)
    said = text["few_transfers" if statement.transfers.proven_fewest else "some_transfers"].format(count=count)
    name = text["transfers" if statement.correction is None else "transfers_still"]
    title = f"{name}. {said if rows and code is None else '' if rows else text['no_transfers']}".strip()
    return Grid(title, (text["payer"], text["receiver"], text["amount"]), rows)


def _cost(statement: Statement) -> Page:
    text, view = statement.text, statement.disclosure.cost
    assert view is not None
    columns = [statement.care(id_) for id_ in view.categories]
    names = [m.name for m in statement.settled.region.members] + [text["total"]]
    rows = tuple(
        (name, *(_money(int(cents), statement) for cents in row))
        for name, row in zip(names, view.amounts.tolist(), strict=True)
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
    grid = Grid(statement.table_title, (text["line"], text["amount"]), rows)
    title = settled.region.members[place].name
    own = text["own_in"].format(code=code)
    return Page(code, title, (own,), (grid, _transfers(statement, code)))


def _audit(statement: Statement, place: int | None) -> Page:
    """Return the audit trail: of all members as far as all may see it, or of one member in full."""
    text, settled = statement.text, statement.settled
    spec = settled.agreement.spec
    names = {m.code: m.name for m in settled.region.members}
    currency = spec.money.currency if spec.money else "EUR"
    say = Wording.of(statement.language, statement.costs.care_types, names, currency)
    pages: list[Grid] = []
    texts: list[str] = []
    for clause, year in zip(spec.clauses, settled.clauses, strict=True):
        title = text["audit_clause"].format(number=year.number, title=year.title[statement.language])
        said = (clause.take.words(say), _share_of_year(statement, clause), clause.pot.words(say))
        words = " ".join(filter(None, (*said, clause.charge.words(say))))
        if not year.holds:
            texts.append(f"{title}. {text['audit_none'].format(year=settled.year)}")
            continue
        texts.append(f"{title}. {words}")
        grid = _trail(statement, year, title, place)
        pages += [grid] if grid.columns[1:] else []
    if place is None and statement.disclosure.level != "all":
        texts.append(text["hidden_audit"])
    return Page(text["audit"], text["audit"], tuple(texts), tuple(pages), (text["closes"],))


def _share_of_year(statement: Statement, clause: Clause) -> str:
    """Return which of a list of shares holds in the year that is settled; nothing if there is no list."""
    shares = getattr(clause.take, "share", None)
    if not isinstance(shares, tuple):
        return ""
    year = statement.settled.year
    place = 0 if clause.years.first is None else year - clause.years.first
    share = float(shares[place]) if 0 <= place < len(shares) else 0.0
    percentage = f"{100 * share:.2f}".rstrip("0").rstrip(".")
    percentage = percentage.replace(".", ",") if statement.language == "nl" else percentage
    return statement.text["audit_share"].format(year=year, share=f"{percentage}%")


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
    rows += [(text["in_set"], override) for override in statement.overrides]
    rules = ["child" if statement.named_children else "child_rows", "amount", "own", "cents"]
    child, *others = [(text[f"rule_{rule.removesuffix('_rows')}"], text[f"rule_{rule}_text"]) for rule in rules]
    rows.append(child)
    if statement.spells_by is not None:
        told = spell_rule(statement.spells_by, statement.language)
        rows.append((text["rule_spell"], f"{text['rule_spell_text']} {told}"))
    rows += others
    rows += [(text["reading"], note) for note in statement.reader_notes(exact=False)]
    rows.append((text["rule_private"], f"{statement.private} {text['level_warning']}"))
    grid = Grid(text["about"], (text["what"], text["how"]), tuple(rows))
    return Page(text["assumptions"], text["assumptions"], (), (grid,))


def documents(statement: Statement) -> Sequence[tuple[str, Document]]:
    """Return every document with the name of its file, without ending."""
    own = [(f"members/{code}", member_document(statement, n)) for n, code in enumerate(statement.settled.codes)]
    return [("statement", shared_document(statement)), *own]
