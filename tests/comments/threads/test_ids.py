"""Numbers of comments, and the places that are made of them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.threads import ids, paths
from core import clock

NUMBERS = st.integers(0, ids.LIMIT - 1)
THREADS = st.lists(NUMBERS, min_size=1, max_size=paths.MAX_LEVELS)


def path_of(numbers: list[int]) -> bytes:
    return b"".join(ids.segment(number) for number in numbers)


@given(NUMBERS)
def test_the_public_form_leads_back_to_the_number(number: int) -> None:
    public_id = ids.encode(number)
    assert len(public_id) == ids.PUBLIC_LENGTH
    assert ids.decode(public_id) == ids.decode(public_id.upper()) == number


def test_look_alikes_are_read_as_what_was_meant() -> None:
    assert ids.decode("0000000il1o") == ids.decode("00000001110")


@pytest.mark.parametrize(
    "wrong",
    ["", "0", "0" * 10, "0" * 12, "u0000000000", "0000000000-", "0000000000 ", "zzzzzzzzzzz", "٣" * 11, "\0" * 11],
)
def test_what_cannot_be_an_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is for nobody
        ids.decode(wrong)


def test_later_comments_have_higher_numbers_that_fit_53_bits(noon: object) -> None:
    first = ids.mint()
    with clock.standing_at(clock.now() + timedelta(milliseconds=1)):
        assert first < ids.mint() < ids.LIMIT


def test_of_two_comments_within_a_millisecond_the_later_one_has_the_higher_number(noon: object) -> None:
    numbers = [ids.mint() for _ in range(5000)]
    assert numbers == sorted({*numbers})
    with clock.standing_at(clock.now() - timedelta(milliseconds=1)):
        assert ids.mint() > numbers[-1]  # a clock that is put right by a little
    with clock.standing_at(clock.now() - timedelta(hours=1)):
        assert ids.mint() < numbers[0]


@given(THREADS, THREADS)
def test_paths_sort_as_threads_are_read(one: list[int], other: list[int]) -> None:
    assert (path_of(one) < path_of(other)) == (one < other)


@given(THREADS)
def test_a_path_knows_everything_above_it(numbers: list[int]) -> None:
    path = path_of(numbers)
    assert paths.levels(path) == len(numbers)
    assert paths.root_number(path) == numbers[0]
    assert paths.ancestors(path) == [path_of(numbers[:end]) for end in range(1, len(numbers))]


@given(THREADS, THREADS)
def test_the_range_of_a_comment_holds_its_replies_and_nothing_else(one: list[int], other: list[int]) -> None:
    path, candidate = path_of(one), path_of(other)
    is_reply = len(other) > len(one) and other[: len(one)] == one
    assert (path < candidate < path + paths.BEHIND_ALL_REPLIES) == is_reply
