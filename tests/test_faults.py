"""How faults in the input are told, on a screen and for a machine; numbers that are written with marks."""

import json

import click
import pytest
from click.testing import CliRunner

from solidair.cli import main as entry
from solidair.cli.faults import FIRST, NAMED, grouped, problems_json, show_problems
from solidair.cli.main import cli
from solidair.cli.options import MOST_SIMS, Count, Sims
from solidair.models.problems import InputError, Problem


def fault(row, column="youth", rule="must be a number", hint="Write digits.", file="region.csv", value="x"):
    return Problem(file, f"row {row}, column {column}", value, rule, hint)


def said(problems, capsys):
    show_problems(InputError(problems))
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_four_hundred_rows_with_one_fault_are_told_in_a_few_lines(capsys):
    text = said([fault(row) for row in range(2, 402)], capsys)
    assert text.startswith("400 problems in the input; nothing was written.")
    assert [f"row {row}, column" in text for row in (2, 3, 4, 5)] == [True, True, True, False]
    assert text.rstrip().endswith("And 397 more rows: 5, 6, 7, 8, 9, 10, 11, 12, ...")
    assert text.count("\n") < 20


def test_what_differs_is_not_put_together(capsys):
    kinds = [{}, {"column": "inhabitants"}, {"rule": "must be above 0"}, {"hint": "Look."}, {"file": "other.csv"}]
    problems = [fault(row, **kind) for row in range(2, 12) for kind in kinds]
    groups = grouped(problems)
    assert [len(group) for group in groups] == [10] * 5 and [p for g in groups for p in g[:1]] == problems[:5]
    text = said(problems, capsys)
    assert text.count("And 7 more rows: 5, 6, 7, 8, 9, 10, 11\n") == 5
    # Numbers count the faults, so that the last one is not above the total.
    numbers = [int(line.partition(".")[0]) for line in text.splitlines() if line[:1].isdecimal() and ". " in line[:4]]
    assert numbers == [10 * group + place for group in range(5) for place in (1, 2, 3)]


def test_few_of_a_kind_keep_the_order_of_the_file(capsys):
    problems = [fault(row, column) for row in range(2, 2 + FIRST + 1) for column in ("youth", "inhabitants")]
    assert [group for (group,) in grouped(problems)] == problems
    text = said(problems, capsys)
    assert (
        "more rows" not in text and f"{len(problems)}. region.csv" in text and text.count("Found: x") == len(problems)
    )


def test_keys_of_a_file_are_places_and_a_whole_row_has_no_column(capsys):
    keys = [Problem("costs.toml", f"care_types.{name}", "", "is required", "Add it.") for name in "abcdef"]
    assert said(keys, capsys).rstrip().endswith("And 3 more places: care_types.d, care_types.e, care_types.f")
    rows = [Problem("a.csv", f"row {n}", "", "a row must have 4 cells", "") for n in range(2, 2 + FIRST + NAMED)]
    assert said(rows, capsys).rstrip().endswith("And 8 more rows: 5, 6, 7, 8, 9, 10, 11, 12")


def test_many_faults_of_one_place_are_told_apart_by_what_was_found(capsys):
    found = [Problem("merge.toml", "changes.1", f"clauses.{n}", "cannot follow", "Leave it out.") for n in range(6)]
    assert said(found, capsys).rstrip().endswith("And 3 more places: clauses.3, clauses.4, clauses.5")


def test_long_lines_break_between_words_in_a_terminal_only(capsys, monkeypatch):
    known = Problem("--scenario", "x", "", "there is none", f"Known: {', '.join(f'scenario-{n}' for n in range(20))}.")
    piped = said([known], capsys)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    shown = said([known], capsys)
    assert max(map(len, piped.splitlines())) > 200 and max(map(len, shown.splitlines())) <= 80
    assert click.unstyle(shown).split() == piped.split() and all(
        row.startswith("   ") for row in shown.splitlines()[3:]
    )


@pytest.mark.parametrize(
    "words",
    [
        ["run", "haaglanden", "--set", "finance.certainty=2"],
        ["run", "haaglanden", "--members", "Delftt"],
        ["stress", "haaglanden", "--scenario", "index-2032"],
        ["forecast", "haaglanden", "--costs", "none.csv", "--month", "7"],
    ],
)
def test_a_folder_that_cannot_be_replaced_is_told_with_what_else_is_wrong(tmp_path, words):
    (tmp_path / "mine.txt").write_text("mine")
    error = CliRunner().invoke(cli, [*words, "-o", str(tmp_path)]).exception
    assert isinstance(error, InputError) and len(error.problems) == 2
    assert error.problems[-1].where == "-o" and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_machine_gets_all_of_them():
    problems = [fault(row) for row in range(2, 402)]
    found = json.loads(problems_json(InputError(problems)))["problems"]
    assert [Problem(**entry_) for entry_ in found] == problems


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_line_as_a_whole(tmp_path, monkeypatch, capsys, as_json):
    rows = "".join(f"GM{1000 + n};Plaats {n};9000;x\n" for n in range(30))
    (tmp_path / "region.csv").write_text(f"code;name;inhabitants;youth\n{rows}", "utf-8")
    (tmp_path / "study.toml").write_text(
        'title = { nl = "x", en = "x" }\nregion = "region.csv"\ncosts = "nl-2024"\nagreements = ["own-use"]\n', "utf-8"
    )
    monkeypatch.setattr("sys.argv", ["solidair", "check", str(tmp_path), *(["--json"] if as_json else [])])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert "30 problems in the input" in err and "And 27 more rows: 5, 6, 7, 8, 9, 10, 11, 12, ..." in err
    assert (len(json.loads(out)["problems"]) == 30) if as_json else out == ""


# --- numbers with marks

MEANT = {
    "20.000": "20000", "20,000": "20000", "20 000": "20000", "20'000": "20000", "20_000": "20000",
    "20\u202f000": "20000",
    "1.250.000": "1250000", "20.000,00": "20000", "20000.0": "20000", "2e4": "20000", "20k": "20000", "2M": "2000000",
}  # fmt: skip


@pytest.mark.parametrize("text", MEANT)
@pytest.mark.parametrize("kind", [Sims(), Count(100, MOST_SIMS)], ids=["sims", "count"])
def test_a_number_with_marks_is_not_taken_but_explained(kind, text):
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(text, None, None)
    assert f"If you mean {MEANT[text]}, write {MEANT[text]}: digits only" in caught.value.message
    assert kind.convert(MEANT[text], None, None) == int(MEANT[text])


@pytest.mark.parametrize("text", ["many", "", " ", "20.5", "2.00.0", "0x10", "٢٠", "20 ", "1e99", "--5"])
def test_what_is_no_number_is_not_guessed(text):
    with pytest.raises(click.BadParameter, match=r"Write for example 20000: digits only"):
        Count(0).convert(text, None, None)


def test_plain_numbers_and_the_word_auto_are_taken():
    assert Sims().convert("AUTO", None, None) == "auto"
    assert Count(-9, 9).convert("-5", None, None) == -5 and Count(0).convert("+7", None, None) == 7
    assert Count(0).convert(12, None, None) == 12  # a default
    with pytest.raises(click.BadParameter, match=r"range .*or the word auto"):
        Sims().convert("5", None, None)


@pytest.mark.parametrize("option", ["--sims", "--seed", "--threads", "--years", "--first-year"])
@pytest.mark.parametrize("command", ["run", "check"])
def test_every_option_that_is_a_number_says_so(command, option):
    result = CliRunner().invoke(cli, [command, "haaglanden", option, "2.000"])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': '2.000' is not a whole number. If you mean 2000, write 2000" in result.output
