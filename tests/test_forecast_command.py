"""`solidair forecast` as a user meets it."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from solidair.cli.forecast_pages import View, forecast_page
from solidair.cli.main import cli
from solidair.cli.texts.forecast import MONTHS, TEXTS
from solidair.models.problems import InputError
from solidair.models.sources.costs_to_date import COLUMNS
from solidair.pool.forecast.result import TABLES, forecast
from solidair.pool.run import simulate
from tests.forecasting import costs_to_date, mixed_costs, mixed_study

COSTS = """\
gemeentecode;kosten;volledigheid;voorschot
GM0518;170.000.000;95%;260.000.000
GM0637;36.000.000;;
GM1783;31.500.000;90%;
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("forecast")
    (made / "costs.csv").write_text(COSTS, encoding="utf-8")
    return made


def run(folder, *arguments):
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = ["forecast", "haaglanden", "--costs", "costs.csv", "--sims", "400", "--threads", "1", *arguments]
        return runner.invoke(cli, words)


@pytest.fixture(scope="module")
def interim(folder):
    done = run(folder, "--month", "7")
    assert done.exit_code == 0, done.output
    return folder / "out" / "haaglanden-2027-07", done.output


def test_the_folder_holds_what_is_promised(interim):
    target, _ = interim
    assert sorted(p.name for p in target.iterdir()) == ["forecast.html", "manifest.json", "tables"]
    assert sorted(p.stem for p in (target / "tables").glob("*.csv")) == sorted(TABLES)
    rows = pd.read_csv(target / "tables" / "forecast.csv")
    assert len(rows) == 6 * 4 * 9
    kept = pd.read_parquet(target / "tables" / "forecast.parquet")
    pd.testing.assert_frame_equal(rows, kept, check_dtype=False, rtol=1e-15)
    first = rows.iloc[0]
    assert (first["code"], first["advance"]) == ("GM0518", 260e6) and first["to_pay"] == first["mean"] - 260e6
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    assert manifest["month"] == 7 and manifest["costs_to_date"]["members"] == 3
    assert len(manifest["costs_to_date"]["sha256"]) == 64


def test_the_screen_fits_and_says_what_is_known(interim):
    _, output = interim
    assert all(len(line) <= 80 for line in output.splitlines()), output
    said = " ".join(output.split())
    assert "Tussenrapportage (berap) · stand tot en met juli 2027" in said
    assert "Van 3 van de 9 gemeenten is een bedrag bekend." in said
    assert "…" not in output.replace("Leidschendam-Voor…", "")


def test_the_page_is_whole(interim):
    target, _ = interim
    page = (target / "forecast.html").read_text("utf-8")
    assert not re.search(r"\{\w+\}|https?://|<script|\bnan\b|\bNone\b", page)
    for part in ("Wat is er tot en met juli uitgegeven?", "Waar komt 2027 op uit?", "167 miljoen", "niet bekend"):
        assert part in page
    assert page.count("<svg") == 6 * 9


def test_the_annual_accounts(folder):
    (folder / "costs.csv").write_text(COSTS.replace("170.000.000;95%", "290.000.000;").replace("90%", ""), "utf-8")
    done = run(folder, "--month", "12", "--lang", "en", "-o", "out/accounts")
    (folder / "costs.csv").write_text(COSTS, "utf-8")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    # Not of all municipalities is an amount known, so what they spent together is still an estimate.
    assert "the municipalities spent an estimated EUR" in said and "An amount is known of" in said
    assert "With the annual accounts of 2027" in said and "solidair settle" in said
    page = (folder / "out" / "accounts" / "forecast.html").read_text("utf-8")
    assert "What does 2027 mean under each agreement?" in page and not re.search(r"\{\w+\}", page)


def test_json_for_a_machine(folder):
    done = run(folder, "--month", "3", "--json", "--first-year", "2028", "-o", "out/json")
    content = json.loads(done.output)
    assert (content["year"], content["month"]) == (2028, 3)
    assert len(content["evidence"]) == 9 and content["evidence"][8]["z"] is None


def test_all_faults_of_all_files_at_once(folder):
    (folder / "wrong.csv").write_text("code;cost_eur\nGM0518;-1\nGM9999;5\n", "utf-8")
    before = sorted(p.name for p in (folder / "out").glob("*"))
    words = ["--month", "7", "--costs", "wrong.csv", "-o", "out/nothing"]
    with pytest.raises(InputError) as caught:
        raise run(folder, *words).exception
    assert [p.rule for p in caught.value.problems] == [
        "the cost to date must be 0 or more",
        "the payer must be a member of the region",
    ]
    with pytest.raises(InputError) as caught:
        raise run(folder, *words, "--set", "costs.nonsense.index=1").exception
    assert {p.file for p in caught.value.problems} >= {"wrong.csv"} and len(caught.value.problems) >= 2
    with pytest.raises(InputError) as caught:
        raise run(folder, "--month", "7", "--costs", "absent.csv").exception
    assert caught.value.problems[0].rule == "the file must exist"
    assert sorted(p.name for p in (folder / "out").glob("*")) == before


@pytest.mark.parametrize("month", ["0", "13", "x", "7.5"])
def test_a_month_is_one_of_twelve(folder, month):
    done = run(folder, "--month", month)
    assert done.exit_code == 2 and "--month" in done.output


def test_a_folder_of_others_is_not_replaced(folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").write_text("dear", "utf-8")
    assert isinstance(run(folder, "--month", "7", "-o", "mine").exception, InputError)
    assert (folder / "mine" / "letter.txt").read_text("utf-8") == "dear"


def test_warnings_name_who_does_not_fit():
    study = mixed_study(mixed_costs(need=0.1), years=1)
    results = simulate(study, 120, 1, threads=1)
    mean = results.own[:, 0].mean(axis=0)
    for cost, count in ((mean * [1.0, 3.0, 1.0], 1), (mean * 3.0, 3)):
        view = View(forecast(results, costs_to_date(study, cost), 12), "en")
        (strange,) = [line for line in view.warnings if "do not fit the model" in line]
        assert strange.count("Town") == count and ("these municipalities" in strange) == (count > 1)
        assert any("--sims 150" in line for line in view.warnings)
    assert "What does this mean for the years after?" not in forecast_page(view.found, "en")


def test_both_languages_say_the_same_things():
    assert set(TEXTS["nl"]) == set(TEXTS["en"]) and all(len(names) == 12 for names in MONTHS.values())
    for key, text in TEXTS["nl"].items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", TEXTS["en"][key])), key


def test_every_column_is_on_the_page(interim):
    target, _ = interim
    page = (Path(__file__).parents[1] / "docs" / "forecast.md").read_text("utf-8")
    columns = [c for name in TABLES for c in pd.read_csv(target / "tables" / f"{name}.csv").columns]
    names = [name for column in COLUMNS for name in (column.name, *column.aliases)]
    words = {c.removesuffix("_se") for c in columns} | set(names)
    assert sorted(word for word in words if f"`{word}`" not in page) == []
