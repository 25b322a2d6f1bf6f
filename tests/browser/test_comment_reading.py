"""Reading a discussion in a real browser: with a keyboard, on a phone, and without JavaScript."""

import subprocess
import sys
from collections.abc import Callable
from textwrap import dedent

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Site

REPLIES = 230
# One process stores all comments, because sending a form for each would take minutes.
TALK = """
    from blog.models import Post
    from comments.models import Comment
    from comments.posting.submission import submit
    post = Post.objects.published().filter(discussion__count=0).first()
    if post is None:
        post = Post.objects.get(pk=Comment.objects.get(source="The long thread.").discussion_id)
    else:
        root = submit(post_id=post.pk, name="Ann", text="The long thread.")
        reply = root
        for number in range(6):
            reply = submit(post_id=post.pk, name=f"Reader {number}", text=f"Deeper {number}.", parent=reply.public_id)
        for number in range(%d):
            submit(post_id=post.pk, name="Bo", text=f"Reply {number}.", parent=root.public_id)
        submit(post_id=post.pk, name="Cy", text="Another thread.")
    print(post.get_absolute_url())
"""


@pytest.fixture(scope="module")
def address(site: Site) -> str:
    """The path of a post with a long thread followed by a short one."""
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", dedent(TALK % REPLIES)]
    done = subprocess.run(command, cwd=ROOT, env=site.variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def reader(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    return new_page(java_script_enabled=request.param)


def test_a_reader_goes_through_a_long_thread_and_past_it(reader: Page, address: str) -> None:
    reader.goto(address)
    expect(reader.get_by_role("article", name="Ann")).to_have_count(1)
    reader.get_by_role("link", name="Next thread").click()
    expect(reader.get_by_text("Another thread.")).to_be_visible()
    expect(reader.get_by_text("Reply 0.")).to_have_count(0)
    reader.get_by_role("link", name="Back to the first comment").click()
    reader.get_by_role("link", name="Continue this thread").click()
    expect(reader.get_by_text("The long thread.")).to_be_visible()  # what the page goes on with stands above it
    while reader.locator("a[rel=next]", has_text="More comments").count() or reader.get_by_text("Continue").count():
        reader.locator(".pager a", has_text="Continue").or_(reader.locator("a[rel=next]", has_text="More")).click()
    expect(reader.get_by_text("Another thread.")).to_be_visible()
    expect(reader.get_by_text(f"Reply {REPLIES - 1}.")).to_be_visible()


def test_a_comment_has_a_page_with_what_it_answers(reader: Page, address: str) -> None:
    reader.goto(address)
    deep = reader.get_by_role("article").filter(has_text="Deeper 2.")
    deep.locator(".comment-time").click()
    expect(reader.get_by_role("heading", name="Comment by Reader 2")).to_be_visible()
    for text in ("The long thread.", "Deeper 1.", "Deeper 2.", "Deeper 5."):
        expect(reader.get_by_text(text)).to_be_visible()
    reader.locator(".page-intro a").click()
    expect(reader.get_by_text("Deeper 2.")).to_be_in_viewport()


def test_replies_are_folded_away_by_keyboard_without_a_script(reader: Page, address: str) -> None:
    reader.goto(address)
    summary = reader.locator("summary", has_text="replies to Reader 1")
    summary.focus()
    reader.keyboard.press("Enter")
    expect(reader.get_by_text("Deeper 3.")).to_be_hidden()
    expect(reader.get_by_text("Deeper 1.")).to_be_visible()
    reader.keyboard.press("Enter")
    expect(reader.get_by_text("Deeper 3.")).to_be_visible()


@pytest.mark.parametrize(("width", "indents"), [(1200, 4), (320, 2)])
def test_the_indent_stops_and_the_page_fits(
    new_page: Callable[..., Page], address: str, width: int, indents: int
) -> None:
    page = new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    texts = ["The long thread.", *(f"Deeper {number}." for number in range(6))]
    boxes = [page.get_by_role("article").filter(has_text=text).bounding_box() for text in texts]
    starts = [round(box["x"]) for box in boxes if box]
    assert len(set(starts)) == indents + 1
    assert starts == sorted(starts)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for link in page.locator(".comment-time, .comment-actions a, .comment-replies > summary").all()[:20]:
        box = link.bounding_box()
        assert box
        assert box["height"] >= 44, link.evaluate("it => it.outerHTML")
