"""Both sides are served alike, and nothing of a real site reaches them."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pytest
from django.db import connection
from django.test import Client

from bench import inside, servers
from bench.bare import pages, started
from bench.bare.models import Remark
from bench.bare.pages import Answer
from bench.places import Place, two_places

PAGE = Answer([("Content-Type", "text/html"), ("Date", "today"), ("ETag", '"a"')], b"<p>\xc3\xa9</p>")


def test_the_settings_of_a_real_site_are_not_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SITE_URL", "DEBUG", "EMAIL_URL", "SECRET_KEY", "COMMENTS_PER_MINUTE", "PAGE_CACHE_BYTES"):
        monkeypatch.setenv(name, "of a real site")
    monkeypatch.setenv("DATABASE_URL", "postgres://of-a-real-site/")
    found = Place(tmp_path).environment(**servers.UNCACHED)
    assert "of a real site" not in found.values()
    assert (found["DATA"], found["DATABASE_URL"], found["PAGE_CACHE_BYTES"]) == (str(tmp_path), "", "0")


def test_a_run_leaves_nothing_behind_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    with two_places("", "") as (small, large):
        assert small.folder.is_dir()
        assert small.folder != large.folder
    assert not small.folder.exists()
    with two_places("", str(tmp_path / "kept")) as (small, _large):
        assert small.targets == {}
    assert small.folder.is_dir()


def test_a_bare_server_has_the_options_of_ours() -> None:
    ours = inside.web_server()
    command = servers._with_port(ours, 4321)
    assert command[command.index("--port") + 1] == "4321"
    assert "config.wsgi:application" in command
    assert [word for word in command if word != "4321"] == [
        word for before, word in zip(["", *ours], ours, strict=False) if before != "--port"
    ]
    assert servers._with_port(servers.OURS, 4321) == servers.OURS


def test_a_bare_application_sends_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(pages.FOLDER_VARIABLE, str(tmp_path))
    pages.keep(tmp_path, "fifty", PAGE)
    application: Callable[..., list[bytes]] = importlib.import_module("bench.bare.wsgi").application
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        started.append((status, headers))

    assert application({"PATH_INFO": "/fifty/"}, start) == [PAGE.body]
    assert started == [("200 OK", [("Content-Type", "text/html"), ("ETag", '"a"')])]
    application({"PATH_INFO": "/other/"}, start)
    assert started[1][0] == "404 Not Found"


def test_the_bare_form_stands_in_a_project_as_django_makes_it() -> None:
    template = Path(django.__file__).parent / "conf/project_template/project_name/settings.py-tpl"

    def named(setting: str) -> list[str]:
        listed = template.read_text(encoding="utf-8").split(f"{setting} = [")[1].split("]")[0]
        return re.findall(r"""['"]([\w.]+)['"]""", listed)

    assert named("MIDDLEWARE") == started.MIDDLEWARE
    assert {*started.INSTALLED_APPS} <= {*named("INSTALLED_APPS")}


@pytest.mark.django_db(transaction=True)
def test_the_bare_form_asks_for_its_token_and_stores_one_row(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(pages.FOLDER_VARIABLE, str(tmp_path))
    settings.ROOT_URLCONF, settings.MIDDLEWARE = started.ROOT_URLCONF, started.MIDDLEWARE
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    client, words = Client(enforce_csrf_checks=True), {"name": "Rea", "text": "Well said."}
    assert client.post("/remark/", words).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    with connection.schema_editor() as editor:
        editor.create_model(Remark)
    try:
        assert client.post("/remark/", words | {"csrfmiddlewaretoken": "a" * 32}).status_code == 303
        assert [(remark.name, remark.text) for remark in Remark.objects.all()] == [("Rea", "Well said.")]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Remark)
