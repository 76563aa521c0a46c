"""Stress: the same luck in a world that turns out otherwise than planned.

A scenario changes numbers of the cost model, prices and clients of some years, budgets, or who is a member. Budgets,
keys, lines and premiums stay as they were planned (`Study.agreed`), so what is left is what a council did not foresee.
"""

from solidair.pool.stress.apply import stressed
from solidair.pool.stress.scenario import Scenario, free_scenario, load_scenarios

__all__ = ["Scenario", "free_scenario", "load_scenarios", "stressed"]
