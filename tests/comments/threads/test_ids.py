"""Ids of comments, and the paths that are made of them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.threads import ids, paths
from core import clock

IDS = st.integers(0, ids.LIMIT - 1)
THREADS = st.lists(IDS, min_size=1, max_size=paths.MAX_LEVELS)


def path_of(numbers: list[int]) -> bytes:
    return b"".join(ids.segment(number) for number in numbers)


@given(IDS)
def test_the_public_form_decodes_to_the_id(id: int) -> None:
    public_id = ids.encode(id)
    assert len(public_id) == ids.PUBLIC_LENGTH
    assert ids.decode(public_id) == ids.decode(public_id.upper()) == id


def test_look_alike_characters_are_decoded_as_digits() -> None:
    assert ids.decode("0000000il1o") == ids.decode("00000001110")


@pytest.mark.parametrize(
    "wrong",
    ["", "0", "0" * 10, "0" * 12, "u0000000000", "0000000000-", "0000000000 ", "zzzzzzzzzzz", "٣" * 11, "\0" * 11],
)
def test_invalid_ids_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - nobody reads the message
        ids.decode(wrong)


def test_later_ids_are_higher_and_fit_53_bits(noon: object) -> None:
    first = ids.new_id()
    with clock.standing_at(clock.now() + timedelta(milliseconds=1)):
        assert first < ids.new_id() < ids.LIMIT


def test_later_ids_are_higher_within_a_millisecond(noon: object) -> None:
    created = [ids.new_id() for _ in range(5000)]
    assert created == sorted({*created})
    with clock.standing_at(clock.now() - timedelta(milliseconds=1)):
        assert ids.new_id() > created[-1]  # the clock was adjusted a little
    with clock.standing_at(clock.now() - timedelta(hours=1)):
        assert ids.new_id() < created[0]


@given(THREADS, THREADS)
def test_paths_sort_in_reading_order(one: list[int], other: list[int]) -> None:
    assert (path_of(one) < path_of(other)) == (one < other)


@given(THREADS)
def test_a_path_holds_the_paths_of_all_ancestors(numbers: list[int]) -> None:
    path = path_of(numbers)
    assert paths.levels(path) == len(numbers)
    assert paths.root_id(path) == numbers[0]
    assert paths.ancestors(path) == [path_of(numbers[:end]) for end in range(1, len(numbers))]


@given(THREADS, THREADS)
def test_the_range_below_a_comment_holds_its_replies_and_nothing_else(one: list[int], other: list[int]) -> None:
    path, candidate = path_of(one), path_of(other)
    is_reply = len(other) > len(one) and other[: len(one)] == one
    assert (path < candidate < path + paths.AFTER_ALL_REPLIES) == is_reply
