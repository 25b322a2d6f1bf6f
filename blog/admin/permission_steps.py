"""The host's permission steps: each has a page that says what the step means, and a button."""

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
    """One step that the host can take.

    `label` is the text of its button, `question` the title of its page, `meaning` says what will happen and `done` what
    has happened. `is_possible` tells whether the state of a repost allows the step. `take` takes it, with the name of
    the host as `by` and the cleaned data of the form as further keywords.
    """

    label: Text
    question: Text
    meaning: Text
    done: Text
    is_possible: Callable[[Repost], bool]
    take: Callable[..., object]
    form: type[StepForm] = StepForm


def _is_shown(repost: Repost) -> bool:
    return repost.state in Repost.STATES_IN_FORCE


def _may_ask(repost: Repost) -> bool:
    """Tell whether a yes would change something. It would also replace an end that the author has set."""
    return repost.state != State.CONFIRMED or repost.has_expired or repost.author_end is not None


STEPS = {
    "ask": Step(
        label=gettext_lazy("Ask the author"),
        question=gettext_lazy("Ask the author?"),
        meaning=gettext_lazy(
            "The author gets an e-mail with these words and a personal link. Nothing changes for readers until the "
            "author answers."
        ),
        done=gettext_lazy("The e-mail to the author is on its way. You see below when it was sent."),
        is_possible=_may_ask,
        take=author_requests.ask,
    ),
    "release": Step(
        label=gettext_lazy("Show my version"),
        question=gettext_lazy("Show your version of the words, without the author’s confirmation?"),
        meaning=gettext_lazy(
            "Readers will see the words as they are in your form. The author’s yes no longer counts: the page will say "
            "that you state the permission, not that the author confirmed it. You can then change the basis and the "
            "credits, too. The ledger keeps both."
        ),
        done=gettext_lazy("Readers now see your version of the words, as stated by you."),
        is_possible=lambda repost: repost.state in (State.CONFIRMED, State.STALE),
        take=steps.release,
    ),
    "stand-by": Step(
        label=gettext_lazy("Stand by the credit"),
        question=gettext_lazy("Show the words again although the person named said “not mine”?"),
        meaning=gettext_lazy(
            "The words come back, as stated by you and under the same name. Do this only if you are sure that the "
            "answer was wrong."
        ),
        done=gettext_lazy("The words are shown again, as stated by you."),
        is_possible=lambda repost: repost.state == State.DISPUTED,
        take=steps.reassert,
        form=StandByForm,
    ),
    "end": Step(
        label=gettext_lazy("Set an end"),
        question=gettext_lazy("Until when may the words be shown?"),
        meaning=gettext_lazy(
            "After the last day, the words disappear from the page automatically. Your own words and all comments stay."
        ),
        done=gettext_lazy("The end is set."),
        is_possible=_is_shown,
        take=steps.set_end,
        form=EndForm,
    ),
    "withdraw": Step(
        label=gettext_lazy("Withdraw the permission"),
        question=gettext_lazy("Withdraw the permission?"),
        meaning=gettext_lazy(
            "The reposted words disappear from the page at once. Your own words and all comments stay. The ledger "
            "records this step; you can restore the permission later."
        ),
        done=gettext_lazy("The permission is withdrawn. Readers no longer see the words."),
        is_possible=lambda repost: _is_shown(repost) or repost.state == State.DISPUTED,
        take=steps.withdraw,
        form=ReasonForm,
    ),
    "restore": Step(
        label=gettext_lazy("Restore the permission"),
        question=gettext_lazy("Restore the permission?"),
        meaning=gettext_lazy(
            "The words are shown again on the same terms as before. If the person named had said “not mine”, that "
            "objection is open again, and you decide about it. The ledger records this step."
        ),
        done=gettext_lazy("The permission is restored."),
        is_possible=lambda repost: repost.state == State.WITHDRAWN,
        take=steps.restore,
    ),
    "settle": Step(
        label=gettext_lazy("Settle the dispute"),
        question=gettext_lazy("Is the dispute about the attribution settled?"),
        meaning=gettext_lazy(
            "The label “attribution disputed” disappears from the page. The ledger still shows that it was there."
        ),
        done=gettext_lazy("The attribution is no longer marked as disputed."),
        is_possible=lambda repost: repost.is_disputed,
        take=lambda repost, *, by: steps.mark_disputed(repost, by=by, disputed=False),
    ),
}


def open_steps(repost: Repost) -> list[tuple[str, Step]]:
    """Return the steps that the state of `repost` allows, with the names that their URLs use."""
    return [(name, step) for name, step in STEPS.items() if step.is_possible(repost)]


def view(request: HttpRequest, post_id: int, name: str) -> HttpResponse:
    """Show the page of the step `name`; on POST, take the step."""
    repost = get_object_or_404(Repost.objects.select_related("post__blog", "post__author"), post__pk=post_id)
    if name not in STEPS:
        raise Http404
    if not request.user.has_perm("blog.change_repost"):
        raise PermissionDenied
    step = STEPS[name]
    form = step.form(request.POST if request.method == "POST" else None, repost=repost)
    if not step.is_possible(repost):
        messages.error(request, _("Nothing was done: the permission has changed in the meantime."))
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


def _take(request: HttpRequest, repost: Repost, step: Step, data: dict[str, Any]) -> None:
    try:
        step.take(repost, by=saving.name_of(request.user), **data)
    except steps.StepNotAllowed:
        messages.error(request, _("Nothing was done: the permission has changed in the meantime."))
    except author_requests.RequestNotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, str(step.done))


def _context(request: HttpRequest, repost: Repost, name: str, form: StepForm) -> dict[str, Any]:
    request_context: dict[str, Any] = {}
    if name == "ask":
        words_html = rendering.render_repost(repost.text, id_prefix="request-")
        request_context = {"addressee": author_requests.author_to_ask(repost), "words_html": words_html}
    return {
        **request_context,
        **admin.site.each_context(request),
        "title": STEPS[name].question,
        "opts": Post._meta,
        "repost": repost,
        "name": name,
        "step": STEPS[name],
        "form": form,
    }
