r"""LaTeX to MathML, for the few commands that these pages use: no script and no network is needed to read them.

A command that is not known raises, so a page never shows half an equation.

>>> mathml(r"\frac{a}{b}")
'<math><mrow><mfrac><mi>a</mi><mi>b</mi></mfrac></mrow></math>'
"""

from __future__ import annotations

import re
from html import escape

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "theta": "θ", "lambda": "λ", "mu": "μ", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Phi": "Φ", "Sigma": "Σ",
}  # fmt: skip
_SIGNS = {
    "le": "≤", "ge": "≥", "lt": "<", "gt": ">", "ne": "≠", "approx": "≈", "sim": "∼", "in": "∈", "cdot": "·",
    "times": "×", "to": "→", "mid": "|", "ldots": "…", "infty": "∞", "partial": "∂", "lceil": "⌈", "rceil": "⌉",
    "{": "{", "}": "}", "pm": "±",
}  # fmt: skip
_SPACES = {",": "0.17em", ";": "0.28em", " ": "0.25em", "quad": "1em"}
_LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
_NAMES = {"max", "min", "log", "exp", "inf", "sign"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:[.,][0-9]+)*|\s+|.", re.DOTALL)


def mathml(latex: str, *, display: bool = False) -> str:
    """Return an equation as MathML, with its source as alternative text where it stands on a line of its own.

    Raises
    ------
    ValueError
        For a command that is not known here, and for brackets that do not match.
    """
    tokens = [token for token in _TOKEN.findall(latex.strip()) if not token.isspace()]
    body, _ = _row(tokens, end=None)
    attributes = f' display="block" alttext="{escape(latex.strip())}"' if display else ""
    return f"<math{attributes}><mrow>{body}</mrow></math>"


def _row(tokens: list[str], end: str | None) -> tuple[str, list[str]]:
    """Return everything up to `end`, and what follows it."""
    parts: list[str] = []
    while tokens:
        if tokens[0] == end:
            return "".join(parts), tokens[1:]
        if tokens[0] == "}":
            raise ValueError("unexpected '}'")
        part, tokens = _scripted(tokens)
        parts.append(part)
    if end is not None:
        raise ValueError(f"'{end}' is missing")
    return "".join(parts), tokens


def _scripted(tokens: list[str]) -> tuple[str, list[str]]:
    """Return one atom with what stands below and above it."""
    large = tokens[0].removeprefix("\\") in _LARGE
    atom, tokens = _atom(tokens)
    scripts = {"_": "", "^": ""}
    while tokens and tokens[0] in scripts:
        mark = tokens[0]
        scripts[mark], tokens = _atom(tokens[1:])
    low, high = scripts["_"], scripts["^"]
    if not (low or high):
        return atom, tokens
    kind = ("munder", "mover", "munderover") if large else ("msub", "msup", "msubsup")
    tag = kind[2] if low and high else kind[0] if low else kind[1]
    return f"<{tag}>{atom}{low}{high}</{tag}>", tokens


def _atom(tokens: list[str]) -> tuple[str, list[str]]:
    """Return the first atom of the tokens."""
    if not tokens:
        raise ValueError("the equation ends too early")
    token, tokens = tokens[0], tokens[1:]
    if token == "{":
        inner, tokens = _row(tokens, "}")
        return f"<mrow>{inner}</mrow>", tokens
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    if token[0].isdigit():
        return f"<mn>{token}</mn>", tokens
    if token.isalpha():
        return f"<mi>{token}</mi>", tokens
    stretchy = ' stretchy="false"' if token in "()[]|" else ""
    return f"<mo{stretchy}>{escape(token.replace('-', '−'))}</mo>", tokens


def _command(name: str, tokens: list[str]) -> tuple[str, list[str]]:
    if name in _GREEK:
        return f"<mi>{_GREEK[name]}</mi>", tokens
    if name in _SIGNS:
        return f"<mo>{escape(_SIGNS[name])}</mo>", tokens
    if name in _SPACES:
        return f'<mspace width="{_SPACES[name]}"></mspace>', tokens
    if name in _LARGE:
        return f'<mo movablelimits="false">{_LARGE[name]}</mo>', tokens
    if name in _NAMES:
        return f'<mi>{name}</mi><mspace width="0.17em"></mspace>', tokens
    if name == "frac":
        top, tokens = _atom(tokens)
        bottom, tokens = _atom(tokens)
        return f"<mfrac>{_bare(top)}{_bare(bottom)}</mfrac>", tokens
    if name == "sqrt":
        inner, tokens = _atom(tokens)
        return f"<msqrt>{inner}</msqrt>", tokens
    if name in ("bar", "hat"):
        inner, tokens = _atom(tokens)
        return f"<mover>{inner}<mo>{'¯' if name == 'bar' else '^'}</mo></mover>", tokens
    if name in ("text", "mathrm"):
        return _text(tokens)
    raise ValueError(f"unknown command '\\{name}'")


def _bare(row: str) -> str:
    """Return a row without its bracket if one element is all it holds."""
    return row[6:-7] if re.fullmatch(r"<mrow><m[in]>[^<]*</m[in]></mrow>", row) else row


def _text(tokens: list[str]) -> tuple[str, list[str]]:
    """Return upright words; a tilde is a space."""
    if not tokens or tokens[0] != "{" or "}" not in tokens:
        raise ValueError("\\text needs {words}")
    end = tokens.index("}")
    words = "".join(tokens[1:end]).replace("~", "\u00a0").replace("\\_", "_")
    return f"<mtext>{escape(words)}</mtext>", tokens[end + 1 :]
