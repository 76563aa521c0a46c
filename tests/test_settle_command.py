"""`solidair settle` and `solidair backtest`: files, bytes, corrections, and input that is wrong."""

import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from solidair.cli.main import cli
from solidair.models.problems import InputError
from tests.settle_cases import CODES, EXCESS_TOML, REGION_CSV, TABLE_CSV

pytestmark = pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="XlsxWriter is not installed")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.toml").write_text(EXCESS_TOML, encoding="utf-8")
    (tmp_path / "region.csv").write_text(REGION_CSV, encoding="utf-8")
    (tmp_path / "2025.csv").write_text(TABLE_CSV, encoding="utf-8")
    return tmp_path


def settle(*more, agreement="ours.toml", cases="2025.csv", region="region.csv"):
    arguments = ["settle", agreement, "--cases", cases, "--region", region, "--year", "2025", *more]
    return CliRunner().invoke(cli, arguments, catch_exceptions=True)


def all_bytes(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_statement_has_the_amounts_worked_out_by_hand(folder):
    # Handed in above 75,000, at most 175,000 a case: 105, 195 and 75 thousand; charged 375 by 41 : 93 : 186.
    done = settle("-o", "out", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    balance = dict(zip(said["parties"], said["lines_cents"]["balance"], strict=True))
    exact = {"GM0001": 56_953.125, "GM0002": 86_015.625, "GM0003": -142_968.75}
    assert all(abs(balance[code] - 100 * exact[code]) < 1 for code in exact)
    assert sum(balance.values()) == 0
    assert [(t["payer"], t["receiver"]) for t in said["transfers"]] == [("GM0003", "GM0001"), ("GM0003", "GM0002")]
    files = set(all_bytes(folder / "out"))
    endings = ("csv", "html", "json", "xlsx")
    assert files == {"manifest.json", *(f"statement.{e}" for e in endings)} | {
        f"members/{code}.{e}" for code in CODES.values() for e in endings
    }
    own = json.loads((folder / "out/members/GM0003.json").read_text("utf-8"))["lines_cents"]
    assert own["own"] == 268_000_00 and own["clause-1-handed-in"] == 75_000_00
    assert own["contribution"] == own["own"] + own["clause-1-charged"] - own["clause-1-paid"]


def test_the_workbook_has_numbers_in_its_cells_and_a_sheet_for_each_member(folder):
    settle("-o", "out")
    with zipfile.ZipFile(folder / "out/statement.xlsx") as book:
        sheets = book.read("xl/workbook.xml").decode()
        names = [f'name="{name}"' for name in ("Overzicht", *CODES.values(), "Controle", "Aannames")]
        assert [sheets.index(name) for name in names] == sorted(sheets.index(name) for name in names)
        first = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<v>142968.75</v>" in first
        assert {info.date_time[:3] for info in book.infolist()} == {(1980, 1, 31)}
        assert "2000-01-01" in book.read("docProps/core.xml").decode()


def test_the_page_opens_without_a_network(folder):
    settle("-o", "out")
    page = (folder / "out/statement.html").read_text("utf-8")
    assert "http" not in page and "<script" not in page
    assert "142.968,75" in page
    assert "142,968.75" in (settle("-o", "en", "--lang", "en").output)


def test_the_same_input_gives_the_same_bytes(folder):
    settle("-o", "out")
    # In another process, with another seed of hashes and in reverse order of rows.
    (folder / "2025.csv").write_text(
        "\n".join([TABLE_CSV.splitlines()[0], *TABLE_CSV.splitlines()[:0:-1]]) + "\n", encoding="utf-8"
    )
    subprocess.run(
        [sys.executable, "-m", "solidair.cli", "settle", "ours.toml", "--cases", "2025.csv", "--region", "region.csv",
         "--year", "2025", "-o", "again"], cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    first, second = all_bytes(folder / "out"), all_bytes(folder / "again")
    assert first == second
    (folder / "2025.csv").write_text(TABLE_CSV, encoding="utf-8")
    settle("-o", "again")
    assert all_bytes(folder / "out") == all_bytes(folder / "again")
    said = json.loads((folder / "out/manifest.json").read_text("utf-8"))
    assert {"ours.toml", "region.csv"} <= set(said["inputs_sha256"])
    # Nothing of the files of single members: of few figures one could try all that are possible.
    assert set(said["files_sha256"]) == {name for name in first if "/" not in name} - {"manifest.json"}


def test_no_digest_is_shared_by_which_the_cost_of_the_last_child_could_be_tried(folder):
    # Who knows all rows but one tries all amounts of that one, a second or so, until the digest of the file fits.
    past = "code,year,clients,cost_eur\n" + "".join(f"{code},2024,20,100000\n" for code in CODES.values())
    (folder / "history.csv").write_text(past, encoding="utf-8")
    assert settle("-o", "out", "--history", "history.csv").exit_code == 0
    assert backtest("ours.toml", "--cases", "2025.csv", "-o", "bt").exit_code == 0
    shared = "".join((folder / name).read_text("utf-8") for name in ("out/manifest.json", "bt/manifest.json"))
    for name in ("2025.csv", "history.csv"):
        assert sha256((folder / name).read_bytes()).hexdigest() not in shared
        assert name not in json.loads((folder / "out/manifest.json").read_text("utf-8"))["inputs_sha256"]


def test_a_corrected_input_gives_a_correction(folder):
    settle("-o", "first")
    (folder / "2025.csv").write_text(TABLE_CSV.replace("180000", "172000"), encoding="utf-8")
    done = settle("-o", "second", "--earlier", "first", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["corrects"] and said["level"] == "balances"
    # A hands in 8,000 less, of which it would have borne 41/320 = 1,025: it pays 6,975 back, by 93 : 186.
    (to_b, to_c) = said["transfers"]
    assert (to_b["payer"], to_b["receiver"], to_c["receiver"]) == ("GM0001", "GM0002", "GM0003")
    assert abs(to_b["cents"] - 2_325_00) <= 1 and abs(to_c["cents"] - 4_650_00) <= 1
    assert to_b["cents"] + to_c["cents"] == said_balance(folder, "first") - said_balance(folder, "second")
    assert "Artikel 1: ingebracht" in (folder / "second/members/GM0001.html").read_text("utf-8")
    same = settle("-o", "third", "--earlier", "second", "--json")
    assert json.loads(same.stdout)["transfers"] == []
    assert "Er verandert niets" in (folder / "third/statement.html").read_text("utf-8")


def said_balance(folder, name):
    return json.loads((folder / name / "members/GM0001.json").read_text("utf-8"))["lines_cents"]["balance"]


def test_advances_come_off_what_is_to_be_paid(folder):
    (folder / "advances.csv").write_text("code;voorschot\nGM0003;150000,00\n", encoding="utf-8")
    said = json.loads(settle("-o", "out", "--advances", "advances.csv", "--json").stdout)
    balance = dict(zip(said["parties"], said["lines_cents"]["balance"], strict=True))
    assert abs(balance["GM0003"] - 7_031_25) <= 1
    assert balance["ACCOUNT"] == -150_000_00
    assert sum(balance.values()) == 0


def problems(outcome):
    assert isinstance(outcome.exception, InputError), (outcome.output, outcome.exception)
    return [str(problem) for problem in outcome.exception.problems]


def test_all_problems_are_told_at_once_and_nothing_is_written(folder):
    (folder / "2025.csv").write_text("code,care_type,cost_eur\nGM0001,verblijf,veel\nGM0009,verblijf,1\n", "utf-8")
    (folder / "advances.csv").write_text("code,advance_eur\nGM0001,1.005\nGM0001,2\nGM0007,3\n", "utf-8")
    (folder / "ours.toml").write_text(EXCESS_TOML.replace("youth", "clients"), "utf-8")
    found = problems(settle("-o", "out", "--advances", "advances.csv", "--earlier", "nowhere"))
    for part in ("row 2", "row 3", "advances.csv: row 2", "row 4", "--history", "nowhere"):
        assert any(part in problem for problem in found), (part, found)
    assert not (folder / "out").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["2025.csv", "advances.csv", "ours.toml", "region.csv"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"agreement": "our.toml"}, "ours.toml"),
        ({"region": "regio.csv"}, "region.csv"),
        ({"cases": "2026.csv"}, "must exist"),
    ],
)
def test_a_name_that_is_wrong(folder, change, said):
    assert any(said in problem for problem in problems(settle("-o", "out", **change)))
    assert not (folder / "out").exists()


def test_a_rule_that_needs_a_law_asks_for_a_study(folder):
    reserve = 'pot = { kind = "reserve", opening = 0, contribution = "expected" }'
    (folder / "ours.toml").write_text(EXCESS_TOML.replace('pot = { kind = "full" }', reserve), "utf-8")
    assert any("--study" in problem for problem in problems(settle("-o", "out")))
    clash = settle("-o", "out", "--study", "haaglanden", "--costs", "nl-2024")
    assert clash.exit_code == 2 and "--study" in clash.output
    assert any("same members" in problem for problem in problems(settle("-o", "out", "--study", "haaglanden")))


def test_exit_code_and_no_traceback(folder):
    done = subprocess.run(
        [sys.executable, "-m", "solidair.cli", "settle", "ours.toml", "--cases", "no.csv", "--region", "no.csv",
         "--year", "2025", "--json"], cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert {p["file"] for p in json.loads(done.stdout)["problems"]} == {"no.csv"}


def test_an_earlier_statement_must_be_one_and_must_not_be_overwritten(folder):
    settle("-o", "out")
    assert any("overwritten" in problem for problem in problems(settle("-o", "out", "--earlier", "out")))
    assert any("no statement" in problem for problem in problems(settle("-o", "new", "--earlier", ".")))
    path = folder / "out/statement.json"
    path.write_text(path.read_text("utf-8").replace('"year": 2025', '"year": 2024'), encoding="utf-8")
    assert any("must be of year 2025" in problem for problem in problems(settle("-o", "new", "--earlier", "out")))
    path.write_text("{", encoding="utf-8")
    assert any("cannot be read" in problem for problem in problems(settle("-o", "new", "--earlier", "out")))


def test_files_that_solidair_did_not_write_are_kept(folder):
    (folder / "mine").mkdir()
    (folder / "mine/letter.txt").write_text("dear", encoding="utf-8")
    assert any("did not write" in problem for problem in problems(settle("-o", "mine")))


def test_an_amount_can_be_set_on_the_command_line(folder):
    done = settle("-o", "out", "--json", "--set", "agreements.ours.clauses.1.take.retention=500000")
    assert done.exit_code == 0, (done.output, done.exception)
    assert json.loads(done.stdout)["transfers"] == []


# --- backtest


def backtest(*more):
    return CliRunner().invoke(cli, ["backtest", *more, "--region", "region.csv"], catch_exceptions=True)


def test_backtest_writes_a_row_for_each_agreement_year_and_member(folder):
    (folder / "2024.csv").write_text(TABLE_CSV.replace("310000", "210000"), encoding="utf-8")
    done = backtest("ours.toml", "own-use", "--cases", "2025.csv", "--cases", "2024.csv", "--fewest", "2", "-o", "bt")
    assert done.exit_code == 0, (done.output, done.exception)
    lines = (folder / "bt/backtest.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("agreement,year,code,name,own_eur,contribution_eur,transfer_eur")
    assert len(lines) == 1 + 2 * 2 * 3
    # As above: 268,000 - 75,000 + 217,968.75.
    assert "ours,2025,GM0003,Ceedorp,268000.00,410968.75,142968.75,42000000.00,-41589031.25" in lines
    assert "own-use,2024,GM0002,Beedorp,345000.00,345000.00,0.00,33000000.00,-32655000.00" in lines
    before = all_bytes(folder / "bt")
    backtest("ours.toml", "own-use", "--cases", "2025.csv", "--cases", "2024.csv", "--fewest", "2", "-o", "bt")
    assert all_bytes(folder / "bt") == before
    hidden = backtest("ours.toml", "--cases", "2025.csv", "-o", "bt", "--json")
    assert all(row["own_eur"] is None for row in json.loads(hidden.stdout)["rows"])


def test_backtest_of_a_history_refuses_rules_about_single_children(folder):
    (folder / "history.csv").write_text("code,year,clients,cost_eur\n" + "".join(
        f"{code},2024,20,100000\n" for code in CODES.values()), encoding="utf-8")  # fmt: skip
    assert any("single children" in p for p in problems(backtest("ours.toml", "--history", "history.csv", "-o", "bt")))
    assert not (folder / "bt").exists()
    done = backtest("pool-by-youth", "--history", "history.csv", "-o", "bt", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert ",38437.50," in (folder / "bt/backtest.csv").read_text("utf-8")  # 300,000 x 4,100/32,000
    assert backtest("ours.toml", "-o", "bt").exit_code == 2
    (folder / "cases.csv").write_text(TABLE_CSV, encoding="utf-8")
    assert any("of which year" in p for p in problems(backtest("ours.toml", "--cases", "cases.csv", "-o", "x")))
