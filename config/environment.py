"""Parse environment variables into Django settings. Each function refuses a bad value with one sentence."""

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
HOST_NAME = re.compile(r"[a-z0-9._:-]+")  # as browsers send it: other scripts arrive as xn--…
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
SECRET_KEY_LENGTH = 50  # the minimum that `check --deploy` accepts
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql"}
MAIL_SCHEMES = {"smtp", "smtp+tls", "smtp+ssl"}
CACHE_SCHEMES = {"redis", "rediss"}
CACHE_PATIENCE_SECONDS = 0.5  # for connecting to Redis, and for each answer
BUCKET_SCHEMES = {"s3": "https", "s3+http": "http"}
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"(?:region=([a-z0-9-]+))?")
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
UNIX = "unix"  # in TRUSTED_PROXIES: every client of a Unix socket on this machine
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def number(name: str, *, default: int, least: int = 0, most: int = 10**12) -> int:
    """Return the integer in the variable `name`, or `default` if the variable is unset or empty."""
    value = os.environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def flag(name: str, *, default: bool) -> bool:
    """Return whether the variable `name` is true, or `default` if the variable is unset or empty."""
    value = os.environ.get(name, "").strip().lower()
    if value not in {"", *YES, *NO}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0.")
    return value in YES if value else default


def command(name: str) -> list[str]:
    """Return the command in the variable `name`, split as a shell would split it; an empty list if it is unset.

    Error messages never repeat the arguments, which may contain a secret.
    """
    try:
        parts = shlex.split(os.environ.get(name, ""))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {' '.join(str(error).split()).lower()}.") from error
    if parts and not shutil.which(parts[0]):
        raise ImproperlyConfigured(f"{name} must begin with a program that can be run; {parts[0]} was not found.")
    return parts


def data_folder(value: str) -> Path:
    """Return the folder that holds all data of the site. Create it if needed, readable by its owner only."""
    try:
        folder = Path(value).expanduser().resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: an unknown user, as in ~nobody-here
        raise ImproperlyConfigured(f"The folder DATA={value} cannot be created: {_reason(error)}.") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"The folder DATA={folder} cannot be written to: choose another or change its owner."
        )
    return folder


def database(value: str, *, file: Path) -> dict[str, Any]:
    """Return Django's settings for the database at a URL, or for the SQLite `file` if the URL is empty.

    Error messages never repeat the URL, which may contain a password.
    """
    if not value:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
    try:
        parts = urlsplit(value)
        found: dict[str, Any] = environ.Env.db_url_config(value) if parts.scheme in DATABASE_SCHEMES else {}
    except ValueError:
        found = {}
    if found.get("NAME", "") in {"", ":memory:"}:  # the web server and the worker could not share a database in memory
        raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host:5432/name.")
    return found


def cache(value: str) -> dict[str, Any]:
    """Return Django's settings for the cache at a URL, or for this process's memory if the URL is empty.

    Error messages never repeat the URL, which may contain a password.
    """
    if not value:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in CACHE_SCHEMES and parts.hostname and re.fullmatch(r"/?\d*", parts.path)
        parts.port  # noqa: B018 - a malformed port raises only when it is read
    except ValueError:
        is_good = False
    if not is_good:
        raise ImproperlyConfigured("CACHE_URL must look like redis://user:password@host:6379/0.")
    from redis.backoff import NoBackoff  # not needed without Redis, and slow to import
    from redis.retry import Retry

    options = {
        "CLIENT_CLASS": "config.caches.ShortTermClient",
        "REDIS_CLIENT_CLASS": "config.caches.RestingRedis",
        # With the default, pickle, whoever can write to Redis could run any code in our processes.
        "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
        "IGNORE_EXCEPTIONS": True,  # while Redis is away, the cache seems empty
        "SOCKET_CONNECT_TIMEOUT": CACHE_PATIENCE_SECONDS,
        "SOCKET_TIMEOUT": CACHE_PATIENCE_SECONDS,
        "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},  # by default redis-py tries again for seconds
    }
    return {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": value, "OPTIONS": options}


def file_storages(value: str) -> dict[str, dict[str, Any]]:
    """Return Django's settings for public and private files: an S3 bucket, or the DATA folder if the URL is empty.

    Error messages never repeat the URL, which contains a secret.
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
            "MEDIA_STORAGE must look like s3://key:secret@host/bucket?region=eu-central-1 (/ in the secret is %2F)."
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
    """Return Django's settings for the mail server at a URL. Error messages never repeat it: it may hold a password."""
    try:
        parts = urlsplit(value)
        found: dict[str, Any] = environ.Env.email_url_config(value) if parts.scheme in MAIL_SCHEMES else {}
    except ValueError:
        found = {}
    if not found.get("EMAIL_HOST"):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@mail.example.org:587.")
    return found


def site_url(value: str) -> SplitResult:
    """Return the parts of the site's own URL, e.g. ``https://blog.example.org``.

    Raises ImproperlyConfigured unless it consists of scheme and host only, and uses https unless it is local.
    """
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - a malformed port raises only when it is read
    except ValueError as error:
        raise ImproperlyConfigured(f"SITE_URL is not a URL: {error}.") from error
    if parts.scheme not in {"http", "https"} or not HOST_NAME.fullmatch(parts.hostname or ""):
        raise ImproperlyConfigured("SITE_URL must look like https://blog.example.org.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured("SITE_URL must contain only scheme and host, no path and no login.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured("SITE_URL must begin with https:// unless the site is only for this machine.")
    return parts


@dataclass(frozen=True)
class Proxies:
    """Our own proxies, which we trust to name the client in X-Forwarded-For."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    has_unix_sockets: bool = False

    def __bool__(self) -> bool:
        return bool(self.networks) or self.has_unix_sockets

    def __contains__(self, ip: IPv4Address | IPv6Address | None) -> bool:
        """Return whether a trusted proxy has this IP. None stands for the client of a Unix socket."""
        if ip is None:
            return self.has_unix_sockets
        return any(ip in network for network in self.networks)


def trusted_proxies(value: str) -> Proxies:
    """Parse a comma-separated list of IPs, networks, and the word "unix" for Unix sockets on this machine."""
    names = {name.strip().lower() for name in value.split(",")} - {""}
    return Proxies(tuple(_proxy_network(name) for name in sorted(names - {UNIX})), UNIX in names)


def _proxy_network(name: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(name)
    except ValueError as error:
        raise ImproperlyConfigured(
            "TRUSTED_PROXIES must list IP addresses or networks of your own proxies, e.g. 127.0.0.1,10.0.0.0/8,"
            f" or the word {UNIX}: {' '.join(str(error).split())}."
        ) from error
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped and network.prefixlen >= 96:
        network = IPv4Network((mapped, network.prefixlen - 96))  # client IPs are compared in this form, too
    if network.prefixlen == 0:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES must not contain every address, as {name} does: any visitor could then claim any IP."
        )
    return network


def host_names(name: str, value: str) -> tuple[str, ...]:
    """Parse a comma-separated list of hosts. They become part of the Content-Security-Policy, so no patterns."""
    hosts = dict.fromkeys(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if not PLAIN_HOST.fullmatch(host):
            raise ImproperlyConfigured(f"{name} must list host names like video.example.org, separated by commas.")
    return tuple(hosts)


def log_level(value: str) -> str:
    """Return the log level, INFO by default."""
    level = value.strip().upper() or "INFO"
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    return level


def secret_key(value: str, file: Path) -> str:
    """Return the given key. If it is empty, use the key in `file`, created once and readable by its owner only."""
    if not value:
        value = _stored_key(file)
    if len(value) < SECRET_KEY_LENGTH or len(set(value)) < 5:
        raise ImproperlyConfigured(f"SECRET_KEY must be {SECRET_KEY_LENGTH} random characters or more.")
    return value


def _stored_key(file: Path) -> str:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Linking a finished file is atomic: two processes that start together end up with the same complete key.
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
        raise ImproperlyConfigured(f"The secret key cannot be stored in {file}: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")
