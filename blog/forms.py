"""The forms behind the admin's pages of a post. They validate; what follows is in blog/admin/."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdownx.widgets import AdminMarkdownxWidget

from blog import clock, licences, publishing
from blog.models import Credit, Post, Repost, Video
from blog.videos import providers

Status = Post.Status


class PostForm(forms.ModelForm[Post]):
    """A post without its parts. `conflict` is the stored post where somebody else saved it meanwhile."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        widgets = {"introduction": AdminMarkdownxWidget, "body": AdminMarkdownxWidget}
        help_texts = {
            "slug": gettext_lazy("The last part of the post’s address."),
            "language": gettext_lazy("A language tag like en, de-AT or la."),
            "status": gettext_lazy("Nobody but you sees a draft. A withdrawn post leaves a note at its address."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Validation writes the submitted values into the instance: what was there is noted before.
        self.old_status = self.instance.status
        self.old_slug = self.instance.slug
        self.was_public = self.instance.is_public
        self.was_seen = self.instance.is_public or self.instance.is_gone
        self.initial["version"] = version_of(self.instance)
        if moment := self.fields.get("published_at"):
            _name_the_halves(moment)
        self.conflict: Post | None = None

    def clean_status(self) -> str:
        status: str = self.cleaned_data["status"]
        if status == Status.DRAFT and self.was_seen:
            raise ValidationError(_("Readers have seen this post, so it cannot be a draft again. Withdraw it instead."))
        return status

    def clean_published_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["published_at"]
        refuse_odd_years(moment)
        return moment

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("status") != Status.DRAFT and "published_at" in cleaned:
            cleaned["published_at"] = (
                cleaned["published_at"] or self.initial.get("published_at") or clock.now().replace(microsecond=0)
            )
        if self.instance.pk and cleaned.get("version") != self.initial["version"]:
            self._refuse_to_overwrite()
        return cleaned

    def _refuse_to_overwrite(self) -> None:
        self.conflict = Post.objects.for_page().get(pk=self.instance.pk)
        # The form that goes back carries the version shown with it, so saving once more is a choice.
        data = cast(QueryDict, self.data).copy()
        data["version"] = self.initial["version"]
        self.data = data
        self.add_error(
            None,
            _(
                "This post was saved elsewhere after you opened it, so yours was not saved. Compare it with what is "
                "stored, below; saving again replaces that."
            ),
        )


class RepostForm(forms.ModelForm[Repost]):
    licence = forms.ChoiceField(
        label=gettext_lazy("Licence"),
        required=False,
        choices=licences.CHOICES,
        help_text=gettext_lazy("Its name and address are filled in when you save."),
    )

    class Meta:
        widgets = {"text": AdminMarkdownxWidget}
        labels = {"licence_name": gettext_lazy("Name of the licence")}
        help_texts = {"licence_name": ""}
        error_messages = {
            "text": {"required": gettext_lazy("Paste the other person’s words here, or empty the fields below.")}
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["licence"] = licences.code_of(self.instance.licence_url)

    def clean_basis(self) -> str:
        basis: str = self.cleaned_data["basis"]
        if not basis and self.instance.state != Repost.State.NONE:
            raise ValidationError(
                _("The ledger holds a basis for these words. Choose one, or withdraw the permission.")
            )
        return basis

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        refuse_odd_years(day)
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._fill_in_licence(cleaned)
        if self.instance.covered_id:
            self._refuse_other_terms(cleaned)
        return cleaned

    def _fill_in_licence(self, cleaned: dict[str, Any]) -> None:
        picked = cleaned.get("licence")
        if picked in licences.CREATIVE_COMMONS:
            cleaned["licence_name"], cleaned["licence_url"] = licences.CREATIVE_COMMONS[picked]
        elif not picked and "licence" in self.changed_data:
            cleaned["licence_name"] = cleaned["licence_url"] = ""

    def _refuse_other_terms(self, cleaned: dict[str, Any]) -> None:
        """Else the page would say that the author confirmed what nobody asked them, and that it cannot be revoked."""
        for name, field in (("basis", "basis"), ("licence_url", "licence")):
            if name in cleaned and cleaned[name] != self.initial[name]:
                self.add_error(field, _("The author said yes on other terms, and those stay. Choose them again."))


class VideoForm(forms.ModelForm[Video]):
    def clean_page_url(self) -> str:
        address: str = self.cleaned_data["page_url"]
        reference = providers.parse(address)
        if reference is None:
            names = ", ".join(provider.name for provider in providers.PROVIDERS.values())
            raise ValidationError(
                _("No video is found under this address. Use the page of a video at one of these: %(names)s."),
                params={"names": names},
            )
        self.instance.provider = reference.provider
        self.instance.provider_id = reference.id
        self.instance.start = reference.start
        return address


class PartFormSet(BaseInlineFormSet[Any, Post, Any]):
    """The forms of one kind of part."""

    def kept(self) -> list[Any]:
        """The parts as submitted, once cleaned: without what is empty or to be deleted, invalid fields as they were."""
        return [
            form.instance
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and not getattr(form, "cleaned_data", {}).get("DELETE")
        ]


class RepostFormSet(PartFormSet):
    """The repost, which is what decides whether the whole may be published. `credits` is set by the admin."""

    credits: PartFormSet

    def clean(self) -> None:
        super().clean()
        # The post's own form is validated before those of its parts: the instance is the submitted post.
        if self.instance.status == Status.PUBLISHED and (missing := self._missing()):
            raise ValidationError(missing)

    def _missing(self) -> list[str]:
        self.credits.is_valid()
        roles = [credit.role for credit in self.credits.kept() if credit.person_id]
        words = next(iter(self.kept()), None)
        return publishing.problems(self.instance, repost=words, has_author=Credit.Role.AUTHOR in roles)


class CreditFormSet(PartFormSet):
    def add_fields(self, form: forms.ModelForm[Any], index: int | None) -> None:
        """The box that takes a row away stands in a table, without a label of its own."""
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete this credit")

    def clean(self) -> None:
        """What one person confirmed is never shown as confirmed by another."""
        super().clean()
        passage = self.instance.passage
        if passage and passage.covered_id and _authors(self.kept()) != _authors(self.instance.credits.all()):
            raise ValidationError(
                _("The author said yes to words under this credit, so whom you name as author cannot change.")
            )


def _name_the_halves(moment: forms.Field) -> None:
    """Django's field for a moment prints “Date” and “Time” beside its two inputs, not as their labels."""
    if isinstance(moment.widget, forms.MultiWidget):
        day, hour = moment.widget.widgets
        day.attrs["aria-label"] = _("Published: date")
        hour.attrs["aria-label"] = _("Published: time")


def _authors(credits: Iterable[Credit]) -> set[int]:
    return {credit.person_id for credit in credits if credit.role == Credit.Role.AUTHOR}


def refuse_odd_years(day: date | None) -> None:
    """Slips of the pen: a year of three digits has no address here, the last day of 9999 none that follows."""
    if day and not 1900 <= day.year <= 2999:
        raise ValidationError(_("Use a year from 1900 to 2999."))


def version_of(post: Post) -> str:
    """A digest of what is stored of `post` and its parts and can be edited; empty for a post that is not stored."""
    if post.pk is None:
        return ""
    rows = [_editable_rows(model, name, post) for model, name in PARTS]
    content = json.dumps([*rows, sorted(post.tags.values_list("pk", flat=True))], cls=DjangoJSONEncoder)
    return hashlib.sha256(content.encode()).hexdigest()


PARTS: list[tuple[type[Model], str]] = [(Post, "pk"), (Repost, "post"), (Credit, "post"), (Video, "post")]


def _editable_rows(model: type[Model], name: str, post: Post) -> list[dict[str, Any]]:
    fields = [field.attname for field in model._meta.concrete_fields if field.editable]
    return list(model._default_manager.filter(**{name: post.pk}).order_by("pk").values(*fields))
