"""The one way out of the centre: judged by number plan and tolls, sent by the first trunk that works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from huawu.calls.conversation import Conversation
from huawu.calls.effects import CancelTimer, SetTimer, TollNews
from huawu.calls.floor import Floor
from huawu.calls.homes import SwitchId
from huawu.calls.tolls import Asked, End, Held, LineId, Stop, Tolls, TollState, Warn
from huawu.config.compile import Centre
from huawu.config.outbound import Barred, Passage
from huawu.config.trunks import Asker
from huawu.ivr.hours import state
from huawu.link.messages import HangUp, LegEnded, LegId, Originate, Play, PlayId, Reason, Tone, TrunkId

TOLL_TIMER: Final = "tolls"
WARNING: Final = (Tone(hertz=(1_400.0,), length_ms=250), Tone(hertz=(1_400.0,), length_ms=250))
"""What both parties hear a minute before the end."""

Why = Barred | Held | str
_WORDS: Final[Mapping[str, str]] = {
    "no_rule": "No rule of this centre lets {asker} call this number",
    "country": "Calls to this country are blocked here",
    "kind": "Numbers of this kind are blocked here",
    "no_number": "There is no such number",
    "at_once": "As many calls outside as allowed run already; wait until one ends",
    "hour": "As many calls outside as allowed were made within the hour; try later",
    "day": "As many calls outside as allowed were made today",
    "minutes": "The minutes allowed for calls outside today are used up",
    "stopped": "Costly calls are stopped after the toll alarm until a manager lifts the stop",
    "no_trunk": "There is no trunk for this number",
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A call may not leave: why, SIP's word for it, and words for the caller's display."""

    why: str
    reason: Reason
    words: str


@dataclass(slots=True)
class _Going:
    """A call that was let out and is not answered yet: what the next trunk would be told."""

    call: Conversation
    wish: Originate
    trunks: list[TrunkId]  # not tried yet


class Outside:
    """Lets calls out, through the next trunk when one fails, and ends those that last too long."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._going: dict[LegId, _Going] = {}
        self.down: set[tuple[SwitchId, TrunkId]] = set()
        """Trunks that the switch cannot reach: tried last."""
        self.tolls = Tolls(plan=floor.centre.numbers.outbound, day_of=_days_of(floor.centre))
        self.configure(floor.centre)

    def configure(self, centre: Centre) -> None:
        """Work by new rules from now on; what was counted stays."""
        hours = centre.hours_of_tolls
        self.tolls.plan = centre.numbers.outbound
        self.tolls.day_of = _days_of(centre)
        self.tolls.is_open = lambda at_ms: hours is None or state(hours, at_ms) == "open"

    def take_up(self, kept: TollState) -> None:
        """Go on counting where the last life stopped."""
        centre = self._floor.centre
        self.tolls = Tolls(plan=centre.numbers.outbound, day_of=_days_of(centre), state=kept)
        self.configure(centre)
        self._wait()

    # ── Who asks ──────────────────────────────────────────────────────────────────────────────────

    def asker_of(self, call: Conversation) -> tuple[Asker, str] | None:
        """Whose wish it is when a phone of the centre dials: role and person; None = a stranger's."""
        if call.endpoint is None:
            return None
        centre = self._floor.centre
        person = centre.agent_of.get(call.endpoint)
        role = centre.role_of.get(person) if person is not None else None
        return ("phone", "") if person is None or role is None else (role, str(person))

    def refusal(self, call: Conversation, number: str) -> Refusal | None:
        """Why the call may not go to this number outside, as far as can be said before it is placed."""
        whose = self.asker_of(call)
        if whose is None:
            return _refusal("no_rule", "strangers")
        return self.may(call, number, *whose)

    def may(self, call: Conversation, number: str, asker: Asker, person: str) -> Refusal | None:
        """Why a call to this number would not be let out now, on the wish of `asker`."""
        passage = self._passage(number, asker)
        if not isinstance(passage, Passage):
            self._note_refusal(call, number, passage, asker, person)
            return _refusal(passage, asker)
        asked = Asked(line=LineId(""), asker=asker, person=person, passage=passage)
        return self._judged(call, asked, self.tolls.look(asked, self._floor.now_ms), number)

    # ── Out ───────────────────────────────────────────────────────────────────────────────────────

    def place(
        self, call: Conversation, leg: LegId, number: str, asker: Asker, person: str = "", *, ring_ms: int
    ) -> Refusal | None:
        """Call `number` as `leg` if that is allowed; else say why not.

        The leg may get another name on the way (`Engine` sees to its party): the next trunk is another leg.
        """
        floor = self._floor
        passage = self._passage(number, asker)
        if not isinstance(passage, Passage):
            self._note_refusal(call, number, passage, asker, person)
            return _refusal(passage, asker)
        asked = Asked(line=LineId(leg), asker=asker, person=person, passage=passage)
        refusal = self._judged(call, asked, self.tolls.ask(asked, floor.now_ms), number)
        if refusal is not None:
            return refusal
        if passage.emergency:
            self._emergency(call, passage.number, person)
        first, *others = sorted(passage.trunks, key=lambda trunk: (call.switch, trunk) in self.down)
        wish = Originate(
            leg=leg,
            trunk=first,
            number=passage.number,
            caller_number=call.number if call.endpoint is None else "",
            ring_ms=ring_ms,
            emergency=passage.emergency,
        )
        self._going[leg] = _Going(call, wish, others)
        floor.fact(
            call,
            "outside",
            number=passage.number,
            trunk=first,
            rule=passage.rule,
            cost=passage.meaning.cost,
            asker=asker,
            person=person,
        )
        floor.do(wish)
        return None

    def answered(self, leg: LegId) -> None:
        """A leg outside was answered (others are nothing to us)."""
        if self._going.pop(leg, None) is not None:
            self.tolls.answered(LineId(leg), self._floor.now_ms)
            self._wait()

    def ended(self, event: LegEnded) -> LegId | None:
        """A leg is over. Returns the leg that tries again through the next trunk, when one is to do so."""
        going = self._going.pop(event.leg, None)
        if going is not None and going.trunks and trunk_failed(event) and going.call.phase != "ended":
            return self._next_trunk(event, going)
        if LineId(event.leg) in self.tolls.state.lines:
            self.tolls.ended(LineId(event.leg), self._floor.now_ms)
            self._wait()
        return None

    def _judged(
        self, call: Conversation, asked: Asked, verdict: Held | Stop | None, number: str
    ) -> Refusal | None:
        if isinstance(verdict, Stop):
            self._alarm(call, verdict)
            verdict = "stopped"
        if verdict is None:
            return None
        self._note_refusal(call, number, verdict, asked.asker, asked.person)
        return _refusal(verdict, asked.asker)

    def _next_trunk(self, event: LegEnded, going: _Going) -> LegId:
        floor, call, before = self._floor, going.call, going.wish
        leg = LegId(floor.name(call, "a"))
        wish = msgspec.structs.replace(before, leg=leg, trunk=going.trunks[0])
        self._going[leg] = _Going(call, wish, going.trunks[1:])
        self.tolls.renamed(LineId(event.leg), LineId(leg))
        floor.fact(
            call,
            "trunk_failed",
            trunk=before.trunk,
            next=wish.trunk,
            reason=event.reason,
            detail=event.detail,
        )
        floor.do(wish)
        return leg

    # ── Bounds ────────────────────────────────────────────────────────────────────────────────────

    def due(self) -> None:
        """Warn and end what has lasted long enough."""
        floor = self._floor
        for order in self.tolls.due(floor.now_ms):
            leg = LegId(order.line)
            call = floor.call_of(leg)
            match order:
                case Warn() if call is not None:
                    floor.fact(call, "outside_warned")
                    for hearer in (leg, call.leg):
                        play = PlayId(floor.name(call, "p"))
                        floor.do(Play(leg=hearer, play=play, clips=WARNING))
                case End():
                    if call is not None:
                        floor.fact(call, "outside_limit", why=order.why)
                    floor.do(HangUp(leg=leg))
                    self.tolls.ended(order.line, floor.now_ms)
                case _:
                    pass
        self._wait()

    def settle(self, legs: set[LegId]) -> None:
        """The switch has these legs only."""
        self.tolls.settle({str(leg) for leg in legs}, self._floor.now_ms)
        self._going = {leg: going for leg, going in self._going.items() if leg in legs}
        self._wait()

    def _wait(self) -> None:
        due_ms = self.tolls.due_ms()
        timers = self._floor.effects.timers
        timers.append(CancelTimer(TOLL_TIMER) if due_ms is None else SetTimer(TOLL_TIMER, due_ms))

    # ── What is told ──────────────────────────────────────────────────────────────────────────────

    def _passage(self, number: str, asker: Asker) -> Passage | str:
        found = self._floor.centre.numbers.outbound.passage(number, asker)
        return "no_trunk" if isinstance(found, Passage) and not found.trunks else found

    def _note_refusal(self, call: Conversation, number: str, why: str, asker: str, person: str) -> None:
        self._floor.fact(call, "outside_refused", number=number, why=why, asker=asker, person=person)
        self._tell("call outside refused", call, why=why, asker=asker, person=person, pii_number=number)

    def _alarm(self, call: Conversation, stop: Stop) -> None:
        self._floor.fact(
            call, "toll_alarm", calls=stop.calls, window_ms=stop.window_ms, outside_hours=stop.outside_hours
        )
        self._tell(
            "toll alarm: costly calls are stopped",
            call,
            stop,
            calls=stop.calls,
            asker=stop.asker,
            person=stop.person,
        )

    def _emergency(self, call: Conversation, number: str, person: str) -> None:
        self._floor.fact(call, "emergency", number=number, endpoint=call.endpoint or "", person=person)
        self._tell("emergency call", call, number=number, endpoint=call.endpoint or "", person=person)

    def _tell(self, what: str, call: Conversation, stop: Stop | None = None, /, **fields: object) -> None:
        self._floor.effects.tolls.append(TollNews(what, {"call": call.call, **fields}, stop))


def trunk_failed(event: LegEnded) -> bool:
    """Whether a leg's end says that its trunk, not the party called, is in trouble."""
    return event.by != "centre" and event.reason in ("congestion", "failed")


def _refusal(why: str, asker: str) -> Refusal:
    reason: Reason = "forbidden"
    if why == "no_number":
        reason = "not_found"
    elif why == "no_trunk":
        reason = "congestion"
    return Refusal(why=why, reason=reason, words=_WORDS[why].format(asker=asker))


class _days_of:
    """Gives the instant at which a day of the centre began."""

    def __init__(self, centre: Centre) -> None:
        self._zone = ZoneInfo(centre.configuration.company.time_zone)
        self._day = (1, 0)  # from, until (exclusive): none yet

    def __call__(self, at_ms: int) -> int:
        begin, end = self._day
        if not begin <= at_ms < end:
            local = datetime.fromtimestamp(at_ms / 1000, self._zone)
            begin = _midnight(local.toordinal(), self._zone)
            end = _midnight(local.toordinal() + 1, self._zone)
            self._day = (begin, end)
        return begin


def _midnight(ordinal: int, zone: ZoneInfo) -> int:
    day = datetime.fromordinal(ordinal).replace(tzinfo=zone)
    return int(day.timestamp() * 1000)
