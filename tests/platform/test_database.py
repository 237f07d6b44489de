import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text

import huawu.cli.centre  # noqa: F401  (it names all tables there are)
from huawu.accounts.tables import sign_in_failures
from huawu.platform import database as module
from huawu.platform.database import (
    Database,
    DatabaseBusy,
    DatabaseTooNew,
    DatabaseUnavailable,
    DiskFull,
    metadata,
)
from tests.support import postgres


def _look(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def _failure(subject: str) -> dict[str, object]:
    return {"subject": subject, "failures": 1, "last_ms": 1, "locked_until_ms": 0}


async def test_migrations_give_the_tables_that_the_programme_names(db: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with db.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_does_nothing_more(database_url: str) -> None:
    database = Database(database_url)
    first, second = await database.migrate(), await database.migrate()
    await database.close()
    assert first[0] == "0001"
    assert second == []


async def test_two_programmes_may_migrate_at_once(database_url: str) -> None:
    one, other = Database(database_url), Database(database_url)
    applied = await asyncio.gather(one.migrate(), other.migrate())
    await one.close()
    await other.close()
    assert sorted(map(bool, applied)) == [False, True]


async def test_a_database_of_a_newer_version_is_refused(db: Database) -> None:
    async with db.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="newer version"):
        await db.migrate()


async def test_a_block_that_raises_keeps_nothing(db: Database) -> None:
    async def fail_midway() -> None:
        async with db.begin() as connection:
            await connection.execute(insert(sign_in_failures).values(_failure("user:a")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_midway()
    async with db.read() as connection:
        assert (await connection.execute(select(sign_in_failures))).all() == []


async def test_readers_do_not_wait_for_a_writer(db: Database) -> None:
    async with db.begin() as writer:
        await writer.execute(insert(sign_in_failures).values(_failure("user:a")))
        async with db.read() as reader:
            assert (await reader.execute(select(sign_in_failures))).all() == []


async def test_writers_take_turns(db: Database) -> None:
    async def add(number: int) -> None:
        async with db.begin() as connection:
            await connection.execute(insert(sign_in_failures).values(_failure(f"user:{number}")))

    await asyncio.gather(*(add(number) for number in range(20)))
    async with db.read() as connection:
        assert len((await connection.execute(select(sign_in_failures))).all()) == 20


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match="folder cannot be made"):
        await Database(f"sqlite:///{tmp_path}/file/huawu.db").migrate()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "huawu.db").write_text("once upon a time " * 100)
    database = Database(f"sqlite:///{tmp_path}/huawu.db")
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await database.check()
    await database.close()


async def test_a_server_that_is_not_there_is_told() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        await database.check()
    await database.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://here/it", "sqlite://"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        Database(url)


@pytest.mark.postgres
async def test_a_server_that_stalls_is_away_and_the_next_transaction_after_that_works() -> None:
    with postgres.server() as url:
        database = Database(url, answer_s=1.0)
        await database.check()
        async with database.begin() as connection:
            await connection.execute(text("CREATE TABLE notes (id int)"))
        stalled = postgres.processes(url)
        for process in stalled:
            process.suspend()
        for work in (database.check(), database.bulk(_look)):
            with pytest.raises(DatabaseUnavailable, match="no answer within 1 s"):
                await asyncio.wait_for(work, 30)
        for process in stalled:
            process.resume()
        async with database.begin() as connection:
            await connection.execute(text("INSERT INTO notes VALUES (1)"))
        await asyncio.wait_for(database.close(), 30)


@pytest.mark.postgres
async def test_a_missing_database_is_told(postgres_server: str) -> None:
    database = Database(postgres_server.replace("/postgres", "/absent"))
    with pytest.raises(DatabaseUnavailable, match="absent"):
        await database.check()
    await database.close()


async def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/huawu.db")
    await database.migrate()
    rows = [_failure(f"user:{number:0150}") for number in range(500)]

    async def fill() -> None:
        async with database.begin() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count={pages}"))
            await connection.execute(insert(sign_in_failures), rows)

    with pytest.raises(DiskFull, match="Make room"):
        await fill()
    await database.close()


async def test_a_held_database_is_told_as_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_MS", 1)
    database = Database(f"sqlite:///{tmp_path}/huawu.db")
    await database.migrate()
    holder = sqlite3.connect(tmp_path / "huawu.db")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="busy"):
        async with database.begin():
            pass
    holder.close()
    await database.close()
