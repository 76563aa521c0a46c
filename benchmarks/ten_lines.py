"""The reference as a user writes it: nine lines that print every figure.

Run it with ``python -m benchmarks.ten_lines``; `benchmarks.reference` times the same calls.
"""

from solidair.pool import Study, simulate
from solidair.pool.metrics.quantiles import tail_value_at_risk, value_at_risk

results = simulate(Study.load("benchmarks/reference_study"), sims=100_000, seed=1, threads=1)
net = results.sample("excess")
for sample in (net.stand_alone, net):
    print(sample.mean, sample.sd)
    for level in (0.95, 0.99, 0.995):
        print(value_at_risk(sample.ordered, level), tail_value_at_risk(sample.ordered, level))
