"""The list of inputs: nothing left out, nothing called sourced that is not."""

from importlib.resources import files

from solidair.pool.assumptions import assumption_table
from solidair.pool.study import Study


def table(*overrides):
    return assumption_table(Study.load("haaglanden", overrides)).set_index("input")


def test_every_number_of_costs_and_region_is_there():
    study, found = Study.load("haaglanden"), table()
    assert set(found.index) == {key for key, _ in study.costs.quantities()} | {
        "region.inhabitants",
        "region.youth",
        "region.youth_budget_eur.derived",
        "finance.certainty",
    }
    assert found.loc["region.inhabitants", "value"] == 1_121_670  # sum of the nine in the table
    assert found.loc["region.youth", "value"] == 222_660
    assert found.loc["region.youth_budget_eur.derived", "value"] == 222_660 * 2432
    assert found["grade"].isin(["sourced", "derived", "assumed"]).all()
    assert (found["source_nl"].str.len() > 10).all() and (found["source_en"].str.len() > 10).all()
    assert found.loc["region.youth_budget_eur.derived", "grade"] == "derived"


def test_what_the_user_sets_is_assumed_and_says_so():
    found = table("region.GM1842.youth_budget_eur=9000000", "costs.verblijf.clients_per_1000=4")
    own = found.loc["region.GM1842.youth_budget_eur"]
    assert (own["value"], own["grade"]) == (9e6, "assumed") and "set by the user" in own["source_en"]
    assert found.loc["region.youth_budget_eur.derived", "value"] == (222_660 - 4046) * 2432
    assert found.loc["care_types.verblijf.clients_per_1000", "grade"] == "assumed"


def test_a_region_file_without_a_source_is_no_source(tmp_path):
    rows = "GM0518,Den Haag,548260,109949,267000000,1.1\nGM0637,Zoetermeer,125270,25417,61000000,0.8\n"
    head = "code,name,inhabitants,youth,youth_budget_eur,need_index\n"
    study = 'region = "towns.csv"\ncosts = "nl-2024"\nagreements = ["own-use"]\ntitle = { nl = "x", en = "x" }\n'
    (tmp_path / "study.toml").write_text(study, "utf-8")
    for source, grade in (("", "assumed"), ("# source: begroting 2026\n", "sourced")):
        (tmp_path / "towns.csv").write_text(source + head + rows, "utf-8")
        found = assumption_table(Study.load(tmp_path)).set_index("input")
        assert found.loc["region.youth_budget_eur", "grade"] == grade
        assert found.loc["region.youth_budget_eur", "value"] == 328e6
        mean = (109949 * 1.1 + 25417 * 0.8) / (109949 + 25417)
        assert abs(found.loc["region.need_index", "value"] - mean) < 1e-12


def test_how_well_a_number_is_known_stands_beside_it(tmp_path):
    assert table()["standard_error"].isna().all()  # nobody has published one
    own = "care_types.pleegzorg.clients_per_1000"
    source = (files("solidair.configs.costs") / "nl-2024.toml").read_text("utf-8")
    assert source.count("value = 6.16,") == 1
    (tmp_path / "costs.toml").write_text(
        source.replace("value = 6.16,", "value = 6.16, standard_error = 0.4,"), "utf-8"
    )
    study = 'region = "haaglanden"\ncosts = "costs.toml"\nagreements = ["own-use"]\ntitle = { nl = "x", en = "x" }\n'
    (tmp_path / "study.toml").write_text(study, "utf-8")
    found = assumption_table(Study.load(tmp_path)).set_index("input")["standard_error"]
    assert found[own] == 0.4 and found.drop(own).isna().all()


def test_what_councils_can_bear_and_ask_for():
    found = table("region.GM0503.capacity_incidental_eur=2000000", "region.GM1842.capacity_structural_eur=50000")
    assert found.loc["region.GM0503.capacity_incidental_eur", "value"] == 2e6
    assert found.loc["region.GM1842.capacity_structural_eur", "unit"] == "EUR a year"
    assert (found.loc["finance.certainty", ["value", "unit", "grade"]] == [0.9, "share", "assumed"]).all()
    assert "no fixed percentage" in found.loc["finance.certainty", "source_en"]
    chosen = table("finance.certainty=0.9").loc["finance.certainty"]
    assert chosen["value"] == 0.9 and "chosen in the study" in chosen["source_en"]
