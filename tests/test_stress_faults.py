"""Everything that can be wrong with a stress test, told at once, each with its place and what to do."""

import pytest

from solidair.models.problems import InputError
from solidair.models.schema import RuleError
from solidair.pool.stress.amounts import Amount, parse_factor
from solidair.pool.stress.apply import stressed
from solidair.pool.stress.scenario import free_scenario, load_scenarios
from solidair.pool.stress.worlds import asked_worlds
from tests.stressing import scenario, stress_study


def told(*scenarios, study=None):
    """Return what is wrong with a world, as (file, where, value, rule) and the hints."""
    with pytest.raises(InputError) as caught:
        stressed(study or stress_study(), scenarios)
    for problem in caught.value.problems:
        assert problem.hint.endswith((".", "?"))
    return [(p.file, p.where, p.rule) for p in caught.value.problems], [p.hint for p in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "factor"),
    [("+15%", 1.15), ("-10 %", 0.9), ("+1,5%", 1.015), ("x1.2", 1.2), ("×0,5", 0.5), ("X2", 2.0), ("-100%", 0.0)],
)
def test_changes_are_read(text, factor):
    assert parse_factor(text).factor == pytest.approx(factor, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("15%", "needs a sign"), ("-101%", "more than 100%"), ("x2000", "thousand times"), ("+", "not a change"),
        ("15", "not a change"), ("+15", "not a change"), ("", "not a change"), ("x-1", "not a change"),
    ],
)  # fmt: skip
def test_what_is_no_change_is_refused(text, rule):
    with pytest.raises(RuleError, match=rule):
        parse_factor(text)
    assert Amount(value=3.0).of(7.0) == 3.0


@pytest.mark.parametrize(
    ("change", "rule", "hint"),
    [
        ("costs.home.prise=+5%", "there is no such number to change", "Did you mean 'costs.home.price'?"),
        ("bugdet=+5%", "there is no such number to change", "Did you mean 'budget'?"),
        ("costs.volume.national.ds=+5%", "there is no such number", "Did you mean 'costs.volume.national.sd'?"),
        ("costs.light.length=+5%", "'light' has no stays", "Name care with stays."),
        ("costs.heavy.spread=+5%", "not given by mean and cv", "Set the parameters of its law instead."),
        ("costs.index=+5%", "not in the cost model", "Give it a value: to."),
        ("budget=-100%", "a budget cannot become nothing", "Write a smaller cut."),
        ("costs.heavy.price=-100%", "a price cannot become nothing", "Write a smaller cut."),
        ({"set": "costs.price", "by": "x0", "first": 2}, "a price cannot become nothing", "Write a smaller cut."),
        ({"set": "costs.price", "to": 3.0}, "changes by a share", "Write +15%."),
        ({"set": "costs.clients", "by": "+5%", "first": 2}, "only prices, entries and budgets", "Leave out first"),
        ({"set": "costs.price", "by": "+5%", "first": 4}, "the study ends with budget year 3", "Run more years."),
        ({"kind": "leave", "member": "GM0109"}, "there is no such member in Small", "Did you mean"),
        ({"kind": "leave", "member": "largest", "first": 9}, "the study ends with budget year 3", "Run more years."),
        ({"kind": "merge", "members": ["largest", "GM0102"]}, "one and the same member", "Name two different"),
        ({"kind": "replace", "care": "havey", "instead": "home", "share": 0.1}, "no such care type", "'heavy'"),
        ({"kind": "replace", "care": "home", "instead": "home", "share": 0.1}, "replaced by itself", "another"),
    ],
)  # fmt: skip
def test_what_a_study_does_not_have_is_named(change, rule, hint):
    ((file, where, said),), (meant,) = told(scenario(change))
    assert (file, where) == ("test.toml", "changes.1")
    assert rule in said and hint in meant


def test_a_share_above_one_is_a_fault_of_the_change_and_its_number_is_named():
    study = stress_study()
    ((_, where, rule),), _ = told(scenario({"set": "costs.volume.national.persistence", "to": 0.7}, {
        "set": "costs.volume.regional.persistence", "to": 1.2}), study=study)  # fmt: skip
    assert where == "changes.2"
    assert rule == "this makes volume.regional.persistence 1.2: the value must lie between 0 and 1"
    most = {"kind": "replace", "care": "heavy", "instead": "home", "share": 0.6}
    ((file, _, rule),), _ = told(scenario(most), scenario(most, name="again"))
    assert file == "again.toml" and "this replaces 120% of 'heavy', more than there is" in rule


LEAVES = {"kind": "leave", "member": "smallest", "first": 2}
MERGE = {"kind": "merge", "members": ["GM0100", "GM0101"]}


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("costs.price=+5%", "costs.price=-5%", "the other way than scenario 'a' (changes.1)"),
        ("costs.home.tariff=+5%", "costs.home.price=-5%", "the other way"),
        ("budget=-5%", "budget=+1%", "the other way"),
        ({"set": "costs.volume.local.sd", "to": 0.1}, {"set": "costs.volume.local.sd", "to": 0.2}, "changed already"),
        ({"set": "costs.home.clients", "to": 2.0}, "costs.care_types.home.clients_per_1000=+5%", "changed already"),
        ({"kind": "doubt", "error": 0.1}, {"kind": "doubt", "error": 0}, "otherwise than scenario"),
        (LEAVES, {**LEAVES, "member": "GM0100", "first": 3}, "leaves in 2028"),
        (LEAVES, MERGE, "both leave"),
        (MERGE, LEAVES, "both leave"),
    ],
)  # fmt: skip
def test_scenarios_that_contradict_each_other_are_refused(one, other, rule):
    problems, _ = told(scenario(one, name="a"), scenario(other, name="b"))
    assert any(rule in said and file == "b.toml" for file, _, said in problems)


def test_two_settings_of_the_command_line_that_undo_each_other_are_refused():
    ((file, where, rule),), (hint,) = told(free_scenario(["costs.home.price=+5%", "costs.home.tariff=-5%"]))
    assert (file, where) == ("--set", "costs.home.tariff=-5%")
    assert rule == "this moves costs.home.tariff the other way than --set (costs.home.price=+5%)"
    assert hint == "Leave one of the two out."
    ((_, _, rule),), _ = told(free_scenario(["costs.volume.local.sd=0.1", "costs.volume.local.sd=0.2"]))
    assert rule == "this sets costs.volume.local.sd, which is changed already by --set (costs.volume.local.sd=0.1)"
    # A file may say so: its author has put the two in that order.
    stressed(stress_study(), [scenario("costs.home.price=+5%", "costs.home.price=-5%")])


def test_worse_and_worse_is_no_contradiction_and_neither_are_other_years():
    study = stress_study()
    stressed(study, [scenario("costs.price=+5%", name="a"), scenario("costs.price=+5%", name="b")])
    first = scenario({"set": "costs.entries", "by": "-5%", "last": 1}, name="a")
    stressed(study, [first, scenario({"set": "costs.entries", "by": "+5%", "first": 2}, name="b")])
    leave = {"kind": "leave", "member": "largest", "first": 2}
    then = stressed(study, [scenario(leave, name="a"), scenario({**leave, "member": "GM0102"}, name="b")])
    assert [len(a.spec.changes) for a in then.agreements] == [0, 1, 1]


def test_all_faults_of_all_scenarios_come_at_once():
    problems, _ = told(
        scenario("costs.prise=+5%", "costs.spread=-100%", {"kind": "leave", "member": "GM0001"}, name="a"),
        scenario("budget=-100%", {"set": "costs.volume.national.sd", "to": -1.0}, name="b"),
    )
    assert {(file, where) for file, where, _ in problems} == {
        ("a.toml", "changes.1"), ("a.toml", "changes.2"), ("a.toml", "changes.3"),
        ("b.toml", "changes.1"), ("b.toml", "changes.2"),
    }  # fmt: skip


def test_a_free_change_is_told_as_it_was_typed():
    with pytest.raises(InputError) as caught:
        asked_worlds(stress_study(), [], ["costs.home.prise=+5%", "budget=-5%"])
    assert [(p.file, p.where) for p in caught.value.problems] == [("--set", "costs.home.prise=+5%")]
    with pytest.raises(InputError) as caught:
        free_scenario(["budget=5%", "costs.index=0.02", "costs.price=+x%", "costs.price=dear", "budget"])
    assert [p.where for p in caught.value.problems] == ["costs.price=dear", "budget", "budget=5%", "costs.price=+x%"]


FILE = """\
grade = "assumed"
title = "Ours"
summary = "Ours"
source = "ours"

[[changes]]
kind = "change"
set = "costs.price"
"""


@pytest.mark.parametrize(
    ("text", "where", "rule"),
    [
        (FILE, "changes.1", "a change needs by, or to, and not both"),
        (FILE + 'by = "5%"\n', "changes.1.by", "needs a sign"),
        (FILE + 'by = "+5%"\nlast = 2\nfirst = 3\n', "changes.1", "the last year lies before the first one"),
        (FILE + 'by = "+5%"\nyears = 2\n', "changes.1.years", "unknown key"),
        (FILE.replace("assumed", "guessed") + 'by = "+5%"\n', "grade", "this must be 'sourced'"),
        (FILE + "by = +5%\n", "line 9", "this is not valid TOML"),
        (FILE.replace('"change"', '"jump"') + 'by = "+5%"\n', "changes.1.kind", "unknown kind 'jump'"),
        ("", "file", "the file is empty"),
    ],
)
def test_faults_of_a_file(tmp_path, text, where, rule):
    (tmp_path / "ours.toml").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_scenarios(["ours"], tmp_path)
    (problem,) = caught.value.problems
    assert problem.where == where and rule in problem.rule


def test_a_name_that_is_nearly_right_is_named(tmp_path):
    with pytest.raises(InputError, match="Did you mean 'index-2023'"):
        load_scenarios(["index-2203"], tmp_path)
    with pytest.raises(InputError, match="named twice"):
        load_scenarios(["index-2023", "index-2023"], tmp_path)
    with pytest.raises(InputError, match="asked for twice"):
        asked_worlds(stress_study(), ["index-2023", "index-2023"])
    with pytest.raises(InputError, match="a name is missing here"):
        asked_worlds(stress_study(), ["index-2023+"])
