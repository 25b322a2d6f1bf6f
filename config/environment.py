"""Readers for the settings that are more than a word: each refuses a bad value with one sentence."""

import os
import re
import secrets
import shlex
import shutil
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

PLAIN_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
HOST_NAME = re.compile(r"[a-z0-9._:-]+")  # as browsers send it: other scripts come as xn--…
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
SECRET_KEY_LENGTH = 50  # what `check --deploy` asks for
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql"}
MAIL_SCHEMES = {"smtp", "smtp+tls", "smtp+ssl"}
CACHE_SCHEMES = {"redis", "rediss"}
BUCKET_SCHEMES = {"s3": "https", "s3+http": "http"}
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"(?:region=([a-z0-9-]+))?")
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
UNIX = "unix"  # among the proxies: whoever asks through a socket of this machine
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def number(name: str, *, default: int, least: int = 0, most: int = 10**12) -> int:
    """The whole number in the variable `name`, or `default` where it is not set or empty."""
    value = os.environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def flag(name: str, *, default: bool) -> bool:
    """Whether the variable `name` says yes, or `default` where it is not set or empty."""
    value = os.environ.get(name, "").strip().lower()
    if value not in {"", *YES, *NO}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0.")
    return value in YES if value else default


def command(name: str) -> list[str]:
    """The program in the variable `name` with its arguments, as a shell would part them; empty where none is given.

    No message repeats the arguments, they may hold a secret.
    """
    try:
        parts = shlex.split(os.environ.get(name, ""))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {' '.join(str(error).split()).lower()}.") from error
    if parts and not shutil.which(parts[0]):
        raise ImproperlyConfigured(f"{name} must begin with a program that can be run, and {parts[0]} is none.")
    return parts


def data_folder(value: str) -> Path:
    """The folder that holds everything of the site, made where it is missing; only its owner may look inside."""
    try:
        folder = Path(value).expanduser().resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: there is no such user as in ~nobody-here
        raise ImproperlyConfigured(f"The folder DATA={value} cannot be made: {_reason(error)}.") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"The folder DATA={folder} cannot be written to: choose another or change its owner."
        )
    return folder


def database(value: str, *, file: Path) -> dict[str, Any]:
    """Django's settings of the database at an address, or of the SQLite `file` where none is given.

    No message repeats the address, it may hold a password.
    """
    if not value:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
    try:
        parts = urlsplit(value)
        found: dict[str, Any] = environ.Env.db_url_config(value) if parts.scheme in DATABASE_SCHEMES else {}
    except ValueError:
        found = {}
    if found.get("NAME", "") in {"", ":memory:"}:  # in memory, the web server and the worker would not share it
        raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host:5432/name.")
    return found


def cache(value: str) -> dict[str, Any]:
    """Django's settings of the cache at an address, or of this process's memory where none is given.

    No message repeats the address, it may hold a password.
    """
    if not value:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in CACHE_SCHEMES and parts.hostname and re.fullmatch(r"/?\d*", parts.path)
        parts.port  # noqa: B018 - a malformed port raises only when read
    except ValueError:
        is_good = False
    if not is_good:
        raise ImproperlyConfigured("CACHE_URL must look like redis://user:password@host:6379/0.")
    return {"BACKEND": "config.caches.RedisCache", "LOCATION": value}


def file_storages(value: str) -> dict[str, dict[str, Any]]:
    """Django's settings of where public and private files lie: in the bucket at an address, or in the folder DATA.

    No message repeats the address, it holds a secret.
    """
    if not value:
        return {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "private": {"BACKEND": "core.files.storages.PrivateFolder"},
        }
    bucket = _bucket(value)
    folder = bucket.pop("location")
    return {
        "default": {"BACKEND": "core.files.s3.PublicBucket", "OPTIONS": bucket | {"location": f"{folder}media"}},
        "private": {"BACKEND": "core.files.s3.PrivateBucket", "OPTIONS": bucket | {"location": f"{folder}private"}},
    }


def _bucket(value: str) -> dict[str, Any]:
    try:
        parts = urlsplit(value)
        server = f"{BUCKET_SCHEMES.get(parts.scheme, '')}://{parts.hostname or ''}"
        server += f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, server = SplitResult("", "", "", "", ""), ""
    name, _, folder = parts.path.strip("/").partition("/")
    region = REGION.fullmatch(parts.query)
    if not (parts.scheme in BUCKET_SCHEMES and parts.hostname and BUCKET_NAME.fullmatch(name) and region):
        parts = SplitResult("", "", "", "", "")
    if not (parts.username and parts.password):
        raise ImproperlyConfigured(
            "MEDIA_STORAGE must look like s3://key:secret@host/bucket?region=eu-central-1, a / in the secret as %2F."
        )
    return {
        "endpoint_url": server,
        "access_key": unquote(parts.username),
        "secret_key": unquote(parts.password),
        "bucket_name": name,
        "region_name": (region and region[1]) or "us-east-1",
        "location": f"{folder}/" if folder else "",
    }


def mail(value: str) -> dict[str, Any]:
    """Django's settings of the mail server at an address. No message repeats it, it may hold a password."""
    try:
        parts = urlsplit(value)
        found: dict[str, Any] = environ.Env.email_url_config(value) if parts.scheme in MAIL_SCHEMES else {}
    except ValueError:
        found = {}
    if not found.get("EMAIL_HOST"):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@mail.example.org:587.")
    return found


def site_address(value: str) -> SplitResult:
    """The parts of the site's own address, e.g. ``https://blog.example.org``.

    Raises ImproperlyConfigured unless it is scheme and host only, and https everywhere but on this machine.
    """
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - a malformed port raises only when read
    except ValueError as error:
        raise ImproperlyConfigured(f"SITE_URL is not an address: {error}.") from error
    if parts.scheme not in {"http", "https"} or not HOST_NAME.fullmatch(parts.hostname or ""):
        raise ImproperlyConfigured("SITE_URL must look like https://blog.example.org.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured("SITE_URL must be scheme and host only, without a path or a login.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured("SITE_URL must begin with https:// unless the site is only for this machine.")
    return parts


@dataclass(frozen=True)
class Proxies:
    """Our own proxies, whose word counts when they say who asks."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    has_unix_sockets: bool = False

    def __bool__(self) -> bool:
        return bool(self.networks) or self.has_unix_sockets

    def __contains__(self, address: IPv4Address | IPv6Address | None) -> bool:
        """Whether one of them is at the address; None is the other end of a socket of this machine."""
        if address is None:
            return self.has_unix_sockets
        return any(address in network for network in self.networks)


def trusted_proxies(value: str) -> Proxies:
    """The proxies in a list with commas: addresses, networks, and the word "unix" for sockets of this machine."""
    names = {name.strip().lower() for name in value.split(",")} - {""}
    return Proxies(tuple(_proxy_network(name) for name in sorted(names - {UNIX})), UNIX in names)


def _proxy_network(name: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(name)
    except ValueError as error:
        raise ImproperlyConfigured(
            "TRUSTED_PROXIES must be addresses or networks of your own proxies, e.g. 127.0.0.1,10.0.0.0/8,"
            f" or the word {UNIX}: {' '.join(str(error).split())}."
        ) from error
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped and network.prefixlen >= 96:
        network = IPv4Network((mapped, network.prefixlen - 96))  # as the addresses that are looked for in it are
    if network.prefixlen == 0:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES must not be the whole world, as {name} is: every visitor could then name any address."
        )
    return network


def host_names(name: str, value: str) -> tuple[str, ...]:
    """The hosts in a list with commas, for the variable `name`. They go into the content policy, so no patterns."""
    hosts = dict.fromkeys(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if not PLAIN_HOST.fullmatch(host):
            raise ImproperlyConfigured(f"{name} must be names of hosts like video.example.org, separated by commas.")
    return tuple(hosts)


def log_level(value: str) -> str:
    """How much is logged: INFO where nothing is said."""
    level = value.strip().upper() or "INFO"
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    return level


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
        raise ImproperlyConfigured(f"The secret key cannot be kept in {file}: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")
