"""Questions to a stack's database, asked as superuser. Lives through restarts of the server."""

import psycopg2
import psycopg2.extras


class Database:
    def __init__(self, url):
        self.url = url
        self.connection = None

    def rows(self, statement, *values):
        """A dict for each row."""
        try:
            return self._ask(statement, values)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.close()
            return self._ask(statement, values)

    def value(self, statement, *values):
        """The first column of the first row, None without rows."""
        rows = self.rows(statement, *values)
        return next(iter(rows[0].values())) if rows else None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def _ask(self, statement, values):
        if self.connection is None:
            self.connection = psycopg2.connect(self.url)
            self.connection.autocommit = True
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, values or None)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []
