"""“Dispute this credit”: anybody may object to a credit. It changes nothing that is public; the host decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_stubs_ext import StrPromise

from blog.models import Blog, Dispute, Post, Repost
from blog.permissions import attribution
from blog.reading.pages import personal_page
from core import clock
from core.privacy.networks import network_keys
from core.tasks import queue

DAY = timedelta(days=1)
A_DAY_FROM_ONE_NETWORK = 5
ABOUT_ONE_REPOST = 3  # of those

TOO_MANY = _("This was not sent: too many objections have come from your network today. Please try again tomorrow.")
GONE = _("This was not sent: the words that it is about are not on this site any more. Your text is still here.")
TOO_LONG = _("These are %(show_value)d characters, %(limit_value)d fit: please shorten it.")


class TooMany(Exception):
    """No more objections are taken from this network today."""


class DisputeForm(forms.ModelForm[Dispute]):
    class Meta:
        model = Dispute
        fields = ("text", "name", "email")
        labels = {"text": _("What is wrong with this credit"), "name": _("Your name"), "email": _("Your e-mail")}
        help_texts = {
            "text": _("For example: these words are mine, or they are not from the person named."),
            "name": _("You may leave this empty."),
            "email": _("You may leave this empty. Only the host sees it, to write back to you."),
        }
        error_messages = {
            "text": {"required": _("Please say what is wrong with this credit."), "max_length": TOO_LONG},
            "name": {"max_length": TOO_LONG},
            "email": {"invalid": _("This is no e-mail address: please correct it, or leave the field empty.")},
        }

    def __init__(self, data: QueryDict | None = None, *, instance: Dispute | None = None) -> None:
        super().__init__(data, instance=instance, auto_id="dispute-%s", label_suffix="")
        del self.fields["text"].widget.attrs["maxlength"]  # browsers cut what is pasted, and what was cut is lost
        self.fields["text"].widget.attrs |= {"rows": 8, "dir": "auto"}
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def full_clean(self) -> None:
        """Where something is wrong, the page opens at the first such field."""
        super().full_clean()
        for name in list(self.errors)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True


@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form about one repost, and the thanks after it was sent."""
    repost = _find(public_id)
    if repost is None:
        return _gone(request)
    if request.method != "POST":
        return _page(request, repost, DisputeForm(), is_sent="sent" in request.GET)
    networks = network_keys(request)
    form = DisputeForm(request.POST, instance=Dispute(repost=repost, network_key=networks[0]))
    if not form.is_valid():
        return _page(request, repost, form, status=400)
    try:
        enter(form.instance, networks=networks)
    except TooMany:
        return _page(request, repost, form, notice=TOO_MANY, status=429)
    return HttpResponseRedirect(f"{request.path}?sent", status=303)


@transaction.atomic
def enter(objection: Dispute, *, networks: Sequence[bytes]) -> None:
    """Store an objection and have the host told. The same words sent twice in a day count once. Raises TooMany.

    `networks` are all the names of the sender's network.
    """
    Repost.objects.select_for_update().get(pk=objection.repost_id)  # of several at once, each sees those before it
    from_there = Dispute.objects.filter(network_key__in=networks, created_at__gt=clock.now() - DAY)
    about_this = from_there.filter(repost=objection.repost_id)
    if about_this.filter(text=objection.text).exists():
        return
    if from_there.count() >= A_DAY_FROM_ONE_NETWORK or about_this.count() >= ABOUT_ONE_REPOST:
        raise TooMany
    objection.save()
    queue.enqueue("tell-of-dispute", str(objection.pk))


def _find(public_id: str) -> Repost | None:
    """A repost whose credit readers can see: of a public post, and with a ledger. An ended one has its tombstone."""
    stated = Repost.objects.exclude(state=Repost.State.NONE).filter(post__in=Post.objects.published())
    return stated.select_related("post__blog__owner", "post__author").filter(public_id=public_id).first()


def _page(
    request: HttpRequest,
    repost: Repost,
    form: DisputeForm,
    *,
    is_sent: bool = False,
    notice: StrPromise | None = None,
    status: int = 200,
) -> HttpResponse:
    post = repost.post
    authors = attribution.credited(repost, post.credits.select_related("person"))
    context = {"post": post, "authors": authors, "form": form, "is_sent": is_sent, "notice": notice}
    return personal_page(request, "blog/dispute.html", context, blog=post.blog, status=status)


def _gone(request: HttpRequest) -> HttpResponse:
    """Not found, with the words of somebody who had the form open when it went."""
    kept = request.POST.get("text", "")
    if not kept:
        raise Http404
    context = {"notice": GONE, "kept": kept}
    return personal_page(request, "blog/dispute_gone.html", context, blog=Blog.load(), status=404)


def forget_networks(before: datetime) -> None:
    """Clear the networks of disputes that were sent before this moment."""
    Dispute.objects.filter(network_key__isnull=False, created_at__lt=before).update(network_key=None)
