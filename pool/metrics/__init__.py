"""Metrics: what an agreement does to budgets and to fairness, each number with its Monte Carlo error.

Every metric is registered in `METRICS` by the module that defines it; `solidair.pool.metrics.tables` lays
them out.
"""

from __future__ import annotations

from solidair.pool.metrics import chance, fairness, stability
from solidair.pool.metrics.base import METRICS, Estimate, Metric, Sample, metric

__all__ = ["METRICS", "Estimate", "Metric", "Sample", "chance", "fairness", "metric", "stability"]
