"""The form under every post."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from comments.submission import Refused


class CommentForm(forms.Form):
    """Carries what was typed, word for word; what may be said is for `submission` to decide.

    The fields are plain ones, so that nothing is cut, stripped or refused before that. The text has no `maxlength`:
    browsers cut a longer one silently when it is pasted, and what was cut is lost.
    """

    name = forms.Field(
        label=_("Name"),
        required=False,
        widget=forms.TextInput({"required": True, "maxlength": Comment.NAME_LENGTH, "autocomplete": "name"}),
    )
    text = forms.Field(
        label=_("Comment"),
        required=False,
        help_text=_("Markdown: *emphasis*, **strong**, [link](https://…), > quote, - list, `code`."),
        widget=forms.Textarea({"required": True, "rows": 6, "dir": "auto"}),
    )
    parent = forms.Field(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="comment-%s", label_suffix="")

    @property
    def words(self) -> dict[str, str]:
        """What `submission.submit` needs of what was sent; missing fields are empty."""
        return {name: self[name].value() or "" for name in self.fields}

    def show_errors_of(self, refusal: Refused) -> None:
        """Tie its sentences to the fields they are about, and begin at the first."""
        for number, (name, sentence) in enumerate(refusal.errors.items()):
            self.add_error(name, sentence)
            self.fields[name].widget.attrs["autofocus"] = number == 0
