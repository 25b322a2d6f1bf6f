"""Queries whose SQL Django writes once.

Of the 1.9 ms that reading a post by its slug takes, SQLite has 0.1 and writing the SQL 1.1: as much for every query of
a page, and the same each time. So the queries of a post's page are written at their first use, with places for what
they are asked for, and kept as long as the process lives.

    find = Prepared(lambda: Post.objects.filter(slug=Given("slug", models.CharField())))
    find(slug="own-post")

What changes from one request to the next must be given. The clock is such a thing: `published()` would keep the moment
at which the query was written.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import query as queries
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

Row = TypeVar("Row")
Params = tuple[Any, ...]
Values = Sequence[Any]
Raw = Iterable[Sequence[Any]]  # rows as the database has them, or with their values converted
_WORD = re.compile("[a-z]*")
_PLACE = re.compile("(?<!%)%s")
NO_ROW = 0  # a number that no row has
# Kinds of fields, and the type of those values that both databases take as they are. To ask the field takes 2 µs, and
# a comment has sixty words to be looked up.
AS_THEY_ARE: Mapping[type, type] = {
    **dict.fromkeys((models.CharField, models.TextField), str),
    **dict.fromkeys((models.BigIntegerField, models.BigAutoField, models.PositiveSmallIntegerField), int),
    models.BooleanField: bool,
    models.BinaryField: bytes,
}


class Given(models.Expression):
    """The place of a parameter: `name` says which, `field` what kind of value it has."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name
        self._as_it_is = _as_it_is(field)

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def stored(self, given: Mapping[str, object], connection: BaseDatabaseWrapper) -> Any:
        """The value as the database has it."""
        value = given[self.name]
        return value if type(value) is self._as_it_is else _stored(value, self.output_field, connection)


def number_of_row(number: int) -> int:
    """`number` where a row can have it; else one that none has. The digits of an address make any number, and SQLite
    takes none of more than 64 bits; Django sees to it, but for given values it cannot.
    """
    return number if number <= models.BigIntegerField.MAX_BIGINT else NO_ROW


class _Statement:
    """A statement as a database gets it."""

    def __init__(self, using: str, sql: str) -> None:
        self.using = using
        self._sql = sql
        self._of_sqlite = _PLACE.sub("?", sql).replace("%%", "%")

    def rows(self, values: Values, connection: BaseDatabaseWrapper) -> list[tuple[Any, ...]]:
        """Send it; what comes back, as the database has it.

        SQLite answers most questions in 10 µs, and Django's cursors, which write the places of the SQL anew each time,
        take 40 more. They are for those who count the queries or stand in their way.
        """
        if connection.vendor != "sqlite" or connection.queries_logged or connection.execute_wrappers:
            with connection.cursor() as cursor:
                cursor.execute(self._sql, values)
                return cursor.fetchall() if cursor.description else []
        connection.ensure_connection()
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return cast("list[tuple[Any, ...]]", connection.connection.execute(self._of_sqlite, values).fetchall())


class _Written(NamedTuple):
    statement: _Statement
    params: Params
    read: Callable[[Raw, BaseDatabaseWrapper], list[Any]]


class Prepared(Generic[Row]):
    """A query of which only the parameters change: call it with their values, by name; the rows come as a list.

    The rows are models with what stands in the same row of the answer, or tuples. Nothing is prefetched: what stands
    beside the rows is a query of its own.
    """

    def __init__(self, build: "Callable[[], models.QuerySet[Any, Row]]") -> None:
        self._build = build

    def __call__(self, **given: object) -> list[Row]:
        statement, params, read = self._written
        connection = connections[statement.using]  # every thread has its own
        return read(statement.rows(_values(params, given, connection), connection), connection)

    def stored(self, **given: object) -> list[tuple[Any, ...]]:
        """The rows as the database has them: on SQLite moments are text, and booleans numbers. For many rows."""
        statement, params, _read = self._written
        connection = connections[statement.using]
        return statement.rows(_values(params, given, connection), connection)

    @cached_property
    def _written(self) -> _Written:
        """At the first use and not before: by then every floor has said what belongs to a post."""
        queryset = self._build()
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = _with_words(*compiler.as_sql())
        return _Written(_Statement(queryset.db, sql), params, _reader(queryset, compiler))


def _with_words(sql: str, params: Params) -> tuple[str, Params]:
    """The query with the words that are never given another value: `status = 'published'`.

    As a parameter such a word might decide whether a partial index can be used. So SQLite plans the query anew whenever
    it is asked, which for the place of a comment takes 0.17 ms of 0.18.
    """
    first, *rest = sql.split("%s")
    if len(rest) != len(params):
        return sql, params  # there is a "%s" that is no place
    is_word = [isinstance(param, str) and _WORD.fullmatch(param) is not None for param in params]
    places = [f"'{param}'" if found else "%s" for param, found in zip(params, is_word, strict=True)]
    joined = "".join(f"{place}{part}" for place, part in zip(places, rest, strict=True))
    return first + joined, tuple(param for param, found in zip(params, is_word, strict=True) if not found)


def _reader(
    queryset: "models.QuerySet[Any, Any]", compiler: SQLCompiler
) -> Callable[[Raw, BaseDatabaseWrapper], list[Any]]:
    """What makes of rows what the queryset would. It would prepare for that at each query anew, which takes 60 µs."""
    # How a value is read depends on its column and the kind of database, and on no connection.
    found = compiler.get_converters([expression for expression, _sql, _alias in compiler.select or ()])
    converters = [(place, steps, expression) for place, (steps, expression) in found.items()]
    iterable = queryset._iterable_class
    if iterable is queries.ValuesListIterable:
        return lambda rows, connection: [tuple(row) for row in _converted(rows, converters, connection)]
    if iterable is not queries.ModelIterable:
        raise TypeError("Only models and tuples are read from a written query.")
    make = _maker(queryset.db, compiler)
    return lambda rows, connection: [make(row) for row in _converted(rows, converters, connection)]


def _maker(using: str, compiler: SQLCompiler) -> Callable[[Sequence[Any]], models.Model]:
    """What makes a model of a converted row, as Django's ModelIterable does."""
    select, kind = compiler.select or [], cast("dict[str, Any]", compiler.klass_info)
    model, columns = kind["model"], slice(kind["select_fields"][0], kind["select_fields"][-1] + 1)
    names = [cast("Any", expression).target.attname for expression, _sql, _alias in select[columns]]
    populators = cast("Any", queries).get_related_populators(kind, select, using)
    annotations = [*(compiler.annotation_col_map or {}).items()]

    def make(row: Sequence[Any]) -> models.Model:
        made: models.Model = model.from_db(using, names, row[columns])
        for populator in populators:
            populator.populate(row, made)
        for name, place in annotations:
            setattr(made, name, row[place])
        return made

    return make


def _converted(rows: Raw, converters: Sequence[tuple[int, Any, Any]], connection: BaseDatabaseWrapper) -> Raw:
    if not converters:
        return rows
    found = [list(row) for row in rows]
    for row in found:
        for place, steps, expression in converters:
            for step in steps:
                row[place] = step(row[place], expression, connection)
    return found


class PreparedUpdate:
    """The same for `queryset.update(**changes)`."""

    def __init__(self, build: "Callable[[], tuple[models.QuerySet[Any], dict[str, Any]]]") -> None:
        self._build = build

    def __call__(self, **given: object) -> None:
        statement, params = self._written
        connection = connections[statement.using]
        statement.rows(_values(params, given, connection), connection)

    @cached_property
    def _written(self) -> tuple[_Statement, Params]:
        queryset, changes = self._build()
        using = router.db_for_write(queryset.model)
        query = cast("UpdateQuery", queryset.query.chain(UpdateQuery))
        query.add_update_values(changes)
        sql, params = query.get_compiler(using=using).as_sql()
        return _Statement(using, sql), params


class PreparedInsert:
    """Stores a new row of a model: what `save(force_insert=True)` does, but for the signals, to which nobody here
    listens. A number that the database gives is not told.
    """

    def __init__(self, model: type[models.Model]) -> None:
        self._model = model

    def __call__(self, row: models.Model) -> None:
        statement, fields = self._written
        self._store([(getattr(row, field.attname), kind, field) for field, kind in fields])
        row._state.adding, row._state.db = False, statement.using

    def of(self, **columns: object) -> None:
        """The same without a model. Columns that are not given have their default; raises TypeError for others."""
        _statement, fields = self._written
        if unknown := columns.keys() - {field.attname for field, _kind in fields}:
            raise TypeError(f"No columns of {self._model.__name__}: {', '.join(sorted(unknown))}.")

        def value_of(field: "models.Field[Any, Any]") -> object:
            return columns[field.attname] if field.attname in columns else field.get_default()

        self._store([(value_of(field), kind, field) for field, kind in fields])

    def _store(self, values: "Iterable[tuple[object, type | None, models.Field[Any, Any]]]") -> None:
        statement, _fields = self._written
        connection = connections[statement.using]
        stored = [value if type(value) is kind else _stored(value, field, connection) for value, kind, field in values]
        statement.rows(stored, connection)

    @cached_property
    def _written(self) -> "tuple[_Statement, list[tuple[models.Field[Any, Any], type | None]]]":
        using, meta = router.db_for_write(self._model), self._model._meta
        fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
        quoted = connections[using].ops.quote_name
        columns, places = ", ".join(quoted(field.column) for field in fields), ", ".join(["%s"] * len(fields))
        sql = f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - our own names
        return _Statement(using, sql), [(field, _as_it_is(field)) for field in fields]


def _as_it_is(field: "models.Field[Any, Any]") -> type | None:
    """The type of those values of a field that both databases take as they are; None where it has none.

    A field of another kind counts as the one that it is made of, unless it has something to say about its values.
    """
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    for kind in type(field).__mro__:
        if kind in AS_THEY_ARE:
            return AS_THEY_ARE[kind]
        if not {"get_prep_value", "get_db_prep_value", "get_db_prep_save"}.isdisjoint(vars(kind)):
            return None
    return None


def _stored(value: object, field: "models.Field[Any, Any]", connection: BaseDatabaseWrapper) -> Any:
    """A value as the database has it. The field is asked last: for a moment it takes 5 µs, and a comment has nine."""
    if value is None:
        return None
    if type(value) is datetime and value.tzinfo is connection.timezone is UTC and connection.vendor == "sqlite":
        return value.replace(tzinfo=None).isoformat(" ")
    return field.get_db_prep_save(value, connection)


def _values(params: Params, given: Mapping[str, object], connection: BaseDatabaseWrapper) -> Params:
    return tuple([param.stored(given, connection) if type(param) is Given else param for param in params])
