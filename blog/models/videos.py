"""References to videos: what we keep of a film that lives elsewhere."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from blog.models.fields import WebAddressField
from blog.videos import providers


class Video(models.Model):
    """A video of a post, or of the words it reposts: provider and id, never the provider's HTML."""

    class Part(models.TextChoices):
        POST = "post", _("the post")
        REPOST = "repost", _("the reposted words")

    class AiOrigin(models.TextChoices):
        UNKNOWN = "unknown", _("not known")
        NONE = "none", _("not made by AI")
        GENERATED = "generated", _("made by AI")
        MODIFIED = "modified", _("changed by AI")

    class Status(models.TextChoices):
        LIVE = "live", _("live")
        UNAVAILABLE = "unavailable", _("unavailable")

    post = models.ForeignKey("blog.Post", models.CASCADE, related_name="videos", verbose_name=_("post"))
    part = models.CharField(_("belongs to"), max_length=10, choices=Part, default=Part.POST)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    page_url = WebAddressField(_("address"), help_text=_("The page of the video, as you would send it to a friend."))
    provider = models.CharField(_("provider"), max_length=20, editable=False)
    provider_id = models.CharField(_("id"), max_length=100, editable=False)
    start = models.PositiveIntegerField(_("start"), default=0, editable=False, help_text=_("In seconds."))
    title = models.CharField(_("title"), max_length=300)
    uploaded_on = models.DateField(
        _("put there on"), null=True, blank=True, help_text=_("As its page says. Search engines list no video without.")
    )
    poster = models.ImageField(
        _("poster"), upload_to="posters/", blank=True, help_text=_("A still picture; without one we draw a plain one.")
    )
    poster_alt = models.CharField(_("description of the poster"), max_length=500, blank=True)
    transcript = models.TextField(_("transcript"), blank=True)
    ai_origin = models.CharField(_("made by AI?"), max_length=10, choices=AiOrigin, default=AiOrigin.UNKNOWN)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.LIVE, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def reference(self) -> providers.Reference:
        return providers.Reference(self.provider, self.provider_id, self.start)
