"""Overrides: every form that is promised, what they do to pedigree, and every way to get them wrong."""

import math
from importlib.resources import files

import pytest

from solidair.models.cost_spec import PersonsSpec
from solidair.models.problems import InputError
from solidair.pool.known_keys import UNITS, place_of
from solidair.pool.study import Study

SUBURB = "GM1842"


def load(*overrides):
    study = Study.load("haaglanden", overrides)
    assert study.overrides == overrides
    return study


def member(study, code=SUBURB):
    return study.region.members[study.region.index(code)]


def refused(*overrides):
    with pytest.raises(InputError) as caught:
        Study.load("haaglanden", overrides)
    for problem in caught.value.problems:
        assert problem.file == "--set"
        assert problem.where in overrides
        assert problem.rule and problem.hint
    return caught.value.problems


# --- every form


@pytest.mark.parametrize("prefix", ["", "settings."])
def test_settings(prefix):
    study = load(f"{prefix}sims=5000", f"{prefix}seed=7")
    assert (study.settings.sims, study.settings.seed) == (5000, 7)


def test_another_region_and_its_members():
    study = load("region=holland-rijnland", "region.GM0638.need_index=1.2")
    assert study.region.title == "Holland Rijnland"
    assert member(study, "GM0638").need_index == 1.2
    assert "regions/holland-rijnland.csv" in study.inputs
    assert "regions/haaglanden.csv" not in study.inputs


def test_another_cost_model(tmp_path):
    text = "title = 3"
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(InputError, match=r"mine.toml: title: this must be a table"):
        Study.load("haaglanden", [f"costs={tmp_path / 'mine'}"])
    assert load('costs="nl-2024"').costs.name == "nl-2024"


@pytest.mark.parametrize("value", ["own-use,half-half", " own-use , half-half ", '["own-use", "half-half"]'])
def test_other_agreements(value):
    assert [agreement.name for agreement in load(f"agreements={value}").agreements] == ["own-use", "half-half"]


def test_title():
    assert load("title.en=What if").title.en == "What if"


def test_value_of_a_member():
    plain = Study.load("haaglanden")
    study = load(f"region.{SUBURB}.youth_budget_eur=9e6", f"region.{SUBURB}.buffer_eur=0")
    assert member(study).youth_budget_eur == 9e6
    assert member(study).buffer_eur == 0
    assert not member(study).budget_derived
    others = [m for m in study.region.members if m.code != SUBURB]
    assert others == [m for m in plain.region.members if m.code != SUBURB]


def test_need_index_of_one_member_leaves_that_of_the_others_unknown():
    needs = load(f"region.{SUBURB}.need_index=1.2").region.need_index
    assert needs[-1] == 1.2
    assert all(math.isnan(need) for need in needs[:-1])


def test_a_derived_budget_follows_the_number_of_youths_and_a_given_one_does_not():
    assert member(load(f"region.{SUBURB}.youth=5000")).youth_budget_eur == 5000 * 2432
    assert member(load(f"region.{SUBURB}.youth=5000", "costs.budget_per_youth=2000")).youth_budget_eur == 5000 * 2000
    study = load(f"region.{SUBURB}.youth_budget_eur=7e6", f"region.{SUBURB}.youth=5000")
    assert (member(study).youth, member(study).youth_budget_eur) == (5000, 7e6)


@pytest.mark.parametrize("ending", ["", ".value"])
@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("costs.verblijf.clients_per_1000", "care_types.verblijf.clients_per_1000"),
        ("costs.care_types.verblijf.clients_per_1000", "care_types.verblijf.clients_per_1000"),
        ("costs.need_spread.sd", "need_spread.sd"),
        ("costs.verblijf.episode.tariff.mean", "care_types.verblijf.episode.tariff.mean"),
        ("costs.ambulant.severity.mean", "care_types.ambulant.severity.mean"),
        ("costs.verblijf.episode.duration.mean", "care_types.verblijf.episode.duration.mean"),
    ],
)
def test_number_of_the_cost_model_is_marked_as_set_by_the_user(key, name, ending):
    before = dict(Study.load("haaglanden").costs.quantities())
    text = f"{key}{ending}=1"
    after = dict(load(text).costs.quantities())
    assert [other for other in after if after[other] != before[other]] == [name]
    quantity = after[name]
    assert (quantity.value, quantity.grade) == (1.0, "assumed")
    assert (quantity.unit, quantity.year) == (before[name].unit, before[name].year)
    assert quantity.source["en"] == f"set by the user: {text}"
    assert text in quantity.source["nl"]


def test_number_with_a_pedigree_of_its_own_keeps_that():
    text = 'costs.need_spread.sd={ value = 0.1, unit = "share", grade = "sourced", source = "our count" }'
    sd = load(text).costs.spec.need_spread.sd
    assert (sd.value, sd.grade, sd.source) == (0.1, "sourced", "our count")


def test_value_of_an_agreement_and_only_of_that_one():
    text = "agreements.case-excess.clauses.1.take.retention=75000"
    study = load(
        text, "agreements.case-excess.clauses.1.take.limit=2.5e5", "agreements.half-half.clauses.1.take.share=1"
    )
    takes = {a.name: a.spec.clauses[0].take for a in study.agreements if a.spec.clauses}
    assert (takes["case-excess"].retention, takes["case-excess"].limit) == (75_000.0, 250_000.0)
    assert takes["half-half"].share == 1.0
    assert takes["pool-by-youth"] == Study.load("haaglanden").agreements[1].spec.clauses[0].take


# --- keys that the files leave out

OPTIONAL = [
    ("costs.index=0.02", "index"),
    ("costs.index.value=0.02", "index"),
    ("costs.volume_growth=0.01", "volume_growth"),
    ("costs.verblijf.index=0.03", "care_types.verblijf.index"),
    ("costs.verblijf.moves=0.05", "care_types.verblijf.moves"),
    ("costs.care_types.verblijf.moves=1", "care_types.verblijf.moves"),
    ("costs.gesloten.price.regional.sd=0.05", "care_types.gesloten.price.regional.sd"),
]


@pytest.mark.parametrize(("text", "name"), OPTIONAL, ids=[text for text, _ in OPTIONAL])
def test_an_optional_number_is_added_with_a_pedigree(text, name):
    before, after = (dict(study.costs.quantities()) for study in (Study.load("haaglanden"), load(text)))
    assert set(after) - set(before) == {name}
    assert after[name].value == float(text.partition("=")[2])
    assert after[name].grade == "assumed" and after[name].source["en"] == f"set by the user: {text}"
    assert after[name].unit == UNITS[name.rpartition(".")[2]]


def test_every_number_that_a_cost_model_may_leave_out_has_a_unit():
    """Whatever the schema adds later: of a number with a pedigree, the unit must be known to set it bare."""
    found, left = set(), [((), ())]
    while left:
        path, seen = left.pop()
        place = place_of("costs", path)
        for key in place.keys if place and not place.number else ():
            inner = place_of("costs", (*path, key))
            if inner.number:
                found.add(key)
            elif len(path) < 5:
                left.append(((*path, key), seen))
        if path == ("care_types",):
            left.append(((*path, "any"), seen))
    required = {"clients_per_1000", "national_youth", "budget_per_youth"} | set(PersonsSpec.model_fields)
    assert found - required == set(UNITS)


def test_a_standard_error_keeps_the_pedigree_of_its_number():
    key = "care_types.verblijf.clients_per_1000"
    before = dict(Study.load("haaglanden").costs.quantities())[key]
    after = dict(load("costs.verblijf.clients_per_1000.standard_error=1").costs.quantities())[key]
    assert after == before.model_copy(update={"standard_error": 1.0})
    tariff = load("costs.verblijf.episode.tariff.mean.standard_error=20").costs.uncertain
    assert [(target, quantity.standard_error) for _, target, quantity in tariff] == [("price", 20.0)]


def test_a_table_can_be_put_together_from_its_keys():
    texts = ["costs.dependence.between_members=0.3", "costs.dependence.between_care_types=0.2"]
    assert load(*texts).costs.spec.dependence.law == "gaussian"
    dependence = load(*texts, "costs.dependence.law=t", "costs.dependence.degrees_of_freedom=4").costs.spec.dependence
    assert (dependence.law, dependence.degrees_of_freedom.value, dependence.between_members.value) == ("t", 4.0, 0.3)


def test_half_a_table_is_said_of_the_override():
    (problem,) = refused("costs.dependence.between_members=0.3")
    assert problem.rule == "this needs 'between_care_types' beside it"
    assert problem.hint == "Add --set costs.dependence.between_care_types=VALUE."
    (problem,) = refused("open_cases.file=stays.csv")
    assert problem.hint == "Add --set open_cases.reference=VALUE."


def test_a_fault_of_the_file_is_not_said_of_an_override_beside_it(tmp_path):
    text = (files("solidair.configs.costs") / "nl-2024.toml").read_text("utf-8")
    start = text.index("[need_spread]")
    end = text.index("sd = {", start)
    mine = tmp_path / "mine.toml"
    mine.write_text(text[:end] + text[text.index("\n", end) + 1 :], "utf-8")
    with pytest.raises(InputError) as caught:
        Study.load("haaglanden", [f"costs={mine}", "costs.need_spread.law=gamma"])
    assert [(p.file, p.where) for p in caught.value.problems] == [(str(mine), "need_spread.sd")]


def test_whether_amounts_rise_can_be_set():
    study = load("agreements.case-excess.indexed=false")
    assert {a.name: a.spec.indexed for a in study.agreements}["case-excess"] is False


def test_kind_of_key():
    study = load('agreements.half-half.clauses.1.charge.key={ kind = "equal" }')
    assert study.agreements[3].spec.clauses[0].charge.key.kind == "equal"


def test_the_last_of_two_wins():
    assert load("sims=200", "sims=300").settings.sims == 300


# --- every way to get it wrong


@pytest.mark.parametrize("text", ["sims", "=5", "sims=", "sims= ", "costs..x=3", "agreements.=3", ""])
def test_malformed(text):
    (problem,) = refused(text)
    assert "not of the form key=value" in problem.rule
    assert "--set sims=5000" in problem.hint


EXCESS = "agreements.case-excess"
WRONG = [
    ("simms=5", "simms", "unknown key", "Did you mean 'sims'?"),
    ("settings.simms=5", "5", "unknown key 'simms'", "Did you mean 'sims'?"),
    ("sims=many", '"many"', "a whole number", "digits"),
    ("sims=5e3", "5000.0", "a whole number", "digits"),
    ("sims=3", "3", "at least 100", "zeros"),
    ("sims.x=3", "x", "a value, not a table", "Leave out"),
    ("region=haaglande", "haaglande", "no region of this name", "Did you mean 'haaglanden'?"),
    ("agreements=halfhalf", "halfhalf", "no agreement of this name", "Did you mean 'half-half'?"),
    ("title.de=x", "de", "unknown key", "Known: nl, en"),
    ("region.GM1843.youth=5", "GM1843", "no such member", "Did you mean 'GM1842'?"),
    ("region.GM1842.yuoth=5", "yuoth", "no such column", "Did you mean 'youth'?"),
    ("region.GM1842=5", "", "no such column", "Known: inhabitants"),
    ("region.GM1842.youth=-5", "-5", "above 0", "sign"),
    ("region.GM1842.youth=5.5", "5.5", "a whole number", "persons"),
    ("region.GM1842.youth=nan", "nan", "a number", "decimal mark"),
    ("region.GM1842.youth=inf", "inf", "a number", "decimal mark"),
    ("region.GM1842.youth=many", "many", "a number", "decimal mark"),
    ("region.GM1842.youth=true", "True", "a number", "decimal mark"),
    ("region.GM1842.youth=20000", "", "more youths (20,000) than inhabitants (19,415)", "Set"),
    ("region.GM1842.need_index=7", "7", "above 0 and at most 5", "unit"),
    ("region.GM1842.buffer_eur=-1", "-1", "at least 0", "sign"),
    ("region.GM1842.capacity_incidental_eur=-1", "-1", "at least 0", "sign"),
    ("region.GM1842.capacity_structural_eur=-0.5", "-0.5", "at least 0", "sign"),
    ("region.GM1842.certainty=90", "90", "between 0 and 1", "0.9, or 90%"),
    ("region.GM1842.certainty=0", "0", "between 0 and 1", "0.9, or 90%"),
    ("region.GM1842.certainty=1", "1", "between 0 and 1", "0.9, or 90%"),
    ("region.GM1842.certainty=high", "high", "a number", "decimal mark"),
    ("finance.certainty=0", "0", "between 0 and 1", '0.9, or "90%"'),
    ("finance.certainty=1", "1", "between 0 and 1", '0.9, or "90%"'),
    ("finance.certainty=90", "90", "between 0 and 1", '0.9, or "90%"'),
    ("finance.certainty=150%", "150%", "between 0 and 1", '0.9, or "90%"'),
    ("finance.certainty=-0.9", "-0.9", "between 0 and 1", '0.9, or "90%"'),
    ("finance.reserve.safety=95", "95", "between 0 and 1", '0.9, or "90%"'),
    ("costs.verblijv.clients_per_1000=6", "verblijv", "unknown key", "Did you mean 'verblijf'?"),
    ("costs.need_spred.sd=1", "need_spred", "unknown key", "Did you mean 'need_spread'?"),
    ("costs.verblijf.clients_per_100=6", "clients_per_100", "unknown key", "Did you mean 'clients_per_1000'?"),
    ("costs.verblijf.tarif=300", "tarif", "unknown key", "Did you mean 'tariff'?"),
    ("costs.verblijf.clients_per_1000=six", '"six"', "a number", "without quotes"),
    ("costs.verblijf.clients_per_1000=-6", "-6", "between 0 and 1000", "sign"),
    ("costs.verblijf.clients_per_1000.value.x=6", "x", "a value, not a table", "Leave out"),
    ("costs.budget_per_youth=0", "0", "above 0", "EUR"),
    ("agreements.caseexcess.clauses.1.take.share=1", "caseexcess", "no such agreement", "Did you mean 'case-excess'?"),
    ("costs.indx=0.02", "indx", "unknown key", "Did you mean 'index'?"),
    ("costs.index=3", "3", "between -0.5 and 1", "three percent"),
    ("costs.index.standard_error=0.1", "index", "not in the file yet", "--set costs.index=NUMBER"),
    ("costs.index.valeu=0.1", "index", "not in the file yet", "--set costs.index=NUMBER"),
    ("costs.verblijf.move=0.1", "move", "unknown key", "Did you mean 'moves'?"),
    ("costs.verblijf.severity.mean=4", "severity", "does not have this table", "file of your own"),
    (
        "costs.verblijf.clients_per_1000.standard_eror=1",
        "standard_eror",
        "unknown key",
        "Did you mean 'standard_error'?",
    ),
    ("costs.need_spread.sd.standard_error=0.1", "0.1", "has no effect on this number", "clients_per_1000"),
    ("costs.dependence.between_member=0.3", "between_member", "unknown key", "Did you mean 'between_members'?"),
    ("costs.dependence=1", "1", "must be a table", "between_members"),
    ("open_cases.fil=x.csv", "fil", "unknown key", "Did you mean 'file'?"),
    (f"{EXCESS}.indexd=false", "indexd", "unknown key", "Did you mean 'indexed'?"),
    (f"{EXCESS}=1", "", "a whole agreement", "clauses.1.take.share=0.5"),
    (f"{EXCESS}.clauses.2.take.share=1", "2", "no such entry", "from 1 to 1"),
    (f"{EXCESS}.clauses.0.take.share=1", "0", "no such entry", "from 1 to 1"),
    (f"{EXCESS}.clauses.².take.share=1", "²", "no such entry", "from 1 to 1"),
    (f"{EXCESS}.clauses.1.tkae.share=1", "tkae", "unknown key", "Did you mean 'take'?"),
    (f"{EXCESS}.clauses.1.take.retentoin=1", "1", "unknown key 'retentoin'", "Did you mean 'retention'?"),
    (f"{EXCESS}.clauses.1.take.retention=-1", "-1.0", "at least 0", "sign"),
    (f"{EXCESS}.clauses.1.take.share=1.5", "1.5", "between 0 and 1", "0.5"),
    (f"{EXCESS}.clauses.1.charge.key.kind=yuoth", "yuoth", "unknown kind", "Did you mean 'youth'?"),
    ("agreements.own-use.clauses.1.take.share=1", "clauses", "has no clauses", "can be set"),
]


@pytest.mark.parametrize(("text", "value", "rule", "hint"), WRONG, ids=[text for text, *_ in WRONG])
def test_wrong_value_or_place(text, value, rule, hint):
    (problem,) = refused(text)
    assert problem.where == text
    assert problem.value == value
    assert rule in problem.rule
    assert hint in problem.hint


def test_override_of_an_agreement_that_the_study_no_longer_has():
    (problem,) = refused("agreements=own-use", f"{EXCESS}.clauses.1.take.retention=75000")
    assert "no such agreement in this study" in problem.rule


def test_all_wrong_overrides_come_at_once():
    texts = ("simms=5", "sims", "region.GM1843.youth=5", "costs.verblijv.stay=true", f"{EXCESS}.clauses.9.title=x")
    assert {problem.where for problem in refused(*texts)} == set(texts)


@pytest.mark.parametrize(
    ("text", "read"),
    [("finance.certainty=90%", 0.9), ("finance.certainty=99,9 %", 0.999), ("finance.reserve.safety=97.5%", 0.975)],
)
def test_a_certainty_may_be_written_as_a_percentage(text, read):
    """As councils write it, and to the last bit, as in a region file."""
    finance = Study.load("haaglanden", [text, "finance.reserve.opening=30"]).finance
    assert read == (finance.reserve.safety if "safety" in text else finance.certainty)
    region = Study.load("haaglanden", ["region.GM0503.certainty=99,9%"]).region
    assert region.members[list(region.codes).index("GM0503")].certainty == 0.999
