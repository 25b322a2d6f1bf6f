"""Database triggers that record every change to what readers see, in the transaction that makes it.

Unlike Python code, triggers cannot be forgotten: not by an update of many rows, not by a shell, not by the next
feature; and a transaction that is rolled back takes its records along. Migrations on SQLite create tables anew and lose
their triggers. So the triggers are compared after each `migrate`, and replaced if one differs.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

from core.extension_points import WATCHED_TABLES
from core.page_cache import change_log

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "invalidation_"
EVERYTHING = f"'{change_log.EVERYTHING}'"


@dataclass(frozen=True)
class WatchedTable:
    """A table that public pages are made of.

    `tags` is an SQL expression for the invalidated tags, separated by spaces. In it and in `when`, `{row}` stands for
    the changed row, before or after the change.
    """

    table: str
    tags: str
    columns: tuple[str, ...] = ()  # if there are any, only an UPDATE that changes one of them counts
    hard: str = "TRUE"  # SQL: whether an UPDATE may remove something from a page, as every DELETE may
    inserts: bool = True
    when: str = ""  # SQL: only rows count of which this was true before, or is true if they are new


def install(using: str, **kwargs: Any) -> None:
    """Bring the triggers up to date. If they are, nothing is locked: the site may be running meanwhile."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        needed = {"core_invalidation", *(watched.table for watched in WATCHED_TABLES)}
        wanted = dict(_triggers(connection)) if needed <= tables else {}
        present = _present(connection)
        if present == wanted.keys():
            return
        with transaction.atomic(using=using):
            for name in present:
                cursor.execute(_drop(connection, name))
            for statements in wanted.values():
                for statement in statements:
                    cursor.execute(statement)


def remove(using: str) -> None:
    """Remove the triggers while an empty database is filled; `install` brings them back."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in _present(connection):
            cursor.execute(_drop(connection, name))


def _drop(connection: "BaseDatabaseWrapper", name: str) -> str:
    return f"DROP FUNCTION {name}() CASCADE" if _is_postgresql(connection) else f"DROP TRIGGER {name}"


def _present(connection: "BaseDatabaseWrapper") -> set[str]:
    """The names of our triggers in the database."""
    if _is_postgresql(connection):
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall() if name.startswith(PREFIX)}


def _triggers(connection: "BaseDatabaseWrapper") -> Iterator[tuple[str, list[str]]]:
    """The name of each trigger, which contains a digest of its definition, and the statements that create it."""
    write = _for_postgresql if _is_postgresql(connection) else _for_sqlite
    for watched in WATCHED_TABLES:
        for event in _events(connection, watched):
            definition = "\n".join(write("{name}", watched, event))
            digest = hashlib.sha256(definition.encode()).hexdigest()[:8]
            name = f"{PREFIX}{watched.table}_{event.lower()}_{digest}"
            yield name, write(name, watched, event)


def _events(connection: "BaseDatabaseWrapper", watched: WatchedTable) -> list[str]:
    """The events to watch. SQLite has no TRUNCATE; on PostgreSQL it fires no trigger for DELETE."""
    return [
        *(["INSERT"] if watched.inserts else []),
        *("UPDATE", "DELETE"),
        *(["TRUNCATE"] if _is_postgresql(connection) else []),
    ]


def _for_sqlite(name: str, watched: WatchedTable, event: str) -> list[str]:
    return [f"CREATE TRIGGER {name} {_moment(watched, event, 'IS NOT')} BEGIN {_insert(watched, event, '0')}; END"]


def _for_postgresql(name: str, watched: WatchedTable, event: str) -> list[str]:
    insert = _insert(watched, event, "pg_current_xact_id()::text::bigint")
    function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
    return [
        f"{function} BEGIN {insert}; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} {_moment(watched, event, 'IS DISTINCT FROM')} EXECUTE FUNCTION {name}()",
    ]


def _moment(watched: WatchedTable, event: str, differs: str) -> str:
    """When the trigger fires. `differs` is the operator of the database for "not equal" that can compare NULLs."""
    if event == "TRUNCATE":
        return f"AFTER TRUNCATE ON {watched.table}"
    conditions = [watched.when.format(row="NEW" if event == "INSERT" else "OLD")] if watched.when else []
    if event == "UPDATE" and watched.columns:
        conditions.append(" OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in watched.columns))
    when = f" WHEN (({') AND ('.join(conditions)}))" if conditions else ""
    return f"AFTER {event} ON {watched.table} FOR EACH ROW{when}"


def _insert(watched: WatchedTable, event: str, transaction_number: str) -> str:
    """An INSERT of the tags of the row, before and after the change; EVERYTHING if a row that they need is gone."""
    rows = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"], "TRUNCATE": []}[event]
    tags = [f"COALESCE({watched.tags.format(row=row)}, {EVERYTHING})" for row in rows] or [EVERYTHING]
    hard = watched.hard if event == "UPDATE" else "TRUE"
    selects = (f"SELECT {tag}, {hard}, {transaction_number}" for tag in tags)
    return f'INSERT INTO core_invalidation (tags, hard, "transaction") {" UNION ".join(selects)}'


def _is_postgresql(connection: "BaseDatabaseWrapper") -> bool:
    return connection.vendor == "postgresql"
