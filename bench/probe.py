"""A separate process that inspects a site from inside: `python -m bench.probe NAME` prints its result as JSON."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from random import randrange
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

COMMENT_SIZE, POST_SIZE = 10_000, 200_000  # characters, the most that a form accepts
ROUNDS = {COMMENT_SIZE: 5, POST_SIZE: 2}
MEASURED_AGAIN = 6  # of the hostile texts; the others are much faster


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


def comment_queries() -> int:
    """The number of statements with which a stranger's comment is taken, without BEGIN and COMMIT."""
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    path = json.loads((settings.DATA / "targets.json").read_text(encoding="utf-8"))["to comment on"][0]
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    for _time in range(2):  # the first one warms the process up
        network, name = f"10.{randrange(256)}.{randrange(256)}.7", f"Reader {randrange(10**9)}"
        with CaptureQueriesContext(connection) as captured:
            data = {"name": name, "text": f"{name} thinks otherwise.", "seconds": "31"}
            response = client.post(path, data, headers={"x-forwarded-for": network})
        if response.status_code != 303:
            raise SystemExit(f"{path} returned {response.status_code}.")
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in captured.captured_queries)


def hostile_comments() -> dict[str, float]:
    """How many times the CPU time of a plain comment the worst hostile ones take to render."""
    from blog import rendering

    return _times_of_plain(rendering.render_comment, COMMENT_SIZE)


def hostile_posts() -> dict[str, float]:
    """The same for posts."""
    from blog import rendering

    return _times_of_plain(partial(rendering.render_post, id_prefix="p1b-"), POST_SIZE)


def _times_of_plain(render: Callable[[str], Any], size: int) -> dict[str, float]:
    """Render hostile texts and a plain one in turns. Return the ratios of CPU time by name; exceptions propagate.

    All are rendered once, the worst in several rounds. The best time of each counts: other load on the machine was seen
    to double the CPU time of one run.
    """
    from bench import hostile_texts

    plain, hostile = hostile_texts.plain(size), hostile_texts.hostile(size)
    render(plain)  # warm up
    once = {name: _cpu(render, text) for name, text in hostile.items()}
    worst = sorted(hostile, key=lambda name: -once[name])[:MEASURED_AGAIN]
    sides = {name: hostile[name] for name in worst} | {"": plain}
    rounds = [{name: _cpu(render, text) for name, text in sides.items()} for _ in range(ROUNDS[size])]
    best = {name: min(times[name] for times in rounds) for name in sides}
    return {name: best[name] / best[""] for name in worst}


def _cpu(render: Callable[[str], Any], text: str) -> float:
    started = time.thread_time()
    render(text)
    return time.thread_time() - started


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
    "hostile-comments": hostile_comments,
    "hostile-posts": hostile_posts,
    "comment-queries": comment_queries,
    "comments": comments,
    "inconsistencies": inconsistencies,
}


if __name__ == "__main__":
    django.setup()
    json.dump(PROBES[sys.argv[1]](), sys.stdout)
