"""Rows about accepting comments."""

from bench import posting
from bench.load import Result


def rounds(*, slow_ms: float = 40.0, completed: int = 30, **errors: int) -> list[Result]:
    return [Result(completed, 1.0, 10.0, slow_ms, errors)] * 3


def verdicts(ours: list[Result]) -> dict[str, bool]:
    sides = {"ours": ours, "bare": rounds(completed=100), "stripped": rounds(completed=100)}
    return {row.name.partition(",")[0] + row.name.partition("/")[2]: row.ok for row in posting._rates(sides, [])}


def test_rate_spread_and_refusals_have_budgets() -> None:
    assert all(verdicts(rounds()).values())
    slow, tardy, refused = rounds(completed=20), rounds(slow_ms=81), rounds(status=1)
    assert [name for name, ok in verdicts(slow).items() if not ok] == ["comments taken bare form"]
    assert [name for name, ok in verdicts(tardy).items() if not ok] == ["comments taken mean time"]
    assert "comments refused" in [name for name, ok in verdicts(refused).items() if not ok]
