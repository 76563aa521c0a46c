"""Nothing that `solidair replay` prints is about 1 to 4 real stays, and nothing that follows from it by subtraction.

What is printed is, but for its order, linear in the costs of single stays. So it is printed again with one stay a euro
dearer, for every stay: that gives the matrix from stays to numbers, and its rank tells what can be worked out.
"""

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import solidair.pool.replay as module
from solidair.cli.replay_data import replay_data
from solidair.cli.replay_fold import FEWEST, hidden_at, settlement_shown, shown_at
from solidair.cli.replay_screen import show_replay
from solidair.pool.study import Study

REGION = "code,name,inhabitants,youth\nGM0603,Rijswijk,600,60\nGM0629,Wassenaar,500,50\n"
STUDY = """region = "region.csv"
costs = "nl-2024"
agreements = ["own-use", "half-half", "heavy-care", "excess.toml", "light.toml"]
title = { nl = "Twee", en = "Two" }
[open_cases]
file = "open.csv"
reference = 2027-01-01
[settings]
sims = 100
years = 2
first_year = 2027
"""
CLAUSE = """title = { nl = "T", en = "T" }
summary = { nl = "T", en = "T" }
source = { nl = "T", en = "T" }
[[clauses]]
title = { nl = "T", en = "T" }
take = TAKE
charge = { kind = "key", key = { kind = "youth" } }
"""
EXCESS = '{ kind = "excess", scope = "all", retention = 1000.0 }'
LIGHT = '{ kind = "share", scope = ["ambulant", "pleegzorg"], share = 0.4 }'
TARIFF = 3000  # EUR a day: all but the last hours of a stay cost more than the excess starts at
START = [
    ({}, {"verblijf": 1}),
    ({}, {"verblijf": 4}),
    ({}, {"verblijf": 5}),
    ({}, {"verblijf": 1, "pleegzorg": 1}),
    ({}, {"verblijf": 1, "pleegzorg": 4}),
    ({}, {"verblijf": 4, "pleegzorg": 5}),
    ({}, {"verblijf": 5, "pleegzorg": 4, "gezinsgericht": 1}),
    ({}, {"verblijf": 5, "pleegzorg": 5}),
    ({"verblijf": 4}, {"verblijf": 1}),
    ({"pleegzorg": 5}, {"verblijf": 5, "pleegzorg": 1}),
]


class Drawn:
    """What was drawn, with one stay a euro dearer: `which` counts cases, then real stays."""

    def __init__(self, path, which=None):
        self.needs, self.shocks, self.factors = path.needs, path.shocks, path.factors
        self.counts, self.sums = path.counts, path.sums
        self.atoms = [*path.cases, *path.real]
        if which is not None:
            self.atoms[which] = self.atoms[which]._replace(cost=self.atoms[which].cost + 1.0)
        self.cases, self.real = self.atoms[: len(path.cases)], self.atoms[len(path.cases) :]

    def run(self):
        pass


class Again:
    """A path that can be settled again with other costs, without drawing."""

    def __init__(self, study, sim, monkeypatch):
        measures = module.measures_of(study)
        plan = module.DrawPlan.make(study, measures, case_by_case=True)
        path = module.Path(study, plan, study.settings.seed, sim)
        path.run()
        kernel = plan.draw(study.settings.seed, sim, 1)
        self.study, self.sim, self.path, self.monkeypatch = study, sim, path, monkeypatch
        self.plan = type("Plan", (), {"draw": lambda *_: kernel})()
        self.atoms = Drawn(path).atoms

    def replay(self, which=None):
        with self.monkeypatch.context() as patch:
            patch.setattr(module, "Path", lambda *_: Drawn(self.path, which))
            patch.setattr(module.DrawPlan, "make", lambda *_, **__: self.plan)
            found = module.replay(self.study, self.sim)
        return replace(found, kernel=found.claims)


def load(folder, start):
    (folder / "region.csv").write_text(REGION, "utf-8")
    (folder / "study.toml").write_text(STUDY, "utf-8")
    (folder / "excess.toml").write_text(CLAUSE.replace("TAKE", EXCESS), "utf-8")
    (folder / "light.toml").write_text(CLAUSE.replace("TAKE", LIGHT), "utf-8")
    rows = [
        f"{code},{care},2026-12-01,{TARIFF + 10 * n}\n"
        for code, counts in zip(("GM0603", "GM0629"), start, strict=True)
        for care, count in counts.items()
        for n in range(count)
    ]
    (folder / "open.csv").write_text("code,care_type,start,tariff_eur\n" + "".join(rows), "utf-8")
    # A study that is loaded has no groups below five; one that is made in Python may have.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("solidair.pool.study_checks.in_groups", lambda known: known)
        return Study.load(folder)


def printed(path, capsys):
    """Return all text: screen and JSON, of all agreements and of a single one, with few cases and with all."""
    names = [agreement.name for agreement in path.study.agreements]
    places = [(i, t) for i in range(2) for t in range(2)]
    screens, data = [], []
    for most in (2, 10**6):
        chosen = names if most == 2 else ["excess"]
        show_replay(path, places, chosen, most, "en", alone=most > 2)
        screens.append(capsys.readouterr().out)
        data.append(replay_data(path, places, names, most))
    return "".join(screens), data


def numbers(path, capsys):
    """Return every amount that is printed, EUR: with cents on the screen, and all in the JSON."""
    screen, data = printed(path, capsys)
    found = [float(text.replace(",", "").replace("−", "-")) for text in re.findall(r"−?[\d,]+\.\d\d(?!\d)", screen)]
    found += [float(text) for text in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", json.dumps(data))]
    return np.array(found)


def rank(matrix):
    return np.linalg.matrix_rank(matrix, tol=1e-3) if matrix.size else 0


@pytest.mark.parametrize("start", START)
def test_nothing_printed_is_about_few_real_stays(tmp_path, monkeypatch, capsys, start):
    again = Again(load(tmp_path, start), 1, monkeypatch)
    path = again.replay()
    base = numbers(path, capsys)
    # One stay of every payer, year and care type, real and drawn; the others of it weigh as much.
    cells = {(*atom[:3], atom.group == "known"): which for which, atom in enumerate(again.atoms)}
    slopes = np.array([numbers(again.replay(which), capsys) - base for which in cells.values()]).T
    # A cent of rounding on the screen, on both sides; shares of the clauses have no more than two decimals.
    assert len(base) > 100 and np.abs(slopes).max() < 1.02
    year, payer, care, real = (np.array(column) for column in zip(*cells, strict=True))
    exact = np.where(np.abs(slopes - np.round(slopes)) < 0.011, np.round(slopes), slopes)
    for i, code in enumerate(path.study.region.codes):
        for t, when in enumerate(path.years):
            place = (payer == code) & (year == when)
            stays = Counter(a.care_type for a in again.path.real if (a.code, a.year) == (code, when))
            few = 0 < stays.total() < FEWEST
            assert hidden_at(path, i, t).few == few
            if few:
                # All numbers are about the total: no stay of this payer and year weighs more than another.
                assert np.ptp(slopes[:, place], axis=1).max() < 0.011
                continue
            for size in range(1, len(stays) + 1):
                for types in combinations(stays, size):
                    mine = real & place & np.isin(care, types)
                    if sum(stays[care_type] for care_type in types) < FEWEST:
                        # No combination of numbers reaches these stays and no other real ones, whatever drawn ones.
                        assert rank(exact[:, real & ~mine]) == rank(exact[:, real])


def test_the_search_finds_a_leak(tmp_path, monkeypatch, capsys):
    """The same search over a printout that hides nothing."""
    monkeypatch.setattr("solidair.cli.replay_fold.FEWEST", 1)
    with pytest.raises(AssertionError):
        test_nothing_printed_is_about_few_real_stays(tmp_path, monkeypatch, capsys, START[5])


@pytest.mark.parametrize("start", [({}, {"verblijf": 4, "pleegzorg": 5}), ({}, {"verblijf": 3}), ({}, {"verblijf": 1})])
def test_what_is_hidden_leaves_no_trace(tmp_path, monkeypatch, capsys, start):
    """Real and drawn, numbers and costs, can be exchanged within a fold without a letter of the output changing."""
    path = Again(load(tmp_path, start), 1, monkeypatch).replay()
    few = hidden_at(path, 1, 0).few
    assert few == (sum(start[1].values()) < FEWEST)
    mine = (path.known["code"] == "GM0629") & (path.known["year"] == 2027)
    first = path.known[mine].index[0]
    known, cases, counts = path.known.copy(), path.cases.copy(), path.counts.copy()
    if few:
        drawn = cases[(cases["code"] == "GM0629") & (cases["year"] == 2027)].index[0]
        known.loc[first, ["clients", "cost"]] += [1, cases.loc[drawn, "cost"]]
        cases = cases.drop(drawn)
        here = (counts["code"] == "GM0629") & (counts["year"] == 2027)
        counts.loc[here, ["drawn", "uniform"]] = [7, 0.25]
    else:
        other = path.known[mine].index[1]
        known.loc[first, ["clients", "cost"]] += [-1, -1234.5]
        known.loc[other, ["clients", "cost"]] += [1, 1234.5]
    settlements = dict(path.settlements)
    closed = [name for name in settlements if not settlement_shown(path, name, 0)]
    assert closed == (["heavy-care", "excess", "light"] if few else ["light"])
    for name in closed:
        settled = settlements[name]
        handed_in, outcomes = settled.handed_in.copy(), []
        handed_in[:, 0] += 1e5
        for clause in settled.ledger.clauses:
            paid, charged = clause.paid.copy(), clause.charged.copy()
            paid[0, 0], charged[0, 0] = paid[0, 0] + 3e5, charged[0, 0] + 7e5
            outcomes.append(replace(clause, paid=paid, charged=charged))
        settlements[name] = replace(
            settled, handed_in=handed_in, ledger=replace(settled.ledger, clauses=tuple(outcomes))
        )
    changed = replace(path, known=known, cases=cases, counts=counts, settlements=settlements)
    assert printed(changed, capsys) == printed(path, capsys)


def test_a_fold_shows_its_sum_and_a_total(tmp_path, monkeypatch, capsys):
    path = Again(load(tmp_path, ({}, {"verblijf": 4, "pleegzorg": 5})), 1, monkeypatch).replay()
    shown = shown_at(path, 1, 0)
    clients, cost = shown.together
    assert shown.hidden.care_types == {"verblijf", "pleegzorg"} and shown.known.empty and clients >= 9
    apart = [shown.of(id_) for id_ in path.study.costs.ids if id_ not in shown.hidden.care_types]
    assert clients + sum(n for n, _ in apart) == shown.total[0]
    assert abs(cost + sum(eur for _, eur in apart) - path.settlements["own-use"].ledger.own[0, 0, 1]) < module.CENT
    screen, data = printed(path, capsys)
    assert "Stays, together" in screen and "fewer than 5" in screen
    place = data[0]["places"][2]
    assert place["together"] == {"care_types": ["pleegzorg", "verblijf"], "clients": clients, "cost": cost}
    assert place["agreements"]["light"]["contribution"] is None
    assert data[0]["places"][0]["agreements"]["light"]["contribution"] is None  # else a bill of the other's stays
    assert place["agreements"]["heavy-care"]["contribution"] is not None  # takes all of the fold alike
    assert data[0]["places"][0]["together"] is None
