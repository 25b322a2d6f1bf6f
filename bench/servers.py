"""Starting and stopping servers: ours with `manage.py serve`, and bare ones with the same command line."""

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

from bench.bare.responses import FOLDER_VARIABLE, Response
from bench.sites import ROOT, Site

OURS = [sys.executable, "manage.py", "serve"]
START_TIMEOUT = 120.0  # seconds; includes compressing the static files
STOP_TIMEOUT = 30.0  # seconds; the supervisor waits ten for each of its programs before it kills it
UNCACHED = {"PAGE_CACHE_BYTES": "0"}


class DidNotStart(Exception):
    """A server did not start. The message contains its output."""


@dataclass(frozen=True)
class Server:
    origin: str
    pid: int
    log: Path
    ready_after: float  # seconds from the start to the first response

    def url(self, path: str) -> str:
        return self.origin + path

    def get(self, path: str, **headers: str) -> Response:
        """Fetch a page as it is sent. Raises HTTPError for an error status."""
        request = urllib.request.Request(self.url(path), headers=headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=300) as response:  # noqa: S310
            return Response(response.headers.items(), response.read())

    def complaints(self) -> list[str]:
        """Summarize the errors in the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        signs = {"database is locked": "“database is locked”", "Traceback (most recent": "tracebacks"}
        return [f"{text.count(sign)} × {name} in its log" for sign, name in signs.items() if sign in text]


@contextmanager
def ours(site: Site, *, settings: str = "config.settings", **variables: str) -> Iterator[Server]:
    """Run our site with supervisor, web server and background worker."""
    variables["DJANGO_SETTINGS_MODULE"] = settings
    with _running(OURS, site, "ours", variables) as server:
        yield server


@contextmanager
def bare(site: Site, application: str, responses: Path, *, settings: str = "bench.bare.settings") -> Iterator[Server]:
    """Run the `application` of a module of `bench.bare` with the server options of our site."""
    served = site.probe("web-server")
    command = [f"{application}:application" if word == "config.wsgi:application" else word for word in served]
    variables = {FOLDER_VARIABLE: str(responses), "DJANGO_SETTINGS_MODULE": settings}
    with _running(command, site, application.rpartition(".")[2], variables) as server:
        yield server


@contextmanager
def _running(command: Sequence[str], site: Site, name: str, variables: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    command = _with_port(command, port)
    log = site.folder / f"{name}-{port}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=site.environment(PORT=str(port), **variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        origin = f"http://127.0.0.1:{port}"
        _wait_for(origin, process, log)
        yield Server(origin, process.pid, log, time.monotonic() - started)
    finally:
        _end(process)


def _with_port(command: Sequence[str], port: int) -> list[str]:
    """Replace the port in a command that contains one. Ours reads it from the environment."""
    found = list(command)
    if "--port" in found:
        found[found.index("--port") + 1] = str(port)
    return found


def _wait_for(origin: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server responds with any status. Raises DidNotStart."""
    deadline = time.monotonic() + START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{origin}/", timeout=60).close()  # noqa: S310 - our own server
        except HTTPError as response:
            response.close()
        except OSError:
            time.sleep(0.02)
            continue
        return
    raise DidNotStart(log.read_text(encoding="utf-8", errors="replace"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
