"""Before the answer: what callers hear while nobody has picked up, and when their line is answered at all.

Who calls outside from a phone of the centre hears the far network through us and is answered when the far
party is; who calls a number whose flow answers late, when a step needs it. Everybody else at once.
"""

from __future__ import annotations

from typing import Protocol

from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose, Role
from huawu.calls.floor import Floor
from huawu.calls.seating import RINGBACK
from huawu.config.plan import Place, ToFlow, ToOutside
from huawu.link.messages import Answer, Bridge, LegAnswered, LegId, LegRinging, Play, PlayId, Ring


class Way(Protocol):
    """Where callers are led; satisfied by `Flowing`."""

    def lead_to(self, call: Conversation, number: str) -> None: ...
    def go_on(self, call: Conversation) -> None: ...


class Talk(Protocol):
    """What a party's answer means; satisfied by `Talking`."""

    def party_answered(self, party: PartyLeg, event: LegAnswered) -> None: ...


class BeforeAnswer:
    """Lets callers hear before they are answered, where the switch can."""

    def __init__(self, floor: Floor, way: Way, talk: Talk) -> None:
        self._floor = floor
        self._way = way
        self._talk = talk

    def let_in(self, call: Conversation, place: Place) -> None:
        """Answer a caller, or first ask the switch whether it can hear us (`LegRinging` follows)."""
        if self._waits(call, place):
            self._floor.do(Ring(leg=call.leg, early_media=True))
        else:
            self._floor.do(Answer(leg=call.leg))

    def caller_rings(self, event: LegRinging) -> None:
        """Whether the caller hears us; who does not is answered at once."""
        call = self._floor.calls[self._floor.callers[event.leg]]
        if call.phase is Phase.PLACING:
            if (
                event.early_media and call.parties
            ):  # the agent of a callback hears what the caller's phone says
                self._let_hear(call, call.parties[0].leg, call.leg)
        elif call.answered or call.early or call.closing is not None or call.phase is Phase.ENDED:
            pass  # a centre that came back has answered since
        elif event.early_media:
            call.early = True
            self._way.lead_to(call, call.number)
        else:
            self._floor.do(Answer(leg=call.leg))

    def party_rings(self, party: PartyLeg, event: LegRinging) -> None:
        """The caller hears the far network's own tones and words; without these, and not answered, ours."""
        call = self._floor.calls.get(party.call)
        if call is None or party.purpose is not Purpose.TALK or call.phase is not Phase.TRANSFERRING:
            return
        if party not in call.parties or party.answered:
            return
        if event.early_media and party.role is Role.OUTSIDE:
            self._let_hear(call, call.leg, party.leg)
        elif call.unanswered:
            call.play = None
            play = PlayId(self._floor.name(call, "p"))
            self._floor.do(Play(leg=call.leg, play=play, clips=RINGBACK, repeat=0))

    def holds_back(self, call: Conversation, party: PartyLeg, event: LegAnswered) -> bool:
        """The far party answered: the caller's line is answered first, then the two talk."""
        if not call.unanswered or call.come is not None:
            return False
        call.come = party, event
        self._floor.do(Answer(leg=call.leg))
        return True

    def caller_answered(self, call: Conversation) -> None:
        """The caller's line stands: what waited for it goes on."""
        come, call.come = call.come, None
        if come is not None:
            self._talk.party_answered(*come)
        elif not call.leads:
            self._way.lead_to(call, call.number)
        else:
            self._way.go_on(call)

    # ── inside ──

    def _waits(self, call: Conversation, place: Place) -> bool:
        if call.page:
            return False
        if isinstance(place, ToFlow):
            return self._floor.centre.flows.flows[place.flow].answer == "late"
        return isinstance(place, ToOutside)

    def _let_hear(self, call: Conversation, ear: LegId, voice: LegId) -> None:
        """As `Seating` would say it of two in the room; there is no conversation yet, and no recording."""
        call.play = None
        call.sound = call.sound.with_pair(ear, voice)
        self._floor.do(Bridge(a=ear, b=voice))
