"""The user agent: packets, timers and commands in; packets, timers and calls' news out."""

from __future__ import annotations

from collections.abc import Callable

from huawu.link.messages import Configure, LegId, Originate, Reason
from huawu.switch.sip.addresses import Addresses
from huawu.switch.sip.events import Flow, Output
from huawu.switch.sip.sdp import Sdp

__all__ = ["Addresses", "UserAgent"]


class UserAgent:
    """A pure machine: every method takes the instant `at` (seconds) and returns what is to be done."""

    def __init__(self, *, token: Callable[[], str], local: Addresses, server: str = "Huawu") -> None:
        raise NotImplementedError

    def configure(self, configuration: Configure, at: float) -> list[Output]:
        raise NotImplementedError

    def receive(self, data: bytes, flow: Flow, at: float) -> list[Output]:
        raise NotImplementedError

    def fire(self, key: str, at: float) -> list[Output]:
        raise NotImplementedError

    def connection_lost(self, flow: Flow, at: float) -> list[Output]:
        raise NotImplementedError

    def ring(self, leg: LegId, at: float) -> list[Output]:
        raise NotImplementedError

    def answer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        raise NotImplementedError

    def reject(self, leg: LegId, reason: Reason, at: float) -> list[Output]:
        raise NotImplementedError

    def invite(self, leg: LegId, originate: Originate, offer: Sdp, at: float) -> list[Output]:
        raise NotImplementedError

    def hang_up(self, leg: LegId, reason: Reason, at: float) -> list[Output]:
        raise NotImplementedError

    def offer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        raise NotImplementedError

    def answer_offer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        raise NotImplementedError

    def refuse_offer(self, leg: LegId, at: float) -> list[Output]:
        raise NotImplementedError

    def overloaded(self, retry_after_s: int | None) -> None:
        raise NotImplementedError

    def leaks(self) -> dict[str, int]:
        raise NotImplementedError
