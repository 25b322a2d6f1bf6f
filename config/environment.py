"""Readers for the settings that are more than a word: each refuses a bad value with one sentence."""

import os
import secrets
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
SECRET_KEY_LENGTH = 50  # what `check --deploy` asks for


def site_address(value: str) -> SplitResult:
    """The parts of the site's own address, e.g. ``https://blog.example.org``.

    Raises ImproperlyConfigured unless it is scheme and host only, and https everywhere but on this machine.
    """
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - a malformed port raises only when read
    except ValueError as error:
        raise ImproperlyConfigured(f"SITE_URL is not an address: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured("SITE_URL must look like https://blog.example.org.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured("SITE_URL must be scheme and host only, without a path or a login.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured("SITE_URL must begin with https:// unless the site is only for this machine.")
    return parts


def secret_key(value: str, file: Path) -> str:
    """The given key or, where none is given, the one kept in `file`, made once and readable by its owner only."""
    if not value:
        value = _kept_key(file)
    if len(value) < SECRET_KEY_LENGTH or len(set(value)) < 5:
        raise ImproperlyConfigured(f"SECRET_KEY must be {SECRET_KEY_LENGTH} random characters or more.")
    return value


def _kept_key(file: Path) -> str:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Linking a finished file is atomic: of two processes that start together, both end up with one whole key.
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(SECRET_KEY_LENGTH), encoding="ascii")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"The secret key cannot be kept in {file}: {error}.") from error
