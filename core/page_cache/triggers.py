"""Has the database note every change that readers see, in the transaction that makes it.

Triggers and no Python, because they cannot be forgotten: not by an update of many rows, not by a shell, not by the next
feature; and a transaction that is rolled back takes its notes along. Migrations of SQLite make tables anew and lose
their triggers, so they are compared after each `migrate`, and replaced when one differs.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.extension_points import WATCHED_TABLES
from core.page_cache import change_log

PREFIX = "invalidation_"
EVERYTHING = f"'{change_log.EVERYTHING}'"


@dataclass(frozen=True)
class WatchedTable:
    """A table of which readers see something. `{row}` stands for the row that changed, as it was and as it is.

    Only an UPDATE that changes one of the `columns` counts, where there are any; `hard` says in SQL whether an UPDATE
    may have taken something away, as every DELETE may.
    """

    table: str
    tags: str
    columns: tuple[str, ...] = ()
    hard: str = "TRUE"
    inserts: bool = True
    when: str = ""  # only rows of which this was true before, or is true of a new one


def install(using: str, **signal: Any) -> None:
    """Bring the triggers up to date. Nothing is locked where they are: a site may be running meanwhile."""
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
    """Take the triggers away, for filling an empty database; `install` brings them back."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in _present(connection):
            cursor.execute(_drop(connection, name))


def _drop(connection: BaseDatabaseWrapper, name: str) -> str:
    return f"DROP FUNCTION {name}() CASCADE" if _is_postgresql(connection) else f"DROP TRIGGER {name}"


def _present(connection: BaseDatabaseWrapper) -> set[str]:
    """The name of every trigger of ours that is there."""
    if _is_postgresql(connection):
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall() if name.startswith(PREFIX)}


def _triggers(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, list[str]]]:
    """Each trigger's name, which holds a digest of what it does, and the statements that make it."""
    write = _for_postgresql if _is_postgresql(connection) else _for_sqlite
    for watched in WATCHED_TABLES:
        for event in _events(connection, watched):
            what = "\n".join(write("{name}", watched, event))
            digest = hashlib.sha256(what.encode()).hexdigest()[:8]
            name = f"{PREFIX}{watched.table}_{event.lower()}_{digest}"
            yield name, write(name, watched, event)


def _events(connection: BaseDatabaseWrapper, watched: WatchedTable) -> list[str]:
    """SQLite knows no TRUNCATE; for PostgreSQL it deletes no row."""
    return [
        *(["INSERT"] if watched.inserts else []),
        *("UPDATE", "DELETE"),
        *(["TRUNCATE"] if _is_postgresql(connection) else []),
    ]


def _for_sqlite(name: str, watched: WatchedTable, event: str) -> list[str]:
    return [f"CREATE TRIGGER {name} {_moment(watched, event, 'IS NOT')} BEGIN {_note(watched, event, '0')}; END"]


def _for_postgresql(name: str, watched: WatchedTable, event: str) -> list[str]:
    note = _note(watched, event, "pg_current_xact_id()::text::bigint")
    function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
    return [
        f"{function} BEGIN {note}; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} {_moment(watched, event, 'IS DISTINCT FROM')} EXECUTE FUNCTION {name}()",
    ]


def _moment(watched: WatchedTable, event: str, differs: str) -> str:
    """`differs` is how the database calls two values that are not the same, where both may be NULL."""
    if event == "TRUNCATE":
        return f"AFTER TRUNCATE ON {watched.table}"
    conditions = [watched.when.format(row="NEW" if event == "INSERT" else "OLD")] if watched.when else []
    if event == "UPDATE" and watched.columns:
        conditions.append(" OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in watched.columns))
    when = f" WHEN (({') AND ('.join(conditions)}))" if conditions else ""
    return f"AFTER {event} ON {watched.table} FOR EACH ROW{when}"


def _note(watched: WatchedTable, event: str, number: str) -> str:
    """An INSERT of what the row belongs to now, and of what it belonged to before. Its own may be gone already."""
    rows = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"], "TRUNCATE": []}[event]
    tags = [f"COALESCE({watched.tags.format(row=row)}, {EVERYTHING})" for row in rows] or [EVERYTHING]
    hard = watched.hard if event == "UPDATE" else "TRUE"
    selects = (f"SELECT {tag}, {hard}, {number}" for tag in tags)
    return f'INSERT INTO core_invalidation (tags, hard, "transaction") {" UNION ".join(selects)}'


def _is_postgresql(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql"
