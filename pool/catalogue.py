"""The catalogue: what comes with solidair, by name and title."""

from __future__ import annotations

from solidair.models.sources.regions import read_region
from solidair.pool.study import KINDS, builtin, builtin_title, load_agreement


def catalogue(language: str) -> dict[str, dict[str, str]]:
    """Return, per kind of file, the title of every file that comes with solidair.

    Parameters
    ----------
    language
        'nl' or 'en'.
    """
    entries: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        entries[kind] = {}
        for name, file in builtin(kind).items():
            if kind == "regions":
                region = read_region(file)
                entries[kind][name] = f"{region.title} ({len(region.members)})"
            else:
                entries[kind][name] = builtin_title(kind, name, language)
    return entries


def origins() -> dict[str, str]:
    """Return where every agreement that comes with solidair is, or was, in force; see `AgreementSpec`."""
    return {name: load_agreement(name).spec.origin for name in builtin("agreements")}
