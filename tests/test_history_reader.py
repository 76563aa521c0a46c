"""The reader of past years: axes, gaps and doubles, and windows over a scope."""

import itertools
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from solidair.models.care import CareType
from solidair.models.problems import InputError
from solidair.models.schema import Words
from solidair.models.sources.history import COLUMNS, TOTAL, MissingHistoryError, read_history

DOCS = Path(__file__).parents[1] / "docs" / "files.md"
CODES = ("GM0518", "GM0503")
CARE = tuple(
    CareType(name, Words(nl=name.title(), en=f"{name} care"), (iv3,), ijw, stay=True)
    for name, iv3, ijw in (("pleegzorg", "6.73a", ("44",)), ("verblijf", "6.73c", ("43", "44")))
)
HEADER = "code;jaar;zorgvorm;cliënten;kosten;begroting\n"
nan = np.nan


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    folder, number = tmp_path_factory.mktemp("history"), itertools.count()

    def _read(content, **options):
        path = folder / f"{next(number)}.csv"
        path.write_text(content, "utf-8")
        return read_history(path, **{"codes": CODES, "care_types": CARE, **options})

    return _read


@pytest.fixture(scope="module")
def problems(read):
    def _problems(content, **options):
        with pytest.raises(InputError) as caught:
            read(content, **options)
        return caught.value.problems

    return _problems


FULL = (
    "GM0518;2023;pleegzorg;10;1.000,50;9000\n"
    "GM0518;2023;6.73c;4;8000;9000\n"
    "GM0503;2023;pleegzorg;3;300;\n"
    "GM0503;2023;43;0;0;\n"
    "GM0518;2024;pleegzorg;11;1100;9500\n"
    "GM0518;2024;verblijf;5;;\n"
    "GM0503;2024;pleegzorg;2;200;400\n"
)


def test_the_axes_are_years_members_and_care_types(read):
    history = read(HEADER + FULL)
    assert history.years == (2023, 2024) and history.codes == CODES
    assert history.care_types == ("pleegzorg", "verblijf")
    np.testing.assert_array_equal(history.clients, [[[10, 4], [3, 0]], [[11, 5], [2, nan]]])
    np.testing.assert_array_equal(history.cost, [[[1000.5, 8000], [300, 0]], [[1100, nan], [200, nan]]])
    np.testing.assert_array_equal(history.budget, [[9000, nan], [9500, 400]])
    assert history.notes == ()
    assert "1000" not in repr(history)


def test_the_order_of_rows_does_not_matter(read):
    history = read(HEADER + FULL)
    other = read(HEADER + "\n".join(reversed(FULL.splitlines())) + "\n")
    for name in ("clients", "cost", "budget"):
        np.testing.assert_array_equal(getattr(history, name), getattr(other, name))


def test_a_window_adds_up_a_scope(read):
    history = read(HEADER + FULL)
    clients, cost = history.window(2023, 1, ("pleegzorg", "verblijf"))
    assert clients.tolist() == [[14.0, 3.0]] and cost.tolist() == [[9000.5, 300.0]]
    clients, cost = history.window(2024, 2, ["pleegzorg"])
    assert clients.tolist() == [[10.0, 3.0], [11.0, 2.0]] and cost.tolist() == [[1000.5, 300.0], [1100.0, 200.0]]
    assert history.window(2023, 1)[1].tolist() == [[9000.5, 300.0]]
    clients, cost = history.window(2024, 1, ["pleegzorg", "pleegzorg"])
    assert cost.tolist() == [[1100.0, 200.0]]


@pytest.mark.parametrize(
    ("asked", "years", "members", "care_types"),
    [
        ((2024, 3, ["pleegzorg"]), (2022,), (), ()),
        ((2026, 2, ["gesloten"]), (2025, 2026), (), ("gesloten",)),
        ((2024, 2, ["pleegzorg", "verblijf"]), (2024,), CODES, ("verblijf",)),
        ((2024, 2, ["verblijf"], ["clients"]), (2024,), ("GM0503",), ("verblijf",)),
        ((2024, 1, [TOTAL, "verblijf"]), (), (), (TOTAL,)),
    ],
)
def test_what_is_missing_is_named(read, asked, years, members, care_types):
    with pytest.raises(KeyError) as caught:
        read(HEADER + FULL).window(*asked)
    error = caught.value
    assert isinstance(error, MissingHistoryError)
    assert (error.years, error.members, error.care_types) == (years, members, care_types)
    assert all(str(name) in str(error) for name in (*years, *members, *care_types))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_only_what_is_needed_must_be_there(read):
    history = read(HEADER + "GM0518;2024;pleegzorg;;5;\nGM0503;2024;pleegzorg;;6;\n")
    clients, cost = history.window(2024, 1, ["pleegzorg"], need=["cost"])
    assert np.isnan(clients).all() and cost.tolist() == [[5.0, 6.0]]


def test_a_window_needs_years_and_care_types(read):
    history = read(HEADER + FULL)
    for asked in ((2024, 0, ["pleegzorg"]), (2024, 1, [])):
        with pytest.raises(ValueError, match="at least one year and one care type"):
            history.window(*asked)


def test_a_total_serves_all_care_types_and_counts_a_child_once(read):
    history = read(
        HEADER
        + "GM0518;2024;pleegzorg;10;100;\nGM0518;2024;verblijf;4;50;\nGM0518;2024;Alle;12;150;\n"
        + "GM0503;2024;totaal;7;70;\n"
    )
    assert history.care_types == ("pleegzorg", "verblijf", TOTAL)
    for scope in (None, [TOTAL], ["verblijf", "pleegzorg"]):
        clients, cost = history.window(2024, 1, scope)
        assert clients.tolist() == [[12.0, 7.0]] and cost.tolist() == [[150.0, 70.0]]
    with pytest.raises(MissingHistoryError) as caught:
        history.window(2024, 1, ["verblijf"])
    assert caught.value.members == ("GM0503",)


def test_without_the_column_every_row_is_a_total(read):
    history = read("code,year,clients,cost\nGM0518,2024,5,100\nGM0503,2024,6,200\n")
    assert history.window(2024, 1)[1].tolist() == [[100.0, 200.0]]


def test_a_total_below_its_parts_is_noted(read):
    rows = "GM0518;2024;pleegzorg;10;60000;\nGM0518;2024;verblijf;4;50000;\nGM0518;2024;totaal;12;{};\n"
    assert read(HEADER + rows.format(109_000)).notes == ()  # may be rounding to thousands
    assert "totals below the sum of their care types: 1" in read(HEADER + rows.format(60_000)).notes[0]


FAULTS = [
    ("GM0519;2024;pleegzorg;1;1;", "code", "must be a member of the region"),
    ("GM0518;24;pleegzorg;1;1;", "jaar", "must be a calendar year"),
    ("GM0518;2024;44;1;1;", "zorgvorm", "must belong to one care type only"),
    ("GM0518;2024;jeugd;1;1;", "zorgvorm", "must be one of the cost model"),
    ("GM0518;2024;pleegzorg;-1;1;", "cliënten", "must be from 0 to"),
    ("GM0518;2024;pleegzorg;veel;1;", "cliënten", "must be a number"),
    ("GM0518;2024;pleegzorg;1;-1;", "kosten", "must be 0 or more"),
    ("GM0518;2024;pleegzorg;1;1,234;", "kosten", "read in one way only"),
    ("GM0518;2024;pleegzorg;1;1;#REF!", "begroting", "not an error of Excel"),
]


def test_all_faults_come_at_once_and_show_no_cell(problems):
    found = problems(HEADER + "".join(row + "\n" for row, *_ in FAULTS))
    assert [p.where for p in found] == [f"row {n}, column {column}" for n, (_, column, _) in enumerate(FAULTS, 2)]
    assert all(rule in p.rule for p, (*_, rule) in zip(found, FAULTS, strict=True))
    assert not any(re.search("GM0519|veel|1,234|jeugd$", str(p).replace(p.file, "")) for p in found)


def test_doubles_and_gaps_are_faults(problems):
    rows = "GM0518;{};pleegzorg;1;1;\n"
    (problem,) = problems(HEADER + rows.format(2024) + rows.format(2024))
    assert problem.where == "row 3" and "rows 2 and 3 are of the same member, year and care type" in problem.rule
    # The same care type under two names.
    assert len(problems(HEADER + rows.format(2024) + "GM0518;2024;6.73a;1;1;\n")) == 1
    found = problems(HEADER + "".join(rows.format(year) for year in (2024, 2022, 2018)))
    assert [(p.where, p.rule) for p in found] == [
        ("row 2, column jaar", "years must follow each other, but 2023 is missing between 2022 and 2024"),
        ("row 3, column jaar", "years must follow each other, but 2019 to 2021 is missing between 2018 and 2022"),
    ]


def test_a_budget_is_of_a_member_and_year(problems, read):
    head = HEADER + "GM0518;2024;pleegzorg;1;1;{}\nGM0518;2024;verblijf;1;1;{}\n"
    np.testing.assert_array_equal(read(head.format("500", "")).budget, [[500.0, nan]])
    (problem,) = problems(head.format("500", "600"))
    assert problem.where == "row 3, column begroting" and "rows 2 and 3 give two" in problem.rule


def test_the_page_shows_every_column_and_its_example_is_read(read):
    section = DOCS.read_text("utf-8").split("## Past years\n")[1].split("\n## ")[0]
    for column in COLUMNS:
        for name in (column.name, *column.aliases):
            assert f"`{name}`" in section
    (shown,) = re.findall(r"^```text [^\n]*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    history = read(shown)
    assert history.years == (2023, 2024)
    assert history.window(2024, 2)[0].tolist() == [[540.0, 212.0], [551.0, 209.0]]
