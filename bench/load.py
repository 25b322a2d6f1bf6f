"""Load, made and measured by wrk: the same options for everybody who is compared."""

import json
import math
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.progress import say

LUA = Path(__file__).parent / "lua"
CLIENTS = 8  # connections that are open at once, each asking anew as soon as it has its answer
SLOW = (
    0.1  # seconds of one answer; who takes longer is asked by one client alone, or a round would end before its answers
)
LONGEST = 10  # seconds of one round, however slow a page is; slower ones have missed any budget
WARM_UP = 10  # answers
ROUNDS = 5


class Failed(Exception):
    """The tool did not do its work; the message holds what it said."""


@dataclass(frozen=True)
class Result:
    """What came of one run."""

    completed: int
    seconds: float
    mean_ms: float  # of one answer
    slow_ms: float  # one answer of a hundred took longer
    errors: Mapping[str, int]  # kind to number, without those that did not happen

    @property
    def per_second(self) -> float:
        return self.completed / self.seconds if self.seconds else 0.0

    def with_errors_of(self, other: "Result") -> "Result":
        """The same with what went wrong for somebody else, who was served at the same time."""
        kinds = {*self.errors, *other.errors}
        errors = {kind: self.errors.get(kind, 0) + other.errors.get(kind, 0) for kind in sorted(kinds)}
        return replace(self, errors=errors if other.completed else errors | {"readers without an answer": 1})

    @property
    def faults(self) -> list[str]:
        kinds = {"status": "answers with an error", "timeout": "answers too late"}
        found = [f"{count} {kinds.get(kind, f'errors ({kind})')}" for kind, count in self.errors.items()]
        return found if self.completed else [*found, "no answer came"]


@dataclass(frozen=True)
class Target:
    """What one side is asked for. `seconds` is how long a round takes at least."""

    url: str
    seconds: int
    script: str = "report.lua"
    arguments: tuple[str, ...] = ()
    clients: int = CLIENTS

    def run(self) -> Result:
        """One round; a longer one where not even one answer came in time, since that would tell nothing."""
        seconds = self.seconds
        while True:
            found = parsed(_output(self.command(seconds)))
            if found.completed or found.errors or seconds >= LONGEST:
                return found
            seconds = min(LONGEST, 2 * seconds)

    def command(self, seconds: int) -> list[str]:
        command = ["wrk", "--threads", "1", "--connections", str(self.clients), "--duration", f"{seconds}s"]
        command += ["--timeout", "60s", "--script", str(LUA / self.script), self.url]
        return [*command, "--", *self.arguments] if self.arguments else command


def pages(urls: Mapping[str, str], seconds: int) -> dict[str, Target]:
    """Pages to be compared, warm, with the same options for all: as the slowest needs them."""
    slowest = max(_warm(url) for url in urls.values())
    seconds = min(LONGEST, max(seconds, math.ceil(2.5 * slowest)))
    clients = CLIENTS if slowest < SLOW else 1
    return {name: Target(url, seconds, clients=clients) for name, url in urls.items()}


def _warm(url: str) -> float:
    """Ask for a page until it is warm; how many seconds an answer took."""
    times: list[float] = []
    while len(times) < WARM_UP and sum(times) < LONGEST:
        started = time.monotonic()
        with urllib.request.urlopen(url, timeout=300) as answer:  # noqa: S310 - our own address
            answer.read()
        times.append(time.monotonic() - started)
    return median(times)


def parsed(output: str) -> Result:
    """What `report.lua` wrote at the end of a run. Raises Failed where it is not there."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        told = json.loads(lines[-1])
        errors = {kind: told[kind] for kind in ("connect", "read", "write", "timeout", "status") if told[kind]}
        return Result(told["completed"], told["seconds"], told["mean_ms"], told["slow_ms"], errors)
    except (IndexError, KeyError, ValueError) as problem:
        raise Failed(f"wrk said: {output.strip() or 'nothing'}") from problem


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"wrk ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def in_turns(what: str, sides: Mapping[str, Callable[[], Result]], *, rounds: int = ROUNDS) -> dict[str, list[Result]]:
    """Let every side run in every round, one after the other, so that what else the machine does meets them alike."""
    found: dict[str, list[Result]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, run in sides.items():
            found[name].append(run())
        rates = ", ".join(f"{name} {results[-1].per_second:,.0f}/s" for name, results in found.items())
        say(f"  {what}, round {number + 1} of {rounds}: {rates}")
    return found


def rates(ours: Sequence[Result], theirs: Sequence[Result]) -> list[float]:
    """Our rate by theirs, one for each round; without rounds in which they got nothing."""
    return [one.per_second / other.per_second for one, other in zip(ours, theirs, strict=True) if other.completed]


def times(ours: Sequence[Result], theirs: Sequence[Result]) -> list[float]:
    """The time of our answers by that of theirs, one for each round; without rounds in which anybody got nothing."""
    pairs = zip(ours, theirs, strict=True)
    return [one.mean_ms / other.mean_ms for one, other in pairs if one.completed and other.completed]


def typical(results: Sequence[Result]) -> str:
    """What people are told of the rounds of one side."""
    rate, time_taken = median(one.per_second for one in results), median(one.mean_ms for one in results)
    return f"{rate:,.0f}/s, {time_taken:.1f} ms"


def faults(**sides: Sequence[Result]) -> tuple[str, ...]:
    """What went wrong on any side: a rate of errors is no rate."""
    return tuple(
        dict.fromkeys(f"{name}: {fault}" for name, results in sides.items() for one in results for fault in one.faults)
    )
