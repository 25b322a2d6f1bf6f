"""The sections of the admin's start page: every model in one of them, and each login sees only its own."""

from collections import Counter

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from blog.models import Blog
from config.admin import SECTIONS, sections
from tests.blog.conftest import staff

LISTED = [label for _name, _heading, labels in SECTIONS for label in labels]


def shown(client: Client) -> dict[str, list[str]]:
    """The headings of the start page with the models below them."""
    page = BeautifulSoup(client.get(reverse("admin:index")).content, "html.parser")
    return {
        section.h2.get_text(): [item.find(["a", "span"]).get_text() for item in section.find_all("li")]  # type: ignore[union-attr]
        for section in page.select("#content-main section")
    }


def test_every_registered_model_is_listed_in_one_section() -> None:
    registered = {model._meta.label for model in admin.site._registry}
    assert registered - set(LISTED) == set(), "list these models in config/admin.py"
    assert set(LISTED) - registered == set()
    assert [label for label, count in Counter(LISTED).items() if count > 1] == []


def test_a_host_sees_all_sections_the_machinery_last(desk: Client, blog: Blog) -> None:
    assert shown(desk) == {
        "Posts": ["Posts", "Tags"],
        "People": ["People", "Questions to authors", "Objections to credits"],
        "Comments": ["Comments", "Discussions", "Bans", "Subscriptions"],
        "Media": ["Videos"],
        "Settings": ["Blog", "Users", "Groups"],
        "System": ["Tasks", "Outgoing emails", "Spam filter words", "Permission ledger"],
    }


@pytest.mark.parametrize(
    ("codename", "section", "model"),
    [("view_tag", "Posts", "Tags"), ("view_video", "Media", "Videos"), ("view_task", "System", "Tasks")],
)
def test_a_login_sees_only_what_it_may_see(blog: Blog, codename: str, section: str, model: str) -> None:
    assert shown(staff(codename)) == {section: [model]}


def test_a_model_that_is_not_listed_is_in_the_last_section() -> None:
    found = sections({"blog.Post": "posts", "shop.Order": "orders"})
    assert [(section["app_label"], section["models"]) for section in found] == [
        ("posts", ["posts"]),
        ("system", ["orders"]),
    ]
    assert found[0]["name"] == "Posts"


def test_the_page_of_one_app_shows_the_models_of_that_app(desk: Client, blog: Blog) -> None:
    page = desk.get(reverse("admin:app_list", args=["core"]))
    assert [app["app_label"] for app in page.context["app_list"]] == ["core"]


def test_a_login_without_permissions_is_told_so(blog: Blog) -> None:
    assert "You don’t have permission" in staff().get(reverse("admin:index")).content.decode()
