"""The phones of pages at a running centre: lent by accounts, told to the switches, ended with the session."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Final, Protocol

import msgspec
import structlog

from huawu.accounts.lending import Lending, LentPhone, PhoneElsewhere
from huawu.config.compile import Centre
from huawu.link.messages import EndpointId, LentSecret
from huawu.platform.database import DatabaseError

log = structlog.get_logger(__name__)

GONE_MS: Final = 30_000
"""A page whose phone is registered nowhere for so long is gone: the next desk that asks gets the phone."""
LOOK_EVERY_S: Final = 10.0
"""How often sessions that ended elsewhere (another process, by themselves) are looked for."""


class Switches(Protocol):
    """Whom loans are told to; satisfied by `SwitchLinks`."""

    def lend(self, secrets: Iterable[LentSecret]) -> None: ...


class NoPhone(Exception):
    """The person has no phone here."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"No phone belongs to {user}. An administrator adds one under `endpoints` in the configuration, "
            "with `person` set to this user."
        )


class PagePhone(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as told once to the page that gets it."""

    lent: LentPhone
    password: str
    user: str  # the endpoint's SIP user


class PhoneDesk:
    """Who has whose phone in a page. `told` is called with each user whose phone changed hands."""

    def __init__(self, lending: Lending, switches: Switches, centre: Callable[[], Centre]) -> None:
        self._lending = lending
        self._switches = switches
        self._centre = centre
        self._held: dict[str, LentPhone] = {}
        self._idle: dict[str, int] = {}  # loans by which nothing is registered, since when
        self._used: dict[str, frozenset[str]] = {}  # by switch
        self.told: Callable[[str, LentPhone | None], None] = lambda user, by: None

    async def start(self) -> None:
        """Take up what an earlier life lent."""
        await self._lending.over()
        self._held = {one.user: one for one in await self._lending.all()}
        self._idle |= {one.loan: self._lending.now_ms() for one in self._held.values()}
        for loan in frozenset().union(*self._used.values()):
            self._idle.pop(loan, None)
        self._switches.lend(map(_secret, self._held.values()))

    async def run(self) -> None:
        """End the loans of sessions that ended by themselves."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with contextlib.suppress(DatabaseError):
                await self.settle()

    def loan_used(self, switch: str, loan: str, used: bool) -> None:
        """A switch tells that a page's phone is registered there, or no longer."""
        before = self._used.get(switch, frozenset())
        self._note(switch, before | {loan} if used else before - {loan})

    def loans_met(self, switch: str, loans: Iterable[str]) -> None:
        """A switch that comes or returns tells all that are registered there."""
        self._note(switch, frozenset(loans))

    def _note(self, switch: str, loans: frozenset[str]) -> None:
        before, self._used[switch] = frozenset().union(*self._used.values()), loans
        after, now_ms = frozenset().union(*self._used.values()), self._lending.now_ms()
        known = {one.loan for one in self._held.values()}
        self._idle |= dict.fromkeys((before - after) & known, now_ms)
        for loan in after:
            self._idle.pop(loan, None)

    def is_gone(self, user: str) -> bool:
        """Whether the page that has this person's phone has not been seen by any switch for a while."""
        held = self._held.get(user)
        idle_ms = self._idle.get(held.loan) if held is not None else None
        return idle_ms is not None and self._lending.now_ms() - idle_ms >= GONE_MS

    def held_by(self, user: str) -> LentPhone | None:
        """The page that has this person's phone."""
        return self._held.get(user)

    def phone_of(self, user: str) -> str:
        """The endpoint of somebody; "" = none."""
        endpoints = self._centre().configuration.endpoints
        return next((one.endpoint for one in endpoints if one.person == user and one.enabled), "")

    async def lend(
        self, user: str, *, token: str, address: str, browser: str, take_over: bool, only_free: bool = False
    ) -> PagePhone:
        """The phone is this session's page's from now on. Raises `NoPhone`, `PhoneElsewhere`.

        `only_free`: not even from another page of the same session, unless that page is gone.
        """
        endpoints = self._centre().configuration.endpoints
        phone = next((one for one in endpoints if one.person == user and one.enabled), None)
        if phone is None:
            raise NoPhone(user)
        if only_free and (held := self._held.get(user)) is not None and not self.is_gone(user):
            raise PhoneElsewhere(held)
        lent, password, before = await self._lending.lend(
            user,
            phone.endpoint,
            token=token,
            address=address,
            browser=browser,
            take_over=take_over or self.is_gone(user),
        )
        self._idle[lent.loan] = self._lending.now_ms()
        if before is not None:
            self._idle.pop(before.loan, None)
        ended = [] if before is None else [_ended(before)]
        self._switches.lend([*ended, _secret(lent)])
        self._held[user] = lent
        if before is not None and before.session != lent.session:
            log.info("phone taken over by another page", user=user, address=address, former=before.address)
        self.told(user, before)
        return PagePhone(lent=lent, password=password, user=phone.user or phone.endpoint)

    async def give_back(self, user: str, token: str) -> None:
        """The page needs the phone no more."""
        self._end([found] if (found := await self._lending.give_back(user, token)) is not None else [])

    async def settle(self) -> None:
        """End what was lent to sessions that are over."""
        self._end(await self._lending.over())

    def _end(self, over: list[LentPhone]) -> None:
        if over:
            self._switches.lend(map(_ended, over))
        for one in over:
            self._idle.pop(one.loan, None)
            if (held := self._held.get(one.user)) is not None and held.loan == one.loan:
                del self._held[one.user]
                self.told(one.user, one)


def _secret(lent: LentPhone) -> LentSecret:
    return LentSecret(
        loan=lent.loan,
        endpoint=EndpointId(lent.endpoint),
        ha1_sha256=lent.ha1_sha256,
        ha1_md5=lent.ha1_md5,
        until_ms=lent.until_ms,
    )


def _ended(lent: LentPhone) -> LentSecret:
    return msgspec.structs.replace(_secret(lent), until_ms=0)
