"""The bare site: a view with three simple queries, and a form that inserts one row. No template."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from bench.bare.models import Remark
from bench.bare.pages import kept

ANSWERS = kept()
ASKED_FOR = (1, 2, 3)  # rows that `prepare` has made


class RemarkForm(forms.Form):
    name = forms.CharField(max_length=80)
    text = forms.CharField(max_length=10_000)


def page(request: HttpRequest, name: str) -> HttpResponse:
    for number in ASKED_FOR:
        Remark.objects.get(pk=number)
    answer = ANSWERS[name]
    return HttpResponse(answer.body, headers=dict(answer.headers))


def remark(request: HttpRequest) -> HttpResponse:
    form = RemarkForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    Remark.objects.create(at=timezone.now(), **form.cleaned_data)
    return HttpResponseRedirect("/", status=303)


urlpatterns = [path("remark/", remark), path("<name>/", page)]
