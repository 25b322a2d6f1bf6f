"""Queries whose SQL Django writes once.

Of the 1.9 ms that reading a post by its slug takes, SQLite has 0.1 and writing the SQL 1.1: as much for every query of
a page, and the same each time. So the queries of a post's page are written at their first use, with places for what
they are asked for, and kept as long as the process lives.

    find = Prepared(lambda: Post.objects.filter(slug=Given("slug", models.CharField())))
    find(slug="own-post")

What changes from one request to the next must be given. The clock is such a thing: `published()` would keep the moment
at which the query was written.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

Row = TypeVar("Row")


class Given(models.Expression):
    """The place of a parameter: `name` says which, `field` what kind of value it has."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


class Prepared(Generic[Row]):
    """A query of which only the parameters change: call it with their values, by name; the rows come as a list.

    Nothing is prefetched: what stands beside the rows is a query of its own.
    """

    def __init__(self, build: "Callable[[], models.QuerySet[Any, Row]]") -> None:
        self._build = build

    def __call__(self, **given: object) -> list[Row]:
        queryset, written, sql, params = self._written
        values = tuple(given[param.name] if isinstance(param, Given) else param for param in params)
        compiler = copy(written)
        compiler.connection = connections[queryset.db]  # every thread has its own
        compiler.as_sql = lambda *args, **kwargs: (sql, values)  # type: ignore[method-assign, assignment]
        again = queryset.all()
        again.query.get_compiler = lambda *args, **kwargs: compiler  # type: ignore[method-assign]
        return list(again)

    @cached_property
    def _written(self) -> "tuple[models.QuerySet[Any, Row], SQLCompiler, str, tuple[Any, ...]]":
        """At the first use and not before: by then every floor has said what belongs to a post."""
        queryset = self._build()
        compiler = queryset.query.get_compiler(using=queryset.db)
        return queryset, compiler, *compiler.as_sql()
