"""The preview of a post: the page that readers would see, made from a submitted form. Nothing is stored."""

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
    """Allow pages of this site, and no others, to show the response of `view` in a frame."""
    return xframe_options_sameorigin(csp_replace({"frame-ancestors": [SELF]})(view))


def page(request: HttpRequest, form: PostForm, formsets: Sequence[PartFormSet]) -> HttpResponse:
    """Return the page of the post as submitted. Invalid values are left out or stay as they were stored."""
    form.is_valid()
    restore_refused(form)
    for formset in formsets:
        formset.is_valid()
        for part in formset.forms:
            restore_refused(part)
    context = page_context(form, [part for formset in formsets for part in formset.submitted()])
    return personal_page(request, "admin/blog/post/preview.html", context, blog=Blog.load())


def restore_refused(form: forms.ModelForm[Any]) -> None:
    """Restore the old values of the instance for fields that validation refused.

    Django writes some values into the instance before the validators of the model run, for example a link with a
    script.
    """
    for field in form.instance._meta.concrete_fields:
        if field.name in form.errors:
            setattr(form.instance, field.attname, form.initial.get(field.name, field.get_default()))


def page_context(form: PostForm, parts: list[Any]) -> dict[str, Any]:
    """Return the context of `blog/post_detail.html`, like `blog.reading.views.page_context` for a stored post."""
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
        "fragment_seconds": 0,
    }


def _shown_words(passage: Repost) -> str:
    """Return the words that readers would see: none after an end, and only the confirmed ones after a yes."""
    if passage.has_ended:
        return ""
    if passage.covered and _keeps_confirmed_words(passage):
        return passage.covered.html
    return rendering.render_repost(passage.text, id_prefix="preview-r-")


def _keeps_confirmed_words(passage: Repost) -> bool:
    """Tell whether readers would keep seeing the confirmed words instead of the edited ones."""
    covered = passage.covered if passage.is_in_force else None
    return covered is not None and covered.folded != fingerprints.folded(passage.text)


def _shown_post(form: PostForm) -> Post:
    post = form.instance
    post.slug = post.slug or slugify(post.title, allow_unicode=True) or "preview"
    post.published_at = post.published_at or clock.now()
    post.render()
    return post
