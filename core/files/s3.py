"""Files of the site in a bucket of S3. Readers still ask us for them: by our address, under our content policy.

So a page makes no third-party request, and the bucket answers nobody but us. Parts of a film are read as parts:
django-storages would fetch the whole of it before the first byte.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin
from urllib.request import urlopen

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from core.files.storages import Away

BLOCK = 512 * 1024  # bytes that are fetched at once
CONNECT_SECONDS, READ_SECONDS = 3, 10  # botocore waits for a minute, and a thread of the server with it
PROBE = "probe"


@contextmanager
def reaching(name: str) -> Iterator[None]:
    """Raise FileNotFoundError or Away for whatever goes wrong between us and the bucket."""
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(f"There is no {name} in the bucket.") from error
        raise Away(str(error)) from error
    except BotoCoreError as error:
        raise Away(str(error)) from error


class Reader(io.RawIOBase):
    """The bytes of an object, each block by a request of its own. Another version of the object ends the reading."""

    def __init__(self, client: Any, name: str, **key: str) -> None:
        self._client = client
        self._name = name
        self._at = 0
        with reaching(name):
            head = client.head_object(**key)
        self.size: int = head["ContentLength"]
        self._version = key | {"IfMatch": head["ETag"]}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self.size)
        if self._at >= end:
            return 0
        with reaching(self._name):
            answer = self._client.get_object(**self._version, Range=f"bytes={self._at}-{end - 1}")
            block = answer["Body"].read()
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)


class _Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A folder of the bucket. As on a disk, a name that is taken is not written over."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            s3={"addressing_style": "path"},  # for certificates, and servers that know no names of buckets
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2},
            # Checksums that only Amazon knows; each request is signed with the digest of its body anyway.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        fixed = {"file_overwrite": False, "default_acl": None, "client_config": config}
        super().__init__(**fixed | {"security_token": None, "session_profile": None} | options)

    @cached_property
    def connection(self) -> Any:
        """One for all threads, as botocore allows: making one takes a tenth of a second, and threads come and go."""
        return self._create_session().resource(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
        )

    def key_of(self, name: str) -> str:
        return str(self._normalize_name(name))

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("Files in a bucket are written as a whole, by save().")
        reader = Reader(self.connection.meta.client, name, Bucket=self.bucket_name, Key=self.key_of(name))
        file = File(io.BufferedReader(reader, BLOCK), name)
        file.size = reader.size
        return file

    def _save(self, name: str, content: File[Any]) -> str:
        with reaching(name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with reaching(name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with reaching(name):
            super().delete(name)

    def get_modified_time(self, name: str) -> datetime:
        with reaching(name):
            modified: datetime = super().get_modified_time(name)
        return modified


class PublicBucket(_Bucket):
    """What readers may see, through `core.files.serving`."""

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name or "").lstrip("/"))


class PrivateBucket(_Bucket):
    """What no address of the site serves."""

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("Private files have no address.")

    def answers_strangers(self) -> bool:
        """Whether somebody without our key can read what we keep here. Raises Away."""
        name = self.save(PROBE, ContentFile(b"Nobody should read this."))
        try:
            with urlopen(f"{self.endpoint_url}/{self.bucket_name}/{self.key_of(name)}", timeout=READ_SECONDS):  # noqa: S310
                return True
        except HTTPError as refusal:
            refusal.close()
            return False
        except URLError as error:
            raise Away(str(error)) from error
        finally:
            self.delete(name)
