"""The reader of open stays: what it accepts, what it refuses, and that no message shows what a cell holds."""

from datetime import date

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.models.sources.groups import ListedStays, in_groups, listed_stays
from solidair.models.sources.open_cases import OpenCases, read_open_cases

REFERENCE = date(2025, 1, 1)
CARE = ("verblijf", "gezinsgericht", "maatwerk-24-uurs")
HEADER = "code;zorgvorm;startdatum;geboortedatum;dagtarief\n"


@pytest.fixture
def read(tmp_path):
    def _read(content, **options):
        path = tmp_path / "open.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_open_cases(path, **{"reference": REFERENCE, "care_types": CARE, **options})

    return _read


@pytest.fixture
def problems(read):
    def _problems(content, **options):
        with pytest.raises(InputError) as caught:
            read(content, **options)
        return caught.value.problems

    return _problems


def test_a_dutch_file(read):
    cases = read(
        HEADER
        + "GM0518;Verblijf;02-12-2024;15-06-2010;287,50\n"
        + "gm0503;maatwerk 24 uurs;2023-01-01;;1.450,00\n"
        + "GM0503;gezinsgericht;1-1-2025 00:00;-;\n"
    )
    assert cases.codes == ("GM0518", "GM0503", "GM0503")
    assert cases.care_types == ("verblijf", "maatwerk-24-uurs", "gezinsgericht")
    # 2 December to 1 January is 30 days; 2023 and 2024, a leap year, are 731.
    assert cases.elapsed_days.tolist() == [30.0, 731.0, 0.0]
    # From 1 January 2025 to 15 June 2028: 1095 days to 1 January 2028, then 31 + 29 + 31 + 30 + 31 + 14 = 166.
    np.testing.assert_array_equal(cases.days_to_leaving, [1261.0, np.nan, np.nan])
    np.testing.assert_array_equal(cases.tariffs, [287.5, 1450.0, np.nan])
    assert len(cases) == 3
    assert cases.reference == REFERENCE


@pytest.mark.parametrize("name", ["BSN", "naam", "birthdat"])
def test_a_column_that_is_not_needed_must_go(problems, name):
    (problem,) = problems(f"code;zorgvorm;startdatum;{name}\nGM0518;verblijf;02-12-2024;x\n")
    assert problem.hint.startswith("Remove this column: it is not needed, and this file is about children.")
    assert "zorgvorm" in problem.hint and "care_type" in problem.hint and "'_'" not in problem.hint


def test_an_english_file_with_the_required_columns_only(read):
    cases = read("payer,care,start_date\nGM0518,verblijf,2024-12-31\n")
    assert cases.elapsed_days.tolist() == [1.0]
    assert np.isnan(cases.days_to_leaving).all() and np.isnan(cases.tariffs).all()


def test_the_age_of_leaving_is_that_of_the_care_type(read):
    content = HEADER + "GM0518;verblijf;02-12-2024;01-01-2008;\nGM0518;gezinsgericht;02-12-2024;01-01-2008;\n"
    cases = read(content, leaves_at={"gezinsgericht": 21.0})
    # 2025 to 2029 has one leap day: 4 x 365 + 1.
    np.testing.assert_array_equal(cases.days_to_leaving, [np.nan, 1461.0])


def test_two_alike_are_a_fault_unless_a_case_tells_them_apart(read, problems):
    row = "GM0518;verblijf;02-12-2024\n"
    (problem,) = problems("code;zorgvorm;startdatum\n" + row + row)
    assert problem.where == "row 3"
    assert problem.rule == "must be there once, but rows 2 and 3 are the same"
    assert "column 'case'" in problem.hint
    both = read("code;zorgvorm;startdatum;casus\n" + row.strip() + ";a\n" + row.strip() + ";b\n")
    assert len(both) == 2


FAULTS = [
    ("Delft;verblijf;02-12-2024;;", "column code", "must be GM and four digits", "a text"),
    (";verblijf;02-12-2024;;", "column code", "of the payer must be there", "an empty cell"),
    ("GM0518;verbljif;02-12-2024;;", "column zorgvorm", "must be one of the cost model", "a text"),
    ("GM0518;;02-12-2024;;", "column zorgvorm", "the care type must be there", "an empty cell"),
    ("GM0518;verblijf;;;", "column startdatum", "must be there", "an empty cell"),
    ("GM0518;verblijf;02-01-2025;;", "column startdatum", "on 01-01-2025 or before", "a date"),
    ("GM0518;verblijf;01-01-1900;;", "column startdatum", "1900 is an empty cell", "a date"),
    ("GM0518;verblijf;00-01-1900;;", "column startdatum", "1900 is an empty cell", "a date"),
    ("GM0518;verblijf;02-12-1924;;", "column startdatum", "at most 25 years ago", "a date"),
    ("GM0518;verblijf;31-11-2024;;", "column startdatum", "must be a day of the calendar", "a date"),
    ("GM0518;verblijf;02/12/2024;;", "column startdatum", "read in one way only", "a date"),
    ("GM0518;verblijf;02-12-24;;", "column startdatum", "read in one way only", "a date"),
    ("GM0518;verblijf;45628;;", "column startdatum", "the number that Excel keeps", "a number"),
    ("GM0518;verblijf;#N/B;;", "column startdatum", "not an error of Excel", "an error of Excel"),
    ("GM0518;verblijf;02-12-2024;03-12-2024;", "column geboortedatum", "born before the stay starts", "a date"),
    ("GM0518;verblijf;02-12-2024;14-07-1931;", "column geboortedatum", "at most 25 years old", "a date"),
    ("GM0518;verblijf;02-12-2024;01-01-2007;", "column geboortedatum", "at the age of 18", "a date"),
    ("GM0518;verblijf;02-12-2024;Sterre de Boer;", "column geboortedatum", "one way only", "a text"),
    ("GM0518;verblijf;02-12-2024;;-5", "column dagtarief", "must be above 0", "a number"),
    ("GM0518;verblijf;02-12-2024;;104937", "column dagtarief", "must be above 0 and at most 10000", "a number"),
    ("GM0518;verblijf;02-12-2024;;1,437", "column dagtarief", "read in one way only", "a number"),
    ("GM0518;verblijf;02-12-2024;;zie bijlage", "column dagtarief", "must be a number", "a text"),
]


@pytest.mark.parametrize(("row", "where", "rule", "kind"), FAULTS)
def test_a_fault_is_named_by_its_place_and_kind(problems, row, where, rule, kind):
    # Cents have two decimals: 1,437 is far more likely an English 1437 than EUR 1.437 a day.
    (problem,) = problems(HEADER + row + "\n")
    assert problem.where == f"row 2, {where}"
    assert rule in problem.rule
    assert problem.value == kind
    assert problem.hint
    for cell in filter(None, row.split(";")):
        if cell not in ("verblijf", "GM0518"):
            assert cell not in str(problem).replace(problem.file, "")


def test_all_faults_come_at_once_in_the_order_of_the_file(problems):
    found = problems(HEADER + "".join(row + "\n" for row, *_ in FAULTS))
    assert [problem.where for problem in found] == [f"row {n}, {where}" for n, (_, where, *_) in enumerate(FAULTS, 2)]


def test_a_payer_outside_the_region_is_refused(problems, read):
    content = HEADER + "GM0518;verblijf;02-12-2024;;\n"
    assert len(read(content, codes={"GM0518"})) == 1
    (problem,) = problems(content, codes={"GM0503"})
    assert problem.rule == "the payer must be a member of the region"


SECRET = "Sterre de Boer"
BIRTH = "17-03-2011"


@pytest.mark.parametrize(
    "content",
    [
        f"GM0518;verblijf;02-12-2024;{BIRTH};{SECRET}\nGM0503;verblijf;02-12-2024;{BIRTH};{SECRET}\n",  # no header
        f"{SECRET}\n{BIRTH}\n",
        f"code;zorgvorm;startdatum;{SECRET}\nGM0518;{SECRET}\n",
        HEADER + f'GM0518;verblijf;02-12-2024;{BIRTH};"{SECRET}\nGM0518;verblijf;02-12-2024;{BIRTH};12\n',
        HEADER + f'GM0518;verblijf;"02-12-2024\n{SECRET}";{BIRTH};12\n',
        HEADER + f"GM0518;verblijf;02-12-2024;{BIRTH};12;{SECRET};{SECRET}\n",
        HEADER + f"{SECRET};{SECRET};{SECRET};{SECRET};{SECRET}\n",
        HEADER + f"{BIRTH};{BIRTH};{BIRTH}x;{BIRTH}x;{BIRTH}\n",
        f"start;{SECRET}\n{BIRTH};{BIRTH}\n",
    ],
)
def test_no_message_shows_what_a_cell_holds(problems, content):
    header = content.splitlines()[0] if content.startswith("code") else ""
    for problem in problems(content):
        text = str(problem).replace(problem.file, "")
        assert BIRTH not in text
        assert SECRET not in text or SECRET in header


def test_a_wrong_header_is_named_when_the_rest_is_a_header(problems):
    (found,) = problems("code;zorgvorm;startdatun\nGM0518;verblijf;02-12-2024\n")
    assert (found.where, found.rule) == ("row 1, column start", "the column must be there")
    assert found.hint == "Is it 'startdatun'? Then rename that to 'startdatum'."


def test_what_is_no_table_is_said_as_for_every_file(problems):
    (problem,) = problems("")
    assert problem.rule == "must not be empty"


def test_the_table_does_not_print_its_content(read):
    cases = read(HEADER + "GM0518;verblijf;02-12-2024;15-06-2010;287,50\n")
    assert "GM0518" not in repr(cases) and "287" not in repr(cases)


def test_small_groups_of_real_children_are_left_out():
    """Fewer than five stays of a payer and care type are not used, since figures would follow from each of them."""
    codes = ("GM0503",) * 9 + ("GM1842",) * 2
    types = ("pleegzorg",) * 5 + ("gesloten",) * 4 + ("pleegzorg",) * 2
    numbers = np.arange(11.0)
    known = OpenCases("open.csv", date(2026, 10, 1), codes, types, numbers, numbers + 100, numbers + 200)
    kept = in_groups(known)
    assert (kept.codes, kept.care_types) == (("GM0503",) * 5, ("pleegzorg",) * 5)
    assert kept.withheld == {("GM0503", "gesloten"): 4, ("GM1842", "pleegzorg"): 2}
    np.testing.assert_array_equal(kept.tariffs, np.arange(5.0) + 200)
    assert kept.notes == known.notes and in_groups(kept) is kept
    # 5 + 4 + 2 stays of two payers, of which 4 + 2 are left out; before that none is.
    counts = {"pleegzorg": 7, "gesloten": 4}
    assert listed_stays(kept) == ListedStays(frozenset({"GM0503", "GM1842"}), counts, withheld=6, withheld_payers=2)
    assert listed_stays(known) == ListedStays(frozenset({"GM0503", "GM1842"}), counts, withheld=0, withheld_payers=0)
    assert len(listed_stays(kept)) == 11
    assert "GM" not in repr(kept) and "GM" not in repr(listed_stays(kept))


def test_nothing_may_be_left():
    known = OpenCases("open.csv", REFERENCE, ("GM0503",) * 4, ("verblijf",) * 4, *[np.arange(4.0)] * 3)
    kept = in_groups(known)
    assert len(kept) == 0 and kept.elapsed_days.shape == (0,)
    assert (listed_stays(kept).withheld, len(listed_stays(kept))) == (4, 4)


@pytest.mark.parametrize("content", ["", HEADER, "\n\n"])
def test_a_file_without_stays_says_how_to_do_without(problems, content):
    (problem,) = problems(content)
    assert problem.hint.endswith(
        "Without open stays the start is in steady state: then remove [open_cases] from the study."
    )
    assert problem.value in ("", "an empty file")
