"""Legs as they come, are answered and end, and what happens on them: who of the engine's parts it is for."""

from __future__ import annotations

from typing import assert_never
from urllib.parse import urlsplit

from huawu.acd import events as acd
from huawu.acd.events import CallId
from huawu.calls.absence import Absence
from huawu.calls.before_answer import BeforeAnswer
from huawu.calls.calling_back import CallingBack
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.floor import Floor
from huawu.calls.flowing import Flowing
from huawu.calls.holds import note_holds
from huawu.calls.outside import Outside
from huawu.calls.phoning import Phoning
from huawu.calls.placing import Placing
from huawu.calls.queueing import Queueing
from huawu.calls.replacing import Replacing
from huawu.calls.talking import Talking
from huawu.calls.web_callers import WebCallers
from huawu.config.plan import ToFeature, ToOutside, ToSlot
from huawu.link import messages as link
from huawu.link.messages import LegOffered


class Lines:
    """The door of the calls: from legs to conversations."""

    def __init__(
        self,
        floor: Floor,
        *,
        replacing: Replacing,
        phoning: Phoning,
        way_out: Outside,
        queueing: Queueing,
        placing: Placing,
        talking: Talking,
        flowing: Flowing,
        calling_back: CallingBack,
        absence: Absence,
        web: WebCallers,
    ) -> None:
        self._floor = floor
        self._replacing = replacing
        self._phoning = phoning
        self._way_out = way_out
        self._queueing = queueing
        self._placing = placing
        self._talking = talking
        self._flowing = flowing
        self._calling_back = calling_back
        self._absence = absence
        self._web = web
        self.early = BeforeAnswer(floor, flowing, talking)
        self._taping = flowing.taping
        self._looking_up = flowing.looking_up

    def offered(self, event: LegOffered) -> None:
        floor = self._floor
        if event.replaces is not None:
            self._replacing.offered(event)
            return
        place = floor.centre.numbers.find(event.to_number)
        if isinstance(place, ToFeature):
            self._phoning.feature(event, place)
            return
        if isinstance(place, ToSlot):
            self._phoning.slot(event, place)
            return
        out = isinstance(place, ToOutside)
        call = Conversation(
            call=CallId(floor.call_name(event.leg, floor.now_ms)),
            leg=event.leg,
            caller=event.from_number,
            caller_name=f"web {urlsplit(event.page).netloc}" if event.page else event.from_name,
            number=event.to_number,
            language=floor.centre.language,
            began_ms=floor.now_ms,
            endpoint=event.endpoint,
            trunk=event.trunk,
            page=event.page,
            switch=floor.homes.speaking,
        )
        dialler = floor.centre.agent_of.get(event.endpoint) if event.endpoint is not None else None
        refused = self._web.refusal(event) if event.page else None
        floor.calls[call.call] = call
        floor.callers[event.leg] = call.call
        source = {
            "endpoint": event.endpoint,
            "trunk": event.trunk,
            "page": event.page or None,
            "switch": call.switch or None,
            "by": dialler,
        }
        floor.fact(
            call,
            "offered",
            "caller",
            leg=event.leg,
            caller=event.from_number,
            caller_name=call.caller_name,
            number=event.to_number,
            language=call.language,
            **({"direction": "out"} if out else {}),
            **{name: value for name, value in source.items() if value is not None},
        )
        if refused is not None:
            call.closing = refused.reason
            floor.do(link.Reject(leg=event.leg, reason=refused.reason, words=refused.words))
            return
        if event.page:
            self._web.began(call)
        if place is None:
            call.closing = "not_found"
            floor.do(link.Reject(leg=event.leg, reason="not_found"))
            return
        if out and (refusal := self._way_out.refusal(call, event.to_number)) is not None:
            call.closing = refusal.reason
            floor.do(link.Reject(leg=event.leg, reason=refusal.reason, words=refusal.words))
            return
        call.dialled_by = dialler
        if call.dialled_by is not None:
            began = acd.ContactBegan(at_ms=floor.now_ms, call=call.call, agent=call.dialled_by)
            self._queueing.step(began)
        self.early.let_in(call, place)  # the way on is taken when the line stands, or the caller hears us

    def rings(self, event: link.LegRinging) -> None:
        """A party's phone rings, or a caller is told that ours does."""
        if (party := self._floor.parties.get(event.leg)) is not None:
            self._talking.party_ringing(party)
            self.early.party_rings(party, event)
        elif event.leg in self._floor.callers:
            self.early.caller_rings(event)

    def answered(self, event: link.LegAnswered) -> None:
        floor = self._floor
        self._way_out.answered(event.leg)
        if (party := floor.parties.get(event.leg)) is not None:
            placed = floor.calls.get(party.call)
            if placed is not None and placed.phase is Phase.PLACING:
                self._placing.agent_answered(placed, party, event)
            elif placed is None or not self.early.holds_back(placed, party, event):
                self._talking.party_answered(party, event)
        elif (call_id := floor.callers.get(event.leg)) is not None:
            call = floor.calls[call_id]
            if call.phase is Phase.PLACING:
                self._placing.caller_answered(call, event)
            elif not call.answered:
                call.answered = True
                floor.fact(call, "answered", "caller", codec=event.codec)
                self.early.caller_answered(call)
        elif event.leg not in floor.services and not self._replacing.caller_answered(event.leg):
            floor.do(link.HangUp(leg=event.leg))

    def ended(self, event: link.LegEnded) -> None:
        floor = self._floor
        again = self._way_out.ended(event)
        call = floor.call_of(event.leg)
        party = floor.parties.get(event.leg)
        if again is not None and party is not None:
            floor.rename(party, again)
            return
        if again is not None and call is not None:
            self._placing.rename(call, again)
            return
        if call is not None and call.phase is Phase.PLACING and self._placing.leg_ended(call, event):
            return
        if call is not None and call.phase is Phase.TALKING:
            self._calling_back.leg_ended(call, event)
        if party is not None:
            self._talking.party_ended(party, event)
        elif call is not None:
            self._taping.caller_gone(call)
            self._looking_up.caller_gone(call)
            call.then = None
            self._talking.caller_ended(call, event)
            self._calling_back.caller_gone(call)
        else:
            self._phoning.gone(event.leg)
            self._replacing.ended(event.leg)

    def in_call(
        self,
        event: link.LegHeld
        | link.LegResumed
        | link.LegAway
        | link.LegBack
        | link.PlayFinished
        | link.DigitsCollected
        | link.TalkStarted
        | link.TalkStopped
        | link.TalkLevel
        | link.QualityMeasured,
    ) -> None:
        match event:
            case link.LegHeld():
                self._floor.holding.add(event.leg)
            case link.LegResumed():
                self._floor.holding.discard(event.leg)
            case _:
                pass
        if event.leg in self._floor.services:
            self._phoning.during(event)
            return
        call = self._floor.call_of(event.leg)
        if call is None or call.phase is Phase.ENDED:
            return
        match event:
            case link.PlayFinished():
                self._flowing.play_finished(call, event)
            case link.DigitsCollected():
                if not self._calling_back.offer.collected(call, event):
                    self._flowing.digits_collected(call, event)
            case link.TalkStarted():
                self._talking.talk_started(call, event)
                if event.leg == call.leg:
                    self._taping.talk_started(call)
            case link.TalkStopped():
                self._talking.talk_stopped(call, event)
                if event.leg == call.leg:
                    self._taping.talk_stopped(call)
            case link.TalkLevel():
                self._talking.talk_level(call, event)
            case link.LegHeld() | link.LegResumed():
                note_holds(self._floor, call)
            case link.LegAway():
                self._absence.went(call, event.leg, event.why)
            case link.LegBack():
                self._absence.came_back(call, event.leg)
            case link.QualityMeasured():
                self._talking.quality(call, event.leg, event.quality)
            case _:
                assert_never(event)
