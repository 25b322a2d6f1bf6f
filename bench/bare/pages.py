"""The answers that were taken down from our own server, to be given back word for word."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

FOLDER_VARIABLE = "BENCH_PAGES"
MADE_BY_SERVERS = {"date", "server", "connection", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Answer:
    headers: list[tuple[str, str]]
    body: bytes


def keep(folder: Path, name: str, answer: Answer) -> None:
    """Write an answer down, without what servers add by themselves."""
    headers = [(key, value) for key, value in answer.headers if key.lower() not in MADE_BY_SERVERS]
    (folder / f"{name}.headers").write_text(json.dumps(headers), encoding="utf-8")
    (folder / f"{name}.body").write_bytes(answer.body)


def kept() -> dict[str, Answer]:
    """All answers that were written down, by name."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    return {
        file.stem: Answer([(key, value) for key, value in json.loads(file.read_text())], _body(file))
        for file in sorted(folder.glob("*.headers"))
    }


def _body(file: Path) -> bytes:
    return file.with_suffix(".body").read_bytes()
