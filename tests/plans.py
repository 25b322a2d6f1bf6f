"""Query plans."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def plans(read: Callable[[], Any]) -> list[str]:
    """Return the plan of each query that `read` runs."""
    with CaptureQueriesContext(connection) as queries:
        read()
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    found = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute(f"{explain} {query['sql']}")
            found.append("\n".join(str(row) for row in cursor.fetchall()))
    return found
