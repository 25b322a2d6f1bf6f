"""Automatic screening: what is checked before a comment is published, held for a moderator or refused."""
