"""Starting and stopping servers: ours as `manage.py serve` runs it, and the bare ones by the same command line."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from bench.bare.pages import FOLDER_VARIABLE, Answer
from bench.places import ROOT, Place

OURS = [sys.executable, "manage.py", "serve"]
PATIENCE = 120.0  # seconds for a start, with the static files to be packed
STOPS_WITHIN = 30.0  # seconds: it waits ten for each of its programs before it kills it
UNCACHED = {"PAGE_CACHE_BYTES": "0"}


class DidNotStart(Exception):
    """The message holds what the server wrote."""


@dataclass(frozen=True)
class Server:
    address: str
    pid: int
    log: Path
    ready_after: float  # seconds from its start to its first answer

    def url(self, path: str) -> str:
        return self.address + path

    def get(self, path: str, **headers: str) -> Answer:
        """A page as it is sent. Raises HTTPError unless it is 200."""
        request = urllib.request.Request(self.url(path), headers=headers)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
            return Answer(answer.headers.items(), answer.read())

    def complaints(self) -> list[str]:
        """What its log says of errors, in a few words."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        signs = {"database is locked": "“database is locked”", "Traceback (most recent": "tracebacks"}
        return [f"{text.count(sign)} × {name} in its log" for sign, name in signs.items() if sign in text]


@contextmanager
def ours(place: Place, *, settings: str = "config.settings", **variables: str) -> Iterator[Server]:
    """Our own site, whole: supervisor, web server and worker."""
    variables["DJANGO_SETTINGS_MODULE"] = settings
    with _running(OURS, place, "ours", variables) as server:
        yield server


@contextmanager
def bare(place: Place, application: str, pages: Path, *, settings: str = "bench.bare.settings") -> Iterator[Server]:
    """The `application` of a module of `bench.bare`, served with the options of our own server."""
    served = place.ask("web-server")
    command = [f"{application}:application" if word == "config.wsgi:application" else word for word in served]
    variables = {FOLDER_VARIABLE: str(pages), "DJANGO_SETTINGS_MODULE": settings}
    with _running(command, place, application.rpartition(".")[2], variables) as server:
        yield server


@contextmanager
def _running(command: Sequence[str], place: Place, name: str, variables: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    command = _with_port(command, port)
    log = place.folder / f"{name}-{port}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=place.environment(PORT=str(port), **variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process, log)
        yield Server(address, process.pid, log, time.monotonic() - started)
    finally:
        _end(process)


def _with_port(command: Sequence[str], port: int) -> list[str]:
    """The command with the port exchanged, where it names one: ours finds it in the environment."""
    found = list(command)
    if "--port" in found:
        found[found.index("--port") + 1] = str(port)
    return found


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it answers anything at all."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/", timeout=60).close()  # noqa: S310 - our own address
        except HTTPError as answer:
            answer.close()
        except OSError:
            time.sleep(0.02)
            continue
        return
    raise DidNotStart(log.read_text(encoding="utf-8", errors="replace"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOPS_WITHIN)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
