"""The one place that knows the database: SQLite beside the programme, or PostgreSQL.

DatabaseError
├── DatabaseUnavailable  it cannot be opened or reached, or it went away
├── DatabaseBusy         somebody else held it for too long
├── DiskFull             no room left to write
└── DatabaseTooNew       a newer programme has migrated it
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

import structlog
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, MetaData, Table, UpdateBase, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from huawu.platform.plain import Plain

log = structlog.get_logger(__name__)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All rooms' tables; each room's `tables.py` adds its own."""

T = TypeVar("T")

BUSY_MS = 5_000
MIGRATION_TURNS = 12
"""So many times `BUSY_MS` a programme waits for another one that migrates the same file."""
CLOSE_S = 2.0
TURN_S = 30.0
ANSWER_S = 15.0
"""So long PostgreSQL may take to let us in, and for each statement: a server that stalls is then away."""
STATISTICS_S = 12 * 3_600.0
"""So old may what SQLite knows of its tables get; a connection keeps what it knew when it was made."""
_ANALYSED_ROWS = 1_000
_WRITER = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
_READER = ("query_only=ON",)
_MIGRATION_LOCK = 0x6875617775  # "huawu": an advisory lock's number, so that two programmes migrate in turn


class DatabaseError(Exception):
    """The database did not do what was asked; nothing of the transaction was kept."""


class DatabaseUnavailable(DatabaseError):
    """It cannot be opened or reached, or the connection broke."""

    def __init__(self, where: str, detail: str) -> None:
        self.where = where
        self.detail = detail
        super().__init__(
            f"The database {where} cannot be reached: {detail}. "
            "Check that the folder exists and may be written to, or that the server runs and knows this user."
        )


class DatabaseBusy(DatabaseError):
    """Another transaction held the database for too long."""

    def __init__(self, where: str, detail: str) -> None:
        self.where = where
        super().__init__(
            f"The database {where} is busy: {detail}. Try again; if it stays so, look for another programme "
            "(a backup, a database browser) that holds it open."
        )


class DiskFull(DatabaseError):
    """No room left to write."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"The disk that holds the database {where} is full. Make room (old recordings are the largest "
            "files) or move the data folder to a larger disk; writing goes on by itself once there is room."
        )


class DatabaseTooNew(DatabaseError):
    """The database was migrated by a newer version of this programme."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(
            f"The database {where} was made by a newer version ({detail}). "
            "Install that version again, or restore the backup made before it."
        )


class Database:
    """Transactions and migrations on one database.

    `url` is an SQLAlchemy address (`sqlite:///…`, `postgresql://…`; the async driver is added). On SQLite all
    writers of this process take turns on one connection (BEGIN IMMEDIATE) and readers never wait for them;
    another programme that holds the file for `BUSY_MS` makes it busy. On PostgreSQL whatever is not answered
    within `answer_s` makes it unavailable (0 = waited for however long).
    """

    def __init__(self, url: str, *, readers: int = 4, answer_s: float = ANSWER_S) -> None:
        self.url = _async_url(url)
        self._turn = asyncio.Lock()
        self._connections: WeakSet[Any] = WeakSet()  # of aiosqlite
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.where = (
            self.url.database or "" if self.is_sqlite else self.url.render_as_string(hide_password=True)
        )
        if self.is_sqlite:
            if not self.url.database or self.url.database == ":memory:":
                raise DatabaseUnavailable("in memory", "SQLite needs a file here")
            pool = {"max_overflow": 0, "pool_timeout": 30, "pool_recycle": STATISTICS_S}
            plain = self.url.set(drivername="sqlite")
            self._writer = create_async_engine(self.url, pool_size=1, **pool)
            self._reader = create_async_engine(self.url, pool_size=readers, **pool)
            self._bulk: Engine | None = create_engine(plain, pool_size=1, **pool)
            self._threads: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix="database")
            _prepare_sqlite(self._writer.sync_engine, writes=True)
            _prepare_sqlite(self._reader.sync_engine, writes=False)
            for engine in (self._writer, self._reader):
                event.listen(engine.sync_engine, "connect", self._connected)
            _prepare_sqlite(self._bulk, writes=True)
        else:
            self._bulk = self._threads = None
            bounds = {"timeout": answer_s, "command_timeout": answer_s} if answer_s else {}
            self._answer_s = answer_s
            self._writer = self._reader = create_async_engine(
                self.url,
                pool_size=readers + 4,
                max_overflow=4,
                pool_pre_ping=True,
                pool_timeout=10,
                connect_args=bounds,
            )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write: committed at the end of the block, undone when it raises."""
        with self.told_plainly():
            async with self._my_turn(), self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view for reading; nothing written through it is kept."""
        with self.told_plainly():
            async with self._reader.connect() as connection:
                yield connection

    async def bulk(self, work: Callable[[Connection], T]) -> T:
        """Run plain (not async) database work in one transaction that may write.

        On SQLite it runs in a thread of its own, which costs a fraction of awaiting each statement.
        """
        if self._threads is None:
            async with self.begin() as connection:
                return await connection.run_sync(work)
        with self.told_plainly():
            async with self._my_turn():
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, work)

    def _work(self, work: Callable[[Connection], T]) -> T:
        assert self._bulk is not None
        with self._bulk.begin() as connection:
            return work(connection)

    def plain(self, statement: UpdateBase) -> Plain:
        """The statement ready for `bulk`, compiled for this kind of database."""
        return Plain(statement, self._writer.dialect)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    async def check(self) -> None:
        """Raise a `DatabaseError` unless the database answers."""
        async with self.read() as connection:
            await connection.execute(
                text("SELECT count(*) FROM sqlite_schema" if self.is_sqlite else "SELECT 1")
            )

    async def keep_statistics(self) -> None:
        """Let SQLite look at its tables now and then, for good: without, it takes the wrong index where many
        rows are alike, and goes through years of calls for one of them. PostgreSQL looks by itself.
        """
        while self.is_sqlite:
            try:
                await self.bulk(_analyse)
            except DatabaseError as error:
                log.warning("tables not looked at", why=str(error))
            await asyncio.sleep(STATISTICS_S)

    async def migrate(self) -> list[str]:
        """Bring the schema up to this programme's version, all or nothing; returns the revisions applied."""
        if self.is_sqlite:
            folder = Path(self.where).parent
            try:
                await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            except OSError as error:
                raise DatabaseUnavailable(self.where, f"its folder cannot be made ({error})") from error
            for turn in range(1, MIGRATION_TURNS + 1):
                try:
                    async with self.begin() as connection:
                        return await connection.run_sync(_upgrade, self.where)
                except DatabaseBusy as busy:  # another programme migrates it, or holds it open
                    if turn == MIGRATION_TURNS:
                        raise
                    log.warning("waiting for the database", why=str(busy))
        patient = create_async_engine(self.url)  # large tables take as long as they take
        try:
            with self.told_plainly():
                async with patient.begin() as connection:
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                    return await connection.run_sync(_upgrade, self.where)
        finally:
            await patient.dispose()

    def _connected(self, connection: Any, _record: object) -> None:
        self._connections.add(connection.driver_connection)

    async def close(self) -> None:
        """Close all connections; on SQLite this also folds the write-ahead log into the file."""
        if self._bulk is not None and self._threads is not None:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._bulk.dispose)
            self._threads.shutdown()
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()
        await asyncio.to_thread(self._wait_for_workers)

    def _wait_for_workers(self) -> None:
        """SQLite's driver has a thread for each connection, which tells the event loop how its work ended: a
        broken-off query's too. The loop must not be gone by then."""
        for connection in list(self._connections):
            if not connection._running:
                connection._thread.join(CLOSE_S)

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """On SQLite writers take turns here, in order, rather than by trying again and again."""
        if not self.is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError as error:
            raise DatabaseBusy(self.where, "another transaction of this programme does not end") from error
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def told_plainly(self) -> Iterator[None]:
        """Within, a driver's errors become `DatabaseError`s, unless the query itself was wrong."""
        try:
            yield
        except PoolTimeout as error:
            raise DatabaseBusy(self.where, "all its connections are in use") from error
        except DBAPIError as error:
            plain = _plain(self.where, error)
            if plain is None:
                raise
            raise plain from error
        except TimeoutError as error:
            if self.is_sqlite:
                raise
            told = f"it gave no answer within {self._answer_s:g} s"
            raise DatabaseUnavailable(self.where, told) from error
        except (ConnectionError, sqlite3.OperationalError) as error:
            raise DatabaseUnavailable(self.where, str(error)) from error
        except OSError as error:
            if self.is_sqlite:
                raise
            raise DatabaseUnavailable(self.where, str(error)) from error


def _analyse(connection: Connection) -> None:
    """A look at so many rows of each index takes milliseconds, however many there are."""
    connection.exec_driver_sql(f"PRAGMA analysis_limit={_ANALYSED_ROWS}")
    connection.exec_driver_sql("ANALYZE")


def _prepare_sqlite(engine: Engine, *, writes: bool) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours to say: the driver would start too late
        cursor = connection.cursor()
        try:
            for pragma in (f"busy_timeout={BUSY_MS}", *(_WRITER if writes else _READER)):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # the pool forgets a connection that was not prepared
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _async_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
        return parsed.set(drivername=drivers[parsed.get_backend_name()])
    except (ArgumentError, NoSuchModuleError, KeyError) as error:
        raise DatabaseUnavailable(
            repr(url), "its address must look like sqlite:///folder/huawu.db or postgresql://user@host/name"
        ) from error


def already_there(error: DBAPIError) -> bool:
    """Whether a row was not written because one with its key is there."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return state == "23505" or "UNIQUE constraint failed" in str(error.orig)


_UNREACHABLE = (
    "unable to open",
    "not a database",
    "malformed",
    "disk i/o error",
    "readonly",
    "no such table: alembic",
)


def _plain(where: str, error: DBAPIError) -> DatabaseError | None:
    """What a driver's error means for a person; None when it is the query that was wrong."""
    said = str(error.orig)
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    if "disk is full" in said or state == "53100":
        return DiskFull(where)
    if "is locked" in said or state in ("55P03", "40001", "40P01", "53300"):
        return DatabaseBusy(where, said)
    unreachable = any(words in said.lower() for words in _UNREACHABLE)
    if unreachable or error.connection_invalidated or state[:2] in ("08", "57", "58", "28", "3D"):
        return DatabaseUnavailable(where, said)
    return None


def _upgrade(connection: Connection, where: str, to: str = "head") -> list[str]:
    from alembic import command
    from alembic.config import Config

    applied: list[str] = []
    began = time.monotonic()

    def note(*, step: Any, **_rest: object) -> None:
        applied.append(step.up_revision_id)
        log.info(
            "database migrated",
            revision=step.up_revision_id,
            took_ms=round((time.monotonic() - began) * 1000),
        )

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["note"] = note
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise DatabaseTooNew(where, str(error)) from error
    return applied
