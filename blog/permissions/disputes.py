"""“Dispute this credit”: anybody may object to a credit. Nothing public changes until the host decides."""

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
from blog.permissions.author_forms import FirstErrorFocus
from blog.reading.pages import personal_page
from core import clock
from core.privacy.networks import network_keys
from core.tasks import queue

DAY = timedelta(days=1)
MAX_PER_NETWORK_AND_DAY = 5
MAX_PER_REPOST = 3  # from one network within a day

TOO_MANY = _("Your objection was not sent: your network has sent too many today. Please try again tomorrow.")
GONE = _("Your objection was not sent: the words are no longer on this site. You can copy your text below.")
TOO_LONG = _("This has %(show_value)d characters. Please shorten it to %(limit_value)d at most.")


class TooManyDisputes(Exception):
    """This network has reached its limit for today."""


class DisputeForm(FirstErrorFocus, forms.ModelForm[Dispute]):
    class Meta:
        model = Dispute
        fields = ("text", "name", "email")
        labels = {
            "text": _("What is wrong with this credit"),
            "name": _("Your name"),
            "email": _("Your e-mail address"),
        }
        help_texts = {
            "text": _("For example: these words are mine, or the person named did not write them."),
            "name": _("Optional."),
            "email": _("Optional. Only the host sees it, to reply to you."),
        }
        error_messages = {
            "text": {"required": _("Please say what is wrong with this credit."), "max_length": TOO_LONG},
            "name": {"max_length": TOO_LONG},
            "email": {"invalid": _("This is not a valid e-mail address. Please correct it or leave the field empty.")},
        }

    def __init__(self, data: QueryDict | None = None, *, instance: Dispute | None = None) -> None:
        super().__init__(data, instance=instance, auto_id="dispute-%s", label_suffix="")
        del self.fields["text"].widget.attrs["maxlength"]  # with it, browsers silently cut off pasted text
        self.fields["text"].widget.attrs |= {"rows": 8, "dir": "auto"}
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].widget.attrs["autocomplete"] = "email"


@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show and take the form about one repost; after sending, thank the reader."""
    repost = _find_repost(public_id)
    if repost is None:
        return _gone_page(request)
    if request.method != "POST":
        return _page(request, repost, DisputeForm(), is_sent="sent" in request.GET)
    networks = network_keys(request)
    form = DisputeForm(request.POST, instance=Dispute(repost=repost, network_key=networks[0]))
    if not form.is_valid():
        return _page(request, repost, form, status=400)
    try:
        submit_dispute(form.instance, networks=networks)
    except TooManyDisputes:
        return _page(request, repost, form, notice=TOO_MANY, status=429)
    return HttpResponseRedirect(f"{request.path}?sent", status=303)


@transaction.atomic
def submit_dispute(dispute: Dispute, *, networks: Sequence[bytes]) -> None:
    """Store a dispute and notify the host. The same text sent twice within a day counts once.

    `networks` are all the keys of the sender's network. Raises TooManyDisputes.
    """
    Repost.objects.select_for_update().get(pk=dispute.repost_id)  # of simultaneous disputes, each sees the earlier ones
    from_network = Dispute.objects.filter(network_key__in=networks, created_at__gt=clock.now() - DAY)
    about_repost = from_network.filter(repost=dispute.repost_id)
    if about_repost.filter(text=dispute.text).exists():
        return
    if from_network.count() >= MAX_PER_NETWORK_AND_DAY or about_repost.count() >= MAX_PER_REPOST:
        raise TooManyDisputes
    dispute.save()
    queue.enqueue("tell-of-dispute", str(dispute.pk))


def _find_repost(public_id: str) -> Repost | None:
    """Find a repost with a credit that readers can see, in a public post. After an end, the tombstone still has it."""
    credited = Repost.objects.exclude(state=Repost.State.NONE).filter(post__in=Post.objects.published())
    return credited.select_related("post__blog__owner", "post__author").filter(public_id=public_id).first()


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
    authors = attribution.byline(repost, post.credits.select_related("person"))
    context = {"post": post, "authors": authors, "form": form, "is_sent": is_sent, "notice": notice}
    return personal_page(request, "blog/dispute.html", context, blog=post.blog, status=status)


def _gone_page(request: HttpRequest) -> HttpResponse:
    """Respond with 404. If the repost went away while a reader was writing, give the text back."""
    text = request.POST.get("text", "")
    if not text:
        raise Http404
    context = {"notice": GONE, "text": text}
    return personal_page(request, "blog/dispute_gone.html", context, blog=Blog.load(), status=404)


def forget_networks(before: datetime) -> None:
    """Clear the networks of disputes that were sent before this moment."""
    Dispute.objects.filter(network_key__isnull=False, created_at__lt=before).update(network_key=None)
