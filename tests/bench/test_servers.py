"""Both sides run on the same server, isolated from the settings of a real site."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pytest
from django.db import connection
from django.test import Client

from bench import probe, servers
from bench.bare import responses, startproject
from bench.bare.models import Remark
from bench.bare.responses import Response
from bench.sites import Site, two_sites

PAGE = Response([("Content-Type", "text/html"), ("Date", "today"), ("ETag", '"a"')], b"<p>\xc3\xa9</p>")


def test_settings_of_a_real_site_are_not_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SITE_URL", "DEBUG", "EMAIL_URL", "SECRET_KEY", "COMMENTS_PER_MINUTE", "PAGE_CACHE_BYTES"):
        monkeypatch.setenv(name, "of a real site")
    monkeypatch.setenv("DATABASE_URL", "postgres://of-a-real-site/")
    found = Site(tmp_path).environment(**servers.UNCACHED)
    assert "of a real site" not in found.values()
    assert (found["DATA"], found["DATABASE_URL"], found["PAGE_CACHE_BYTES"]) == (str(tmp_path), "", "0")


def test_a_run_deletes_its_sites_unless_they_are_kept(tmp_path: Path) -> None:
    with two_sites("", "") as (small, large):
        assert small.folder.is_dir()
        assert small.folder != large.folder
    assert not small.folder.exists()
    with two_sites("", str(tmp_path / "kept")) as (small, _large):
        assert small.targets == {}
    assert small.folder.is_dir()


def test_a_bare_server_has_the_options_of_our_server() -> None:
    ours = probe.web_server()
    command = servers._with_port(ours, 4321)
    assert command[command.index("--port") + 1] == "4321"
    assert "config.wsgi:application" in command
    assert [word for word in command if word != "4321"] == [
        word for before, word in zip(["", *ours], ours, strict=False) if before != "--port"
    ]
    assert servers._with_port(servers.OURS, 4321) == servers.OURS


def test_a_bare_application_sends_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(responses.FOLDER_VARIABLE, str(tmp_path))
    responses.save(tmp_path, "fifty", PAGE)
    application: Callable[..., list[bytes]] = importlib.import_module("bench.bare.wsgi").application
    calls: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        calls.append((status, headers))

    assert application({"PATH_INFO": "/fifty/"}, start) == [PAGE.body]
    assert calls == [("200 OK", [("Content-Type", "text/html"), ("ETag", '"a"')])]
    application({"PATH_INFO": "/other/"}, start)
    assert calls[1][0] == "404 Not Found"


def test_the_bare_form_uses_the_settings_of_startproject() -> None:
    template = Path(django.__file__).parent / "conf/project_template/project_name/settings.py-tpl"

    def named(setting: str) -> list[str]:
        listed = template.read_text(encoding="utf-8").split(f"{setting} = [")[1].split("]")[0]
        return re.findall(r"""['"]([\w.]+)['"]""", listed)

    assert named("MIDDLEWARE") == startproject.MIDDLEWARE
    assert {*startproject.INSTALLED_APPS} <= {*named("INSTALLED_APPS")}


@pytest.mark.django_db(transaction=True)
def test_the_bare_form_requires_a_token_and_stores_one_row(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(responses.FOLDER_VARIABLE, str(tmp_path))
    settings.ROOT_URLCONF, settings.MIDDLEWARE = startproject.ROOT_URLCONF, startproject.MIDDLEWARE
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    client, data = Client(enforce_csrf_checks=True), {"name": "Rea", "text": "Well said."}
    assert client.post("/remark/", data).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    with connection.schema_editor() as editor:
        editor.create_model(Remark)
    try:
        assert client.post("/remark/", data | {"csrfmiddlewaretoken": "a" * 32}).status_code == 303
        assert [(remark.name, remark.text) for remark in Remark.objects.all()] == [("Rea", "Well said.")]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Remark)
