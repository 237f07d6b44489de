"""The versions there were: what each says, how much it changed, what leads from one to another."""

from __future__ import annotations

import asyncio

import msgspec

from huawu.config.diff import Change, diff
from huawu.config.load import ConfigurationInvalid, Parsed, parse
from huawu.config.schema import Configuration
from huawu.config.store import ConfigurationStore, ConfigurationVersion, StoredConfiguration


class SettingsError(Exception):
    """The base of all refusals here; nothing has changed when one is raised."""


class UnknownVersion(SettingsError):
    def __init__(self, version: int) -> None:
        super().__init__(f"There is no version {version} of the configuration. Look at the list of versions.")


class History:
    """What is kept, to look into."""

    def __init__(self, store: ConfigurationStore) -> None:
        self._store = store
        self._unreadable: set[int] = set()

    async def kept(self, version: int | None = None) -> tuple[StoredConfiguration, Parsed]:
        """A version, by default the newest, and what it says. Raises `UnknownVersion`."""
        stored = await (self._store.current() if version is None else self._store.version(version))
        if stored is None:
            raise UnknownVersion(version or 0)
        return stored, await asyncio.to_thread(parse, stored.text)

    async def versions(
        self, *, before: int | None = None, limit: int = 20
    ) -> tuple[list[ConfigurationVersion], bool]:
        """A page, the newest first, and whether there are older ones.

        Changes are counted when a version is saved; of one that came otherwise, once, the first time here.
        """
        found = [each for each in await self._store.versions() if before is None or each.version < before]
        read: dict[int, Configuration | None] = {0: None}
        page = [await self._counted(each, read) for each in found[:limit]]
        return page, len(found) > limit

    async def changes(self, begin: int, end: int) -> list[Change]:
        """What leads from one version to another. Raises `UnknownVersion`, `ConfigurationInvalid`."""
        before = await self._configuration(begin) if begin else None
        return await asyncio.to_thread(diff, before, await self._configuration(end))

    async def _configuration(self, version: int) -> Configuration:
        _, parsed = await self.kept(version)
        if parsed.configuration is None:
            raise ConfigurationInvalid(parsed.errors)
        return parsed.configuration

    async def _counted(
        self, version: ConfigurationVersion, read: dict[int, Configuration | None]
    ) -> ConfigurationVersion:
        """With the number of its changes, if both can be read; in `read` what others may compare with."""
        number = version.version
        if version.changes is not None or number in self._unreadable:
            return version
        try:
            for each in (number - 1, number):
                if each not in read:
                    read[each] = await self._configuration(each)
        except (ConfigurationInvalid, UnknownVersion):
            self._unreadable.add(number)
            return version
        after = read[number]
        assert after is not None
        changes = len(await asyncio.to_thread(diff, read[number - 1], after))
        await self._store.counted(number, changes)
        return msgspec.structs.replace(version, changes=changes)
