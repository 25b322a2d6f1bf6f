"""Form fields for uploaded videos and captions. Videos are stored as sent, so their bytes must prove their format."""

from collections.abc import Callable
from copy import copy
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.videos import captions, containers
from blog.videos.captions import CaptionsRefused
from blog.videos.containers import VideoRefused
from core.files import content_names


def clean_video(upload: File[bytes]) -> File[bytes]:
    """Return the video in `upload` under a name derived from its content. The name and type that were sent are ignored.

    The file is never in memory as a whole. Raises VideoRefused.
    """
    if upload.size > settings.VIDEO_MAX_BYTES:
        raise VideoRefused(_too_large())
    film = containers.examine(upload, upload.size)
    named = copy(upload)  # the upload keeps its name: a form with other errors shows it
    named.name = content_names.by_content(upload.chunks(), film.extension)
    return named


class _CheckedFileField(forms.FileField):
    """A file field that validates and renames the upload. The name that was sent may have any length."""

    clean_upload: Callable[[File[bytes]], File[bytes]]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"max_length": None})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Ignore the empty text that a hidden input sends if no file can be chosen."""
        return data != "" and super().has_changed(initial, data)

    def to_python(self, data: File[bytes] | None) -> File[bytes] | None:
        upload = super().to_python(data)
        try:
            return type(self).clean_upload(upload) if upload else None
        except (VideoRefused, CaptionsRefused) as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal


class VideoFileField(_CheckedFileField):
    """A file field for videos; see `clean_video`."""

    clean_upload = staticmethod(clean_video)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.help_text = _("An MP4 or WebM file of at most %(limit)s, to be shown from this site.") % _limit()

    default_error_messages = {"empty": gettext_lazy("The file is empty. Choose the video again.")}

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Add what the page's script needs to refuse a video that is too large before it is sent."""
        accepted = [*containers.MEDIA_TYPES.values(), *(f".{name}" for name in containers.MEDIA_TYPES), ".m4v"]
        return {
            "accept": ",".join(accepted),
            "data-max-bytes": settings.VIDEO_MAX_BYTES,
            "data-too-large": _too_large(),
        }


class CaptionsField(_CheckedFileField):
    """A file field for captions; see `captions.clean_upload`."""

    clean_upload = staticmethod(captions.clean_upload)
    default_error_messages = {"empty": gettext_lazy("The file is empty. Choose the captions again.")}

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"accept": f".{captions.EXTENSION},text/vtt"}


def _too_large() -> str:
    return _("The video is too large. The limit is %(limit)s.") % _limit()


def _limit() -> dict[str, str]:
    return {"limit": filesizeformat(settings.VIDEO_MAX_BYTES)}
