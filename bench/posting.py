"""Rows about taking comments: as many as eight clients can send, with all rules on, while others read."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import randrange

from bench import load, servers
from bench.load import Result, Target
from bench.places import Place
from bench.plan import Plan
from bench.servers import Server
from bench.verdict import AT_LEAST, AT_MOST, Row, of_rounds

READERS = 4  # each looks ten times a second
NUMBERS = 100_000  # of comments that one run may send: each needs a network of its own


def rows(place: Place, plan: Plan, folder: Path) -> list[Row]:
    before = place.ask("comments")
    with (
        servers.ours(place) as ours,
        servers.bare(place, "bench.bare.django", folder, settings="bench.bare.started") as bare,
        servers.bare(place, "bench.bare.django", folder) as stripped,
    ):
        openings = _kept(folder / "openings.txt", place.targets["to comment on"])
        form = _kept(folder / "form.txt", ["/remark/"])
        sides = {
            "ours": _posting(ours, openings, place.targets["busy post"], plan),
            "bare": _posting(bare, form, "/fifty/", plan),
            "stripped": _posting(stripped, form, "/fifty/", plan),
        }
        for run in sides.values():
            run()  # to get warm; these comments count as well
        found = load.in_turns("comments", sides, rounds=plan.rounds)
        complaints = ours.complaints()
    return [*_rates(found, complaints), *_whole(place, found["ours"], before)]


def _kept(file: Path, lines: list[str]) -> str:
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
    return str(file)


def _posting(server: Server, openings: str, page: str, plan: Plan) -> Callable[[], Result]:
    """One run of posting, with readers on the side."""
    # Where the sites of an earlier run are kept, what was said there must not be said again: it would not be taken.
    begins = count(1 + NUMBERS * randrange(100), NUMBERS)

    def run() -> Result:
        numbered = (openings, str(next(begins)))
        writers = Target(server.url("/"), plan.posting_seconds, "comments.lua", numbered)
        readers = Target(server.url(page), plan.posting_seconds, "readers.lua", clients=READERS)
        with ThreadPoolExecutor(2) as both:
            reading, writing = both.submit(readers.run), both.submit(writers.run)
        return writing.result().with_errors_of(reading.result())

    return run


def _rates(found: dict[str, list[Result]], complaints: list[str]) -> Iterator[Row]:
    """By a form of a project as `startproject` makes it; and by one that nobody should serve, which checks no token."""
    ours, bare, stripped = found["ours"], found["bare"], found["stripped"]
    yield of_rounds(
        f"comments taken, {load.CLIENTS} clients / bare form",
        load.rates(ours, bare),
        budget=0.3,
        relation=AT_LEAST,
        note=f"{load.typical(ours)}; bare {load.typical(bare)}; {READERS} readers meanwhile",
        faults=(*load.faults(ours=ours, bare=bare), *complaints),
    )
    yield of_rounds(
        "the same / a form without any middleware",
        load.rates(ours, stripped),
        note=f"that form {load.typical(stripped)}",
        faults=load.faults(stripped=stripped),
    )


def _whole(place: Place, ours: list[Result], before: dict[str, int]) -> list[Row]:
    """Every comment that was answered is there and can be read, and every discussion holds."""
    after, sent = place.ask("comments"), sum(result.completed for result in ours)
    added, seen = after["all"] - before["all"], after["seen"] - before["seen"]
    missing = max(0, sent - seen)
    note = f"{sent:,} counted and more to get warm; {added:,} stored, {seen:,} shown; every other one a reply"
    faults = tuple(place.ask("whole"))
    return [
        Row("comments answered but not shown", missing + added - seen, 0, AT_MOST, note=note),
        Row("discussions that comments_check faults", len(faults), 0, AT_MOST, faults=faults),
    ]
