"""The life of a permission as its people experience it, each in their own browser."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.mailbox import link_in, next_message

WORDS = "A heron that never was there cannot say where it stood."
ESSAY = "What she says of herons holds for witnesses."
REMARK = "Does it hold for herons in paintings, too?"
ANSWER = "It does, and I wrote it with one in mind."
AUTHOR_MAIL = "ada@colleague.example"

NewPage = Callable[..., Page]


def test_from_the_hosts_word_to_the_authors_end(site: Site, host_page: Page, new_page: NewPage) -> None:
    address = host_publishes_a_repost(host_page)
    reader = new_page()
    reader_comments(reader, address)
    expect(passage(reader)).to_contain_text(WORDS)
    expect(passage(reader)).to_contain_text("as stated by")

    host_asks_the_author(host_page)
    link = link_mailed_to_the_author(site)
    assert link not in host_page.content()

    author = new_page()
    author_confirms(author, link)
    reader.reload()
    expect(passage(reader)).to_contain_text("confirmed by e-mail on")
    expect(passage(reader)).to_contain_text("(address at colleague.example, named by the host)")

    author_comments_with_the_badge(author, link)
    reader.reload()
    expect(comment(reader, ANSWER)).to_contain_text("original author")
    expect(comment(reader, REMARK)).not_to_contain_text("original author")

    author_ends_it(author, link)
    reader.reload()
    readers_see_the_tombstone_the_essay_and_the_discussion(reader)


def passage(page: Page) -> Locator:
    return page.locator("[data-voice=guest]")


def comment(page: Page, text: str) -> Locator:
    return page.locator("article.comment").filter(has_text=text)


def host_publishes_a_repost(page: Page) -> str:
    """Return the path of the post."""
    page.goto("/admin/blog/post/add/")
    page.locator("#id_title").fill("On herons")
    page.locator("#id_introduction").fill("A colleague writes:")
    page.locator("#id_repost-0-text").fill(WORDS)
    page.locator("#id_repost-0-basis").select_option("permission")
    page.locator("#id_body").fill(ESSAY)
    with page.expect_popup() as opened:
        page.locator("#add_id_credits-0-person").click()
    name_the_author(opened.value)
    expect(page.locator("#id_credits-0-person")).to_contain_text("Ada Heron")
    page.locator("#id_status").select_option("published")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("#record-heading")).to_be_visible()
    path = page.get_by_role("link", name="View on site").get_attribute("href")
    assert path
    page.goto(path)
    return page.url


def name_the_author(popup: Page) -> None:
    popup.locator("#id_name").fill("Ada Heron")
    popup.locator("#id_slug").fill("ada-heron")
    popup.locator("#id_contact_email").fill(AUTHOR_MAIL)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Save", exact=True).click()


def reader_comments(page: Page, address: str) -> None:
    page.goto(address)
    write_comment(page, "Rea Reader", REMARK)


def write_comment(page: Page, name: str, text: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Comment", exact=True).fill(text)
    page.get_by_role("button", name="Post comment").click()
    page.get_by_role("link", name="Back to the discussion").click()
    expect(comment(page, text)).to_be_visible()


def host_asks_the_author(page: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("link", name="Ask the author…").click()
    expect(page.get_by_text(AUTHOR_MAIL).first).to_be_visible()
    page.get_by_role("button", name="Ask the author").click()
    expect(page.get_by_text("The e-mail to the author is on its way")).to_be_visible()


def link_mailed_to_the_author(site: Site) -> str:
    """Return the link in the e-mail that the worker sent to the author."""
    return link_in(next_message(site, AUTHOR_MAIL, 0), "/grant/")


def author_confirms(page: Page, link: str) -> None:
    page.goto(link)
    expect(passage(page)).to_contain_text(WORDS)
    expect(page.get_by_text("You can withdraw a yes at any time")).to_be_visible()
    page.get_by_role("button", name="Yes, they may be shown here").click()
    expect(page.get_by_role("heading", name="Your words", exact=True)).to_be_visible()


def author_comments_with_the_badge(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Mark my comments").click()
    write_comment(page, "Ada", ANSWER)
    expect(comment(page, ANSWER)).to_contain_text("original author")


def author_ends_it(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Withdraw my words …").click()
    page.locator("#id_note").fill("I see it otherwise today.")
    page.get_by_role("button", name="Withdraw my words", exact=True).click()
    expect(page.get_by_role("heading", name="Your words", exact=True)).to_be_visible()


def readers_see_the_tombstone_the_essay_and_the_discussion(page: Page) -> None:
    expect(passage(page)).to_contain_text("withdrawn by their author")
    expect(passage(page)).to_contain_text("I see it otherwise today.")
    expect(page.locator("#commentary")).to_contain_text(ESSAY)
    expect(comment(page, REMARK)).to_be_visible()
    expect(comment(page, ANSWER)).to_be_visible()
    expect(comment(page, ANSWER)).not_to_contain_text("original author")
    assert WORDS not in page.content()


def test_a_stranger_objects_and_readers_are_told_once_the_host_agrees(page: Page, host_page: Page) -> None:
    page.goto("/search/?q=Halloway")
    page.get_by_role("link", name="The street that was never filmed").click()
    address = page.url
    page.get_by_role("link", name="Dispute this credit").click()
    page.get_by_label("What is wrong with this credit").fill("I heard these words from somebody else.")
    page.get_by_role("button", name="Send the objection").click()
    expect(page.get_by_role("heading", name="Your objection was sent")).to_be_visible()
    page.get_by_role("link", name="Back to the post").click()
    expect(passage(page)).not_to_contain_text("attribution disputed")

    host_page.goto(address)
    host_page.get_by_role("link", name="Edit", exact=True).click()
    expect(host_page.get_by_text("I heard these words from somebody else.")).to_be_visible()
    host_page.get_by_role("link", name="Accept…").click()
    host_page.get_by_role("button", name="Accept the objection").click()
    page.goto(address)
    expect(passage(page)).to_contain_text("attribution disputed")
