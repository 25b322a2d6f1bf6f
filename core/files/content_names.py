"""Content-addressed file names: such a file can be cached for ever and needs to be stored only once."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.core.files.storage import Storage

# The stem of such a name. The storage may have added a suffix because the name was taken.
STEM = re.compile(r"[0-9a-f]{32}(_\w+)?")


def by_content(chunks: Iterable[bytes], extension: str) -> str:
    """The name of a file with this content."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return f"{digest.hexdigest()[:32]}.{extension}"


def is_whole(storage: Storage, name: str, size: int) -> bool:
    """Whether the file of this content-addressed name is stored with all its `size` bytes.

    Deletes an incomplete file: the disk was full, or the machine stopped, while it was being written.
    """
    if not storage.exists(name):
        return False
    if storage.size(name) == size:
        return True
    storage.delete(name)
    return False


def is_by_content(name: str) -> bool:
    """Whether the name is content-addressed, so that the file never changes. Its folder does not matter."""
    return bool(STEM.fullmatch(PurePosixPath(name).stem))
