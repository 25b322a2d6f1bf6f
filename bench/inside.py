"""A process of its own that looks at a site from the inside: `python -m bench.inside QUESTION`, answered in JSON."""

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
MEASURED_WELL = 6  # of the worst comments; the others are far from them


def web_server() -> list[str]:
    """The command line by which `manage.py serve` runs granian."""
    from core.management.commands import serve

    return serve.web_server()


def queries() -> dict[str, int]:
    """How many queries each page of `targets.json` costs."""
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, found = Client(headers={"host": "127.0.0.1"}), {}
    targets = json.loads((settings.DATA / "targets.json").read_text(encoding="utf-8"))
    for name, path in targets.items():
        if isinstance(path, str):
            with CaptureQueriesContext(connection) as captured:
                answer = client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{path} answers {answer.status_code}.")
            found[name] = len(captured)
    return found


def pathological() -> dict[str, float]:
    """How many milliseconds each of the worst comments takes to render. An exception ends it all, as it should.

    Of the processor, not of the clock on the wall, and the least of some rounds: this budget is no ratio, and other
    work on the machine was seen to double it.
    """
    from bench.worst import WORST
    from blog import rendering

    def milliseconds(text: str) -> float:
        started = time.thread_time()
        rendering.render_comment(text)
        return (time.thread_time() - started) * 1000

    once = {name: milliseconds(text) for name, text in WORST.items()}
    worst = sorted(WORST, key=lambda name: -once[name])[:MEASURED_WELL]
    return once | {name: min(milliseconds(WORST[name]) for _ in range(ROUNDS)) for name in worst}


def comments() -> dict[str, int]:
    """How many comments there are, and how many of them readers see."""
    from comments.models import Comment

    return {"all": Comment.objects.count(), "seen": Comment.objects.counted().count()}


def whole() -> list[str]:
    """What `manage.py comments_check` finds wrong: nothing, in one word or many."""
    try:
        call_command("comments_check", stdout=sys.stderr)
    except CommandError as problem:
        return [str(problem)]
    return []


QUESTIONS: dict[str, Callable[[], Any]] = {
    "web-server": web_server,
    "queries": queries,
    "pathological": pathological,
    "comments": comments,
    "whole": whole,
}


if __name__ == "__main__":
    django.setup()
    json.dump(QUESTIONS[sys.argv[1]](), sys.stdout)
