"""Queries whose SQL Django writes once.

Of the 1.9 ms that reading a post by its slug takes, SQLite has 0.1 and writing the SQL 1.1: as much for every query of
a page, and the same each time. So the queries of a post's page are written at their first use, with places for what
they are asked for, and kept as long as the process lives.

    find = Prepared(lambda: Post.objects.filter(slug=Given("slug", models.CharField())))
    find(slug="own-post")

What changes from one request to the next must be given. The clock is such a thing: `published()` would keep the moment
at which the query was written.
"""

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, Generic, NamedTuple, TypeVar, cast

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

Row = TypeVar("Row")
Params = tuple[Any, ...]
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


class _Written(NamedTuple):
    queryset: "models.QuerySet[Any, Any]"
    compiler: SQLCompiler
    converters: Any
    sql: str
    params: Params


class Prepared(Generic[Row]):
    """A query of which only the parameters change: call it with their values, by name; the rows come as a list.

    Nothing is prefetched: what stands beside the rows is a query of its own.
    """

    def __init__(self, build: "Callable[[], models.QuerySet[Any, Row]]") -> None:
        self._build = build

    def __call__(self, **given: object) -> list[Row]:
        written = self._written
        connection = connections[written.queryset.db]  # every thread has its own
        values = _values(written.params, given, connection)
        compiler = copy(written.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: (written.sql, values)  # type: ignore[method-assign]
        compiler.get_converters = lambda columns: written.converters  # type: ignore[method-assign, assignment]
        again = written.queryset.all()
        again.query.get_compiler = lambda *args, **kwargs: compiler  # type: ignore[method-assign]
        return list(again)

    def stored(self, **given: object) -> list[tuple[Any, ...]]:
        """The rows as the database has them: on SQLite moments are text, and booleans numbers. For many rows."""
        written = self._written
        connection = connections[written.queryset.db]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, _values(written.params, given, connection))
            return list(cursor.fetchall())

    @cached_property
    def _written(self) -> _Written:
        """At the first use and not before: by then every floor has said what belongs to a post."""
        queryset = self._build()
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        # How a value is read depends on its column and the kind of database, and on no connection.
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select or ()])
        return _Written(queryset, compiler, converters, sql, params)


class PreparedUpdate:
    """The same for `queryset.update(**changes)`."""

    def __init__(self, build: "Callable[[], tuple[models.QuerySet[Any], dict[str, Any]]]") -> None:
        self._build = build

    def __call__(self, **given: object) -> None:
        using, sql, params = self._written
        connection = connections[using]
        with connection.cursor() as cursor:
            cursor.execute(sql, _values(params, given, connection))

    @cached_property
    def _written(self) -> tuple[str, str, Params]:
        queryset, changes = self._build()
        using = router.db_for_write(queryset.model)
        query = cast("UpdateQuery", queryset.query.chain(UpdateQuery))
        query.add_update_values(changes)
        return using, *query.get_compiler(using=using).as_sql()


class PreparedInsert:
    """Stores a new row of a model: what `save(force_insert=True)` does, but for the signals, to which nobody here
    listens. A number that the database gives is not told.
    """

    def __init__(self, model: type[models.Model]) -> None:
        self._model = model

    def __call__(self, row: models.Model) -> None:
        using, sql, fields = self._written
        connection = connections[using]
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        row._state.adding, row._state.db = False, using

    @cached_property
    def _written(self) -> "tuple[str, str, list[models.Field[Any, Any]]]":
        using, meta = router.db_for_write(self._model), self._model._meta
        fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
        quoted = connections[using].ops.quote_name
        columns, places = ", ".join(quoted(field.column) for field in fields), ", ".join(["%s"] * len(fields))
        return using, f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES ({places})", fields  # noqa: S608 - our own names


def _values(params: Params, given: Mapping[str, object], connection: BaseDatabaseWrapper) -> Params:
    return tuple(param.stored(given, connection) if isinstance(param, Given) else param for param in params)
