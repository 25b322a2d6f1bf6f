"""A parallel run starts the sites of tests/browser and tests/scale once, not once for each process."""

from types import SimpleNamespace

import pytest

from tests.spread import Spread, unit_of


class Worker:
    """Notes the tests that a process is told to run, as their places in what was collected."""

    shutting_down = False
    gateway = SimpleNamespace(id="")

    def __init__(self) -> None:
        self.told: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.told += indices

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/browser/test_serve.py::test_it_answers", "tests/browser/"),
        ("tests/scale/test_bucket.py::test_names[a@b/c]", "tests/scale/"),
        ("tests/blog/test_feeds.py::test_a[tests/browser/]", "tests/blog/test_feeds.py::test_a[tests/browser/]"),
    ],
)
def test_what_shares_a_site_stays_together(nodeid: str, unit: str) -> None:
    assert unit_of(nodeid) == unit


def test_sites_come_first_then_what_takes_longest(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytestconfig.option, "tx", ["popen"] * 2)
    monkeypatch.setattr(pytestconfig.option, "loadscopereorder", True)
    short, sites = "tests/blog/test_x.py::test_{}", "tests/{}/test_x.py::test_{}"
    singles = [short.format(number) for number in range(6)]
    collected = [*singles, "tests/test_install.py::test_x"]
    collected += [sites.format(folder, number) for number in range(4) for folder in ("browser", "scale")]
    spread, workers = Spread(pytestconfig), [Worker(), Worker()]
    for worker in workers:
        spread.add_node(worker)
        spread.add_node_collection(worker, collected)
    spread.schedule()
    assert [{collected[place].split("/")[1] for place in worker.told} for worker in workers] == [{"browser"}, {"scale"}]
    assert list(spread.workqueue) == ["tests/test_install.py::test_x", *singles]
