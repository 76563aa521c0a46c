"""The reference of parts on the screen: nothing that can be written is missing, and every line fits in 80 columns."""

import json
import re
from importlib.resources import files

import pytest
from click.testing import CliRunner

from solidair.cli.main import cli
from solidair.cli.parts import WIDTH, parts_lines
from solidair.pool.parts.registry import PARTS
from solidair.pool.reference import kinds, reference


def told(entry):
    """Return all fields of an entry, those of its tables included."""
    return [field for one in entry.fields for field in (one, *one.inner)]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_kind_and_field_is_shown_in_eighty_columns(language):
    lines = list(parts_lines(reference(), language))
    assert max(map(len, lines)) <= WIDTH
    text = "\n".join(lines)
    for role in (*PARTS, "line"):
        for kind, cls in kinds(role).items():
            assert f'kind = "{kind}"' in text
            for name in cls.model_fields:
                assert name == "kind" or re.search(rf"^ +{name} \(", text, re.MULTILINE), (kind, name)


def test_every_kind_has_a_sentence_and_every_field_a_meaning():
    for entry in reference():
        assert entry.meaning.endswith("."), entry
        assert all(field.meaning for field in told(entry)), entry


def test_a_role_a_kind_and_the_tables_inside():
    assert {entry.role for entry in reference("pot")} == {"pot"}
    (excess,) = reference("excess")
    (bands,) = (field for field in excess.fields if field.name == "bands")
    assert [field.name for field in bands.inner] == ["retention", "limit", "share"]
    assert (bands.inner[0].default, bands.inner[1].default, bands.inner[2].default) == (None, "none", "1.0")
    (per,) = (field for field in excess.fields if field.name == "per")
    assert (per.default, per.bounds) == ('"year"', '"year" or "month"')
    assert {entry.kind for entry in reference("line")} == {"amount", "mean", "budget", "least"}
    assert reference("nothing") == []


def test_the_command_shows_them_and_suggests_a_kind():
    run = CliRunner().invoke
    whole, one = run(cli, ["list", "--parts", "--lang", "en"]), run(cli, ["list", "--parts", "reserve", "--lang", "en"])
    assert whole.exit_code == one.exit_code == 0
    assert 'kind = "corridor"' in whole.output and "corridor" not in one.output
    assert "opening (required, at least 0):" in one.output
    rows = json.loads(run(cli, ["list", "--parts", "excess", "--json"]).output)
    assert [row["kind"] for row in rows] == ["excess"]
    wrong = run(cli, ["list", "--parts", "exces"])
    assert wrong.exit_code == 2 and "Did you mean 'excess'?" in wrong.output


@pytest.mark.parametrize("ending", ["", ".en"])
def test_the_template_says_where_the_rest_is(ending):
    text = (files("solidair.configs.templates") / f"our-agreement{ending}.toml").read_text("utf-8")
    assert "solidair list --parts" in text
