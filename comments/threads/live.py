"""Tell an open page whether new comments have appeared."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.page_tags import tags_of
from comments.models import Discussion
from comments.posting import submission
from comments.threads import ids
from core.page_cache import cached_page, depends_on

SHARED_SECONDS = 15  # however many readers poll, a shared cache asks us four times a minute


@cached_page()
@require_safe
def discussion_version(request: HttpRequest, post_id: int) -> HttpResponse:
    """Return the number of comments, a version that grows with every visible change, and the newest comment's path.

    The response is the same for everybody. `static/js/comments.js` polls it.
    """
    post = submission.find_post(post_id)
    if post is None or not post.discussion.is_visible:
        raise Http404
    depends_on(request, *tags_of([post]))
    discussion = post.discussion
    data = {"count": discussion.count, "version": discussion.version, "newest": _newest_path(discussion)}
    response = JsonResponse(data)
    response["Cache-Control"] = f"public, max-age=0, s-maxage={SHARED_SECONDS}, must-revalidate"
    response["X-Robots-Tag"] = "noindex"
    return response


def _newest_path(discussion: Discussion) -> str:
    newest = discussion.comments.counted().order_by("-published_at", "-pk").values_list("pk", flat=True).first()
    return f"{reverse('comment', args=[newest])}#c-{ids.encode(newest)}" if newest else ""
