"""The one door for films and captions of our own. A film is kept as it was sent, so its bytes say what it is."""

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
from blog.videos.containers import FilmRefused
from core.files import content_names


def clean_film(upload: File[bytes]) -> File[bytes]:
    """The film in `upload`, named by its content: the name and the type that the sender claims are not looked at.

    It is never in memory as a whole. Raises FilmRefused.
    """
    if upload.size > settings.VIDEO_MAX_BYTES:
        raise FilmRefused(_too_large())
    film = containers.examine(upload, upload.size)
    named = copy(upload)  # the name that was sent is said back where the form is refused for another reason
    named.name = content_names.by_content(upload.chunks(), film.extension)
    return named


class _CheckedFileField(forms.FileField):
    """A file that goes through a door of ours. Its own name may be of any length: it is not kept."""

    clean_upload: Callable[[File[bytes]], File[bytes]]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"max_length": None})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Not where a hidden input sends nothing for a file that cannot be chosen."""
        return data != "" and super().has_changed(initial, data)

    def to_python(self, data: File[bytes] | None) -> File[bytes] | None:
        upload = super().to_python(data)
        try:
            return type(self).clean_upload(upload) if upload else None
        except (FilmRefused, CaptionsRefused) as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal


class VideoFileField(_CheckedFileField):
    """A form's way through the door for films."""

    clean_upload = staticmethod(clean_film)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.help_text = _("MP4 or WebM of at most %(limit)s, to be shown from here.") % _limit()

    default_error_messages = {"empty": gettext_lazy("The file is empty. Choose the video once more.")}

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """With what the page needs to refuse a film that is too large before it travels."""
        accepted = [*containers.MEDIA_TYPES.values(), *(f".{name}" for name in containers.MEDIA_TYPES), ".m4v"]
        return {
            "accept": ",".join(accepted),
            "data-max-bytes": settings.VIDEO_MAX_BYTES,
            "data-too-large": _too_large(),
        }


class CaptionsField(_CheckedFileField):
    """A form's way through the door for captions."""

    clean_upload = staticmethod(captions.clean_upload)
    default_error_messages = {"empty": gettext_lazy("The file is empty. Choose the captions once more.")}

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"accept": f".{captions.EXTENSION},text/vtt"}


def _too_large() -> str:
    return _("The video is too large: at most %(limit)s.") % _limit()


def _limit() -> dict[str, str]:
    return {"limit": filesizeformat(settings.VIDEO_MAX_BYTES)}
