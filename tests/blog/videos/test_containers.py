"""Video files are recognised by their bytes, whatever their name is; others are refused with a helpful sentence."""

import hashlib
import random
import struct

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.datastructures import MultiValueDict
from pytest_django import Settings

from blog.videos import containers, file_fields
from blog.videos.containers import VideoFile, VideoRefused
from tests.attacks import ATTACKS
from tests.blog.videos.films import MP4, WEBM, box, element, header, mp4, webm

HTML = b"<!doctype html><script>alert(1)</script>"


def examined(data: bytes) -> VideoFile:
    return containers.examine(ContentFile(data), len(data))


def refusal(data: bytes) -> str:
    with pytest.raises(VideoRefused) as refused:
        examined(data)
    return str(refused.value)


def test_videos_that_browsers_play_are_recognised_with_their_duration() -> None:
    assert examined(WEBM) == VideoFile("webm", 8)
    assert examined(MP4) == VideoFile("mp4", 8)


@pytest.mark.parametrize("brand", [b"isom", b"iso2", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VP", b"dash"])
def test_the_brands_of_videos_are_recognised(brand: bytes) -> None:
    assert examined(mp4(brand)) == VideoFile("mp4")
    assert examined(mp4(b"abcd", brand)) == VideoFile("mp4")


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (mp4(movie=header(scale=1000, duration=724_400)), 724),
        (mp4(movie=box(b"free") + header(scale=600, duration=300)), 1),  # half a second is not zero
        (mp4(movie=header(scale=1000, duration=90_000, long=True)), 90),
        (mp4(movie=header(scale=0, duration=90_000)), None),
        (mp4(movie=header(scale=1000, duration=0)), None),
        (mp4(movie=header(scale=1, duration=2**32 - 1)), None),  # means "unknown"
        (mp4(movie=header(scale=1, duration=2**64 - 1, long=True)), None),
        (mp4(movie=box(b"mvhd", b"short")), None),
        (mp4(movie=b"\xff" * 40), None),
        (mp4(rest=box(b"moof") + box(b"mdat")), None),
        (webm(about=element(0x4489, struct.pack(">d", 724_400.0))), 724),
        (webm(about=element(0x2AD7B1, b"\x01\x86\xa0") + element(0x4489, struct.pack(">f", 90_000.0))), 9),
        (webm(about=element(0x4489, struct.pack(">d", float("nan")))), None),
        (webm(about=element(0x4489, struct.pack(">d", float("inf")))), None),
        (webm(about=element(0x4489, struct.pack(">d", -5.0))), None),
        (webm(about=element(0x4489, struct.pack(">d", 1e300)) + element(0x2AD7B1, b"\xff" * 16)), None),
        (webm(about=element(0x4489, b"xyz")), None),
        (webm(about=element(0x4489, b"x", length=2**50)), None),
        (webm(length=2**56 - 1), None),  # a stream: it ends where the file does
    ],
)
def test_only_a_plausible_duration_is_accepted(data: bytes, seconds: int | None) -> None:
    assert examined(data).duration == seconds


FRAME = webm()
REFUSED = {
    "a page": (HTML, "not a video that browsers can play"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not a video that browsers can play"),
    "nothing but zeros": (bytes(5000), "not a video that browsers can play"),
    "a page before a film": (HTML + MP4, "not a video that browsers can play"),
    "a page with the signature of MP4": (b"<!--ftypisom--><script>alert(1)</script>", "cannot be read"),
    "a page with a complete first box": (box(b"ftyp", b"isom" + bytes(4)) + HTML, "The file is incomplete"),
    "a page with the signature of WebM": (b"\x1aE\xdf\xa3" + HTML, "cannot be read"),
    "a page in the first box": (box(b"ftyp", b"isom" + bytes(4) + HTML * 40), "cannot be read"),
    "the first box alone": (box(b"ftyp", b"isom" + bytes(4)), "cannot be read"),
    "an endless first box": (b"\0\0\0\0ftypisom" + bytes(5000), "cannot be read"),
    "a first box of no length": (b"\0\0\0\x04ftypisom", "cannot be read"),
    "boxes longer than all disks": (b"\0\0\0\x01ftyp" + b"\xff" * 8, "cannot be read"),
    "no frames": (mp4(rest=b""), "cannot be read"),
    "cut off": (MP4[:-200], "The file is incomplete"),
    "an MP4 cut off before its index of frames": (MP4[:1500], "The file is incomplete"),
    "a WebM cut off": (WEBM[:9000], "The file is incomplete"),
    "a WebM without content": (WEBM[:40], "cannot be read"),
    "a WebM of one byte": (b"\x1aE\xdf\xa3", "cannot be read"),
    "a WebM of an unknown kind": (webm(b"webmx"), "cannot be read"),
    "QuickTime": (mp4(b"qt  ", b"qt  "), "This is a QuickTime video"),
    "QuickTime that claims to be more": (mp4(b"qt  ", b"isom"), "This is a QuickTime video"),
    "old QuickTime": (box(b"wide") + box(b"mdat", b"frames") + box(b"moov"), "This is a QuickTime video"),
    "Matroska": (webm(b"matroska"), "Not every browser plays Matroska files"),
    "AVI": (b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(300), "Not every browser plays AVI files"),
    "Ogg": (b"OggS" + bytes(300), "Not every browser plays Ogg files"),
    "Windows Media": (bytes.fromhex("3026b2758e66cf11") + bytes(300), "Not every browser plays Windows Media"),
    "Flash": (b"FLV\x01\x05" + bytes(300), "Not every browser plays Flash files"),
    "MPEG program stream": (b"\0\0\x01\xba" + bytes(300), "Not every browser plays MPEG files"),
    "MPEG transport stream": ((b"G" + bytes(187)) * 3, "Not every browser plays MPEG files"),
    "a picture that claims to be a video": (mp4(b"avif", b"mif1", b"isom"), "This is a picture"),
    "a photograph from a phone": (mp4(b"heic", b"mif1"), "This is a picture"),
    "a sound": (mp4(b"M4A ", b"isom"), "only sound"),
    "an MP4 with a private brand": (mp4(b"niko", b"abcd"), "do not know this kind of MP4"),
    "a ZIP": (b"PK\x03\x04" + bytes(300), "not a video that browsers can play"),
    "too short for any signature": (b"\0\0\0", "not a video that browsers can play"),
}


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED)
def test_files_that_some_browsers_cannot_play_are_refused_with_a_helpful_sentence(data: bytes, says: str) -> None:
    sentence = refusal(data)
    assert says in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("whole", [MP4, WEBM, FRAME], ids=["MP4", "WebM", "a frame"])
def test_a_damaged_file_is_a_video_or_is_refused(whole: bytes) -> None:
    """Files are cut off anywhere, and bytes are changed anywhere. No other exception is raised."""
    chance = random.Random(5)
    for _round in range(1500):
        data = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _change in range(chance.randrange(6)):
            if data:
                data[chance.randrange(min(len(data), 600))] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
        try:
            examined(bytes(data))
        except VideoRefused:
            continue


class Counted(ContentFile[bytes]):
    """A file that counts the bytes that are read from it."""

    count = 0

    def read(self, size: int = -1) -> bytes:
        content: bytes = self.file.read(size)
        self.count += len(content)
        return content


@pytest.mark.parametrize(
    "data",
    [
        mp4(rest=box(b"mdat", bytes(3_000_000))),
        mp4(rest=box(b"moof") * 300_000 + box(b"mdat")),
        mp4(movie=box(b"free") * 300_000),
        webm(about=element(0xEC) * 300_000),
    ],
    ids=["long frames", "many fragments", "many boxes", "many elements"],
)
def test_only_the_structure_of_a_file_is_read(data: bytes) -> None:
    file = Counted(data)
    containers.examine(file, len(data))
    assert file.count < 100_000


# --- The form fields


class FilmForm(forms.Form):
    film = file_fields.VideoFileField(required=False, max_length=100)
    captions = file_fields.CaptionsField(required=False)


def form_with(**chosen: UploadedFile) -> FilmForm:
    return FilmForm({}, MultiValueDict({name: [file] for name, file in chosen.items()}))


@pytest.mark.parametrize(
    "name", [*ATTACKS.values(), "x" * 250 + ".mp4", "../../etc/passwd", "con.html", "film.php.mp4"]
)
def test_the_stored_name_depends_only_on_the_content(name: str) -> None:
    chosen = SimpleUploadedFile("film", WEBM, "text/html")
    vars(chosen)["_name"] = name  # bypass the cleaning by Django
    form = form_with(film=chosen)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["film"].name == f"{hashlib.sha256(WEBM).hexdigest()[:32]}.webm"


def test_a_form_says_why_it_refuses_a_file() -> None:
    form = form_with(film=SimpleUploadedFile("film.mp4", HTML, "video/mp4"))
    assert form.errors["film"] == ["This is not a video that browsers can play. Use an MP4 or WebM file."]
    form = form_with(film=SimpleUploadedFile("film.mp4", b""), captions=SimpleUploadedFile("x.vtt", b""))
    assert form.errors["film"] == ["The file is empty. Choose the video again."]
    assert form.errors["captions"] == ["The file is empty. Choose the captions again."]


def test_a_file_that_is_too_large_is_refused_with_the_limit(settings: Settings) -> None:
    settings.VIDEO_MAX_BYTES = len(WEBM)
    assert form_with(film=SimpleUploadedFile("a", WEBM)).is_valid()
    settings.VIDEO_MAX_BYTES = len(WEBM) - 1
    form = form_with(film=SimpleUploadedFile("a", WEBM))
    assert form.errors["film"] == ["The video is too large. The limit is 13.4\xa0KB."]
    assert file_fields.VideoFileField().widget.attrs["data-max-bytes"] == len(WEBM) - 1


def test_a_form_offers_only_accepted_formats_and_may_stay_empty() -> None:
    form = form_with()
    assert form.is_valid()
    assert 'accept="video/mp4,video/webm,.mp4,.webm,.m4v"' in str(form["film"])
    assert 'accept=".vtt,text/vtt"' in str(form["captions"])
