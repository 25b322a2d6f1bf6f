"""Long parts of a page, put in when it becomes bytes."""

import pytest

from blog.reading.late import Late


def test_a_part_stands_where_its_mark_stood() -> None:
    late = Late()
    text = f"<p>“a”</p>{late.put(['<ol>', 'ü…', '</ol>'])}<p>b</p>"
    assert late.page(text).decode() == "<p>“a”</p><ol>ü…</ol><p>b</p>"


def test_a_page_without_parts_is_its_text() -> None:
    assert Late().page("<p>…</p>").decode() == "<p>…</p>"


def test_no_part_is_lost_without_a_word() -> None:
    late = Late()
    late.put(["lost"])
    with pytest.raises(ValueError, match="zip"):
        late.page("text")
