"""Slow, obvious twins of the reserve: one path at a time, and all futures of a lattice in exact fractions."""

from collections import defaultdict
from fractions import Fraction

import numpy as np


def naive_path(borne, budgets, opening, put_in, interest, floor, cap):
    """Return of one path and member a dict per year, as the rules say it; `cap` None if there is none."""
    balance = free = opening
    depleted, years = False, []
    for spent, budget, contribution, least, most in zip(borne, budgets, put_in, floor, cap, strict=True):
        start = balance
        earned = interest * (start + contribution)
        before = start + contribution + earned + budget - spent
        call = least - before if before < least else 0.0
        refund = before - most if before > most else 0.0
        balance = before + call - refund
        free = (free + contribution) * (1 + interest) + budget - spent
        free = min(free, most)
        depleted = depleted or free < 0
        years.append(
            {
                "start": start,
                "interest": earned,
                "result": budget - spent,
                "before": before,
                "call": call,
                "refund": refund,
                "end": balance,
                "depleted": depleted,
            }
        )
    return years


def naive_required(paths, safety, most=1e12):
    """Return by bisection the least opening, 0 or more, with which a share `safety` of paths is never depleted.

    `paths` maps an opening to whether each path is depleted, (sim,). Infinite if `most` is not enough.
    """

    def enough(opening):
        depleted = paths(opening)
        # A share of the paths, counted: no level is a round number in binary.
        return Fraction(int(depleted.sum()), len(depleted)) <= 1 - Fraction(str(safety))

    if enough(0.0):
        return 0.0
    if not enough(most):
        return np.inf
    low, high = 0.0, most
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def naive_depletion(pmf, opening, contribution, years, cap=None):
    """Return chances per year, mean deficit and mean balance; `pmf` maps losses to fractions."""
    alive, gone = {opening: Fraction(1)}, Fraction(0)
    chances, deficit = [], Fraction(0)
    for _ in range(years):
        after = defaultdict(Fraction)
        for balance, chance in alive.items():
            for loss, share in pmf.items():
                left = balance + contribution - loss
                if left < 0:
                    gone += chance * share
                    deficit -= chance * share * left
                else:
                    after[left if cap is None else min(left, cap)] += chance * share
        alive = after
        chances.append(gone)
    return chances, deficit, sum(balance * chance for balance, chance in alive.items())
