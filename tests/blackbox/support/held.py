"""Requests that stay in flight for as long as a test wants, and mails that wait for their next try as long."""

import psycopg2
from stack.waiting import wait_until

HELD_SECONDS = 9


class Held:
    """A table that nobody else gets at until release(). The daemons wait three seconds for a lock, then give up: a test that has more to
    do meanwhile than a slow machine does in that time takes make_stack(lock_seconds=HELD_SECONDS)."""

    def __init__(self, stack, table):
        self.table = table
        self.db = stack.db
        self.connection = psycopg2.connect(stack.postgres.url(stack.database))
        with self.connection.cursor() as cursor:
            cursor.execute(f"lock table {table} in access exclusive mode")

    def wait_for(self, statement):
        """Until the statement that begins so waits for the table; the daemons' own turns may wait for it too."""
        wait_until(lambda: self.db.value("select count(*) from pg_locks l join pg_stat_activity a using (pid) "
                                         "where not l.granted and l.relation = %s::regclass and starts_with(a.query, %s)",
                                         self.table, statement), 20, f"“{statement} …” waits for {self.table}")

    def release(self):
        self.connection.rollback()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def hold_back(stack, address):
    """Until let_go() the mail to this address, which could not be delivered, is not tried again, however long the test takes; how
    often it was tried by then. The server must go on refusing it until now."""
    put_off = """
        update notifications.deliveries set next_attempt_at = now() + interval '1 hour'
        where recipient = %s and state = 'pending' and lease_until is null and last_error is not null returning attempts"""
    return wait_until(lambda: stack.db.value(put_off, address), 40, f"the mail to {address} was tried and waits")


def let_go(stack, address):
    stack.db.rows("update notifications.deliveries set next_attempt_at = now() where recipient = %s", address)
