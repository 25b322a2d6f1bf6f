"""A cache in front may keep pages for an hour, and is emptied when something is withdrawn."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Site, free_port, running, wait_until
from tests.scale import servers
from tests.scale.conftest import MAKE_POST
from tests.scale.servers import Server, program

CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/kept keys_zone=kept:1m use_temp_path=off;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_cache kept;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"""


@pytest.fixture
def purges(tmp_path: Path) -> Path:
    """A file that gets a line for each purge."""
    return tmp_path / "purges"


@pytest.fixture
def site(tmp_path: Path, purges: Path) -> Iterator[Site]:
    command = f"sh -c 'find {tmp_path}/kept -type f -delete && echo purged >> {purges}'"
    hour = {"SAMPLE": "0", "DATABASE_URL": "", "SHARED_CACHE_SECONDS": "3600"}
    with running(tmp_path / "data", PURGE_COMMAND=command, **hour) as site:
        yield site


@pytest.fixture
def nginx(site: Site, tmp_path: Path) -> Iterator[int]:
    """The port of an nginx with a cache."""
    port = free_port()
    (tmp_path / "nginx.conf").write_text(CONFIGURATION.format(folder=tmp_path, port=port, behind=site.port))
    command = [program("nginx", "nginx"), "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    with servers.running(Server(command, tmp_path, port)):
        yield port


def ask(port: int, path: str) -> tuple[int, str | None]:
    """The status of a page, and whether it came from the cache."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["X-Cache"]


def test_a_withdrawn_post_leaves_a_cache_that_might_hold_it_for_an_hour(site: Site, nginx: int, purges: Path) -> None:
    _, path = site.manage("shell", "-v", "0", "-c", MAKE_POST.format(slug="for-an-hour")).split()
    wait_until(lambda: purges.exists() and ask(nginx, path) == (200, "HIT"), "the cache has the page")
    site.manage("shell", "-v", "0", "-c", "from blog.models import Post; Post.objects.update(status='withdrawn')")
    wait_until(lambda: ask(nginx, path)[0] == 410, "the page is gone", seconds=10)
