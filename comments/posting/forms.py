"""The form below every post, and the form that changes a comment."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Subscription
from comments.posting.submission import DEFAULT_SCOPE, Refused
from comments.screening.facts import Signals


class TextForm(forms.Form):
    """Carry what was typed, unchanged. `submission` decides what is valid.

    The fields are plain `Field`s, so that nothing is cut, stripped or refused before that. The text has no `maxlength`:
    browsers silently cut a longer text when it is pasted, and the rest would be lost.
    """

    text = forms.Field(
        label=_("Comment"),
        required=False,
        help_text=_("Markdown: *emphasis*, **strong**, [link](https://…), > quote, - list, `code`."),
        widget=forms.Textarea({"required": True, "rows": 6, "dir": "auto"}),
    )

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="comment-%s", label_suffix="")

    @property
    def typed(self) -> dict[str, str]:
        """The submitted or initial values by field name; missing ones are empty."""
        return {name: self[name].value() or "" for name in self.fields}

    def add_errors_of(self, refusal: Refused) -> None:
        """Add the error of each field, and focus the first field that has one."""
        for index, (name, error) in enumerate(refusal.errors.items()):
            self.add_error(name, error)
            self.fields[name].widget.attrs["autofocus"] = index == 0


class CommentForm(TextForm):
    """A new comment, or a reply if `parent` is filled in."""

    name = forms.Field(
        label=_("Name"),
        required=False,
        widget=forms.TextInput({"required": True, "maxlength": Comment.NAME_LENGTH, "autocomplete": "name"}),
    )
    email = forms.Field(
        label=_("E-mail"),
        required=False,
        help_text=_("Readers never see it. We send you one message to confirm that it is yours."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    notify = forms.Field(
        label=_("Send me"),
        required=False,
        initial=DEFAULT_SCOPE,
        widget=forms.Select(choices=[*Subscription.Scope.choices, ("", _("no mail about comments"))]),
    )
    parent = forms.Field(required=False, widget=forms.HiddenInput)

    field_order = ("name", "text", "email", "notify", "parent")

    @property
    def has_mail_input(self) -> bool:
        """Whether the e-mail section of the form must be open, because something was typed or chosen in it."""
        return bool(self.typed["email"] or self.typed["notify"] not in ("", DEFAULT_SCOPE) or self.errors.get("email"))


# The functions below read a request without a form: creating one takes 0.2 ms, and most comments are stored without
# showing the form again.


def typed_values(data: QueryDict) -> dict[str, str]:
    """The same as `CommentForm(data).typed`."""
    return {name: data.get(name) or "" for name in CommentForm.base_fields}


def signals(data: QueryDict) -> Signals:
    """The values of the fields that the commenter does not see."""
    return Signals(**{name: data.get(name, "")[:300] for name in ("trap", "opened", "seconds")})


def is_preview(data: QueryDict) -> bool:
    """Whether the commenter asked for a preview."""
    return data.get("action") == "preview"
