"""The sample: a small invented blog that shows a newcomer what the place is for, and leaves no trace when removed.

The floors above add what is theirs by answering the signals.
"""

from django.dispatch import Signal

loaded = Signal()
"""The posts stand. Sent with `post`, the one that readers discuss, inside the transaction."""

removing = Signal()
"""The sample's posts (`Post.is_sample`) are about to go, and what hangs on them must go first. Same transaction."""
