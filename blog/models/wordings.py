"""The versions of reposted words: what a permission covers can be shown again, whatever was typed since."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from blog import rendering
from blog.models.fields import LanguageField
from blog.permissions import fingerprints
from core import clock

if TYPE_CHECKING:
    from blog.models.reposts import Repost


class WordingManager(models.Manager["Wording"]):
    def of(self, repost: "Repost") -> "Wording":
        """The words of `repost` as they stand now: its last wording, or a new one where they differ from it."""
        last = self.filter(repost=repost).order_by("-number").first()
        if last and last.text == repost.text and last.language == repost.language:
            return last
        number = last.number + 1 if last else 1
        return self.create(repost=repost, number=number, text=repost.text, language=repost.language)


class Wording(models.Model):
    """One version of somebody's words. It is not edited: other words are another wording."""

    repost = models.ForeignKey("blog.Repost", models.CASCADE, related_name="wordings", verbose_name=_("repost"))
    number = models.PositiveIntegerField(_("number"))
    text = models.TextField(_("words"))
    html = models.TextField(editable=False)
    language = LanguageField(_("language"))
    created_at = models.DateTimeField(_("written"), default=clock.now, editable=False)
    render_version = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = WordingManager()

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["repost", "number"]
        constraints = [models.UniqueConstraint(fields=["repost", "number"], name="wording_number")]

    def __str__(self) -> str:
        return f"{self.repost} ({self.number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store, with the HTML made anew."""
        self.render()
        super().save(*args, **kwargs)

    def render(self) -> None:
        self.html = rendering.render_repost(self.text, id_prefix=f"p{self.repost.post_id}r-")
        self.render_version = rendering.RENDER_VERSION

    @property
    def strict(self) -> str:
        return fingerprints.strict(self.text)

    @property
    def folded(self) -> str:
        return fingerprints.folded(self.text)
