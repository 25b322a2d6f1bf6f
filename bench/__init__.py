"""The benchmarks behind `make bench`: every budget of docs/architecture.md, measured as ratios within one run.

Absolute numbers say more about a machine than about the code, so no verdict rests on one where a ratio can be had.
"""
