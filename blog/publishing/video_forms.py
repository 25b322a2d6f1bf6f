"""The forms of all videos of a post: attached videos, and videos in its texts.

The texts determine which videos they contain. The formset adds a row for each of these, so that the host can describe
it, and warns the host before it drops a row that holds something typed.
"""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME, TOTAL_FORM_COUNT
from django.http import QueryDict
from django.utils.translation import gettext as _

from blog import rendering
from blog.models import Post, Video
from blog.models.fields import ProseField
from blog.publishing import lifecycle
from blog.publishing.forms import PartFormSet
from blog.videos import metadata, placement, provider_answers, references
from blog.videos.references import Reference

Text = Video.Text
Placeholder = tuple[str, Reference]  # the name of a text, and the video in it

# The fields that apply only to an attached video.
ATTACHED_FIELDS = ("file", "captions", "captions_language", "part", "position")


class VideoFormSet(PartFormSet):
    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self._typed: QueryDict = QueryDict(mutable=True)
        if data is not None:
            self.data = self._typed = data.copy()
        self._by_row: dict[int, Placeholder] = {}
        self._by_index: dict[int, Placeholder] = {}
        self._orphans: set[int] = set()
        self._assign_placeholders()

    # --- Rows for the videos in the texts

    def _assign_placeholders(self) -> None:
        rows = list(self.get_queryset())
        if not self.is_bound and not rows:
            return
        found = placement.plan_changes(rows, self._references())
        self._orphans = {row.pk for row in found.orphans}
        self._by_row = {row.pk: (row.text, row.reference) for row in rows if row.text and row.pk not in self._orphans}
        self._by_row |= {row.pk: (text, reference) for row, text, reference in found.moves}
        if self.is_bound:
            self._add_rows(found.additions)

    def _references(self) -> placement.ReferencesByText:
        """Return the videos in the submitted texts, or in the stored ones if the form is not bound."""
        if not self.is_bound:
            return placement.references_by_text(self.instance)
        words = self.data.get("repost-0-text")
        return {
            Text.INTRODUCTION: _videos_in(self.data.get("introduction", self.instance.introduction)),
            Text.BODY: _videos_in(self.data.get("body", self.instance.body)),
            Text.WORDS: placement.references_in_repost(self.instance, typed=words and words[: ProseField.MAX_LENGTH]),
        }

    def _add_rows(self, new: list[Placeholder]) -> None:
        """Fill in a row for each new video in a text, as if the host had added it and typed its URL."""
        total = self._total()
        free = []
        for index in range(total):
            if self._value(index, "id"):
                continue
            placeholder = self._value(index, "in_text"), references.parse(self._value(index, "page_url"))
            if placeholder in new:
                self._by_index[index] = new.pop(new.index(placeholder))
            elif placeholder[0]:
                self._detach(index)
            elif self._is_blank(index):
                free.append(index)
        for text, reference in new:
            index = free.pop(0) if free else total
            total = max(total, index + 1)
            self._by_index[index] = text, reference
            part = placement.PARTS[Text(text)]
            self._fill_in(index, in_text=text, page_url=reference.watch_url, part=part, position=0)
        self._fill_in(None, **{TOTAL_FORM_COUNT: total})

    def _detach(self, index: int) -> None:
        """Detach a row that is not stored yet from a text whose line is gone again."""
        if any(self._value(index, name) for name in Video.DETAIL_FIELDS):
            self._fill_in(index, in_text="")  # it becomes an attached video: nothing typed is lost
        else:
            self._fill_in(index, in_text="", page_url="")

    def _total(self) -> int:
        value = self.data.get(f"{self.prefix}-{TOTAL_FORM_COUNT}", "")
        return min(int(value), self.absolute_max) if value.isascii() and value.isdigit() and len(value) < 6 else 0

    def _is_blank(self, index: int) -> bool:
        return not any(self._value(index, name) for name in ("page_url", "file", *Video.DETAIL_FIELDS))

    def _value(self, index: int, name: str) -> str:
        key = f"{self.prefix}-{index}-{name}"
        return self.data.get(key, "") or (str(self.files[key]) if key in self.files else "")

    def _fill_in(self, index: int | None, **values: Any) -> None:
        for name, value in values.items():
            self._typed["-".join(str(part) for part in (self.prefix, index, name) if part is not None)] = str(value)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        by_index = self._by_index.get(index) if index is not None else None
        form.placeholder = self._by_row.get(form.instance.pk) or by_index
        if "page_url" not in form.fields:  # the user may only view videos
            return
        form.fields["title"].help_text = _fetch_state(form.instance)
        is_orphan = form.instance.pk in self._orphans
        if form.placeholder:
            _show_as_in_text(form, str(Text(form.placeholder[0]).label))
        elif is_orphan:
            form.fields["page_url"].help_text = _orphan_warning(form.instance)
        if DELETION_FIELD_NAME in form.fields and (form.placeholder or is_orphan):
            form.fields[DELETION_FIELD_NAME].label = _("Remove, with everything typed about it")

    # --- Fetching from the providers

    def save_new(self, form: Any, commit: bool = True) -> Any:
        return _fetch_later(form, super().save_new(form, commit))

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        return _fetch_later(form, super().save_existing(form, obj, commit))

    # --- Validation

    def clean(self) -> None:
        super().clean()
        problems = [*self._removed_but_in_text(), *self._warn_before_dropping()]
        if self.instance.status == Post.Status.PUBLISHED and self._require_ai_origin():
            problems.append(_("Readers see whether AI made a video. Answer this for each video under “Videos”."))
        if self.instance.status == Post.Status.PUBLISHED and any(map(_needs_add_permission, self.forms)):
            problems.append(
                _("You do not have permission to add videos. Ask somebody who has it to save this post first.")
            )
        if problems:
            raise ValidationError(problems)

    def _removed_but_in_text(self) -> Iterator[str]:
        for form in self.forms:
            if form.placeholder and self._is_removed(form):
                values = {"video": form.instance, "text": Text(form.placeholder[0]).label}
                yield _("“%(video)s” is part of this text: %(text)s. To remove it, delete its line there.") % values

    def _warn_before_dropping(self) -> Iterator[str]:
        """Warn once about a row whose line is gone. Unless it is to be removed, it then becomes an attached video."""
        for form in self.initial_forms:
            if form.instance.pk not in self._orphans or self._is_removed(form) or not form.instance.has_typed_values:
                continue
            if self.data.get(form.add_prefix("warned")):
                form.instance.text = Text.NONE
            elif "warned" in form.fields:
                self._typed[form.add_prefix("warned")] = "yes"
                yield f"“{form.instance}”: {_orphan_warning(form.instance)}"

    def _require_ai_origin(self) -> bool:
        """Add an error to each video that does not say whether AI made it. Return whether there is one."""
        is_missing = False
        for form in self.forms:
            is_used = form.instance.pk or form.has_changed()
            is_dropped = self._is_removed(form) or (
                form.instance.pk in self._orphans and not form.instance.has_typed_values
            )
            if is_used and not is_dropped and form.instance.ai_origin == Video.AiOrigin.UNSET:
                field = "ai_origin" if "ai_origin" in form.fields else None
                form.add_error(field, str(lifecycle.AI_ORIGIN_REQUIRED))
                is_missing = True
        return is_missing

    def _is_removed(self, form: Any) -> bool:
        return bool(getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME))


def _fetch_later(form: Any, video: Video) -> Video:
    """Fetch what the provider says about a new or replaced video, once this transaction is committed."""
    if video.pk and video.reference.without_start != form.old_film:
        metadata.schedule_fetch(video)
    return video


def _needs_add_permission(form: Any) -> bool:
    """Tell whether this is a new row for a text from a user who may not add videos, so that it would not be stored."""
    return bool(form.placeholder) and not form.instance.pk and not form.has_changed()


def _show_as_in_text(form: forms.ModelForm[Video], text: str) -> None:
    url_field = form.fields["page_url"]
    url_field.widget.attrs["readonly"] = True
    help_text = _("Shown where its web address is in this text: %(text)s. Delete that line to remove the video.")
    url_field.help_text = help_text % {"text": text}
    for name in ATTACHED_FIELDS:
        form.fields[name].widget = forms.HiddenInput()


def _orphan_warning(video: Video) -> str:
    sentence = _(
        "Its line is no longer in this text: %(text)s. Tick “Remove” beside its name to remove the video with "
        "everything typed about it. Otherwise it stays with the post as an attached video."
    )
    return sentence % {"text": video.get_text_display()}


def _fetch_state(video: Video) -> str:
    """Return a sentence on what the provider says: a host who sees an empty title wants to know whether to wait."""
    if not video.pk:
        return _("Leave this empty to fetch it from the provider after you save. What you type stays.")
    values = {"provider": video.reference.provider_name}
    if video.status == Video.Status.UNAVAILABLE:
        sentence = _(
            "No longer available on %(provider)s. Readers see its title, poster, transcript and archived copy instead; "
            "add below what is missing."
        )
    elif not provider_answers.can_ask(video.reference):
        return ""
    elif video.failures:
        sentence = _("Not found on %(provider)s by the last check. It is checked again before readers are told.")
    elif not video.checked_at:
        sentence = _("%(provider)s has not answered yet. It will be asked again automatically. What you type stays.")
    elif "title" in video.fetched_fields:
        sentence = _("The title on %(provider)s. What you type instead stays.")
    else:
        return ""
    return sentence % values


def _videos_in(text: str) -> list[Reference]:
    return rendering.videos_in(text[: ProseField.MAX_LENGTH])
