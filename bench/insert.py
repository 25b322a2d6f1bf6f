"""Many rows of one model in one go: as fast as the database takes them, and with every column that the model has."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from bench.progress import in_chunks

CHUNK = 5_000  # rows


def insert(prototype: models.Model, names: Sequence[str], rows: Iterable[Sequence[Any]], *, total: int) -> None:
    """Insert a row for each of `rows`, which hold values for the fields (attributes) `names`; whatever else the model
    has is as in `prototype`. Neither `save` nor signals run: `bulk_create` would take six times as long.
    """
    options = prototype._meta
    by_name = {field.attname: field for field in options.concrete_fields}
    varying = [by_name[name] for name in names]
    constant = [field for field in options.concrete_fields if field not in varying and not _made_by_database(field)]
    statement = _statement(options.db_table, [field.column for field in [*varying, *constant]])
    # Not the proxy `connection`: asking it for the real one takes as long as all else.
    prepared = partial(_prepared, connections[DEFAULT_DB_ALIAS])
    same = [prepared(field, getattr(prototype, field.attname)) for field in constant]
    for chunk in in_chunks(rows, CHUNK, total=total, what=str(options.verbose_name_plural)):
        made = ([*map(prepared, varying, row), *same] for row in chunk)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, list(made))


def continue_numbers(*found: type[models.Model]) -> None:
    """Let the numbers that the database gives go on behind those that were given by hand."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(found)):
            cursor.execute(statement)


def _statement(table: str, columns: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {quote(table)} ({names}) VALUES ({places})"  # noqa: S608 - names of our own models


def _prepared(database: BaseDatabaseWrapper, field: "models.Field[Any, Any]", value: Any) -> Any:
    """The value as the database takes it."""
    return value if type(value) in (str, int) else field.get_db_prep_save(value, database)


def _made_by_database(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.AutoField) or field.generated
