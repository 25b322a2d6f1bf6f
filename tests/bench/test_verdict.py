"""Verdicts and their reports."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import bench.__main__ as program
from bench import processes, tools, verdict
from bench.plan import FULL, QUICK
from bench.processes import Process
from bench.verdict import AT_LEAST, AT_MOST, Row

GOOD, BAD = Row("good", 1.2, 1.5), Row("bad", 1.6, 1.5)


@pytest.mark.parametrize(
    ("row", "ok"),
    [
        (Row("at most", 1.5, 1.5, AT_MOST), True),
        (Row("at most", 1.51, 1.5, AT_MOST), False),
        (Row("at least", 0.35, 0.35, AT_LEAST), True),
        (Row("at least", 0.34, 0.35, AT_LEAST), False),
        (Row("nothing measured", None, 1.5), False),
        (Row("information", 7.0), True),
        (Row("errors", 1.0, 1.5, faults=("3 error responses",)), False),
        (Row("information with errors", 7.0, faults=("it broke",)), False),
        (Row("none allowed", 0, 0, AT_MOST), True),
    ],
    ids=lambda value: value.name if isinstance(value, Row) else "",
)
def test_a_budget_is_met_or_missed(row: Row, ok: bool) -> None:
    assert row.ok is ok
    assert (row.verdict == "MISSED") is not ok


def test_the_median_of_the_rounds_counts() -> None:
    row = verdict.of_rounds("rounds", [3.0, 1.0, 2.0, 9.0, 1.5], budget=2.0)
    assert (row.value, row.spread, row.ok) == (2.0, (1.0, 9.0), True)
    assert verdict.of_rounds("no round", [], budget=2.0).value is None


def test_the_exit_code_reports_missed_budgets() -> None:
    assert verdict.exit_code([GOOD]) == 0
    assert verdict.exit_code([GOOD, BAD]) == 1
    assert verdict.exit_code([]) == 1


def test_programs_can_read_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "latest.json"
    verdict.write([GOOD, Row("none", None, 1.0), Row("information", 3.0)], file)
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert [{key: row[key] for key in ("name", "value", "budget", "ok")} for row in rows] == [
        {"name": "good", "value": 1.2, "budget": 1.5, "ok": True},
        {"name": "none", "value": None, "budget": 1.0, "ok": False},
        {"name": "information", "value": 3.0, "budget": None, "ok": True},
    ]


def test_people_can_read_the_table() -> None:
    rows = [GOOD, Row("bad", 1.6, 1.5, spread=(1.0, 2.25), note="by far", faults=("it broke",))]
    assert verdict.table(rows).splitlines() == [
        "what  measured  budget  spread    verdict",
        "-----------------------------------------",
        "good  1.2       <= 1.5            ok",
        "bad   1.6       <= 1.5  1 - 2.25  MISSED",
        "    by far",
        "    it broke",
    ]
    assert "MISSED" in verdict.table([BAD])


@pytest.mark.parametrize(("rows", "code"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_a_run_ends_with_its_verdict(
    rows: list[Row], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "LATEST", tmp_path / "latest.json")
    monkeypatch.setattr(program, "measure", lambda *found: rows)
    monkeypatch.setattr(tools, "need_programs", lambda: None)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert program.main(["--quick"]) == code
    printed = capsys.readouterr().out
    assert "QUICK" in printed
    assert ("1 of 2 missed: bad." if code else "Every budget was met.") in printed
    assert len(json.loads((tmp_path / "latest.json").read_text())["rows"]) == len(rows)


def test_nothing_is_written_if_a_program_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing() -> None:
        raise tools.Missing("wrk is missing")

    monkeypatch.setattr(program, "LATEST", tmp_path / "latest.json")
    monkeypatch.setattr(tools, "need_programs", missing)
    assert program.main([]) == 2
    assert not program.LATEST.exists()


def test_sizes_can_be_chosen() -> None:
    def plan(*arguments: str) -> tuple[int, int, bool]:
        found = program.plan_of(program.parse(arguments))
        return found.large, found.comments, found.is_quick

    assert plan() == (FULL.large, FULL.comments, False)
    assert plan("--quick") == (QUICK.large, QUICK.comments, True)
    assert plan("--posts", "100000", "--comments", "2005") == (100_000, 2_000, False)
    assert plan("--posts", "1", "--comments", "1") == (1_000, 1_000, False)


def test_workers_are_identified_by_their_parents() -> None:
    tree = {
        1: Process(0, 5),
        10: Process(1, 100),  # manage.py serve
        11: Process(10, 30),  # granian
        12: Process(11, 70),  # … and its worker
        13: Process(11, 9),
        14: Process(10, 60),  # the background worker
        99: Process(1, 999),  # somebody else's
    }
    assert processes.workers(10, tree) == (70, 60)
    assert sum(one.kilobytes for one in processes.descendants(10, tree).values()) == 269


def test_the_heading_names_smaller_sizes() -> None:
    assert program.heading(FULL).startswith("1,000,000 posts against 1,000, 100,000 comments under one; median of 5")
    assert program.heading(QUICK).startswith("QUICK, with short rounds and few lists. Smaller sizes than")
    assert "Smaller sizes" in program.heading(replace(FULL, comments=1_000))
