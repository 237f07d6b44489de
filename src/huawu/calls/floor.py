"""The floor of the centre: which calls stand, whose leg is whose, and what is to be done next.

The engine's parts (flowing, queueing, talking) share one `Floor`. It holds no rules of its own: it numbers
facts, names things, and gathers effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from huawu.acd.events import AgentId, CallId
from huawu.acd.model import Acd
from huawu.assets.catalogue import UnknownPrompt
from huawu.calls.conversation import Conversation, PartyLeg
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact, Kind, Party
from huawu.calls.homes import Homes, Reachable
from huawu.calls.steering import Steering
from huawu.calls.work import Entry
from huawu.config.compile import Centre
from huawu.link.messages import Clip, Command, File, LegId, RecordingFailed


class Voice(Protocol):
    """Where prompts are found; satisfied by the prompt catalogue."""

    def path(self, prompt_id: str, language: str) -> object:
        """The μ-law file that says a prompt; raises `UnknownPrompt`."""

    def number(self, n: int, language: str) -> Sequence[str]:
        """The prompt ids that say a count."""


@dataclass(slots=True)
class Floor:
    """What the engine's parts share. `now_ms` is the instant of the event being handled."""

    centre: Centre
    voice: Voice
    token: Callable[[], str]
    recording_path: Callable[[CallId, int], str]  # below the data folder
    data: str  # the data folder, as the switch's files see it
    hold_music: str
    call_name: Callable[[LegId, int], str]  # of a caller's leg offered at an instant: the same each time
    life: str = ""  # in all that is named in the switch: no other life of the centre gave such a name
    acd: Acd = field(default_factory=Acd)
    steering: Steering = field(default_factory=Steering)  # what leaders set over the configuration
    calls: dict[CallId, Conversation] = field(default_factory=dict)
    callers: dict[LegId, CallId] = field(default_factory=dict)
    parties: dict[LegId, PartyLeg] = field(default_factory=dict)
    services: dict[LegId, str] = field(default_factory=dict)  # feature-code calls, by leg
    wrapping: dict[AgentId, CallId] = field(default_factory=dict)
    holding: set[LegId] = field(default_factory=set)  # legs whose phones hold
    reachable: Reachable = field(default_factory=Reachable)
    homes: Homes = field(default_factory=Homes)
    effects: Effects = field(default_factory=Effects)
    now_ms: int = 0

    def take_effects(self) -> Effects:
        """All effects since the last taking."""
        effects, self.effects = self.effects, Effects()
        return effects

    def do(self, command: Command) -> None:
        """Have the switch do something; of several, the one on which the leg's call lives."""
        self.effects.commands.append(command)
        if self.homes.several:
            self.effects.homes.append(self.homes.of(command, self.calls))

    def fact(self, call: Conversation, kind: Kind, party: Party = "centre", **fields: Any) -> None:
        """Write the call's next fact, at the instant of the event being handled.

        An event that was under way while a timer came due here is older than what that timer did: it is
        told as of that instant, so that a timeline never goes back.
        """
        call.seq += 1
        at_ms = call.told_ms = max(call.told_ms, self.now_ms)
        self.effects.facts.append(
            Fact(call=call.call, seq=call.seq, at_ms=at_ms, kind=kind, party=party, fields=fields)
        )

    def recording_failed(self, call: Conversation, event: RecordingFailed) -> None:
        """Write that a recording of the call broke off: for now, or so that nothing of it can be heard."""
        how: dict[str, Any] = {"goes_on": True} if event.goes_on else {"length_ms": 0}
        self.fact(call, "recording_failed", recording=event.recording, detail=event.detail, **how)

    def live_fact(self, call: Conversation, kind: Kind, party: Party, **fields: Any) -> None:
        """Tell who watches the call as it goes on; the timeline will say the same in another way, later."""
        self.effects.live_facts.append(
            Fact(call=call.call, seq=0, at_ms=self.now_ms, kind=kind, party=party, fields=fields)
        )

    def note(self, call_id: CallId, entries: Iterable[Entry]) -> None:
        """Put an agent's work on the timeline of a call that may no longer be known here."""
        call = self.calls.get(call_id)
        for kind, fields in entries:
            if call is not None:
                self.fact(call, kind, "agent", **fields)
            else:
                self.effects.facts.append(
                    Fact(call=call_id, seq=0, at_ms=self.now_ms, kind=kind, party="agent", fields=fields)
                )

    def name(self, call: Conversation, letter: str) -> str:
        """A name for one of the call's plays, collects or legs, unique in the switch."""
        call.serial += 1
        return f"{call.call}.{letter}{self.life}{call.serial}"

    def clips(self, prompts: Sequence[str], language: str) -> tuple[Clip, ...]:
        """The files that say prompts; one that nobody recorded is left out rather than losing the call."""
        clips: list[Clip] = []
        for prompt in prompts:
            try:
                clips.append(File(path=str(self.voice.path(prompt, language))))
            except UnknownPrompt:
                continue
        return tuple(clips)

    def join(self, call: Conversation, party: PartyLeg) -> None:
        """A party is being rung for a call, or comes to it with a leg of its own."""
        call.parties.append(party)
        self.parties[party.leg] = party

    def last_sign_ms(self, call: Conversation) -> int:
        """When the switch of a call was heard of last: before now only where it is away, or was never met by
        this life.
        """
        if call.left is not None:
            return call.left.sign_ms
        return self.homes.away_since.get(call.switch, self.now_ms)

    def part(self, call: Conversation, party: PartyLeg) -> None:
        """A party is no longer the call's; what its leg still says is nobody's."""
        if party in call.parties:
            call.parties.remove(party)
        self.parties.pop(party.leg, None)

    def rename(self, party: PartyLeg, leg: LegId) -> None:
        """A party is rung anew with another leg in place of one that failed."""
        self.parties.pop(party.leg, None)
        party.leg = leg
        self.parties[leg] = party

    def call_of(self, leg: LegId) -> Conversation | None:
        """The call a leg belongs to, be it the caller's or the agent's."""
        call = self.callers.get(leg)
        if call is None:
            party = self.parties.get(leg)
            if party is None:
                return None
            call = party.call
        return self.calls.get(call)

    def apart(self, call: Conversation) -> bool:
        """Whether the leg that is offered now is on another switch than this call: they cannot be joined."""
        return self.homes.several and call.switch != self.homes.speaking

    def forget_when_over(self, call: Conversation) -> None:
        """Drop a call from memory once its legs are gone, its recording closed and its wrap-up done."""
        if (
            call.phase == "ended"
            and not call.parties
            and call.recording is None
            and not call.old_recordings
            and call.tape is None
            and call.call not in self.wrapping.values()
        ):
            self.calls.pop(call.call, None)
            self.effects.ended_calls.append(call.call)
