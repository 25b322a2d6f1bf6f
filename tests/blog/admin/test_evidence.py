"""Evidence: stored once, seen only by staff with permission, and absent from everything public."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from blog.admin import permission_forms
from blog.models import Evidence, PermissionEvent, Post, Repost
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import change_url, staff

LETTER = b"%PDF-1.7 Dear Eldon, unmistakable-sentence-of-the-letter. Yours, Ada"
HOSTILE_NAMES = ["../../etc/passwd", 'a"; filename="b.html', "<img src=x onerror=alert(1)>.pdf", "Brief für Ümit.pdf"]


def add_url(post: Post) -> str:
    return reverse("admin:blog_post_add_evidence", args=[post.pk])


def file_url(evidence: Evidence) -> str:
    return reverse("admin:blog_post_evidence", args=[evidence.repost.post_id, evidence.pk])


def add(desk: Client, post: Post, *, name: str = "secret-file-name.pdf", content: bytes = LETTER) -> Evidence:
    file = SimpleUploadedFile(name, content, "text/html")
    response = desk.post(add_url(post), {"kind": "letter", "dated": "2026-02-28", "file": file})
    assert response.status_code == 302, response.context["form"].errors
    return Evidence.objects.latest("pk")


def test_a_file_is_stored_and_recorded_in_the_ledger(desk: Client, permitted_repost: Post) -> None:
    evidence = add(desk, permitted_repost)
    digest = hashlib.sha256(LETTER).hexdigest()
    assert (evidence.kind, evidence.dated, evidence.sha256) == ("letter", date(2026, 2, 28), digest)
    event = PermissionEvent.objects.latest("number")
    assert (event.kind, event.actor_name, event.details["sha256"]) == ("evidence_added", "Eldon Host", digest)
    assert Repost.objects.get().level == 2
    page = desk.get(change_url(permitted_repost)).content.decode()
    assert "letter of Feb. 28, 2026" in page
    assert digest[:12] in page
    assert file_url(evidence) in page


def test_evidence_is_stored_outside_of_the_media_folder(
    desk: Client, permitted_repost: Post, settings: Settings
) -> None:
    path = Path(add(desk, permitted_repost).file.path)
    assert path.is_relative_to(settings.DATA / "private")
    assert not path.is_relative_to(settings.MEDIA_ROOT)
    assert path.stat().st_mode & 0o077 == 0
    assert path.suffix == ""


def test_a_download_has_the_original_bytes_and_is_never_displayed(desk: Client, permitted_repost: Post) -> None:
    response = desk.get(file_url(add(desk, permitted_repost, name="letter.html", content=b"<script>alert(1)</script>")))
    assert response.getvalue() == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="letter.html"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in response["Cache-Control"]


def test_only_staff_who_may_view_evidence_get_the_file(desk: Client, permitted_repost: Post) -> None:
    url = file_url(add(desk, permitted_repost))
    assert "/admin/login/" in Client().get(url)["Location"]
    clerk = staff("view_post", "change_post", "change_repost", "add_evidence")
    assert clerk.get(url).status_code == 403
    page = clerk.get(change_url(permitted_repost)).content.decode()
    assert "letter of Feb. 28, 2026" in page
    assert url not in page
    assert "secret-file-name" not in page


def test_staff_who_may_view_evidence_get_it(desk: Client, permitted_repost: Post) -> None:
    assert staff("view_evidence").get(file_url(add(desk, permitted_repost))).getvalue() == LETTER


def test_adding_needs_both_permissions(permitted_repost: Post) -> None:
    clerk = staff("view_post", "change_post", "change_repost", "view_evidence")
    assert clerk.get(add_url(permitted_repost)).status_code == 403
    assert clerk.post(add_url(permitted_repost)).status_code == 403
    assert add_url(permitted_repost) not in clerk.get(change_url(permitted_repost)).content.decode()
    assert "/admin/login/" in Client().get(add_url(permitted_repost))["Location"]


def test_evidence_of_another_post_is_not_found_at_this_post(
    desk: Client, permitted_repost: Post, own_post: Post
) -> None:
    evidence = add(desk, permitted_repost)
    assert desk.get(reverse("admin:blog_post_evidence", args=[own_post.pk, evidence.pk])).status_code == 404
    assert desk.get(add_url(own_post)).status_code == 404


def test_a_missing_file_is_a_404(desk: Client, permitted_repost: Post) -> None:
    evidence = add(desk, permitted_repost)
    Path(evidence.file.path).unlink()
    assert desk.get(file_url(evidence)).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_evidence_cannot_be_changed_or_deleted(desk: Client, permitted_repost: Post, method: str) -> None:
    evidence = add(desk, permitted_repost)
    assert getattr(desk, method)(file_url(evidence)).status_code == 405
    assert Evidence.objects.get().sha256 == evidence.sha256
    assert Path(evidence.file.path).read_bytes() == LETTER


def test_a_file_that_is_too_large_is_refused(
    desk: Client, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permission_forms, "EVIDENCE_MAX_BYTES", 1024)
    data = {"kind": "email", "dated": "2026-02-28", "file": SimpleUploadedFile("a", b"x" * 1025)}
    page = desk.post(add_url(permitted_repost), data).content.decode()
    assert "larger than 1.0\xa0KB" in page
    assert 'value="2026-02-28"' in page
    assert not Evidence.objects.exists()


def test_the_limit_is_twenty_megabytes() -> None:
    assert permission_forms.EVIDENCE_MAX_BYTES == 20 * 1024 * 1024


@pytest.mark.parametrize("dated", ["", "yesterday", "0001-01-01", "a\x00b"])
def test_an_invalid_date_is_refused_and_the_choices_are_shown_again(
    desk: Client, permitted_repost: Post, dated: str
) -> None:
    data = {"kind": "contract", "dated": dated, "file": SimpleUploadedFile("a", b"x")}
    page = desk.post(add_url(permitted_repost), data).content.decode()
    assert '<option value="contract" selected>' in page
    assert 'aria-invalid="true"' in page
    assert not Evidence.objects.exists()
    assert "This field is required" in desk.post(add_url(permitted_repost), {}).content.decode()


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, *ATTACKS.values()], ids=[*HOSTILE_NAMES, *ATTACKS])
def test_no_file_name_does_harm(desk: Client, permitted_repost: Post, name: str) -> None:
    evidence = add(desk, permitted_repost, name=f"{name}.pdf")
    response = desk.get(file_url(evidence))
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    assert response.getvalue() == LETTER
    assert_harmless(desk.get(change_url(permitted_repost)).content.decode(), page=True)


def test_neither_name_nor_content_is_public(desk: Client, permitted_repost: Post) -> None:
    evidence = add(desk, permitted_repost)
    reader = Client()
    public = [permitted_repost.get_absolute_url(), "/", "/feeds/posts.atom", "/search/?q=letter", "/sitemap.xml"]
    public += [reverse("permission", args=[permitted_repost.repost.public_id]), reverse("permissions")]
    for url in public:
        response = reader.get(url)
        assert response.status_code == 200, url
        for secret in ("secret-file-name", "unmistakable-sentence", evidence.file.name):
            assert secret not in response.content.decode(), url
    assert reader.get(f"/media/{evidence.file.name}").status_code == 404
    assert reader.get(f"/media/../private/{evidence.file.name}").status_code == 404
