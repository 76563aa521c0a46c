"""What carries over from year to year: refused where one year is settled alone, carried where years go together."""

import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from click.testing import CliRunner

from solidair.cli.main import cli
from solidair.models.problems import InputError
from solidair.models.sources.history import read_history
from solidair.pool.agreements import Agreement
from solidair.pool.backtest import backtest
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from solidair.pool.study import Study, load_agreement
from solidair.pool.year_setting import laws_of_year, laws_of_years, setting_of_year
from solidair.pool.year_state import begun, dated
from tests.settle_cases import CASES_CSV, CODES, COSTS, MEMBERS, REGION_CSV, read, settled
from tests.settling import TEXT

WHOLE, DEFICIT = {"kind": "share"}, {"kind": "deficit", "surplus": True}
YOUTH, EQUAL, INHABITANTS = {"kind": "youth"}, {"kind": "equal"}, {"kind": "inhabitants"}
PURSE = {"kind": "own_reserve", "opening": 28.0}
POT = {"kind": "reserve", "opening": 100e3, "calls": False}
BUDGET = np.array(MEMBERS.budget)


def made(take, pot=None, key=YOUTH, changes=(), **more):
    """Make an agreement of one article."""
    article = {"title": TEXT, "take": take, "charge": {"kind": "key", "key": key}, **more}
    if pot is not None:
        article["pot"] = pot
    document = {"title": TEXT, "summary": TEXT, "source": "test", "clauses": [article], "changes": list(changes)}
    return Agreement.from_document(document, "test", "test.toml")


def year_of(*thousands):
    """Return a file with one case of each member."""
    rows = (f"{code},verblijf,{1000 * cost},k{code},\n" for code, cost in zip(MEMBERS.codes, thousands, strict=True))
    return CASES_CSV + "".join(rows)


def history_of(tmp_path, *rows):
    """Return a history of (year, costs, budgets) in thousands."""
    path = tmp_path / "history.csv"
    lines = [
        f"{code},{year},1,{1000 * cost},{1000 * budget}\n"
        for year, costs, budgets in rows
        for code, cost, budget in zip(MEMBERS.codes, costs, budgets, strict=True)
    ]
    path.write_text("code,year,clients,cost_eur,budget_eur\n" + "".join(lines), encoding="utf-8")
    return read_history(path, codes=[str(c) for c in MEMBERS.codes], care_types=COSTS.care_types)


LIMITED = {"kind": "limited", "key": YOUTH, "most": 0.05, "start": EQUAL}
LATER, HERE, EARLIER = {"years": {"first": 2026}}, {"years": {"first": 2025}}, {"years": {"first": 2023}}


@pytest.mark.parametrize("more", [{}, EARLIER], ids=["no first year", "an earlier first year"])
@pytest.mark.parametrize(
    ("parts", "where", "said"),
    [
        ((WHOLE, None, LIMITED), r"clauses\.1\.charge\.key\.most", "2024.*charge.key.start"),
        ((WHOLE, None, {"kind": "power", "exponent": 1.0, "key": LIMITED}), r"charge\.key\.key\.most", "2024"),
        ((DEFICIT, PURSE), r"pot\.opening", r"buffer_eur.*years\S* ?=?.*2025"),
        ((DEFICIT, POT), r"pot\.opening", "--set agreements.test.clauses.1.pot.opening"),
        ((WHOLE, POT | {"refund_key": LIMITED, "cap": 200e3}), r"pot\.refund_key\.most", "2024"),
        ((WHOLE, {"kind": "fund", "size": 100e3, "every": 2}), r"pot\.every", "backtest"),
    ],
)
def test_what_one_year_does_not_tell_is_refused(tmp_path, parts, where, said, more):
    with pytest.raises(InputError, match=rf"(?s){where}.*{said}"):
        settled(tmp_path, made(*parts, **more))


@pytest.mark.parametrize(
    "parts",
    [
        ({"kind": "share", "share": [0.8, 0.6, 0.4]},),
        ({"kind": "none"}, {"kind": "costs", "saving": 0.1, "grows_in": 3}),
    ],
)
def test_years_that_count_from_the_first_one_need_it(tmp_path, parts):
    with pytest.raises(InputError, match="first = YEAR"):
        settled(tmp_path, made(*parts))
    assert settled(tmp_path, made(*parts, **EARLIER)).balances.sum() == 0


@pytest.mark.parametrize("parts", [(WHOLE, None, LIMITED), (DEFICIT, PURSE), (DEFICIT, POT)])
def test_in_its_own_first_year_an_article_is_settled(tmp_path, parts):
    assert settled(tmp_path, made(*parts, **HERE)).clauses[0].handed_in.any()
    # Before it nothing can be lost.
    assert not settled(tmp_path, made(*parts, **LATER)).clauses[0].holds


def test_a_limit_binds_in_its_first_year(tmp_path):
    shares = settled(tmp_path, made(WHOLE, None, LIMITED, **HERE)).clauses[0].weights
    # By youth 12.8%, 29.1% and 58.1%: each may move 5% from a third, so what is lacking goes to those with room.
    assert np.abs(shares * 3 - 1).max() <= 0.05 + 1e-12
    assert shares.sum() == pytest.approx(1.0)


@pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="XlsxWriter is not installed")
def test_the_balance_of_the_year_can_be_set_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "region.csv").write_text(
        REGION_CSV.replace("youth_budget_eur", "youth_budget_eur,buffer_eur")
        .replace("15000000", "100000,7000").replace("33000000", "200000,0").replace("42000000", "300000,50000"),
        encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "cases.csv").write_text(year_of(110, 230, 320), encoding="utf-8")
    command = ["settle", "egalisatiereserve", "--cases", "cases.csv", "--region", "region.csv", "--year", "2025"]
    refused = CliRunner().invoke(cli, [*command, "-o", "out"])
    assert isinstance(refused.exception, InputError) and "pot.opening" in str(refused.exception)
    path = "agreements.egalisatiereserve.clauses.1"
    given = ["--set", f'{path}.pot.opening="buffer"', "--set", f"{path}.years={{ first = 2025 }}"]
    done = CliRunner().invoke(cli, [*command, *given, "-o", "out", "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    own = [json.loads((tmp_path / f"out/members/{code}.json").read_text("utf-8")) for code in CODES.values()]
    # Short by 10, 30 and 20 thousand; the purses hold 7, 0 and 50.
    assert [one["lines_cents"]["clause-1-paid"] for one in own] == [7_000_00, 0, 20_000_00]


# --- blocks of years


def test_a_block_without_a_first_year_ends_in_the_settled_year(tmp_path):
    take, fund = {"kind": "franchise", "amount": 1.0, "window": 2}, {"kind": "fund", "size": 1e6, "every": 2}
    history = history_of(tmp_path, (2024, (190, 330, 500), (150, 330, 420)))
    done = settled(tmp_path, made(take, fund), year_of(170, 300, 400), history=history)
    # Short over two years: 40 + 20; 0 - 30; 80 - 20 thousand. The lines are at 18, 42 and 90.
    assert done.clauses[0].handed_in.tolist() == [60_000_00, 0, 0]
    assert done.clauses[0].paid.tolist() == [60_000_00, 0, 0]
    with pytest.raises(InputError, match=r"--history: cost_eur and budget_eur from 2024"):
        settled(tmp_path, made(take, fund), year_of(170, 300, 400))
    # With a first year the file says where blocks end; in another year nothing is handed in.
    for more, paid in ((EARLIER, 0), ({"years": {"first": 2024}}, 60_000_00)):
        done = settled(tmp_path, made(take, fund, **more), year_of(170, 300, 400), history=history)
        assert done.clauses[0].paid[0] == paid


def test_a_fund_that_pays_more_seldom_than_blocks_end_is_refused(tmp_path):
    history = history_of(tmp_path, (2024, (190, 330, 500), (150, 330, 420)))
    take, fund = {"kind": "deficit", "window": 2}, {"kind": "fund", "size": 1e6, "every": 4}
    with pytest.raises(InputError, match=r"pot\.every"):
        settled(tmp_path, made(take, fund), history=history)


def test_the_national_fund_of_2018_is_settled_in_the_second_year_of_its_block(tmp_path):
    fund = load_agreement("fonds-tekortgemeenten-2018")
    history = history_of(tmp_path, (2024, (1_500, 330, 420), (150, 330, 420)))
    done = settled(tmp_path, fund, year_of(150, 330, 420), history=history)
    # A is short by 1.35 million, more than 1.24 x 40 x 18,000. The fund has 1.24 x 11.45 x 150,000, half of the state.
    assert done.clauses[0].handed_in.tolist() == [1_350_000_00, 0, 0]
    assert done.clauses[0].paid.sum() == done.clauses[0].bill == pytest.approx(1_350_000_00)
    assert done.clauses[0].outside == pytest.approx(675_000_00)
    assert dated(fund, 2025).spec.clauses[0].years.first == 2024
    # The simulation keeps to the file: there a block begins in the first year.
    assert fund.spec.clauses[0].years.first is None


# --- years together


def test_two_bad_years_pay_at_most_what_is_in_the_purse(tmp_path):
    # A is short by 400 thousand in both years, and has 28 x 18,000 = 504 thousand. The others break even.
    bad = [read(tmp_path, year_of(550, 330, 420), year) for year in (2023, 2024)]
    done = backtest([made(DEFICIT, PURSE)], MEMBERS, COSTS, cases=dict(zip((2023, 2024), bad, strict=True)))
    assert [year.transfer[0] for year in done.years] == pytest.approx([-400e3, -104e3])
    assert [year.contribution[1] for year in done.years] == pytest.approx([330e3, 330e3])


LEFT_OVER = {"kind": "limited", "key": {"kind": "cost", "lag": 0}, "most": 0.1}


@pytest.mark.parametrize(
    "article",
    [
        made(WHOLE, None, LEFT_OVER | {"start": EQUAL}),
        made(DEFICIT, PURSE | {"cap": 30.0, "interest": 0.02}),
        made(DEFICIT, POT | {"contribution": 50e3, "floor": 10e3, "cap": 300e3}, INHABITANTS),
        made({"kind": "deficit"}, {"kind": "fund", "size": 300e3, "every": 2}),
        made({"kind": "franchise", "amount": 1.0, "window": 2}),
        made({"kind": "share", "share": [0.9, 0.5, 0.2, 0.1]}),
        made({"kind": "excess", "retention": 100e3, "share": [0.9, 0.5, 0.2, 0.1]}, None, LEFT_OVER),
        made({"kind": "none"}, {"kind": "costs", "amount": 20e3, "saving": 0.2, "grows_in": 3}),
        made(WHOLE, changes=[{"kind": "exit", "member": "GM0002", "year": 2023}]),
    ],
)
def test_past_years_are_what_the_simulation_makes_of_the_same_cases(tmp_path, article):
    years = ((550, 330, 420), (120, 500, 800), (300, 100, 400), (200, 900, 60))
    cases = {2022 + place: read(tmp_path, year_of(*costs), 2022 + place) for place, costs in enumerate(years)}
    done = backtest([article], MEMBERS, COSTS, cases=cases)
    setting = Setting.plain(MEMBERS, COSTS.ids, 2022, 4)
    measures = measures_for(COSTS.ids, article.looks(setting))
    claims = np.stack(
        [measure_cases(measures, 3, (0, 1, 2), ("verblijf",) * 3, [1e3 * cost for cost in costs]) for costs in years],
        axis=1,
    )
    exact = settle(article, claims[:, None], measures, setting).contribution[0]
    assert not done.skipped
    # Both add a dozen amounts below 1e6 in floating point: far less than a millionth of a euro.
    assert np.abs(np.array([year.contribution for year in done.years]) - exact).max() < 1e-6


def test_budgets_are_those_of_each_year(tmp_path):
    history = history_of(tmp_path, (2023, (200, 330, 420), (150, 330, 420)), (2024, (200, 330, 420), (190, 330, 420)))
    done = backtest([made({"kind": "deficit"}, None, EQUAL)], MEMBERS, COSTS, history=history)
    # Short by 50 and 10 thousand, of which A bears a third.
    assert [year.contribution[0] for year in done.years] == pytest.approx([150e3 + 50e3 / 3, 190e3 + 10e3 / 3])
    assert [year.budget[0] for year in done.years] == [150e3, 190e3]


def test_after_a_gap_nobody_knows_what_is_left(tmp_path):
    cases = {year: read(tmp_path, year_of(550, 330, 420), year) for year in (2019, 2020, 2022)}
    done = backtest([made(DEFICIT, PURSE)], MEMBERS, COSTS, cases=cases)
    assert [year.year for year in done.years] == [2019, 2020]
    assert [(year, "carries" in why) for _, year, why in done.skipped] == [(2022, True)]
    done = backtest([made(WHOLE)], MEMBERS, COSTS, cases=cases)
    assert [year.year for year in done.years] == [2019, 2020, 2022]


def test_laws_of_years_are_those_of_each_year():
    study = Study.load("haaglanden")
    premium = {"kind": "reinsurance", "premium": {"kind": "expected_value", "loading": 0.2}, "retention": 1e6}
    article = begun(made({"kind": "share", "share": [0.8, 0.5]}, premium), 2023)
    setting = setting_of_year(study.region, study.costs, 2023, expected=True)
    together = laws_of_years(article, study, replace(setting, growth=np.ones(2)), sims=512)
    apart = [laws_of_year(article, study, replace(setting, first_year=year), sims=512) for year in (2023, 2024)]
    first, second = (laws.fitted(0, "premium", None)[0] for laws in apart)
    assert together.fitted(0, "premium", None).tolist() == [first, second]
    assert first > second > 0


# --- run-off after an exit


def test_the_run_off_after_an_exit_is_settled_in_later_years_too(tmp_path):
    leaves = {"kind": "exit", "member": "GM0003", "year": 2023, "open_cases": "occurrence"}
    text = "code,care_type,cost_eur,child,start\nGM0001,verblijf,60000,k1,2022-06-01\n"
    text += "GM0001,verblijf,30000,k2,2024-06-01\nGM0003,verblijf,90000,k3,{}\nGM0003,ambulant,15000,k4,2023-01-01\n"
    article = made(WHOLE, None, INHABITANTS, [leaves])
    done = settled(tmp_path, article, text.format("2019-01-01"))
    # Begun before 2023: 150,000 by 18 : 42 : 90. Later: 30,000 by 18 : 42, and C bears its 15,000.
    assert done.contribution.tolist() == [27_000_00, 63_000_00, 105_000_00]
    with pytest.raises(InputError, match="when they began"):
        settled(tmp_path, article, text.format(""))
    # Before the exit all care is shared, whenever it began.
    later = made(WHOLE, None, INHABITANTS, [leaves | {"year": 2027}])
    assert settled(tmp_path, later, text.format("")).contribution.tolist() == [23_400_00, 54_600_00, 117_000_00]
    # A simulation that begins after the exit does not know when open stays began.
    where = replace(Setting.plain(MEMBERS, COSTS.ids, 2025), stays=())
    assert any("occurrence" in problem.rule for problem in article.faults(where))


# --- members


@pytest.mark.parametrize(("members", "said"), [([], "at least one"), (["GM0001", "GM0002", "GM0001"], "twice: GM0001")])
def test_members_of_an_article_are_named_once_and_there_are_some(members, said):
    with pytest.raises(InputError, match=said):
        made(WHOLE, members=members)
