"""The bare site: a view with three simple queries, and a form that inserts one row. No template."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from bench.bare.models import Remark
from bench.bare.responses import load_all

RESPONSES = load_all()
ROW_IDS = (1, 2, 3)  # created by `prepare`


class RemarkForm(forms.Form):
    name = forms.CharField(max_length=80)
    text = forms.CharField(max_length=10_000)


def page(request: HttpRequest, name: str) -> HttpResponse:
    for pk in ROW_IDS:
        Remark.objects.get(pk=pk)
    response = RESPONSES[name]
    return HttpResponse(response.body, headers=dict(response.headers))


def remark(request: HttpRequest) -> HttpResponse:
    form = RemarkForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    Remark.objects.create(at=timezone.now(), **form.cleaned_data)
    return HttpResponseRedirect("/", status=303)


urlpatterns = [path("remark/", remark), path("<name>/", page)]
