"""The reader of real cases: what it adds up, what it accepts and refuses, and that no message shows a cell."""

import itertools
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.care import CareType
from solidair.models.problems import InputError
from solidair.models.schema import Words
from solidair.models.sources.cases import COLUMNS, read_cases

DOCS = Path(__file__).parents[1] / "docs" / "files.md"
CODES = ("GM0503", "GM0518", "GM1916")
HEADER = "code;zorgvorm;bedrag;kind;huishouden;maanden;jaar;startdatum;factuur\n"


def care(name, iv3, ijw, label=None):
    return CareType(name, Words(nl=label or name.title(), en=f"{name} in English"), (iv3,), ijw, stay=True)


CARE = (
    care("pleegzorg", "6.73a", ("44",)),
    care("gezinsgericht", "6.73b", ("44",), "Gezinshuizen"),
    care("verblijf", "6.73c", ("43", "44")),
    care("maatwerk-24-uurs", "6.73c", ("50",)),
    care("gesloten", "6.74c", ("43",)),
)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    folder, number = tmp_path_factory.mktemp("cases"), itertools.count()

    def _read(content, **options):
        path = folder / f"{next(number)}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_cases(path, **{"codes": CODES, "care_types": CARE, **options})

    return _read


@pytest.fixture(scope="module")
def problems(read):
    def _problems(content, **options):
        with pytest.raises(InputError) as caught:
            read(content, **options)
        return caught.value.problems

    return _problems


def test_invoices_of_a_child_are_added_up_and_counted_once(read):
    cases = read(
        HEADER
        + "GM0518;pleegzorg;€ 1.200,50;k2;h1;1;2025;01-03-2025;F1\n"
        + "GM0518;Pleegzorg;800,-;k2;;1,5;2025;2024-11-01;F2\n"
        + "GM0518;pleegzorg;-100;k2;;;2025;;F3\n"
        + "gm0503;maatwerk 24 uurs;40000;k1;h1;12;2025;;F4\n"
        + "GM0518;verblijf;10;k3;;;2025;;F5\n"
    )
    assert cases.year == 2025 and len(cases) == 3 and cases.skipped == 0 and cases.notes == ()
    assert cases.codes == ("GM0503", "GM0518", "GM0518")
    assert cases.care_types == ("maatwerk-24-uurs", "pleegzorg", "verblijf")
    # 1200.50 + 800.00 - 100.00
    assert cases.costs.tolist() == [40000.0, 1900.5, 10.0]
    assert cases.children.tolist() == [0, 1, 2]
    # k1 and k2 are of one household, k3 has one of its own.
    assert cases.households.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(cases.months, [12.0, 2.5, np.nan])
    np.testing.assert_array_equal(cases.starts, np.array(["NaT", "2024-11-01", "NaT"], dtype="datetime64[D]"))


def test_a_sum_of_cents_is_what_is_written(read):
    # In binary 0.1 + 0.2 - 0.3 is 5.6e-17, and -0.3 + 0.1 + 0.2 is 2.8e-17 with another order.
    cases = read("code,care_type,cost,child\n" + "".join(f"GM0518,verblijf,{c},a\n" for c in ("0.1", "0.2", "-0.3")))
    assert cases.costs.tolist() == [0.0] and not np.signbit(cases.costs[0])
    assert len(cases.notes) == 1 and "cost 0 after corrections: 1" in cases.notes[0]


def test_without_the_column_every_row_is_a_child(read):
    cases = read("code,care_type,cost_eur\nGM0518,verblijf,5\nGM0503,verblijf,7\nGM0518,verblijf,5\n")
    assert cases.year is None
    assert cases.codes == ("GM0503", "GM0518", "GM0518")
    assert cases.costs.tolist() == [7.0, 5.0, 5.0]
    assert cases.children.tolist() == [0, 1, 2] and cases.households.tolist() == [0, 1, 2]
    assert "the same as a row above: 1" in cases.notes[0]


rows_of_children = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.sampled_from([c.id for c in CARE]),
        st.integers(0, 10**7),
        st.sampled_from("abcdef"),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(rows_of_children, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rows_does_not_matter_and_no_euro_is_lost(read, rows, chance, named):
    head = "code;care_type;cost;child;months\n" if named else "code;care_type;cost;_mark;months\n"
    lines = [f"{code};{kind};{cents // 100},{cents % 100:02d};{child};{m}\n" for code, kind, cents, child, m in rows]
    first = read(head + "".join(lines))
    chance.shuffle(lines)
    second = read(head + "".join(lines))
    assert (first.codes, first.care_types) == (second.codes, second.care_types)
    for name in ("costs", "children", "households", "months", "starts"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert round(100 * first.costs.sum()) == sum(cents for _, _, cents, _, _ in rows)
    keys = {(code, kind, child) for code, kind, _, child, _ in rows}
    assert len(first) == (len(keys) if named else len(rows))


def test_the_sums_equal_those_of_a_slow_loop(read):
    chance = random.Random(1)
    rows = [
        (chance.choice(CODES), chance.choice(CARE).id, chance.randrange(10**6), f"k{chance.randrange(40)}")
        for _ in range(300)
    ]
    cases = read("code,care_type,cost,child\n" + "".join(f"{c},{t},{x / 100:.2f},{k}\n" for c, t, x, k in rows))
    expected = {}
    for code, kind, cents, child in rows:
        expected[code, kind, child] = expected.get((code, kind, child), 0) + cents
    label = dict(enumerate(sorted({child for *_, child in rows})))
    found = zip(cases.codes, cases.care_types, cases.children, cases.costs, strict=True)
    assert {(c, t, label[k]): round(100 * x) for c, t, k, x in found} == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("pleegzorg", "pleegzorg"),
        ("Maatwerk 24 uurs", "maatwerk-24-uurs"),
        ("Gezinshuizen", "gezinsgericht"),
        ("6.73a", "pleegzorg"),
        ("6,73A", "pleegzorg"),
        ("taakveld 6.73 b", "gezinsgericht"),
        ("6.74", "gesloten"),
        ("50", "maatwerk-24-uurs"),
        ("50.0", "maatwerk-24-uurs"),
    ],
)
def test_a_care_type_may_be_written_as_a_code(read, cell, expected):
    assert read(f"code;zorgvorm;bedrag\nGM0518;{cell};1\n").care_types == (expected,)


@pytest.mark.parametrize(
    ("cell", "either"),
    [
        ("44", "pleegzorg, gezinsgericht or verblijf"),
        ("43", "verblijf or gesloten"),
        ("6.73c", "verblijf or maatwerk-24-uurs"),
        ("6.73", "pleegzorg, gezinsgericht, verblijf or maatwerk-24-uurs"),
    ],
)
def test_a_code_of_several_care_types_names_them(problems, cell, either):
    (problem,) = problems(f"code;taakveld;bedrag\nGM0518;{cell};1\n")
    assert problem.where == "row 2, column taakveld"
    assert problem.rule == "the code must belong to one care type only"
    assert problem.hint == f"Write which one it is: {either}."


def test_rows_of_another_year_are_skipped_and_counted(read, problems):
    content = "code;zorgvorm;bedrag;jaar\nGM0518;verblijf;1;2024\nGM0518;?;fout;2023\nGM0518;verblijf;3;2025\n"
    cases = read(content, year=2024)
    assert cases.year == 2024 and cases.costs.tolist() == [1.0] and cases.skipped == 2
    assert "which are not used: 2" in cases.notes[0]
    assert read("code;zorgvorm;bedrag\nGM0518;verblijf;1\n", year=2024).year == 2024
    assert problems(content)[0].rule == "rows must be of one year, unless a year is asked for"
    (problem,) = problems(content, year=2020)
    assert problem.rule == "rows must be of 2020" and problem.hint == "The file has 2023, 2024, 2025."


FAULTS = [
    ("Delft;verblijf;1;a;;;2025;;", "code", "must be GM and four digits", "a text"),
    ("518;verblijf;1;a;;;2025;;", "code", "must be GM and four digits", "a number"),
    ("GM0519;verblijf;1;a;;;2025;;", "code", "must be a member of the region", "a text"),
    (";verblijf;1;a;;;2025;;", "code", "of the payer must be there", "an empty cell"),
    ("GM0518;verbljif;1;a;;;2025;;", "zorgvorm", "must be one of the cost model", "a text"),
    ("GM0518;;1;a;;;2025;;", "zorgvorm", "the care type must be there", "an empty cell"),
    ("GM0518;verblijf;;a;;;2025;;", "bedrag", "the cost must be there", "an empty cell"),
    ("GM0518;verblijf;1,437;a;;;2025;;", "bedrag", "read in one way only", "a number"),
    ("GM0518;verblijf;€ 1,437 €;a;;;2025;;", "bedrag", "read in one way only", "a number"),
    ("GM0518;verblijf;1,2E+05;a;;;2025;;", "bedrag", "with all its digits", "a text"),
    ("GM0518;verblijf;#N/B;a;;;2025;;", "bedrag", "not an error of Excel", "an error of Excel"),
    ("GM0518;verblijf;10000001;a;;;2025;;", "bedrag", "at most EUR 10,000,000", "a number"),
    ("GM0518;verblijf;12-03-2025;a;;;2025;;", "bedrag", "looks like a date", "a date"),
    ("GM0518;verblijf;1;;;;2025;;", "kind", "the pseudonym of the child must be there", "an empty cell"),
    ("GM0518;verblijf;1;1,23457E+15;;;2025;;", "kind", "Excel has shortened it", "a text"),
    ("GM0518;verblijf;1;a;;13;2025;;", "maanden", "from 0 to 12", "a number"),
    ("GM0518;verblijf;1;a;;-1;2025;;", "maanden", "from 0 to 12", "a number"),
    ("GM0518;verblijf;-1;z;;1;2025;;", "maanden", "empty, 0 or negative", "a number"),
    ("GM0518;verblijf;1;a;;jan;2025;;", "maanden", "must be a number", "a text"),
    ("GM0518;verblijf;1;a;;;25;;", "jaar", "must be a calendar year", "a number"),
    ("GM0518;verblijf;1;a;;;2025;01-01-1900;", "startdatum", "1900 is an empty cell", "a date"),
    ("GM0518;verblijf;1;a;;;2025;45628;", "startdatum", "the number that Excel keeps", "a number"),
    ("GM0518;verblijf;1;a;;;2025;02/12/2024;", "startdatum", "read in one way only", "a date"),
    ("GM0518;verblijf;1;a;;;2025;31-11-2024;", "startdatum", "a day of the calendar", "a date"),
    ("GM0518;verblijf;1;a;;;2025;01-01-2026;", "startdatum", "must be 31-12-2025 or before", "a date"),
    ("GM0518;verblijf;1;a;;;2025;01-01-1925;", "startdatum", "at most 25 years ago", "a date"),
]


@pytest.mark.parametrize(("row", "column", "rule", "kind"), FAULTS)
def test_a_fault_is_named_by_its_place_and_kind(problems, row, column, rule, kind):
    (problem,) = problems(HEADER + row + "\n", year=2025)
    assert problem.where == f"row 2, column {column}"
    assert rule in problem.rule
    assert problem.value == kind
    assert problem.hint


def test_all_faults_come_at_once_in_the_order_of_the_file(problems):
    found = problems(HEADER + "".join(row + "\n" for row, *_ in FAULTS), year=2025)
    assert [p.where for p in found] == [f"row {n}, column {column}" for n, (_, column, *_) in enumerate(FAULTS, 2)]


def test_the_nearest_member_is_named(problems):
    for cell in ("518", "GM0519", "gm-518", "0518"):
        assert problems(f"code;zorgvorm;bedrag\n{cell};verblijf;1\n")[0].hint.startswith("Did you mean GM0518?")
    assert "Remove the row" not in problems("code;zorgvorm;bedrag\n518;verblijf;1\n")[0].hint


def test_a_case_must_not_cost_less_than_nothing(problems):
    content = "code;zorgvorm;bedrag;kind\n" + "".join(f"GM0518;verblijf;{x};{k}\n" for x, k in ((5, "a"), (-9, "a")))
    (problem,) = problems(content + "GM0518;verblijf;7;b\n")
    assert problem.where == "row 3, column bedrag" and "but that of rows 2, 3 is" in problem.rule
    (problem,) = problems("code;zorgvorm;bedrag\nGM0518;verblijf;9\nGM0518;verblijf;-1\n")
    assert problem.where == "row 3, column bedrag" and problem.hint.startswith("Add a column 'child'")
    # The row that would make up for it cannot be read: then nothing is said about the sum.
    (problem,) = problems("code;zorgvorm;bedrag;kind\nGM0518;verblijf;x;a\nGM0518;verblijf;-1;a\n")
    assert problem.where == "row 2, column bedrag"


def test_months_add_up_to_a_year_at_most(read, problems):
    head = "code;zorgvorm;bedrag;kind;maanden\n"
    twelve = "".join(f"GM0518;verblijf;{100 + m};a;1\n" for m in range(12))
    assert read(head + twelve).months.tolist() == [12.0]
    assert read(head + twelve + "GM0518;verblijf;-100;a;-1\n").months.tolist() == [11.0]
    (problem,) = problems(head + twelve + "GM0518;verblijf;1;a;0,5\n")
    assert problem.where == "row 14, column maanden" and "must add up to 0 to 12" in problem.rule
    partly = read(head + "GM0518;verblijf;1;a;2\nGM0518;verblijf;2;a;\n")
    assert np.isnan(partly.months).all() and "months on some rows only: 1" in partly.notes[0]


def test_equal_rows_are_a_fault_with_an_invoice_number_and_a_note_without(read, problems):
    row = "GM0518;verblijf;5;a"
    cases = read("code;zorgvorm;bedrag;kind\n" + f"{row}\n" * 3)
    assert cases.costs.tolist() == [15.0] and "the same as a row above: 2" in cases.notes[0]
    head = "code;zorgvorm;bedrag;kind;factuurnummer\n"
    (problem,) = problems(head + f"{row};F1\n{row};F2\n{row};F1\n")
    assert problem.where == "row 4" and "rows 2 and 4 are the same" in problem.rule
    assert read(head + f"{row};F1\n{row};F2\n").costs.tolist() == [10.0]
    assert "the same as a row above: 1" in read(head + f"{row};\n{row};\n").notes[0]


def test_a_child_is_of_one_household(problems, read):
    head = "code;zorgvorm;bedrag;kind;gezin\n"
    (problem,) = problems(head + "GM0518;verblijf;5;a;h1\nGM0518;gesloten;5;a;h2\n")
    assert problem.where == "row 3, column gezin" and "rows 2 and 3 give two" in problem.rule
    cases = read(head + "GM0518;verblijf;5;a;h1\nGM0518;gesloten;5;a;\nGM0518;gesloten;5;b;h1\n")
    assert cases.households.tolist() == [0, 0, 0] and cases.children.tolist() == [0, 1, 0]


def test_a_pseudonym_with_two_payers_is_noted(read):
    cases = read("code;zorgvorm;bedrag;kind\nGM0518;verblijf;5;1\nGM0503;verblijf;6;1\n")
    assert cases.costs.tolist() == [6.0, 5.0] and cases.children.tolist() == [0, 0]
    assert "with more than one payer: 1" in cases.notes[0]


def test_totals_have_the_axes_of_a_history(read):
    cases = read("code;zorgvorm;bedrag;kind\nGM0518;verblijf;5;a\nGM0518;verblijf;6;b\nGM0503;gesloten;7;a\n")
    clients, cost = cases.as_history(("GM0518", "GM0503", "GM1916"), ("gesloten", "verblijf"))
    assert clients.tolist() == [[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]
    assert cost.tolist() == [[0.0, 11.0], [7.0, 0.0], [0.0, 0.0]]
    with pytest.raises(KeyError, match="GM0503"):
        cases.as_history(("GM0518",), ("gesloten", "verblijf"))
    with pytest.raises(KeyError, match="gesloten"):
        cases.as_history(CODES, ("verblijf",))


@pytest.mark.parametrize("mark", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_files_of_excel_are_read(read, mark, encoding):
    rows = [["Gemeentecode", "Zorgvorm", "Kosten EUR", "Cliënt"], ["GM0518", "verblijf", "1234.50", "é"]]
    if mark != ",":
        rows[1][2] = "€ 1.234,50" if encoding == "utf-8-sig" else "1.234,50"
    cases = read("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    assert cases.costs.tolist() == [1234.5]


SECRET = "Sterre de Boer"
BIRTH = "17-03-2011"


@pytest.mark.parametrize(
    "content",
    [
        f"GM0518;verblijf;{SECRET};{BIRTH}\nGM0518;verblijf;{SECRET};{BIRTH}\n",  # no header
        f"{SECRET}\n{BIRTH}\n",
        f"code;zorgvorm;bedrag;{SECRET}\nGM0518;{SECRET};1;2\n",
        HEADER + f'GM0518;verblijf;1;"{SECRET}\nGM0518;verblijf;1;{BIRTH};;\n',
        HEADER + f"{SECRET};{SECRET};{SECRET};{SECRET};{SECRET};{SECRET};{SECRET};{SECRET};{SECRET}\n",
        HEADER + f"{BIRTH};{BIRTH};{BIRTH};{BIRTH};{BIRTH};{BIRTH};{BIRTH};{BIRTH}x;{BIRTH}\n",
        HEADER + f"GM0518;verblijf;1;{SECRET};{SECRET};;;;;{SECRET}\n",
        HEADER + f"GM0518;verblijf;-1;{SECRET};{SECRET};;2025;;{SECRET}\n" * 2,
        HEADER + f"GM0518;verblijf;1;{SECRET};{SECRET};;2025;;\nGM0518;verblijf;1;{SECRET};{BIRTH};;2025;;\n",
    ],
)
def test_no_message_shows_what_a_cell_holds(problems, content):
    header = content.splitlines()[0] if content.startswith("code") else ""
    for problem in problems(content):
        text = str(problem).replace(problem.file, "")
        assert BIRTH not in text
        assert SECRET not in text or SECRET in header


def test_the_table_does_not_print_its_content(read):
    cases = read("code;zorgvorm;bedrag;kind\nGM0518;verblijf;28750;Sterre\n")
    assert not re.search("GM0518|28750|Sterre|verblijf", repr(cases))
    assert not any("Sterre" in str(value) for value in vars(cases).values())


def test_a_column_that_is_not_needed_must_go(problems):
    (problem,) = problems("code;zorgvorm;bedrag;BSN\nGM0518;verblijf;1;x\n")
    assert problem.hint.startswith("Remove this column: it is not needed, and this file is about children.")


def test_the_page_shows_every_column_and_its_example_is_read(read):
    section = DOCS.read_text("utf-8").split("## Real cases\n")[1].split("\n## ")[0]
    for column in COLUMNS:
        for name in (column.name, *column.aliases):
            assert f"`{name}`" in section
    (shown,) = re.findall(r"^```text [^\n]*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    cases = read(shown, year=2025)
    assert len(cases) == 3 and cases.skipped == 1
    # 21.400,00 + 19.850,50 - 1.250,25
    assert cases.costs.tolist() == [40000.25, 26280.0, 187312.4]
