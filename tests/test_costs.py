"""The shipped cost model: its pedigree, its anchors, and that the anchors are computed as they say."""

import copy
import doctest
import tomllib
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

import solidair.pool
from solidair.models.anchors import anchor_table, check_anchors
from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.pool.study import Study, builtin

DOCUMENT = tomllib.loads((files("solidair.configs.costs") / "nl-2024.toml").read_text("utf-8"))
GRADES = {"sourced", "derived", "assumed"}
HEAVY = {"pleegzorg", "gezinsgericht", "verblijf", "crisis-verblijf", "gesloten", "maatwerk-24-uurs"}


def model(change=None):
    document = copy.deepcopy(DOCUMENT)
    if change:
        change(document)
    return CostModel.from_document(document, "nl-2024", "nl-2024.toml")


NL = model()


def test_the_model_lies_within_every_anchor():
    table = anchor_table(NL)
    assert len(table) >= 18
    outside = table[~table["within"]]
    assert outside.empty, outside[["label_en", "low", "model", "high"]].to_string()


def anchor(quantity, argument=""):
    table = anchor_table(NL)
    return float(table[(table["quantity"] == quantity) & (table["argument"] == str(argument))]["model"].iloc[0])


def test_national_figures_add_up_from_the_file():
    youth = DOCUMENT["national_youth"]["value"]
    clients = {k: v["clients_per_1000"]["value"] * youth / 1000 for k, v in DOCUMENT["care_types"].items()}
    assert anchor("clients_of", "pleegzorg") == pytest.approx(clients["pleegzorg"])
    means = dict(zip(NL.ids, (s.mean for s in NL.severities), strict=True))
    total = sum(clients[k] * means[k] for k in clients)
    assert anchor("national_cost") == pytest.approx(total)
    assert anchor("budget_per_youth") == pytest.approx(total / youth)
    assert anchor("stay_share_of_cost") == pytest.approx(sum(clients[k] * means[k] for k in HEAVY) / total)
    # children: by group, then over the groups, with the overlaps of the file
    stay = sum(clients[k] for k in HEAVY) / 1.105
    children = stay + (clients["ambulant"] + clients["daghulp"]) / 1.04
    children = (children + clients["jeugdbescherming"] + clients["jeugdreclassering"]) / 1.122
    assert anchor("persons") == pytest.approx(children)
    assert anchor("cost_per_person") == pytest.approx(total / children)


def test_expected_cost_equals_the_derived_budget():
    """A member of need 1 is expected to cost its budget, so no deficit is built in."""
    assert anchor("budget_per_youth") == pytest.approx(DOCUMENT["budget_per_youth"]["value"], rel=1e-3)


def _days_chances(id_):
    """Return (share of the clients of a year, P(days > d), kinks in d) of those open at its start and of entrants.

    From the file alone: an exponential length in years, cut off where a child who enters at a uniform age leaves.
    """
    spec = DOCUMENT["care_types"][id_]["episode"]
    assert spec["duration"]["family"] == "exponential"
    m = 365 * spec["duration"]["mean"]["value"]
    ages = spec.get("ages")
    high, low = (365 * (ages["leaves_at"]["value"] - ages[key]["value"]) for key in ("high", "low"))

    def lasts(x):
        return np.exp(-x / m) * np.clip((low - x) / (low - high), 0.0, 1.0)

    def beyond(x):
        """Return E[(D - x)+]: the antiderivative of exp(-x / m) (low - x) / (low - high), and before it of the law."""

        def slope(y):
            return m * np.exp(-y / m) * (low - y - m) / (low - high)

        end = -m * m * np.exp(-low / m) / (low - high)
        flat = m * (np.exp(-np.minimum(x, high) / m) - np.exp(-high / m)) * (x < high)
        return flat + slope(np.clip(x, high, low)) - end

    mean = float(beyond(np.array(0.0)))
    kinks = [high, low]
    open_, entered = mean / (mean + 365), 365 / (mean + 365)
    return (
        (open_, lambda d: beyond(d) / mean, kinks),
        (entered, lambda d: (1 - d / 365) * lasts(d), kinks),
    )


def _above(id_, line):
    """Return P(cost > line) and E[(cost - line)+] of a client of a year: days times tariff, by Gauss rules in both."""
    node, weight = np.polynomial.legendre.leggauss(24)
    # The tariff by its quantile function, in octaves of both tails; its cap is an atom of its own.
    spec = DOCUMENT["care_types"][id_]["episode"]["tariff"]
    assert spec["family"] == "lognormal"
    mean, cv, cap = (spec[key]["value"] for key in ("mean", "cv", "cap"))
    s = np.sqrt(np.log1p(cv**2))
    mu = np.log(mean) - s * s / 2
    top = (np.log(cap) - mu) / s
    # Below line / 365 no day of the year is enough; the integral over the normal score is smooth between these.
    low = (np.log(line / 365) - mu) / s
    share = excess = 0.0
    cuts = np.linspace(low, top, 25) if low < top else np.empty(0)
    scores = [(a + b) / 2 + (b - a) / 2 * node for a, b in pairwise(cuts)]
    chances = [(b - a) / 2 * weight * stats.norm.pdf(g) for (a, b), g in zip(pairwise(cuts), scores, strict=True)]
    z = np.append(np.exp(mu + s * np.concatenate([np.empty(0), *scores])), cap)
    w = np.append(np.concatenate([np.empty(0), *chances]), stats.norm.sf(top))
    for part, chance, kinks in _days_chances(id_):
        for tariff, probability in zip(z, w, strict=True):
            d = line / tariff
            if d >= 365:
                continue
            share += part * probability * float(chance(np.array(d)))
            edges = np.unique([d, *(k for k in kinks if d < k < 365), 365.0])
            for a, b in pairwise(edges):
                x = (a + b) / 2 + (b - a) / 2 * node
                excess += part * probability * tariff * float((b - a) / 2 * weight @ chance(x))
    return share, excess


@pytest.mark.parametrize("line", [50_000.0, 100_000.0, 200_000.0, 400_000.0])
def test_implied_index_against_quadrature_without_price_shocks(line):
    def no_price(document):
        for level in ("national", "regional", "local"):
            document["price"][level]["sd"]["value"] = 0.0

    still = model(no_price)
    table = anchor_table(still)
    value = float(table[(table["quantity"] == "implied_index") & (table["argument"] == str(line))]["model"].iloc[0])
    above = excess = 0.0
    for id_, rate, law, episode in zip(
        still.ids, still.clients_per_youth, still.severities, still.episodes, strict=True
    ):
        if episode is not None:
            share, over = _above(id_, line)
            above, excess = above + rate * share, excess + rate * over
        elif law.support[1] > line:
            above += rate * float(law.sf(line))
            points = [p for p in law.kinks if line < p < law.support[1]]
            excess += (
                rate
                * integrate.quad(lambda x, s=law: float(s.sf(x)), line, law.support[1], points=points, limit=400)[0]
            )
    # tests/test_yearly.py allows the nodes of the tariff 2e-4 in a survival and 5e-5 in an excess.
    assert value == pytest.approx((line + excess / above) / (excess / above), rel=2e-4)


def test_every_number_has_a_pedigree():
    quantities = dict(NL.quantities())
    assert len(quantities) > 60
    for key, quantity in quantities.items():
        assert quantity.grade in GRADES and quantity.unit, key
        if "EUR" in quantity.unit:
            assert quantity.year == 2024, key
        for language in ("nl", "en"):
            assert len(quantity.source[language]) > 10, key

    def numbers(node, path=""):
        """Yield every bare number of the file that is not inside a quantity."""
        if isinstance(node, dict):
            if {"value", "unit", "grade", "source"} <= node.keys():
                return
            for key, entry in node.items():
                yield from numbers(entry, f"{path}.{key}")
        elif isinstance(node, list):
            for entry in node:
                yield from numbers(entry, path)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield path

    assert set(numbers(DOCUMENT)) == {".price_level", ".anchors.low", ".anchors.high", ".anchors.argument"}


def test_care_types_carry_their_codes():
    assert 9 <= len(NL.care_types) <= 11
    assert {care.id for care in NL.care_types if care.stay} == HEAVY
    iv3 = {code for care in NL.care_types for code in care.iv3}
    # all taakvelden for youth since 2023
    assert iv3 == {
        f"6.{n}" for n in ("72a", "72b", "72c", "72d", "73a", "73b", "73c", "74a", "74b", "74c", "82a", "82b")
    }
    assert all(care.ijw for care in NL.care_types)


def test_stays_are_days_times_tariff_with_a_natural_cap_and_an_atom_at_the_whole_year():
    for care, severity, episode in zip(NL.care_types, NL.severities, NL.episodes, strict=True):
        assert np.isfinite(severity.support[1]), care.id
        assert episode is not None or not care.stay
        if episode is None:
            continue
        spec = DOCUMENT["care_types"][care.id]["episode"]
        cap = spec["tariff"]["cap"]["value"]
        assert severity.support == (0.0, pytest.approx(365 * cap))
        (open_, lasts, _), (_, came, _) = _days_chances(care.id)
        # A whole year has who was there at its start and stayed on: nobody who entered in it.
        whole = open_ * float(lasts(np.array(365.0)))
        assert float(came(np.array(365.0))) == 0.0 < whole < 1
        points, masses = severity.atoms
        mean, cv = (spec["tariff"][key]["value"] for key in ("mean", "cv"))
        s = np.sqrt(np.log1p(cv**2))
        at_cap = stats.norm.sf((np.log(cap / mean) + s * s / 2) / s)
        assert points.tolist() == [pytest.approx(365 * cap)]
        # Panels of the exact days agree with closed forms to 1e-13.
        assert masses.tolist() == [pytest.approx(whole * at_cap, rel=1e-9)]


def test_the_mean_of_a_year_of_stays_is_the_mean_over_open_and_entered_ones():
    for id_, severity, episode in zip(NL.ids, NL.severities, NL.episodes, strict=True):
        if episode is None:
            continue
        days = 0.0
        for part, chance, kinks in _days_chances(id_):
            points = [k for k in kinks if 0 < k < 365]
            days += part * integrate.quad(lambda d, c=chance: float(c(np.array(d))), 0, 365, points=points or None)[0]
        assert severity.mean == pytest.approx(days * episode.law.mean, rel=1e-9)


def test_shocks_have_mean_one_and_the_stated_spread():
    laws = {(site.target, site.level): site.shock for site in NL.sites if site.care_type is None}
    assert set(laws) == {(key, level) for key in ("volume", "price") for level in ("national", "regional", "local")}
    for (key, level), law in laws.items():
        assert law.moment(1) == pytest.approx(1.0)
        assert np.sqrt(law.variance) == pytest.approx(DOCUMENT[key][level]["sd"]["value"])


GPD = {
    "family": "gpd",
    "xi": {"value": 1.1, "unit": "index", "grade": "assumed", "source": "a test"},
    "beta": {"value": 50_000.0, "unit": "EUR", "grade": "assumed", "source": "a test"},
}
CAP = {"value": 1e6, "unit": "EUR", "grade": "assumed", "source": "a test"}


@pytest.mark.parametrize(
    ("id_", "process", "place", "where"),
    [
        ("daghulp", "severity", (), "care_types.daghulp.severity"),
        ("maatwerk-24-uurs", "episode", ("tariff",), "care_types.maatwerk-24-uurs.episode.tariff"),
    ],
    ids=["cost of a year", "day tariff"],
)
def test_an_infinite_mean_is_refused_with_the_reason(id_, process, place, where):
    def heavy(document, law=GPD):
        table = document["care_types"][id_]
        for key in (process, *place)[:-1]:
            table = table[key]
        table[(process, *place)[-1]] = law

    with pytest.raises(InputError, match="pool") as caught:
        model(heavy)
    (problem,) = caught.value.problems
    assert problem.where == where and "cap" in problem.hint
    capped = model(lambda document: heavy(document, {**GPD, "cap": CAP}))
    assert np.isfinite(capped.severities[NL.ids.index(id_)].mean)


def test_an_infinite_mean_of_a_length_is_refused():
    def endless(document):
        duration = document["care_types"]["verblijf"]["episode"]
        duration["duration"] = {"family": "lognormal", "mean": {**CAP, "value": float("inf"), "unit": "year"}}

    with pytest.raises(InputError) as caught:
        model(endless)
    assert {problem.where for problem in caught.value.problems} == {
        "care_types.verblijf.episode.duration.cv",
        "care_types.verblijf.episode.duration.mean.value",
    }


def test_an_unknown_anchor_is_named():
    def wrong(document):
        document["anchors"][0]["quantity"] = "national_costs"

    with pytest.raises(InputError, match="national_cost'"):
        check_anchors(model(wrong))


def test_shipped_studies_run_on_shipped_files():
    for name in builtin("studies"):
        study = Study.load(name)
        assert len(study.agreements) >= 4 and all(care.id for care in study.costs.care_types)


def test_the_example_in_the_package_docstring_runs():
    result = doctest.testmod(solidair.pool)
    assert result.attempted >= 4 and result.failed == 0
