"""The forms on the page that an original author opens with the link from the e-mail."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from blog.models import Person, Repost

LONGEST_PERMISSION = timedelta(days=36_525)  # a hundred years
# Control characters, which feeds may not contain, and characters that override the direction of the text after them.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class FirstErrorFocus(forms.BaseForm):
    """A form that sets `autofocus` on its first invalid field, so that the page opens there."""

    def full_clean(self) -> None:
        super().full_clean()
        for name in list(self.errors)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True


class LineField(forms.CharField):
    """A single line of text in Unicode NFC, without unwanted characters and repeated white space."""

    def to_python(self, value: Any) -> str:
        return " ".join(unicodedata.normalize("NFC", _UNWANTED.sub("", super().to_python(value) or "")).split())


class AuthorForm(FirstErrorFocus, forms.Form):
    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")


class ConditionsForm(AuthorForm):
    """The conditions of a yes. The fields are those of `Repost.CONDITIONS`, and all are optional."""

    credit_wording = LineField(
        label=_("Show my name as"),
        help_text=_("For example, with your title or institution."),
        max_length=200,
        required=False,
    )
    credit_link = forms.CharField(
        label=_("Link my name to"),
        help_text=_("A complete web address that begins with https://."),
        max_length=1000,
        required=False,
        widget=forms.URLInput,
        validators=Repost._meta.get_field("credit_link").validators,
    )
    no_snippet = forms.BooleanField(label=_("Search engines must not show my words in their results"), required=False)
    not_in_feeds = forms.BooleanField(label=_("Feeds must not contain my words in full"), required=False)
    no_training = forms.BooleanField(label=_("My words must not be used to train AI"), required=False)
    author_end = forms.DateField(
        label=_("My permission ends after this day"),
        help_text=_("Leave this empty if your permission has no end."),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, Any], today: date) -> None:
        super().__init__(data, initial=initial)
        self.today = today

    def clean_author_end(self) -> date | None:
        day: date | None = self.cleaned_data["author_end"]
        if day and not self.today <= day <= self.today + LONGEST_PERMISSION:
            raise ValidationError(_("Choose today or a later day within the next hundred years."))
        return day


class NameForm(AuthorForm):
    name = LineField(
        label=_("Your name"),
        max_length=Person._meta.get_field("name").max_length,
        error_messages={"required": _("Enter your name as it should be shown.")},
        widget=forms.TextInput({"autocomplete": "name"}),
    )


class EndForm(AuthorForm):
    note = LineField(
        label=_("Your reason (optional)"),
        help_text=_("Readers will see it where your words were."),
        max_length=Repost._meta.get_field("state_note").max_length,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
