"""What original authors fill in on the page that their link opens."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from blog.models import Person, Repost

LONGEST = timedelta(days=36_525)  # a hundred years
# Controls, which no feed may hold, and the marks that turn the direction of everything after them.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class LineField(forms.CharField):
    """One line in composed characters, without those that are no text."""

    def to_python(self, value: Any) -> str:
        return " ".join(unicodedata.normalize("NFC", _UNWANTED.sub("", super().to_python(value) or "")).split())


class _Form(forms.Form):
    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")

    def full_clean(self) -> None:
        """Where something is wrong, the page opens at the first such field."""
        super().full_clean()
        for name in list(self.errors)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True


class ConditionsForm(_Form):
    """The conditions of a yes, by the names that `Repost.CONDITIONS` gives them. All may be left out."""

    credit_wording = LineField(
        label=_("Name me like this"),
        help_text=_("For example with your title or place of work."),
        max_length=200,
        required=False,
    )
    credit_link = forms.CharField(
        label=_("Link my name to"),
        help_text=_("A whole address that begins with https://."),
        max_length=1000,
        required=False,
        widget=forms.URLInput,
        validators=Repost._meta.get_field("credit_link").validators,
    )
    no_snippet = forms.BooleanField(label=_("Search engines may not show my words in their results"), required=False)
    not_in_feeds = forms.BooleanField(label=_("My words may not be sent in full in feeds"), required=False)
    no_training = forms.BooleanField(label=_("My words may not be used for training AI"), required=False)
    author_end = forms.DateField(
        label=_("Until the end of this day"),
        help_text=_("Leave it empty for a yes without an end."),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, Any], today: date) -> None:
        super().__init__(data, initial=initial)
        self.today = today

    def clean_author_end(self) -> date | None:
        day: date | None = self.cleaned_data["author_end"]
        if day and not self.today <= day <= self.today + LONGEST:
            raise ValidationError(_("Choose a day from today on, within the next hundred years."))
        return day


class NameForm(_Form):
    name = LineField(
        label=_("Your name"),
        max_length=Person._meta.get_field("name").max_length,
        error_messages={"required": _("Type the name as it should stand.")},
        widget=forms.TextInput({"autocomplete": "name"}),
    )


class EndForm(_Form):
    note = LineField(
        label=_("A reason, if you want to give one"),
        help_text=_("Readers will see it in the place of your words."),
        max_length=Repost._meta.get_field("state_note").max_length,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
