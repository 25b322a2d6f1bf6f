"""Runs several programs as one: all of them, or none."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

POLL_SECONDS = 0.2

Programs = dict[str, subprocess.Popen[bytes]]


class ProgramDied(Exception):
    """A program ended that was meant to run on; the message names it."""


def run_together(commands: Mapping[str, Sequence[str]], *, patience: float) -> None:
    """Start the `commands` (name to arguments) and return once SIGINT, SIGTERM or SIGHUP has ended them all.

    `patience`: how many seconds each may take to end by itself before it is killed.
    Raises ProgramDied, after ending the others, when one ends by itself.
    """
    with _told_to_stop() as stop:
        # A group for each: Ctrl+C reaches us alone, and what a program has started goes with it.
        programs = {name: subprocess.Popen(command, process_group=0) for name, command in commands.items()}  # noqa: S603
        try:
            while not stop.wait(POLL_SECONDS):
                _check(programs)
        finally:
            _end(programs, patience)


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    stop = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in names}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _check(programs: Programs) -> None:
    for name, program in programs.items():
        if program.poll() is not None:
            raise ProgramDied(f"The {name} ended unexpectedly ({_ending(program.returncode)}); see the lines above.")


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _end(programs: Programs, patience: float) -> None:
    for program in programs.values():
        program.terminate()
    for program in programs.values():
        with suppress(subprocess.TimeoutExpired):
            program.wait(patience)
        with suppress(ProcessLookupError, PermissionError):  # macOS says "not permitted" of a group that is gone
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
