"""How a parallel run spreads the tests over its processes."""

from xdist.scheduler import LoadGroupScheduling

TOGETHER = ("tests/browser/", "tests/scale/")  # each folder shares a site that takes long to start
LONGEST = (  # of those that go to whoever is free: at the end of a run, the other process would wait for them
    "tests/comments/test_races.py::test_thousands_of_replies",
    "tests/comments/test_properties.py::",
    "tests/test_install.py::",
    "tests/blog/test_great_blog.py::",
    "tests/bench/test_filling.py::",
)


class Spread(LoadGroupScheduling):  # type: ignore[misc]  # it comes without types
    """One process has all tests of a folder that belong together; the others go one by one to whoever is free.

    The marks that pytest-xdist has for this do nothing since pytest 9.2: it looks for them in the names of the tests,
    where they no longer arrive.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def schedule(self) -> None:
        is_first = self.collection is None
        super().schedule()
        if is_first:
            for scope in [scope for scope in self.workqueue if scope.startswith(LONGEST)]:
                self.workqueue.move_to_end(scope, last=False)


def unit_of(nodeid: str) -> str:
    """The name of what a test must not be taken out of: its folder, or itself."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)
