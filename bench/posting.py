"""Rows about accepting comments: as many as eight clients can send, with all rules enabled, while others read."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import randrange

from bench import load, servers
from bench.load import Result, Target
from bench.plan import Plan
from bench.servers import Server
from bench.sites import Site
from bench.verdict import AT_LEAST, AT_MOST, Row, of_rounds

READERS = 4  # each sends ten requests a second
NUMBERS = 100_000  # reserved for the comments of one run: each needs a network of its own


def rows(site: Site, plan: Plan, folder: Path) -> list[Row]:
    before = site.probe("comments")
    with (
        servers.ours(site) as ours,
        servers.bare(site, "bench.bare.django", folder, settings="bench.bare.startproject") as bare,
        servers.bare(site, "bench.bare.django", folder) as stripped,
    ):
        targets = _write(folder / "targets.txt", site.targets["to comment on"])
        form = _write(folder / "form.txt", ["/remark/"])
        sides = {
            "ours": _posting(ours, targets, site.targets["busy post"], plan),
            "bare": _posting(bare, form, "/fifty/", plan),
            "stripped": _posting(stripped, form, "/fifty/", plan),
        }
        for run in sides.values():
            run()  # warm up; these comments are stored as well
        found = load.in_turns("comments", sides, rounds=plan.rounds)
        complaints = ours.complaints()
    return [*_rates(found, complaints), *_completeness(site, found["ours"], before)]


def _write(file: Path, lines: list[str]) -> str:
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
    return str(file)


def _posting(server: Server, targets: str, page: str, plan: Plan) -> Callable[[], Result]:
    """Return a function that posts comments for one round while readers load a page."""
    # A random start: if the sites of an earlier run were kept, a comment with the same text would be refused.
    first_numbers = count(1 + NUMBERS * randrange(100), NUMBERS)

    def run() -> Result:
        arguments = (targets, str(next(first_numbers)))
        writers = Target(server.url("/"), plan.posting_seconds, "comments.lua", arguments)
        readers = Target(server.url(page), plan.posting_seconds, "readers.lua", clients=READERS)
        with ThreadPoolExecutor(2) as both:
            reading, writing = both.submit(readers.run), both.submit(writers.run)
        return writing.result().with_errors_of(reading.result())

    return run


def _rates(found: dict[str, list[Result]], complaints: list[str]) -> Iterator[Row]:
    """Compare with a form in a project made by `startproject`, and with one without middleware or CSRF check."""
    ours, bare, stripped = found["ours"], found["bare"], found["stripped"]
    yield of_rounds(
        f"comments taken, {load.CLIENTS} clients / bare form",
        load.rates(ours, bare),
        budget=0.25,
        relation=AT_LEAST,
        note=f"{load.typical(ours)}; bare {load.typical(bare)}; {READERS} readers meanwhile",
        faults=(*load.faults(ours=ours, bare=bare), *complaints),
    )
    yield of_rounds(
        "comments taken, 99th percentile / mean time",
        [result.slow_ms / result.mean_ms for result in ours if result.completed],
        budget=8,
        relation=AT_MOST,
        note=f"slowest round {max(result.slow_ms for result in ours):.0f} ms",
    )
    yield Row("comments refused", sum(result.errors.get("status", 0) for result in ours), 0, AT_MOST)
    yield of_rounds(
        "comments taken / a form without any middleware",
        load.rates(ours, stripped),
        note=f"that form {load.typical(stripped)}",
        faults=load.faults(stripped=stripped),
    )


def _completeness(site: Site, ours: list[Result], before: dict[str, int]) -> list[Row]:
    """Check that readers see every comment that was accepted, and that every discussion is consistent."""
    after, sent = site.probe("comments"), sum(result.completed for result in ours)
    added, seen = after["all"] - before["all"], after["seen"] - before["seen"]
    missing = max(0, sent - seen)
    note = f"{sent:,} counted, plus those of the warm-up; {added:,} stored, {seen:,} shown; every other one a reply"
    faults = tuple(site.probe("inconsistencies"))
    return [
        Row("comments lost: answered but not shown", missing + added - seen, 0, AT_MOST, note=note),
        Row("discussions that comments_check faults", len(faults), 0, AT_MOST, faults=faults),
    ]
