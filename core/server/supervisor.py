"""Runs several programs as one: if one of them ends, all of them end."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

POLL_SECONDS = 0.2

Programs = dict[str, subprocess.Popen[bytes]]


class ProgramDied(Exception):
    """A program ended on its own; the message names it."""


def run_together(commands: Mapping[str, Sequence[str]], *, patience: float) -> None:
    """Start the `commands` (name to arguments) and return once SIGINT, SIGTERM or SIGHUP has ended them all.

    Each program has `patience` seconds to end before it is killed. If one ends on its own, the others are ended, too;
    then raises ProgramDied.
    """
    with _stop_signals() as stop:
        # Each in a process group of its own: Ctrl+C then reaches only us, and we can end a program with its children.
        programs = {name: subprocess.Popen(command, process_group=0) for name, command in commands.items()}  # noqa: S603
        try:
            while not stop.wait(POLL_SECONDS):
                _raise_if_ended(programs)
        finally:
            _end(programs, patience)


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Set the event when a signal asks this process to stop."""
    stop = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {name: signal.signal(name, lambda *_: stop.set()) for name in names}
    try:
        yield stop
    finally:
        for name, handler in previous.items():
            signal.signal(name, handler)


def _raise_if_ended(programs: Programs) -> None:
    for name, program in programs.items():
        if program.poll() is not None:
            raise ProgramDied(f"The {name} ended unexpectedly ({_describe(program.returncode)}); see the lines above.")


def _describe(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _end(programs: Programs, patience: float) -> None:
    for program in programs.values():
        program.terminate()
    for program in programs.values():
        with suppress(subprocess.TimeoutExpired):
            program.wait(patience)
        with suppress(ProcessLookupError, PermissionError):  # macOS reports "not permitted" for a group that has ended
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
