"""Minimal applications to compare with: they send the same bytes from the same server."""
