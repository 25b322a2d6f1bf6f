"""The forms of the host's permission steps and of evidence."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Evidence, Repost
from blog.publishing.forms import refuse_odd_years

EVIDENCE_MAX_BYTES = 20 * 1024 * 1024


class DayInput(forms.DateInput):
    """The date picker of the browser. It expects ISO dates, whatever the locale."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class StepForm(forms.Form):
    """A form without fields: the button is enough."""

    def __init__(self, *args: Any, repost: Repost, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.repost = repost


class ReasonForm(StepForm):
    """Ask for the reason why words leave the page."""

    note = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Readers see it in place of the words. You may leave it empty."),
    )


class StandByForm(StepForm):
    """Ask why the words come back although the person named as author said “not mine”."""

    note = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("It becomes part of the public ledger. Say how you know whose words these are."),
        error_messages={"required": gettext_lazy("Say how you know whose words these are: the ledger needs a reason.")},
    )


class EndForm(StepForm):
    """Ask for the last day of the permission."""

    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("The permission lasts until the end of that day. Leave this empty for no end."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("last_day", self.repost.expires_on)

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        refuse_odd_years(day)
        return day


class EvidenceForm(forms.ModelForm[Evidence]):
    # Declared here because the length limit of the model field is meant for the names that we give to stored files.
    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("Any kind of file, at most 20 MB."))

    class Meta:
        model = Evidence
        fields = ["kind", "dated", "file"]
        widgets = {"dated": DayInput}

    def clean_dated(self) -> date:
        day: date = self.cleaned_data["dated"]
        refuse_odd_years(day)
        return day

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is not None and file.size > EVIDENCE_MAX_BYTES:
            limit = filesizeformat(EVIDENCE_MAX_BYTES)
            raise ValidationError(
                _("This file is larger than %(limit)s. Attach a smaller one."), params={"limit": limit}
            )
        return file
