"""Visitors who read and write until they are stopped."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from tests.browser.conftest import wait_until
from tests.scale.conftest import Site, Visitor

PAUSE_SECONDS = 0.05  # of everybody between two pages: the processes share the machine with us


@dataclass
class Crowd:
    """Visitors who read and comment on one post, and the responses that they got."""

    post: int
    path: str
    read: list[int] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)  # by the name that the writer gave
    failures: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def write(self, visitor: Visitor) -> int:
        name = f"Writer {next(self.numbers)}"
        form = {"name": name, "text": f"{name} says what nobody else says.", "email": "", "notify": "", "parent": ""}
        self.written[name] = visitor.post(f"/comments/new/{self.post}/", form).status
        return self.written[name]

    def live(self, visitor: Visitor, stop: threading.Event) -> None:
        while not stop.wait(PAUSE_SECONDS):
            try:
                self.read.append(visitor.get(self.path).status)
                self.write(visitor)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))

    def each_comment_was_kept_once(self, site: Site) -> None:
        """The comments that were accepted. One that got an error may have been stored, too."""
        rows = site.database.ask("SELECT name FROM comments_comment WHERE discussion_id = %s", self.post)
        kept = Counter(name for (name,) in rows)
        assert set(kept.values()) == {1}
        assert set(self.taken) <= kept.keys() <= self.written.keys()

    @property
    def taken(self) -> list[str]:
        return [name for name, status in self.written.items() if status == 303]

    @property
    def statuses(self) -> Counter[int]:
        return Counter([*self.read, *self.written.values()])


@contextmanager
def crowd(post: int, path: str, visitors: list[Visitor]) -> Iterator[Crowd]:
    """Run all visitors until the end of the block."""
    found, stop = Crowd(post, path), threading.Event()
    threads = [threading.Thread(target=found.live, args=(visitor, stop)) for visitor in visitors]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def more(counted: Callable[[], int], number: int) -> None:
    """Wait for this many more responses."""
    before = counted()
    wait_until(lambda: counted() >= before + number, f"{number} more")
