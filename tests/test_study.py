"""Loading a study: by name and path, every kind of bad input, overrides and digests."""
# ruff: noqa: E501 - a fault with all that must be said of it reads best on one line

import os
import re
from hashlib import sha256
from importlib.resources import files

import pytest

from solidair.models.problems import InputError
from solidair.pool.study import Study, builtin, load_agreement

STUDY = """\
region = "towns"
costs = "costs"
agreements = ["own-use", "ours"]
[title]
nl = "Onze regio"
en = "Our region"
[settings]
sims = 500
seed = 7
"""
TOWNS = "code,name,inhabitants,youth\nGM0503,Delft,103580,16345\nGM1842,Midden-Delfland,19415,4046\n"
OURS = """\
source = "test"
title = { nl = "Ons", en = "Ours" }
summary = { nl = "Ons.", en = "Ours." }
[[clauses]]
title = { nl = "Een", en = "One" }
take = { kind = "share", scope = ["gesloten"], share = 0.5 }
pot = { kind = "full" }
charge = { kind = "key", key = { kind = "youth" } }
[[clauses]]
title = { nl = "Twee", en = "Two" }
take = { kind = "excess", retention = 75000.0 }
charge = { kind = "key", key = { kind = "fixed", shares = { GM0503 = 0.75, GM1842 = 0.25 } } }
"""
SHIPPED = (files("solidair.configs.costs") / "nl-2024.toml").read_text(encoding="utf-8")
STAYS = SHIPPED[
    SHIPPED.index("[care_types.gesloten.episode.duration]") : SHIPPED.index("[care_types.maatwerk-24-uurs]")
]
# Closed care as cases of a single year, so that faults in a severity can be written too.
YEARLY = """\
[care_types.gesloten.severity]
family = "stay"
mean_stay = { value = 0.55, unit = "year", grade = "assumed", source = "test" }

""" + STAYS[STAYS.index("[care_types.gesloten.episode.tariff]") :].replace(".episode.tariff]", ".severity.tariff]")
COSTS = SHIPPED.replace(STAYS, YEARLY)
FILES = {"study.toml": STUDY, "towns.csv": TOWNS, "ours.toml": OURS, "costs.toml": COSTS}
CLOSED = COSTS[COSTS.index("[care_types.gesloten.severity]") : COSTS.index("[care_types.maatwerk-24-uurs]")]
PLAIN = re.compile(
    r"[Ii]nput should|valid (string|number|dictionary|tuple)|pydantic|Value error|unable to parse|/configs/"
)


@pytest.fixture
def project(tmp_path):
    """Return a function that writes a study with its files, some of them replaced, and returns its folder."""

    def write(**changes):
        for name, content in {**FILES, **{key.replace("_", "."): text for key, text in changes.items()}}.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        return tmp_path

    return write


@pytest.fixture
def problems(project):
    """Return a function that gives the problems of a study, after checking that each can be acted on."""

    def found(overrides=(), **changes):
        folder = project(**changes)
        with pytest.raises(InputError) as caught:
            Study.load(folder, overrides)
        assert len(set(caught.value.problems)) == len(caught.value.problems)
        for problem in caught.value.problems:
            assert problem.file and problem.where and problem.rule
            assert problem.hint[-1] in ".?", problem
            assert not problem.rule.endswith(".")
            assert not PLAIN.search(str(problem)), problem
        return caught.value.problems

    return found


def only(found):
    """Return the one problem as file name, place, value, rule and hint."""
    assert len(found) == 1, "\n".join(map(str, found))
    problem = found[0]
    return problem.file.rpartition("/")[2], problem.where, problem.value, problem.rule, problem.hint


def changed(text, old, new):
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


# --- loading


@pytest.mark.parametrize("name", builtin("studies"))
def test_shipped_study_loads_by_name(name):
    study = Study.load(name)
    assert study.name == name
    if name in builtin("regions"):
        assert study.region.name == name
        assert [agreement.name for agreement in study.agreements] == BASE


BASE = ["own-use", "pool-by-youth", "pool-by-budget", "half-half", "case-excess", "heavy-care"]
"""The agreements of a study that is named after its region."""


def test_every_shipped_agreement_is_laid_over_a_study_or_can_be_loaded_alone():
    for name in builtin("agreements"):
        assert load_agreement(name).name == name


def test_study_loads_by_folder_by_file_and_without_ending(project):
    folder = project()
    for path in (folder, str(folder), folder / "study.toml", folder / "study", f"{folder}/."):
        study = Study.load(path)
        assert study.name == folder.name
        assert study.title.en == "Our region"
        assert [agreement.name for agreement in study.agreements] == ["own-use", "ours"]
        assert (study.settings.sims, study.settings.seed) == (500, 7)
        assert len(study.region.members) == 2
        assert study.costs.name == "costs"
    (folder / "other.toml").write_text(STUDY)
    assert Study.load(folder / "other").name == "other"


def test_folder_is_the_working_directory_and_other_files_stand_beside_the_study(project, monkeypatch):
    folder = project()
    monkeypatch.chdir(folder)
    assert Study.load(".").name == folder.name
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert Study.load("..").name == folder.name
    monkeypatch.chdir("/")
    assert Study.load(os.path.relpath(folder, "/")).name == folder.name


def test_a_folder_without_study_does_not_hide_a_shipped_study_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "haaglanden").mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(Study.load("haaglanden").region.members) == 9
    (tmp_path / "haaglanden" / "study.toml").write_text(
        changed(STUDY, '"costs"\n', '"nl-2024"\n').replace(', "ours"', "")
    )
    (tmp_path / "haaglanden" / "towns.csv").write_text(TOWNS)
    assert len(Study.load("haaglanden").region.members) == 2


def test_what_is_left_out_has_its_default(project):
    study = Study.load(project(study_toml=STUDY[: STUDY.index("[settings]")]))
    assert (study.settings.sims, study.settings.seed) == (20_000, 2026)


def test_a_file_with_windows_line_ends_and_a_byte_order_mark_is_read(project):
    folder = project(ours_toml=b"\xef\xbb\xbf" + OURS.replace("\n", "\r\n").encode())
    assert len(Study.load(folder).agreements[1].spec.clauses) == 2


# --- bad input: one fault, one problem, with place, value, rule and hint

# Per case: file, text, its replacement; then where, value, part of the rule, part of the hint.
FAULTS = {
    "unknown key of a study": ("study.toml", "sims = 500", "simms = 500", "settings.simms", "500", "unknown key 'simms'", "Did you mean 'sims'?"),
    "unknown key of an agreement": ("ours.toml", "summary", 'sumary = "x"\nsummary', "sumary", "x", "unknown key 'sumary'", "Did you mean 'summary'?"),
    "unknown key of a take": ("ours.toml", "retention = 75000.0", "retention = 75000.0, limmit = 1.0", "clauses.2.take.limmit", "1.0", "unknown key 'limmit'", "Did you mean 'limit'?"),
    "unknown key of a cost model": ("costs.toml", "price_level = 2024", "price_level = 2024\nprice_levle = 1", "price_levle", "1", "unknown key 'price_levle'", "Did you mean 'price_level'?"),
    "key without equal": ("ours.toml", 'kind = "youth" }', 'kind = "youth", zzz = true }', "clauses.1.charge.key.zzz", "true", "unknown key 'zzz'", "Known: kind."),
    "missing key": ("ours.toml", ", retention = 75000.0", "", "clauses.2.take", "", "an excess needs a retention, or bands", "retention = 100000"),
    "missing table": ("study.toml", '[title]\nnl = "Onze regio"\nen = "Our region"', "", "title", "", "this key is required", "title = { nl = ..., en = ... }"),
    "missing translation": ("ours.toml", ', en = "One"', "", "clauses.1.title.en", "", "this key is required", 'en = "..."'),
    "share above one": ("ours.toml", "share = 0.5", "share = 1.5", "clauses.1.take.share", "1.5", "between 0 and 1", "0.5"),
    "share below zero": ("ours.toml", "share = 0.5", "share = -0.1", "clauses.1.take.share", "-0.1", "between 0 and 1", "0.5"),
    "text instead of number": ("ours.toml", "75000.0", '"75.000"', "clauses.2.take.retention", '"75.000"', "this must be a number", "without quotes"),
    "text instead of share": ("ours.toml", "share = 0.5", 'share = "half"', "clauses.1.take.share", '"half"', "this must be a number", "without quotes"),
    "not a number": ("ours.toml", "75000.0", "nan", "clauses.2.take.retention", "nan", "this must be a finite number", "ordinary"),
    "negative retention": ("ours.toml", "75000.0", "-1.0", "clauses.2.take.retention", "-1.0", "this must be at least 0", "sign"),
    "limit of zero": ("ours.toml", "75000.0", "75000.0, limit = 0.0", "clauses.2.take.limit", "0.0", "this must be above 0", "sign"),
    "unknown take": ("ours.toml", '"excess"', '"exces"', "clauses.2.take.kind", "exces", "unknown kind 'exces'", "Did you mean 'excess'?"),
    "unknown key kind": ("ours.toml", '"youth"', '"yuoth"', "clauses.1.charge.key.kind", "yuoth", "unknown kind 'yuoth'", "Did you mean 'youth'?"),
    "unknown charge": ("ours.toml", 'charge = { kind = "key"', 'charge = { kind = "kye"', "clauses.1.charge.kind", "kye", "unknown kind 'kye'", "'key'"),
    "unknown pot": ("ours.toml", '"full"', '"half"', "clauses.1.pot.kind", "half", "unknown kind 'half'", "full, fund"),
    "take without kind": ("ours.toml", 'kind = "excess", ', "", "clauses.2.take.kind", "", "this key is required", "excess, franchise, none, share"),
    "table instead of clause list": ("ours.toml", 'take = { kind = "excess", retention = 75000.0 }', "take = 3", "clauses.2.take", "3", "this must be a table", "key = value"),
    "unknown care type": ("ours.toml", '["gesloten"]', '["verblijf", "geslotn"]', "clauses.1.take.scope.2", "geslotn", "unknown care type", "Did you mean 'gesloten'?"),
    "scope without brackets": ("ours.toml", '["gesloten"]', '"gesloten"', "clauses.1.take.scope", "gesloten", 'must be "all" or a list', '["gesloten"]'),
    "empty scope": ("ours.toml", '["gesloten"]', "[]", "clauses.1.take.scope", "[]", "at least one care type", "Write"),
    "fixed key with a stranger": ("ours.toml", "GM1842 = 0.25", "GM1842 = 0.25, GM1843 = 0.0", "clauses.2.charge.key.shares.GM1843", "GM1843", "no member", "Did you mean 'GM1842'?"),
    "fixed key without a member": ("ours.toml", "GM0503 = 0.75, GM1842 = 0.25", "GM0503 = 1.0", "clauses.2.charge.key.shares", "", "no share for GM1842 (Midden-Delfland)", "write 0"),
    "shares that do not sum to one": ("ours.toml", "0.75", "0.7", "clauses.2.charge.key.shares", "", "sum to 1, but sum to 0.95", "Change"),
    "share of a member above one": ("ours.toml", "0.75", "1.75", "clauses.2.charge.key.shares.GM0503", "1.75", "between 0 and 1", "0.5"),
    "weights that do not sum to one": ("ours.toml", '{ kind = "youth" }', '{ kind = "mix", parts = [{ weight = 0.4, key = { kind = "equal" } }] }', "clauses.1.charge.key", "", "sum to 1, but sum to 0.4", "Change"),
    "need key inside a mix without column": ("ours.toml", '{ kind = "youth" }', '{ kind = "mix", parts = [{ weight = 1.0, key = { kind = "need" } }] }', "clauses.1.charge.key.parts.1.key", "need", "column need_index", "region file"),
    "need key without column": ("ours.toml", '"youth"', '"need"', "clauses.1.charge.key", "need", "empty for all members", "region file"),
    "missing region": ("study.toml", '"towns"', '"twons"', "region", "twons", "no region of this name", "Did you mean 'towns'?"),
    "missing costs": ("study.toml", '"costs"\n', '"nl-2025"\n', "costs", "nl-2025", "no cost model of this name", "Did you mean 'nl-2024'?"),
    "missing agreement": ("study.toml", '"own-use"', '"ownuse"', "agreements.1", "ownuse", "no agreement of this name", "Did you mean 'own-use'?"),
    "missing file in a folder": ("study.toml", '"own-use"', f'"{"long" * 99}"', "agreements.1", "long" * 15, "no such file", "solidair list"),
    "agreement named twice": ("study.toml", '"ours"', '"own-use", "ours"', "agreements", "own-use", "named twice", "once"),
    "no agreements": ("study.toml", '["own-use", "ours"]', "[]", "agreements", "[]", "at least one", "Name"),
    "agreements without brackets": ("study.toml", '["own-use", "ours"]', '"ours"', "agreements", '"ours"', "this must be a list", "brackets"),
    "region as a number": ("study.toml", '"towns"', "3", "region", "3", "this must be a text", "quotes"),
    "too few sims": ("study.toml", "500", "99", "settings.sims", "99", "at least 100 and at most 100,000,000", "zeros"),
    "half a sim": ("study.toml", "500", "500.5", "settings.sims", "500.5", "a whole number", "digits"),
    "negative seed": ("study.toml", "seed = 7", "seed = -7", "settings.seed", "-7", "at least 0", "sign"),
    "number without pedigree": ("costs.toml", 'sd = { value = 0.22, unit = "share of expected volume"', "sd = { value = 0.22", "need_spread.sd.unit", "", "this key is required", "unit ="),
    "bare number": ("costs.toml", CLOSED.splitlines()[2], "mean_stay = 0.55", "care_types.gesloten.severity.mean_stay", "0.55", "must carry its pedigree", "value = 0.55"),
    "unknown grade": ("costs.toml", 'grade = "derived"', 'grade = "deriv"', "national_youth.grade", "deriv", "this must be 'sourced', 'derived' or 'assumed'", "Did you mean 'derived'?"),
    "value of neither of two types": ("costs.toml", 'argument = "gezinsgericht"', "argument = true", "anchors.7.argument", "true", "this must be a number or a text", "quotes"),
    "source that is neither text nor table": ("ours.toml", 'source = "test"', "source = 3", "source", "3", "this must be a text or a table", 'Put it in "quotes".'),
    "source in one language": ("ours.toml", 'source = "test"', 'source = { nl = "test" }', "source.en", "", "this key is required", 'en = "..."'),
    "unknown law of a shock": ("costs.toml", 'law = "lognormal"', 'law = "normal"', "need_spread.law", "normal", "this must be 'gamma' or 'lognormal'", "'lognormal'"),
    "unknown family": ("costs.toml", CLOSED, CLOSED.replace('"stay"', '"stey"'), "care_types.gesloten.severity.family", "stey", "unknown family", "Did you mean 'stay'?"),
    "no family": ("costs.toml", CLOSED, CLOSED.replace('family = "stay"\n', ""), "care_types.gesloten.severity.family", "", "required", "lognormal"),
    "negative tariff": ("costs.toml", "value = 650.0", "value = -650.0", "care_types.gesloten.severity.tariff.mean", "-650.0", "finite number above 0", "Change"),
    "parameter of another family": ("costs.toml", CLOSED, CLOSED.replace("mean_stay", "meen_stay"), "care_types.gesloten.severity.meen_stay", "", "unknown parameter", "Did you mean 'mean_stay'?"),
    "negative rate": ("costs.toml", "value = 129.0", "value = -129.0", "care_types.ambulant.clients_per_1000", "-129", "between 0 and 1000", "sign"),
    "no budget per youth": ("costs.toml", "value = 2432.0", "value = 0.0", "budget_per_youth", "0", "above 0", "EUR"),
    "spread of minus one": ("costs.toml", "value = 0.22", "value = -1.0", "need_spread.sd", "-1", "between 0 and 2", "switches"),
    "faulty row of the region": ("towns.csv", "19415", "-5", "row 3, column inhabitants", "-5", "1 to 20 million", "persons"),
}  # fmt: skip
TOGETHER = {"parameter of another family": 2}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_input_is_one_problem_with_place_value_rule_and_hint(name, problems):
    file, old, new, where, value, rule, hint = FAULTS[name]
    found = problems(**{file.replace(".", "_"): changed(FILES[file], old, new)})
    assert len(found) == TOGETHER.get(name, 1), found
    got = only(found[:1])
    assert got[:3] == (file, where, value)
    assert rule in got[3]
    assert hint in got[4]


# --- bad files

INFINITE = """\
[care_types.gesloten.severity]
family = "gpd"
xi = { value = 1.1, unit = "shape", grade = "assumed", source = "test" }
beta = { value = 20000.0, unit = "EUR", grade = "assumed", source = "test" }
"""


def test_an_infinite_mean_is_refused_with_the_reason_and_accepted_with_a_cap(problems, project):
    costs = changed(COSTS, CLOSED, INFINITE)
    _, where, value, rule, hint = only(problems(costs_toml=costs))
    assert (where, value) == ("care_types.gesloten.severity", "GPD(xi=1.1, beta=20000.0)")
    assert "mean of this law is infinite" in rule
    assert "more likely, not less" in rule
    assert "Add a cap" in hint
    cap = 'cap = { value = 1e6, unit = "EUR", grade = "assumed", source = "test" }\n'
    study = Study.load(project(costs_toml=changed(costs, INFINITE, INFINITE + cap)))
    assert study.costs.severities[study.costs.ids.index("gesloten")].support[1] == 1e6


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
def test_empty_file(content, problems):
    assert only(problems(ours_toml=content))[1:4] == ("file", "", "the file is empty")


def test_latin_1_file_is_named_with_its_line(problems):
    latin = changed(OURS, 'nl = "Een"', 'nl = "Één"').encode("latin-1")
    _, where, value, rule, hint = only(problems(ours_toml=latin))
    assert where == "line 5"
    assert "Één" in value
    assert "UTF-8" in rule
    assert "Save" in hint


@pytest.mark.parametrize(
    ("old", "new", "line", "value"),
    [
        ('source = "test"', "source = test", 1, "source = test"),
        ("share = 0.5 }", "share = 0,5 }", 6, 'take = { kind = "share", scope = ["gesloten"], share = 0,5 }'),
        ("[[clauses]]", "[[clauses]", 4, "[[clauses]"),
    ],
)
def test_invalid_toml_is_named_with_its_line(old, new, line, value, problems):
    _, where, found, rule, hint = only(problems(ours_toml=changed(OURS, old, new)))
    assert (where, found) == (f"line {line}", value)
    assert rule.startswith("this is not valid TOML: ")
    assert "(at line" not in rule
    assert "decimal point" in hint


def test_toml_that_ends_too_soon_is_named_with_its_last_line(problems):
    assert only(problems(ours_toml='source = "x"\nclauses = ['))[1:3] == ("line 2", "clauses = [")


def test_missing_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, where, rule, hint in (
        ("haaglande", "study", "no study of this name", "Did you mean 'haaglanden'?"),
        ("x" * 5000, "study", "no such file", "Known: haaglanden"),
        (".", "folder", "no study.toml", "solidair init"),
        ("", "folder", "no study.toml", "solidair init"),
    ):
        with pytest.raises(InputError) as caught:
            Study.load(name)
        (problem,) = caught.value.problems
        assert problem.file and problem.where == where
        assert rule in problem.rule and hint in problem.hint


def test_all_problems_of_all_files_come_at_once(problems):
    second = changed(changed(OURS, "75000.0", "-1.0"), '["gesloten"]', '["geslotn"]')
    found = problems(
        study_toml=changed(
            changed(STUDY, '"ours"]', '"ours", "second", "nowhere"]'), "sims = 500", "sims = 1\nsimz = 2"
        ),
        towns_csv=changed(TOWNS, "19415", "-5"),
        costs_toml=changed(changed(COSTS, "price_level = 2024", 'price_level = "2024"'), CLOSED, INFINITE),
        ours_toml=changed(changed(OURS, '["gesloten"]', '["geslotn"]'), 'en = "Ours."', "en = 3"),
        second_toml=changed(second, "-1.0", "1.0"),
        overrides=["sims", "regio=x", "region.GM9999.youth=5", "costs.verblijv.clients_per_1000=3"],
    )
    assert {(p.file.rpartition("/")[2], p.where) for p in found} == {
        ("--set", "sims"),
        ("--set", "regio=x"),
        ("--set", "costs.verblijv.clients_per_1000=3"),
        ("study.toml", "settings.sims"),
        ("study.toml", "settings.simz"),
        ("study.toml", "agreements.4"),
        ("costs.toml", "price_level"),
        ("costs.toml", "care_types.gesloten.severity"),
        ("towns.csv", "row 3, column inhabitants"),
        ("ours.toml", "clauses.1.take.scope.1"),
        ("ours.toml", "summary.en"),
        ("second.toml", "clauses.1.take.scope.1"),
        ("second.toml", "clauses.2.take.retention"),
    }


def test_one_agreement_is_loaded_alone_with_its_problems(project):
    folder = project(ours_toml=changed(OURS, "share = 0.5", "share = 2"))
    assert load_agreement("half-half").spec.clauses[0].take.share == 0.5
    assert (
        load_agreement("half-half", ["agreements.half-half.clauses.1.take.share=0.3"]).spec.clauses[0].take.share == 0.3
    )
    with pytest.raises(
        InputError, match=r"ours.toml: clauses.1.take.share: this must lie between 0 and 1 \(found: 2\)"
    ):
        load_agreement(folder / "ours.toml")
    with pytest.raises(InputError, match="no such agreement"):
        load_agreement("half-half", ["agreements.own-use.clauses.1.take.share=0.3"])


# --- digests


def test_inputs_hold_one_digest_per_file_and_shipped_files_go_by_their_short_name(project):
    folder = project()
    study = Study.load(folder)
    assert study.inputs == {
        **{str(folder / name): sha256(text.encode()).hexdigest() for name, text in FILES.items()},
        "agreements/own-use.toml": sha256(
            (files("solidair.configs.agreements") / "own-use.toml").read_bytes()
        ).hexdigest(),
    }
    assert study.agreements[0].file == "agreements/own-use.toml"
    for name, text in FILES.items():
        (folder / name).write_text(text + "\n")
        other = Study.load(folder).inputs
        assert [file for file in other if other[file] != study.inputs[file]] == [str(folder / name)]
        (folder / name).write_text(text)


def test_nothing_of_a_shipped_study_tells_where_it_is_installed():
    study = Study.load("haaglanden")
    named = [*study.inputs, study.region.file, study.costs.file, *(agreement.file for agreement in study.agreements)]
    assert set(named) == set(study.inputs)
    expected = {"studies/haaglanden.toml", "regions/haaglanden.csv", "costs/nl-2024.toml"}
    assert set(study.inputs) == expected | {f"agreements/{name}.toml" for name in BASE}
    with pytest.raises(InputError) as caught:
        Study.load("haaglanden", ["agreements.case-excess.source="])
    assert "solidair/" not in str(caught.value)


def test_a_year_has_no_comma_in_a_message():
    with pytest.raises(InputError, match="at least 1900 and at most 2200"):
        Study.load("haaglanden", ["settings.first_year=1800"])
