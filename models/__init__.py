"""The nouns and the mathematics of cost: regions, distributions, cost models, exact results.

Knows no agreement and no screen.
"""
