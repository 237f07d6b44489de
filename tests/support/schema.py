"""The schema in a new database, copied from one that was migrated: a migration takes ten times as long."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from huawu.platform.database import Database

TEMPLATE = "huawu_template"

_migrated: set[str] = set()
"""The servers that have a template."""
_folder = tempfile.TemporaryDirectory(prefix="huawu-schema-")
atexit.register(_folder.cleanup)


async def put_schema(database: Database) -> None:
    """Make a database of this programme's version; one of that name that is there must be unused."""
    if database.is_sqlite:
        shutil.copyfile(await _sqlite_template(), database.where)
    else:
        await _copy_on_server(database.url)


async def _sqlite_template() -> Path:
    file = Path(_folder.name, f"{TEMPLATE}.db")
    if not file.exists():
        await _migrate(f"sqlite:///{file}")
    return file


async def _copy_on_server(url: URL) -> None:
    server = url.set(database="postgres")
    template = url.set(drivername="postgresql", database=TEMPLATE).render_as_string(hide_password=False)
    if template not in _migrated:
        await on_server(server, f"CREATE DATABASE {TEMPLATE}")
        await _migrate(template)
        _migrated.add(template)
    name = url.database
    await on_server(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


async def on_server(server: URL, *statements: str) -> None:
    """Have a PostgreSQL do this, each by itself."""
    engine = create_async_engine(server.set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()
