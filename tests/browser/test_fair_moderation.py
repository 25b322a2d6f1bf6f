"""The whole story of a held comment and the emails about it, as its people experience it."""

from collections.abc import Callable
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.mailbox import link_in, messages_to, next_message

HOST, STRANGER = "host@desk.example", "sam@stranger.example"
REMARK = "There is more on this at https://films.example/restored and it is worth a look."
REPLY = "I looked, and it is."

NewPage = Callable[..., Page]


def test_from_a_held_comment_to_its_erasure(site: Site, host_page: Page, new_page: NewPage) -> None:
    give_the_host_an_email(host_page)
    url = publish_a_post(host_page)
    stranger = new_page()
    stranger_is_held_and_sees_why(stranger, url)

    stranger_confirms_the_email(stranger, site)
    moderator_approves_from_the_email(host_page, site)
    stranger.goto(url)
    expect(comment(stranger, REMARK)).to_be_visible()

    somebody_replies(new_page(), url)
    unsubscribe_url = one_email_announces_the_reply(site)
    mail_program_unsubscribes(unsubscribe_url)
    assert len(messages_to(site, STRANGER)) == 2

    stranger_erases_everything(stranger, site)
    stranger.goto(url)
    expect(comment(stranger, "This comment was erased.")).to_be_visible()
    expect(comment(stranger, REPLY)).to_be_visible()
    for secret in ("films.example", "Sam Stranger", STRANGER):
        assert secret not in stranger.content()


def comment(page: Page, text: str) -> Locator:
    return page.locator("article.comment").filter(has_text=text)


def give_the_host_an_email(page: Page) -> None:
    page.goto("/admin/auth/user/1/change/")
    page.locator("#id_email").fill(HOST)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()


def publish_a_post(page: Page) -> str:
    """Return the URL of a new post without comments."""
    page.goto("/admin/blog/post/add/")
    page.locator("#id_title").fill("On waiting")
    page.locator("#id_body").fill("Whoever sends a link waits a little.")
    page.locator("#id_status").select_option("published")
    page.get_by_role("button", name="Save and continue editing").click()
    path = page.get_by_role("link", name="View on site").get_attribute("href")
    assert path
    page.goto(path)
    return page.url


def stranger_is_held_and_sees_why(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Name", exact=True).fill("Sam Stranger")
    page.get_by_label("Comment", exact=True).fill(REMARK)
    page.get_by_text("Get replies by e-mail").click()
    page.get_by_label("E-mail").fill(STRANGER)
    page.get_by_role("button", name="Post the comment").click()
    expect(page.get_by_text("waits for a moderator")).to_be_visible()
    expect(page.get_by_text("It contains links.")).to_be_visible()
    expect(page.get_by_role("link", name="Take it back")).to_be_visible()
    page.goto(url)
    expect(page.get_by_text("films.example")).to_have_count(0)


def stranger_confirms_the_email(page: Page, site: Site) -> None:
    question = next_message(site, STRANGER, 0)
    assert "films.example" not in question.as_string()
    page.goto(link_in(question, "/comments/confirm-address/"))
    page.get_by_role("button", name="Yes, it was me").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def moderator_approves_from_the_email(page: Page, site: Site) -> None:
    """Run the task now: the digest collects comments for ten minutes."""
    page.goto("/admin/")
    page.get_by_role("link", name="Tasks", exact=True).click()
    page.get_by_role("row").filter(has_text="tell-moderators").get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("try_again")
    page.get_by_role("button", name="Go").click()
    digest = next_message(site, HOST, 0)
    page.goto(link_in(digest, "/admin/comments/comment/[0-9]+/decide/"))
    expect(page.get_by_text("It is waiting for a moderator. Readers do not see it.")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("1 comment was approved.")).to_be_visible()


def somebody_replies(page: Page, url: str) -> None:
    page.goto(url)
    comment(page, REMARK).get_by_role("link", name="Reply").click()
    page.get_by_label("Name", exact=True).fill("Rea Reader")
    page.get_by_label("Comment", exact=True).fill(REPLY)
    page.get_by_role("button", name="Post reply").click()
    expect(comment(page, REPLY)).to_be_visible()


def one_email_announces_the_reply(site: Site) -> str:
    """Return the URL in the email at which a mail program unsubscribes."""
    news = next_message(site, STRANGER, 1)
    body = news.get_body(("plain",))
    assert body
    assert REPLY in body.get_content()
    assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(news["List-Unsubscribe"]).strip(" <>")


def mail_program_unsubscribes(url: str) -> None:
    """With one click: a POST without a cookie that does not come from our own page."""
    assert urlsplit(url).hostname == "127.0.0.1"
    for _time in range(2):
        with urlopen(Request(url, data=b"List-Unsubscribe=One-Click", method="POST"), timeout=10) as answer:  # noqa: S310 - our own URL
            assert answer.status == 200


def stranger_erases_everything(page: Page, site: Site) -> None:
    page.get_by_role("link", name="What we store under your e-mail address").first.click()
    page.get_by_label("E-mail").fill(STRANGER)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_text("a message with a link is on its way")).to_be_visible()
    page.goto(link_in(next_message(site, STRANGER, 2), "/comments/yours/"))
    expect(page.get_by_text("films.example")).to_be_visible()
    expect(page.get_by_text("None.")).to_be_visible()  # the subscription has ended
    page.get_by_role("link", name="Erase everything …").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Everything has been erased")).to_be_visible()
