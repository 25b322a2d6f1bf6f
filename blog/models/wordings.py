"""The versions of reposted words: the wording that a permission covers is stored even if the text is edited later."""

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
        """Return the wording of the current text: the last wording, or a new one if text or language has changed."""
        last = self.filter(repost=repost).order_by("-number").first()
        if last and last.text == repost.text and last.language == repost.language:
            return last
        number = last.number + 1 if last else 1
        return self.create(repost=repost, number=number, text=repost.text, language=repost.language)


class Wording(models.Model):
    """One version of reposted words. It is never edited: a changed text becomes a new wording."""

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
        """Render the HTML and save."""
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
