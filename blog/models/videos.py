"""Videos of posts: references to videos at providers, and uploaded files."""

from pathlib import PurePosixPath
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from blog.models.fields import HttpURLField, LanguageField
from blog.videos import containers, references
from core import clock
from core.files.shared_files import SharedFileField


class VideoQuerySet(models.QuerySet["Video"]):
    def public(self) -> Self:
        """Videos of public posts; those of a repost only while its words may be shown."""
        from blog.models.posts import Post
        from blog.models.reposts import Repost

        is_of_host = Q(part=Video.Part.POST)
        return self.filter(
            is_of_host | Q(post__repost__in=Repost.objects.in_force()), post__in=Post.objects.published().order_by()
        )

    def with_file(self, name: str) -> Self:
        """Videos that use the stored file `name` as their video, captions or poster."""
        return self.filter(Q(*((field, name) for field in Video.FILE_FIELDS), _connector=Q.OR))

    def due_for_check(self) -> Self:
        """Videos at providers for which it is time to check whether they still exist."""
        now = clock.now()
        return self.exclude(provider__in=references.UNCHECKED_PROVIDERS).filter(Q(check_at=None) | Q(check_at__lte=now))


class Video(models.Model):
    """A video of a post or of the words it reposts: a provider and an id, or an uploaded file.

    The provider's HTML is never stored. `text` names the text that contains the video, and the text determines where
    it is shown; a video without `text` is attached to the post.
    """

    class Part(models.TextChoices):
        POST = "post", _("the post")
        REPOST = "repost", _("the reposted words")

    class Text(models.TextChoices):
        NONE = "", _("attached")
        INTRODUCTION = "introduction", _("introduction")
        BODY = "body", _("body")
        WORDS = "words", _("the reposted words")

    class AiOrigin(models.TextChoices):
        UNSET = "", _("please choose")
        NONE = "none", _("not made by AI")
        GENERATED = "generated", _("made by AI")
        MODIFIED = "modified", _("changed by AI")
        UNKNOWN = "unknown", _("not known")

    class Status(models.TextChoices):
        LIVE = "live", _("live")
        UNAVAILABLE = "unavailable", _("unavailable")

    post = models.ForeignKey("blog.Post", models.CASCADE, related_name="videos", verbose_name=_("post"))
    part = models.CharField(_("belongs to"), max_length=10, choices=Part, default=Part.POST)
    text = models.CharField(_("shown in"), max_length=12, choices=Text, default=Text.NONE, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    page_url = HttpURLField(
        _("URL"), blank=True, help_text=_("The page of the video, as you would send it to a friend.")
    )
    file = SharedFileField(
        _("or a file"), upload_to="videos/", blank=True, help_text=_("An MP4 or WebM file, to be shown from this site.")
    )
    file_size = models.PositiveBigIntegerField(null=True, editable=False, help_text="In bytes.")
    provider = models.CharField(_("provider"), max_length=20, editable=False)
    provider_host = models.CharField(
        max_length=255, blank=True, editable=False, help_text="If the provider runs on many hosts."
    )
    provider_id = models.CharField(_("id"), max_length=1000, editable=False)
    start = models.PositiveIntegerField(_("start"), default=0, editable=False, help_text=_("In seconds."))
    title = models.CharField(_("title"), max_length=300, blank=True)
    duration = models.PositiveIntegerField(_("length"), null=True, blank=True, help_text=_("In seconds."))
    uploaded_on = models.DateField(
        _("uploaded on"),
        null=True,
        blank=True,
        help_text=_("As its page says. Search engines do not list a video without this date."),
    )
    creator = models.CharField(
        _("made by"), max_length=200, blank=True, help_text=_("Named in the credit below the video.")
    )
    creator_url = HttpURLField(_("creator’s page"), blank=True)
    licence_name = models.CharField(_("licence"), max_length=200, blank=True)
    licence_url = HttpURLField(_("URL of the licence"), blank=True)
    note = models.CharField(
        _("permission note"),
        max_length=500,
        blank=True,
        help_text=_("Shown to readers, for example “With his permission”."),
    )
    poster = models.ImageField(
        _("poster"),
        upload_to="posters/",
        blank=True,
        help_text=_("A still picture. Left empty, readers see a plain drawing."),
    )
    poster_alt = models.CharField(_("description of the poster"), max_length=500, blank=True)
    transcript = models.TextField(_("transcript"), blank=True)
    captions = SharedFileField(
        _("captions"), upload_to="captions/", blank=True, help_text=_("A WebVTT file (.vtt), for uploaded videos.")
    )
    captions_language = LanguageField(
        _("language of the captions"),
        blank=True,
        help_text=_("A language tag. Left empty, the post’s language is used."),
    )
    ai_origin = models.CharField(_("made by AI?"), max_length=10, choices=AiOrigin, default=AiOrigin.UNSET, blank=True)
    archive_url = HttpURLField(
        _("archived copy"), blank=True, help_text=_("Where it can be watched if its page disappears.")
    )
    fetched = models.JSONField(
        default=dict, editable=False, help_text="Field name to value, as last fetched from the provider."
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.LIVE, editable=False)
    unavailable_since = models.DateTimeField(_("unavailable since"), null=True, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)
    check_at = models.DateTimeField(_("next check"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("refusals in a row"), default=0, editable=False)

    # The fields in which a host describes a video, as opposed to choosing it and where it is shown.
    DETAIL_FIELDS = (
        *("title", "duration", "uploaded_on", "creator", "creator_url", "licence_name", "licence_url", "note"),
        *("poster", "poster_alt", "transcript", "captions", "ai_origin", "archive_url"),
    )

    FILE_FIELDS = ("file", "captions", "poster")

    objects = VideoQuerySet.as_manager()

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=[field], condition=~Q(**{field: ""}), name=f"video_{field}")
            for field in ("file", "captions", "poster")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "text", "provider", "provider_host", "provider_id", "start"],
                condition=~Q(text=""),
                name="video_once_in_a_text",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.page_url or str(self.file)

    @property
    def reference(self) -> references.Reference:
        return references.Reference(self.provider, self.provider_id, self.start, self.provider_host)

    @reference.setter
    def reference(self, reference: references.Reference) -> None:
        self.provider, self.provider_host = reference.provider, reference.host
        self.provider_id, self.start = reference.id, reference.start

    @property
    def name(self) -> str:
        """The title, or a generic name with the provider, for readers and screen readers."""
        if self.provider == references.UPLOAD:
            return self.title or str(_("Video"))
        return self.title or _("Video on %(provider)s") % {"provider": self.reference.provider_name}

    @property
    def length(self) -> str:
        """The duration as minutes and seconds (12:04), or with hours (1:02:03)."""
        if not self.duration:
            return ""
        minutes, seconds = divmod(self.duration, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    @property
    def kind(self) -> str:
        """The file format as readers know it: MP4 or WebM."""
        extension = PurePosixPath(self.file.name or "").suffix[1:]
        return "WebM" if extension == "webm" else extension.upper()

    @property
    def media_type(self) -> str:
        return containers.MEDIA_TYPES.get(self.kind.lower(), "application/octet-stream")

    @property
    def download_name(self) -> str:
        """The file name for a download, from the title: the stored name is a hash."""
        return f"{slugify(self.title, allow_unicode=True)[:60] or 'video'}.{self.kind.lower()}"

    @property
    def captions_label(self) -> str:
        """The language of the captions in its own words, or its tag if Django does not know it."""
        try:
            return str(get_language_info(self.captions_language.lower())["name_local"])
        except KeyError:
            return self.captions_language

    @property
    def has_typed_values(self) -> bool:
        """Whether the row has details that the host typed, which would be lost with it."""
        return any(self._json_value(name) for name in {*self.DETAIL_FIELDS} - self.fetched_fields)

    @property
    def fetched_fields(self) -> set[str]:
        """The fields whose value is still the one that was fetched from the provider."""
        return {name for name, value in self.fetched.items() if value and self._json_value(name) == value}

    def _json_value(self, name: str) -> str | int:
        """The value of a field as `fetched` stores it."""
        value = getattr(self, name)
        return value if isinstance(value, int) else str(value or "")
