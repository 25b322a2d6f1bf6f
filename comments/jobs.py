"""The jobs of the upper floor."""

from datetime import timedelta

from blog.worker import job
from comments import privacy, retention
from comments.mailing import letters, notifying
from comments.models import Comment, Letter
from comments.moderation import ANNOUNCE

DAY = timedelta(days=1)


@job(ANNOUNCE)
def announce_comment(argument: str) -> None:
    """Tell subscribers of a comment that has just appeared. `argument` is its number."""
    if comment := Comment.objects.counted().filter(pk=argument).first():
        notifying.announce(comment)


@job("forget-networks-of-comments", every=DAY, at_start=True)
def forget_networks(argument: str) -> None:
    """Forget whose networks the destroyed keys named."""
    retention.forget_networks()


@job(letters.POST)
def post_letter(argument: str) -> None:
    """Send a letter. `argument` is its number."""
    letters.send(int(argument))


@job(notifying.TELL, every=notifying.BETWEEN_DIGESTS)
def tell_moderators(argument: str) -> None:
    """Write the digest of what waits, if something waits that was in none."""
    notifying.tell_moderators()


@job(privacy.ERASE)
def erase_address(argument: str) -> None:
    """Go on with an erasure that was broken off. `argument` is the number of the letter that led to it."""
    if letter := Letter.objects.filter(pk=argument).first():
        privacy.erase(letter.email)


@job("forget-letters", every=DAY)
def forget_letters(argument: str) -> None:
    retention.forget_letters()


@job("forget-unconfirmed-wishes", every=DAY)
def forget_unconfirmed_wishes(argument: str) -> None:
    retention.forget_unconfirmed_wishes()


@job("forget-unwanted-comments", every=DAY)
def forget_unwanted_comments(argument: str) -> None:
    retention.forget_unwanted_comments()
