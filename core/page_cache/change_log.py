"""Reads the notes of changes, each once, and misses none."""

from django.db import close_old_connections, connection, transaction

Change = tuple[str, bool]  # the tags that were bumped, and whether something may have been taken away
EVERYTHING = "site"
LOCK_MILLISECONDS = 300  # that a look waits for a lock of somebody else

ON_SQLITE = "SELECT id, tags, hard FROM core_invalidation WHERE id > %s ORDER BY id"
LATEST = (
    "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'core_invalidation'"  # though it may be deleted
)
OLDEST = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"  # of the transactions that are open
ON_POSTGRESQL = f"""
SELECT oldest, id, tags, hard
FROM (SELECT {OLDEST} AS oldest) AS snapshot
LEFT JOIN core_invalidation ON "transaction" > 0 AND "transaction" >= %s
"""  # noqa: S608 - our own words; the first condition is that of the index


class ChangeLog:
    """What was noted since the last time. The first time there is nothing new: whoever asks has made no page yet.

    Where the numbers are lower than the last time, the database was emptied, or restored from a backup. What was noted
    since then cannot be told, and everything counts as bumped.
    """

    def __init__(self) -> None:
        self._since: int | None = None  # on SQLite an id, on PostgreSQL a transaction
        self._read: set[int] = set()

    def new(self) -> list[Change]:
        """Raises django.db.Error where the database cannot tell, or not at once."""
        close_old_connections()  # outside of a request nobody else does it
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
        """A lower id may be committed after a higher one. So all is read again that was noted by transactions which
        began no earlier than the oldest that was open the last time; what was read already does not count twice.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}; SET LOCAL statement_timeout = 2000")
            if is_first := self._since is None:  # not all that is kept: only what is read again the next time
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
