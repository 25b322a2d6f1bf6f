"""Sample content: a small invented blog that shows newcomers what the software is for and can be removed completely.

Other apps add and remove their own sample rows by receiving the signals.
"""

from django.dispatch import Signal

loaded = Signal()
"""Sent after the posts were added, in the same transaction. `post` is the one with a discussion."""

removing = Signal()
"""Sent before the posts with `is_sample` are deleted, in the same transaction. Receivers delete dependent rows."""
