"""Names in little room."""

import pytest

from solidair.cli.short_names import short_names


@pytest.mark.parametrize(
    ("name", "room", "short"),
    [
        ("Pleegzorg", 9, "Pleegzorg"),
        ("Gesloten jeugdhulp (JeugdzorgPlus)", 20, "Gesloten jeugdhulp"),
        ("Dagbehandeling en dagbesteding", 20, "Dagbehandeling…"),  # not: Dagbehandeling en…
        ("Verblijf in groepen en driemilieus", 20, "Verblijf in groepen…"),
        ("Verblijf in groepen en driemilieus", 19, "Verblijf in groepe…"),  # else one word in eight letters
        ("Crisis, national and mental-health stay", 20, "Crisis, national…"),
        ("Jeugdbeschermingsmaatregelen", 12, "Jeugdbesche…"),
    ],
)
def test_a_name_is_shortened_by_its_words(name, room, short):
    assert short_names([name], room) == [short] and len(short) <= room


def test_names_that_differ_stay_different():
    names = ["Verblijf in groepen met zorg A", "Verblijf in groepen met zorg B", "Pleegzorg", "Pleegzorg"]
    assert short_names(names, 16) == ["Verblijf…zorg A", "Verblijf…zorg B", "Pleegzorg", "Pleegzorg"]
