"""The forms of moderators: bans of writers, words and domains, and the settings of a discussion."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.admin.permission_forms import DayInput
from blog.models import Blog
from blog.models.reposts import end_of_day
from blog.publishing.forms import refuse_odd_years
from comments.models import Ban, Discussion
from comments.moderation import banning
from comments.posting import text_cleaning
from core import clock

IN_THE_PAST = gettext_lazy("This is in the past. Leave it empty for a ban without end.")


class WriterBanForm(forms.Form):
    """What happens to all further comments of a person."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Further comments from this person"),
        choices=[(Ban.Mode.HOLD, gettext_lazy("wait for a moderator")), (Ban.Mode.REFUSE, gettext_lazy("are refused"))],
        initial=Ban.Mode.HOLD,
        widget=forms.RadioSelect,
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy(
            "Leave it empty for a ban without end. A network is recognised for thirty days at most."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Only moderators see it."),
    )

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        refuse_odd_years(day)
        if day and end_of_day(day, Blog.load()) <= clock.now():
            raise ValidationError(IN_THE_PAST)
        return day

    @property
    def options(self) -> dict[str, Any]:
        """The arguments for `banning.ban_writer`."""
        day = self.cleaned_data["last_day"]
        until = end_of_day(day, Blog.load()) if day else None
        return {"mode": self.cleaned_data["mode"], "until": until, "reason": self.cleaned_data["reason"]}


class BanForm(forms.ModelForm[Ban]):
    """A ban of a word or a domain. Of the ban of a writer, only mode, end and reason can change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            choices = [(kind.value, kind.label) for kind in banning.WORD_KINDS]
            self.fields["kind"] = forms.ChoiceField(
                label=_("What"), choices=choices, initial=Ban.Kind.WORD, widget=forms.RadioSelect
            )
        if "value" in self.fields:
            self.fields["value"].required = True
        if "until" in self.fields:
            label_both_inputs(self.fields["until"], date=_("Until: date"), time=_("Until: time"))

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        refuse_odd_years(until)
        latest = banning.latest_end(self.instance)
        if until and "until" in self.changed_data and until <= clock.now():
            raise ValidationError(IN_THE_PAST)
        if latest and (until is None or until > latest):
            raise ValidationError(_("A network is recognised for thirty days, so this ban has to end by then."))
        return until

    def clean(self) -> dict[str, Any]:
        super().clean()
        kind, value = self.cleaned_data.get("kind"), self.cleaned_data.get("value")
        if kind and value:
            self.cleaned_data["value"] = self._normalize(kind, value)
            self._refuse_duplicate(kind, self.cleaned_data["value"])
        return self.cleaned_data

    def _normalize(self, kind: str, value: str) -> str:
        if kind == Ban.Kind.WORD:
            word = text_cleaning.clean_line(value)
            if text_cleaning.is_blank(word):
                raise ValidationError({"value": _("Please enter a word.")})
            return word
        try:
            return banning.normalize_domain(value)
        except ValueError:
            raise ValidationError({"value": _("This is not a domain. A domain looks like this: example.com")}) from None

    def _refuse_duplicate(self, kind: str, value: str) -> None:
        others = Ban.objects.in_force().filter(kind=kind, value__iexact=value).exclude(pk=self.instance.pk)
        if others.exists():
            raise ValidationError({"value": _("This is on the list already.")})


class DiscussionForm(forms.ModelForm[Discussion]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "hold" in self.fields:
            default = Blog.Hold(self.instance.post.blog.comments_hold).label
            default_label = _("blog default: %(hold)s") % {"hold": default}
            self.fields["hold"] = forms.ChoiceField(
                label=self.fields["hold"].label, required=False, choices=[("", default_label), *Blog.Hold.choices]
            )
        if "closes_at" in self.fields:  # missing for users who may only view
            label_both_inputs(self.fields["closes_at"], date=_("Closes: date"), time=_("Closes: time"))

    def clean_closes_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["closes_at"]
        refuse_odd_years(moment)
        return moment


def label_both_inputs(field: forms.Field, *, date: str, time: str) -> None:
    """Label both inputs of a date and time: Django prints “Date” and “Time” beside them, but not as labels."""
    if isinstance(field.widget, forms.MultiWidget):
        for widget, label in zip(field.widget.widgets, (date, time), strict=True):
            widget.attrs["aria-label"] = label
