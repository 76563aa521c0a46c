"""What mkdocs calls while it builds: generated tables come in, equations become MathML.

A page asks for something generated with ``<!-- generated: name argument ... -->``, alone on a line or inside one; what
is there to ask for stands in `generated.py` and the files named `generated_*.py`. Nothing generated is
committed, so no page can differ from the code.
"""

from __future__ import annotations

import html
import re
from typing import Any

import generated_capacity  # noqa: F401 - registers
import generated_files  # noqa: F401 - registers
import generated_outlook  # noqa: F401 - registers
import generated_outputs  # noqa: F401 - registers
import generated_stress  # noqa: F401 - registers
import generated_tables  # noqa: F401 - registers
from generated import GENERATED
from mathml import mathml
from mkdocs.exceptions import PluginError

_MARKER = re.compile(r"<!-- generated: ([^>]+?) -->")
_TAGGED = re.compile(r"^\$\$\n(.+?)\\tag\{(\d+)\}\n\$\$$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r'<div class="arithmatex">\\\[(.+?)\\\]</div>', re.DOTALL)
_INLINE = re.compile(r'<span class="arithmatex">\\\((.+?)\\\)</span>', re.DOTALL)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in what is generated, and number the equations."""
    place = page.file.src_path

    def fill(match: re.Match[str]) -> str:
        name, *arguments = match[1].split()
        if name not in GENERATED:
            raise PluginError(f"{place}: nothing is called '{name}'; there are {', '.join(sorted(GENERATED))}")
        return GENERATED[name](*arguments)

    numbers: list[int] = []

    def number(match: re.Match[str]) -> str:
        numbers.append(int(match[2]))
        label = f'<span class="number">({match[2]})</span>'
        return f'<div class="equation" id="eq-{match[2]}" markdown>\n\n$$\n{match[1].strip()}\n$$\n\n{label}\n\n</div>'

    text = _TAGGED.sub(number, _MARKER.sub(fill, markdown))
    if numbers != list(range(1, len(numbers) + 1)):
        raise PluginError(f"{place}: the equations are numbered {numbers}")
    return text


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Turn equations into MathML, which browsers show without a script."""
    try:
        text = _BLOCK.sub(lambda match: mathml(_source(match[1]), display=True), html)
        return _INLINE.sub(lambda match: mathml(_source(match[1])), text)
    except ValueError as error:
        raise PluginError(f"{page.file.src_path}: {error}") from None


def _source(text: str) -> str:
    return html.unescape(text)
