"""The sizes of the sites, and the number and length of the rounds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    small: int  # posts
    large: int
    comments: int  # under one post of the large site
    seconds: int  # per round
    posting_seconds: int
    rounds: int = 5
    starts: int = 5
    is_quick: bool = False


FULL = Plan(small=1_000, large=1_000_000, comments=100_000, seconds=2, posting_seconds=5)
QUICK = Plan(small=1_000, large=10_000, comments=5_000, seconds=1, posting_seconds=1, starts=3, is_quick=True)
