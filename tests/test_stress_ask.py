"""`solidair stress --tornado` and `--reverse`: what is asked, what is printed, what is written."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from solidair.cli.commands.stress import command
from solidair.cli.texts.stress_ask import TEXTS
from solidair.models.problems import InputError
from solidair.pool.stress.tornado import COLUMNS
from solidair.pool.study import Study


def call(*words):
    return CliRunner().invoke(command, ["haaglanden", *words])


def faults(*words):
    error = call(*words).exception
    assert isinstance(error, InputError), error
    return {(problem.file, problem.where): problem for problem in error.problems}


def test_everything_wrong_with_a_reverse_question_is_said_at_once(tmp_path):
    target = tmp_path / "out"
    found = faults(
        "--reverse", "costs.verblijff.price", "--over=-5%", "--likely", "150%", "--between", "2:3",
        "--agreement", "half-hlaf", "--member", "Wasenaar", "-o", str(target),
    )  # fmt: skip
    assert {file for file, _ in found} == {"--reverse", "--over", "--likely", "--between", "--agreement", "--member"}
    assert "costs.verblijf.price" in found["--reverse", "costs.verblijff.price"].hint
    assert "half-half" in found["--agreement", "half-hlaf"].hint
    assert not target.exists()


@pytest.mark.parametrize(
    ("by", "rule"), [("ten", "not a percentage"), ("10", "is this a percentage"), ("0%", "between")]
)
def test_a_step_must_be_a_percentage(by, rule, tmp_path):
    [problem] = faults("--tornado", "--by", by, "-o", str(tmp_path / "out")).values()
    assert problem.file == "--by" and rule in problem.rule


def test_two_questions_at_once_are_refused():
    result = call("--tornado", "--reverse", "costs.price")
    assert result.exit_code == 2 and "two questions" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--over", "5%", "--all-years"], ["--over belongs to --reverse", "--all-years belongs to --tornado or"]),
        (["--tornado", "--likely", "20%"], ["--likely belongs to --reverse"]),
        (["--reverse", "budget", "--by", "5%"], ["--by belongs to --tornado."]),
        (["--agreement", "half-half"], ["--agreement belongs to --tornado or --reverse"]),
    ],
)
def test_an_option_without_effect_is_refused(words, said):
    result = call(*words)
    assert result.exit_code == 2 and all(one in " ".join(result.output.split()) for one in said)


def test_the_screen_of_a_reverse_question_keeps_to_the_member_that_is_asked_for(tmp_path):
    words = ("--reverse", "costs.price", "--sims", "100", "--agreement", "own-use", "--over", "20%")
    result = call(*words, "--member", "delft", "-o", str(tmp_path / "out"))
    assert result.exit_code == 0, result.exception
    assert "Delft" in result.output and "Zoetermeer" not in result.output
    assert len(pd.read_csv(tmp_path / "out" / "tables" / "reverse.csv")) == 9


def test_a_question_is_about_one_world():
    result = call("--tornado", "--scenario", "index-2023", "--scenario", "index-2024")
    assert result.exit_code == 2 and "one world" in result.output


def test_a_tornado_of_the_mean(tmp_path):
    target = tmp_path / "out"
    result = call("--tornado", "--measure", "mean", "--lang", "en", "-o", str(target))
    assert result.exit_code == 0, result.exception
    assert {path.name for path in target.iterdir()} == {"tornado.html", "tables", "manifest.json"}
    table = pd.read_csv(target / "tables" / "tornado.csv")
    assert tuple(table.columns) == COLUMNS
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    assert manifest["simulated_worlds"] == 0 and "national_youth" in manifest["without_effect"]
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if str(tmp_path) not in line)
    care = Study.load("haaglanden").costs.care_types[0].label["en"]
    assert f"Replace first: {care}: price" in " ".join(result.stdout.split())
    page = (target / "tornado.html").read_text("utf-8")
    assert "<svg" in page and "<script" not in page and "http" not in page.replace("http://www.w3.org", "")


def test_a_reverse_stress_test(tmp_path):
    target = tmp_path / "out"
    words = ("--reverse", "budget", "--over", "0%", "--likely", "80%", "--between", "0.7:1", "--agreement", "own-use")
    result = call(*words, "--sims", "256", "-o", str(target))
    assert result.exit_code == 0, result.exception
    table = pd.read_csv(target / "tables" / "reverse.csv")
    assert len(table) == 9 and set(table["status"]) == {"found"} and table["factor"].between(0.7, 1.0).all()
    assert "Den Haag" in result.stdout or "'s-Gravenhage" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if str(tmp_path) not in line)


def test_both_languages_have_all_words():
    assert TEXTS["nl"].keys() == TEXTS["en"].keys()
