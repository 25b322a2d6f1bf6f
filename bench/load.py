"""Load generated and measured by wrk, with the same options for all sides of a comparison."""

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
CLIENTS = 8  # open connections; each sends its next request as soon as it has a response
# Seconds for one response. A slower page is requested by one client only, or a round would end before its responses.
SLOW = 0.1
LONGEST = 10  # seconds of one round at most; a page that needs longer has missed any budget
WARM_UP = 10  # responses
ROUNDS = 5


class Failed(Exception):
    """wrk failed. The message contains its output."""


@dataclass(frozen=True)
class Result:
    """The result of one run."""

    completed: int
    seconds: float
    mean_ms: float  # per response
    slow_ms: float  # 99th percentile
    errors: Mapping[str, int]  # number by kind, without zeros

    @property
    def per_second(self) -> float:
        return self.completed / self.seconds if self.seconds else 0.0

    def with_errors_of(self, other: "Result") -> "Result":
        """This result plus the errors of another run that was served at the same time."""
        kinds = {*self.errors, *other.errors}
        errors = {kind: self.errors.get(kind, 0) + other.errors.get(kind, 0) for kind in sorted(kinds)}
        return replace(self, errors=errors if other.completed else errors | {"readers without a response": 1})

    @property
    def faults(self) -> list[str]:
        kinds = {"status": "error responses", "timeout": "timeouts"}
        found = [f"{count} {kinds.get(kind, f'errors ({kind})')}" for kind, count in self.errors.items()]
        return found if self.completed else [*found, "no response"]


@dataclass(frozen=True)
class Target:
    """What is requested of one side. `seconds` is the minimum length of a round."""

    url: str
    seconds: int
    script: str = "report.lua"
    arguments: tuple[str, ...] = ()
    clients: int = CLIENTS

    def run(self) -> Result:
        """Run one round. Repeat it with a longer time if no response arrived, because that would say nothing."""
        seconds = self.seconds
        while True:
            found = parse(_output(self.command(seconds)))
            if found.completed or found.errors or seconds >= LONGEST:
                return found
            seconds = min(LONGEST, 2 * seconds)

    def command(self, seconds: int) -> list[str]:
        command = ["wrk", "--threads", "1", "--connections", str(self.clients), "--duration", f"{seconds}s"]
        command += ["--timeout", "60s", "--script", str(LUA / self.script), self.url]
        return [*command, "--", *self.arguments] if self.arguments else command


def pages(urls: Mapping[str, str], seconds: int) -> dict[str, Target]:
    """Warm up the pages to compare. Return targets with equal options, suited to the slowest page."""
    slowest = max(_warm(url) for url in urls.values())
    seconds = min(LONGEST, max(seconds, math.ceil(2.5 * slowest)))
    clients = CLIENTS if slowest < SLOW else 1
    return {name: Target(url, seconds, clients=clients) for name, url in urls.items()}


def _warm(url: str) -> float:
    """Request a page until it is warm. Return the median time of a response in seconds."""
    times: list[float] = []
    while len(times) < WARM_UP and sum(times) < LONGEST:
        started = time.monotonic()
        with urllib.request.urlopen(url, timeout=300) as response:  # noqa: S310 - our own server
            response.read()
        times.append(time.monotonic() - started)
    return median(times)


def parse(output: str) -> Result:
    """Parse what `report.lua` wrote at the end of a run. Raises Failed if it is missing."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        report = json.loads(lines[-1])
        errors = {kind: report[kind] for kind in ("connect", "read", "write", "timeout", "status") if report[kind]}
        return Result(report["completed"], report["seconds"], report["mean_ms"], report["slow_ms"], errors)
    except (IndexError, KeyError, ValueError) as problem:
        raise Failed(f"wrk printed: {output.strip() or 'nothing'}") from problem


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"wrk exited with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def in_turns(what: str, sides: Mapping[str, Callable[[], Result]], *, rounds: int = ROUNDS) -> dict[str, list[Result]]:
    """Run all sides one after the other in every round, so that other load on the machine affects them equally."""
    found: dict[str, list[Result]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, run in sides.items():
            found[name].append(run())
        rates = ", ".join(f"{name} {results[-1].per_second:,.0f}/s" for name, results in found.items())
        say(f"  {what}, round {number + 1} of {rounds}: {rates}")
    return found


def rates(ours: Sequence[Result], theirs: Sequence[Result]) -> list[float]:
    """The ratio of our rate to theirs in each round, without rounds in which they completed nothing."""
    return [one.per_second / other.per_second for one, other in zip(ours, theirs, strict=True) if other.completed]


def times(ours: Sequence[Result], theirs: Sequence[Result]) -> list[float]:
    """The ratio of our response time to theirs in each round, without rounds in which a side completed nothing."""
    pairs = zip(ours, theirs, strict=True)
    return [one.mean_ms / other.mean_ms for one, other in pairs if one.completed and other.completed]


def typical(results: Sequence[Result]) -> str:
    """Summarize the rounds of one side for people."""
    rate, time_taken = median(one.per_second for one in results), median(one.mean_ms for one in results)
    return f"{rate:,.0f}/s, {time_taken:.1f} ms"


def faults(**sides: Sequence[Result]) -> tuple[str, ...]:
    """The distinct faults of all sides. A rate that includes errors is worthless."""
    return tuple(
        dict.fromkeys(f"{name}: {fault}" for name, results in sides.items() for one in results for fault in one.faults)
    )
