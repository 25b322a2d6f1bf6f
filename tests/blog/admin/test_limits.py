"""What the form of a post refuses before it takes any time."""

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import Post
from tests.blog.conftest import Submission


@pytest.mark.parametrize("field", ["introduction", "body", "repost-0-text"])
def test_too_long_a_text_is_refused_and_shown_again(desk: Client, repost_submission: Submission, field: str) -> None:
    page = desk.post(reverse("admin:blog_post_add"), repost_submission | {field: "[" * 200_001}).content.decode()
    assert "at most 200000 characters (it has 200001)" in page
    assert "[" * 200_001 in page
    assert not Post.objects.exists()
