"""Names of files that tell their content, so that they can be cached for ever and kept once."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.core.files.storage import Storage

# What a stem looks like; the storage may have added a suffix to one that was taken.
STEM = re.compile(r"[0-9a-f]{32}(_\w+)?")


def by_content(chunks: Iterable[bytes], extension: str) -> str:
    """The name of a file with these bytes."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return f"{digest.hexdigest()[:32]}.{extension}"


def is_whole(storage: Storage, name: str, size: int) -> bool:
    """Whether the file of this name, made of its content, is there with all its `size` bytes.

    A stump is deleted: the disk was full, or the machine stopped, while it was written.
    """
    if not storage.exists(name):
        return False
    if storage.size(name) == size:
        return True
    storage.delete(name)
    return False


def is_by_content(name: str) -> bool:
    """Whether a file of this name never changes; folders before it do not matter."""
    return bool(STEM.fullmatch(PurePosixPath(name).stem))
