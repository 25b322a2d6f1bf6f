"""Telling an open page that something was said meanwhile."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.page_tags import tags_of
from comments.models import Discussion
from comments.posting import submission
from comments.threads import ids
from core.page_cache import cached_page, depends_on

SHARED_SECONDS = 15  # however many readers ask, a shared cache asks us four times a minute


@cached_page()
@require_safe
def version(request: HttpRequest, post_id: int) -> HttpResponse:
    """How many comments there are, a number that grows with every visible change, and where the newest is read.

    The same for everybody; `static/js/comments.js` asks for it.
    """
    post = submission.find_post(post_id)
    if post is None or not post.discussion.is_visible:
        raise Http404
    depends_on(request, *tags_of([post]))
    discussion = post.discussion
    known = {"count": discussion.count, "version": discussion.version, "newest": _newest(discussion)}
    response = JsonResponse(known)
    response["Cache-Control"] = f"public, max-age=0, s-maxage={SHARED_SECONDS}, must-revalidate"
    response["X-Robots-Tag"] = "noindex"
    return response


def _newest(discussion: Discussion) -> str:
    newest = discussion.comments.counted().order_by("-published_at", "-pk").values_list("pk", flat=True).first()
    return f"{reverse('comment', args=[newest])}#c-{ids.encode(newest)}" if newest else ""
