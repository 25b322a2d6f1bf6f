"""Sending email, validating email addresses, and signed links in messages."""
