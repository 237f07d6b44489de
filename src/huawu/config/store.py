"""Where configurations are kept: versions that only grow, the newest is the one in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from huawu.accounts.tables import endpoint_secrets
from huawu.config.compile import REALM, Ha1
from huawu.config.tables import configurations
from huawu.platform.database import Database


class ConfigurationVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version without its text. `by` is a user, `at_ms` when it was taken over.

    `changes` since the version before; None: nobody counted them yet, or one of the two cannot be read.
    """

    version: int
    at_ms: int
    by: str
    comment: str
    changes: int | None = None


class StoredConfiguration(ConfigurationVersion, frozen=True, kw_only=True):
    """A version with its text, which holds no password."""

    text: str


class ConfigurationConflict(Exception):
    """Somebody else saved a version meanwhile; nothing was saved."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(
            f"the configuration is at version {actual}, not {expected}: somebody changed it meanwhile. "
            "Look at the differences again, then try again"
        )
        self.expected = expected
        self.actual = actual


class ConfigurationStore(Protocol):
    async def current(self) -> StoredConfiguration | None:
        """The one in force; None before the first."""

    async def save(
        self,
        text: str,
        *,
        by: str,
        comment: str,
        expected_version: int,
        phones: Mapping[str, Ha1] | None = None,
        changes: int | None = None,
    ) -> int:
        """Keep a text as the next version and return it; `expected_version` 0 = there is none yet.

        `phones` are new hashes by endpoint, kept in the same transaction. Raises `ConfigurationConflict` when
        the newest version is another than expected.
        """

    async def newest(self) -> int:
        """The number of the one in force; 0 before the first. Cheap to ask for."""

    async def phones(self) -> dict[str, Ha1]:
        """The hashes with which phones prove themselves, by endpoint."""

    async def versions(self) -> tuple[ConfigurationVersion, ...]:
        """All versions, the newest first."""

    async def version(self, version: int) -> StoredConfiguration | None:
        """One version with its text."""

    async def counted(self, version: int, changes: int) -> None:
        """Keep how much a version changed."""


_NEWEST: Final = select(func.coalesce(func.max(configurations.c.version), 0))


class DatabaseConfigurations:
    """The store in the centre's database."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    async def current(self) -> StoredConfiguration | None:
        """The one in force; None before the first."""
        return await self._one(select(func.max(configurations.c.version)).scalar_subquery())

    async def newest(self) -> int:
        """The number of the one in force; 0 before the first. Cheap to ask for."""
        async with self._database.read() as connection:
            return int((await connection.execute(_NEWEST)).scalar_one())

    async def version(self, version: int) -> StoredConfiguration | None:
        """One version with its text."""
        return await self._one(version)

    async def _one(self, version: object) -> StoredConfiguration | None:
        query = select(configurations).where(configurations.c.version == version)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return StoredConfiguration(**row) if row else None

    async def versions(self) -> tuple[ConfigurationVersion, ...]:
        """All versions, the newest first."""
        table = configurations.c
        query = select(table.version, table.at_ms, table.by, table.comment, table.changes)
        query = query.order_by(table.version.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(ConfigurationVersion(**row) for row in rows)

    async def save(
        self,
        text: str,
        *,
        by: str,
        comment: str,
        expected_version: int,
        phones: Mapping[str, Ha1] | None = None,
        changes: int | None = None,
    ) -> int:
        """Keep a text as the next version; the primary key decides between two who save at once."""
        now_ms = self._now_ms()
        try:
            async with self._database.begin() as connection:
                actual = (await connection.execute(_NEWEST)).scalar_one()
                if actual != expected_version:
                    raise ConfigurationConflict(expected_version, actual)
                await connection.execute(
                    insert(configurations).values(
                        version=expected_version + 1,
                        at_ms=now_ms,
                        by=by,
                        comment=comment,
                        text=text,
                        changes=changes,
                    )
                )
                for endpoint, known in (phones or {}).items():
                    values = {
                        "user": known.user,
                        "realm": REALM,
                        "ha1_sha256": known.sha256,
                        "ha1_md5": known.md5,
                        "password": "",
                        "updated_ms": now_ms,
                    }
                    upsert = self._database.insert(endpoint_secrets).values(endpoint=endpoint, **values)
                    await connection.execute(
                        upsert.on_conflict_do_update(index_elements=["endpoint"], set_=values)
                    )
        except IntegrityError:
            raise ConfigurationConflict(expected_version, expected_version + 1) from None
        return expected_version + 1

    async def counted(self, version: int, changes: int) -> None:
        """Keep how much a version changed."""
        its = update(configurations).where(configurations.c.version == version)
        async with self._database.begin() as connection:
            await connection.execute(its.values(changes=changes))

    async def phones(self) -> dict[str, Ha1]:
        """The hashes with which phones prove themselves, by endpoint."""
        table = endpoint_secrets.c
        query = select(table.endpoint, table.user, table.ha1_sha256, table.ha1_md5).where(
            table.realm == REALM
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {endpoint: Ha1(user=user, sha256=sha256, md5=md5) for endpoint, user, sha256, md5 in rows}
