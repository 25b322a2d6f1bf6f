"""An uploaded video, from the form of the host to a reader's browser, on the real server."""

import http.client
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Response, expect

from core.files.ranges import MAX_OPEN_RANGE
from tests.blog.videos.films import CAPTIONS, MP4, WEBM, box
from tests.browser.conftest import Complaints, Site, wait_until

NAME = "0123456789abcdef0123456789abcdef"
FETCHED = re.compile(r"/media/(videos|clips)/")
DELETE = "from blog.models import Post; Post.objects.get(slug='a-film-of-ours').delete()"


@pytest.fixture(scope="module")
def film(site: Site) -> Iterator[Path]:
    """A film with three long empty parts between its frames and their index."""
    at = MP4.index(b"moov") - 4
    file = site.data / "media" / "clips" / f"{NAME}.mp4"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(MP4[:at] + box(b"free", bytes(3 * MAX_OPEN_RANGE)) + MP4[at:])
    yield file
    file.unlink()


def ask(site: Site, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.fixture
def published(site: Site, host_page: Page) -> Iterator[str]:
    """Create a post with a video and captions in the admin, and return its title."""
    host_page.goto("/admin/blog/post/add/")
    host_page.get_by_label("Title:").first.fill("A film of ours")
    host_page.locator("#id_body").fill("Look:")
    host_page.locator("#id_status").select_option("published")
    host_page.locator("#id_videos-0-file").set_input_files(
        {"name": "holidays.webm", "mimeType": "video/webm", "buffer": WEBM}
    )
    host_page.locator("#id_videos-0-title").fill("The harbour")
    host_page.locator("#id_videos-0-ai_origin").select_option("none")
    host_page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    host_page.locator("#id_videos-0-captions").set_input_files(
        {"name": "c.vtt", "mimeType": "text/vtt", "buffer": CAPTIONS}
    )
    host_page.locator("[name=_save]").click()
    expect(host_page.locator(".messagelist .success")).to_be_visible()
    yield "A film of ours"
    site.manage("shell", "-v", "0", "-c", DELETE)


def test_a_reader_sees_the_film_that_a_host_has_chosen_and_seeks_in_it(page: Page, published: str) -> None:
    fetched: list[Response] = []
    page.on("response", lambda answer: fetched.append(answer) if FETCHED.search(answer.url) else None)
    page.goto("/")
    page.get_by_role("link", name=published).first.click()
    player = page.locator("figure.video video")
    expect(player).to_have_attribute("aria-label", "The harbour")
    page.wait_for_load_state("networkidle")
    assert fetched == []  # nothing before somebody wants to see it
    before = player.bounding_box()
    played = player.evaluate("""async (video) => {
        const happens = (name) => new Promise((done) => video.addEventListener(name, done, { once: true }));
        video.muted = true;
        await Promise.all([video.play(), happens("timeupdate")]);
        video.pause();
        const seeked = happens("seeked");
        video.currentTime = 6;
        await seeked;
        return [video.error, video.currentTime, video.duration, video.videoWidth, video.seekable.end(0)];
    }""")
    assert played == [None, 6, pytest.approx(8, abs=0.2), 160, pytest.approx(8, abs=0.2)]
    assert player.bounding_box() == before
    assert [answer.status for answer in fetched] == [206] * len(fetched)
    assert fetched
    assert player.evaluate("video => video.textTracks[0].activeCues[0].text") == "Where the camera stood."


def test_a_film_does_not_travel_before_the_question_about_ai_is_answered(host_page: Page) -> None:
    host_page.goto("/admin/blog/post/add/")
    host_page.locator("#id_title").fill("A film of ours")
    host_page.locator("#id_body").fill("Look:")
    host_page.locator("#id_status").select_option("published")
    chosen = host_page.locator("#id_videos-0-file")
    chosen.set_input_files({"name": "holidays.webm", "mimeType": "video/webm", "buffer": WEBM})
    posted: list[str] = []
    host_page.on("request", lambda request: posted.append(request.url) if request.is_navigation_request() else None)
    host_page.locator("[name=_continue]").click()
    question = host_page.locator("#id_videos-0-ai_origin")
    expect(question).to_be_focused()
    assert "Not known" in question.evaluate("select => select.validationMessage")
    assert chosen.evaluate("input => input.files.length") == 1
    assert [address for address in posted if "preview" not in address] == []
    host_page.locator("#id_status").select_option("draft")
    assert question.evaluate("select => select.validationMessage") == ""


def test_seeking_fetches_only_what_is_seen(site: Site, film: Path, page: Page) -> None:
    fetched: list[Response] = []
    page.on("response", lambda answer: fetched.append(answer) if FETCHED.search(answer.url) else None)
    page.goto("/")
    ended = page.evaluate(
        """async (address) => {
            const video = document.createElement("video");
            Object.assign(video, { muted: true, playbackRate: 8, src: address });
            document.querySelector("main").append(video);
            await video.play();
            await new Promise((done) => video.addEventListener("ended", done));
            return [video.error, video.currentTime];
        }""",
        f"/media/clips/{NAME}.mp4",
    )
    assert ended == [None, pytest.approx(8, abs=0.2)]
    assert {answer.status for answer in fetched} == {206}
    parts = [answer.header_value("content-range") or "" for answer in fetched]
    size = film.stat().st_size
    assert parts[0] == f"bytes 0-{MAX_OPEN_RANGE - 1}/{size}"
    # The index of the frames is at the end. A player without range requests would have to read everything before it.
    assert any(int(re.findall(r"\d+", part)[0]) > 2 * MAX_OPEN_RANGE for part in parts)


def test_a_film_plays_at_its_own_address(site: Site, film: Path, page: Page) -> None:
    page.goto(f"/media/clips/{film.name}")
    page.wait_for_function("document.querySelector('video').readyState > 2")


def test_without_scripts_there_are_the_player_and_a_download(new_page: Callable[..., Page], published: str) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name=published).first.click()
    expect(page.locator("figure.video video[controls]")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the video").click()
    assert download.value.suggested_filename == "the-harbour.webm"
    assert Path(download.value.path()).read_bytes() == WEBM


def test_a_film_that_is_too_large_is_refused_before_it_travels(host_page: Page) -> None:
    host_page.goto("/admin/blog/post/add/")
    chooser = host_page.locator("#id_videos-0-file")
    chooser.evaluate("input => { input.dataset.maxBytes = 1000 }")
    chosen = FilePayload(name="holidays.webm", mimeType="video/webm", buffer=WEBM)
    chooser.set_input_files(chosen)
    assert "The video is too large" in chooser.evaluate("input => input.validationMessage")
    chooser.evaluate("input => { input.dataset.maxBytes = 100000 }")
    chooser.set_input_files([])
    chooser.set_input_files(chosen)
    assert chooser.evaluate("input => input.validationMessage") == ""


def test_the_preview_takes_no_film_along(host_page: Page) -> None:
    host_page.goto("/admin/blog/post/add/")
    host_page.get_by_label("Title:").first.fill("Preview")
    host_page.locator("#id_videos-0-file").set_input_files(
        {"name": "holidays.webm", "mimeType": "video/webm", "buffer": WEBM * 10}
    )
    with host_page.expect_request(re.compile(r"/preview/$")) as asked:
        host_page.locator("#preview-button").click()
    assert len(asked.value.post_data_buffer or b"") < len(WEBM)


# --- The server itself


def test_the_server_answers_as_players_expect(site: Site, film: Path) -> None:
    path, data = f"/media/clips/{NAME}.mp4", film.read_bytes()
    wait_until(lambda: ask(site, path)[0].status == 200, "readers of other tests have gone")
    answer, body = ask(site, path, Range="bytes=0-1")
    assert (answer.status, body) == (206, data[:2])
    assert (answer.headers["Content-Length"], answer.headers["Content-Range"]) == ("2", f"bytes 0-1/{len(data)}")
    assert answer.headers["Transfer-Encoding"] is None
    answer, body = ask(site, path, Range=f"bytes=100-{len(data) - 1}")
    assert (answer.status, body) == (206, data[100:])
    answer, body = ask(site, path, Range=f"bytes={len(data)}-")
    assert (answer.status, body, answer.headers["Content-Range"]) == (416, b"", f"bytes */{len(data)}")
    answer, body = ask(site, path)
    assert (answer.status, body) == (200, data)
    answer, body = ask(site, path, "HEAD", Range="bytes=0-1")
    assert (answer.status, body) == (200, b"")
    assert (answer.headers["Content-Length"], answer.headers["Accept-Ranges"]) == (str(len(data)), "bytes")
    assert ask(site, path, **{"If-None-Match": answer.headers["ETag"]})[0].status == 304


def test_readers_who_stand_still_do_not_stop_the_site(site: Site, film: Path) -> None:
    """More readers than the server has threads: half request the whole film, half an open-ended range."""
    long = film.with_name(f"{NAME[::-1]}.webm")
    with long.open("wb") as file:
        file.truncate(200_000_000)  # more than any buffer between us takes
    wait_until(lambda: ask(site, f"/media/clips/{film.name}")[0].status == 200, "readers of other tests have gone")
    asking = f"GET /media/clips/{long.name} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
    readers = [socket.create_connection(("127.0.0.1", site.port), timeout=10) for _reader in range(40)]
    try:
        for number, reader in enumerate(readers):
            reader.sendall(f"{asking}{'Range: bytes=0-' if number % 2 else 'X: y'}\r\n\r\n".encode())
        statuses = [reader.recv(12)[-3:] for reader in readers]
        assert set(statuses[::2]) == {b"200", b"503"}
        assert statuses.count(b"200") <= 2
        assert set(statuses[1::2]) == {b"206"}
        assert site.get("/healthz") == (200, "ok")
    finally:
        for reader in readers:
            reader.close()
        long.unlink()
    wait_until(lambda: ask(site, f"/media/clips/{film.name}")[0].status == 200, "what they held is free again")


def test_no_film_of_a_stranger_is_read(site: Site, complaints: Complaints) -> None:
    """It is refused before the stranger has sent the body."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as stranger:
        stranger.sendall(
            f"POST /admin/blog/post/add/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 400000000\r\n\r\n".encode()
        )
        assert stranger.recv(100).startswith(b"HTTP/1.1 400")
    assert list((site.data / "incoming").iterdir()) == []
