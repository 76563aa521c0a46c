"""Replay: every figure of a simulated path follows from cases that one can look at."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from solidair.cli.main import cli
from solidair.models.problems import InputError
from solidair.pool.draw import DrawPlan
from solidair.pool.replay import CENT, replay
from solidair.pool.run import simulate
from solidair.pool.study import Study, builtin

REGION = """code,name,inhabitants,youth
GM0603,Rijswijk,55000,5500
GM0629,Wassenaar,26900,2600
GM1842,Midden-Delfland,19400,2000
"""
STUDY = """region = "region.csv"
costs = "nl-2024"
agreements = ["own-use", "half-half", "case-excess", "heavy-care"]
title = { nl = "Drie gemeenten", en = "Three municipalities" }
[settings]
sims = 600
years = 3
"""
MOVES = """[care_types.pleegzorg]
moves = { value = SHARE, unit = "share", grade = "assumed", source = "for a test" }"""
OPEN = "code;care_type;start;tariff_eur\n" + "".join(
    f"GM0629;{care};2026-0{month}-11;{tariff}\n"
    for care, tariff in (("pleegzorg", ""), ("verblijf", "1234,56"), ("pleegzorg", "83,21"))
    for month in range(1, 7)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("three")
    (folder / "region.csv").write_text(REGION, "utf-8")
    head, *rows = REGION.splitlines()
    needs = [f"{head},need_index", *(f"{row},1.{place}" for place, row in enumerate(rows))]
    (folder / "needs.csv").write_text("\n".join(needs) + "\n", "utf-8")
    (folder / "study.toml").write_text(STUDY, "utf-8")
    (folder / "open.csv").write_text(OPEN, "utf-8")
    listed = STUDY.replace("[settings]", '[open_cases]\nfile = "open.csv"\nreference = 2026-10-01\n[settings]')
    (folder / "listed.toml").write_text(listed, "utf-8")
    return folder


@pytest.fixture(scope="module")
def study(folder):
    return Study.load(folder)


@pytest.fixture(scope="module")
def path(study):
    return replay(study, 517, 9)


def run(folder, *arguments, study="study.toml"):
    return CliRunner().invoke(cli, ["replay", str(folder / study), *map(str, arguments)])


# --- the figures


def test_haaglanden_reconciles_to_the_cent():
    study = Study.load("haaglanden")
    for sim, seed in ((0, None), (2**40 + 1_500, 2**64 - 1)):
        path = replay(study, sim, seed)
        assert path.reconciled and path.difference < CENT and path.seed == (2026 if seed is None else seed)
        assert len(path.cases) + path.sums["clients"].sum() > 100_000 and path.known.empty


@pytest.mark.parametrize("case_by_case", [False, True])
def test_a_path_is_the_one_of_a_run(study, case_by_case):
    """Sim 517 lies in the third unit of a run; what it costs whom is what the run has."""
    path = replay(study, 517, 9, case_by_case=case_by_case)
    results = simulate(study, 600, 9, threads=1, case_by_case=case_by_case)
    assert path.reconciled and path.sums.empty == case_by_case
    np.testing.assert_allclose(path.settlements["own-use"].ledger.own[0], results.own[517], rtol=0, atol=CENT)
    for name, contributions in results.contributions.items():
        ours = path.settlements[name].ledger.contribution[0]
        np.testing.assert_allclose(ours, contributions[517], rtol=0, atol=CENT)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_children_that_move_reconcile_too(folder, share):
    costs = builtin("costs")["nl-2024"].read_text(encoding="utf-8")
    moving = costs.replace("[care_types.pleegzorg]", MOVES.replace("SHARE", str(share)))
    (folder / "moving.toml").write_text(moving, "utf-8")
    study = STUDY.replace("nl-2024", "moving.toml").replace("years = 3", "years = 5\nfirst_year = 2028")
    (folder / "movers.toml").write_text(study.replace("region.csv", "needs.csv"), "utf-8")
    path = replay(Study.load(folder / "movers.toml"), 3)
    assert path.reconciled and path.needs.tolist() == [1.0, 1.1, 1.2]
    moved = path.cases[path.cases["origin"] != path.cases["code"]]
    assert set(moved["care_type"]) == {"pleegzorg"} and set(moved["group"]) == {"open", "entered"}
    assert moved["year"].min() == path.years[1]


def test_sums_of_cases_are_the_settlement(path):
    """Own use, and what is handed in under each rule, again from the list of cases alone."""
    cases, codes = path.cases, list(path.study.region.codes)
    everything = pd.concat([cases[["year", "code", "cost"]], path.sums[["year", "code", "cost"]]])
    own = everything.pivot_table(index="year", columns="code", values="cost", aggfunc="sum")[codes]
    np.testing.assert_allclose(path.settlements["case-excess"].ledger.own[0], own, rtol=0, atol=CENT)
    growth = dict(zip(path.years, path.study.costs.amount_path(3), strict=True))
    cases = cases.assign(excess=np.maximum(cases["cost"] - 100_000 * cases["year"].map(growth), 0.0))
    excess = cases.pivot_table(index="year", columns="code", values="excess", aggfunc="sum")[codes]
    settled = path.settlements["case-excess"]
    np.testing.assert_allclose(settled.handed_in[0], excess, rtol=0, atol=CENT)
    np.testing.assert_allclose(settled.ledger.paid[0, 0], excess, rtol=0, atol=CENT)
    total = settled.ledger.charged[0, 0].sum(axis=-1)
    np.testing.assert_allclose(total, excess.sum(axis=1), rtol=0, atol=CENT)


def test_a_case_explains_its_own_cost(path):
    stays = path.cases[path.cases["tariff"].notna()]
    assert set(path.cases["group"]) == {"open", "entered", "large"}
    # days x tariff x price, in this order: the same bits
    assert np.all(stays["days"] * stays["tariff"] * stays["price"] == stays["cost"])
    assert stays["days"].between(0, 366, inclusive="right").all()
    assert np.all(stays["since"].isna() == (stays["group"] == "open"))
    entered = stays[stays["group"] == "entered"]
    first = entered.groupby(["origin", "care_type", "since", "number"])["year"].min().reset_index()
    assert np.all(first["year"] == [day.year for day in first["since"]])


def test_shocks_explain_the_expected_numbers(path):
    """Expected cases of a year: youth x rate x need x every shock on volume x growth."""
    shocks, costs = path.shocks, path.study.costs
    volume = shocks[(shocks["target"] == "volume") & shocks["care_type"].isin(["", "ambulant"])]
    product = volume.groupby(["year", "code"])["factor"].prod()
    counts = path.counts[path.counts["care_type"] == "ambulant"]
    assert set(counts["group"]) == {"small", "large"}
    together = counts.groupby(["year", "code"])["expected"].sum()
    youth = dict(zip(path.study.region.codes, path.study.region.youth, strict=True))
    need = dict(zip(path.study.region.codes, path.needs, strict=True))
    rate = costs.clients_per_youth[costs.ids.index("ambulant")]
    growth = dict(zip(path.years, costs.volume_path(3)[0], strict=True))
    for (year, code), drawn_from in together.items():
        expected = youth[code] * rate * need[code] * product[year, code] * growth[year]
        assert abs(drawn_from / expected - 1) < 20 * 2**-52  # some ten products in another order
    where = ["year", "code", "care_type"]
    counted = path.counts[path.counts["drawn"] > 0].set_index(where).groupby("group")["drawn"]
    listed = path.cases[path.cases["group"] == "large"].groupby(where).size()
    pd.testing.assert_series_equal(listed, counted.get_group("large").sort_index(), check_names=False)
    small = path.sums.set_index(where)["clients"]
    pd.testing.assert_series_equal(small, counted.get_group("small"), check_names=False)


def test_another_seed_or_sim_is_another_path(study, path):
    others = [replay(study, 518, 9), replay(study, 517, 10)]
    assert all(abs(other.claims - path.claims).max() > 1 for other in others)


def test_children_of_a_file_are_counted_and_never_listed(folder):
    path = replay(Study.load(folder / "listed.toml"), 4)
    assert path.reconciled
    assert set(path.known["care_type"]) == {"pleegzorg", "verblijf"} and set(path.known["code"]) == {"GM0629"}
    assert path.known["clients"].max() <= 12 and list(path.known) == ["year", "code", "care_type", "clients", "cost"]
    mine = path.cases[path.cases["code"] == "GM0629"]
    assert "known" not in set(path.cases["group"]) and "open" not in set(mine["group"])
    assert "since" in set(mine["group"])  # who entered after the file was made is drawn
    assert not np.isclose(mine["tariff"], 1234.56).any() and not np.isclose(mine["tariff"], 83.21).any()
    done = run(folder, "--sim", 4, "--member", "Wassenaar", "--cases", "all", "--json", study="listed.toml")
    assert done.exit_code == 0 and "1234.56" not in done.output and "83.21" not in done.output
    shown = run(folder, "--sim", 4, "--member", "Wassenaar", "--year", 2027, study="listed.toml").output
    assert "uit uw bestand" in shown and "nooit apart" in shown


def test_a_path_without_any_case(folder):
    (folder / "tiny.csv").write_text("code,name,inhabitants,youth\nGM0629,Wassenaar,4,1\n", "utf-8")
    (folder / "tiny.toml").write_text(
        STUDY.replace("region.csv", "tiny.csv").replace("years = 3", "years = 1"), "utf-8"
    )
    study = Study.load(folder / "tiny.toml")
    for case_by_case in (False, True):
        paths = [replay(study, sim, case_by_case=case_by_case) for sim in range(9)]
        assert all(path.reconciled for path in paths)
        assert any(path.cases.empty and path.sums.empty for path in paths)
    empty = next(sim for sim, path in enumerate(paths) if path.cases.empty)
    for options in ((), ("--json",)):
        assert run(folder, "--sim", empty, "--case-by-case", *options, study="tiny.toml").exit_code == 0


# --- the command


def test_the_page_shows_a_real_path():
    """After a change of figures: copy the output of the command that the page shows, and cut care types again."""
    page = (Path(__file__).parents[1] / "docs" / "replay.md").read_text("utf-8")
    typed = re.search(r"```sh\nsolidair (.*)\n```", page)
    shown = re.search(r"```text\n(.*?)```", page, re.DOTALL)
    assert typed and shown
    done = CliRunner().invoke(cli, shlex.split(typed[1]))
    assert done.exit_code == 0
    real = [line.rstrip() for line in done.output.splitlines()]
    assert [line for line in shown[1].splitlines() if line != "..." and line not in real] == []


def test_the_command_tells_the_whole_story_at_80_columns(folder):
    for lang, words in (
        ("nl", ("Klopt", "Rijswijk", "Casussen", "Bijdrage")),
        ("en", ("Agrees", "Cases", "Settlement")),
    ):
        done = run(folder, "--sim", 517, "--seed", 9, "--lang", lang)
        assert done.exit_code == 0, done.output
        assert all(word in done.output for word in words)
        assert max(map(len, done.output.splitlines())) <= 80
        assert all(str(year) in done.output for year in (2027, 2028, 2029))


def test_one_agreement_of_one_member_in_one_year(folder):
    options = ("--sim", 517, "--seed", 9, "--member", "gm0603", "--year", "2028", "--agreement", "case-excess")
    done = run(folder, *options, "--cases", "3", "--lang", "en")
    assert done.exit_code == 0
    assert "2028" in done.output and "Wassenaar" not in done.output and "handed in" in done.output
    everything = run(folder, *options, "--cases", "all", "--case-by-case").output
    assert "en nog" not in everything and len(everything.splitlines()) > 500


def test_json_holds_the_same_figures(folder, path):
    done = run(folder, "--sim", 517, "--seed", 9, "--member", "Midden-Delfland", "--cases", "7", "--json")
    content = json.loads(done.stdout)
    assert content["reconciled"] and content["seed"] == 9 and content["sim"] == 517
    assert [place["year"] for place in content["places"]] == [2027, 2028, 2029]
    for t, place in enumerate(content["places"]):
        assert len(place["cases"]) == 7 and place["code"] == "GM1842"
        cost = sum(case["cost"] for case in place["cases"] + place["sums"]) + place["other_cases"]["cost"]
        assert abs(cost - place["agreements"]["case-excess"]["own"]) < CENT
        settled = path.settlements["half-half"]
        clause = place["agreements"]["half-half"]["clauses"][0]
        assert clause["paid"] == settled.ledger.paid[0, 0, t, 2] and clause["handed_in"] == settled.handed_in[0, t, 2]


def test_years_are_those_of_the_run(folder):
    options = ("--years", 1, "--first-year", 2032, "--member", "Wassenaar", "--json")
    data = json.loads(run(folder, "--sim", 3, *options).stdout)
    assert data["reconciled"] and [place["year"] for place in data["places"]] == [2032]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--member", "Wasenaar"), "Did you mean 'Wassenaar'?"),
        (("--member", "GM0604"), "Did you mean 'GM0603'?"),
        (("--year", "2031"), "2027"),
        (("--agreement", "case-exces"), "Did you mean 'case-excess'?"),
    ],
)
def test_what_is_not_there_is_answered_with_the_nearest_name(folder, options, said):
    done = run(folder, "--sim", 1, *options)
    assert isinstance(done.exception, InputError)  # which `main` turns into exit code 2
    problems = done.exception.problems
    assert len(problems) == 1 and problems[0].where == options[0] and said in problems[0].hint


@pytest.mark.parametrize("options", [(), ("--sim", -1), ("--sim", 1, "--cases", "some"), ("--sim", 1, "--cases", "-1")])
def test_options_that_cannot_be_are_refused(folder, options):
    assert run(folder, *options).exit_code == 2


def test_a_difference_is_an_error(folder, monkeypatch):
    original = DrawPlan.draw

    def a_cent_more(plan, *arguments):
        claims = original(plan, *arguments)
        claims[1, 0, 0, 0] += 0.01
        return claims

    monkeypatch.setattr(DrawPlan, "draw", a_cent_more)
    done = run(folder, "--sim", 2, "--member", "Wassenaar", "--year", 2027)
    assert done.exit_code == 1 and "Klopt niet" in done.output
    data = json.loads(run(folder, "--sim", 2, "--member", "Wassenaar", "--year", 2027, "--json").stdout)
    assert not data["reconciled"] and abs(data["largest_difference_eur"] - 0.01) < 1e-5


def test_a_client_too_many_is_a_difference(path):
    assert path.measures.measures[0].attachment is None
    kernel = path.kernel.copy()
    kernel[0, 0, 0] += 1
    assert not replace(path, kernel=kernel).reconciled
