"""Storages for the files of the site in an S3 bucket.

Readers still request the files from us, under our own URLs and our content security policy. So a page makes no
third-party request, and the bucket serves nobody but us. Ranges of a film are read as ranges; django-storages would
fetch the whole film before the first byte.
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

from boto3 import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile, File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from storages.utils import safe_join

from core.files.storages import StorageUnavailable

BLOCK = 512 * 1024  # bytes per request
CONNECT_SECONDS, READ_SECONDS = 3, 10  # by default botocore waits for a minute, and blocks a thread of the server
PROBE = "probe"  # the name of the file that tests whether the bucket is private


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Turn every error of the bucket into FileNotFoundError or StorageUnavailable."""
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(f"There is no {name} in the bucket.") from error
        raise StorageUnavailable(str(error)) from error
    except BotoCoreError as error:
        raise StorageUnavailable(str(error)) from error


class Reader(io.RawIOBase):
    """The bytes of an object, read one block per request. If the object is replaced meanwhile, reading fails."""

    def __init__(self, client: Any, name: str, **key: str) -> None:
        self._client = client
        self._name = name
        self._position = 0
        with translate_errors(name):
            head = client.head_object(**key)
        self.size: int = head["ContentLength"]
        self._version = key | {"IfMatch": head["ETag"]}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self.size)
        if self._position >= end:
            return 0
        with translate_errors(self._name):
            response = self._client.get_object(**self._version, Range=f"bytes={self._position}-{end - 1}")
            block = response["Body"].read()
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)


class _Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A folder of the bucket. As on a disk, saving never overwrites a file."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            s3={"addressing_style": "path"},  # for TLS certificates, and for servers without a domain per bucket
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2},
            # Only Amazon supports these checksums, and each request is signed with the digest of its body anyway.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        fixed = {"file_overwrite": False, "default_acl": None, "client_config": config}
        super().__init__(**fixed | {"security_token": None, "session_profile": None} | options)

    @cached_property
    def connection(self) -> Any:
        """One for all threads, which botocore allows. Creating one takes 0.1 s, and threads come and go."""
        return Session(aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key).resource(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
        )

    def key_of(self, name: str) -> str:
        """The key of a file in the bucket. Raises SuspiciousOperation if it would be outside of our folder."""
        try:
            return str(safe_join(self.location, name))
        except ValueError as error:
            raise SuspiciousOperation(f"{name} is outside of our folder.") from error

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("Files in a bucket can only be written by save().")
        reader = Reader(self.connection.meta.client, name, Bucket=self.bucket_name, Key=self.key_of(name))
        file = File(io.BufferedReader(reader, BLOCK), name)
        file.size = reader.size
        return file

    def _save(self, name: str, content: File[Any]) -> str:
        with translate_errors(name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with translate_errors(name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with translate_errors(name):
            super().delete(name)

    def get_modified_time(self, name: str) -> datetime:
        with translate_errors(name):
            modified: datetime = super().get_modified_time(name)
        return modified


class PublicBucket(_Bucket):
    """Files that readers may see, served by `core.files.serving`."""

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name or "").lstrip("/"))


class PrivateBucket(_Bucket):
    """Files that no URL of the site serves."""

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("Private files have no URL.")

    def is_publicly_readable(self) -> bool:
        """Whether somebody without our key can read the files. Raises StorageUnavailable."""
        name = self.save(PROBE, ContentFile(b"Nobody should read this."))
        try:
            with urlopen(f"{self.endpoint_url}/{self.bucket_name}/{self.key_of(name)}", timeout=READ_SECONDS):  # noqa: S310
                return True
        except HTTPError as refusal:
            refusal.close()
            return False
        except URLError as error:
            raise StorageUnavailable(str(error)) from error
        finally:
            self.delete(name)
