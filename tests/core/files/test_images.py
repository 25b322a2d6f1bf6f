"""Which pictures are taken in, and what is stored of them."""

import struct
import zlib
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.datastructures import MultiValueDict
from PIL import Image, ImageCms, ImageSequence, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo
from pytest_django import Settings

from core.files import images
from core.files.images import PictureRefused

RED, BLUE = (200, 30, 30), (30, 30, 200)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GPS, ORIENTATION, ROTATED = 0x8825, 0x0112, 6


def encoded(image: Image.Image, encoder: str, **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, encoder, **options)
    return written.getvalue()


def plain(mode: str = "RGB", size: tuple[int, int] = (60, 40), colour: Any = RED) -> Image.Image:
    return Image.new(mode, size, colour)


def stored_picture(data: bytes, name: str = "picture.bin") -> tuple[str, Image.Image]:
    """The name that `data` gets, and the picture that is stored."""
    kept = images.clean_upload(ContentFile(data, name=name))
    image = Image.open(kept)
    image.load()
    return str(kept.name), image


def is_red(frame: Image.Image, x: int) -> bool:
    red, green, _blue, opacity = frame.getpixel((x, 20))  # type: ignore[misc]
    return opacity > 200 and red > 150 > 100 > green


def profile_for(space: bytes) -> bytes:
    """A colour profile that claims to be for `space`."""
    return SRGB[:16] + space + SRGB[20:]


def png_with_claimed_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def animated(encoder: str, colours: Iterable[Any] = (RED, BLUE), **options: Any) -> bytes:
    first, *rest = [plain(colour=colour) for colour in colours]
    return encoded(first, encoder, save_all=True, append_images=rest, duration=120, **options)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
ATTACKS = {
    "a page sent as a GIF": ("evil.gif", b"<html><script>alert(1)</script></html>"),
    "a page with a GIF's first bytes": ("evil.gif", b"GIF89a/*<html><script>alert(1)</script></html>*/"),
    "SVG": ("drawing.svg", SVG),
    "SVG named PNG": ("drawing.png", b'<?xml version="1.0"?>' + SVG),
    "PostScript": ("page.eps", encoded(plain(), "EPS")),
    "TIFF": ("scan.tiff", encoded(plain(), "TIFF")),
    "BMP": ("old.bmp", encoded(plain(), "BMP")),
    "PDF": ("page.pdf", encoded(plain(), "PDF")),
    "nothing": ("empty.jpg", b""),
    "noise": ("noise.jpg", bytes(range(256)) * 8),
    "a JPEG cut off": ("cut.jpg", encoded(plain(size=(300, 300)), "JPEG")[:900]),
    "a PNG cut off": ("cut.png", encoded(Image.effect_noise((90, 90), 50), "PNG")[:2000]),
    "a GIF cut off": ("cut.gif", encoded(Image.effect_noise((90, 90), 50), "GIF")[:2000]),
    "a WebP cut off": ("cut.webp", encoded(Image.effect_noise((90, 90), 50), "WEBP")[:1000]),
    "an AVIF cut off": ("cut.avif", encoded(Image.effect_noise((90, 90), 50), "AVIF")[:1000]),
    "a bomb": ("bomb.png", png_with_claimed_size(60_000, 60_000)),
    "a smaller bomb": ("bomb.png", png_with_claimed_size(8_000, 7_000)),
    "a GIF of 4 gigapixels": ("bomb.gif", b"GIF89a\xff\xff\xff\xff\x00\x00\x00" + b"," + b"\x00" * 60),
}


@pytest.mark.parametrize(("name", "data"), ATTACKS.values(), ids=ATTACKS.keys())
def test_a_file_that_is_not_a_picture_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(PictureRefused) as refusal:
        images.clean_upload(ContentFile(data, name=name))
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("attack", ["PostScript", "TIFF", "BMP"])
def test_no_other_decoder_reads_the_file(attack: str) -> None:
    with pytest.raises(PictureRefused) as refusal:
        images.clean_upload(ContentFile(ATTACKS[attack][1]))
    assert isinstance(refusal.value.__cause__, UnidentifiedImageError)


def test_too_many_pixels_are_refused_and_the_limit_is_named() -> None:
    for size in ((60_000, 60_000), (8_000, 7_000)):
        with pytest.raises(PictureRefused, match="at most 50 megapixels"):
            images.clean_upload(ContentFile(png_with_claimed_size(*size)))


def test_too_many_bytes_are_refused_and_the_limit_is_named(settings: Settings) -> None:
    data = encoded(plain(), "PNG")
    settings.UPLOAD_MAX_BYTES = len(data)
    images.clean_upload(ContentFile(data))
    settings.UPLOAD_MAX_BYTES = len(data) - 1
    with pytest.raises(PictureRefused, match=r"at most .*bytes"):
        images.clean_upload(ContentFile(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_the_kind_is_recognised_by_content_and_the_name_is_ours(kind: str) -> None:
    name, image = stored_picture(encoded(plain(), kind), name="../../evil\x00.html")
    stem, extension = name.split(".")
    assert (len(stem), extension) == (32, images.KINDS[kind].extension)
    assert (image.format, image.size) == (kind, (60, 40))


def test_data_after_the_picture_is_dropped() -> None:
    page = b"<script>alert(1)</script>"
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        kept = images.clean_upload(ContentFile(encoded(plain(), kind) + page))
        assert page not in kept.read()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_photograph_is_upright_and_without_gps_data(kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATED
    exif.get_ifd(GPS)[1] = "N"
    photograph = plain(size=(60, 40))
    photograph.paste(BLUE, (0, 0, 30, 40))  # the left half, which becomes the upper one
    data = encoded(photograph, kind, exif=exif, xmp=b"<x:xmpmeta>secret</x:xmpmeta>")
    assert not Image.open(BytesIO(data)).getexif().keys().isdisjoint({GPS, ORIENTATION})

    _name, image = stored_picture(data)

    assert image.size == (40, 60)
    upper, lower = (image.convert("RGB").getpixel((20, y)) for y in (10, 50))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[2] > 150 > lower[2]
    assert not dict(image.getexif())
    assert not {"exif", "xmp", "comment", "XML:com.adobe.xmp"} & image.info.keys()


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_comments_inside_the_file_are_dropped(kind: str) -> None:
    data = encoded(plain(), kind, comment=b"private remark")
    assert b"private remark" in data
    assert b"private remark" not in images.clean_upload(ContentFile(data)).read()


def test_text_inside_a_png_is_dropped() -> None:
    remarks = PngInfo()
    remarks.add_text("Author", "private remark")
    assert b"private" not in images.clean_upload(ContentFile(encoded(plain(), "PNG", pnginfo=remarks))).read()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_colour_profile_is_preserved(kind: str) -> None:
    assert stored_picture(encoded(plain(), kind, icc_profile=SRGB))[1].info["icc_profile"] == SRGB


@pytest.mark.parametrize(("mode", "is_preserved"), [("L", True), ("LA", False)])
def test_a_grey_profile_is_preserved_only_in_a_grey_picture(mode: str, is_preserved: bool) -> None:
    grey = profile_for(b"GRAY")
    data = encoded(plain("RGBA", colour=(90, 90, 90, 90)).convert(mode), "PNG", icc_profile=grey)
    assert (stored_picture(data)[1].info.get("icc_profile") == grey) is is_preserved


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_large_picture_is_scaled_down_and_a_small_one_is_not(kind: str) -> None:
    assert stored_picture(encoded(plain(size=(4800, 1200)), kind))[1].size == (2400, 600)
    assert stored_picture(encoded(plain(size=(2400, 10)), kind))[1].size == (2400, 10)


def test_cmyk_is_converted_to_rgb() -> None:
    data = encoded(plain("CMYK", colour=(0, 200, 200, 20)), "JPEG", icc_profile=profile_for(b"CMYK"))
    _name, image = stored_picture(data)
    assert image.mode == "RGB"
    red, green, _blue = image.getpixel((5, 5))  # type: ignore[misc]
    assert red > 180 > 100 > green
    assert "icc_profile" not in image.info


def test_sixteen_bit_grey_keeps_its_shade() -> None:
    _name, image = stored_picture(encoded(plain("I;16", colour=0x8080), "PNG"))
    assert (image.mode, image.getpixel((5, 5))) == ("L", 0x80)


@pytest.mark.parametrize("size", [(60, 40), (3000, 20)], ids=["as it is", "scaled down"])
def test_the_transparency_of_a_palette_is_preserved(size: tuple[int, int]) -> None:
    drawing = Image.new("P", size, 0)
    drawing.putpalette([*RED, *BLUE])
    drawing.paste(1, (0, 0, size[0] // 2, size[1]))
    image = stored_picture(encoded(drawing, "PNG", transparency=0))[1].convert("RGBA")
    left, right = image.getpixel((2, 2)), image.getpixel((image.width - 2, 2))
    assert left == (*BLUE, 255)
    assert isinstance(right, tuple)
    assert right[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGBA"])
def test_every_mode_of_png_is_accepted(mode: str) -> None:
    source = Image.new("RGBA", (60, 40), (255, 255, 255, 255)).convert(mode)
    _name, image = stored_picture(encoded(source, "PNG"))
    assert image.convert("RGBA").getpixel((5, 5)) == (255, 255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_stays_animated(kind: str) -> None:
    _name, image = stored_picture(animated(kind))
    assert [is_red(frame.convert("RGBA"), 30) for frame in ImageSequence.Iterator(image)] == [True, False]
    image.seek(1)
    assert image.info["duration"] == 120


@pytest.mark.parametrize("size", [(60, 40), (3000, 40)], ids=["as it is", "scaled down"])
@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_an_animated_palette_keeps_its_colours(kind: str, size: tuple[int, int]) -> None:
    walk = [Image.new("P", size, 0) for _step in range(3)]
    for frame, left in zip(walk, (0, 30, 15), strict=True):
        frame.putpalette([*RED, *BLUE])
        frame.paste(1, (left, 0, left + 20, 40))
    _name, image = stored_picture(encoded(walk[0], kind, save_all=True, append_images=walk[1:], duration=120))
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    assert [is_red(frame, 5) for frame in frames] == [False, True, True]
    assert [is_red(frame, 55) for frame in frames] == [True, True, True]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_no_previous_frame_shows_through_transparent_pixels(kind: str) -> None:
    walk = [plain("RGBA", colour=(0, 0, 0, 0)) for _step in range(3)]
    for frame, left in zip(walk, (0, 30, 0), strict=True):
        frame.paste((*RED, 255), (left, 0, left + 30, 40))
    options = {"disposal": 2} if kind == "GIF" else {}
    data = encoded(walk[0], kind, save_all=True, append_images=walk[1:], duration=120, **options)

    _name, image = stored_picture(data)

    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    assert [is_red(frame, 10) for frame in frames] == [True, False, True]
    assert [is_red(frame, 50) for frame in frames] == [False, True, False]


def test_the_loop_count_of_a_gif_is_preserved() -> None:
    assert "loop" not in stored_picture(animated("GIF"))[1].info
    assert stored_picture(animated("GIF", loop=0))[1].info["loop"] == 0


def test_an_animation_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    film = ContentFile(animated("GIF", [RED, BLUE, RED]))
    settings.UPLOAD_MAX_PIXELS = 60 * 40 * 2
    with pytest.raises(PictureRefused, match="too long"):
        images.clean_upload(film)
    settings.UPLOAD_MAX_PIXELS = 60 * 40 * 3
    film.seek(0)
    images.clean_upload(film)
    monkeypatch.setattr(images, "MAX_FRAMES", 2)
    film.seek(0)
    with pytest.raises(PictureRefused, match="too long"):
        images.clean_upload(film)


def test_only_the_first_picture_of_an_mpo_file_is_stored() -> None:
    data = encoded(plain(), "MPO", save_all=True, append_images=[plain(colour=BLUE)])
    assert Image.open(BytesIO(data)).format == "MPO"
    name, image = stored_picture(data)
    assert name.endswith(".jpg")
    assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)


def test_the_same_picture_twice_is_one_file(noon: datetime) -> None:
    data = encoded(plain(), "PNG")
    first, second = (images.store(ContentFile(data, name=name)) for name in ("a.png", "b.gif"))
    assert first == second
    assert first.startswith("pictures/2026/")
    assert default_storage.listdir("pictures/2026")[1] == [first.rsplit("/", 1)[1]]


class CoverForm(forms.Form):
    cover = images.PictureField(required=False)


def form_with(**files: UploadedFile) -> CoverForm:
    return CoverForm({}, MultiValueDict({name: [file] for name, file in files.items()}))


def test_the_form_field_cleans_pictures_as_well() -> None:
    form = form_with(cover=SimpleUploadedFile("me at home.GIF" * 20, encoded(plain(), "JPEG")))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["cover"].name.endswith(".jpg")


@pytest.mark.parametrize("data", [b"", SVG], ids=["empty", "svg"])
def test_the_form_field_says_why_it_refuses(data: bytes) -> None:
    form = form_with(cover=SimpleUploadedFile("c.png", data, "image/png"))
    assert not form.is_valid()
    assert len(form.errors["cover"]) == 1


def test_the_form_field_may_stay_empty_and_offers_only_accepted_types() -> None:
    form = form_with()
    assert form.is_valid()
    assert 'accept="image/avif,image/gif,image/jpeg,image/png,image/webp"' in str(form["cover"])
