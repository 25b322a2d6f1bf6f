"""Queries whose SQL Django writes once.

Of the 1.9 ms that reading a post by its slug takes, SQLite has 0.1 and writing the SQL 1.1: as much for every query of
a page, and the same each time. So the queries of a post's page are written at their first use, with places for what
they are asked for, and kept as long as the process lives.

    find = Prepared(lambda: Post.objects.filter(slug=Given("slug", models.CharField())))
    find(slug="own-post")

What changes from one request to the next must be given. The clock is such a thing: `published()` would keep the moment
at which the query was written.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.db.models.expressions import Col
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

Row = TypeVar("Row")
NO_ROW = 0  # a number that no row has


class Given(models.Expression):
    """The place of a parameter: `name` says which, `field` what kind of value it has."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def stored(self, given: Mapping[str, object], connection: BaseDatabaseWrapper) -> Any:
        """The value as the database has it."""
        return self.output_field.get_db_prep_value(given[self.name], connection)


def number_of_row(number: int) -> int:
    """`number` where a row can have it; else one that none has. The digits of an address make any number, and SQLite
    takes none of more than 64 bits; Django sees to it, but for given values it cannot.
    """
    return number if number <= models.BigIntegerField.MAX_BIGINT else NO_ROW


class PlainRows(ModelIterable[Any]):
    """Makes rows of a model as unpickling does, without asking `__init__` for every column: 15 µs of 19 for each.

    For queries of one model alone that many rows answer. No signal of the model is sent; nobody here listens to one.
    """

    def __iter__(self) -> Iterator[Any]:
        model = self.queryset.model
        compiler = self.queryset.query.get_compiler(using=self.queryset.db)
        found = compiler.results_iter(chunked_fetch=self.chunked_fetch, chunk_size=self.chunk_size)
        made = [column.target.attname for column, _sql, _alias in compiler.select or () if isinstance(column, Col)]
        names = [*made, *(compiler.annotation_col_map or ())]
        for row in found:
            one = model.__new__(model)
            vars(one).update(zip(names, row, strict=True), _state=ModelState())
            one._state.adding, one._state.db = False, self.queryset.db
            yield one


class Prepared(Generic[Row]):
    """A query of which only the parameters change: call it with their values, by name; the rows come as a list.

    Nothing is prefetched: what stands beside the rows is a query of its own. For `plain` see `PlainRows`.
    """

    def __init__(self, build: "Callable[[], models.QuerySet[Any, Row]]", *, plain: bool = False) -> None:
        self._build = build
        self._plain = plain

    def __call__(self, **given: object) -> list[Row]:
        queryset, written, sql, params = self._written
        connection = connections[queryset.db]  # every thread has its own
        values = tuple(param.stored(given, connection) if isinstance(param, Given) else param for param in params)
        compiler = copy(written)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: (sql, values)  # type: ignore[method-assign]
        again = queryset.all()
        again.query.get_compiler = lambda *args, **kwargs: compiler  # type: ignore[method-assign]
        return list(again)

    @cached_property
    def _written(self) -> "tuple[models.QuerySet[Any, Row], SQLCompiler, str, tuple[Any, ...]]":
        """At the first use and not before: by then every floor has said what belongs to a post."""
        queryset = self._build()
        if self._plain:
            queryset._iterable_class = PlainRows
        compiler = queryset.query.get_compiler(using=queryset.db)
        return queryset, compiler, *compiler.as_sql()
