"""`manage.py rerender`: stored texts are rendered again if their HTML is from an older version."""

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from blog import rendering
from blog.extension_points import RENDERED
from blog.management.commands import rerender
from blog.models import Post, Wording
from tests.conftest import MakePost


def make_outdated(post: Post, version: int = 0) -> None:
    Post.objects.filter(pk=post.pk).update(body_html="old", excerpt="old", render_version=version)
    Wording.objects.filter(repost__post=post).update(html="old", render_version=version)


def test_rerender_replaces_outdated_html_and_nothing_else(permitted_repost: Post) -> None:
    make_outdated(permitted_repost)
    before: dict[str, Any] = dict(Post.objects.values().get())
    call_command("rerender")
    after = Post.objects.get()
    assert after.body_html == "<p>The host's own words.</p>"
    assert "<strong>camera</strong>" in after.repost.public_html
    changed = {name for name, value in Post.objects.values().get().items() if before[name] != value}
    assert changed == {"body_html", "excerpt", "render_version"}


def test_rerender_skips_current_html_unless_all_is_requested(permitted_repost: Post) -> None:
    make_outdated(permitted_repost, rendering.RENDER_VERSION)
    call_command("rerender")
    assert Post.objects.get().body_html == "old"
    call_command("rerender", "--all")
    assert Post.objects.get().body_html == "<p>The host's own words.</p>"


def test_rerender_processes_all_batches(
    make_post: MakePost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rerender, "BATCH_SIZE", 2)
    for number in range(5):
        make_post(f"post-{number}")
    Post.objects.update(body_html="old", render_version=0)
    call_command("rerender")
    assert "posts: 5 rendered again." in capsys.readouterr().out
    assert not Post.objects.filter(body_html="old").exists()


def test_every_registered_model_can_be_rendered(db: None) -> None:
    for label, fields in RENDERED.items():
        model: Any = apps.get_model(label)
        assert callable(model.render)
        assert {*fields, "render_version"} <= {field.name for field in model._meta.get_fields()}
