"""The links to all switches of one centre, as the service at the engine's edge holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from huawu.calls.homes import SwitchId
from huawu.link.client import LinkClient
from huawu.link.messages import EndpointId, LearnRegistrations, Registration, Welcome


@dataclass(slots=True, eq=False)
class Switch:
    """One switch: `life` names its process, `settle` is a Welcome whose missed events are still to come."""

    name: SwitchId
    link: LinkClient
    life: str = ""
    settle: Welcome | None = None
    sip_addresses: tuple[str, ...] = ()
    welcomed: bool = False  # once at least


@dataclass(slots=True)
class SharedRegistrations:
    """Phones' registrations that all switches can use: what one of them tells, the others are told.

    A switch that returns with nothing gets them all at once, so its phones need not register anew.
    """

    _newest: dict[tuple[EndpointId, str], Registration] = field(default_factory=dict)

    def changed(self, registration: Registration) -> LearnRegistrations:
        """A switch tells of one; what the others are to be told."""
        key = registration.endpoint, registration.key
        if registration.binding:
            self._newest[key] = registration
        else:
            self._newest.pop(key, None)
        return LearnRegistrations(registrations=(registration,))

    def met(
        self, told: Iterable[Registration], now_ms: int
    ) -> tuple[LearnRegistrations | None, LearnRegistrations | None]:
        """A switch came and holds these: what it is to be told, and what the others are; None = nothing."""
        held = {(one.endpoint, one.key): one for one in told}
        self._newest = {key: one for key, one in self._newest.items() if one.until_ms > now_ms}
        fresh = [one for key, one in held.items() if self._is_newer(one, self._newest.get(key))]
        missing = [one for key, one in self._newest.items() if self._is_newer(one, held.get(key))]
        self._newest |= {(one.endpoint, one.key): one for one in fresh}
        return _learn(missing), _learn(fresh)

    @staticmethod
    def _is_newer(one: Registration, than: Registration | None) -> bool:
        return than is None or one.until_ms > than.until_ms + 1_000  # their clocks are read one by one


def _learn(registrations: list[Registration]) -> LearnRegistrations | None:
    return LearnRegistrations(registrations=tuple(registrations)) if registrations else None
