"""Responses recorded from our own server, to be sent byte for byte."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

FOLDER_VARIABLE = "BENCH_PAGES"
ADDED_BY_SERVERS = {"date", "server", "connection", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Response:
    headers: list[tuple[str, str]]
    body: bytes


def save(folder: Path, name: str, response: Response) -> None:
    """Save a response without the headers that servers add."""
    headers = [(key, value) for key, value in response.headers if key.lower() not in ADDED_BY_SERVERS]
    (folder / f"{name}.headers").write_text(json.dumps(headers), encoding="utf-8")
    (folder / f"{name}.body").write_bytes(response.body)


def load_all() -> dict[str, Response]:
    """All saved responses by name."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    return {
        file.stem: Response([(key, value) for key, value in json.loads(file.read_text())], _body(file))
        for file in sorted(folder.glob("*.headers"))
    }


def _body(file: Path) -> bytes:
    return file.with_suffix(".body").read_bytes()
