"""Who may call from a web page: asked over HTTP, answered with a pass that the switch takes once."""

from __future__ import annotations

import ipaddress
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

import msgspec

from huawu.config.compile import Centre, ha1
from huawu.config.schema import PerAddress
from huawu.ivr.hours import next_opening, state
from huawu.link.messages import GuestPass

PASS_MS: Final = 60_000
"""A pass waits so long for its call: a person may have to allow the microphone first."""
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
MOST_ADDRESSES: Final = 20_000
_SECRET_BYTES: Final = 24


class WebCallRefused(Exception):
    """A page gets no pass. `code` names the reason, `status` is HTTP's."""

    def __init__(self, status: int, code: str, words: str, *, retry_ms: int = 0, opens_ms: int = 0) -> None:
        self.status = status
        self.code = code
        self.retry_ms = retry_ms
        self.opens_ms = opens_ms
        super().__init__(words)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A pass as it is told once to the page."""

    guest: str
    password: str
    until_ms: int


class Pace:
    """How often each network asked lately: an IPv4 address, or the /64 of an IPv6 one."""

    def __init__(self) -> None:
        self._asked: OrderedDict[str, deque[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, address: str, limits: PerAddress, now_ms: int) -> int:
        """Count one more; or in how many ms one may ask again, uncounted."""
        network = network_of(address)
        asked = self._asked.setdefault(network, deque())
        self._asked.move_to_end(network)
        while asked and asked[0] <= now_ms - _HOUR_MS:
            asked.popleft()
        lately = [at_ms for at_ms in asked if at_ms > now_ms - _MINUTE_MS]
        if len(asked) >= limits.hour:
            return (asked[-limits.hour] if limits.hour else now_ms) + _HOUR_MS - now_ms
        if len(lately) >= limits.minute:
            return (lately[-limits.minute] if limits.minute else now_ms) + _MINUTE_MS - now_ms
        asked.append(now_ms)
        while len(self._asked) > MOST_ADDRESSES:
            self._asked.popitem(last=False)
        return 0


def network_of(address: str) -> str:
    """What one visitor has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


class WebDesk:
    """Gives passes. `running` tells how many calls from pages there are now."""

    def __init__(
        self,
        *,
        centre: Callable[[], Centre],
        running: Callable[[], int],
        admit: Callable[[GuestPass], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._centre = centre
        self._running = running
        self._admit = admit
        self._now_ms = now_ms
        self._pace = Pace()

    def may_ask(self, origin: str) -> bool:
        """Whether pages of this origin may call at all."""
        return origin in self._centre().configuration.web_callers.origins

    def ask(self, origin: str, number: str, address: str) -> Given:
        """A pass for one call to `number` from `address`. Raises `WebCallRefused`."""
        centre, now_ms = self._centre(), self._now_ms()
        wanted = centre.configuration.web_callers
        if origin not in wanted.origins:
            raise WebCallRefused(
                403, "origin", f"Pages of {origin or 'nowhere'} may not call here (web_callers.origins)."
            )
        if number not in wanted.numbers:
            raise WebCallRefused(
                403, "number", f"The number {number[:32]} may not be called from pages (web_callers.numbers)."
            )
        if centre.hours_of_web is not None and state(centre.hours_of_web, now_ms) != "open":
            opens_ms = next_opening(centre.hours_of_web, now_ms) or 0
            raise WebCallRefused(403, "closed", "Nobody is here at this hour.", opens_ms=opens_ms)
        if self._running() >= wanted.at_once:
            raise WebCallRefused(503, "busy", "All lines are busy. Try again in a moment.", retry_ms=10_000)
        if wait_ms := self._pace.ask(address, wanted.per_address, now_ms):
            words = "Too many calls from your address. Wait a little, then try again."
            raise WebCallRefused(429, "too_many", words, retry_ms=wait_ms)
        guest, password = f"web.{secrets.token_hex(8)}", secrets.token_urlsafe(_SECRET_BYTES)
        proof = ha1(guest, password)
        # behind a proxy the switch may see that one's address instead of the visitor's
        seen = "" if centre.configuration.sip.websocket else address
        self._admit(
            GuestPass(
                guest=guest,
                number=number,
                address=seen,
                page=origin,
                ha1_sha256=proof.sha256,
                ha1_md5=proof.md5,
                until_ms=now_ms + PASS_MS,
            )
        )
        return Given(guest=guest, password=password, until_ms=now_ms + PASS_MS)
