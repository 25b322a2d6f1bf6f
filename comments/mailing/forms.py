"""Forms that ask for an email address."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from comments.models import Subscription
from core.mailing import email_addresses

Scope = Subscription.Scope


class EmailForm(forms.Form):
    """Ask for an email address. `email_addresses.clean` validates it, as everywhere else on the site."""

    email = forms.Field(
        label=_("Your e-mail address"),
        error_messages={"required": _("Please enter your e-mail address.")},
        widget=forms.EmailInput({"autocomplete": "email", "maxlength": email_addresses.MAX_LENGTH, "dir": "ltr"}),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="address-%s", label_suffix="")
        self.use_required_attribute = True

    def clean_email(self) -> str:
        return email_addresses.clean(self.cleaned_data["email"])

    def full_clean(self) -> None:
        """Focus the first field with an error when the page opens."""
        super().full_clean()
        for name in list(self.errors)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True


class SubscribeForm(EmailForm):
    """Ask for an email address and, if the link named a thread, whether to follow that thread or the whole post."""

    scope = forms.ChoiceField(
        label=_("What would you like to follow?"),
        choices=[(Scope.THREAD, _("This thread")), (Scope.POST, _("All comments on this post"))],
        initial=Scope.THREAD,
        widget=forms.RadioSelect,
    )
    thread = forms.Field(widget=forms.HiddenInput, required=False)

    field_order = ("scope", "email", "thread")

    def __init__(self, data: QueryDict | None = None, *, thread: str = "") -> None:
        super().__init__(data)
        self.fields["thread"].initial = thread
        if not thread:
            del self.fields["scope"]

    @property
    def wanted_scope(self) -> Scope:
        return Scope(self.cleaned_data.get("scope", Scope.POST))

    def clean(self) -> dict[str, object]:
        if self.cleaned_data.get("scope") == Scope.THREAD and not self.fields["thread"].initial:
            raise ValidationError(_("This thread no longer exists."))
        return self.cleaned_data
