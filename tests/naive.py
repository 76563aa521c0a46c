"""Slow, obvious twins of the compiled core and of settlement: plain Python, one case at a time.

Nothing here imports what it is the twin of. Each is written from the documentation of its counterpart.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

MASK = 2**64 - 1
EVEN_ROTATIONS = (16, 42, 12, 31)
ODD_ROTATIONS = (16, 32, 24, 21)

CELLS_PER_OCTAVE = 128
TAIL_PROBABILITIES = [
    2.0 ** (octave - 53) * (1 + cell / CELLS_PER_OCTAVE) for octave in range(52) for cell in range(CELLS_PER_OCTAVE)
] + [0.5]


def threefry2x64(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Return Threefry-2x64-20: mix and rotate, a key injection every four rounds.

    Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, section 3.3.
    """
    keys = (key[0], key[1], 0x1BD11BDAA9FC1A22 ^ key[0] ^ key[1])
    x0, x1 = (counter[0] + keys[0]) & MASK, (counter[1] + keys[1]) & MASK
    for group in range(5):
        for rotation in ODD_ROTATIONS if group % 2 else EVEN_ROTATIONS:
            x0 = (x0 + x1) & MASK
            x1 = ((x1 << rotation | x1 >> (64 - rotation)) & MASK) ^ x0
        injection = group + 1
        x0 = (x0 + keys[injection % 3]) & MASK
        x1 = (x1 + keys[(injection + 1) % 3] + injection) & MASK
    return x0, x1


def uniform(word: int) -> float:
    """Return ((x >> 12) + 1/2) / 2^52, in (0, 1)."""
    return ((word >> 12) + 0.5) / 2**52


def look_up(table: Sequence[float], word: int) -> float:
    """Search the cell of a uniform in the grid of tail probabilities and interpolate linearly inside it."""
    u = uniform(word)
    nodes = len(TAIL_PROBABILITIES)
    values = table[:nodes] if u < 0.5 else table[nodes:]
    p = u if u < 0.5 else 1.0 - u
    cell = bisect_right(TAIL_PROBABILITIES, p) - 1
    left, right = TAIL_PROBABILITIES[cell], TAIL_PROBABILITIES[cell + 1]
    return values[cell] + (p - left) / (right - left) * (values[cell + 1] - values[cell])


def poisson_quantile(u: float, rate: float) -> int:
    """Return inf{k : F(k) >= u}, by adding up probabilities from 0 in 60 digits."""
    if rate <= 0:
        return 0
    with localcontext() as context:
        context.prec = 60
        context.Emin = -10_000_000
        goal, mean = Decimal(u), Decimal(rate)
        mass = (-mean).exp()
        total, k = mass, 0
        while total < goal:
            k += 1
            mass *= mean / k
            total += mass
        return k


def key_shares(key: Any, region: Any) -> list[float]:
    """Return the share of each member under a key of an agreement file."""
    members = region.members
    if key.kind == "mix":
        parts = [(part.weight, key_shares(part.key, region)) for part in key.parts]
        return [sum(weight * shares[i] for weight, shares in parts) for i in range(len(members))]
    sizes = {
        "youth": lambda m: m.youth,
        "inhabitants": lambda m: m.inhabitants,
        "budget": lambda m: m.youth_budget_eur,
        "need": lambda m: m.youth * m.need_index,
        "equal": lambda m: 1,
        "fixed": lambda m: key.shares.get(m.code, 0.0),
    }[key.kind]
    total = math.fsum(sizes(m) for m in members)
    return [sizes(m) / total for m in members]


def line_of(line: Any, budget: float) -> float:
    """Return the line of a member with this youth budget, EUR per child and year."""
    if isinstance(line, float):
        return line
    if line.kind == "budget":
        return line.share * budget
    if line.kind == "least":
        return min(line_of(each, budget) for each in line.lines)
    raise NotImplementedError(f"teach the naive twin the line '{line.kind}'")


def handed_in(take: Any, left: float, budget: float = math.nan, months: float = math.nan) -> float:
    """Return what is handed in of one case of which `left` EUR is left, by a member with this youth budget."""
    if take.kind == "share":
        return take.share * left
    if take.kind == "excess":
        total = 0.0
        times = months if take.per == "month" else 1.0
        for band in take.bands or [take]:
            above = max(left - times * line_of(band.retention, budget), 0.0)
            total += band.share * (above if band.limit is None else min(above, times * band.limit))
        return total * (take.share if take.bands else 1.0)
    raise NotImplementedError(f"teach the naive twin the take '{take.kind}'")


def naive_settle(
    agreement_spec: Any, cases: Sequence[tuple[int, str, float]], region: Any, months: Sequence[float] | None = None
) -> dict[str, Any]:
    """Settle one year of one agreement case by case.

    Parameters
    ----------
    agreement_spec
        Content of an agreement file (`AgreementSpec`).
    cases
        Per case: position of the member, care type, EUR in the year.
    region
        The members.
    months
        Months of stay of each case, if a line is per month.

    Returns
    -------
    dict
        'own' and 'contribution' per member, 'paid' and 'charged' per clause and member, all in EUR.
    """
    members = range(len(region.members))
    clauses = agreement_spec.clauses
    own = [0.0 for _ in members]
    paid = [[0.0 for _ in members] for _ in clauses]
    for (member, care_type, cost), lasted in zip(cases, months or [math.nan] * len(cases), strict=True):
        own[member] += cost
        left = cost
        for number, clause in enumerate(clauses):
            if clause.take.scope == "all" or care_type in clause.take.scope:
                amount = handed_in(clause.take, left, region.members[member].youth_budget_eur, lasted)
                left -= amount
                paid[number][member] += amount
    charged = []
    for number, clause in enumerate(clauses):
        if clause.pot.kind != "full" or clause.charge.kind != "key":
            raise NotImplementedError("teach the naive twin this pot or charge")
        shares = key_shares(clause.charge.key, region)
        charged.append([share * math.fsum(paid[number]) for share in shares])
    contribution = [
        own[i] + math.fsum(charged[n][i] for n in range(len(clauses))) - math.fsum(row[i] for row in paid)
        for i in members
    ]
    return {"own": own, "paid": paid, "charged": charged, "contribution": contribution}


# --- small worlds by hand, as the documents that files hold


def quantity(value: float, unit: str = "unit") -> dict[str, Any]:
    """Return a number with a pedigree, as in a cost model file."""
    return {"value": float(value), "unit": unit, "grade": "assumed", "source": "by hand, for a test"}


def severity_table(family: str, **parameters: Any) -> dict[str, Any]:
    """Return the severity of a care type; a parameter is a number or such a table."""
    return {"family": family} | {
        key: value if isinstance(value, dict) else quantity(value, "EUR") for key, value in parameters.items()
    }


def cost_document(
    care_types: dict[str, tuple[float, float, dict[str, Any]]],
    *,
    volume: Sequence[float] = (0, 0, 0),
    price: Sequence[float] = (0, 0, 0),
    need: float = 0.0,
    law: str = "lognormal",
) -> dict[str, Any]:
    """Return a cost model document.

    Parameters
    ----------
    care_types
        Per identifier: clients per 1,000 youths, negative binomial size, severity.
    volume, price
        Standard deviations of the national, regional and local shock; 0 switches one off.
    need
        Standard deviation of the need index where it is unknown.
    law
        Law of the volume shocks, 'lognormal' or 'gamma'.
    """
    levels = ("national", "regional", "local")
    both = {"nl": "met de hand", "en": "by hand"}
    return {
        "title": both,
        "price_level": 2024,
        "national_youth": quantity(1_000_000),
        "budget_per_youth": quantity(2_000),
        "need_spread": {"sd": quantity(need)},
        "volume": {n: {"law": law, "sd": quantity(sd)} for n, sd in zip(levels, volume, strict=True)},
        "price": {n: {"sd": quantity(sd)} for n, sd in zip(levels, price, strict=True)},
        "persons": {
            key: quantity(1.0) for key in ("per_person_without_stay", "per_person_with_stay", "per_person_overall")
        },
        "care_types": {
            id_: {
                "label": both,
                "iv3": [],
                "ijw": [],
                "stay": False,
                "clients_per_1000": quantity(per_1000),
                "overdispersion_size": quantity(size),
                "severity": severity,
            }
            for id_, (per_1000, size, severity) in care_types.items()
        },
    }


def agreement_document(*clauses: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """Return an agreement document of clauses (take, key), every pot paid in full."""
    both = {"nl": "met de hand", "en": "by hand"}
    return {
        "title": both,
        "summary": both,
        "source": "by hand, for a test",
        "clauses": [{"title": both, "take": take, "charge": {"kind": "key", "key": key}} for take, key in clauses],
    }


# --- light care in bulk


def sum_of(rows: Sequence[Sequence[float]], n: int, mean: float, sd: float, word: int) -> float:
    """Return n m + sqrt(n) s z_n, with z_n between its neighbours on a grid of 1 / sqrt(n), the normal law last."""
    if n == 0:
        return 0.0
    grid = [1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16, 21, 28, 41, 64, 114, 256, 1024]
    after = [1 / math.sqrt(number) for number in grid] + [0.0]
    row = bisect_right(grid, n) - 1
    weight = (after[row] - 1 / math.sqrt(n)) / (after[row] - after[row + 1])
    z = (1 - weight) * look_up(rows[row], word) + weight * look_up(rows[row + 1], word)
    return max(n * mean + math.sqrt(n) * sd * z, 0.0)


def guided_poisson(guide: Any, row: int, word: int) -> int:
    """Return the count of rate number `row`: from its guide up, until the word is within the limit."""
    place = int(guide.guides[int(guide.starts[row]) + (word >> int(guide.shifts[row]))])
    while word > int(guide.limits[place]):
        place += 1
    return place + int(guide.offsets[row])
