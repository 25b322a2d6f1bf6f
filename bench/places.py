"""Where the data of a run are: a folder and a database for each size, never those of a real site."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
# All that a process gets of our own environment: what is set for a real site must not reach the measured one.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
# No request leaves this machine, and the visitor is whom the load tool names.
USUAL = {"SAMPLE": "0", "VIDEO_FETCH": "0", "TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "WARNING"}


@dataclass(frozen=True)
class Place:
    """A site's folder, and the variables that lead to it."""

    folder: Path
    database_url: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        own = {"DATA": str(self.folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        return {**kept, **USUAL, **own, "DATABASE_URL": self.database_url, **more}

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Python with the arguments; what it says on stderr, people see. Raises CalledProcessError."""
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, text=True, check=check)

    def ask(self, *arguments: str) -> Any:
        """What `bench.inside` answers, from a process of its own."""
        return json.loads(self.run("-m", "bench.inside", *arguments).stdout)

    @property
    def targets(self) -> dict[str, Any]:
        """Where everything is, if it has been filled; else nothing."""
        file = self.folder / "targets.json"
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return found

    def fill(self, posts: int, comments: int) -> None:
        """Fill it, unless that was done before."""
        if (self.targets.get("posts"), self.targets.get("comments")) != (posts, comments):
            self.run("-m", "bench.fill", str(posts), str(comments))


@contextmanager
def two_places(database_url: str, kept_in: str) -> Iterator[tuple[Place, Place]]:
    """For the small and the large site. They are thrown away, but for what stands in the folder `kept_in`, if given."""
    folder = Path(kept_in or tempfile.mkdtemp(prefix="bench-")).resolve()
    with _databases(database_url, keep=bool(kept_in)) as (small, large):
        try:
            for name in ("small", "large"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            yield Place(folder / "small", small), Place(folder / "large", large)
        finally:
            if not kept_in:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _databases(url: str, *, keep: bool) -> Iterator[tuple[str, str]]:
    """Addresses of two databases of our own on the server of `url`: the one that it names may be somebody's."""
    if not url or url.startswith("sqlite"):
        yield "", ""
        return
    names = ("imprimatur_bench_small", "imprimatur_bench_large")
    if not keep:
        _tell(url, *(f"DROP DATABASE IF EXISTS {name}" for name in names))
    have = {name for (name,) in _tell(url, "SELECT datname FROM pg_database")}
    _tell(url, *(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'" for name in names if name not in have))
    try:
        small, large = (urlsplit(url)._replace(path=f"/{name}").geturl() for name in names)
        yield small, large
    finally:
        if not keep:
            _tell(url, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


def _tell(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run the statements; returns the rows of the last one."""
    import psycopg

    rows: list[tuple[Any, ...]] = []
    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            cursor = server.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows
