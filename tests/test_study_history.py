"""A study with a history: read, passed on to the agreements, and refused with everything that is wrong with it."""

from hashlib import sha256

import numpy as np
import pytest

from solidair.cli.checks import start_notes
from solidair.models.problems import InputError
from solidair.pool.describe import describe
from solidair.pool.run import simulate
from solidair.pool.study import Study

STUDY = """\
title = { nl = "Ons", en = "Ours" }
region = "region"
costs = "nl-2024"
agreements = ["own-use", "rolling"]

[history]
file = "history.csv"

[settings]
sims = 200
first_year = 2027
years = 2
"""
REGION = "code,name,inhabitants,youth\nGM0503,Delft,103580,16345\nGM1842,Midden-Delfland,19415,4046\n"
ROLLING = """\
source = "test"
title = { nl = "Voortschrijdend", en = "Rolling" }
summary = { nl = "Naar kosten van twee jaar.", en = "By the cost of two years." }
[[clauses]]
title = { nl = "Een", en = "One" }
take = { kind = "share", share = 1.0 }
charge = { kind = "key", key = { kind = "cost", window = 2 } }
"""
HISTORY = """\
code,year,clients,cost_eur
GM0503,2025,2100,30000000
GM1842,2025,500,10000000
GM0503,2026,2200,33000000
GM1842,2026,520,7000000
"""
ASSUMED = STUDY.replace('file = "history.csv"', "assumed = true")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a study with a history and returns its folder."""

    def _write(study=STUDY, history=HISTORY, rolling=ROLLING):
        files = {"study.toml": study, "region.csv": REGION, "rolling.toml": rolling, "history.csv": history}
        for name, content in files.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path

    return _write


def problems(folder):
    """Return what is wrong with a study as (file name, place, rule, hint)."""
    with pytest.raises(InputError) as caught:
        Study.load(folder)
    assert all(problem.rule and problem.hint.endswith((".", "?")) for problem in caught.value.problems)
    return [(p.file.rpartition("/")[2], p.where, p.rule, p.hint) for p in caught.value.problems]


def swapped(old, new, text=STUDY):
    assert old in text
    return text.replace(old, new)


def test_a_history_is_read_noted_and_used(write):
    folder = write()
    study = Study.load(folder)
    assert study.history is not None and study.history.years == (2025, 2026) and not study.history_assumed
    assert study.setting.history is study.history
    assert study.inputs[str(folder / "history.csv")] == sha256(HISTORY.encode()).hexdigest()
    results = simulate(study, sims=500, seed=1)
    borne, own = results.contributions["rolling"], results.own
    # Year 1: 63 and 17 million of 80. Year 2: 33 and 7 million and what year 1 brought.
    np.testing.assert_allclose(borne[:, 0], np.outer(own[:, 0].sum(axis=-1), [63 / 80, 17 / 80]), rtol=1e-12)
    window = np.array([33e6, 7e6]) + own[:, 0]
    expected = own[:, 1].sum(axis=-1, keepdims=True) * window / window.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(borne[:, 1], expected, rtol=1e-12)


def test_years_before_may_be_assumed(write):
    study = Study.load(write(ASSUMED))
    assert study.history is None and study.history_assumed and study.setting.assumed
    results = simulate(study, sims=300, seed=1)
    share = study.setting.expected_cost.sum(axis=-1)
    total = results.own[:, 0].sum(axis=-1)
    np.testing.assert_allclose(results.contributions["rolling"][:, 0], np.outer(total, share / share.sum()), rtol=1e-12)
    # A file goes before what is assumed; here it has the later of the two years.
    short = "".join(line for line in HISTORY.splitlines(keepends=True) if ",2025," not in line)
    both = Study.load(write(swapped('file = "history.csv"', 'file = "history.csv"\nassumed = true'), short))
    results = simulate(both, sims=300, seed=1)
    window = np.array([33e6, 7e6]) + both.setting.expected_cost.sum(axis=-1)
    np.testing.assert_allclose(
        results.contributions["rolling"][:, 0],
        np.outer(results.own[:, 0].sum(axis=-1), window / window.sum()),
        rtol=1e-12,
    )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_worked_case_is_divided_by_the_history(write, language):
    told = describe(str(write()), language)
    rolling = next(agreement for agreement in told["agreements"] if agreement["name"] == "rolling")
    assert rolling["example"]["pays"] == pytest.approx({"Delft": 300e3 * 63 / 80, "Midden-Delfland": 300e3 * 17 / 80})
    said = {
        "nl": "kosten van alle jeugdhulp in de 2 jaren ervoor",
        "en": "cost of all youth care in the 2 years before",
    }
    assert said[language] in " ".join(rolling["articles"][0]["sentences"])


@pytest.mark.parametrize(
    ("study", "history", "expected"),
    [
        (
            swapped('\n[history]\nfile = "history.csv"\n', ""),
            HISTORY,
            (
                "rolling.toml",
                "clauses.1.charge.key",
                "the key 'cost' looks at cost of 2025, 2026, and there is no history",
            ),
        ),
        (STUDY.replace("2027", "2028"), HISTORY, ("rolling.toml", "clauses.1.charge.key", "the history lacks 2027")),
        (swapped("history.csv", "other.csv"), HISTORY, ("study.toml", "history.file", "there is no such file")),
        (
            swapped('file = "history.csv"', "assumed = false"),
            HISTORY,
            ("study.toml", "history", "a history needs a file, or the word that past years may be assumed"),
        ),
        (swapped('file = "history.csv"', "fyle = 1"), HISTORY, ("study.toml", "history.fyle", "unknown key")),
        (STUDY, swapped("2200", "many", HISTORY), ("history.csv", "row 4, column clients", "")),
        (
            STUDY,
            swapped(",7000000", ",", HISTORY),
            ("rolling.toml", "clauses.1.charge.key", "the history has no figure for GM1842 (Midden-Delfland) in 2026"),
        ),
    ],
    ids=["none", "year", "no file", "nothing", "unknown key", "bad cell", "hole"],
)
def test_what_is_wrong_is_said_once(write, study, history, expected):
    found = problems(write(study, history))
    assert len(found) == 1, found
    assert found[0][:2] == expected[:2]
    assert expected[2] in found[0][2]
    assert "many" not in str(found) and "7000000" not in str(found)


def test_a_broken_cost_model_does_not_make_an_agreement_lack_history(write):
    folder = write(swapped('"nl-2024"', '"costs"').replace('\n[history]\nfile = "history.csv"\n', ""))
    (folder / "costs.toml").write_text("title = 1\n", encoding="utf-8")
    assert {file for file, *_ in problems(folder)} == {"costs.toml"}


def test_a_history_may_be_of_a_key_in_a_key(write):
    limited = swapped(
        'key = { kind = "cost", window = 2 }',
        'key = { kind = "limited", most = 0.1, key = { kind = "clients", scope = ["verblijf"] } }',
        ROLLING,
    )
    found = problems(write(STUDY, rolling=limited))
    assert [place for _, place, *_ in found] == ["clauses.1.charge.key.key"]
    # The file gives totals only.
    assert "looks at clients of 2026, but the history has no figure for GM0503 (Delft)" in found[0][2]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_reader_is_told_that_past_years_are_assumed(write, language):
    (note,) = start_notes(Study.load(write(ASSUMED)), language)
    assert {"nl": "Die jaren zijn aangenomen", "en": "These years are assumed"}[language] in note
    assert {"nl": "'Voortschrijdend' kijkt terug op jaren vóór 2027", "en": "'Rolling' looks back"}[language] in note
    # Not where the file has all that is looked at, nor where nobody looks back.
    both = swapped('file = "history.csv"', 'file = "history.csv"\nassumed = true')
    assert start_notes(Study.load(write(both)), language) == []
    assert start_notes(Study.load(write(swapped(', "rolling"', "", ASSUMED))), language) == []
