"""The form under every post, and the one in which a comment is changed."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Subscription
from comments.posting.submission import USUAL, Refused
from comments.screening.facts import Signals


class TextForm(forms.Form):
    """Carries what was typed, word for word; what may be said is for `submission` to decide.

    The fields are plain ones, so that nothing is cut, stripped or refused before that. The text has no `maxlength`:
    browsers cut a longer one silently when it is pasted, and what was cut is lost.
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
    def words(self) -> dict[str, str]:
        """What was sent, by field; missing fields are empty."""
        return {name: self[name].value() or "" for name in self.fields}

    def show_errors_of(self, refusal: Refused) -> None:
        """Tie its sentences to the fields they are about, and begin at the first."""
        for number, (name, sentence) in enumerate(refusal.errors.items()):
            self.add_error(name, sentence)
            self.fields[name].widget.attrs["autofocus"] = number == 0


class CommentForm(TextForm):
    """A new comment, or a reply where it has a parent."""

    name = forms.Field(
        label=_("Name"),
        required=False,
        widget=forms.TextInput({"required": True, "maxlength": Comment.NAME_LENGTH, "autocomplete": "name"}),
    )
    email = forms.Field(
        label=_("E-mail"),
        required=False,
        help_text=_("Readers never see it. You get one mail, to confirm that it is yours."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    notify = forms.Field(
        label=_("Send me"),
        required=False,
        initial=USUAL,
        widget=forms.Select(choices=[*Subscription.Scope.choices, ("", _("no mail about comments"))]),
    )
    parent = forms.Field(required=False, widget=forms.HiddenInput)

    field_order = ("name", "text", "email", "notify", "parent")

    @property
    def wants_mail(self) -> bool:
        """Whether the part about mail has to be open: something stands in it."""
        return bool(self.words["email"] or self.words["notify"] not in ("", USUAL) or self.errors.get("email"))


# What was sent, without a form: to make one takes 0.2 ms, and most comments are taken without showing it again.


def words(sent: QueryDict) -> dict[str, str]:
    """What the form would give for them: by field; missing fields are empty."""
    return {name: sent.get(name) or "" for name in CommentForm.base_fields}


def signals(sent: QueryDict) -> Signals:
    """What came with the words and is not seen."""
    return Signals(**{name: sent.get(name, "")[:300] for name in ("trap", "opened", "seconds")})


def asks_for_preview(sent: QueryDict) -> bool:
    """Whether the words were only sent to be looked at."""
    return sent.get("action") == "preview"
