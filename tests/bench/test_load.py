"""Running wrk and reading its output."""

import subprocess

import pytest

from bench import load, tools
from bench.load import Result

OUTPUT = """Running 1s test @ http://127.0.0.1:8000/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     4.31ms    1.20ms  12.03ms   80.00%
  1234 requests in 1.00s, 2.00MB read
Requests/sec:   1234.00
Transfer/sec:      2.00MB

{"completed": 1234, "seconds": 1.5, "connect": 0, "read": 0, "write": 0, "timeout": 0, "status": 3, \
"mean_ms": 4.310, "slow_ms": 12.030}
"""


def result(completed: int = 100, mean_ms: float = 10.0, **errors: int) -> Result:
    return Result(completed, 1.0, mean_ms, 2 * mean_ms, errors)


def test_the_last_line_is_parsed() -> None:
    found = load.parse(OUTPUT)
    assert (found.completed, found.seconds, found.mean_ms, found.slow_ms) == (1234, 1.5, 4.31, 12.03)
    assert found.errors == {"status": 3}
    assert found.per_second == pytest.approx(822.67, abs=0.01)


@pytest.mark.parametrize("output", ["", "unable to connect", "{", '{"completed": 1}', "{}\nand more"])
def test_an_invalid_report_is_an_error(output: str) -> None:
    with pytest.raises(load.Failed, match="wrk printed"):
        load.parse(output)


def test_errors_are_faults() -> None:
    assert result().faults == []
    assert result(status=3).faults == ["3 error responses"]
    assert result(timeout=1, read=2).faults == ["1 timeouts", "2 errors (read)"]
    assert result(0).faults == ["no response"]
    assert load.faults(ours=[result(), result(status=3)], bare=[result()]) == ("ours: 3 error responses",)


def test_errors_of_readers_count_for_writers() -> None:
    both = result(50).with_errors_of(result(9, status=2))
    assert (both.completed, both.errors) == (50, {"status": 2})
    assert result(50).with_errors_of(result(0)).faults


def test_rounds_are_compared_pairwise() -> None:
    ours, bare = [result(10), result(30)], [result(20), result(40)]
    assert load.rates(ours, bare) == [0.5, 0.75]
    assert load.rates(ours, [result(20), result(0)]) == [0.5]
    assert load.times([result(mean_ms=30)], [result(mean_ms=10)]) == [3]
    assert load.times([result(0)], [result()]) == []


def test_sides_take_turns() -> None:
    calls: list[str] = []

    def side(name: str) -> Result:
        calls.append(name)
        return result()

    found = load.in_turns("both", {"a": lambda: side("a"), "b": lambda: side("b")}, rounds=3)
    assert calls == ["a", "b"] * 3
    assert [len(results) for results in found.values()] == [3, 3]


def test_both_sides_get_the_same_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow page might not respond within a short round. The slowest page determines the options of all."""
    monkeypatch.setattr(load, "_warm", {"/quick": 0.01, "/slow": 3.0}.__getitem__)
    found = load.pages({"a": "/quick", "b": "/slow"}, 1)
    assert {(target.clients, target.seconds) for target in found.values()} == {(1, 8)}
    assert load.pages({"a": "/quick"}, 1)["a"].clients == load.CLIENTS


def test_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(tools.Missing, match=r"^Missing: wrk and ps; please install it \(.*apt install wrk procps\)\.$"):
        tools.need_programs()


def test_root_installs_missing_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    installed, ran = {"apt-get", "ps"}, []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        installed.update({"wrk"} & set(command))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("shutil.which", lambda name: name if name in installed else None)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("subprocess.run", run)
    tools.need_programs()
    assert [command[3] for command in ran] == ["update", "install"]
    assert ran[1][-1] == "wrk"


def test_a_round_without_a_response_is_repeated_with_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []

    def output(command: list[str]) -> str:
        rounds.append(command[command.index("--duration") + 1])
        return OUTPUT if len(rounds) == 3 else OUTPUT.replace("1234,", "0,").replace('"status": 3', '"status": 0')

    monkeypatch.setattr(load, "_output", output)
    assert load.Target("http://127.0.0.1/", 2).run().completed == 1234
    assert rounds == ["2s", "4s", "8s"]
