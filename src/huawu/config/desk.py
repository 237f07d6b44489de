"""The settings' use cases: look, check, save, go back. What is saved is in force when the answer comes.

    SettingsError(Exception)
    ├── ChangedMeanwhile   somebody saved since the version that was changed; nothing was saved
    ├── UnknownVersion     there never was a configuration of this number
    ├── UnknownEndpoint    the configuration names no such phone
    └── SecretOfNobody     a password was given for somebody or a phone that is not named

Besides: `ConfigurationInvalid` (load.py) and `WeakPassword` (accounts).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import msgspec

from huawu.accounts.errors import WeakPassword
from huawu.accounts.people import People, PersonView
from huawu.accounts.phones import PhoneSecrets, secret_of, typed_password
from huawu.accounts.service import LEAST_PASSWORD
from huawu.config.compile import REALM, Centre, Ha1, compile_centre, ha1
from huawu.config.diff import Change, diff
from huawu.config.history import History, SettingsError, UnknownVersion
from huawu.config.load import ConfigurationInvalid, Located, Parsed, parse, parse_parts
from huawu.config.rewrite import with_parts, without_passwords
from huawu.config.schema import Configuration, Secrets, secrets_of, without_secrets
from huawu.config.store import (
    ConfigurationConflict,
    ConfigurationStore,
    ConfigurationVersion,
    StoredConfiguration,
)


class UnknownEndpoint(SettingsError):
    def __init__(self, endpoint: str) -> None:
        super().__init__(f"There is no phone {endpoint!r}. Choose one of `endpoints` in the configuration.")


class SecretOfNobody(SettingsError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"A password was given for {name!r}, who is not in this configuration. Add them, or take it out."
        )


class ChangedMeanwhile(SettingsError):
    """`kept` is the version in force now, `changes` lead to it from the one that was changed."""

    def __init__(self, expected: int, kept: ConfigurationVersion, changes: list[Change]) -> None:
        super().__init__(
            f"The configuration is at version {kept.version}, not {expected}: {kept.by} changed it "
            "meanwhile. Look at what changed, then save yours again on top of it."
        )
        self.kept = kept
        self.changes = changes


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration as somebody wrote it: a text, or parts as plain JSON when that is None."""

    text: str | None = None
    parts: Any = None


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it. `passwords` were made now and are told this once."""

    version: int
    changes: list[Change]
    warnings: tuple[Located, ...] = ()
    passwords: Secrets = Secrets()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of a draft; `text` is what would be kept, "" while there are errors."""

    parsed: Parsed
    changes: list[Change]
    text: str = ""


class SettingsDesk(History):
    """One for the centre. `take_over` brings a compiled configuration into force and returns the passwords
    of people who are new; `tell_phones` has the switches know the phones' secrets anew.
    """

    take_over: Callable[[Centre, Configuration, bool], Awaitable[Mapping[str, str]]]
    tell_phones: Callable[[Configuration], Awaitable[None]]

    def __init__(
        self,
        store: ConfigurationStore,
        people: People,
        phones: PhoneSecrets,
        prompts: Callable[[], Collection[str]],
        *,
        other_phones: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`prompts`: ids that can be said now; `other_phones` have a secret that is kept elsewhere."""
        super().__init__(store)
        self._people = people
        self._phones = phones
        self._prompts = prompts
        self._other_phones = other_phones
        self.lock = asyncio.Lock()
        """Held while a version comes into force."""
        self.version = 0
        """The one that is in force here."""

    # ── Looking ───────────────────────────────────────────────────────────────────────────────────

    async def phones_with_secret(self, configuration: Configuration) -> list[str]:
        """The phones that can prove themselves."""
        known = await self._store.phones()
        other = set(self._other_phones())
        return [
            phone.endpoint
            for phone in configuration.endpoints
            if phone.endpoint in other or _fits(known.get(phone.endpoint), phone.user or phone.endpoint)
        ]

    async def people_with_password(self, configuration: Configuration) -> list[str]:
        """Those who may sign in."""
        active = {one.user for one in await self._people.all() if one.active}
        return [person.user for person in configuration.people if person.user in active]

    async def check(self, draft: Draft) -> Checked:
        """All that is to be said of a draft, and what it would change. Nothing is kept."""
        stored, before = await self.kept()
        parsed = await asyncio.to_thread(self.parse, draft)
        if parsed.configuration is None:
            return Checked(parsed=parsed, changes=[])
        text = await asyncio.to_thread(_text, draft, parsed.configuration, stored.text)
        changes = await asyncio.to_thread(diff, before.configuration, parsed.configuration)
        return Checked(parsed=parsed, changes=changes, text=text)

    def parse(self, draft: Draft) -> Parsed:
        """What a draft says, with the prompts that there are."""
        prompts = self._prompts()
        if draft.text is not None:
            return parse(draft.text, prompts=prompts)
        return parse_parts(draft.parts, prompts=prompts)

    # ── Changing ──────────────────────────────────────────────────────────────────────────────────

    async def save(
        self, draft: Draft, *, expected: int, by: str, comment: str, secrets: Secrets | None = None
    ) -> Saved:
        """Keep a draft and bring it into force. Raises all of the above."""
        async with self.lock:
            stored, before = await self._expected(expected)
            parsed = await asyncio.to_thread(self.parse, draft)
            configuration = parsed.configuration
            if configuration is None:
                raise ConfigurationInvalid(parsed.errors)
            given = _given(configuration, secrets or Secrets())
            text = await asyncio.to_thread(_text, draft, configuration, stored.text)
            bare = without_secrets(configuration)
            changes = await asyncio.to_thread(diff, before.configuration, bare)
            if text == stored.text and given == Secrets():
                return Saved(version=stored.version, changes=[], warnings=parsed.warnings)
            made = await self._new_phones(before.configuration, bare, given)
            hashes = _hashes(bare, {**given.endpoints, **made})
            known = changes if before.configuration is not None else None
            version = await self._keep(text, bare, by, comment, expected, hashes, known)
            people = await self._in_force(version, bare, before.configuration, given)
            return Saved(
                version=version,
                changes=changes,
                warnings=parsed.warnings,
                passwords=Secrets(people=people, endpoints=made),
            )

    async def roll_back(self, to: int, *, expected: int, by: str, comment: str) -> Saved:
        """Keep an earlier version as the newest. Those who come back have the passwords they had."""
        async with self.lock:
            _, before = await self._expected(expected)
            stored, _ = await self.kept(to)
            parsed = await asyncio.to_thread(self.parse, Draft(text=stored.text))
            if parsed.configuration is None:
                raise ConfigurationInvalid(parsed.errors)
            bare = parsed.configuration
            comment = comment or f"back to version {to}"
            changes = await asyncio.to_thread(diff, before.configuration, bare)
            known = changes if before.configuration is not None else None
            version = await self._keep(stored.text, bare, by, comment, expected, {}, known)
            people = await self._in_force(version, bare, None, Secrets())
            return Saved(
                version=version,
                changes=changes,
                warnings=parsed.warnings,
                passwords=Secrets(people=people),
            )

    async def new_secret(self, endpoint: str) -> tuple[str, str]:
        """Another password for a phone: what it registers as, and the password, told this once.

        Raises `UnknownEndpoint`.
        """
        async with self.lock:
            _, parsed = await self.kept()
            configuration = parsed.configuration
            found = next(
                (
                    one
                    for one in (configuration.endpoints if configuration else ())
                    if one.endpoint == endpoint
                ),
                None,
            )
            if configuration is None or found is None:
                raise UnknownEndpoint(endpoint)
            user, password = found.user or found.endpoint, typed_password()
            await self._phones.put(secret_of(endpoint, user, REALM, password))
            await self.tell_phones(configuration)
            return user, password

    async def follow(self) -> tuple[StoredConfiguration, list[Change]] | None:
        """Bring into force what others saved, if they did: what it is, and what it changed.

        Raises `ConfigurationInvalid`, once, for a version that cannot be used.
        """
        async with self.lock:
            newest = await self._store.newest()
            if newest == self.version:
                return None
            before = await self._store.version(self.version)
            stored, parsed = await self.kept(newest)
            self.version = newest
            if parsed.configuration is None:
                raise ConfigurationInvalid(parsed.errors)
            await self.take_over(compile_centre(parsed.configuration), parsed.configuration, True)
            was = await asyncio.to_thread(parse, before.text) if before is not None else None
            old = was.configuration if was is not None else None
            return stored, await asyncio.to_thread(diff, old, parsed.configuration)

    async def _expected(self, expected: int) -> tuple[StoredConfiguration, Parsed]:
        """The newest version, if it is the one expected."""
        stored, parsed = await self.kept()
        if stored.version != expected:
            raise await self._changed(expected, stored)
        return stored, parsed

    async def _changed(self, expected: int, stored: ConfigurationVersion) -> ChangedMeanwhile:
        try:
            changes = await self.changes(expected, stored.version)
        except (UnknownVersion, ConfigurationInvalid):
            changes = []
        return ChangedMeanwhile(expected, stored, changes)

    async def _new_phones(
        self, before: Configuration | None, after: Configuration, given: Secrets
    ) -> dict[str, str]:
        """Passwords for phones that are new, or called otherwise; one at a fixed place needs none."""
        if before is not None:
            old = {phone.endpoint: phone.user or phone.endpoint for phone in before.endpoints}
        else:
            known = set(await self.phones_with_secret(after))
            old = {one.endpoint: one.user or one.endpoint for one in after.endpoints if one.endpoint in known}
        return {
            phone.endpoint: typed_password()
            for phone in after.endpoints
            if phone.endpoint not in given.endpoints
            and not phone.contact
            and old.get(phone.endpoint) != (phone.user or phone.endpoint)
        }

    async def _keep(
        self,
        text: str,
        configuration: Configuration,
        by: str,
        comment: str,
        expected: int,
        phones: Mapping[str, Ha1],
        changes: list[Change] | None,
    ) -> int:
        compile_centre(configuration)  # what cannot be compiled is not to be kept
        try:
            return await self._store.save(
                text,
                by=by,
                comment=comment,
                expected_version=expected,
                phones=phones,
                changes=None if changes is None else len(changes),
            )
        except ConfigurationConflict:
            stored, _ = await self.kept()
            raise await self._changed(expected, stored) from None

    async def _in_force(
        self, version: int, after: Configuration, before: Configuration | None, given: Secrets
    ) -> dict[str, str]:
        """From now on it holds; the first passwords of those who are new.

        `before` None: whoever comes back has the old password.
        """
        known = {one.user: one for one in await self._people.all()}
        made = dict(await self.take_over(compile_centre(after), after, False))
        self.version = version
        there = {person.user for person in before.people} if before is not None else None
        for person in after.people:
            was = known.get(person.user)
            if person.user in given.people:
                await self._people.reset_password(person.user, given.people[person.user])
                made.pop(person.user, None)
            elif there is not None and person.user not in there and _comes_back(was):
                made[person.user] = await self._people.reset_password(person.user)
        return made


def _comes_back(was: PersonView | None) -> bool:
    """Somebody of this name was here before: their password is not the newcomer's."""
    return was is not None and not was.active and not was.blocked


def _text(draft: Draft, configuration: Configuration, kept: str) -> str:
    if draft.text is not None:
        return without_passwords(draft.text, configuration)
    return with_parts(kept, configuration)


def _given(configuration: Configuration, secrets: Secrets) -> Secrets:
    """The passwords in a draft and beside it. Raises `SecretOfNobody`, `WeakPassword`."""
    inside = secrets_of(configuration)
    people = {**inside.people, **secrets.people}
    endpoints = {**inside.endpoints, **secrets.endpoints}
    users = {person.user for person in configuration.people}
    phones = {phone.endpoint for phone in configuration.endpoints}
    for name in [*(people.keys() - users), *(endpoints.keys() - phones)]:
        raise SecretOfNobody(name)
    if any(len(password) < LEAST_PASSWORD for password in [*people.values(), *endpoints.values()]):
        raise WeakPassword(LEAST_PASSWORD)
    return Secrets(people=people, endpoints=endpoints)


def _hashes(configuration: Configuration, passwords: Mapping[str, str]) -> dict[str, Ha1]:
    users = {phone.endpoint: phone.user or phone.endpoint for phone in configuration.endpoints}
    return {endpoint: ha1(users[endpoint], password) for endpoint, password in passwords.items()}


def _fits(known: Ha1 | None, user: str) -> bool:
    return known is not None and known.user == user
