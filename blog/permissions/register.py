"""The public register of permissions: the public part of every ledger."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from blog.models import PermissionEvent, Post, PostQuerySet, Repost
from blog.page_tags import POSTS, tags_of
from blog.permissions import odrl, terms
from blog.reading.pages import public_page
from blog.reading.views import list_page
from core.page_cache import cached_page, depends_on, public_cache_control
from core.site import override_locale

# A request is between host and author. The answer becomes a step of its own.
PRIVATE_STEPS = (PermissionEvent.Kind.REQUESTED,)


@cached_page(parameters=("before",), tags=(POSTS,))
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List every public repost with the state of its permission, newest first."""
    return list_page(request, _registered_posts(), template="blog/register.html", heading=_("Permissions"))


@cached_page()
@require_safe
def permission(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one permission: its sentence, the author's conditions, and the steps of the ledger, oldest first."""
    post, repost = _get_or_404(public_id)
    depends_on(request, *tags_of([post]))
    with override_locale(post.blog):
        conditions = terms.sentences(repost)
    context = {
        "post": post,
        "passage": repost,
        "credits": list(post.credits.all()),
        "conditions": conditions,
        "steps": repost.events.exclude(kind__in=PRIVATE_STEPS).order_by("number"),
    }
    return public_page("blog/permission.html", context, blog=post.blog)


@cached_page()
@require_safe
def permission_jsonld(request: HttpRequest, public_id: str) -> HttpResponse:
    """Return the same permission as JSON-LD."""
    post, repost = _get_or_404(public_id)
    depends_on(request, *tags_of([post]))
    with override_locale(post.blog):
        response = JsonResponse(odrl.document(post, repost), content_type="application/ld+json")
    response["Cache-Control"] = public_cache_control(200)
    return response


def _registered_posts() -> PostQuerySet:
    """Posts with a repost whose permission has been stated, even if it has ended since."""
    return Post.objects.filter(repost__isnull=False).exclude(repost__state=Repost.State.NONE)


def _get_or_404(public_id: str) -> tuple[Post, Repost]:
    post = _registered_posts().published().for_list().filter(repost__public_id=public_id).first()
    if post is None or post.passage is None:
        raise Http404
    return post, post.passage
