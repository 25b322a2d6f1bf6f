"""`manage.py serve`: one command from an empty folder to a running site, and back."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import (
    PASSWORD,
    Site,
    comment_on_its_way,
    empty_database,
    free_port,
    start,
    wait_until,
    wait_until_ready,
)
from tests.scale.conftest import MAKE_POST
from tests.scale.servers import listens

StartSite = Callable[..., Site]


@pytest.fixture
def start_site(site: Site, tmp_path: Path) -> Iterator[StartSite]:
    """Start a site on this test's folder with environment variables as keywords. Stop it after the test."""
    sites: list[Site] = []
    (tmp_path / "data").mkdir()
    shutil.copytree(site.data / "static", tmp_path / "data" / "static")  # packing them takes seconds
    shutil.copy(site.data / "static.sources", tmp_path / "data")

    with empty_database() as database:

        def begin(*, port: int | None = None, **variables: str) -> Site:
            variables = {"SAMPLE": "0"} | database | variables
            sites.append(start(tmp_path / "data", port=port or free_port(), **variables))
            return sites[-1]

        yield begin
        for begun in sites:
            end(begun)


def end(site: Site) -> None:
    """Leave no process behind, whatever the outcome of the test."""
    if site.process.poll() is None:
        for pid in [*children(site), site.process.pid]:
            os.kill(pid, signal.SIGKILL)
        site.process.wait()


def children(site: Site) -> list[int]:
    """All processes that the site has started, directly or indirectly."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in table.splitlines())}
    found, generation = [], [site.process.pid]
    while generation:
        generation = [pid for pid, parent in parents.items() if parent in generation]
        found += generation
    return found


def is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def command_of(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout


def test_it_says_where_it_runs_and_how_to_sign_in(site: Site) -> None:
    assert f"{site.address}/\n" in site.output
    assert f"{site.address}/admin/" in site.output
    assert "DJANGO_SUPERUSER_PASSWORD" in site.output
    assert PASSWORD not in site.output


def test_it_answers(site: Site) -> None:
    assert site.get("/healthz")[0] == 200
    assert site.get("/readyz")[0] == 200
    assert site.get("/static/admin/css/base.css")[0] == 200


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_it_cleanly(start_site: StartSite, with_signal: signal.Signals) -> None:
    site = start_site()
    wait_until_ready(site)
    started = children(site)
    assert len(started) >= 2
    assert site.stop(with_signal) == 0, site.output
    assert not [pid for pid in started if is_running(pid)]
    assert "Traceback" not in site.output


def test_a_comment_on_its_way_is_taken_by_a_site_that_is_told_to_stop(start_site: StartSite) -> None:
    site = start_site()
    wait_until_ready(site)
    post, _path = site.manage("shell", "-v", "0", "-c", MAKE_POST.format(slug="in-hand")).split()
    with comment_on_its_way(int(post), site.port) as finish:
        site.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(site.port), "no new connection is taken")
        assert finish().startswith(b"HTTP/1.1 303 "), site.output
    assert site.process.wait(30) == 0
    assert site.manage("shell", "-v", "0", "-c", NAMES).strip() == "Slow Writer"


NAMES = "from comments.models import Comment; print(*Comment.objects.values_list('name', flat=True))"


def test_the_second_start_keeps_the_data_and_shows_no_password(start_site: StartSite) -> None:
    first = start_site()
    wait_until_ready(first)
    assert re.search(r"Sign in as +host, password \S{12,}", first.output)
    key = (first.data / "secret_key").read_text()
    first.stop()
    second = start_site()
    wait_until_ready(second)
    assert "Sign in" not in second.output
    assert (second.data / "secret_key").read_text() == key
    assert second.manage("shell", "-v", "0", "-c", COUNT_USERS).strip() == "1"


COUNT_USERS = "from django.contrib.auth.models import User; print(User.objects.count())"


def test_a_taken_port_is_said_in_one_sentence(start_site: StartSite) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        site = start_site(port=other.getsockname()[1])
        assert site.process.wait(60) != 0
    assert "Choose another port" in site.output
    assert len(site.output.strip().splitlines()) == 1


def test_an_unreachable_database_is_said_in_one_sentence(start_site: StartSite) -> None:
    site = start_site(DATABASE_URL=f"postgres://nobody:geheim@127.0.0.1:{free_port()}/nothing")
    assert site.process.wait(60) != 0
    assert "The database cannot be opened" in site.output
    assert "geheim" not in site.output
    assert len(site.output.strip().splitlines()) == 1


@pytest.mark.parametrize("program", ["manage.py worker", "granian"])
def test_when_one_program_is_killed_all_of_it_ends(start_site: StartSite, program: str) -> None:
    site = start_site()
    wait_until_ready(site)
    started = children(site)
    os.kill(next(pid for pid in started if program in command_of(pid)), signal.SIGKILL)
    assert site.process.wait(60) == 1
    assert "ended unexpectedly (SIGKILL)" in site.output
    wait_until(lambda: not [pid for pid in started if is_running(pid)], "nothing is left behind")
