"""Rows about the processes: the time of a start, and their memory while idle."""

import subprocess
import time
from collections.abc import Mapping
from typing import NamedTuple

from bench import servers
from bench.progress import say
from bench.servers import Server
from bench.sites import Site
from bench.verdict import AT_MOST, Row, of_rounds

IDLE_SECONDS = 3.0
BUDGET = 120  # MB, of one worker


class Process(NamedTuple):
    parent: int
    kilobytes: int


def cold_start(site: Site, starts: int) -> Row:
    """The time from the command to the first response, with the database and static files prepared."""
    times = []
    for number in range(starts):
        with servers.ours(site) as server:
            times.append(server.ready_after)
        say(f"  start {number + 1} of {starts}: {times[-1]:.2f} s")
    return of_rounds("cold start, to the first page", times, unit="s", note="no budget; for information")


def memory(server: Server) -> list[Row]:
    """The memory of a site that has served pages and is now idle. Shared memory counts for each process."""
    time.sleep(IDLE_SECONDS)
    web, background = workers(server.pid, all_processes())
    everything = sum(process.kilobytes for process in descendants(server.pid, all_processes()).values()) / 1024
    note = f"all processes of `manage.py serve` together: {everything:.0f} MB"
    return [
        Row("memory of one idle worker: web", web / 1024, BUDGET, AT_MOST, "MB", note=note),
        Row("memory of one idle worker: background", background / 1024, BUDGET, AT_MOST, "MB"),
    ]


def all_processes() -> dict[int, Process]:
    """All processes of this machine by PID, with their resident memory."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    lines = (line.split() for line in listed.splitlines())
    return {int(pid): Process(int(parent), int(size)) for pid, parent, size in lines}


def descendants(root: int, processes: Mapping[int, Process]) -> dict[int, Process]:
    """A process and all processes that it started, directly or indirectly."""
    found = {root: processes[root]}
    while more := {pid: one for pid, one in processes.items() if one.parent in found and pid not in found}:
        found |= more
    return found


def workers(root: int, processes: Mapping[int, Process]) -> tuple[int, int]:
    """The memory in kilobytes of the web server's largest worker and of the background worker.

    `manage.py serve` starts granian, which starts workers of its own, and the background worker, which does not.
    """
    family = descendants(root, processes)
    programs = [pid for pid, one in family.items() if one.parent == root]
    parents = {one.parent for one in family.values()}
    web = [one.kilobytes for one in family.values() if one.parent in programs]
    background = [family[pid].kilobytes for pid in programs if pid not in parents]
    return max(web, default=0), max(background, default=0)
