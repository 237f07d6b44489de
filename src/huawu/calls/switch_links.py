"""The links to all switches: who is there, what each is told, and what one tells that others must hear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final, Protocol

import msgspec
import structlog

from huawu.calls.effects import Effects
from huawu.calls.homes import SwitchId, call_named_in
from huawu.calls.lent import Lent
from huawu.calls.switches import SharedRegistrations, Switch
from huawu.calls.timers import Timers
from huawu.link.client import LinkClient, LinkDown
from huawu.link.messages import (
    AdmitGuests,
    Command,
    CommandFailed,
    Configure,
    GuestPass,
    LentSecret,
    LoanUsed,
    NumberedEvent,
    Originate,
    RegistrationChanged,
    Welcome,
)
from huawu.platform.clock import Clock

log = structlog.get_logger(__name__)

FIRST_WAIT_S: Final = 15.0
"""So long each of several switches may take to be there when the centre starts."""
GONE_AFTER_S: Final = 3.0
"""One of several switches that was lost and did not return within this time takes its calls with it."""


class Centre(Protocol):
    """Who works with the switches; satisfied by `CallService`."""

    def switch_told(self, switch: Switch, event: NumberedEvent) -> None:
        """It happened there."""

    def switch_settled(self, switch: Switch, welcome: Welcome) -> None:
        """It is there, and what was missed was told: this is how things stand."""

    def switch_met(self, switch: Switch) -> None:
        """It can be commanded."""

    def switch_lost(self, switch: Switch) -> None:
        """It cannot be commanded, and may return."""

    def switch_gone(self, switch: Switch) -> None:
        """One of several is given up."""


def _gone(switch: Switch) -> str:
    return f"gone:{switch.name}"


def _named(switch: Switch) -> dict[str, str]:
    """A log line tells which of several switches it is about."""
    return {"name": switch.name} if switch.name else {}


class SwitchLinks:
    """Commands go out here, each to the switch on which its call lives; what comes in goes to the centre.

    A command for a switch that is away is not kept: when it returns it is settled with instead.
    """

    def __init__(
        self,
        links: Mapping[SwitchId, LinkClient],
        clock: Clock,
        timers: Timers,
        settings: Configure,
        centre: Centre,
    ) -> None:
        self._switches = [Switch(name, link) for name, link in links.items()]
        self._named = {switch.name: switch for switch in self._switches}
        self._shared = SharedRegistrations()
        self._lent = Lent()
        self._clock = clock
        self._timers = timers
        self._centre = centre
        self._settings = self._for_these(settings)
        self.loan_used: Callable[[str, str, bool], None] = lambda switch, loan, used: None
        """A switch tells that a page's phone is registered there, or no longer; `loans_met`: all that are."""
        self.loans_met: Callable[[str, Iterable[str]], None] = lambda switch, loans: None

    def __iter__(self) -> Iterator[Switch]:
        return iter(self._switches)

    @property
    def up(self) -> bool:
        """Whether a switch can be commanded now."""
        return any(switch.link.connected for switch in self._switches)

    @property
    def all_were_there(self) -> bool:
        """Each was welcomed once at least."""
        return all(switch.welcomed for switch in self._switches)

    @property
    def sip_addresses(self) -> tuple[str, ...]:
        """Where SIP is heard, of all switches."""
        return tuple(address for switch in self._switches for address in switch.sip_addresses)

    def web_sockets(self) -> list[str]:
        """Where connected switches hear SIP over WebSocket, such as `wss:0.0.0.0:5067`."""
        return [
            address
            for switch in self._connected()
            for address in switch.sip_addresses
            if address.startswith(("ws:", "wss:"))
        ]

    # ── What they are told ────────────────────────────────────────────────────────────────────────

    def configure(self, settings: Configure) -> None:
        """They work by these settings from now on, also those that come or return."""
        self._settings = self._for_these(settings)
        self._tell_all(self._settings)

    def lend(self, secrets: Iterable[LentSecret]) -> None:
        """Phones' second credentials, told to every switch, and to one that returns."""
        if (command := self._lent.take(secrets, self._clock.now_ms())) is not None:
            self._tell_all(command)

    def admit(self, guest: GuestPass) -> None:
        """Let somebody in for one call, at whichever switch it comes to."""
        self._tell_all(AdmitGuests(passes=(guest,)))

    def command(self, effects: Effects) -> None:
        """Send each command to the switch on which its call lives."""
        if not effects.homes:
            for command in effects.commands:
                self._send(self._switches[0], command)
            return
        for command, home in zip(effects.commands, effects.homes, strict=True):
            for switch in self._switches if home is None else (self._named.get(home),):
                if switch is not None:
                    self._send(switch, command)

    def seen(self, written_event: Callable[[str], int]) -> None:
        """Tell each what of its life's events is stored, and how far the work is."""
        for switch in self._switches:
            switch.link.seen(written_event(switch.life))

    def _connected(self) -> Iterator[Switch]:
        return (switch for switch in self._switches if switch.link.connected)

    def _tell_all(self, command: Command) -> None:
        for switch in self._connected():
            self._send(switch, command)

    def _tell_others(self, teller: Switch, command: Command | None) -> None:
        for switch in self._connected() if command is not None else ():
            if switch is not teller and command is not None:
                self._send(switch, command)

    def _send(self, switch: Switch, command: Command) -> None:
        if isinstance(command, Originate) and command.endpoint is not None:
            command = msgspec.structs.replace(command, label=call_named_in(command.leg))
        try:
            switch.link.send(command)
        except LinkDown:
            log.debug("not sent, the switch is away", command=type(command).__name__)

    def _for_these(self, settings: Configure) -> Configure:
        return msgspec.structs.replace(settings, shares_registrations=len(self._switches) > 1)

    # ── What they tell ────────────────────────────────────────────────────────────────────────────

    async def run(self, switch: Switch) -> None:
        """Keep one link."""
        self._wait_for(switch, FIRST_WAIT_S)
        await switch.link.run(
            partial(self._welcome, switch), partial(self._event, switch), partial(self._lost, switch)
        )

    def _welcome(self, switch: Switch, welcome: Welcome) -> None:
        log.info(
            "switch connected",
            switch=welcome.switch,
            replays=welcome.replays,
            legs=len(welcome.legs),
            **_named(switch),
        )
        switch.life, switch.sip_addresses, switch.welcomed = welcome.switch, welcome.sip_addresses, True
        self._timers.cancel(_gone(switch))
        self._send(switch, self._settings)
        self._send(switch, self._lent.whole())
        self.loans_met(switch.name, welcome.loans)
        if len(self._switches) > 1:
            missing, fresh = self._shared.met(welcome.registrations, self._clock.now_ms())
            if missing is not None:
                self._send(switch, missing)
            self._tell_others(switch, fresh)
        if welcome.replays and switch.link.last_event < welcome.last_event:
            switch.settle = welcome  # the missed events first
        else:
            self._centre.switch_settled(switch, welcome)
        self._centre.switch_met(switch)

    def _event(self, switch: Switch, event: NumberedEvent) -> None:
        match event.event:
            case CommandFailed() as failed:
                log.warning(
                    "command failed",
                    number=failed.number,
                    command=failed.command,
                    why=failed.detail,
                    **_named(switch),
                )
            case LoanUsed() as news:
                self.loan_used(switch.name, news.loan, news.used)
            case RegistrationChanged():
                self._tell_others(switch, self._shared.changed(event.event.registration))
            case _:
                pass
        self._centre.switch_told(switch, event)
        if switch.settle is not None and event.number >= switch.settle.last_event:
            welcome, switch.settle = switch.settle, None
            self._centre.switch_settled(switch, welcome)

    def _lost(self, switch: Switch) -> None:
        log.warning("switch lost; waiting for it to return", **_named(switch))
        switch.settle = None
        self._centre.switch_lost(switch)
        self._wait_for(switch, GONE_AFTER_S)

    def _wait_for(self, switch: Switch, seconds: float) -> None:
        """One of several that stays away is given up: its calls are over, the others' go on."""
        if len(self._switches) > 1:
            self._timers.after(seconds, _gone(switch), partial(self._given_up, switch))

    def _given_up(self, switch: Switch) -> None:
        log.warning("switch stays away; its calls are lost", **_named(switch))
        self.loans_met(switch.name, ())
        self._centre.switch_gone(switch)
