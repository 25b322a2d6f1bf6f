"""Reads the log of invalidations that the triggers write: each entry once, and none is missed."""

from django.db import close_old_connections, connection, transaction

Change = tuple[str, bool]  # the invalidated tags, and whether something may have been removed
EVERYTHING = "site"  # the tag that every page has
LOCK_TIMEOUT_MILLISECONDS = 300

ON_SQLITE = "SELECT id, tags, hard FROM core_invalidation WHERE id > %s ORDER BY id"
# The highest id so far, even if its row has been deleted.
LATEST = "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'core_invalidation'"
OLDEST = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"  # of the open transactions
ON_POSTGRESQL = f"""
SELECT oldest, id, tags, hard
FROM (SELECT {OLDEST} AS oldest) AS snapshot
LEFT JOIN core_invalidation ON "transaction" > 0 AND "transaction" >= %s
"""  # noqa: S608 - our own constants; the first condition is that of the index


class ChangeLog:
    """A reader of the log.

    The first read returns nothing, because no page has been made before it. If the ids or transaction numbers are lower
    than at the previous read, the database was emptied or restored from a backup: then everything counts as changed.
    """

    def __init__(self) -> None:
        self._since: int | None = None  # on SQLite an id, on PostgreSQL a transaction
        self._read: set[int] = set()

    def read_new(self) -> list[Change]:
        """The changes since the previous read. Raises django.db.Error if the database does not answer in time."""
        close_old_connections()  # outside of a request, Django does not do it
        return self._by_transaction() if connection.vendor == "postgresql" else self._by_id()

    def _by_id(self) -> list[Change]:
        """SQLite has one writer at a time, so ids come in the order of commits."""
        since = self._since
        with connection.cursor() as cursor:
            cursor.execute(LATEST)
            latest: int = cursor.fetchone()[0]
            if since is None or latest < since:
                self._since = latest
                return [] if since is None else [(EVERYTHING, True)]
            cursor.execute(ON_SQLITE, [since])
            rows = cursor.fetchall()
        if rows:
            self._since = rows[-1][0]
        return [(tags, bool(hard)) for _id, tags, hard in rows]

    def _by_transaction(self) -> list[Change]:
        """On PostgreSQL a lower id may be committed after a higher one.

        So we read again what was written by transactions that began no earlier than the oldest one that was open at the
        previous read, and skip what we have read already.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MILLISECONDS}; SET LOCAL statement_timeout = 2000")
            if is_first := self._since is None:  # read only what the next read will read again, not the whole log
                cursor.execute(f"SELECT {OLDEST}")
                self._since = cursor.fetchone()[0]
            since = self._since
            cursor.execute(ON_POSTGRESQL, [since])
            rows = cursor.fetchall()
        found = [row for row in rows if row[1] is not None]
        new = [(tags, hard) for _oldest, number, tags, hard in found if number not in self._read]
        self._since = oldest = rows[0][0]
        self._read = {number for _oldest, number, _tags, _hard in found}
        if oldest < since:
            return [(EVERYTHING, True)]
        return [] if is_first else new
