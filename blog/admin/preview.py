"""What a post would look like: the page of readers, made from a submitted form, of which nothing is stored."""

from collections.abc import Callable, Sequence
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.text import slugify
from django.views.decorators.clickjacking import xframe_options_sameorigin

from blog import rendering
from blog.models import Blog, Credit, Post, Repost, Video
from blog.permissions import fingerprints
from blog.publishing.forms import PartFormSet, PostForm
from blog.reading.pages import personal_page
from core import clock


def in_own_frame(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the admin's own pages, and nobody else's, show in a frame what `view` answers."""
    return xframe_options_sameorigin(csp_replace({"frame-ancestors": [SELF]})(view))


def page(request: HttpRequest, form: PostForm, formsets: Sequence[PartFormSet]) -> HttpResponse:
    """The page of the post as submitted. What is invalid is left out or stays as it was stored."""
    form.is_valid()
    put_back_refused(form)
    for formset in formsets:
        formset.is_valid()
        for part in formset.forms:
            put_back_refused(part)
    context = page_context(form, [part for formset in formsets for part in formset.kept()])
    return personal_page(request, "admin/blog/post/preview.html", context, blog=Blog.load())


def put_back_refused(form: forms.ModelForm[Any]) -> None:
    """Give the instance of `form` its old values where validation refused the new ones.

    Django writes some of them into the instance before the model's validators look, a script as a link among them.
    """
    for field in form.instance._meta.concrete_fields:
        if field.name in form.errors:
            setattr(form.instance, field.attname, form.initial.get(field.name, field.get_default()))


def page_context(form: PostForm, parts: list[Any]) -> dict[str, Any]:
    """What `blog/post_detail.html` is made of, as `blog.reading.views.page_context` gives it for a stored post."""
    post = _shown_post(form)
    passage = next((part for part in parts if isinstance(part, Repost)), None)
    if passage:
        passage.post = post
        passage.compute_end()
    return {
        "post": post,
        "passage": passage,
        "words_html": _shown_words(passage) if passage else "",
        "keeps_confirmed_words": bool(passage and _keeps_confirmed_words(passage)),
        "credits": [part for part in parts if isinstance(part, Credit) and part.person_id],
        "videos": [part for part in parts if isinstance(part, Video) and part.provider],
        "tags": list(form.cleaned_data.get("tags", [])),
        "preview": True,
    }


def _shown_words(passage: Repost) -> str:
    """The words that readers would get: none after an end, and none but the confirmed ones after a yes."""
    if passage.has_ended:
        return ""
    if passage.covered and _keeps_confirmed_words(passage):
        return passage.covered.html
    return rendering.render_repost(passage.text, id_prefix="preview-r-")


def _keeps_confirmed_words(passage: Repost) -> bool:
    """Whether what was typed is not shown, since the author said yes to other words: as `permissions` will decide."""
    covered = passage.covered if passage.is_in_force else None
    return covered is not None and covered.folded != fingerprints.folded(passage.text)


def _shown_post(form: PostForm) -> Post:
    post = form.instance
    post.slug = post.slug or slugify(post.title, allow_unicode=True) or "preview"
    post.published_at = post.published_at or clock.now()
    post.render()
    return post
