"""A separate process that inspects a site from inside: `python -m bench.probe NAME` prints its result as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

ROUNDS = 5
MEASURED_AGAIN = 6  # of the worst comments; the others are much faster


def web_server() -> list[str]:
    """The command line with which `manage.py serve` runs granian."""
    from core.management.commands import serve

    return serve.web_server()


def queries() -> dict[str, int]:
    """The number of queries for each page in `targets.json`."""
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, found = Client(headers={"host": "127.0.0.1"}), {}
    targets = json.loads((settings.DATA / "targets.json").read_text(encoding="utf-8"))
    for name, path in targets.items():
        if isinstance(path, str):
            with CaptureQueriesContext(connection) as captured:
                response = client.get(path)
            if response.status_code != 200:
                raise SystemExit(f"{path} returned {response.status_code}.")
            found[name] = len(captured)
    return found


def worst_comments() -> dict[str, float]:
    """The milliseconds that each of the worst comments takes to render. Exceptions propagate.

    Measures CPU time, not wall-clock time, and takes the best of several rounds: this budget is not a ratio, and other
    load on the machine was seen to double the time.
    """
    from bench.worst_comments import WORST
    from blog import rendering

    def milliseconds(text: str) -> float:
        started = time.thread_time()
        rendering.render_comment(text)
        return (time.thread_time() - started) * 1000

    once = {name: milliseconds(text) for name, text in WORST.items()}
    worst = sorted(WORST, key=lambda name: -once[name])[:MEASURED_AGAIN]
    return once | {name: min(milliseconds(WORST[name]) for _ in range(ROUNDS)) for name in worst}


def comments() -> dict[str, int]:
    """The number of all comments and of those that readers see."""
    from comments.models import Comment

    return {"all": Comment.objects.count(), "seen": Comment.objects.counted().count()}


def inconsistencies() -> list[str]:
    """The complaints of `manage.py comments_check`, if any."""
    try:
        call_command("comments_check", stdout=sys.stderr)
    except CommandError as problem:
        return [str(problem)]
    return []


PROBES: dict[str, Callable[[], Any]] = {
    "web-server": web_server,
    "queries": queries,
    "worst-comments": worst_comments,
    "comments": comments,
    "inconsistencies": inconsistencies,
}


if __name__ == "__main__":
    django.setup()
    json.dump(PROBES[sys.argv[1]](), sys.stdout)
