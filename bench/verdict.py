"""Measured values, their verdicts, and reports of both for people and for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal

AT_LEAST: Final = ">="
AT_MOST: Final = "<="


@dataclass(frozen=True)
class Row:
    """One line of the table. `value` is None if nothing could be measured. A row without a budget is informative."""

    name: str
    value: float | None
    budget: float | None = None
    relation: Literal[">=", "<="] = AT_MOST
    unit: str = ""
    spread: tuple[float, float] | None = None
    note: str = ""
    faults: tuple[str, ...] = field(default=())  # errors during the measurement; any fault misses the budget

    @property
    def ok(self) -> bool:
        if self.faults:
            return False
        if self.budget is None:
            return True
        if self.value is None:
            return False
        return self.value >= self.budget if self.relation == AT_LEAST else self.value <= self.budget

    @property
    def verdict(self) -> str:
        if not self.ok:
            return "MISSED"
        return "ok" if self.budget is not None else "-"

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": None if self.value is None else round(self.value, 4),
            "budget": self.budget,
            "ok": self.ok,
            "relation": self.relation,
            "unit": self.unit,
            "spread": [round(end, 4) for end in self.spread] if self.spread else None,
            "note": self.note,
            "faults": list(self.faults),
        }


def of_rounds(name: str, values: Sequence[float], **rest: Any) -> Row:
    """Return a row with the median and the spread of the values of all rounds."""
    if not values:
        return Row(name, None, **rest)
    return Row(name, median(values), spread=(min(values), max(values)), **rest)


def table(rows: Sequence[Row]) -> str:
    """Format rows in columns, with notes and faults on lines of their own."""
    cells = [("what", "measured", "budget", "spread", "verdict"), *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, "-" * len(lines[0]))
    for number, row in reversed(list(enumerate(rows))):
        notes = [row.note] if row.note else []
        lines[number + 3 : number + 3] = [f"    {note}" for note in [*notes, *row.faults]]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *rest = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([name, *rest]).rstrip()


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    value = "none" if row.value is None else f"{_number(row.value)} {row.unit}".strip()
    budget = "" if row.budget is None else f"{row.relation} {row.budget:g}"
    spread = f"{_number(row.spread[0])} - {_number(row.spread[1])}" if row.spread else ""
    return row.name, value, budget, spread, row.verdict


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def write(rows: Sequence[Row], file: Path) -> None:
    """Write the rows as JSON: `{"rows": [{"name", "value", "budget", "ok", …}, …]}`."""
    text = json.dumps({"rows": [row.as_json() for row in rows]}, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def exit_code(rows: Sequence[Row]) -> int:
    """0 if something was measured and every budget is met, else 1."""
    return 0 if rows and all(row.ok for row in rows) else 1
