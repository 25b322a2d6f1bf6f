"""The sites of a run: a folder and a database for each size, never those of a real site."""

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
# The only variables that processes inherit: settings of a real site must not reach the measured one.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
# No request leaves this machine, and the load tool names the visitor's IP address.
VARIABLES = {"SAMPLE": "0", "VIDEO_FETCH": "0", "TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "WARNING"}


@dataclass(frozen=True)
class Site:
    """The folder and the database of a site."""

    folder: Path
    database_url: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        own = {"DATA": str(self.folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        return {**inherited, **VARIABLES, **own, "DATABASE_URL": self.database_url, **more}

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments. Its stderr is shown, its stdout captured. Raises CalledProcessError."""
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, text=True, check=check)

    def probe(self, name: str) -> Any:
        """Run one of the probes of `bench.probe` in a separate process and return its result."""
        return json.loads(self.run("-m", "bench.probe", name).stdout)

    @property
    def targets(self) -> dict[str, Any]:
        """The paths of the pages to measure by name; empty unless the site is filled."""
        file = self.folder / "targets.json"
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return found

    def fill(self, posts: int, comments: int) -> None:
        """Fill the site, unless it was filled with these numbers before."""
        if (self.targets.get("posts"), self.targets.get("comments")) != (posts, comments):
            self.run("-m", "bench.fill", str(posts), str(comments))


@contextmanager
def two_sites(database_url: str, keep_in: str) -> Iterator[tuple[Site, Site]]:
    """Provide the small and the large site. Delete them afterwards, unless they are kept in the folder `keep_in`."""
    folder = Path(keep_in or tempfile.mkdtemp(prefix="bench-")).resolve()
    with _databases(database_url, keep=bool(keep_in)) as (small, large):
        try:
            for name in ("small", "large"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            yield Site(folder / "small", small), Site(folder / "large", large)
        finally:
            if not keep_in:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _databases(url: str, *, keep: bool) -> Iterator[tuple[str, str]]:
    """The URLs of two new databases on the server of `url`. The one that it names may be in use."""
    if not url or url.startswith("sqlite"):
        yield "", ""
        return
    names = ("imprimatur_bench_small", "imprimatur_bench_large")
    if not keep:
        _execute(url, *(f"DROP DATABASE IF EXISTS {name}" for name in names))
    existing = {name for (name,) in _execute(url, "SELECT datname FROM pg_database")}
    _execute(
        url, *(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'" for name in names if name not in existing)
    )
    try:
        small, large = (urlsplit(url)._replace(path=f"/{name}").geturl() for name in names)
        yield small, large
    finally:
        if not keep:
            _execute(url, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


def _execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Execute the statements. Return the rows of the last one."""
    import psycopg

    rows: list[tuple[Any, ...]] = []
    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            cursor = server.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows
