"""The benchmarks of `make bench`: every budget in docs/architecture.md, measured as a ratio within one run if possible.

Absolute numbers say more about a machine than about the code.
"""
