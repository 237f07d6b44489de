"""Several switches of one centre: on which of them a call lives, and which phones each of them reaches.

All legs of a call are on the switch that its caller's leg is on. Where there is one switch only, its name is
`THE_ONE` and nothing here is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NewType, Protocol

from huawu.acd.events import CallId
from huawu.link.messages import (
    AdmitGuests,
    Bridge,
    Command,
    Configure,
    EndpointId,
    EndpointReachable,
    LearnRegistrations,
    LegId,
    LendSecrets,
    MoveRecording,
    Originate,
    PauseRecording,
    ResumeRecording,
    Shutdown,
    StartRecording,
    StopRecording,
)
from huawu.link.messages import Mix as MixCommand

SwitchId = NewType("SwitchId", str)
THE_ONE: Final = SwitchId("")


class Housed(Protocol):
    """A call, as far as its home matters."""

    switch: SwitchId


@dataclass(slots=True)
class Homes:
    """Which switch each leg is on. `switches` are all there are, `speaking` is the one just heard."""

    switches: tuple[SwitchId, ...] = (THE_ONE,)
    speaking: SwitchId = THE_ONE
    up: set[SwitchId] = field(default_factory=set)
    away_since: dict[SwitchId, int] = field(default_factory=dict)
    """When those that were heard of, and are not now, were heard of last."""
    settled: set[SwitchId] = field(default_factory=set)
    _legs: dict[LegId, SwitchId] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        return len(self.switches) > 1

    @property
    def complete(self) -> bool:
        """Whether it is known of every switch what it holds, be it nothing."""
        return self.settled.issuperset(self.switches)

    def put(self, leg: LegId, switch: SwitchId) -> None:
        """A leg is on this switch."""
        if self.several:
            self._legs[leg] = switch

    def forget(self, leg: LegId) -> None:
        """A leg has ended."""
        self._legs.pop(leg, None)

    def settle(self, switch: SwitchId, legs: Iterable[LegId]) -> None:
        """These and no others are on this switch."""
        self.settled.add(switch)
        self.speaking = switch
        if self.several:
            self._legs = {leg: home for leg, home in self._legs.items() if home != switch}
            self._legs |= dict.fromkeys(legs, switch)

    def elsewhere(self, switch: SwitchId) -> set[LegId]:
        """All legs known to be on other switches than this one."""
        return {leg for leg, home in self._legs.items() if home != switch}

    def lives_on(self, call: Housed, switch: SwitchId) -> bool:
        """Whether a call is this switch's; one of a switch that is no more is everybody's."""
        return call.switch == switch or call.switch not in self.switches

    def healthy(self, calls: Iterable[Housed]) -> SwitchId:
        """Where a call that we begin shall live: of those that can be commanded the one with fewest calls."""
        if not self.several:
            return self.switches[0]
        count = dict.fromkeys([switch for switch in self.switches if switch in self.up] or self.switches, 0)
        for call in calls:
            if call.switch in count:
                count[call.switch] += 1
        return min(count, key=count.__getitem__)

    def of(self, command: Command, calls: Mapping[CallId, Housed]) -> SwitchId | None:
        """Where a command goes; None = to all. Names that the centre gives begin with their call's."""
        if isinstance(command, Configure | LearnRegistrations | LendSecrets | AdmitGuests | Shutdown):
            return None
        name = subject_of(command)
        found = self._legs.get(LegId(name))
        if found is None:
            call = calls.get(CallId(name.rpartition(".")[0]))
            found = call.switch if call is not None else self.speaking
        if isinstance(command, Originate):
            self._legs[command.leg] = found
        return found


def call_named_in(leg: LegId) -> CallId:
    """Whose leg it is, of one that the centre named: such names begin with their call's."""
    return CallId(leg.rpartition(".")[0])


def subject_of(command: Command) -> str:
    """The leg that a command is about, else its recording or conference."""
    match command:
        case Configure() | LearnRegistrations() | LendSecrets() | AdmitGuests() | Shutdown():
            return ""
        case Bridge():
            return command.a
        case MixCommand():
            return command.conference
        case StartRecording() | MoveRecording() | StopRecording() | PauseRecording() | ResumeRecording():
            return command.recording
        case _:
            return command.leg


class Reachable:
    """Phones' live contacts as each switch tells them: a phone is reachable if any switch can reach it."""

    def __init__(self) -> None:
        self._contacts: dict[SwitchId, dict[EndpointId, int]] = {}

    def get(self, endpoint: EndpointId) -> int:
        """The most that one switch knows; 0 = the phone is not reachable."""
        return max((known.get(endpoint, 0) for known in self._contacts.values()), default=0)

    def put(self, switch: SwitchId, endpoint: EndpointId, contacts: int) -> None:
        """A switch tells of one phone; 0 = it cannot reach it any more."""
        known = self._contacts.setdefault(switch, {})
        if contacts:
            known[endpoint] = contacts
        else:
            known.pop(endpoint, None)

    def settle(self, switch: SwitchId, phones: Iterable[EndpointReachable]) -> None:
        """A switch reaches these phones and no others."""
        self._contacts[switch] = {phone.endpoint: phone.contacts for phone in phones}
