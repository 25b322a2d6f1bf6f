"""What is kept of writers for a while only, and is then forgotten."""

from django.db.models import Q

from blog import visitors
from comments.models import Ban, Comment, Letter


def forget_networks() -> None:
    """Forget the names of networks that were made with keys which are destroyed by now: they lead nowhere any more."""
    moment = visitors.oldest_week()
    Comment.objects.filter(address_key__isnull=False, created_at__lt=moment).update(address_key=None)
    Letter.objects.filter(address_key__isnull=False, created_at__lt=moment).update(address_key=None)
    # A ban has the name that its comment got, which may be weeks older than itself. Then it bans nobody any more.
    outlived = Q(created_at__lt=moment) | Q(comment__created_at__lt=moment)
    Ban.objects.filter(outlived, kind=Ban.Kind.NETWORK).delete()
