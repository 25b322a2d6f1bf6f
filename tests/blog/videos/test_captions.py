"""Captions: what is stored of a WebVTT file, and the sentence with which an invalid file is refused."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from blog.videos import captions
from blog.videos.captions import CaptionsRefused
from tests.attacks import ATTACKS

CUE = "00:01.000 --> 00:02.500\nWhere the camera stood."
PLAIN = f"WEBVTT\n\n{CUE}\n"


def cleaned(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return str(captions.clean_upload(ContentFile(data, name="x.vtt")).read(), "utf-8")


def refusal(text: str | bytes) -> str:
    with pytest.raises(CaptionsRefused) as refused:
        cleaned(text)
    return str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.rstrip(),
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n\n", "\n\n\n\n"),
    ],
    ids=["plain", "no last line end", "byte order mark", "CRLF", "CR", "many empty lines"],
)
def test_the_same_captions_are_stored_as_one_file_however_they_are_written(text: str) -> None:
    assert cleaned(text) == PLAIN
    stored = captions.clean_upload(ContentFile(text.encode()))
    assert stored.name == captions.clean_upload(ContentFile(PLAIN.encode())).name
    assert str(stored.name).endswith(".vtt")


@pytest.mark.parametrize(
    "text",
    [
        f"WEBVTT - A film\nKind: captions\n\nNOTE by me\nof two lines\n\n1\n{CUE}\n",
        "WEBVTT\n\n00:01:02.000\t-->  99:01:04.500 align:start line:0%\n- One\n- Two\n",
        "WEBVTT\n\nREGION\nid:left\n\nname of the cue\n1000:00:00.000 --> 1000:00:01.000\n\n"
        "00:03.000 --> 00:04.000\nSo\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>It <i>cannot</i> lie</v> &amp; 日本語\n",
    ],
    ids=["notes", "settings", "regions and a silent cue", "markup"],
)
def test_valid_captions_are_stored_unchanged(text: str) -> None:
    assert cleaned(text) == text


def test_styles_are_removed() -> None:
    styled = "WEBVTT\n\nSTYLE\n::cue { background: url(https://evil.example/) }\n\nSTYLE x\n::cue {}\n\n"
    assert cleaned(styled + CUE) == PLAIN


def test_a_cue_whose_name_begins_like_a_style_is_not_removed() -> None:
    text = "WEBVTT\n\nSTYLES of the harbour\n" + CUE + "\n"
    assert cleaned(text) == text


REFUSED = {
    "nothing": (b"", "whose first line is WEBVTT"),
    "another text": (b"Hello", "whose first line is WEBVTT"),
    "a similar word": (b"WEBVTTX\n\n00:01.000 --> 00:02.000\nx", "whose first line is WEBVTT"),
    "not at the beginning": (b"\nWEBVTT\n\n00:01.000 --> 00:02.000\nx", "whose first line is WEBVTT"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "whose first line is WEBVTT"),
    "SRT": (b"1\n00:00:01,000 --> 00:00:02,000\nx\n", "This is an SRT file"),
    "SRT with a byte order mark": (b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,000\r\nx\r\n", "This is an SRT file"),
    "UTF-16": (PLAIN.encode("utf-16"), "not encoded in UTF-8"),
    "Latin-1": (PLAIN.replace("stood", "stünde").encode("latin-1"), "not encoded in UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "not encoded in UTF-8"),
    "NUL": (b"WEBVTT\n\n00:01.000 --> 00:02.000\na\x00b", "characters that do not belong in a text"),
    "no cue": (b"WEBVTT\n\nNOTE only this\n", "no captions in this file"),
    "no cue but styles": (b"WEBVTT\n\nSTYLE\n::cue {}\n", "no captions in this file"),
    "cue in the header": (b"WEBVTT\n00:01.000 --> 00:02.000\nx", "an empty line between WEBVTT and the first"),
    "text without a time": (PLAIN.encode() + b"\nAnd then?\n", "Line 7 of the captions must say when"),
    "comma": (b"WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nx", "Line 3 of the captions must say when"),
    "time after two lines": (b"WEBVTT\n\na\nb\n00:01.000 --> 00:02.000\nx", "Line 4 of the captions must say when"),
    "no such minute": (b"WEBVTT\n\n00:61:00.000 --> 00:62:00.000\nx", "Line 3 of the captions must say when"),
    "other digits": ("WEBVTT\n\n٠٠:٠١.٠٠٠ --> ٠٠:٠٢.٠٠٠\nx".encode(), "Line 3 of the captions must say when"),
    "hours without end": (b"WEBVTT\n\n" + b"9" * 9999 + b":00:00.000 --> 1:00:00.000\nx", "Line 3 of the captions"),
    "arrow alone": (b"WEBVTT\n\n-->\n", "Line 3 of the captions must say when"),
    "backwards": (
        b"WEBVTT\n\n1\n00:02.000 --> 00:01.000\nx",
        "Line 4 of the captions: this caption ends before it begins",
    ),
    "no empty line": (
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n00:02.000 --> 00:03.000\ny",
        "Line 5 of the captions: leave an empty line",
    ),
    "too long": (PLAIN.encode() + b"x" * (1024 * 1024), "too large. The limit is 1.0"),
}


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED)
def test_invalid_captions_are_refused_with_a_sentence(data: bytes, says: str) -> None:
    sentence = refusal(data)
    assert says in sentence
    assert sentence.endswith(".")


def test_a_file_full_of_empty_cues_is_accepted() -> None:
    cue = "\n00:01.000 --> 00:02.000\n"
    text = "WEBVTT\n" + cue * ((1024 * 1024 - 8) // len(cue))
    assert cleaned(text) == text


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_refused_or_served_as_captions_that_cannot_run(client: Client, attack: str) -> None:
    """In a cue they are text. The file is served as captions, whatever a browser might guess from its content."""
    for text in (attack, f"WEBVTT {attack}\n\n{CUE}", f"WEBVTT\n\n{attack}\n{CUE}", f"{PLAIN}{attack}\n"):
        try:
            stored = captions.clean_upload(ContentFile(text.encode()))
        except CaptionsRefused:
            continue
        response = client.get(f"/media/{default_storage.save(f'clips/{stored.name}', stored)}")
        assert response.getvalue().startswith(b"WEBVTT")
        assert response["Content-Type"] == "text/vtt; charset=utf-8"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
