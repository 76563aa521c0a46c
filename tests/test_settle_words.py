"""What `solidair settle` and `solidair backtest` say: whole amounts, corrections, notes, and what is refused."""

import csv
import json
import re
import zipfile
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from solidair.cli.main import cli
from solidair.cli.settle_html import euros
from solidair.cli.texts.settle import reader_note
from solidair.models.problems import InputError
from tests.settle_cases import CODES, EXCESS_TOML, REGION_CSV, TABLE_CSV

pytestmark = pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="XlsxWriter is not installed")

MANY_CSV = "code,care_type,cost_eur,child\n" + "".join(
    f"{code},verblijf,{8_000 + 7 * n + 0.93:.2f},{code}-{n}\n" for code in CODES.values() for n in range(30)
)
SHARE_TOML = EXCESS_TOML.replace(
    'take = { kind = "excess", retention = 75000, limit = 175000 }',
    'years = { first = 2024 }\ntake = { kind = "share", scope = ["verblijf"], share = [0.6, 0.4, 0.2] }',
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.toml").write_text(EXCESS_TOML, encoding="utf-8")
    (tmp_path / "region.csv").write_text(REGION_CSV, encoding="utf-8")
    (tmp_path / "2025.csv").write_text(TABLE_CSV, encoding="utf-8")
    return tmp_path


def settle(*more, cases="2025.csv", region="region.csv", columns="80"):
    arguments = ["settle", "ours.toml", "--cases", cases, "--region", region, "--year", "2025", *more]
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": columns})


def backtest(*more, columns="80"):
    return CliRunner().invoke(cli, ["backtest", *more, "--region", "region.csv"], env={"COLUMNS": columns})


def problems(outcome):
    assert isinstance(outcome.exception, InputError), (outcome.output, outcome.exception)
    return outcome.exception.problems


def corrected(folder, *more):
    settle("-o", "first")
    (folder / "2025.csv").write_text(TABLE_CSV.replace("180000", "172000"), encoding="utf-8")
    return settle("-o", "second", "--earlier", "first", *more)


@pytest.mark.parametrize("columns", ["40", "60", "80", "100", "200"])
def test_no_amount_is_cut_off(folder, columns):
    (folder / "2025.csv").write_text(MANY_CSV.replace(",80", ",9090"), encoding="utf-8")
    done = settle("-o", "out", "--json")
    cents = [cents for line in json.loads(done.stdout)["lines_cents"].values() for cents in line]
    outputs = [settle("-o", "out", columns=columns).stdout]
    outputs.append(backtest("ours.toml", "--cases", "2025.csv", "-o", "bt", columns=columns).stdout)
    with (folder / "bt/backtest.csv").open(encoding="utf-8") as file:
        shown = [round(100 * float(row[f"{name}_eur"])) for row in csv.DictReader(file) for name in ("own", "budget")]
    for text, amounts in zip(outputs, (cents, shown), strict=True):
        assert "…" not in text
        for amount in amounts:
            whole = euros(round(abs(amount), -2), "nl")[:-3]
            assert euros(abs(amount), "nl") in text or re.search(rf"(?<![\d.]){re.escape(whole)}(?![\d.,])", text)
        # Prose and paths are wrapped by the terminal; tables must fit.
        table = text.split("Wie betaalt wie")[0].split("Bijdrage is wat")[0]
        assert max(map(len, table.splitlines())) <= int(columns)


def test_a_correction_says_so_everywhere(folder):
    done = corrected(folder)
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.stdout.startswith("Correctie op de afrekening 2025")
    for words in ("Al verrekend", "Nog te", "Wie betaalt wie nog", "Verschil met de eerdere afrekening"):
        assert words in done.stdout
    page = (folder / "second/statement.html").read_text("utf-8")
    assert "<h1>Correctie op de afrekening 2025</h1>" in page and "Al verrekend" in page
    own = (folder / "second/members/GM0001.html").read_text("utf-8")
    assert "<h1>Correctie op de afrekening 2025 voor Aadorp</h1>" in own and "Al verrekend" in own

    # By hand: A hands in 8,000 less, and 7,000 - 25 = 6,975 of that it had received too much.
    said = {name: json.loads((folder / name / "statement.json").read_text("utf-8")) for name in ("first", "second")}
    was, now = (said[name]["lines_cents"]["balance"][0] for name in ("first", "second"))
    change = said["second"]["correction"]
    assert change["settled_cents"][0] == was and change["still_cents"][0] == now - was
    assert abs(now - was + 6_975_00) <= 1
    for name in ("statement.csv", "members/GM0001.csv"):
        with (folder / "second" / name).open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["code"] == "GM0001"]
        found = {row["regel"]: round(100 * float(row["bedrag_eur"])) for row in rows}
        assert (found["Al verrekend"], found["Nog te ontvangen"], found["Nog te betalen"]) == (was, 0, was - now)
        line = "Correctie: Saldo (+ ontvangen, − betalen)"
        assert [found[f"{line}: {word}"] for word in ("was", "is", "verschil")] == [was, now, now - was]


def test_a_correction_must_count_the_advances_of_the_earlier_statement(folder):
    (folder / "advances.csv").write_text("code;voorschot\nGM0003;150000,00\n", encoding="utf-8")
    settle("-o", "first", "--advances", "advances.csv")
    (refused,) = problems(settle("-o", "second", "--earlier", "first"))
    assert refused.where == "--advances" and "take them all back" in refused.rule
    assert not (folder / "second").exists()
    assert settle("-o", "second", "--earlier", "first", "--advances", "advances.csv").exit_code == 0


def test_a_statement_is_not_replaced_by_another(folder):
    settle("-o", "out")
    before = (folder / "out/statement.json").read_bytes()
    assert settle("-o", "out").exit_code == 0 and settle("-o", "out", "--lang", "en").exit_code == 0
    (folder / "2025.csv").write_text(TABLE_CSV.replace("180000", "172000"), encoding="utf-8")
    (refused,) = problems(settle("-o", "out"))
    assert refused.where == "-o" and "--earlier out" in refused.hint and "--overwrite" in refused.hint
    assert json.loads((folder / "out/statement.json").read_bytes())["lines_cents"] == json.loads(before)["lines_cents"]
    assert settle("-o", "out", "--overwrite").exit_code == 0
    backtest("own-use", "--cases", "2025.csv", "-o", "bt")
    (refused,) = problems(settle("-o", "bt"))
    assert "another command" in refused.rule


def test_the_statement_says_what_counts_as_a_child_and_what_was_passed_over(folder):
    done = settle("-o", "rows")
    assert "elke regel telt als een kind" in done.stderr
    page = (folder / "rows/statement.html").read_text("utf-8")
    assert "elke regel telt als een kind" in page and "Van elk kind telt het totaal" not in page
    lines = [f"{row},2025" if n else f"{row},year" for n, row in enumerate(MANY_CSV.splitlines())]
    (folder / "2025.csv").write_text("\n".join([*lines, "GM0001,verblijf,1000,k,2024"]) + "\n", encoding="utf-8")
    done = settle("-o", "out")
    note = "2025.csv: regels van een ander jaar dan 2025, die niet meetellen: 1."
    assert note in done.stderr
    page = (folder / "out/statement.html").read_text("utf-8")
    assert note in page and "Van elk kind telt het totaal" in page and "elke regel telt als een kind" not in page
    assert "not used: 1." in settle("-o", "out", "--lang", "en").stderr


def test_a_note_about_few_children_gives_no_number_to_all_members():
    note = "in/2025.csv: cases that cost 0 after corrections: 3. Each still counts as a client."
    assert reader_note(note, "nl", 10).startswith("2025.csv: gevallen die na correcties 0 kosten: minder dan 10.")
    assert reader_note(note, "en", 10).startswith("2025.csv: cases that cost 0 after corrections: fewer than 10. Each")
    assert ": 3." in reader_note(note, "nl") and reader_note(note, "en") == note.removeprefix("in/")


def test_tables_that_say_nothing_are_left_out_and_headers_stand_above_their_cells(folder):
    settle("-o", "out", "--set", "agreements.ours.clauses.1.take.retention=500000")
    page = (folder / "out/statement.html").read_text("utf-8")
    assert '<th scope="col" class="text">Code</th>' in page
    assert "Niemand hoeft iets te betalen." in page and '<th scope="col">Betaalt</th>' not in page
    with zipfile.ZipFile(folder / "out/statement.xlsx") as book:
        assert "Betaalt<" not in book.read("xl/sharedStrings.xml").decode()
    assert "Betaalt" not in settle("-o", "out", "--overwrite", "--set",
                                   "agreements.ours.clauses.1.take.retention=500000").stdout  # fmt: skip


def test_words_of_a_list_of_shares_and_cents_in_the_workbook(folder):
    (folder / "ours.toml").write_text(SHARE_TOML, encoding="utf-8")
    (folder / "2025.csv").write_text(MANY_CSV, encoding="utf-8")
    done = settle("-o", "out")
    assert done.exit_code == 0, (done.output, done.exception)
    assert "In 2025 geldt 40%." in (folder / "out/statement.html").read_text("utf-8")
    with zipfile.ZipFile(folder / "out/statement.xlsx") as book:
        sheets = "".join(book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name)
    assert not re.findall(r"<v>-?\d+\.\d{3,13}99\d*</v>", sheets)


def test_the_total_of_the_overview_is_that_of_the_cost(folder):
    (folder / "2025.csv").write_text(MANY_CSV, encoding="utf-8")
    settle("-o", "out")
    page = (folder / "out/statement.html").read_text("utf-8")
    feet = re.findall(r"<tfoot>.*?</tfoot>", page, re.DOTALL)
    if "Eigen kosten per zorgvorm" in page:
        total = re.findall(r"<td[^>]*>([^<]+)</td>", feet[1])[-1]
        assert total in feet[0]


def test_backtest_has_the_cents_of_settle_and_says_what_is_missing(folder):
    (folder / "2025.csv").write_text(MANY_CSV, encoding="utf-8")
    region = re.sub(r"(,youth_budget_eur|,\d+)$", "", REGION_CSV, flags=re.MULTILINE)
    (folder / "region.csv").write_text(region, encoding="utf-8")
    done = backtest("ours.toml", "pool-by-youth", "--cases", "2025.csv", "-o", "bt")
    assert done.exit_code == 0, (done.output, done.exception)
    for text in (done.stdout, (folder / "bt/backtest.html").read_text("utf-8")):
        assert "Bedragen in euro." in text and "geschat" in text
    settle("-o", "out")
    with (folder / "bt/backtest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["agreement"] == "ours"]
    for row in rows:
        own = json.loads((folder / f"out/members/{row['code']}.json").read_text("utf-8"))["lines_cents"]
        assert round(100 * float(row["contribution_eur"])) == own["contribution"]


def test_advice_fits_the_command(folder):
    lines = [f"{row},{2024 + n % 2}" if n else f"{row},year" for n, row in enumerate(TABLE_CSV.splitlines())]
    (folder / "mixed.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (refused,) = problems(backtest("own-use", "--cases", "mixed.csv", "-o", "bt"))
    assert "asked for" not in refused.rule and "--cases once for each" in refused.hint
    (folder / "ours.toml").write_text(EXCESS_TOML.replace("youth", "clients"), encoding="utf-8")
    (folder / "history.csv").write_text("code,year,clients,cost_eur\n" + "".join(
        f"{code},2020,20,100000\n" for code in CODES.values()), encoding="utf-8")  # fmt: skip
    for problem in problems(settle("-o", "out", "--history", "history.csv")):
        assert "assumed" not in problem.hint and "[history]" not in problem.hint
    (folder / "ours.toml").write_text(EXCESS_TOML, encoding="utf-8")
    (refused,) = problems(settle("-o", "out", region="2026.csv"))
    assert "2025.csv" not in refused.hint
    (folder / "advances.csv").write_text("code,advance_eur\n" + "GM0001,1\n" * 6, encoding="utf-8")
    found = problems(settle("-o", "out", "--advances", "advances.csv"))
    assert len(found) == 5 and len({(problem.rule, problem.hint) for problem in found}) == 1


def test_a_year_that_cannot_be_computed_is_told_with_the_reason(folder):
    (folder / "ours.toml").write_text(
        EXCESS_TOML.replace('{ kind = "youth" }', '{ kind = "clients", window = 1 }'), "utf-8"
    )
    (folder / "2024.csv").write_text(TABLE_CSV, encoding="utf-8")
    # Of 2024 there is no year before it; of 2025 there is, by the cases of 2024.
    done = backtest("ours.toml", "--cases", "2024.csv", "--cases", "2025.csv", "-o", "bt", columns="200")
    assert done.exit_code == 0, (done.output, done.exception)
    for text in (done.stdout, (folder / "bt/backtest.html").read_text("utf-8").replace("&#39;", "'")):
        assert (
            "Niet te berekenen: 2024: de sleutel 'clients' kijkt naar 2023, maar bij de eerdere jaren ontbreekt 2023"
            in text
        )
