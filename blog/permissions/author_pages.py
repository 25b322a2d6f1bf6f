"""The page behind the link that was e-mailed to an original author. A GET changes nothing; only the forms do."""

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

NOT_POSSIBLE = _("Nothing was changed: this is no longer possible. The page below shows how things stand now.")
INCOMPLETE = _("Nothing was changed: please check the marked field.")
UNREADABLE = _("Nothing was changed: your answer could not be read. Please use one of the buttons below.")


@require_http_methods(["GET", "HEAD", "POST"])
def author_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the request and take its answer; after a yes, show the author's own page.

    A link that is not valid gets a page that reveals nothing.
    """
    permission_request = author_requests.find_by_token(token)
    if permission_request is None:
        return _link_closed_page(request, status=404)
    if request.method == "POST":
        return _take_action(request, permission_request)
    return _page(request, permission_request)


def _take_action(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    action = ACTIONS.get(request.POST.get("act", ""))
    if action is None:
        return _page(request, permission_request, notice=UNREADABLE, status=400)
    try:
        return action(request, permission_request)
    except (author_requests.ActionNotAllowed, steps.StepNotAllowed):
        permission_request.refresh_from_db()
        return _page(request, permission_request, notice=NOT_POSSIBLE, status=409)


# --- Actions --------------------------------------------------------------------------------------------------------


def _yes(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    form = _conditions_form(permission_request, request.POST)
    if not form.is_valid():
        return _page(request, permission_request, notice=INCOMPLETE, status=422, conditions_form=form)
    author_requests.answer(
        permission_request,
        Answer.YES,
        conditions=form.cleaned_data,
        shown_basis=request.POST.get("basis_digest", ""),
    )
    return _reload(request)


def _no(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    return _refuse(request, permission_request, Answer.NO)


def _not_mine(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    return _refuse(request, permission_request, Answer.NOT_MINE)


def _refuse(request: HttpRequest, permission_request: PermissionRequest, answer: Answer) -> HttpResponse:
    author_requests.answer(permission_request, answer)
    blog = permission_request.repost.post.blog
    return personal_page(request, "blog/author_answered.html", {"answer": answer}, blog=blog)


def _correct_name(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, permission_request, notice=INCOMPLETE, status=422, name_form=form)
    author_requests.correct_name(permission_request, name=form.cleaned_data["name"])
    return _reload(request)


def _consider_end(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    """Say what will happen and ask for confirmation. This changes nothing yet."""
    if not (author_requests.opens_author_page(permission_request) and author_requests.may_end(permission_request)):
        return _page(request, permission_request)
    return _end_page(request, permission_request, EndForm())


def _end(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    form = EndForm(request.POST)
    if not form.is_valid():
        return _end_page(request, permission_request, form, status=422)
    author_requests.end_permission(permission_request, note=form.cleaned_data["note"])
    return _reload(request)


def _claim_badge(request: HttpRequest, permission_request: PermissionRequest) -> HttpResponse:
    if not _may_claim_badge(permission_request):
        raise author_requests.ActionNotAllowed
    response = _redirect(f"{permission_request.repost.post.get_absolute_url()}#comments")
    proof_of_authorship.set_cookie(response, permission_request)
    return response


ACTIONS: dict[str, Callable[[HttpRequest, PermissionRequest], HttpResponse]] = {
    "yes": _yes,
    "no": _no,
    "not_mine": _not_mine,
    "correct_name": _correct_name,
    "consider_end": _consider_end,
    "end": _end,
    "claim_badge": _claim_badge,
}


def _reload(request: HttpRequest) -> HttpResponse:
    return _redirect(request.path)


def _redirect(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url, status=303)
    response["Cache-Control"] = "no-store"
    return response


# --- Pages ----------------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, permission_request: PermissionRequest, *, status: int = 200, **context: Any
) -> HttpResponse:
    if author_requests.may_be_answered(permission_request):
        return _request_page(request, permission_request, status=status, **context)
    if author_requests.opens_author_page(permission_request):
        return _authors_own_page(request, permission_request, status=status, **context)
    return _link_closed_page(request, status=410)


def _request_page(
    request: HttpRequest, permission_request: PermissionRequest, *, status: int, **context: Any
) -> HttpResponse:
    repost, wording = permission_request.repost, permission_request.wording
    context = {
        **_common_context(permission_request),
        "passage": _preview_of_yes(permission_request),
        "words_html": wording.html,
        "preview": True,
        "was_edited": wording.folded != fingerprints.folded(repost.text),
        "other_words_shown": repost.shown is not None and repost.shown.folded != wording.folded,
        "basis_digest": author_requests.basis_digest(repost),
        "conditions_form": _conditions_form(permission_request),
        **context,
    }
    return personal_page(request, "blog/author_question.html", context, blog=repost.post.blog, status=status)


def _authors_own_page(
    request: HttpRequest, permission_request: PermissionRequest, *, status: int, **context: Any
) -> HttpResponse:
    repost = permission_request.repost
    context = {
        **_common_context(permission_request),
        "may_end": author_requests.may_end(permission_request),
        "may_claim_badge": _may_claim_badge(permission_request),
        "has_asked_for_end": author_requests.has_asked_for_end(repost),
        "name_form": NameForm(initial={"name": permission_request.person.name}),
        **context,
    }
    return personal_page(request, "blog/author_page.html", context, blog=repost.post.blog, status=status)


def _end_page(
    request: HttpRequest, permission_request: PermissionRequest, form: EndForm, *, status: int = 200
) -> HttpResponse:
    repost = permission_request.repost
    context = {"post": repost.post, "host": repost.post.author.name, "repost": repost, "end_form": form}
    return personal_page(request, "blog/author_end.html", context, blog=repost.post.blog, status=status)


def _link_closed_page(request: HttpRequest, *, status: int) -> HttpResponse:
    """One page for every closed link: answered, expired, overtaken by events, or never issued."""
    return personal_page(request, "blog/author_link_closed.html", {}, blog=Blog.load(), status=status)


def _common_context(permission_request: PermissionRequest) -> dict[str, Any]:
    """The context of the post's own page, with the request and the people in it."""
    repost = permission_request.repost
    return {
        **page_context(repost.post),
        "permission_request": permission_request,
        "host": repost.post.author.name,
        "person": permission_request.person,
        "repost": repost,
        "conditions": _set_conditions(repost),
        "preview": not repost.post.is_public,
    }


def _preview_of_yes(permission_request: PermissionRequest) -> Repost:
    """Return an unsaved copy of the repost as a yes would change it now."""
    preview = copy.copy(permission_request.repost)
    preview.basis = preview.basis or Repost.Basis.PERMISSION
    preview.state, preview.level = Repost.State.CONFIRMED, Repost.Level.ANSWERED
    preview.confirmed_at, preview.confirmed_domain = clock.now(), permission_request.domain
    preview.language = permission_request.wording.language
    return preview


def _conditions_form(permission_request: PermissionRequest, data: QueryDict | None = None) -> ConditionsForm:
    """The form starts with the current conditions, so that the author keeps them without typing them again."""
    repost = permission_request.repost
    current = {name: getattr(repost, name) for name in Repost.CONDITIONS}
    return ConditionsForm(data, initial=current, today=clock.now().astimezone(repost.post.blog.zone).date())


def _may_claim_badge(permission_request: PermissionRequest) -> bool:
    """Whether this author's comments may carry the badge: the yes still holds, and the post is public."""
    post, answered_at = permission_request.repost.post, permission_request.answered_at
    if not (author_requests.opens_author_page(permission_request) and answered_at and post.is_public):
        return False
    return proof_of_authorship.proven_credits(
        post=post.pk, person=permission_request.person_id, since=answered_at
    ).exists()


def _set_conditions(repost: Repost) -> list[tuple[StrPromise | str, Any]]:
    """The conditions that the author has set, as pairs of label and value. A yes/no condition has an empty value."""
    labels = {name: field.label or "" for name, field in ConditionsForm.base_fields.items()}
    values = [(labels[name], getattr(repost, name)) for name in Repost.CONDITIONS]
    return [(label, "" if value is True else value) for label, value in values if value]
