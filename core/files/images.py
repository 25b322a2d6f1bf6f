"""Takes in uploaded pictures. Each is decoded and encoded again, so that no uploaded byte is ever served."""

import logging
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps, ImageSequence

from core import clock
from core.files import content_names

MAX_SIDE = 2400  # pixels: twice the widest column, for high-density screens
MAX_FRAMES = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """How one kind of picture is written: Pillow's encoder and its options, our file extension, the media type."""

    encoder: str
    extension: str
    media_type: str
    options: dict[str, Any]


JPEG = Kind("JPEG", "jpg", "image/jpeg", {"quality": 85, "progressive": True, "optimize": True})
# By Pillow's names. Only these decoders ever read an upload.
KINDS = {
    "JPEG": JPEG,
    "PNG": Kind("PNG", "png", "image/png", {"optimize": True}),
    "WEBP": Kind("WEBP", "webp", "image/webp", {"quality": 85}),
    "AVIF": Kind("AVIF", "avif", "image/avif", {"quality": 70, "speed": 8}),
    # Every frame is written completely. Unless the previous one is cleared, it shows through transparent pixels.
    "GIF": Kind("GIF", "gif", "image/gif", {"disposal": 2}),
}


class PictureRefused(Exception):
    """The upload was refused. The message is a sentence for the person who uploaded it."""


def clean_upload(upload: File[bytes]) -> ContentFile[bytes]:
    """The picture in `upload`, encoded again: upright, at most MAX_SIDE on a side, without EXIF, GPS, XMP and comments.

    Colour profiles and animations are preserved. The name is content-addressed, so the same picture is the same file;
    the name and type in the request are ignored. Raises PictureRefused.
    """
    if upload.size > settings.UPLOAD_MAX_BYTES:
        limit = filesizeformat(settings.UPLOAD_MAX_BYTES)
        raise PictureRefused(_("The picture is too large: at most %(limit)s.") % {"limit": limit})
    try:
        kind, data = _reencode(upload.read())
    except PictureRefused:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except Exception as error:  # on a broken file, decoders may raise anything
        log.info("A picture could not be read: %r", error)
        message = _("This file cannot be read as a picture. Use a JPEG, PNG, WebP, AVIF or GIF file.")
        raise PictureRefused(message) from error
    return ContentFile(data, name=content_names.by_content([data], kind.extension))


def store(upload: File[bytes]) -> str:
    """Store the picture in `upload` and return its name in the default storage. Raises PictureRefused."""
    picture = clean_upload(upload)
    name = f"pictures/{clock.now():%Y}/{picture.name}"
    return name if content_names.is_whole(default_storage, name, picture.size) else default_storage.save(name, picture)


class PictureField(forms.FileField):
    """The form field for covers and posters. Its cleaned value is the picture from `clean_upload`."""

    default_error_messages = {"empty": gettext_lazy("The file is empty. Choose the picture again.")}

    def to_python(self, data: File[bytes] | None) -> ContentFile[bytes] | None:
        upload = super().to_python(data)
        try:
            return clean_upload(upload) if upload else None
        except PictureRefused as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"accept": ",".join(sorted({kind.media_type for kind in KINDS.values()}))}


def _reencode(data: bytes) -> tuple[Kind, bytes]:
    with Image.open(BytesIO(data), formats=list(KINDS)) as image:
        # MPO is Pillow's name for a JPEG that contains further pictures, as telephones make them. We keep the first.
        kind = JPEG if image.format == "MPO" else KINDS[str(image.format)]
        frame_count = 1 if kind is JPEG else getattr(image, "n_frames", 1)
        _refuse_bombs(image.width * image.height, frame_count)
        info = image.info
        is_animated = frame_count > 1
        frames = (
            [_prepare(frame.copy()) for frame in ImageSequence.Iterator(image)] if is_animated else [_prepare(image)]
        )
        options = kind.options | {"icc_profile": _colour_profile(info.get("icc_profile"), frames[0].mode)}
        if is_animated:
            options |= _animation_options(frames, info)
        output = BytesIO()
        frames[0].save(output, kind.encoder, **options)
    return kind, output.getvalue()


def _refuse_bombs(pixels: int, frame_count: int) -> None:
    """Refuse pictures that are too large. Only the header has been read so far, and no memory allocated for pixels."""
    if pixels > settings.UPLOAD_MAX_PIXELS:
        raise _too_many_pixels()
    if frame_count > MAX_FRAMES or pixels * frame_count > settings.UPLOAD_MAX_PIXELS:
        raise PictureRefused(_("The animation is too long. Make it shorter or smaller, or send a single picture."))


def _too_many_pixels() -> PictureRefused:
    limit = settings.UPLOAD_MAX_PIXELS // 1_000_000
    return PictureRefused(_("The picture has too many pixels: at most %(limit)s megapixels.") % {"limit": limit})


def _colour_profile(profile: bytes | None, mode: str) -> bytes | None:
    """The colour profile if it is one for `mode`: CMYK colours, for example, have been converted to RGB."""
    colours = b"GRAY" if mode in ("1", "L") else b"RGB "
    return profile if profile and profile[16:20] == colours else None


def _animation_options(frames: list[Image.Image], info: dict[str | tuple[int, int], Any]) -> dict[str, Any]:
    """The encoder's options that preserve the duration of each frame (milliseconds) and the loop count in `info`."""
    durations = [int(frame.info.get("duration") or 0) for frame in frames]
    loop = {"loop": info["loop"]} if "loop" in info else {}
    return {"save_all": True, "append_images": frames[1:], "duration": durations, **loop}


def _prepare(frame: Image.Image) -> Image.Image:
    """The frame scaled down, upright, with at most 8 bits per channel, and without metadata."""
    frame = _in_web_colours(frame)
    frame.thumbnail((MAX_SIDE, MAX_SIDE))
    if frame.mode == "CMYK":  # only now: a JPEG is decoded at a reduced size, which an earlier conversion would prevent
        frame = frame.convert("RGB")
    ImageOps.exif_transpose(frame, in_place=True)
    # Encoders read more from here than their options name, such as the comment of a JPEG or GIF.
    frame.info = {key: frame.info[key] for key in ("transparency", "duration") if key in frame.info}
    return frame


def _in_web_colours(frame: Image.Image) -> Image.Image:
    if frame.mode.startswith("I"):  # 16-bit grey, which convert() would clip at 255 instead of scaling
        return frame.point(lambda grey: grey * (1 / 257)).convert("L")
    if frame.mode in ("L", "RGB", "RGBA", "CMYK") and not ("transparency" in frame.info and frame.mode != "RGBA"):
        return frame
    if frame.mode in ("1", "P") and max(frame.size) <= MAX_SIDE:
        return frame  # keep the palette; only scaling needs colours in between
    return frame.convert("RGBA" if frame.has_transparency_data else "RGB")
