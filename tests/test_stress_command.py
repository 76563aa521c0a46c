"""`solidair stress` from end to end, and what relative values do to the plan itself in `solidair run`."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from solidair.cli.main import cli
from solidair.models.problems import InputError
from solidair.pool.stress.compare import FIGURES, REGION
from solidair.pool.study import Study, builtin

BASE = ("stress", "haaglanden", "--sims", "200", "--set", "agreements=own-use,half-half", "--set", "years=2")


def run(*arguments):
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return the folder and the screen of a stress test of three worlds."""
    target = tmp_path_factory.mktemp("stress") / "out"
    asked = ("--scenario", "kleinste-fuseren", "--scenario", "index-2023+krappe-begroting")
    change = ("--set", "costs.verblijf.tariff=+15%")
    outcome = run(*BASE, *asked, *change, "-o", str(target))
    assert outcome.exit_code == 0, outcome.output
    return target, outcome.output


def test_the_folder_has_a_page_a_table_and_a_manifest(done):
    target, _ = done
    names = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert names == {"manifest.json", "stress.html", "tables/stress.csv", "tables/stress.parquet"}
    table = pd.read_csv(target / "tables" / "stress.csv")
    worlds = ["kleinste-fuseren", "index-2023+krappe-begroting", "--set"]
    assert list(dict.fromkeys(table["scenario"])) == worlds
    assert set(table["metric"]) == {figure.name for figure in FIGURES}
    pd.testing.assert_frame_equal(table, pd.read_parquet(target / "tables" / "stress.parquet"))
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    assert [world["name"] for world in manifest["worlds"]] == worlds
    assert manifest["worlds"][1]["scenarios"].keys() == {"index-2023", "krappe-begroting"}
    assert manifest["worlds"][2]["changes"][0]["set"] == "costs.verblijf.tariff"
    assert manifest["sims"] == 200 and manifest["overrides"] == ["agreements=own-use,half-half", "years=2"]


def test_the_page_needs_no_network_and_no_script_and_says_who_is_hit(done):
    page = (done[0] / "stress.html").read_text("utf-8")
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "Index valt tegen zoals in 2023 (+1,7 punt) + De begroting wordt gekort" in page
    assert page.count("<svg") == 2 * 2 and page.count("<details>") == 3
    for said in ("aanname", "VNG-indexatie 2023", "Wie wordt het hardst geraakt?", "--scenario kleinste-fuseren"):
        assert said in page
    assert "nan" not in page.lower().replace("financ", "")


def test_the_screen_keeps_to_80_columns(done):
    lines = done[1].splitlines()
    assert max(map(len, lines)) <= 80
    assert "--set: costs.verblijf.tariff=+15%" in lines
    rows = [line for line in lines if line.startswith((" kleinste", " index-2023", " --set"))]
    assert len(rows) == 3 and "…" not in rows[0] + rows[2]
    # The means of the region are exact: 1.6 % of prices; nothing if members merge; 15 % of residential groups.
    assert rows[0].split()[1] == "0"


def test_the_same_command_writes_the_same_bytes(done, tmp_path):
    asked = ("--scenario", "kleinste-fuseren", "--scenario", "index-2023+krappe-begroting")
    again = run(*BASE, *asked, "--set", "costs.verblijf.tariff=+15%", "--threads", "1", "-o", str(tmp_path / "o"))
    assert again.exit_code == 0
    for name in ("stress.html", "tables/stress.csv"):
        assert (tmp_path / "o" / name).read_bytes() == (done[0] / name).read_bytes()


def test_one_member_in_english_and_json(tmp_path):
    asked = ("--scenario", "bezetting-gesloten", "--member", "Delft", "--lang", "en")
    outcome = run(*BASE, *asked, "-o", str(tmp_path / "out"))
    assert outcome.exit_code == 0 and "Delft" in outcome.output and "Change" not in outcome.stderr
    page = (tmp_path / "out" / "stress.html").read_text("utf-8")
    assert "Change of required capacity: Delft" in page
    machine = run(*BASE, *asked, "-o", str(tmp_path / "out"), "--json")
    assert json.loads(machine.stdout)["worlds"][0]["name"] == "bezetting-gesloten"


def test_a_member_that_is_absorbed_is_no_fault(tmp_path):
    """Midden-Delfland merges into Wassenaar in this world, and has no figures of its own there."""
    asked = ("--scenario", "kleinste-fuseren", "--member", "GM1842")
    outcome = run(*BASE, *asked, "-o", str(tmp_path / "out"))
    assert outcome.exit_code == 0, outcome.output
    assert "–" in outcome.stdout


def test_all_shipped_scenarios_by_default_and_the_rest_is_said(tmp_path):
    arguments = ("stress", "haaglanden", "--sims", "100", "--set", "agreements=own-use", "--set", "years=1")
    outcome = run(*arguments, "-o", str(tmp_path / "out"))
    assert outcome.exit_code == 0, outcome.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    shown, left = {world["name"] for world in manifest["worlds"]}, set(manifest["left_out"])
    assert shown | left == set(builtin("scenarios"))
    # One year: nobody leaves or merges in the second one, and demand does not catch up. Under own use nobody leaves.
    assert left == {"grootste-vertrekt", "kleinste-fuseren", "pandemie", "parameters-bekend"}
    for name in left:
        assert name in outcome.output


def test_faults_of_the_study_the_scenarios_and_the_member_come_together():
    outcome = run("stress", "haaglanden", "--scenario", "index-2203", "--set", "finance.certainty=1.5",
                  "--set", "region.GM0518.capacity_incidental_eur=-1", "--set", "budget=-150%",
                  "--set", "costs.verblif.tariff=+15%", "--member", "GM0001")  # fmt: skip
    assert isinstance(outcome.exception, InputError)
    said = {p.where for p in outcome.exception.problems}
    assert said == {
        "finance.certainty=1.5", "region.GM0518.capacity_incidental_eur=-1", "budget=-150%", "scenario", "GM0001",
        "costs.verblif.tariff=+15%",
    }  # fmt: skip
    outcome = run("stress", "haaglanden", "--scenario", "index-2203", "--member", "GM0001")
    assert {p.file for p in outcome.exception.problems} == {"index-2203", "--member"}


def test_list_shows_scenarios():
    outcome = run("list")
    assert "Scenario's" in outcome.output and "bezetting-gesloten" in outcome.output


# --- relative values in the plan


def load(*overrides):
    return Study.load("haaglanden", overrides)


@pytest.fixture(scope="module")
def plan():
    return load()


@pytest.mark.parametrize("word", ["price", "tariff"])
def test_a_dearer_plan_is_planned(plan, word):
    study = load(f"costs.verblijf.{word}=+15%")
    place = plan.costs.ids.index("verblijf")
    means, before = ([s.mean for s in one.costs.severities] for one in (study, plan))
    np.testing.assert_allclose(np.divide(means, before), [1.15 if n == place else 1.0 for n in range(len(means))])
    assert study.agreed is None and study.costs.departures == ()
    np.testing.assert_allclose(study.setting.expected_cost[:, place], 1.15 * plan.setting.expected_cost[:, place])
    (quantity,) = [q for key, q in study.costs.quantities() if key == "care_types.verblijf.episode.tariff.mean"]
    assert quantity.grade == "assumed" and f"costs.verblijf.{word}=+15%" in quantity.source["nl"]


def test_drivers_and_shares_of_the_plan(plan):
    study = load("costs.clients=+10%", "costs.verblijf.clients_per_1000=x2", "budget=-3%", "costs.ambulant.spread=-10%")
    place = plan.costs.ids.index("verblijf")
    factors = study.costs.clients_per_youth / plan.costs.clients_per_youth
    np.testing.assert_allclose(factors, [2.2 if n == place else 1.1 for n in range(len(factors))])
    np.testing.assert_allclose(study.region.budget, 0.97 * plan.region.budget)
    assert study.costs.severities[0].cv < plan.costs.severities[0].cv
    assert study.costs.severities[0].mean == pytest.approx(plan.costs.severities[0].mean)


def test_zero_change_of_the_plan_is_the_plan(plan):
    study = load("costs.price=+0%", "costs.length=x1", "costs.clients=-0%", "budget=+0%")
    assert np.array_equal(study.setting.expected_cost, plan.setting.expected_cost)
    assert np.array_equal(study.region.budget, plan.region.budget)
    assert study.costs.severities == plan.costs.severities


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("costs.verblijf.tarief=+15%", "there is no such number to change"),
        ("costs.verblijf.price=15%", "a percentage needs a sign"),
        ("costs.verblijf.price=200", "a price changes by a share"),
        ("costs.verblijf.price=-100%", "a price cannot become nothing"),
        ("costs.ambulant.length=+5%", "has no stays"),
        ("budget=5", "change by a share"),
        ("budget=-100%", "not to nothing"),
        ("costs.volume.national.persistence=+100%", "the value must lie between 0 and 1"),
    ],
)
def test_what_cannot_change_the_plan_is_refused(text, rule):
    with pytest.raises(InputError) as caught:
        load(text, "costs.price=+1%")
    (problem,) = caught.value.problems
    assert (problem.file, problem.where) == ("--set", text) and rule in problem.rule and problem.hint


def test_region_is_a_row_that_no_municipality_has():
    assert REGION not in {str(code) for code in load().region.codes}
