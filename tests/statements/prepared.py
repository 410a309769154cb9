"""A session by libpq itself: psycopg2 cannot say which types a prepared statement takes and answers with."""

import ctypes
import ctypes.util
import itertools

COMMAND_OK, TUPLES_OK = 1, 2

libpq = ctypes.CDLL(ctypes.util.find_library("pq"))
for name, result, arguments in (
        ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
        ("PQfinish", None, [ctypes.c_void_p]),
        ("PQstatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQexec", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
        ("PQprepare", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]),
        ("PQdescribePrepared", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
        ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQclear", None, [ctypes.c_void_p]),
        ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
        ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQnparams", ctypes.c_int, [ctypes.c_void_p]),
        ("PQparamtype", ctypes.c_uint, [ctypes.c_void_p, ctypes.c_int]),
        ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
        ("PQfname", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
        ("PQftype", ctypes.c_uint, [ctypes.c_void_p, ctypes.c_int])):
    function = getattr(libpq, name)
    function.restype, function.argtypes = result, arguments


class Refused(Exception):
    """What PostgreSQL said."""


class Session:
    def __init__(self, url, role):
        self.link = libpq.PQconnectdb(url.encode())
        self.numbers = itertools.count(1)
        if libpq.PQstatus(self.link) != 0:
            raise Refused(self._said())
        self.types = dict(self._rows("select oid, typname from pg_type"))
        # One plan for all values, or what is NULL here would be planned away.
        self._rows("set plan_cache_mode = force_generic_plan")
        if role:
            self._rows(f"set role {role}")

    def prepare(self, text):
        """([type], [(name, type)]) of what goes in and what comes out. It is planned too, which asks for the role's rights."""
        name = f"statement_{next(self.numbers)}"
        libpq.PQclear(self._check(libpq.PQprepare(self.link, name.encode(), text.encode(), 0, None)))
        result = self._check(libpq.PQdescribePrepared(self.link, name.encode()))
        inputs = [self._type(libpq.PQparamtype(result, i)) for i in range(libpq.PQnparams(result))]
        outputs = [(libpq.PQfname(result, i).decode(), self._type(libpq.PQftype(result, i))) for i in range(libpq.PQnfields(result))]
        libpq.PQclear(result)
        given = f"({', '.join(['null'] * len(inputs))})" if inputs else ""
        self._rows(f"explain execute {name}{given}")
        return inputs, outputs

    def close(self):
        libpq.PQfinish(self.link)

    def _type(self, oid):
        return self.types[str(oid)]

    def _rows(self, text):
        """Of two columns, or of none that anybody reads."""
        result = self._check(libpq.PQexec(self.link, text.encode()))
        columns = min(2, libpq.PQnfields(result))
        rows = [tuple(libpq.PQgetvalue(result, row, column).decode() for column in range(columns)) for row in range(libpq.PQntuples(result))]
        libpq.PQclear(result)
        return rows

    def _check(self, result):
        if libpq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
            libpq.PQclear(result)
            raise Refused(self._said())
        return result

    def _said(self):
        return libpq.PQerrorMessage(self.link).decode().strip()
