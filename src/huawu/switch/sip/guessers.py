"""Who guesses passwords and numbers: counted by network and by the user named, slowed, never told anything.

Only wrong answers are slowed, so a phone with the right password is served at once whoever guesses beside
it. Users that do not exist are counted like those that do. Every table holds at most `MAX_SOURCES` entries;
the one that was quiet longest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, TypeVar

MAX_SOURCES: Final = 10_000
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 8.0
FORGET_AFTER: Final = 600.0
MAX_WAITING: Final = 4
"""Guesses for one user by one network whose answers wait: more are not judged at all."""
LONGEST_NAME: Final = 64

T = TypeVar("T")


def network_of(host: str) -> str:
    """What one guesser has: an IPv4 address, or the /64 of an IPv6 one (RFC 6177: a site has no less)."""
    if ":" not in host:
        return host
    head, _, tail = host.partition("%")[0].partition("::")
    groups = head.split(":") if head else []
    missing = 8 - len(groups) - (len(tail.split(":")) if tail else 0)
    groups += ["0"] * max(0, missing)
    groups += tail.split(":") if tail else []
    return ":".join(group.lstrip("0").lower() or "0" for group in groups[:4]) + "::/64"


@dataclass(slots=True)
class _Record:
    failures: int = 0
    unanswered: int = 0
    failed_at: float = 0.0
    proved_at: float | None = None  # when it last showed that what we send there arrives
    waiting: list[float] = field(default_factory=list)

    def delay(self) -> float:
        return min(FIRST_DELAY * 2.0 ** min(self.failures - 1, 10), LONGEST_DELAY)


class Guessers:
    """Counts failures of `FORGET_AFTER` seconds."""

    def __init__(self) -> None:
        self._networks: OrderedDict[str, _Record] = OrderedDict()
        self._users: OrderedDict[str, _Record] = OrderedDict()
        self._pairs: OrderedDict[tuple[str, str], _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._networks)

    def crowded(self, host: str, user: str, at: float) -> bool:
        """Whether this network guesses at this user faster than its answers leave."""
        record = self._pairs.get((network_of(host), user[:LONGEST_NAME]))
        if record is None:
            return False
        record.waiting = [due for due in record.waiting if due > at]
        return len(record.waiting) >= MAX_WAITING

    def wrong(self, host: str, user: str, at: float) -> float:
        """A wrong proof came; how many seconds its answer waits."""
        network, name = network_of(host), user[:LONGEST_NAME]
        delay = max(
            self._failed(self._networks, network, at).delay(), self._failed(self._users, name, at).delay()
        )
        _kept(self._pairs, (network, name)).waiting.append(at + delay)
        return delay

    def unproven(self, host: str, at: float) -> int:
        """A request without a proof came; how many before it had none."""
        record = _kept(self._networks, network_of(host))
        _forget(record, at)
        record.failed_at = at
        record.unanswered += 1
        return record.unanswered - 1

    def right(self, host: str) -> None:
        """Somebody there proved who they are: unanswered challenges there are no sign of guessing.

        Wrong answers stay counted: who has a right password may guess at others'.
        """
        record = self._networks.get(network_of(host))
        if record is not None:
            record.unanswered = 0

    def arrived(self, host: str, at: float) -> None:
        """What we sent to this address arrived there: it is not forged."""
        record = self._networks.get(network_of(host))
        if record is not None:
            record.proved_at = at

    def is_proved(self, host: str, at: float) -> bool:
        record = self._networks.get(network_of(host))
        return record is not None and record.proved_at is not None and at - record.proved_at <= FORGET_AFTER

    def _failed(self, table: OrderedDict[str, _Record], key: str, at: float) -> _Record:
        record = _kept(table, key)
        _forget(record, at)
        record.failures += 1
        record.failed_at = at
        return record


def _kept(table: OrderedDict[T, _Record], key: T) -> _Record:
    record = table.get(key)
    if record is None:
        record = table[key] = _Record()
    table.move_to_end(key)
    while len(table) > MAX_SOURCES:
        table.popitem(last=False)
    return record


def _forget(record: _Record, at: float) -> None:
    if at - record.failed_at > FORGET_AFTER:
        record.failures = record.unanswered = 0
