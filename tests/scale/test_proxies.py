"""Run the examples in docs/operating.md unchanged, except for ports and certificates."""

import http.client
import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from tests.browser.conftest import free_port
from tests.scale.conftest import HOST, ROOT, App, Site, Visitor
from tests.scale.crowds import crowd, more
from tests.scale.servers import Server, program, running

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def example(heading: str) -> str:
    """The first code block under a heading."""
    match = re.search(rf"^### {heading}\n(?:(?!^#).*\n)*?\n((?:(?: {{4}}.*)?\n)+)", OPERATING, re.MULTILINE)
    assert match, heading
    return dedent(match[1]).strip() + "\n"


def with_our_ports(text: str, apps: tuple[App, App]) -> str:
    for port, app in zip(("8001", "8002"), apps, strict=True):
        assert text.count(f"127.0.0.1:{port}") == 1
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{app.port}")
    return text


class SecureVisitor(Visitor):
    """A visitor from outside, over https."""

    def connect(self) -> http.client.HTTPConnection:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the default one would read all authorities of the machine
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.timeout, context=context)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    pem, key = folder / "host.pem", folder / "host.key"
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-subj", f"/CN={HOST}", "-days", "1", "-keyout", str(key), "-out", str(pem)]
    subprocess.run(command, check=True, capture_output=True)
    return pem, key


@pytest.fixture
def nginx(site: Site, tmp_path: Path, certificate: tuple[Path, Path]) -> Iterator[SecureVisitor]:
    """A visitor who sends requests to nginx."""
    pem, key = certificate
    port = free_port()
    text = with_our_ports(example("nginx"), site.apps)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace(f"/etc/ssl/{HOST}.pem", str(pem)).replace(f"/etc/ssl/{HOST}.key", str(key))
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {tmp_path / name};" for name in temporary)
    text = f"http {{ access_log off; {paths}\n{text} }}"
    start = f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}"
    (tmp_path / "nginx.conf").write_text(f"{start}\n{text}")
    command = [program("nginx", "nginx"), "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with running(Server(command, tmp_path, port)):
        yield SecureVisitor(port)


def test_restarting_one_process_after_the_other_loses_no_request(site: Site, nginx: SecureVisitor) -> None:
    post, path = site.new_post("through-an-upgrade")
    with crowd(post, path, [SecureVisitor(nginx.port) for _ in range(3)]) as people:
        for app in site.apps:
            more(lambda: len(people.taken), 10)
            assert app.stop() == 0
            more(lambda: len(people.taken), 10)
            app.start()
            app.wait_until_ready()
        more(lambda: len(people.taken), 10)
    assert people.failures == []
    assert people.statuses.keys() == {200, 303}
    people.each_comment_was_kept_once(site)


def test_the_example_for_caddy_is_good_and_passes_requests_on(
    site: Site, tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    _, path = site.new_post("behind-caddy")
    pem, key = certificate
    port = free_port()
    text = with_our_ports(example("Caddy"), site.apps)
    text = text.replace(f"{HOST} {{\n", f"https://:{port} {{\n    bind 127.0.0.1\n    tls {pem} {key}\n")
    (tmp_path / "Caddyfile").write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + text)
    caddy = [program("caddy", "caddy")]
    arguments = ["--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    variables = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    subprocess.run([*caddy, "validate", *arguments], check=True, capture_output=True, env=os.environ | variables)
    with running(Server([*caddy, "run", *arguments], tmp_path, port, variables)):
        assert SecureVisitor(port).get(path).status == 200
        assert site.apps[0].stop() == 0
        for _ in range(4):
            assert SecureVisitor(port).get(path).status == 200
        site.apps[0].start()


def test_the_file_for_compose_names_what_there_is() -> None:
    compose = yaml.safe_load(example("Containers"))
    assert compose.keys() == {"services", "networks", "volumes"}
    apps = [compose["services"][name] for name in ("app1", "app2")]
    assert apps[0]["environment"] == apps[1]["environment"]
    known = set(re.findall(r"`([A-Z_]+)`", OPERATING[: OPERATING.index("## A public site")]))
    assert set(apps[0]["environment"]) - known == {"PYTHONDONTWRITEBYTECODE"}
    used = {volume.split(":")[0] for one in compose["services"].values() for volume in one.get("volumes", [])}
    assert {name for name in used if name[0] not in "./"} == set(compose["volumes"])
