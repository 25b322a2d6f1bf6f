"""Environment variables: a missing one gets a default, a bad one is refused with one sentence."""

import ast
import os
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {
    "SITE_URL": "https://blog.example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "TRUSTED_PROXIES": "127.0.0.1",
}


def manage(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with only these environment variables."""
    variables = {"PATH": os.environ["PATH"], "DATA": str(tmp_path / "data")} | variables
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "http", "PORT must be a whole number"),
        ("DATA", "/dev/null/data", "cannot be created"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL must look like"),
        ("CACHE_URL", "memcached://cache:11211", "CACHE_URL must look like"),
        ("CACHE_URL", "redis://cache:port", "CACHE_URL must look like"),
        ("MEDIA_STORAGE", "/srv/media", "MEDIA_STORAGE must look like"),
        ("MEDIA_STORAGE", "s3://host/bucket", "MEDIA_STORAGE must look like"),
        ("MEDIA_STORAGE", "s3://key:secret@host/", "MEDIA_STORAGE must look like"),
        ("MEDIA_STORAGE", "s3://key:secret@host/bucket?acl=public", "MEDIA_STORAGE must look like"),
        ("MEDIA_STORAGE", "s3://key:half/secret@host/bucket", "MEDIA_STORAGE must look like"),
        ("PURGE_COMMAND", "no-such-program geheim", "PURGE_COMMAND must begin with a program"),
        ("PURGE_COMMAND", "sh -c 'geheim", "PURGE_COMMAND cannot be read: no closing quotation"),
        ("STOP_SECONDS", "0", "STOP_SECONDS must be a whole number from 1"),
        ("SITE_URL", "blog.example.org", "SITE_URL must look like"),
        ("SITE_URL", "http://blog.example.org", "must begin with https://"),
        ("EMAIL_URL", "mail.example.org", "EMAIL_URL must look like"),
        ("SECRET_KEY", "secret", "SECRET_KEY must be 50 random characters"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must list host names"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of"),
        ("TRUSTED_PROXIES", "nginx", "TRUSTED_PROXIES must list IP addresses or networks"),
        ("TRUSTED_PROXIES", "127.0.0.1,0.0.0.0/0", "TRUSTED_PROXIES must not contain every address"),
        ("SAMPLE", "perhaps", "SAMPLE must be 1 or 0"),
        ("PEERTUBE_HOSTS", "*.example.org", "PEERTUBE_HOSTS must list host names"),
        ("VIDEO_FILE_HOSTS", "https://films.example", "VIDEO_FILE_HOSTS must list host names"),
        ("VIDEO_FETCH", "sometimes", "VIDEO_FETCH must be 1 or 0"),
    ],
)
def test_a_bad_setting_is_refused_with_one_sentence(tmp_path: Path, name: str, value: str, says: str) -> None:
    result = manage(tmp_path, "check", **{name: value})
    assert result.returncode == 1
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_bucket_is_named_in_one_address() -> None:
    storages = environment.file_storages("s3://key:a%2Fb%2Bc@s3.example.org:9000/blog/of/ours?region=eu-central-1")
    assert storages["default"]["OPTIONS"] == {
        "endpoint_url": "https://s3.example.org:9000",
        "access_key": "key",
        "secret_key": "a/b+c",
        "bucket_name": "blog",
        "region_name": "eu-central-1",
        "location": "of/ours/media",
    }
    assert storages["private"]["OPTIONS"]["location"] == "of/ours/private"


def test_without_a_cache_or_bucket_everything_stays_on_this_machine(tmp_path: Path) -> None:
    show = (
        "import sys; from django.conf import settings as s; print(s.CACHES, s.SESSION_ENGINE, s.STORAGES, *sys.modules)"
    )
    shown = manage(tmp_path, "shell", "-v", "0", "-c", show).stdout
    assert "LocMemCache" in shown
    assert "sessions.backends.db" in shown
    assert "FileSystemStorage" in shown
    assert not {"boto3", "redis"} & set(shown.split())


def test_hosts_of_videos_enter_the_content_policy(tmp_path: Path) -> None:
    show = "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES'])"
    hosts = {"PEERTUBE_HOSTS": "tube.example", "VIDEO_FILE_HOSTS": "films.example"}
    policy = ast.literal_eval(manage(tmp_path, "shell", "-v", "0", "-c", show, **hosts).stdout)
    assert "https://tube.example" in policy["frame-src"]
    assert policy["media-src"] == ["'self'", "https://films.example"]


def test_debugging_is_refused_on_a_public_address(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", DEBUG="1", SITE_URL="https://blog.example.org")
    assert "DEBUG must be off" in result.stderr


def test_without_any_variable_it_runs_for_this_machine(tmp_path: Path) -> None:
    assert manage(tmp_path, "check").returncode == 0


def test_a_public_site_needs_three_variables_and_is_clean(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PUBLIC)
    assert result.returncode == 0, result.stderr


def test_a_public_site_that_sends_no_mail_is_warned(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", "--deploy", SITE_URL=PUBLIC["SITE_URL"])
    assert "imprimatur.W001" in result.stderr


def test_a_public_site_that_cannot_tell_visitors_apart_is_warned(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", "--deploy", **(PUBLIC | {"TRUSTED_PROXIES": ""}))
    assert "imprimatur.W002" in result.stderr
    assert "TRUSTED_PROXIES" in result.stderr


def test_before_the_first_migration_the_checks_of_the_data_say_nothing(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", "--deploy", "--database", "default", "--fail-level", "WARNING", **PUBLIC)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    "value",
    [
        "nginx",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "1.2.3.4:80",
        "[::1]",
        "localhost",
        "*",
        "unix:",
        "10.0.0.1 10.0.0.2",
        "x\ny",
    ],
)
def test_a_proxy_is_an_address_or_a_network(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES must list IP addresses or networks of") as refusal:
        environment.trusted_proxies(f"127.0.0.1,{value}")
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "10.1.2.3/0.0.0.0"])
def test_not_everybody_is_a_proxy(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES must"):
        environment.trusted_proxies(value)


@pytest.mark.parametrize(
    ("value", "address", "is_one"),
    [
        ("", "127.0.0.1", False),
        ("", None, False),
        (" , ,", "127.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", None, False),
        (" 10.0.0.0/8 ,2001:db8::/32, ", "10.200.0.1", True),
        ("10.0.0.0/8,2001:db8::/32", "2001:db8:1::1", True),
        ("10.0.0.0/8,2001:db8::/32", "2001:db9::1", False),
        ("::ffff:10.0.0.0/104", "10.9.9.9", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("unix", None, True),
        ("UNIX, ::1", "::1", True),
        ("unix", "127.0.0.1", False),
    ],
)
def test_who_is_a_proxy(value: str, address: str | None, is_one: bool) -> None:
    proxies = environment.trusted_proxies(value)
    assert ((ip_address(address) if address else None) in proxies) is is_one
    assert bool(proxies) is bool(value.strip(" ,"))


@pytest.mark.parametrize("value", ["-1", "1e3", "0x10", "٣", "9" * 30, "a", "70000", "0"])
def test_numbers_are_whole_and_in_their_range(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match="PORT must be a whole number from 1 to 65535"):
        environment.number("PORT", default=8000, least=1, most=65_535)


@pytest.mark.parametrize(("value", "number"), [("", 8000), (" 80 ", 80), ("65535", 65_535)])
def test_an_empty_number_is_the_default(monkeypatch: pytest.MonkeyPatch, value: str, number: int) -> None:
    monkeypatch.setenv("PORT", value)
    assert environment.number("PORT", default=8000, least=1, most=65_535) == number


@pytest.mark.parametrize(("value", "meant"), [("", True), ("0", False), ("No", False), ("1", True), ("on", True)])
def test_flags_are_said_in_words_or_figures(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("SAMPLE", value)
    assert environment.flag("SAMPLE", default=True) is meant


@pytest.mark.parametrize(
    "value",
    [
        "ftp://blog.example.org",
        "https://",
        "https://[::1",
        "https://blog.example.org:http",
        "https://blog.example.org/blog",
        "https://host@blog.example.org",
        "https://blog.example.org?x=1",
        "http://blog.example.org",
        "https://blog\0.example.org",
        "https://my blog.example.org",
    ],
)
def test_the_address_of_the_site_is_scheme_and_host(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SITE_URL"):
        environment.site_url(value)


@pytest.mark.parametrize("value", ["http://localhost:8000", "http://[::1]:8000", "https://blog.example.org/"])
def test_an_address_that_is_meant_so_is_taken(value: str) -> None:
    assert environment.site_url(value).hostname


@pytest.mark.parametrize(
    "value",
    ["x", "mysql://u:geheim@h/x", "postgres://u:geheim@h:x/y", "postgres://u:geheim@h", "sqlite://", "postgres://["],
)
def test_a_database_must_be_named_and_its_password_is_not_repeated(value: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.database(value, file=tmp_path / "db.sqlite3")
    assert "geheim" not in str(refusal.value)


def test_without_an_address_the_database_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a folder with # and ?" / "db.sqlite3"
    assert environment.database("", file=file)["NAME"] == file


@pytest.mark.parametrize("value", ["x", "smtp://", "http://u:geheim@h", "smtp://u:geheim@h:x", "smtp://["])
def test_a_mail_server_must_be_named_and_its_password_is_not_repeated(value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.mail(value)
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("value", ["~nobody-here/data", "/dev/null/data", "a\0b"])
def test_a_folder_that_cannot_be_made_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATA"):
        environment.data_folder(value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ImproperlyConfigured, match="cannot be written to"):
        environment.data_folder(str(tmp_path))


def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    assert environment.data_folder(str(tmp_path / "new" / "data")).stat().st_mode & 0o077 == 0


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret_key"
    key = environment.secret_key("", file)
    assert len(key) >= environment.SECRET_KEY_LENGTH
    assert environment.secret_key("", file) == key
    assert file.stat().st_mode & 0o077 == 0


def test_a_secret_key_may_begin_with_any_character(tmp_path: Path) -> None:
    key = "$" + "abcdefghij" * 6
    result = manage(
        tmp_path,
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings; print(settings.SECRET_KEY)",
        SECRET_KEY=key,
    )
    assert result.stdout.strip() == key
