"""Describe: sentences that say the key, the line and the share, a worked case that adds up, and the catalogue."""

from dataclasses import asdict, replace

import pytest

from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.models.schema import Quantity
from solidair.pool.agreements import unknown_scopes
from solidair.pool.catalogue import catalogue
from solidair.pool.describe import describe, with_past
from solidair.pool.describe import described as in_words
from solidair.pool.describe_care import study_facts
from solidair.pool.fair import Known, known_of
from solidair.pool.parts.registry import PARTS
from solidair.pool.parts.scopes import scope_faults
from solidair.pool.parts.words import Wording, money, number, percent, scope_words
from solidair.pool.properties import PROPERTIES
from solidair.pool.setting import Setting
from solidair.pool.study import Study, builtin, load_agreement
from tests.settling import SAMPLES, TEXT, agreement
from tests.test_clauses import made

LANGUAGES = ("nl", "en")
# What the sentences of each shipped agreement must name: key, share, line, care.
SAID = {
    "own-use": {"nl": (), "en": ()},
    "pool-by-youth": {
        "nl": ("de volledige kosten van alle jeugdhulp", "verdeeld naar aantal jeugdigen"),
        "en": ("the whole cost of all youth care", "divided by number of youths"),
    },
    "pool-by-budget": {"nl": ("aandeel in de jeugdbudgetten",), "en": ("share of the youth budgets",)},
    "half-half": {
        "nl": ("50% van de kosten", "betaalt de rest zelf", "aantal jeugdigen"),
        "en": ("50% of the cost", "pays the rest itself", "number of youths"),
    },
    "case-excess": {
        "nl": ("meer dan € 100.000", "De eerste € 100.000 per kind betaalt zij zelf", "aantal jeugdigen"),
        "en": ("more than EUR 100,000", "The first EUR 100,000 per child it pays itself", "number of youths"),
    },
    "heavy-care": {
        "nl": ("pleegzorg", "gesloten jeugdhulp (JeugdzorgPlus) en maatwerk 24 uur", "LTA", "aantal jeugdigen"),
        "en": ("foster care", "closed care (JeugdzorgPlus) and bespoke 24-hour care", "number of youths"),
    },
}


def spaced(text):
    """Return text with plain spaces between currencies and amounts."""
    return text.replace("\u00a0", " ")


def sentences(described):
    return spaced(" ".join(sentence for article in described["articles"] for sentence in article["sentences"]))


def alone(name, language, overrides=()):
    content = describe(str(name), language, overrides)
    assert content["title"] is None
    (described,) = content["agreements"]
    return described


HAAGLANDEN = with_past(Study.load("haaglanden"))


@pytest.mark.parametrize("name", builtin("agreements"))
def test_shipped_agreement_is_told_in_both_languages(name):
    loaded = load_agreement(name)
    faults = loaded.faults(HAAGLANDEN.setting)
    known = None if faults else known_of(HAAGLANDEN, [loaded], sims=256)[name]
    nl, en = (asdict(in_words(loaded, HAAGLANDEN, language, known)) for language in LANGUAGES)
    for described in (nl, en):
        assert described["name"] == name
        assert described["title"] and described["summary"] and described["source"]
        assert all(article["title"] for article in described["articles"])
        # Either a worked case and a card, or what is missing.
        assert bool(described["missing"]) == (described["example"] is None) == (not described["card"]) == bool(faults)
        if (example := described["example"]) is not None:
            assert example["member"] == "Midden-Delfland" and example["years"] == (2027, 2028, 2029, 2030)
            assert adds_up(example)
            assert [row["name"] for row in described["card"]] == [*PROPERTIES, "same_year", "lifetime"]
            assert all(row["title"] and row["verdict"] and row["sentence"].endswith(".") for row in described["card"])
    for field in ("summary", "articles", "card"):
        assert nl[field] != en[field] or not nl[field]
    states = [[row["state"] for row in described["card"]] for described in (nl, en)]
    assert states[0] == states[1]


def adds_up(example):
    """Return whether in each year members pay the cost less what comes from outside, and what funds keep."""
    years = [example["pays"], *example["later"]]
    cost = [example["cost"], 0.0, 0.0, 0.0]
    beyond = zip(example["outside"], example["fund"], strict=True)
    return [
        sum(year.values()) + outside - fund for year, (outside, fund) in zip(years, beyond, strict=True)
    ] == pytest.approx(cost, abs=1e-3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAID)
def test_shipped_agreement_says_its_key_its_line_and_its_share(name, language):
    text = sentences(asdict(in_words(load_agreement(name), HAAGLANDEN, language, Known(None))))
    for piece in SAID[name][language]:
        assert piece in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", builtin("studies"))
def test_shipped_study_describes_all_its_agreements_with_a_case_that_adds_up(name, language):
    content = describe(name, language)
    study = Study.load(name)
    assert content["title"] == study.title[language]
    assert [described["name"] for described in content["agreements"]] == [a.name for a in study.agreements]
    smallest = min(study.region.members, key=lambda m: m.youth).name
    for described in content["agreements"]:
        example = described["example"]
        assert (example["member"], example["cost"]) == (smallest, 300_000)
        assert list(example["pays"]) == list(study.region.names)
        assert adds_up(example)


def test_worked_case_of_the_excess_by_hand():
    pays = alone("case-excess", "en")["example"]["pays"]
    # Youths of Haaglanden: 222,660; Midden-Delfland has 4,046, The Hague 109,949.
    # Midden-Delfland keeps 100,000 and bears 4,046 / 222,660 of the 200,000 above: 3,634.24.
    assert pays["Midden-Delfland"] == pytest.approx(103_634.24, abs=0.005)
    assert pays["'s-Gravenhage"] == pytest.approx(98_759.54, abs=0.005)  # 109,949 / 222,660 of 200,000


def test_worked_case_of_own_use_and_of_half_half_by_hand():
    assert alone("own-use", "nl")["example"]["pays"]["Midden-Delfland"] == 300_000
    # 150,000 of its own and 4,046 / 222,660 of 150,000: 2,725.68.
    pays = alone("half-half", "nl")["example"]["pays"]
    assert pays["Midden-Delfland"] == pytest.approx(152_725.68, abs=0.005)


def test_overrides_show_in_the_words_and_in_the_worked_case():
    text = "agreements.case-excess.clauses.1.take.retention=50000"
    described = alone("case-excess", "nl", [text])
    assert "€ 50.000" in sentences(described)
    # 50,000 and 4,046 / 222,660 of 250,000: 4,542.80.
    assert described["example"]["pays"]["Midden-Delfland"] == pytest.approx(54_542.80, abs=0.005)
    in_study = describe("haaglanden", "nl", [text])["agreements"]
    assert described in in_study
    assert alone("own-use", "nl", ["region=holland-rijnland"])["example"]["member"] == "Zoeterwoude"


OWN = """\
source = "test"
title = { nl = "Ons", en = "Ours" }
summary = { nl = "Ons.", en = "Ours." }
[[clauses]]
title = { nl = "Een", en = "One" }
take = { kind = "share", share = 0.125 }
charge = { kind = "key", key = { kind = "equal" } }
[[clauses]]
title = { nl = "Twee", en = "Two" }
take = { kind = "excess", retention = 75000.0, limit = 250000.0, share = 0.8 }
charge = { kind = "key", key = { kind = "youth" } }
"""


def test_an_agreement_of_ones_own_is_described_by_path(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(OWN)
    described = alone(path, "en")
    first, second = (article["sentences"] for article in described["articles"])
    assert first == (
        "Every municipality hands in 12.5% of the cost of all youth care and pays the rest itself.",
        "Everything that is handed in is paid jointly.",
        "The municipalities pay the total together, divided by equal shares.",
    )
    # A later article says that it works on what is left.
    assert second[0] == "This article works on what the earlier articles have left of the cost of every child."
    assert spaced(second[1]) == (
        "If one child costs more than EUR 75,000 in a year of all youth care, at most EUR 250,000 per child of what is "
        "above counts; of that its municipality hands in 80%. The first EUR 75,000 per child and the rest it pays "
        "itself. In the simulation each form of care of a child counts apart."
    )
    # 37,500 in nine equal parts; of the 262,500 left, 80% of 187,500 by youth: 150,000.
    expected = 262_500 - 150_000 + 37_500 / 9 + 150_000 * 4_046 / 222_660
    assert described["example"]["pays"]["Midden-Delfland"] == pytest.approx(expected, rel=1e-12)
    assert alone(path, "nl")["articles"][1]["sentences"][0].startswith("Dit artikel werkt op")


def test_codes_are_told_as_the_care_that_is_booked_under_them(tmp_path):
    path = tmp_path / "ours.toml"
    # 44 is booked for three forms of care, of which 43 has one too.
    path.write_text(OWN.replace('kind = "share",', 'kind = "share", scope = ["6.74c", "44", "43"],'))
    first = alone(path, "en")["articles"][0]["sentences"][0]
    assert "of closed care (JeugdzorgPlus), foster care, family-type homes and residential groups and pays" in first


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("6.73", "Write which parts: 6.73a, 6.73b, 6.73c."),
        ("6.73C", "Did you mean '6.73c'?"),
        ("99", "Known codes: 40, 41, 43, 44, 45, 46, 47, "),
        ("gesl", "Did you mean 'gesloten'?"),
    ],
)
def test_an_unknown_code_is_told_with_codes(entry, hint):
    costs, region = Study.load("haaglanden").costs, Study.load("haaglanden").region
    (problem,) = unknown_scopes([["6.74c", entry]], "test.toml", costs.codes)
    assert problem.where == "clauses.1.take.scope.2" and problem.hint.startswith(hint)
    (fault,) = scope_faults([entry], Setting.of(region, costs, 2027, 1))
    assert fault.hint == problem.hint


def test_codes_are_known_in_a_file_with_another_fault(tmp_path):
    (tmp_path / "ours.toml").write_text(OWN.replace("share = 0.125", 'scope = ["6.74c", "50", "6.99"], share = 12.5'))
    costs = builtin("costs")["nl-2024"].read_text("utf-8")
    (tmp_path / "costs.toml").write_text(costs)
    study = 'title = "s"\nregion = "haaglanden"\ncosts = "costs.toml"\nagreements = ["ours.toml"]\n'
    (tmp_path / "study.toml").write_text(study)
    expected = ["clauses.1.take.scope.3", "clauses.1.take.share"]

    def faults():
        with pytest.raises(InputError) as caught:
            Study.load(tmp_path)
        return sorted(problem.where for problem in caught.value.problems if problem.file.endswith("ours.toml"))

    assert faults() == expected
    # Also if the cost model has a fault itself.
    (tmp_path / "costs.toml").write_text(costs.replace("source =", "sauce =", 1))
    assert faults() == expected
    (tmp_path / "ours.toml").write_text(OWN.replace("share = 0.125", 'scope = ["6.74c", "50", "6.99"]'))
    assert faults() == expected[:1]


def test_what_is_wrong_names_its_article(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(OWN.replace('kind = "youth"', 'kind = "capacity"'))
    for language, said in (("nl", "artikel 2: "), ("en", "article 2: ")):
        (missing,) = alone(path, language)["missing"]
        assert missing.startswith(f"{said}the key 'capacity'")


def test_an_agreement_for_other_members_is_described_without_a_worked_case(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(OWN.replace('{ kind = "equal" }', '{ kind = "fixed", shares = { GM9999 = 1.0 } }'))
    described = alone(path, "en")
    assert described["example"] is None
    assert "fixed shares" in sentences(described)


def test_problems_are_those_of_what_the_file_is(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(OWN.replace("share = 0.125", "share = 12.5"))
    with pytest.raises(InputError) as caught:
        describe(str(path), "nl")
    assert [problem.where for problem in caught.value.problems] == ["clauses.1.take.share"]
    path.write_text('region = "haaglanden"\n')
    with pytest.raises(InputError) as caught:
        describe(str(path), "nl")
    assert {problem.where for problem in caught.value.problems} == {"title", "costs", "agreements"}


def test_what_is_neither_a_study_nor_an_agreement_names_the_nearest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, near in (("case-exces", "case-excess"), ("haagland", "haaglanden")):
        with pytest.raises(InputError, match=f"no study or agreement of this name.*Did you mean '{near}'"):
            describe(name, "nl")
    with pytest.raises(InputError, match=r"no study\.toml"):
        describe(".", "nl")


# --- words


@pytest.mark.parametrize(("role", "kind"), [(role, kind) for role in PARTS for kind in PARTS[role]])
def test_every_part_has_words_in_both_languages_and_they_differ(role, kind):
    for values in SAMPLES[role][kind]:
        part = part_of(role, {"kind": kind, **values})
        assert part.kind == kind
        assert type(part).__doc__
        words = [part.words(Wording(language)) for language in LANGUAGES]
        assert all(len(text) > 5 for text in words)
        assert words[0] != words[1]
        if role != "key":
            assert all(text[0].isupper() and text.endswith(".") for text in words)


def part_of(role, values):
    """Return the part of an agreement that is written as a document."""
    written = {"take": {"kind": "share"}, "pot": {"kind": "full"}, "key": {"kind": "equal"}} | {role: values}
    charge = written.get("charge", {"kind": "key"})
    if charge["kind"] == "key":
        charge = {"key": written["key"]} | charge
    clause = made({"title": TEXT, "take": written["take"], "pot": written["pot"], "charge": charge}).spec.clauses[0]
    return clause.charge.key if role == "key" else getattr(clause, role)


def test_a_mixed_key_names_its_parts_and_their_weights():
    parts = [{"weight": 0.25, "key": {"kind": "youth"}}, {"weight": 0.75, "key": {"kind": "budget"}}]
    key = agreement(({"kind": "share"}, {"kind": "mix", "parts": parts})).spec.clauses[0].charge.key
    assert key.words(Wording("en")) == "25% number of youths (aged 0-17) and 75% share of the youth budgets"
    assert key.words(Wording("nl")) == "25% aantal jeugdigen (0-17 jaar) en 75% aandeel in de jeugdbudgetten"


def test_numbers_as_readers_of_each_language_write_them():
    assert [number(1234.5, language, 1) for language in LANGUAGES] == ["1.234,5", "1,234.5"]
    assert [money(100_000, language) for language in LANGUAGES] == ["€\u00a0100.000", "EUR\u00a0100,000"]
    assert [percent(0.5, "nl"), percent(0.125, "nl"), percent(0.125, "en")] == ["50%", "12,5%", "12.5%"]


def test_scopes_are_enumerated():
    labels = {"a": "Pleegzorg", "b": "LTA-verblijf"}
    assert scope_words(["a"], labels, "nl") == "pleegzorg"
    assert scope_words(["a", "b", "c"], labels, "nl") == "pleegzorg, LTA-verblijf en c"
    assert scope_words("all", labels, "en") == "all youth care"


# --- the catalogue


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_lists_everything_that_is_shipped_with_its_title(language):
    listed = catalogue(language)
    assert {kind: list(entries) for kind, entries in listed.items()} == {
        kind: list(builtin(kind)) for kind in ("regions", "costs", "agreements", "studies", "scenarios")
    }
    assert all(title for entries in listed.values() for title in entries.values())
    assert listed["regions"]["haaglanden"] == "Haaglanden (9)"
    for agreement_ in Study.load("haaglanden").agreements:
        assert listed["agreements"][agreement_.name] == agreement_.spec.title[language]


def test_an_agreement_in_a_project_is_told_for_its_own_region(tmp_path, monkeypatch):
    (tmp_path / "agreements").mkdir()
    (tmp_path / "agreements" / "ours.toml").write_text(OWN)
    study = 'region = "holland-rijnland"\ncosts = "nl-2024"\nagreements = ["agreements/ours.toml"]\n'
    (tmp_path / "study.toml").write_text(study + 'title = { nl = "x", en = "x" }\n')
    monkeypatch.chdir(tmp_path)
    assert alone("agreements/ours.toml", "en")["example"]["member"] == "Zoeterwoude"
    assert alone("case-excess", "en")["example"]["member"] == "Zoeterwoude"
    (tmp_path / "study.toml").write_text("title = 3\n")
    assert alone("agreements/ours.toml", "en")["example"]["member"] == "Midden-Delfland"


# --- years and forms of care


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_of_care_says_stay_ages_tariff_and_entries(language, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = describe("pleegzorg", language)
    assert content["title"] is None and content["agreements"] == []
    (care,) = content["care_types"]
    said = spaced(" ".join(care["sentences"]))
    # 2.6 years cut off at age 21 for children who enter from 0 to 17.5: just below 2.5 years. Clients of 222,660 youths
    # at 6.16 per 1,000: 1,371.6; entries are that over (stay + 1).
    stay = care["stay_years"]
    assert 2.45 < stay < 2.5
    assert care["clients"] == pytest.approx(222_660 * 6.16 / 1000)
    assert care["entries"] == pytest.approx(care["clients"] / (stay + 1))
    pieces = {
        "nl": ("6,16 cliënten", "2,5 jaar", "2,6 jaar", "tussen 0 en 17,5 jaar", "tot 21 jaar", "€ 74", "€ 150"),
        "en": (
            "6.16 clients",
            "2.5 years",
            "2.6 years",
            "between the ages of 0 and 17.5",
            "age 21",
            "EUR 74",
            "EUR 150",
        ),
    }[language]
    for piece in (*pieces, number(care["entries"], language)):
        assert piece in said, piece


def test_light_care_is_of_a_single_year():
    (care,) = describe("ambulant", "en")["care_types"]
    assert care["stay_years"] is care["entries"] is care["tariff"] is None
    assert "drawn anew in every year" in " ".join(care["sentences"])


def test_every_form_of_care_has_words_in_both_languages():
    study = Study.load("haaglanden")
    texts = [describe("haaglanden", language)["care_types"] for language in LANGUAGES]
    assert [care["name"] for care in texts[0]] == list(study.costs.ids)
    for dutch, english in zip(*texts, strict=True):
        assert len(dutch["sentences"]) == len(english["sentences"]) >= 4
        assert all(a != b for a, b in zip(dutch["sentences"], english["sentences"], strict=True))


def test_a_study_says_its_years_its_start_and_its_prices():
    assert describe("haaglanden", "en")["facts"] == (
        "4 budget years in a row, 2027 to 2030, simulated 20,000 times.",
        "Start: as many open stays as fit a state that does not change.",
        "Prices: no index, all years at the price level of the cost model, 2024.",
    )
    assert (
        "Eén begrotingsjaar, 2031"
        in describe("haaglanden", "nl", ["settings.years=1", "settings.first_year=2031"])["facts"][0]
    )


def test_open_stays_are_told_as_a_number(tmp_path):
    starts = "".join(f"GM0518,pleegzorg,2025-03-{day}\n" for day in range(14, 19))
    rows = f"code,care_type,start\n{starts}GM0518,verblijf,2026-01-31\n"
    (tmp_path / "children.csv").write_text(rows, "utf-8")
    (tmp_path / "study.toml").write_text(
        'region = "haaglanden"\ncosts = "nl-2024"\nagreements = ["own-use"]\ntitle = { nl = "x", en = "x" }\n'
        '[open_cases]\nfile = "children.csv"\nreference = 2026-12-31\n',
        "utf-8",
    )
    facts = " ".join(describe(str(tmp_path), "nl")["facts"])
    assert "5 verblijven van 1 gemeenten die op 31-12-2026 echt open waren; de andere 8" in facts
    assert "children" not in facts and "2025" not in facts


def test_what_index_and_doubt_do_is_said():
    study = Study.load("haaglanden")
    quantity = {"value": 0.03, "unit": "share a year", "grade": "assumed", "source": "test"}
    care = study.costs.spec.care_types["pleegzorg"]
    doubtful = care.clients_per_1000.model_copy(update={"standard_error": 0.5})
    cares = study.costs.spec.care_types | {"pleegzorg": care.model_copy(update={"clients_per_1000": doubtful})}
    spec = study.costs.spec.model_copy(update={"index": Quantity(**quantity), "care_types": cares})
    costs = CostModel(study.costs.name, study.costs.file, spec, study.costs.severities, study.costs.episodes)
    facts = " ".join(study_facts(replace(study, costs=costs), "en"))
    assert "After that prices and budgets rise by 3% a year." in facts and "drawn for every path: 1." in facts
    excess = next(a for a in study.agreements if a.name == "case-excess")
    assert in_words(excess, study, "en").notes == ()
    assert "rise with the price index" in in_words(excess, replace(study, costs=costs), "en").notes[0]
    fixed = replace(excess, spec=excess.spec.model_copy(update={"indexed": False}))
    assert "indexed = false" in in_words(fixed, replace(study, costs=costs), "nl").notes[0]


def test_a_misspelt_form_of_care_is_no_form_of_care(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="Did you mean 'pleegzorg'") as caught:
        describe("pleegzrog", "nl")
    assert "form of care of this name" in caught.value.problems[0].rule
    with pytest.raises(InputError, match="no study or agreement of this name"):
        describe("zzzzzzzz", "nl")
