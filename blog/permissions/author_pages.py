"""The original author's page behind the link that was mailed to them. Opening it changes nothing; only its forms do."""

import copy
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_stubs_ext import StrPromise

from blog.models import Blog, PermissionRequest, Repost
from blog.permissions import author_requests, fingerprints, proof_of_authorship, steps
from blog.permissions.author_forms import ConditionsForm, EndForm, NameForm
from blog.reading.pages import personal_page
from blog.reading.views import page_context
from core import clock

Answer = PermissionRequest.Answer

NOT_POSSIBLE = _("This is not possible any more: something has changed meanwhile. What holds now stands below.")
INCOMPLETE = _("Nothing was changed yet: please look at the marked field.")
UNREADABLE = _("This could not be understood, and nothing was changed. Please use one of the buttons below.")


@require_http_methods(["GET", "HEAD", "POST"])
def author_page(request: HttpRequest, token: str) -> HttpResponse:
    """First the question with its answers; after a yes the author's page; else a page that gives nothing away."""
    asked = author_requests.find(token)
    if asked is None:
        return _closed(request, status=404)
    if request.method == "POST":
        return _act(request, asked)
    return _page(request, asked)


def _act(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        return _page(request, asked, notice=UNREADABLE, status=400)
    try:
        return act(request, asked)
    except (author_requests.Closed, steps.NotPossible):
        asked.refresh_from_db()
        return _page(request, asked, notice=NOT_POSSIBLE, status=409)


# --- What the forms do ----------------------------------------------------------------------------------------------


def _yes(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    form = _conditions_form(asked, request.POST)
    if not form.is_valid():
        return _page(request, asked, notice=INCOMPLETE, status=422, conditions_form=form)
    author_requests.answer(asked, Answer.YES, conditions=form.cleaned_data, ground=request.POST.get("ground", ""))
    return _back(request)


def _no(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    author_requests.answer(asked, Answer.NO)
    return personal_page(request, "blog/author_answered.html", {"answer": Answer.NO}, blog=asked.repost.post.blog)


def _not_mine(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    author_requests.answer(asked, Answer.NOT_MINE)
    return personal_page(request, "blog/author_answered.html", {"answer": Answer.NOT_MINE}, blog=asked.repost.post.blog)


def _correct_name(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, notice=INCOMPLETE, status=422, name_form=form)
    author_requests.correct_name(asked, name=form.cleaned_data["name"])
    return _back(request)


def _consider_end(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    """The step before: what will happen, and a last question."""
    if not (author_requests.is_authors(asked) and author_requests.may_end(asked)):
        return _page(request, asked)
    return _end_page(request, asked, EndForm())


def _end(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    form = EndForm(request.POST)
    if not form.is_valid():
        return _end_page(request, asked, form, status=422)
    author_requests.end(asked, note=form.cleaned_data["note"])
    return _back(request)


def _claim_badge(request: HttpRequest, asked: PermissionRequest) -> HttpResponse:
    if not _may_claim(asked):
        raise author_requests.Closed
    response = _see(f"{asked.repost.post.get_absolute_url()}#comments")
    proof_of_authorship.give(response, asked)
    return response


ACTS: dict[str, Callable[[HttpRequest, PermissionRequest], HttpResponse]] = {
    "yes": _yes,
    "no": _no,
    "not_mine": _not_mine,
    "correct_name": _correct_name,
    "consider_end": _consider_end,
    "end": _end,
    "claim_badge": _claim_badge,
}


def _back(request: HttpRequest) -> HttpResponse:
    return _see(request.path)


def _see(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address, status=303)
    response["Cache-Control"] = "no-store"
    return response


# --- What the link shows --------------------------------------------------------------------------------------------


def _page(request: HttpRequest, asked: PermissionRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    if author_requests.is_open(asked):
        return _question(request, asked, status=status, **context)
    if author_requests.is_authors(asked):
        return _authors_page(request, asked, status=status, **context)
    return _closed(request, status=410)


def _question(request: HttpRequest, asked: PermissionRequest, *, status: int, **context: Any) -> HttpResponse:
    repost, wording = asked.repost, asked.wording
    context = {
        **_surroundings(asked),
        "passage": _as_confirmed(asked),
        "words_html": wording.html,
        "preview": True,
        "was_edited": wording.folded != fingerprints.folded(repost.text),
        "other_words_shown": repost.shown is not None and repost.shown.folded != wording.folded,
        "ground": author_requests.ground_of(repost),
        "conditions_form": _conditions_form(asked),
        **context,
    }
    return personal_page(request, "blog/author_question.html", context, blog=repost.post.blog, status=status)


def _authors_page(request: HttpRequest, asked: PermissionRequest, *, status: int, **context: Any) -> HttpResponse:
    repost = asked.repost
    context = {
        **_surroundings(asked),
        "may_end": author_requests.may_end(asked),
        "may_claim": _may_claim(asked),
        "has_asked_for_end": author_requests.has_asked_for_end(repost),
        "name_form": NameForm(initial={"name": asked.person.name}),
        **context,
    }
    return personal_page(request, "blog/author_page.html", context, blog=repost.post.blog, status=status)


def _end_page(request: HttpRequest, asked: PermissionRequest, form: EndForm, *, status: int = 200) -> HttpResponse:
    post = asked.repost.post
    context = {"asked": asked, "post": post, "host": post.author.name, "repost": asked.repost, "end_form": form}
    return personal_page(request, "blog/author_end.html", context, blog=post.blog, status=status)


def _closed(request: HttpRequest, *, status: int) -> HttpResponse:
    """The same for a link that was answered, ran out, was overtaken or never was."""
    return personal_page(request, "blog/author_link_closed.html", {}, blog=Blog.load(), status=status)


def _surroundings(asked: PermissionRequest) -> dict[str, Any]:
    """The post as its own page shows it, and who asks whom."""
    post = asked.repost.post
    return {
        **page_context(post),
        "asked": asked,
        "host": post.author.name,
        "person": asked.person,
        "repost": asked.repost,
        "conditions": _given_conditions(asked.repost),
        "preview": not post.is_public,
    }


def _as_confirmed(asked: PermissionRequest) -> Repost:
    """The repost as a yes given now would make it, for the preview. It is not to be saved."""
    preview = copy.copy(asked.repost)
    preview.basis = preview.basis or Repost.Basis.PERMISSION
    preview.state, preview.level = Repost.State.CONFIRMED, Repost.Level.ANSWERED
    preview.confirmed_at, preview.confirmed_domain = clock.now(), asked.domain
    preview.language = asked.wording.language
    return preview


def _conditions_form(asked: PermissionRequest, data: QueryDict | None = None) -> ConditionsForm:
    """What was granted before is filled in: nobody loses a condition by not typing it again."""
    granted = {name: getattr(asked.repost, name) for name in Repost.CONDITIONS}
    today = clock.now().astimezone(asked.repost.post.blog.zone).date()
    return ConditionsForm(data, initial=granted, today=today)


def _may_claim(asked: PermissionRequest) -> bool:
    """Whether comments under the post may be marked as the author's: the yes still stands, and there is a post."""
    if not (author_requests.is_authors(asked) and asked.answered_at and asked.repost.post.is_public):
        return False
    return proof_of_authorship.standing(
        post=asked.repost.post_id, person=asked.person_id, since=asked.answered_at
    ).exists()


def _given_conditions(repost: Repost) -> list[tuple[StrPromise | str, Any]]:
    """What the author asked for with the yes: pairs of its name and, where it has one, its value."""
    labels = {name: field.label or "" for name, field in ConditionsForm.base_fields.items()}
    given = [(labels[name], getattr(repost, name)) for name in Repost.CONDITIONS]
    return [(label, "" if value is True else value) for label, value in given if value]
