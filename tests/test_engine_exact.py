"""Simulated against exact, over budget years: stays, persistent shocks, dependence, doubt, moves, known open stays."""

import re
from importlib.resources import files

import numpy as np
import pytest

from solidair.pool import Study
from solidair.pool.blocks import measures_of
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import LIMIT, exact_moments

NL = (files("solidair.configs.costs") / "nl-2024.toml").read_text(encoding="utf-8")
SIMS = 3_000


def number(value):
    return f'{{ value = {value}, unit = "unit", grade = "assumed", source = "test" }}'


def table(name, **numbers):
    return f"[{name}]\n" + "".join(f"{key} = {number(value)}\n" for key, value in numbers.items()) + "\n"


def before(section, text):
    assert f"[{section}]" in NL
    return NL.replace(f"[{section}]", f"{text}[{section}]", 1)


def dependence(law, **more):
    return before("persons", table("dependence", between_members=0.3, between_care_types=0.4, **more)).replace(
        "[dependence]\n", f'[dependence]\nlaw = "{law}"\n'
    )


def index_and_growth():
    value = 'value = {}\nunit = "unit"\ngrade = "assumed"\nsource = "test"\n\n'
    return before("need_spread", "[index]\n" + value.format(0.03) + "[volume_growth]\n" + value.format(0.05))


def doubt():
    """Give numbers a standard error: 5 % on rates, 8 % on day tariffs, 10 % on lengths of stay."""
    lognormal = r'tariff\]\nfamily = "lognormal"\nmean = \{ value = ([0-9.]+),'
    exponential = r'family = "exponential"\nmean = \{ value = ([0-9.]+),'
    patterns = {r"clients_per_1000 = \{ value = ([0-9.]+),": 0.05, lognormal: 0.08, exponential: 0.1}
    text = NL
    for pattern, share in patterns.items():
        text = re.sub(pattern, lambda m, s=share: f"{m[0]} standard_error = {float(m[1]) * s:.6f},", text)
    return text


def type_shocks():
    own = table("care_types.verblijf.price.national", sd=0.1, persistence=0.5)
    own += table("care_types.verblijf.volume.regional", sd=0.2, persistence=0.9).replace("]\n", ']\nlaw = "gamma"\n', 1)
    return before("care_types.verblijf.episode.duration", own)


def moves():
    text = NL
    for care_type in ("pleegzorg", "verblijf"):
        text = text.replace(f"[care_types.{care_type}]\n", f"[care_types.{care_type}]\nmoves = {number(0.2)}\n")
    return text


def open_stays():
    """Return 120 stays, open on 1 October 2026, of two members: some with a birth date, some with a tariff."""
    rows = ["code;care_type;start;birth_date;tariff_eur;case"]
    for k in range(120):
        kind = ("pleegzorg", "verblijf", "gesloten", "jeugdbescherming")[k % 4]
        start = f"{1 + k % 28:02d}-{1 + k % 9:02d}-{2026 - k % 3}"
        birth = f"{1 + (7 * k) % 28:02d}-{1 + k % 12:02d}-{2010 + k % 5}" if k % 3 == 0 else ""
        rows.append(f"{('GM0518', 'GM0629')[k % 5 == 0]};{kind};{start};{birth};{f'{60 + k},50' if k % 2 else ''};{k}")
    return "\n".join(rows)


MODELS = {
    "as shipped": NL,
    "gaussian copula": dependence("gaussian"),
    "t copula": dependence("t", degrees_of_freedom=4.0),
    "index and growth": index_and_growth(),
    "doubt about parameters": doubt(),
    "shocks of a care type": type_shocks(),
    "moves": moves(),
}
NO_VARIANCE = ("t copula", "moves")


def study(folder, costs, known=False):
    (folder / "costs.toml").write_text(costs, encoding="utf-8")
    (folder / "open.csv").write_text(open_stays(), encoding="utf-8")
    lines = 'title = { nl = "t", en = "t" }\nregion = "haaglanden"\ncosts = "costs"\nagreements = ["case-excess"]\n'
    lines += '[open_cases]\nfile = "open.csv"\nreference = 2026-10-01\n' if known else ""
    (folder / "study.toml").write_text(lines + "[settings]\nyears = 3\n", encoding="utf-8")
    return Study.load(folder)


def scores(one):
    """Return z-scores of means and of variances, (measure, year, member)."""
    measures = measures_of(one)
    mean, variance = exact_moments(one, measures)
    claims = DrawPlan.make(one, measures).draw(11, 0, SIMS)
    deviation = claims - mean[:, np.newaxis]
    square = (deviation**2).mean(axis=1)
    error = np.sqrt(((deviation**4).mean(axis=1) - square**2) / SIMS)
    return deviation.mean(axis=1) / np.sqrt(square / SIMS), (square - variance) / error


@pytest.mark.parametrize(
    ("name", "known"),
    [*((name, False) for name in MODELS), ("as shipped", True), ("moves", True), ("index and growth", True)],
)
def test_simulated_moments_agree_with_exact_ones(tmp_path, name, known):
    one = study(tmp_path, MODELS[name], known)
    mean, variance = scores(one)
    assert np.abs(mean).max() < LIMIT
    # The same few shocks move all members, so the spread of the scores itself is wide: it says that errors are right.
    assert 0.5 < np.sqrt((mean**2).mean()) < 1.6
    if name in NO_VARIANCE:
        return
    judged = np.isfinite(variance)
    assert judged.any() and not judged[:, :, [0, 7]].any() if known else judged.all()
    assert np.abs(variance[judged]).max() < LIMIT


def test_the_check_sees_a_wrong_model(tmp_path):
    """Exact moments of a model with 10 % longer stays do not pass for those of the model that was drawn."""
    one = study(tmp_path, NL)
    longer = re.sub(
        r'(family = "exponential"\nmean = \{ value = )([0-9.]+)', lambda m: f"{m[1]}{float(m[2]) * 1.1:.4f}", NL
    )
    (tmp_path / "other").mkdir()
    other = study(tmp_path / "other", longer)
    measures = measures_of(one)
    claims = DrawPlan.make(one, measures).draw(11, 0, SIMS)
    mean, _ = exact_moments(other, measures)
    z = (claims.mean(axis=1) - mean) / np.sqrt(claims.var(axis=1) / SIMS)
    assert np.abs(z).max() > LIMIT
