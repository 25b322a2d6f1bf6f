"""The forms behind the admin's pages of a post. They validate; what follows is in blog/admin/."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdownx.widgets import AdminMarkdownxWidget

from blog.models import Credit, Post, Repost, Video
from blog.permissions import licences
from blog.publishing import lifecycle
from blog.videos import containers, placement, references
from core import clock
from core.files import storages

Status = Post.Status

# What a provider may tell us of a video while its form is open.
FETCHED_LATER = {"title", "duration", "uploaded_on", "creator", "creator_url"}


class PostForm(forms.ModelForm[Post]):
    """A post without its parts. `conflict` is the stored post where somebody else saved it meanwhile."""

    files_are_away = False  # was found out when they were to be stored
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
        if self.files_are_away:
            self.add_error(None, storages.SORRY)
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
    """A video: the address of its page, or a file. `place` is set for one that stands in a text, by the form set."""

    stands_in = forms.CharField(widget=forms.HiddenInput, required=False)
    asked = forms.CharField(widget=forms.HiddenInput, required=False)
    place: tuple[str, references.Reference] | None = None

    class Meta:
        help_texts = {
            "page_url": gettext_lazy(
                "The page of the video, as you would send it to a friend. To show a video in the midst of a text, give "
                "its address a line of its own there instead."
            ),
            "ai_origin": gettext_lazy("Asked before readers see the post. “Not known” is an answer, too."),
            "poster_alt": gettext_lazy("What it shows, for those who do not see it."),
            "captions_language": gettext_lazy("A language tag like en, de-AT or la. Left empty: the post’s language."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_film = self.instance.reference.film if self.instance.pk else None
        if "ai_origin" in self.fields:
            self.fields["ai_origin"].widget.attrs["data-unanswered"] = lifecycle.AI_ORIGIN_REQUIRED
        for name in FETCHED_LATER & self.fields.keys():
            self.fields[name].show_hidden_initial = True

    def clean_page_url(self) -> str:
        address: str = self.cleaned_data["page_url"]
        if self.place:
            return self.place[1].watch_url
        is_as_stored = self.instance.pk and address == self.initial.get("page_url")
        if not address or is_as_stored:  # what was good once stays, whatever the settings say now
            return address
        reference = references.parse(address)
        if reference is None:
            raise ValidationError(
                _("No video is found under this address. Use the page of a video at one of these: %(names)s."),
                params={"names": ", ".join(references.names())},
            )
        self.instance.reference = reference
        return address

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.place:
            placement.put(self.instance, *self.place)
            cleaned["part"] = self.instance.part
        elif "page_url" in cleaned and "file" in cleaned:
            self._choose_one(cleaned["page_url"], cleaned["file"])
        if self.instance.pk:
            self._keep_what_came_meanwhile(cleaned)
        if isinstance(cleaned.get("file"), UploadedFile | bool):
            self._note_what_film_says(cleaned)
        if cleaned.get("captions"):
            self._look_at_captions(cleaned)
        return cleaned

    def _choose_one(self, address: str, file: Any) -> None:
        if address and file:
            self.add_error("file", _("Give the address of a video or a file, not both."))
        elif file:
            self.instance.reference = references.Reference(references.UPLOAD, PurePosixPath(file.name).stem)
        elif not address:
            self.add_error("page_url", _("Give the address of a video, or choose a file."))

    def _note_what_film_says(self, cleaned: dict[str, Any]) -> None:
        """Of a new one, its size, and its length unless the host says another: that of the one before is wrong now."""
        film = cleaned["file"]  # False where the host took it away
        self.instance.file_size = film.size if film else None
        if "duration" in cleaned and "duration" not in self.changed_data:
            cleaned["duration"] = containers.examine(film, film.size).duration if film else None

    def _look_at_captions(self, cleaned: dict[str, Any]) -> None:
        if "file" in cleaned and not cleaned["file"]:
            self.add_error(
                "captions",
                _("Captions go with a file that is shown from here. Of a video elsewhere, paste a transcript instead."),
            )
        if not cleaned.get("captions_language", "?"):
            cleaned["captions_language"] = cleaned["post"].language

    def _keep_what_came_meanwhile(self, cleaned: dict[str, Any]) -> None:
        """What was fetched after the form was opened is not overwritten with what was empty then."""
        for name in FETCHED_LATER & cleaned.keys() - set(self.changed_data):
            cleaned[name] = getattr(self.instance, name)


class PartFormSet(BaseInlineFormSet[Any, Post, Any]):
    """The forms of one kind of part. `siblings` holds the formsets of all parts of the post, by their model."""

    siblings: dict[type[Model], "PartFormSet"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.siblings[self.model] = self

    def kept(self) -> list[Any]:
        """The parts as submitted, once cleaned: without what is empty or to be deleted, invalid fields as they were."""
        return [
            form.instance
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and not getattr(form, "cleaned_data", {}).get("DELETE")
        ]


class RepostFormSet(PartFormSet):
    """The repost. It decides whether the post may be published."""

    def clean(self) -> None:
        super().clean()
        # The post's own form is validated before those of its parts: the instance is the submitted post.
        if self.instance.status == Status.PUBLISHED and (missing := self._missing()):
            raise ValidationError(missing)

    def _missing(self) -> list[str]:
        credits = self.siblings[Credit]
        credits.is_valid()
        roles = [credit.role for credit in credits.kept() if credit.person_id]
        words = next(iter(self.kept()), None)
        return lifecycle.problems(self.instance, repost=words, has_author=Credit.Role.AUTHOR in roles)


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
    fetched = {*FETCHED_LATER, "poster"} if model is Video else set()  # nobody's edit
    fields = [field.attname for field in model._meta.concrete_fields if field.editable and field.name not in fetched]
    return list(model._default_manager.filter(**{name: post.pk}).order_by("pk").values(*fields))
