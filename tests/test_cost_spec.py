"""Rules of a cost model file: each is broken once, and says where, what was found, what must hold and what to do."""

import copy
import tomllib
from importlib.resources import files

import pytest

from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from tests.naive import cost_document, quantity, severity_table

LIGHT = severity_table("lognormal", mean=9_000.0, cv=0.9)
EPISODE = {
    "duration": {"family": "exponential", "mean": quantity(1.0, "year")},
    "tariff": severity_table("lognormal", mean=300.0, cv=0.3),
}


def document(**top):
    """Return a cost model of light care, of cases, and home, of stays; keys of the top replaced or added."""
    made = cost_document({"light": (2.0, 40.0, LIGHT), "home": (1.5, 6.0, None)})
    del made["care_types"]["home"]["severity"]
    made["care_types"]["home"]["episode"] = copy.deepcopy(EPISODE)
    return made | top


def load(made):
    return CostModel.from_document(made, "mine", "mine.toml")


def changed(path, value):
    """Return a document in which one value is set; None removes it."""
    made = document()
    node = made
    *way, last = path.split(".")
    for key in way:
        node = node.setdefault(key, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return made


def problems(made):
    with pytest.raises(InputError) as caught:
        load(made)
    for problem in caught.value.problems:
        assert problem.file == "mine.toml"
        assert problem.rule and not problem.rule.endswith(".")
        assert problem.hint.endswith(".")
    return caught.value.problems


def dependence(members=0.3, types=0.4, **more):
    return {"between_members": quantity(members), "between_care_types": quantity(types)} | more


def test_the_document_without_a_fault_is_accepted():
    assert load(document()).ids == ("light", "home")
    assert load(document(dependence=dependence())).spec.dependence.law == "gaussian"
    assert load(document(dependence=dependence(0.5, 0.5))).spec.dependence is not None


# --- ranges: the key, the lowest and the highest value that is allowed, what lies just outside, the rule

RANGES = [
    ("need_spread.sd", (0.0, 2.0), (-0.01, 2.01), "between 0 and 2"),
    ("volume.national.sd", (0.0, 2.0), (-0.01, 2.01), "between 0 and 2"),
    ("price.local.sd", (0.0, 2.0), (-0.01, 2.01), "between 0 and 2"),
    ("need_spread.persistence", (0.0, 1.0), (-0.01, 1.01), "between 0 and 1"),
    ("volume.regional.persistence", (0.0, 1.0), (-0.01, 1.01), "between 0 and 1"),
    ("price.national.persistence", (0.0, 1.0), (-0.01, 1.01), "between 0 and 1"),
    ("care_types.home.overdispersion_persistence", (0.0, 1.0), (-0.01, 1.01), "between 0 and 1"),
    ("care_types.home.moves", (0.0, 1.0), (-0.01, 1.01), "between 0 and 1"),
    ("care_types.home.overdispersion_size", (0.01, 1e6), (0.009, 1.1e6), "between 0.01 and 1e+06"),
    ("care_types.light.clients_per_1000", (0.0, 1000.0), (-0.01, 1000.1), "between 0 and 1000"),
    ("care_types.light.index", (-0.5, 1.0), (-0.51, 1.01), "between -0.5 and 1"),
    ("index", (-0.5, 1.0), (-0.51, 1.01), "between -0.5 and 1"),
    ("volume_growth", (-0.5, 1.0), (-0.51, 1.01), "between -0.5 and 1"),
]


@pytest.mark.parametrize(("key", "allowed", "refused", "rule"), RANGES, ids=[key for key, *_ in RANGES])
def test_ranges(key, allowed, refused, rule):
    for value in allowed:
        load(changed(key, quantity(value)))
    for value in refused:
        (problem,) = problems(changed(key, quantity(value)))
        assert (problem.where, problem.value) == (key, f"{value:g}")
        assert rule in problem.rule


@pytest.mark.parametrize("key", ["national_youth", "budget_per_youth", "persons.per_person_overall"])
def test_what_must_be_above_zero(key):
    load(changed(key, quantity(1e-6)))
    for value in (0.0, -1.0):
        (problem,) = problems(changed(key, quantity(value)))
        assert (problem.where, problem.value) == (key, f"{value:g}")
        assert problem.rule == "the value must be above 0"


@pytest.mark.parametrize("target", ["volume", "price"])
def test_shocks_of_a_care_type_have_the_same_ranges(target):
    key = f"care_types.home.{target}.national"
    load(changed(key, {"sd": quantity(0.1), "persistence": quantity(1.0)}))
    (problem,) = problems(changed(key, {"sd": quantity(0.1), "persistence": quantity(1.5)}))
    assert (problem.where, problem.value) == (f"{key}.persistence", "1.5")


def test_the_local_volume_of_a_care_type_is_its_overdispersion():
    (problem,) = problems(changed("care_types.home.volume.local", {"sd": quantity(0.1)}))
    assert problem.where == "care_types.home.volume.local"
    assert "unknown key 'local'" in problem.rule


# --- one process per care type


@pytest.mark.parametrize("both", [True, False], ids=["both", "neither"])
def test_a_care_type_has_cases_or_stays(both):
    made = changed("care_types.light.episode", copy.deepcopy(EPISODE))
    if not both:
        made = changed("care_types.light.severity", None)
    (problem,) = problems(made)
    assert problem.where == "care_types.light"
    assert "either a severity" in problem.rule and "or an episode" in problem.rule
    assert "not both" in problem.hint


def test_only_children_who_stay_can_move():
    (problem,) = problems(changed("care_types.light.moves", quantity(0.1)))
    assert problem.where == "care_types.light"
    assert "only children who stay over years can move" in problem.rule
    assert "episode" in problem.hint


# --- dependence


def test_shares_of_dependence_may_not_exceed_the_whole():
    (problem,) = problems(document(dependence=dependence(0.6, 0.5)))
    assert (problem.where, problem.value) == ("dependence", "1.1")
    assert "together must be at most 1" in problem.rule
    assert "lower one" in problem.hint


@pytest.mark.parametrize("key", ["between_members", "between_care_types"])
def test_a_correlation_is_a_share(key):
    for value in (-0.1, 1.1):
        (problem,) = problems(document(dependence=dependence() | {key: quantity(value)}))
        assert (problem.where, problem.value) == (f"dependence.{key}", f"{value:g}")


def test_degrees_of_freedom_belong_to_the_t_copula():
    four = {"degrees_of_freedom": quantity(4.0)}
    load(document(dependence=dependence(law="t", **four)))
    for wrong, law in ((dependence(law="t"), "t"), (dependence(law="gaussian", **four), "gaussian")):
        (problem,) = problems(document(dependence=wrong))
        assert (problem.where, problem.value) == ("dependence", law)
        assert "the t copula, and no other" in problem.rule
        assert 'law = "t" with degrees_of_freedom' in problem.hint


def test_degrees_of_freedom_are_whole_and_in_range():
    for value, rule in ((2.5, "a whole number"), (1.0, "between 2 and 60"), (61.0, "between 2 and 60")):
        wrong = dependence(law="t", degrees_of_freedom=quantity(value))
        (problem,) = problems(document(dependence=wrong))
        assert (problem.where, problem.value) == ("dependence.degrees_of_freedom", f"{value:g}")
        assert rule in problem.rule
    for value in (2.0, 60.0):
        load(document(dependence=dependence(law="t", degrees_of_freedom=quantity(value))))


def test_an_unknown_copula_is_named():
    (problem,) = problems(document(dependence=dependence(law="clayton")))
    assert (problem.where, problem.value) == ("dependence.law", "clayton")
    assert problem.rule == "this must be 'gaussian' or 't'"


# --- standard errors

SHIPPED = tomllib.loads((files("solidair.configs.costs") / "nl-2024.toml").read_text("utf-8"))
USED = {"clients_per_1000", "severity.mean", "episode.tariff.mean", "episode.duration.mean"}


def _full():
    """Return the shipped model with every table and key that may be left out."""
    made = copy.deepcopy(SHIPPED)
    made |= {"index": quantity(0.03), "volume_growth": quantity(0.01)}
    made["dependence"] = dependence(law="t", degrees_of_freedom=quantity(4.0))
    home = made["care_types"]["verblijf"]
    home |= {"index": quantity(0.02), "moves": quantity(0.1)}
    home["price"] = {"local": {"sd": quantity(0.1), "persistence": quantity(0.5)}}
    made["care_types"]["ambulant"]["severity"] = {
        "family": "stay",
        "mean_stay": quantity(0.5, "year"),
        "tariff": severity_table("lognormal", mean=300.0, cv=0.3),
    }
    return made


FULL = _full()
KEYS = [key for key, _ in CostModel.from_document(FULL, "full", "full.toml").quantities()]


def _with_error(keys, error):
    made = copy.deepcopy(FULL)
    for key in keys:
        node = made
        for part in key.split("."):
            node = node[part]
        node["standard_error"] = error
    return made


def _kind(key):
    return key.split(".", 2)[2] if key.startswith("care_types.") else key


def test_a_standard_error_is_used_or_refused():
    used = [key for key in KEYS if _kind(key) in USED | {"severity.tariff.mean"}]
    others = [key for key in KEYS if key not in used]
    assert {_kind(key) for key in used} == USED | {"severity.tariff.mean"} and len(others) > 60
    model = load(_with_error(used, 0.001))
    assert len(model.uncertain) == len(used)
    assert {target for _, target, _ in model.uncertain} == {"volume", "price", "stay"}
    found = problems(_with_error(KEYS, 0.001))
    assert [problem.where for problem in found] == [f"{key}.standard_error" for key in others]
    for problem in found:
        assert problem.value == "0.001"
        assert problem.rule == "a standard error has no effect on this number"
        assert "clients_per_1000" in problem.hint and "remove it" in problem.hint


def test_a_standard_error_of_zero_says_that_a_number_is_known():
    assert load(_with_error(KEYS, 0.0)).uncertain == ()


def test_a_standard_error_of_nothing_is_refused():
    made = changed("care_types.light.clients_per_1000", quantity(0.0) | {"standard_error": 0.5})
    (problem,) = problems(made)
    assert (problem.where, problem.value) == ("care_types.light.clients_per_1000.standard_error", "0.5")
    assert problem.rule == "a standard error needs a value above 0"


def test_a_standard_error_below_zero_is_refused():
    made = changed("care_types.light.clients_per_1000", quantity(2.0) | {"standard_error": -0.5})
    (problem,) = problems(made)
    assert (problem.where, problem.value) == ("care_types.light.clients_per_1000.standard_error", "-0.5")
    assert problem.rule == "this must be at least 0"


# --- together


def test_all_faults_of_a_file_come_at_once():
    made = document(dependence=dependence(0.6, 0.5), index=quantity(2.0))
    made["care_types"]["light"]["moves"] = quantity(0.1)
    made["care_types"]["home"]["overdispersion_persistence"] = quantity(1.5)
    made["care_types"]["home"]["episode"]["duration"]["mean"] = quantity(-1.0, "year")
    assert {problem.where for problem in problems(made)} == {
        "dependence",
        "index",
        "care_types.light",
        "care_types.home.overdispersion_persistence",
        "care_types.home.episode.duration.mean",
    }


@pytest.mark.parametrize("id_", ["a.b", "two words", ""])
def test_the_name_of_a_care_type_is_one_word(id_):
    made = document()
    made["care_types"][id_] = made["care_types"].pop("light")
    found = problems(made)
    assert [problem.where for problem in found] == ["care_types"]
    assert "no dot and no space" in found[0].rule
