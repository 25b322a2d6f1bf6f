"""Changes made by one process are known to the other."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO

from PIL import Image

from tests.browser.conftest import wait_until
from tests.scale.conftest import Site, Visitor

WITHDRAW = """
import time
from blog.publishing import lifecycle
from blog.models import Post
lifecycle.withdraw(Post.objects.get(pk={pk}))
print(time.time())
"""
ENQUEUE = """
from datetime import timedelta
from django.contrib.auth.models import User
from core.tasks import queue
from blog.models import *
host, _ = Person.objects.update_or_create(slug="told", defaults=dict(name="Told", user=User.objects.get()))
User.objects.update(email="host@example.org")
post = Post.objects.create(slug="disputed", title="Disputed", author=host, introduction="They write:")
repost = Repost.objects.create(post=post, text="Words.", basis="permission")
rows = Dispute.objects.bulk_create(Dispute(repost=repost, text="No.") for number in range({count}))
queue.enqueue_many("tell-of-dispute", {{str(row.pk): timedelta(0) for row in rows}})
"""
KEEP_FILM = """
import random
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
print(default_storage.save({name!r}, ContentFile(random.Random(1).randbytes({size}))))
"""


def test_one_site_was_made_by_two_processes_that_started_together(site: Site) -> None:
    assert site.database.ask("SELECT count(*) FROM auth_user") == [(1,)]
    assert ["Sign in as" in app.log for app in site.apps].count(True) == 1


def last_seen(visitor: Visitor, path: str) -> float:
    """Request the page until it is gone. Return when the last successful request began."""
    seen = 0.0

    def is_gone() -> bool:
        nonlocal seen
        began = time.time()
        status = visitor.get(path).status
        assert status in (200, 410)
        seen = began if status == 200 else seen
        return status == 410

    wait_until(is_gone, f"{path} is gone")
    return seen


def test_a_withdrawn_post_is_gone_from_both_within_a_second(site: Site) -> None:
    number, path = site.new_post("to-be-withdrawn")
    with ThreadPoolExecutor() as threads:
        watching = [threads.submit(last_seen, visitor, path) for visitor in site.visitors]
        withdrawn_at = float(site.apps[0].shell(WITHDRAW.format(pk=number)))
        assert 0 < max(seen.result() for seen in watching) < withdrawn_at + 1


def test_a_session_and_its_end_are_known_to_both(site: Site) -> None:
    one, other = site.visitors
    assert one.sign_in().status == 302
    other.cookies = dict(one.cookies)
    assert other.is_signed_in()
    assert one.sign_out().status == 200
    assert not other.is_signed_in()


def test_four_workers_do_each_piece_of_work_once(site: Site) -> None:
    count, mail = 40, site.apps[0].data / "mail"
    site.apps[0].shell(ENQUEUE.format(count=count))
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda app: app.manage("worker", "--once"), site.apps))
    query = "SELECT count(*) FROM core_task WHERE job = 'tell-of-dispute'"
    wait_until(lambda: site.database.ask(query) == [(0,)], "all work is done")
    mailed = [link for file in mail.iterdir() for link in re.findall(r"/dispute/(\d+)/", file.read_text())]
    assert len(mailed) == len(set(mailed)) == count


def picture() -> bytes:
    data = BytesIO()
    Image.effect_noise((64, 64), 40).save(data, "PNG")
    return data.getvalue()


def test_a_picture_that_one_process_took_the_other_shows(site: Site) -> None:
    one, other = site.visitors
    one.sign_in()
    one.get("/admin/blog/post/add/")
    head = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    fields = [(b"image", b'; filename="a.png"', picture()), (b"content", b"", b"content")]
    body = b"".join(head % field for field in fields) + b"--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "X-CSRFToken": one.cookies["csrftoken"]}
    answer = one.ask("POST", "/admin/markdownx/upload/", body, headers)
    assert answer.status == 200, answer.text
    address = re.search(r"\((/media/pictures/[\w/.]+)\)", answer.text)
    assert address
    for visitor in (one, other):
        shown = visitor.get(address[1])
        assert shown.headers["Content-Type"] == "image/png"
        assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        with Image.open(BytesIO(shown.body)) as kept:
            assert kept.size == (64, 64)
    assert not (site.apps[0].data / "media").exists()


def test_a_film_in_the_bucket_is_sought_in_through_both(site: Site) -> None:
    size = 5_000_000
    name = site.apps[0].shell(KEEP_FILM.format(name=f"clips/{sha256(b'film').hexdigest()[:32]}.webm", size=size))
    one, other = (visitor.get(f"/media/{name}", Range="bytes=0-") for visitor in site.visitors)
    assert (one.status, one.headers["Content-Range"]) == (206, f"bytes 0-2097151/{size}")
    assert one.body == other.body
    whole = site.visitors[0].get(f"/media/{name}")
    assert (whole.status, len(whole.body)) == (200, size)
    for start, end in ((3_000_000, 3_000_009), (size - 7, size - 1)):
        part = site.visitors[1].get(f"/media/{name}", Range=f"bytes={start}-{end}")
        assert (part.status, part.body) == (206, whole.body[start : end + 1])
    assert one.headers["ETag"] == whole.headers["ETag"] == f'"{sha256(b"film").hexdigest()[:32]}"'
