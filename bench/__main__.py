"""`make bench`: fill sites, serve them, measure and report. Exits with 1 if a budget is missed, with 2 on errors."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import first_visit, growth, load, posting, processes, reading, servers, tools, verdict
from bench.plan import FULL, QUICK, Plan
from bench.progress import say
from bench.sites import ROOT, Site, two_sites
from bench.verdict import Row

LATEST = ROOT / "bench" / "latest.json"


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    plan = plan_of(options)
    try:
        tools.need_programs()
        with two_sites(os.environ.get("DATABASE_URL", ""), options.keep) as (small, large):
            rows = measure(small, large, plan)
    except (tools.Missing, servers.DidNotStart, load.Failed, subprocess.CalledProcessError) as problem:
        say(f"Nothing was measured: {problem}")
        return 2
    verdict.write(rows, LATEST)
    sys.stdout.write(f"\n{heading(plan)}\n\n{verdict.table(rows)}\n\n{summary(rows)}\n")
    return verdict.exit_code(rows)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure every budget of the site.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and shorter rounds, under three minutes")
    parser.add_argument("--posts", type=int, help="posts of the large site (1,000,000; quick: 10,000)")
    parser.add_argument("--comments", type=int, help="comments under one post of it (100,000; quick: 5,000)")
    parser.add_argument(
        "--keep", default="", metavar="FOLDER", help="keep the filled sites in this folder for the next run"
    )
    return parser.parse_args(arguments)


def plan_of(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else FULL
    posts, comments = options.posts or plan.large, options.comments or plan.comments
    return replace(plan, large=max(posts, plan.small), comments=max(comments // 10 * 10, 1_000))


def measure(small: Site, large: Site, plan: Plan) -> list[Row]:
    """Return all rows in the order of the table. Post comments last, because that changes the large site."""
    small.fill(plan.small, 1_000)
    large.fill(plan.large, plan.comments)
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as name:
        folder = Path(name)
        say("Starting …")
        rows = [processes.cold_start(large, plan.starts)]
        with servers.ours(large) as server:
            say("Measuring one page …")
            rows += processes.memory(server) + first_visit.weights(server, large.targets[reading.POST])
        rows += [*first_visit.queries(small, large), first_visit.comment_queries(large)]
        say("Rendering hostile texts …")
        rows += first_visit.hostile_texts(large)
        say("Reading posts …")
        large.run("-m", "bench.bare.prepare")
        rows = reading.rows(large, plan, folder) + rows
        say("Reading lists …")
        rows = growth.rows(small, large, plan) + rows
        say("Posting comments …")
        return posting.rows(large, plan, folder) + rows


def heading(plan: Plan) -> str:
    sizes = f"{plan.large:,} posts against {plan.small:,}, {plan.comments:,} comments under one"
    how = f"median of {plan.rounds} rounds of {plan.seconds} s, {load.CLIENTS} clients"
    quick = "QUICK, with short rounds and few lists. " if plan.is_quick else ""
    is_small = plan.large < FULL.large or plan.comments < FULL.comments
    smaller = "Smaller sizes than the budgets are meant for. " if is_small else ""
    return f"{quick}{smaller}{sizes}; {how}."


def summary(rows: Sequence[Row]) -> str:
    missed = [row.name for row in rows if not row.ok]
    if not missed:
        return "Every budget was met."
    return f"{len(missed)} of {len(rows)} missed: {'; '.join(missed)}."


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped and folders removed
    sys.exit(main())
