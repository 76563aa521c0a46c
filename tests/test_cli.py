"""The command line as a user meets it: outputs, exit codes, and nothing half written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from solidair.cli.main import COMMANDS, cli
from solidair.cli.output import check_target, foreign_files, json_text, replaced_folder
from solidair.models.problems import InputError
from solidair.pool.results import TABLES

SIMS = "400"


def solidair(*arguments, cwd):
    """Run the command in a process of its own, as a user does, with its output in pipes."""
    return subprocess.run(
        [sys.executable, "-m", "solidair.cli", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """One finished run of the shipped region, from an empty folder."""
    folder = tmp_path_factory.mktemp("empty")
    done = solidair("run", "haaglanden", "--sims", SIMS, "--threads", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "out" / "haaglanden", done


def test_run_writes_what_it_promises(first_run):
    folder, done = first_run
    files = ["manifest.json", "paragraph.nl.md", "report.html", "risk-register.csv", "tables"]
    assert sorted(p.name for p in folder.iterdir()) == files
    expected = sorted(f"{name}.{ending}" for name in TABLES for ending in ("csv", "parquet"))
    assert sorted(p.name for p in (folder / "tables").iterdir()) == expected
    needs = done.stderr.splitlines()
    assert len(needs) == 2 and needs[0].startswith("Vooraf: 400 paden van 4 jaar") and "geheugen" in needs[1]
    assert done.stdout.rstrip().endswith(str(Path("out") / "haaglanden" / "report.html"))
    assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout


def test_manifest_says_how_to_repeat_the_run(first_run):
    folder, _ = first_run
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["sims"], manifest["seed"], manifest["study"]) == (400, 2026, "haaglanden")
    assert len(manifest["inputs_sha256"]) == 9  # study, region, costs, six agreements
    assert all(len(digest) == 64 for digest in manifest["inputs_sha256"].values())
    assert not any("/" in name and name.startswith("/") for name in manifest["inputs_sha256"])
    assert (manifest["first_year"], manifest["years"], manifest["case_by_case"]) == (2027, 4, False)
    assert manifest["precision"] is None and manifest["how"]["threads"] == 1 and manifest["how"]["cluster"] is None
    assert set(manifest["seconds"]) >= {"load", "simulate", "metrics", "report", "total"}
    assert manifest["versions"]["solidair"]


def test_csv_and_parquet_hold_the_same(first_run):
    folder, _ = first_run
    for name in TABLES:
        csv = pd.read_csv(folder / "tables" / f"{name}.csv", keep_default_na=True)
        parquet = pd.read_parquet(folder / "tables" / f"{name}.parquet")
        assert list(csv.columns) == list(parquet.columns)
        assert len(csv) == len(parquet)
        for column in parquet.select_dtypes("float").columns:
            # repr of a float64 reads back as the same float64
            pd.testing.assert_series_equal(csv[column].astype(float), parquet[column], check_exact=True)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_two_runs_give_the_same_bytes(first_run, tmp_path, threads):
    folder, _ = first_run
    done = solidair("run", "haaglanden", "--sims", SIMS, "--threads", threads, "-o", "again", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for path in sorted((folder / "tables").iterdir()):
        assert (tmp_path / "again" / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
    assert (tmp_path / "again" / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_another_seed_gives_other_numbers(first_run, tmp_path):
    folder, _ = first_run
    solidair("run", "haaglanden", "--sims", SIMS, "--seed", "7", "-o", "other", cwd=tmp_path)
    one, two = (pd.read_csv(f / "tables" / "stability.csv") for f in (folder, tmp_path / "other"))
    assert (one["sd"] != two["sd"]).all()


def test_an_earlier_run_is_replaced_whole(tmp_path):
    target = tmp_path / "out"
    for sims in ("200", "300"):
        done = solidair("run", "haaglanden", "--sims", sims, "-o", target, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (target / "~$workbook.xlsx").write_text("open in a spreadsheet")
    done = solidair("run", "haaglanden", "--sims", "200", "-o", target, cwd=tmp_path)
    assert json.loads((target / "manifest.json").read_text("utf-8"))["sims"] == 200
    assert not (target / "~$workbook.xlsx").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_the_user_is_never_replaced(tmp_path):
    target = tmp_path / "precious"
    target.mkdir()
    (target / "thesis.docx").write_text("years of work")
    done = solidair("run", "haaglanden", "--sims", SIMS, "-o", target, cwd=tmp_path)
    assert done.returncode == 2
    assert "did not write" in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in target.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize(("noted", "lost"), [("files_sha256", ["note.txt"]), ("other", [])])
def test_a_note_of_the_user_among_the_files_of_a_run_is_not_lost(tmp_path, noted, lost):
    """A manifest names what was written; of one that names nothing, nothing is known."""
    (tmp_path / "tables").mkdir()
    for name in ("note.txt", "report.html", "Thumbs.db", ".DS_Store", "tables/years.csv", "tables/mine.xlsx"):
        (tmp_path / name).write_text("a")
    content = {noted: {"report.html": ""}, "tables_sha256": {"tables/years.csv": ""}}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    assert foreign_files(tmp_path) == [*lost, *["tables/mine.xlsx"][: len(lost)]]
    if not lost:
        check_target(tmp_path)
        return
    with pytest.raises(InputError) as caught:
        check_target(tmp_path)
    (problem,) = caught.value.problems
    assert problem.value == "note.txt, tables/mine.xlsx" and "would be lost" in problem.rule


def test_the_folder_one_stands_in_is_not_replaced(tmp_path):
    done = solidair("run", "haaglanden", "--sims", SIMS, "-o", ".", cwd=tmp_path)
    assert done.returncode == 2 and "while you stand in it" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(OSError, match="disk full"), replaced_folder(tmp_path / "out") as work:
        (work / "half.txt").write_text("half")
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []
    with replaced_folder(tmp_path / "out") as work:
        (work / "whole.txt").write_text("one")
    with pytest.raises(OSError, match="disk full"), replaced_folder(tmp_path / "out") as work:
        raise OSError("disk full")
    assert (tmp_path / "out" / "whole.txt").read_text() == "one"


@pytest.mark.parametrize("command", ["run", "check", "describe"])
def test_bad_input_gives_every_problem_and_exit_code_2(tmp_path, command):
    (tmp_path / "region.csv").write_text(
        "code;name;inhabitants;youth\nGM0518;Den Haag;548260;109949\nGM0518;Delft;-5;x\n518;;1;\n", "utf-8"
    )
    (tmp_path / "study.toml").write_text(
        'region = "region.csv"\ncosts = "nl-2042"\nagreements = ["own-use", "case-exces"]\n'
        'title = { nl = "x", en = "x" }\n[settings]\nsims = 20000\n',
        "utf-8",
    )
    done = solidair(command, ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and done.stdout == ""
    for part in ("row 3", "GM0518", "-5", "row 4", "nl-2024", "case-excess", "nothing was written"):
        assert part in done.stderr, (part, done.stderr)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["region.csv", "study.toml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "haagland"], "haaglanden"),
        (["run", "haaglanden", "--set", "costs.verblijf.clients_per_100=5"], "clients_per_1000"),
        (["run", "haaglanden", "--set", "simms=5"], "sims"),
        (["run", "haaglanden", "--sims", "0"], "--sims"),
        (["run", "haaglanden", "--seed", "-1"], "--seed"),
        (["run", "haaglanden", "--lang", "de"], "--lang"),
        (["describe", "case-exces"], "case-excess"),
        (["rn"], "rn"),
        (["run", "haaglanden", "--sims", "many"], "or the word auto"),
        (["run", "haaglanden", "--sims", "200000000"], "--sims"),
        (["run", "haaglanden", "--precision", "1%"], "--sims auto"),
        (["run", "haaglanden", "--metric", "mean", "--sims", "500"], "--sims auto"),
        (["run", "haaglanden", "--sims", "auto", "--precision", "100%"], "for example 1%"),
        (["run", "haaglanden", "--sims", "auto", "--metric", "tvar95"], "tvar_95"),
        (["run", "haaglanden", "--memory", "much"], "for example 2GB"),
        (["run", "haaglanden", "--years", "51"], "--years"),
        (["run", "haaglanden", "--resume", "--no-checkpoint"], "--no-checkpoint"),
        (["run", "haaglanden", "--sims", "100", "--cluster", "nowhere"], "--cluster local"),
    ],
)
def test_wrong_words_are_answered_kindly(tmp_path, arguments, said):
    done = solidair(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_set_changes_what_is_run(tmp_path):
    done = solidair(
        "run",
        "haaglanden",
        "--set",
        "sims=300",
        "--set",
        'agreements=["own-use", "case-excess"]',
        "--json",
        cwd=tmp_path,
    )
    content = json.loads(done.stdout)
    assert content["sims"] == 300 and content["agreements"] == ["own-use", "case-excess"]
    assert content["overrides"] == ["sims=300", 'agreements=["own-use", "case-excess"]']
    assert Path(tmp_path / content["output"] / "report.html").is_file()


def test_years_and_the_way_of_drawing_are_options(tmp_path):
    done = solidair(
        "run", "haaglanden", "--sims", "300", "--years", "2", "--first-year", "2030", "--json", cwd=tmp_path
    )
    content = json.loads(done.stdout)
    assert (content["first_year"], content["years"]) == (2030, 2), done.stderr
    check = pd.read_csv(tmp_path / content["output"] / "tables" / "check.csv")
    assert sorted(check["year"].unique()) == [2030, 2031]
    done = solidair("run", "haaglanden", "--sims", "300", "--years", "1", "--case-by-case", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["case_by_case"], done.stderr


def test_memory_moves_no_byte(first_run, tmp_path):
    folder, _ = first_run
    done = solidair("run", "haaglanden", "--sims", SIMS, "--memory", "0", "--lang", "en", "-o", "disk", cwd=tmp_path)
    assert done.returncode == 0 and "of temporary disk space" in done.stderr, done.stderr
    for path in sorted((folder / "tables").iterdir()):
        assert (tmp_path / "disk" / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]


def test_a_dry_run_only_says_what_is_needed(tmp_path):
    done = solidair("run", "haaglanden", "--sims", "50000", "--dry-run", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == ""
    assert "50,000 paths of 4 years" in done.stderr and "to simulate, the rest for figures and report" in done.stderr
    assert "disk" not in done.stderr
    done = solidair("run", "haaglanden", "--sims", "50000", "--checkpoint", "--dry-run", "--lang", "en", cwd=tmp_path)
    assert "of temporary disk space" in done.stderr
    content = json.loads(solidair("run", "haaglanden", "--dry-run", "--json", cwd=tmp_path).stdout)
    assert (
        content["sims"] == 20_000
        and content["total_seconds"] > content["seconds"] > 0
        and content["memory"] > content["kept"] > 0
    )
    assert list(tmp_path.iterdir()) == []


def test_a_run_may_go_on_until_it_is_precise(tmp_path):
    run = ["run", "haaglanden", "--sims", "auto", "--precision", "5%", "--metric", "sd", "--lang", "en"]
    done = solidair(*run, "-o", "auto", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    precision = json.loads((tmp_path / "auto" / "manifest.json").read_text("utf-8"))["precision"]
    assert precision["reached"] and precision["target"] == 0.05 and precision["metrics"] == ["sd"]
    assert precision["error"] <= 0.05 and precision["metric"] == "sd" and precision["code"].startswith("GM")
    assert "Precise enough after" in done.stderr and "The last: " in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["auto"]
    plain = ["run", "haaglanden", "--sims", str(precision["sims"]), "-o", "plain"]
    assert solidair(*plain, cwd=tmp_path).returncode == 0
    for path in sorted((tmp_path / "auto" / "tables").iterdir()):
        assert (tmp_path / "plain" / "tables" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_precision_that_cannot_be_reached_ends_with_code_1(tmp_path, monkeypatch):
    from solidair.pool import precision

    monkeypatch.setattr(precision.Precision.__init__, "__defaults__", (("sd",), 4_096))
    monkeypatch.chdir(tmp_path)
    arguments = ["run", "haaglanden", "--sims", "auto", "--precision", "0.01%", "--metric", "sd", "-o", "out"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1 and "Niet zo nauwkeurig als gevraagd" in result.output, result.output
    assert (tmp_path / "out" / "report.html").is_file()


def refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


def test_numbers_that_are_not_finite_are_null_in_json():
    content = {"a": [float("nan"), 1.5], "b": {"c": (float("inf"), -float("inf"), 2)}, "d": None}
    assert json.loads(json_text(content), parse_constant=refuse_constant) == {
        "a": [None, 1.5],
        "b": {"c": [None, None, 2]},
        "d": None,
    }


def test_check_passes_and_says_so(tmp_path):
    done = solidair("check", "holland-rijnland", "--sims", "2000", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "In orde" in done.stdout and "✗" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout
    said = solidair("check", "haaglanden", "--sims", "2000", "--json", cwd=tmp_path).stdout
    content = json.loads(said, parse_constant=refuse_constant)
    assert sum(content["not_judged"].values()) == content["too_rare_to_judge"]
    assert content["passed"] and content["figures"] > 50 and len(content["anchors"]) > 15


def test_check_fails_when_simulation_and_exact_differ(monkeypatch):
    """A simulation that is wrong by a few percent must not pass."""
    from solidair.pool import blocks, exactness

    original = exactness.exact_moments
    monkeypatch.setattr(blocks, "exact_moments", lambda *a: tuple(m * 1.05 for m in original(*a)))
    result = CliRunner().invoke(cli, ["check", "haaglanden", "--sims", "4000"])
    assert result.exit_code == 1 and "Niet in orde" in result.output


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_init_writes_a_project_that_runs_at_once(tmp_path, lang):
    done = solidair("init", "ours", "--lang", lang, cwd=tmp_path)
    assert done.returncode == 0 and 'costs = "costs.toml"' in done.stdout
    folder = tmp_path / "ours"
    comments = {
        "nl": ("# Een studie", "# Een overeenkomst", "# De gemeenten", "# Voorbeeld"),
        "en": ("# A study", "# An agree", "# The munic", "# An example"),
    }
    written = ("study.toml", "agreements/our-agreement.toml", "region.csv", "costs.toml")
    for name, first in zip(written, comments[lang], strict=True):
        assert (folder / name).read_text("utf-8").startswith(first)
    done = solidair("run", ".", "--sims", SIMS, "--lang", lang, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "ours" / "report.html").is_file()
    assert solidair("describe", ".", "--lang", lang, cwd=folder).returncode == 0
    # the copied cost model can be used in place of the shipped one, with the same result
    done = solidair("run", ".", "--sims", SIMS, "--set", "costs=costs.toml", "-o", "own", cwd=folder)
    assert done.returncode == 0, done.stderr
    pair = [(f / "tables" / "stability.csv").read_bytes() for f in (folder / "out" / "ours", folder / "own")]
    assert pair[0] == pair[1]
    again = solidair("init", ".", cwd=folder)
    assert again.returncode == 2 and "not empty" in again.stderr


def test_list_and_describe_speak_both_languages(tmp_path):
    names = json.loads(solidair("list", "--json", cwd=tmp_path).stdout)
    assert set(names) == {"studies", "agreements", "regions", "costs", "scenarios"} and len(names["agreements"]) > 25
    dutch, english = (solidair("describe", "haaglanden", "--lang", lang, cwd=tmp_path).stdout for lang in ("nl", "en"))
    assert "naar aantal jeugdigen" in dutch and "by number of youths" in english
    for text in (dutch, english):
        assert all(len(line) <= 80 for line in text.splitlines())


def test_every_command_explains_itself():
    for name in COMMANDS:
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0
        assert COMMANDS[name].split(".")[0].split(":")[0][:12] in result.output or result.output.count("\n") > 5


def test_problems_know_their_place():
    with pytest.raises(ValueError, match="at least one"):
        InputError([])
