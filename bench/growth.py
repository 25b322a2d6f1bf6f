"""Rows about lists, feeds and search: how much longer they take on a large site than on a small one."""

from bench import load, servers
from bench.plan import Plan
from bench.sites import Site
from bench.verdict import AT_MOST, Row, of_rounds

LISTS = ("home", "home, further down", "year", "month", "tag, often used", "tag, sometimes used", "tag, seldom used")
FEEDS = ("feed", "feed of a tag")
SEARCHES = ("search, common word", "search, rare word")
QUICK_NAMES = ("home", "tag, often used", "feed", *SEARCHES)
BUDGET, SEARCH_BUDGET = 1.5, 3.0


def rows(small: Site, large: Site, plan: Plan) -> list[Row]:
    with servers.ours(small, **servers.UNCACHED) as few, servers.ours(large, **servers.UNCACHED) as many:
        names = QUICK_NAMES if plan.is_quick else (*LISTS, *FEEDS, *SEARCHES)
        return [_row(name, few.url(small.targets[name]), many.url(large.targets[name]), plan) for name in names]


def _row(name: str, few: str, many: str, plan: Plan) -> Row:
    sides = load.pages({"small": few, "large": many}, plan.seconds)
    found = load.in_turns(name, {side: target.run for side, target in sides.items()}, rounds=plan.rounds)
    return of_rounds(
        f"{name}: {plan.large:,} posts / {plan.small:,}, time",
        load.times(found["large"], found["small"]),
        budget=SEARCH_BUDGET if name in SEARCHES else BUDGET,
        relation=AT_MOST,
        note=f"{load.typical(found['large'])}; small {load.typical(found['small'])}",
        faults=load.faults(**found),
    )
