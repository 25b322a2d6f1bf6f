"""The jobs of the ground floor."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command

from blog.worker import job

DAY = timedelta(days=1)


@job("clear-sessions", every=DAY)
def clear_sessions(argument: str) -> None:
    """Delete the sessions that have run out: Django keeps them until asked."""
    call_command("clearsessions")


@job("rerender", every=DAY, at_start=True)
def rerender(argument: str) -> None:
    """Make stale HTML anew. At the start, too: an upgrade of the rendering may close a hole."""
    call_command("rerender", stdout=StringIO())  # how far it got is for people who wait
