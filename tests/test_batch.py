"""Many studies in one go: what is run, what is left alone, and what is told of those that fail."""

import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from solidair.cli import batch_work, deliver
from solidair.cli.batch_crew import outcomes_of
from solidair.cli.batch_digest import changes, damaged, program_digest, read_manifest
from solidair.cli.batch_pages import no_longer_listed
from solidair.cli.batch_screen import what_went_wrong
from solidair.cli.batch_work import Job, Outcome
from solidair.cli.main import cli
from solidair.cli.report import build
from solidair.models.problems import InputError
from solidair.models.schema import frozen
from solidair.pool.batch import BatchSpec, listed_studies, name_fault
from solidair.pool.settlement import ConservationError
from solidair.pool.study import Study
from tests.dying import Dying
from tests.test_docs import ROOT, blocks

REGION = "code,name,inhabitants,youth\nGM0001,Aan Zee,20000,4000\nGM0002,Bij Bos,40000,9000\n"
STUDY = """\
region = "region.csv"
costs = "nl-2024"
agreements = ["own-use", "half-half"]
title = { nl = "NAME aan de rivier", en = "NAME on the river" }
settings = { sims = 200, years = 1 }
"""
BOTH = ["oost", "west"]


def made(folder, names=BOTH):
    """Write a folder with a region, and one study per name in a sub-folder."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "region.csv").write_text(REGION, "utf-8")
        (folder / name / "study.toml").write_text(STUDY.replace("NAME", name.title()), "utf-8")
    return folder


def batch(*arguments, code=0):
    """Run a batch in this process, and return what it printed."""
    done = CliRunner().invoke(cli, ["batch", *map(str, arguments)])
    if isinstance(done.exception, InputError):
        assert code == 2
        return done
    assert done.exit_code == code, (done.output, done.exception)
    return done


def record(out):
    return json.loads((out / "batch.json").read_text("utf-8"))


def state(out):
    """Return every file below a folder with the moment of its last change."""
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}


def statuses(out):
    return {study["name"]: study["status"] for study in record(out)["studies"]}


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_studies(files):
    return {name: moment for name, moment in files.items() if "/" in name}


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Two studies that were run, and what came of them, in the folders `regions` and `out`."""
    folder = tmp_path_factory.mktemp("once")
    made(folder / "regions")
    with contextlib.chdir(folder):
        batch("regions")
    return folder


@pytest.fixture
def ran(once, tmp_path, monkeypatch):
    """Return a copy of these, in which a test may change what it likes."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("regions"), Path("out")


@pytest.fixture
def quick(monkeypatch):
    """Leave out the pictures, which take most of the time of a tiny study."""
    monkeypatch.setattr(build, "report_html", lambda results, *_: f"<p>{results.study.name} {results.seed}</p>")


def test_a_batch_writes_every_study_and_an_overview_that_leads_to_them(ran):
    _, out = ran
    assert sorted(path.name for path in out.iterdir()) == ["batch.json", "index.html", "oost", "summary.csv", "west"]
    assert statuses(out) == {"oost": "done", "west": "done"} and record(out)["failed"] == []
    page = (out / "index.html").read_text("utf-8")
    links = [unquote(link) for link in re.findall(r'href="([^"#]+)"', page)]
    assert {f"{name}/report.html" for name in BOTH} <= set(links)
    assert [link for link in links if not (out / link).is_file()] == []
    assert "Oost aan de rivier" in page and "http" not in page and "<script" not in page
    # The figures are those of the tables.
    row = next(row for row in table(out / "summary.csv") if row["name"] == "oost")
    stability = table(out / "oost" / "tables" / "stability.csv")
    reserve = dict.fromkeys(("own-use", "half-half"), 0.0)
    for one in stability:
        reserve[one["agreement"]] += float(one["capacity_90"])
    chances = [float(r["p_overrun_0"]) for r in stability if r["agreement"] == "own-use"]
    assert float(row["reserve_own"]) == pytest.approx(reserve["own-use"], rel=1e-12)
    assert float(row["reserve_least"]) == pytest.approx(reserve["half-half"], rel=1e-12) and row["least"] == "half-half"
    assert [float(row["overrun_low"]), float(row["overrun_high"])] == sorted(chances)
    assert row["members"] == "2" and row["first_year"] == "2027" and row["status"] == "done"


def test_fact_sheets_are_asked_for_and_linked_by_name(tmp_path, monkeypatch, quick):
    regions, out = made(tmp_path / "regions", ["oost"]), tmp_path / "out"

    def besides(_results, _tables, _language, wanted, *_):
        assert wanted.workbook
        sheets = {f"factsheets/{code}.html": lambda code=code: code.encode() for code in wanted.members}
        return {**sheets, "workbook.xlsx": lambda: b"a workbook"}

    monkeypatch.setattr(deliver, "_besides", besides)
    batch(regions, "-o", out, "--members", "all", "--workbook")
    page = (out / "index.html").read_text("utf-8")
    for code, name in (("GM0001", "Aan Zee"), ("GM0002", "Bij Bos")):
        assert f'<a href="oost/factsheets/{code}.html">{name}</a>' in page
        assert (out / "oost" / "factsheets" / f"{code}.html").read_text("utf-8") == code
    assert 'href="oost/workbook.xlsx"' in page
    (out / "oost" / "factsheets" / "GM0002.html").unlink()
    assert (
        "beschadigd: factsheets/GM0002.html"
        in batch(regions, "-o", out, "--members", "all", "--workbook", "--dry-run").stdout
    )
    # A name that is not in a region is the fault of that study.
    assert "Nergens" in batch(regions, "-o", out, "--members", "Nergens", "--dry-run", code=1).stderr


def test_a_second_batch_leaves_everything_as_it_is(ran):
    regions, out = ran
    before = state(out)
    done = batch(regions, "-o", out)
    assert of_studies(state(out)) == of_studies(before)
    assert statuses(out) == {"oost": "unchanged", "west": "unchanged"}
    assert state(out)["index.html"] > before["index.html"]
    assert "2 ongewijzigd" in done.stdout and done.stderr.splitlines()[0] == "[1/2] oost: ongewijzigd"
    # The overview still has the figures, though nothing was computed.
    assert all(study["figures"]["cost"]["value"] > 0 for study in record(out)["studies"])
    assert batch(regions, "-o", out, "--dry-run", "--force").stdout.count("(alles opnieuw)") == 2


def test_only_the_study_that_changed_is_run_again(ran, quick):
    regions, out = ran
    before, region = of_studies(state(out)), regions / "west" / "region.csv"
    region.write_text(REGION.replace("9000", "9100"), "utf-8")
    said = batch(regions, "-o", out, "--dry-run").stdout
    assert f"west: wordt berekend (veranderd: {region})" in said and "oost: ongewijzigd" in said
    assert of_studies(state(out)) == before
    batch(regions, "-o", out)
    assert statuses(out) == {"oost": "unchanged", "west": "done"}
    after = of_studies(state(out))
    assert {name: t for name, t in after.items() if name.startswith("oost")} == {
        name: t for name, t in before.items() if name.startswith("oost")
    }


def test_a_study_that_is_broken_is_named_and_the_other_is_there(tmp_path, quick):
    regions, out = made(tmp_path / "regions"), tmp_path / "out"
    good = (regions / "oost" / "study.toml").read_text("utf-8")
    (regions / "oost" / "study.toml").write_text(good.replace("half-half", "half-hlaf").replace("200", "2"), "utf-8")
    done = batch(regions, "-o", out, code=1)
    assert statuses(out) == {"oost": "failed", "west": "done"} and record(out)["failed"] == ["oost"]
    assert "mislukt (oost)" in done.stdout and "2 fouten" in done.stderr and "half-hlaf" in done.stderr
    assert len(record(out)["studies"][0]["problems"]) == 2
    assert not (out / "oost").exists() and (out / "west" / "report.html").is_file()
    page = (out / "index.html").read_text("utf-8")
    assert "Did you mean &#39;half-half&#39;?" in page and 'href="oost' not in page
    # Mended, it is run; the other is not run again.
    (regions / "oost" / "study.toml").write_text(good, "utf-8")
    batch(regions, "-o", out)
    assert statuses(out) == {"oost": "done", "west": "unchanged"}
    # Broken again, the earlier result stays, and the overview says that it is one.
    (regions / "oost" / "study.toml").write_text("region = ", "utf-8")
    batch(regions, "-o", out, code=1)
    assert (out / "oost" / "report.html").is_file()
    assert "eerdere uitkomst" in (out / "index.html").read_text("utf-8")
    assert record(out)["studies"][0]["figures"] is None


def test_a_damaged_folder_is_made_again_and_an_unknown_one_is_not_touched(ran):
    regions, out = ran
    right = (out / "oost" / "report.html").read_bytes()
    (out / "oost" / "report.html").write_bytes(right[:-1])
    (out / "west" / "tables" / "years.csv").unlink()
    said = batch(regions, "-o", out, "--dry-run").stdout
    assert "oost: wordt berekend (beschadigd: report.html)" in said and "(beschadigd: tables/years.csv)" in said
    (out / "west" / "manifest.json").rename(out / "west" / "notes.txt")  # now it is no folder of solidair any more
    batch(regions, "-o", out, code=1)
    assert statuses(out) == {"oost": "done", "west": "failed"}
    assert (out / "oost" / "report.html").read_bytes() == right
    assert (out / "west" / "notes.txt").is_file() and "would be lost" in (out / "index.html").read_text("utf-8")


def test_the_number_of_processes_changes_no_byte(ran, tmp_path):
    regions, out = ran
    done = batch(regions, "-o", tmp_path / "two", "--jobs", "2")
    for name in BOTH:
        for path in [out / name / "report.html", *(out / name / "tables").iterdir()]:
            assert (tmp_path / "two" / path.relative_to(out)).read_bytes() == path.read_bytes(), path
    assert sorted(line.split("] ")[1].split(":")[0] for line in done.stderr.splitlines()) == BOTH


def test_a_crash_inside_a_study_is_caught_and_named(tmp_path, monkeypatch, quick):
    regions, out = made(tmp_path / "regions", ["oost", "west", "zuid"]), tmp_path / "out"
    run = batch_work._simulated

    def simulated(study, job):
        if job.name == "oost":
            raise MemoryError
        if job.name == "west":
            raise ConservationError("a clause charged more than it paid")
        return run(study, job)

    monkeypatch.setattr(batch_work, "_simulated", simulated)
    done = batch(regions, "-o", out, code=1)
    assert statuses(out) == {"oost": "failed", "west": "failed", "zuid": "done"}
    assert "Het geheugen is op" in done.stderr and "charged more than it paid" in done.stderr
    place = record(out)["studies"][1]["place"]
    assert re.fullmatch(r"cli/batch_work\.py:\d+ \(_run\)", place) and place in done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["batch.json", "index.html", "summary.csv", "zuid"]


def solidair(*arguments, **how):
    return subprocess.run(
        [sys.executable, "-m", "solidair.cli", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, **how,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_a_process_that_dies_takes_only_its_study_with_it(tmp_path):
    how = {"language": "nl", "members": None, "workbook": False, "sims": None, "seed": None, "memory": 1}
    jobs = [
        kind(name=name, study="nowhere", folder=Path(), overrides=(), target=tmp_path / name, **how)
        for kind, name in ((Dying, "a"), (Job, "b"), (Dying, "c"), (Job, "d"))
    ]
    found = {event.name: event for event in outcomes_of(jobs, 2) if isinstance(event, Outcome)}
    assert [found[name].error for name in "ac"] == [f"ProcessDied: signal {signal.SIGKILL.value}"] * 2
    assert [len(found[name].problems) for name in "bd"] == [1, 1]  # no such study: told by a process that lives
    assert list(tmp_path.iterdir()) == []
    assert "beëindigd door het systeem" in what_went_wrong(found["a"], "nl")[0]


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize(("jobs", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
def test_breaking_off_leaves_nothing_half_written(tmp_path, jobs, number):
    regions, out = made(tmp_path / "regions"), tmp_path / "out"
    command = [sys.executable, "-m", "solidair.cli", "batch", str(regions), "-o", str(out), "--jobs", str(jobs)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        deadline = time.monotonic() + 90
        while not (out.is_dir() and any(path.name.startswith(".") for path in out.iterdir())):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "Onderbroken." in said and "Traceback" not in said
    whole = {path.name for path in out.iterdir()}
    assert whole <= set(BOTH)  # a study that was ready in time stays
    assert all(not damaged(out / name, read_manifest(out / name)) for name in whole)


def test_a_dry_run_writes_nothing(tmp_path):
    regions, out = made(tmp_path / "regions"), tmp_path / "out"
    (regions / "oost" / "region.csv").unlink()
    done = batch(regions, "-o", out, "--dry-run", code=1)
    assert "west: wordt berekend (nog niet eerder berekend)" in done.stdout
    assert "oost: kan niet worden berekend" in done.stdout and "region.csv" in done.stderr
    assert not out.exists()
    said = json.loads(batch(regions, "-o", out, "--dry-run", "--json", code=1).stdout)
    assert [(one["name"], one["runs"], one["why"]) for one in said["studies"]] == [
        ("oost", False, "refused"),
        ("west", True, "new"),
    ]


def test_what_is_asked_for_decides_too(ran):
    regions, out = ran
    (regions / "west" / "study.toml").unlink()

    def why(*options):
        said = json.loads(batch(regions, "-o", out, "--dry-run", "--json", *options).stdout)["studies"][0]
        return said["details"] if said["runs"] else said["why"]

    assert why() == "unchanged"
    assert why("--jobs", "2") == "unchanged"
    for options in (("--sims", "300"), ("--seed", "7"), ("--set", "years=2")):
        assert why(*options) == ["settings"], options
    for options in (("--members", "all"), ("--workbook",), ("--lang", "en")):
        assert why(*options) == ["wanted"], options
    assert why("--sims", "200", "--seed", "2026") == "unchanged"  # what the study says itself


def test_other_code_or_libraries_are_a_change():
    noted = {
        "inputs": {"a": "1"},
        "settings": {},
        "wanted": {},
        "program": program_digest(),
        "versions": {"numpy": "2"},
    }
    assert changes(noted, noted) == []
    assert changes({**noted, "program": "other"}, noted) == ["program"]
    assert changes({**noted, "versions": {"numpy": "1"}}, noted) == ["versions"]
    assert changes({**noted, "inputs": {"b": "1"}}, noted) == ["b", "a"]
    assert changes({}, noted) == ["a", "settings", "wanted", "program", "versions"]


def test_a_study_that_is_no_longer_listed_stays_but_is_not_in_the_overview(ran):
    regions, out = ran
    (regions / "west" / "study.toml").unlink()
    for _ in range(2):  # it is not forgotten after one batch
        done = batch(regions, "-o", out)
        assert "Niet meer in de lijst, de map blijft staan: west." in done.stderr
        assert (out / "west" / "report.html").is_file() and record(out)["no_longer_listed"] == ["west"]
        page = (out / "index.html").read_text("utf-8")
        assert "west/" not in page and "hun mappen staan er nog: west" in page
    assert no_longer_listed(out, ["oost", "west"]) == []


# --- which studies are meant


def names(path):
    return [one.name for one in listed_studies(path)]


def test_a_folder_means_its_studies_and_nothing_else(tmp_path):
    assert CliRunner().invoke(cli, ["init", str(tmp_path / "mijn-regio")]).exit_code == 0
    made(tmp_path / "mijn-regio", ["zuid"])
    (tmp_path / "mijn-regio" / "noord.toml").write_text(STUDY, "utf-8")
    (tmp_path / "mijn-regio" / "broken.toml").write_text("title = ", "utf-8")
    (tmp_path / "mijn-regio" / "scenario.toml").write_text("title = 'x'\n", "utf-8")
    # costs.toml and the agreements of 'solidair init' are no studies; a file that cannot be read is told of.
    assert names(tmp_path / "mijn-regio") == ["broken", "noord", "mijn-regio", "zuid"]
    (study,) = [one for one in listed_studies(tmp_path / "mijn-regio") if one.name == "mijn-regio"]
    assert Study.load(study.study, (), study.folder).name == "mijn-regio"


def test_a_list_means_what_it_says(tmp_path, monkeypatch):
    regions = made(tmp_path / "regions")
    (regions / "studies.toml").write_text(
        """
        [[studies]]
        study = "oost"
        name = "oost-groot"
        set = ["sims=300"]
        members = "GM0001"
        [[studies]]
        study = "haaglanden"
        [[studies]]
        study = "west/study.toml"
        workbook = true
        """,
        "utf-8",
    )
    made(tmp_path / "elsewhere", ["haaglanden"])
    monkeypatch.chdir(tmp_path / "elsewhere")  # what stands here is not meant: a list is seen from its own folder
    one, two, three = listed_studies(regions / "studies.toml")
    assert (one.name, one.overrides, one.members) == ("oost-groot", ("sims=300",), "GM0001")
    assert (three.name, three.workbook) == ("west", True)
    assert len(Study.load(two.study, (), two.folder).region.members) == 9
    assert Study.load(three.study, (), three.folder).name == "west"
    assert names(regions) == [one.name, two.name, three.name]  # the list of a folder says which are meant
    done = json.loads(batch(regions, "--dry-run", "--json", "--set", "sims=400").stdout)
    assert len(done["studies"]) == 3


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", ["file"]),
        ("studies = []", ["studies"]),
        ("studies = [{ name = 'a' }, 5]", ["studies.1.study", "studies.2"]),
        ("studies = [{ study = 'oost', nmae = 'a' }]", ["studies.1.nmae"]),
        ("studies = [{ study = 'oost' }, { study = 'west', name = 'Oost' }]", ["studies.2.name"]),
        (
            "studies = [{ study = 'oost', name = '../a' }, { study = 'west', name = 'index.html' }]",
            ["studies.1.name", "studies.2.name"],
        ),
        ("studies = ['oost', 'oost', { study = 'west', set = ['sims'] }]", ["studies.3.set", "studies.2.name"]),
        ("region = 'haaglanden'", ["whole file"]),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_before_anything_is_run(tmp_path, text, places):
    regions, out = made(tmp_path / "regions"), tmp_path / "out"
    (regions / "studies.toml").write_text(text, "utf-8")
    error = batch(regions, "-o", out, code=2).exception
    assert [problem.where for problem in error.problems] == places
    assert not out.exists()


def test_exit_code_of_a_bad_list_is_2(tmp_path):
    done = solidair("batch", "nowhere", cwd=tmp_path)
    assert done.returncode == 2 and "no such folder or list" in done.stderr and list(tmp_path.iterdir()) == []


def test_an_overview_replaces_no_file_of_somebody_else(tmp_path):
    regions = made(tmp_path / "regions")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("mine", "utf-8")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}", "utf-8")
    for folder, rule in (("site", "did not write it"), ("run", "folder of one run")):
        assert rule in str(batch(regions, "-o", tmp_path / folder, code=2).exception)
    assert (tmp_path / "site" / "index.html").read_text("utf-8") == "mine"
    assert rule in str(batch(regions, "-o", tmp_path / "run", "--dry-run", code=2).exception)
    assert "key=value" in str(batch(regions, "--set", "sims", code=2).exception)


@pytest.mark.parametrize("name", ["a", "Regio 1", "oost-2027", "Súdwest-Fryslân", "a.b"])
def test_names_of_folders(name):
    assert name_fault(name) == ""


@pytest.mark.parametrize("name", ["", ".", "..", ".a", "a.", " a", "a ", "a/b", "a\\b", "c:", "batch.json", "a\n"])
def test_what_cannot_be_the_name_of_a_folder(name):
    assert name_fault(name)


def test_the_page_shows_a_list_that_works():
    (shown,) = [BatchSpec.model_validate(frozen(tomllib.loads(b))) for b in blocks(ROOT / "docs" / "batch.md", "toml")]
    assert len(shown.studies) >= 3
