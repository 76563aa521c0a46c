"""A study with open stays of its own: what is refused, all of it at once, and that no message shows a cell."""

import re
from datetime import date
from hashlib import sha256

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.models.sources.open_cases import read_open_cases
from solidair.pool.run import simulate
from solidair.pool.study import Study
from solidair.pool.study_checks import UNTHINKABLE

STUDY = """\
title = { nl = "Ons", en = "Ours" }
region = "haaglanden"
costs = "nl-2024"
agreements = ["own-use", "case-excess"]

[open_cases]
file = "open.csv"
reference = 2026-10-01

[settings]
sims = 200
first_year = 2027
years = 2
"""
HEADER = "code;care_type;start;birth_date;tariff_eur\n"
ROWS = (
    "GM0518;verblijf;02-03-2025;11-05-2012;312,75",
    "GM0518;pleegzorg;15-06-2024;;",
    "GM1842;jeugdbescherming;01-10-2026;;",
)
PLAIN = re.compile(r"[Ii]nput should|valid (string|date|dictionary)|pydantic|Value error")


@pytest.fixture(autouse=True)
def _small_groups_count(monkeypatch):
    """Let groups below five count: these files are short, and test_open_cases tests that they are left out."""
    monkeypatch.setattr("solidair.pool.study_checks.in_groups", lambda known: known)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a study with open stays and returns its folder."""

    def _write(*rows, study=STUDY, header=HEADER):
        (tmp_path / "study.toml").write_text(study, encoding="utf-8")
        (tmp_path / "open.csv").write_text(header + "\n".join(rows or ROWS) + "\n", encoding="utf-8")
        return tmp_path

    return _write


def problems(folder, overrides=()):
    """Return what is wrong with a study as (file name, place, value, rule, hint)."""
    with pytest.raises(InputError) as caught:
        Study.load(folder, overrides)
    for problem in caught.value.problems:
        assert problem.rule and problem.hint.endswith((".", "?"))
        assert not PLAIN.search(str(problem)), problem
    return [(p.file.rpartition("/")[2], p.where, p.value, p.rule, p.hint) for p in caught.value.problems]


def swapped(old, new):
    assert old in STUDY
    return STUDY.replace(old, new)


# --- what is right


def test_open_stays_are_part_of_the_study_and_of_its_digests(write):
    folder = write()
    study = Study.load(folder)
    assert len(study.open_cases) == 3 and study.open_cases.reference == date(2026, 10, 1)
    path = folder / "open.csv"
    assert study.inputs[str(path)] == sha256(path.read_bytes()).hexdigest()
    assert Study.load(write(*ROWS[:2])).inputs[str(path)] != study.inputs[str(path)]


def test_a_study_without_open_stays_has_none(write):
    folder = write(study=STUDY[: STUDY.index("[open_cases]")] + STUDY[STUDY.index("[settings]") :])
    study = Study.load(folder)
    assert study.open_cases is None
    assert not any(name.endswith("open.csv") for name in study.inputs)


def test_a_path_of_its_own(write, tmp_path_factory):
    folder = write()
    elsewhere = tmp_path_factory.mktemp("data") / "stays.csv"
    elsewhere.write_bytes((folder / "open.csv").read_bytes())
    study = Study.load(write(study=swapped('"open.csv"', f'"{elsewhere.as_posix()}"')))
    assert len(study.open_cases) == 3 and str(elsewhere) in study.inputs


def test_the_first_day_of_the_first_year_is_still_in_time(write):
    study = Study.load(write(study=swapped("2026-10-01", "2027-01-01")))
    assert study.open_cases.elapsed_days.tolist()[2] == 92.0  # 31 + 30 + 31 days


# --- what is wrong with the study file


def test_a_missing_file(write):
    ((file, where, value, rule, hint),) = problems(write(study=swapped('"open.csv"', '"opne.csv"')))
    assert (file, where, value) == ("study.toml", "open_cases.file", "opne.csv")
    assert rule == "there is no such file" and "beside the study" in hint


@pytest.mark.parametrize("name", ["", ".", "long" * 99])
def test_what_is_no_file(write, name):
    ((file, where, *_, rule, _),) = problems(write(study=swapped('"open.csv"', f'"{name}"')))
    assert (file, where, rule) == ("study.toml", "open_cases.file", "there is no such file")


def test_stays_seen_after_the_first_budget_year_began(write):
    ((file, where, value, rule, hint),) = problems(write(study=swapped("2026-10-01", "2027-01-02")))
    assert (file, where, value) == ("study.toml", "open_cases.reference", "2027-01-02")
    assert rule == "the stays must be seen before the first budget year" and "2027-01-01" in hint


def test_an_earlier_first_year_makes_the_reference_too_late(write):
    ((_, where, *_),) = problems(write(), ["settings.first_year=2026"])
    assert where == "open_cases.reference"


@pytest.mark.parametrize(
    ("old", "new", "where", "rule", "hint"),
    [
        ("reference = 2026-10-01\n", "", "open_cases.reference", "this key is required", "reference = 2026-12-31"),
        ("2026-10-01", '"2026-10-01"', "open_cases.reference", "this must be a date", "without quotes"),
        ("2026-10-01", "2026-10-01T12:00:00", "open_cases.reference", "this must be a date", "without quotes"),
        ('file = "open.csv"\n', "", "open_cases.file", "this key is required", "file ="),
        ("reference =", "referenc = 1\nreference =", "open_cases.referenc", "unknown key 'referenc'", "'reference'"),
    ],
)
def test_a_faulty_table(write, old, new, where, rule, hint):
    ((file, found, _, said, advice),) = problems(write(study=swapped(old, new)))
    assert (file, found, said) == ("study.toml", where, rule)
    assert hint in advice


def test_open_cases_that_is_no_table(write):
    text = swapped('[open_cases]\nfile = "open.csv"\nreference = 2026-10-01\n', "")
    ((_, where, _, rule, _),) = problems(write(study='open_cases = "open.csv"\n' + text))
    assert (where, rule) == ("open_cases", "this must be a table")


# --- what is wrong with a row

OTHER = "column care_type"
FAULTS = {
    "unknown municipality": (
        "GM0363;verblijf;02-03-2025;;",
        "column code",
        "must be a member of the region",
        "add the",
    ),
    "unknown care type": ("GM0518;verbljif;02-03-2025;;", OTHER, "one of the cost model", "Did you mean 'verblijf'"),
    "care type that is no stay": ("GM0518;ambulant;02-03-2025;;", OTHER, "children who stay over years", "verblijf"),
    "start after the reference": (
        "GM0518;verblijf;02-10-2026;;",
        "column start",
        "open on the reference date",
        "Remove",
    ),
    # Between 6 and 17.5 at entry and 18 at most: 12 years, in which a long stay has died out before.
    "longer than any child can stay": (
        "GM0518;verblijf;01-02-2014;;",
        "column start",
        "at most 12 years",
        "birth date",
    ),
    # Exponential with a mean of 0.456 years: 1e-12 is left after 27.6 times that.
    "longer than the law thinks possible": (
        "GM0518;crisis-verblijf;02-02-2013;11-05-2012;",
        "column start",
        "at most 12.6 years",
        "longer duration",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_row_is_named_by_its_place(write, name):
    row, column, rule, hint = FAULTS[name]
    ((file, where, value, said, advice),) = problems(write(*ROWS, row))
    assert (file, where) == ("open.csv", f"row 5, {column}")
    assert rule in said and hint in advice
    assert value in ("a text", "a date")
    for cell in filter(None, row.split(";")):
        assert cell in ("GM0518", "verblijf") or cell not in f"{value} {said} {advice}"


def test_all_problems_of_all_files_come_at_once(write):
    text = swapped("sims = 200", "sims = 1").replace("2026-10-01", "2027-02-01")
    rows = [row for row, *_ in FAULTS.values() if "10-2026" not in row]
    found = problems(write(*ROWS, *rows, study=text), ["region.GM0518.youth=-5"])
    assert [(file, where) for file, where, *_ in found if file == "open.csv"] == [
        ("open.csv", f"row {n}, {column}")
        for n, column in enumerate(["column code", OTHER, OTHER, *["column start"] * 2], 5)
    ]
    assert {(file, where) for file, where, *_ in found if file != "open.csv"} == {
        ("study.toml", "settings.sims"),
        ("--set", "region.GM0518.youth=-5"),
    }


def test_rows_are_checked_while_the_region_has_faults(write):
    text = swapped('"haaglanden"', '"haaglande"')
    found = problems(write(*ROWS, FAULTS["unknown care type"][0], FAULTS["unknown municipality"][0], study=text))
    # Who is a member is not known then, so that row is not judged.
    assert [(file, where) for file, where, *_ in found] == [("study.toml", "region"), ("open.csv", f"row 5, {OTHER}")]


def test_an_empty_file_is_refused(write):
    folder = write()
    (folder / "open.csv").write_text("", encoding="utf-8")
    ((file, _, _, rule, _),) = problems(folder)
    assert (file, rule) == ("open.csv", "must not be empty")


SECRET = ("Sterre de Boer", "17-03-1999", "98765,43")


def test_no_message_shows_what_a_cell_holds(write):
    rows = [
        f"{SECRET[0]};{SECRET[0]};{SECRET[0]};{SECRET[0]};{SECRET[0]}",
        f"GM0363;ambulant;{SECRET[1]};{SECRET[1]};{SECRET[2]}",
        f"GM0518;verblijf;{SECRET[1]};{SECRET[0]};{SECRET[2]}",
        f"{SECRET[1]};{SECRET[2]};{SECRET[2]};{SECRET[2]};{SECRET[1]}",
    ]
    with pytest.raises(InputError) as caught:
        Study.load(write(*rows))
    said = str(caught.value)
    assert len(caught.value.problems) >= 10
    for cell in (*SECRET, "GM0363", "98765", "1999"):
        assert cell not in said


# --- how long a stay can have lasted


def _limits():
    """Return care types with the days that a stay can have lasted, if the age is not known and if it is."""
    costs = Study.load("haaglanden").costs
    for id_, episode in zip(costs.ids, costs.episodes, strict=True):
        if episode is not None:
            length = episode.duration
            yield id_, float(length.isf(UNTHINKABLE)), float(length.ageless.isf(UNTHINKABLE))


def test_the_limit_is_where_the_survival_function_says():
    costs = Study.load("haaglanden").costs
    for id_, unknown, known in _limits():
        length = costs.episodes[costs.ids.index(id_)].duration
        assert float(length.sf(unknown)) <= UNTHINKABLE * (1 + 1e-6) < float(length.sf(unknown - 1.0))
        assert float(length.ageless.sf(known)) == pytest.approx(UNTHINKABLE, rel=1e-6)
        assert unknown < known


def test_a_stay_that_is_just_possible_is_drawn_with_sense(write):
    """The longest stays that are accepted end soon or go on, and nothing is infinite or below zero."""
    reference, rows = date(2026, 10, 1), []
    for id_, unknown, _ in _limits():
        start = date.fromordinal(reference.toordinal() - int(unknown))
        rows.append(f"GM1842;{id_};{start:%d-%m-%Y};;100,00")
    results = simulate(Study.load(write(*rows)), 300)
    assert np.isfinite(results.own).all() and results.own.min() >= 0.0
    assert np.isfinite(results.exact_mean).all() and results.exact_mean.min() >= 0.0


def test_the_reader_alone_has_no_limit_and_says_what_is_no_stay(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text(HEADER + "GM0518;verblijf;02-03-2005;;\n", encoding="utf-8")
    options = {"reference": date(2026, 10, 1), "care_types": ("verblijf",)}
    assert len(read_open_cases(path, **options)) == 1
    for longest, fits in ((7_883.0, True), (7_882.0, False)):
        # 2 March 2005 to 2 March 2026 is 21 years with 5 leap days, then 213 days to 1 October.
        limit = {"verblijf": (longest, np.inf)}
        assert 21 * 365 + 5 + 213 == 7_883
        if fits:
            assert len(read_open_cases(path, **options, longest=limit)) == 1
        else:
            with pytest.raises(InputError, match=r"at most 21\.6 years"):
                read_open_cases(path, **options, longest=limit)
