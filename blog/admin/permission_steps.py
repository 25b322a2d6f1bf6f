"""What the host can do about a permission: each step is a page that says what it means, and a button."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog import rendering
from blog.admin.permission_forms import EndForm, ReasonForm, StandByForm, StepForm
from blog.models import Post, Repost
from blog.permissions import author_requests, steps
from blog.publishing import saving

State = Repost.State
Text = str | Promise


@dataclass(frozen=True)
class Step:
    """`label` names it among the others, `meaning` says what will happen, `done` what has happened.

    `follows` tells whether the state of a repost leads there; `take` does it in the name of somebody, with what the
    form asked for.
    """

    label: Text
    question: Text
    meaning: Text
    done: Text
    follows: Callable[[Repost], bool]
    take: Callable[..., object]
    form: type[StepForm] = StepForm


def _is_shown(repost: Repost) -> bool:
    return repost.state in Repost.STATES_IN_FORCE


def _is_for_the_author(repost: Repost) -> bool:
    """Whether a yes would change something: it would move an end that the author has set, too."""
    return repost.state != State.CONFIRMED or repost.has_expired or repost.author_end is not None


STEPS = {
    "ask": Step(
        label=gettext_lazy("Ask the author"),
        question=gettext_lazy("Ask the author?"),
        meaning=gettext_lazy(
            "The author gets an e-mail with these words and a link that only they know. Nothing that readers see "
            "changes until they answer."
        ),
        done=gettext_lazy("The author is asked: the e-mail is on its way. You see below when it was sent."),
        follows=_is_for_the_author,
        take=author_requests.ask,
    ),
    "release": Step(
        label=gettext_lazy("Back to my word"),
        question=gettext_lazy("Show the words on your word alone?"),
        meaning=gettext_lazy(
            "Readers get to see the words as they stand in your form. The author’s yes no longer counts: the page "
            "says that you state the permission, not that the author confirmed it. You can then change the ground "
            "and the credits, too. The ledger keeps both."
        ),
        done=gettext_lazy("Readers now see the words as you have them, as stated by you."),
        follows=lambda repost: repost.state in (State.CONFIRMED, State.STALE),
        take=steps.release,
    ),
    "stand-by": Step(
        label=gettext_lazy("Stand by the credit"),
        question=gettext_lazy("Show the words again although the person named says “not mine”?"),
        meaning=gettext_lazy(
            "The words come back, as stated by you and under the same name. Do this only if you know better than the "
            "answer you got."
        ),
        done=gettext_lazy("The words are shown again, as stated by you."),
        follows=lambda repost: repost.state == State.DISPUTED,
        take=steps.reassert,
        form=StandByForm,
    ),
    "end": Step(
        label=gettext_lazy("Set an end"),
        question=gettext_lazy("Until when may the words be shown?"),
        meaning=gettext_lazy(
            "After the last day the words leave the page by themselves. Your own words and every comment stay."
        ),
        done=gettext_lazy("The end is set."),
        follows=_is_shown,
        take=steps.set_end,
        form=EndForm,
    ),
    "withdraw": Step(
        label=gettext_lazy("Withdraw the permission"),
        question=gettext_lazy("Withdraw the permission?"),
        meaning=gettext_lazy(
            "The reposted words leave the page at once. Your own words and every comment stay. The ledger keeps this "
            "step; you can restore the permission later."
        ),
        done=gettext_lazy("The permission is withdrawn. Readers no longer see the words."),
        follows=lambda repost: _is_shown(repost) or repost.state == State.DISPUTED,
        take=steps.withdraw,
        form=ReasonForm,
    ),
    "restore": Step(
        label=gettext_lazy("Restore the permission"),
        question=gettext_lazy("Restore the permission?"),
        meaning=gettext_lazy(
            "The words are shown again as they were covered before. Where the person named had said “not mine”, that "
            "stands again, and you decide anew. The ledger keeps this step."
        ),
        done=gettext_lazy("The permission is restored."),
        follows=lambda repost: repost.state == State.WITHDRAWN,
        take=steps.restore,
    ),
    "settle": Step(
        label=gettext_lazy("The dispute is settled"),
        question=gettext_lazy("Is the dispute about the attribution settled?"),
        meaning=gettext_lazy("The label “attribution disputed” leaves the page. The ledger keeps that it was there."),
        done=gettext_lazy("The attribution is no longer called disputed."),
        follows=lambda repost: repost.is_disputed,
        take=lambda repost, *, by: steps.mark_disputed(repost, by=by, disputed=False),
    ),
}


def open_steps(repost: Repost) -> list[tuple[str, Step]]:
    """The steps that the state of `repost` leads to, with the names in their addresses."""
    return [(name, step) for name, step in STEPS.items() if step.follows(repost)]


def view(request: HttpRequest, post_id: int, name: str) -> HttpResponse:
    """Ask for, then take the step `name` with the repost of a post."""
    repost = get_object_or_404(Repost.objects.select_related("post__blog", "post__author"), post__pk=post_id)
    if name not in STEPS:
        raise Http404
    if not request.user.has_perm("blog.change_repost"):
        raise PermissionDenied
    step = STEPS[name]
    form = step.form(request.POST if request.method == "POST" else None, repost=repost)
    if not step.follows(repost):
        messages.error(request, _("Nothing was done: the permission has changed meanwhile."))
        return redirect("admin:blog_post_change", post_id)
    if request.method == "POST" and form.is_valid():
        _take(request, repost, step, form.cleaned_data)
        return redirect("admin:blog_post_change", post_id)
    try:
        context = _context(request, repost, name, form)
    except author_requests.RequestNotAllowed as error:
        messages.error(request, str(error))
        return redirect("admin:blog_post_change", post_id)
    return TemplateResponse(request, "admin/blog/post/step.html", context)


def _take(request: HttpRequest, repost: Repost, step: Step, answers: dict[str, Any]) -> None:
    try:
        step.take(repost, by=saving.name_of(request.user), **answers)
    except steps.StepNotAllowed:
        messages.error(request, _("Nothing was done: the permission has changed meanwhile."))
    except author_requests.RequestNotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, str(step.done))


def _context(request: HttpRequest, repost: Repost, name: str, form: StepForm) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    if name == "ask":
        words = rendering.render_repost(repost.text, id_prefix="asked-")
        asked = {"addressee": author_requests.author_to_ask(repost), "words_html": words}
    return {
        **asked,
        **admin.site.each_context(request),
        "title": STEPS[name].question,
        "opts": Post._meta,
        "repost": repost,
        "name": name,
        "step": STEPS[name],
        "form": form,
    }
