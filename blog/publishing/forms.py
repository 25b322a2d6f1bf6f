"""The forms of a post and its parts. They only validate; `blog.publishing.saving` stores what they hold."""

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

# The fields that a provider may fill in while the form of a video is open.
FETCHED_FIELDS = {"title", "duration", "uploaded_on", "creator", "creator_url"}


class PostForm(forms.ModelForm[Post]):
    """A post without its parts. `conflict` is the stored post if somebody else has saved it in the meantime."""

    files_are_away = False  # set by the admin if a first attempt to store the files failed
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        widgets = {"introduction": AdminMarkdownxWidget, "body": AdminMarkdownxWidget}
        help_texts = {
            "slug": gettext_lazy("The last part of the post’s web address."),
            "language": gettext_lazy("A language tag like en, de-AT or la."),
            "status": gettext_lazy("Only you see a draft. A withdrawn post leaves a note at its web address."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Validation writes the submitted values into the instance, so the stored ones are recorded here.
        self.old_status = self.instance.status
        self.old_slug = self.instance.slug
        self.was_public = self.instance.is_public
        self.was_seen = self.instance.is_public or self.instance.is_gone
        self.initial["version"] = version_of(self.instance)
        if moment := self.fields.get("published_at"):
            _label_date_and_time(moment)
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
            self.add_error(None, storages.UNAVAILABLE)
        return cleaned

    def _refuse_to_overwrite(self) -> None:
        self.conflict = Post.objects.for_page().get(pk=self.instance.pk)
        # The refused form carries the stored version, so that saving it again overwrites that deliberately.
        data = cast(QueryDict, self.data).copy()
        data["version"] = self.initial["version"]
        self.data = data
        self.add_error(
            None,
            _(
                "This post was saved elsewhere after you opened it, so your version was not saved. Compare it with the "
                "stored version below. If you save again, yours replaces it."
            ),
        )


class RepostForm(forms.ModelForm[Repost]):
    licence = forms.ChoiceField(
        label=gettext_lazy("Licence"),
        required=False,
        choices=licences.CHOICES,
        help_text=gettext_lazy("Its name and web address are filled in when you save."),
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
                _("The ledger records a basis for these words. Choose one, or withdraw the permission.")
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
        code = cleaned.get("licence")
        if code in licences.CREATIVE_COMMONS:
            cleaned["licence_name"], cleaned["licence_url"] = licences.CREATIVE_COMMONS[code]
        elif not code and "licence" in self.changed_data:
            cleaned["licence_name"] = cleaned["licence_url"] = ""

    def _refuse_other_terms(self, cleaned: dict[str, Any]) -> None:
        """Refuse other terms after a yes: the page would say that the author confirmed them, too."""
        for name, field in (("basis", "basis"), ("licence_url", "licence")):
            if name in cleaned and cleaned[name] != self.initial[name]:
                self.add_error(field, _("The author said yes on other terms, and those stay. Choose them again."))


class VideoForm(forms.ModelForm[Video]):
    """A video: the URL of its page, or a file. The formset sets `placeholder` for a video in a text."""

    in_text = forms.CharField(widget=forms.HiddenInput, required=False)
    warned = forms.CharField(widget=forms.HiddenInput, required=False)
    placeholder: tuple[str, references.Reference] | None = None

    class Meta:
        help_texts = {
            "page_url": gettext_lazy(
                "The page of the video, as you would send it to a friend. To show a video within a text, put its web "
                "address on a line of its own there instead."
            ),
            "ai_origin": gettext_lazy("Required before you publish the post. “Not known” is an answer, too."),
            "poster_alt": gettext_lazy("What it shows, for people who cannot see it."),
            "captions_language": gettext_lazy("A language tag like en, de-AT or la. Left empty: the post’s language."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_film = self.instance.reference.without_start if self.instance.pk else None
        if "ai_origin" in self.fields:
            self.fields["ai_origin"].widget.attrs["data-required"] = lifecycle.AI_ORIGIN_REQUIRED
        for name in FETCHED_FIELDS & self.fields.keys():
            self.fields[name].show_hidden_initial = True

    def clean_page_url(self) -> str:
        url: str = self.cleaned_data["page_url"]
        if self.placeholder:
            return self.placeholder[1].watch_url
        is_as_stored = self.instance.pk and url == self.initial.get("page_url")
        if not url or is_as_stored:  # a stored URL stays valid, whatever the settings say now
            return url
        reference = references.parse(url)
        if reference is None:
            raise ValidationError(
                _("This is not the web address of a video. Use the page of a video at one of these: %(names)s."),
                params={"names": ", ".join(references.provider_names())},
            )
        self.instance.reference = reference
        return url

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.placeholder:
            placement.assign(self.instance, *self.placeholder)
            cleaned["part"] = self.instance.part
        elif "page_url" in cleaned and "file" in cleaned:
            self._choose_one(cleaned["page_url"], cleaned["file"])
        if self.instance.pk:
            self._preserve_fetched_values(cleaned)
        if isinstance(cleaned.get("file"), UploadedFile | bool):
            self._read_file(cleaned)
        if cleaned.get("captions"):
            self._check_captions(cleaned)
        return cleaned

    def _choose_one(self, url: str, file: Any) -> None:
        if url and file:
            self.add_error("file", _("Give the web address of a video or a file, not both."))
        elif file:
            self.instance.reference = references.Reference(references.UPLOAD, PurePosixPath(file.name).stem)
        elif not url:
            self.add_error("page_url", _("Give the web address of a video, or choose a file."))

    def _read_file(self, cleaned: dict[str, Any]) -> None:
        """Set the size of a new file, and its duration unless the host typed one: the old values no longer apply."""
        file = cleaned["file"]  # False if the host removed it
        self.instance.file_size = file.size if file else None
        if "duration" in cleaned and "duration" not in self.changed_data:
            cleaned["duration"] = containers.examine(file, file.size).duration if file else None

    def _check_captions(self, cleaned: dict[str, Any]) -> None:
        if "file" in cleaned and not cleaned["file"]:
            self.add_error(
                "captions",
                _("Captions need a file that this site shows. For a video elsewhere, paste a transcript instead."),
            )
        if not cleaned.get("captions_language", "?"):
            cleaned["captions_language"] = cleaned["post"].language

    def _preserve_fetched_values(self, cleaned: dict[str, Any]) -> None:
        """Do not overwrite values that were fetched after the form was opened with the empty ones of the form."""
        for name in FETCHED_FIELDS & cleaned.keys() - set(self.changed_data):
            cleaned[name] = getattr(self.instance, name)


class PartFormSet(BaseInlineFormSet[Any, Post, Any]):
    """The forms of one kind of part. `siblings` holds the formsets of all parts of the post, by their model."""

    siblings: dict[type[Model], "PartFormSet"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.siblings[self.model] = self

    def submitted(self) -> list[Any]:
        """Return the parts as submitted, once cleaned.

        Empty parts and parts to be deleted are left out. Fields with invalid values have their stored ones.
        """
        return [
            form.instance
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and not getattr(form, "cleaned_data", {}).get("DELETE")
        ]


class RepostFormSet(PartFormSet):
    """The repost. It decides whether the post may be published."""

    def clean(self) -> None:
        super().clean()
        # Django validates the form of the post before those of its parts, so the instance is the submitted post.
        if self.instance.status == Status.PUBLISHED and (problems := self._problems()):
            raise ValidationError(problems)

    def _problems(self) -> list[str]:
        credits = self.siblings[Credit]
        credits.is_valid()
        roles = [credit.role for credit in credits.submitted() if credit.person_id]
        repost = next(iter(self.submitted()), None)
        return lifecycle.problems(self.instance, repost=repost, has_author=Credit.Role.AUTHOR in roles)


class CreditFormSet(PartFormSet):
    def add_fields(self, form: forms.ModelForm[Any], index: int | None) -> None:
        """Name the delete checkbox for screen readers: it has no label in the table."""
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete this credit")

    def clean(self) -> None:
        """Refuse other authors after a yes: readers would see it as the yes of somebody else."""
        super().clean()
        passage = self.instance.passage
        if passage and passage.covered_id and _authors(self.submitted()) != _authors(self.instance.credits.all()):
            raise ValidationError(_("The author has said yes under this credit, so you cannot name another author."))


def _label_date_and_time(moment: forms.Field) -> None:
    """Name the two inputs for screen readers: Django prints “Date” and “Time” beside them, but not as labels."""
    if isinstance(moment.widget, forms.MultiWidget):
        date_input, time_input = moment.widget.widgets
        date_input.attrs["aria-label"] = _("Published: date")
        time_input.attrs["aria-label"] = _("Published: time")


def _authors(credits: Iterable[Credit]) -> set[int]:
    return {credit.person_id for credit in credits if credit.role == Credit.Role.AUTHOR}


def refuse_odd_years(day: date | None) -> None:
    """Refuse typing errors. URLs need a year of four digits, and the last day of 9999 has no next day."""
    if day and not 1900 <= day.year <= 2999:
        raise ValidationError(_("Use a year from 1900 to 2999."))


def version_of(post: Post) -> str:
    """Return a digest of everything editable in the stored `post` and its parts, or "" if it is not stored."""
    if post.pk is None:
        return ""
    rows = [_editable_rows(model, name, post) for model, name in PARTS]
    content = json.dumps([*rows, sorted(post.tags.values_list("pk", flat=True))], cls=DjangoJSONEncoder)
    return hashlib.sha256(content.encode()).hexdigest()


PARTS: list[tuple[type[Model], str]] = [(Post, "pk"), (Repost, "post"), (Credit, "post"), (Video, "post")]


def _editable_rows(model: type[Model], name: str, post: Post) -> list[dict[str, Any]]:
    fetched = {*FETCHED_FIELDS, "poster"} if model is Video else set()  # a fetched value is not an edit
    fields = [field.attname for field in model._meta.concrete_fields if field.editable and field.name not in fetched]
    return list(model._default_manager.filter(**{name: post.pk}).order_by("pk").values(*fields))
