"""The forms of all videos of a post: those that are attached, and those that stand in its texts.

A text says by itself which videos stand in it. The form set brings a row for each, so that the host can say more about
it, and asks before a row goes into which something was typed.
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
Place = tuple[str, Reference]

# What a row asks only of a video that is attached.
ONLY_ATTACHED = ("file", "captions", "captions_language", "part", "position")


class VideoFormSet(PartFormSet):
    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self._typed: QueryDict = QueryDict(mutable=True)
        if data is not None:
            self.data = self._typed = data.copy()
        self._by_row: dict[int, Place] = {}
        self._by_index: dict[int, Place] = {}
        self._loose: set[int] = set()
        self._find_places()

    # --- Rows for what stands in the texts

    def _find_places(self) -> None:
        rows = list(self.get_queryset())
        if not self.is_bound and not rows:
            return
        found = placement.changes(rows, self._standing())
        self._loose = {row.pk for row in found.loose}
        self._by_row = {row.pk: (row.text, row.reference) for row in rows if row.text and row.pk not in self._loose}
        self._by_row |= {row.pk: (text, reference) for row, text, reference in found.moves}
        if self.is_bound:
            self._add_rows(found.new)

    def _standing(self) -> placement.Standing:
        """The videos in the texts as typed; where no form was sent, as stored."""
        if not self.is_bound:
            return placement.standing_in(self.instance)
        words = self.data.get("repost-0-text")
        return {
            Text.INTRODUCTION: _videos_in(self.data.get("introduction", self.instance.introduction)),
            Text.BODY: _videos_in(self.data.get("body", self.instance.body)),
            Text.WORDS: placement.standing_in_words(self.instance, typed=words and words[: ProseField.MAX_LENGTH]),
        }

    def _add_rows(self, new: list[Place]) -> None:
        """As if the host had opened a row for each new video in a text and typed its address."""
        total = self._total()
        free = []
        for index in range(total):
            if self._value(index, "id"):
                continue
            place = self._value(index, "stands_in"), references.parse(self._value(index, "page_url"))
            if place in new:
                self._by_index[index] = new.pop(new.index(place))
            elif place[0]:
                self._let_go(index)
            elif self._is_blank(index):
                free.append(index)
        for place in new:
            index = free.pop(0) if free else total
            total = max(total, index + 1)
            self._by_index[index] = place
            typed = {"stands_in": place[0], "page_url": place[1].watch_url, "part": placement.PARTS[Text(place[0])]}
            self._fill_in(index, **typed, position=0)
        self._fill_in(None, **{TOTAL_FORM_COUNT: total})

    def _let_go(self, index: int) -> None:
        """A row that was added for a text which has lost its line again, before anything was stored."""
        if any(self._value(index, name) for name in Video.ABOUT):
            self._fill_in(index, stands_in="")  # attached, then: nothing typed is lost
        else:
            self._fill_in(index, stands_in="", page_url="")

    def _total(self) -> int:
        value = self.data.get(f"{self.prefix}-{TOTAL_FORM_COUNT}", "")
        return min(int(value), self.absolute_max) if value.isascii() and value.isdigit() and len(value) < 6 else 0

    def _is_blank(self, index: int) -> bool:
        return not any(self._value(index, name) for name in ("page_url", "file", *Video.ABOUT))

    def _value(self, index: int, name: str) -> str:
        key = f"{self.prefix}-{index}-{name}"
        return self.data.get(key, "") or (str(self.files[key]) if key in self.files else "")

    def _fill_in(self, index: int | None, **values: Any) -> None:
        for name, value in values.items():
            self._typed["-".join(str(part) for part in (self.prefix, index, name) if part is not None)] = str(value)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.place = self._by_row.get(form.instance.pk) or (self._by_index.get(index) if index is not None else None)
        if "page_url" not in form.fields:  # who may not change videos only looks at them
            return
        form.fields["title"].help_text = _what_is_known(form.instance)
        is_loose = form.instance.pk in self._loose
        if form.place:
            _say_where(form, str(Text(form.place[0]).label))
        elif is_loose:
            form.fields["page_url"].help_text = _gone_from(form.instance)
        if DELETION_FIELD_NAME in form.fields and (form.place or is_loose):
            form.fields[DELETION_FIELD_NAME].label = _("Remove, with what was typed about it")

    # --- What is asked of the providers

    def save_new(self, form: Any, commit: bool = True) -> Any:
        return _ask_about(form, super().save_new(form, commit))

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        return _ask_about(form, super().save_existing(form, obj, commit))

    # --- What is asked of the host

    def clean(self) -> None:
        super().clean()
        sentences = [*self._still_standing(), *self._asking_before_dropping()]
        if self.instance.status == Post.Status.PUBLISHED and self._ask_about_ai():
            sentences.append(_("Readers are told whether AI made a video. Say it of each under “Videos”."))
        if self.instance.status == Post.Status.PUBLISHED and any(map(_is_for_others, self.forms)):
            sentences.append(_("You may not add videos. Let somebody who may save this post with the new one first."))
        if sentences:
            raise ValidationError(sentences)

    def _still_standing(self) -> Iterator[str]:
        for form in self.forms:
            if form.place and self._goes(form):
                words = {"video": form.instance, "text": Text(form.place[0]).label}
                yield _("“%(video)s” stands in: %(text)s. Take its line out of the text, and it goes.") % words

    def _asking_before_dropping(self) -> Iterator[str]:
        """Asked once: a row whose line is gone and which is not to be removed stays as an attached video."""
        for form in self.initial_forms:
            if form.instance.pk not in self._loose or self._goes(form) or not form.instance.has_typed:
                continue
            if self.data.get(form.add_prefix("asked")):
                form.instance.text = Text.NONE
            elif "asked" in form.fields:
                self._typed[form.add_prefix("asked")] = "yes"
                yield f"“{form.instance}”: {_gone_from(form.instance)}"

    def _ask_about_ai(self) -> bool:
        """Mark each video of which it is not said; whether there is one."""
        asked = False
        for form in self.forms:
            is_used = form.instance.pk or form.has_changed()
            goes = self._goes(form) or (form.instance.pk in self._loose and not form.instance.has_typed)
            if is_used and not goes and form.instance.ai_origin == Video.AiOrigin.UNSET:
                field = "ai_origin" if "ai_origin" in form.fields else None
                form.add_error(field, str(lifecycle.AI_ORIGIN_REQUIRED))
                asked = True
        return asked

    def _goes(self, form: Any) -> bool:
        return bool(getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME))


def _ask_about(form: Any, video: Video) -> Video:
    """Of a new video, and of another one in the place of the old. Their provider is asked when this is over."""
    if video.pk and video.reference.film != form.old_film:
        metadata.ask(video)
    return video


def _is_for_others(form: Any) -> bool:
    """A new row from a text, and whoever sends it may not add videos: what they say in it would not be stored."""
    return bool(form.place) and not form.instance.pk and not form.has_changed()


def _say_where(form: forms.ModelForm[Video], text: str) -> None:
    address = form.fields["page_url"]
    address.widget.attrs["readonly"] = True
    address.help_text = _("Shown where its line stands in: %(text)s. Take that line out to remove it.") % {"text": text}
    for name in ONLY_ATTACHED:
        form.fields[name].widget = forms.HiddenInput()


def _gone_from(video: Video) -> str:
    sentence = _(
        "Its line is gone from: %(text)s. Tick “Remove” beside its name, and it goes with what was typed about it. Left"
        " unticked, it stays with the post as an attached video."
    )
    return sentence % {"text": video.get_text_display()}


def _what_is_known(video: Video) -> str:
    """Where things stand with the provider: a host who sees an empty title wants to know whether to wait."""
    if not video.pk:
        return _("Left empty, the provider of a video elsewhere is asked after you save. What you type stays.")
    words = {"provider": video.reference.provider_name}
    if video.status == Video.Status.UNAVAILABLE:
        sentence = _(
            "No longer found at %(provider)s. Readers see its title, poster, transcript and archived copy instead: add"
            " below what is missing."
        )
    elif not provider_answers.can_ask(video.reference):
        return ""
    elif video.failures:
        sentence = _("Not found at %(provider)s at the last look. It is looked for again before readers are told.")
    elif not video.checked_at:
        sentence = _("%(provider)s has not answered yet, and is asked again by itself. What you type stays.")
    elif "title" in video.told:
        sentence = _("As %(provider)s calls it. What you type instead stays.")
    else:
        return ""
    return sentence % words


def _videos_in(text: str) -> list[Reference]:
    return rendering.videos_in(text[: ProseField.MAX_LENGTH])
