"""Callbacks that a leader wishes for who gave up: by the queue's agents, or at the leader's own phone."""

from __future__ import annotations

from typing import Final

import msgspec

from huawu.acd.events import AgentId, AgentState, CallId, ContactBegan
from huawu.calls.callbacks import Callback, CallbackId, State
from huawu.calls.calling_back import CallingBack
from huawu.calls.conversation import PartyLeg, Role
from huawu.calls.errors import NotPossible
from huawu.calls.floor import Floor
from huawu.calls.owed import Owed
from huawu.calls.placing import Placing
from huawu.calls.queueing import Queueing
from huawu.link.messages import LegId, Originate

OWN_MS: Final = 120_000
"""A call of one's own that could not be made within this time (the centre died) is given up."""
RING_MS: Final = 30_000


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call back: the call that was lost, and what was known of it."""

    call: str
    queue: str
    caller: str
    caller_name: str = ""
    number: str = ""
    language: str = "zh"
    queued_ms: int = 0


class Promising:
    """Opens callbacks that no caller asked for."""

    def __init__(
        self, floor: Floor, queueing: Queueing, owed: Owed, placing: Placing, calling_back: CallingBack
    ) -> None:
        self._floor = floor
        self._queueing = queueing
        self._owed = owed
        self._placing = placing
        self._calling_back = calling_back

    def number_of(self, caller: str, queue: str) -> str:
        """Under which number this caller can be called; "" = under none."""
        return self._owed.number_of(caller, queue)

    def promise(self, wish: Wish) -> Callback:
        """The queue calls back, in the place of the wait that was given up; one that is owed will do.

        Raises `NotPossible`.
        """
        owed = self._owed.of_caller(wish.caller, wish.queue)
        if owed is not None:
            return owed
        number = self._number(wish)
        now_ms = self._floor.now_ms
        if self._floor.centre.queue(wish.queue) is None:
            raise NotPossible("queue_gone", queue=wish.queue)
        expires_ms = now_ms + self._owed.terms(wish.queue).expires_ms
        callback = self._callback(wish, number, "callback", State.AGREED, expires_ms)
        self._calling_back.line_up(self._owed.open(callback))
        return callback

    def ring_for(self, wish: Wish, person: str, *, by: str) -> Callback:
        """Ring this own phone now; once it is answered the caller is called. Raises `NotPossible`."""
        floor, agent = self._floor, AgentId(person)
        asker = floor.centre.role_of.get(agent, "agent")
        number = self._owed.number_of(wish.caller, wish.queue, asker)
        if not number:
            self._number(wish)  # nobody may call it; or
            raise NotPossible("not_for_you", "forbidden")
        endpoint = floor.centre.endpoint_of.get(agent)
        if endpoint is None or not floor.reachable.get(endpoint):
            raise NotPossible("phone_away", "unavailable", agent=person)
        if self._is_busy(agent):
            raise NotPossible("in_a_call", "busy", agent=person)
        callback = msgspec.structs.replace(
            self._callback(wish, number, "redial", State.WAITING, floor.now_ms + OWN_MS),
            agent=person,
            call=floor.token(),
        )
        self._owed.open(callback)
        call = self._placing.open(CallId(callback.call))
        leg = LegId(floor.name(call, "a"))
        floor.join(call, PartyLeg(leg=leg, call=call.call, role=Role.AGENT, agent=agent))
        floor.fact(call, "party_rung", agent=person, purpose="talk", by=by)
        floor.do(Originate(leg=leg, endpoint=endpoint, caller_number=number, ring_ms=RING_MS))
        self._queueing.step(ContactBegan(at_ms=floor.now_ms, call=call.call, agent=agent))
        return callback

    def _number(self, wish: Wish) -> str:
        number = self._owed.number_of(wish.caller, wish.queue)
        if not number:
            raise NotPossible("no_number")
        return number

    def _is_busy(self, agent: AgentId) -> bool:
        floor = self._floor
        if any(party.agent == agent for party in floor.parties.values()):
            return True
        known = floor.centre.agent(agent) is not None
        busy = (AgentState.TALKING, AgentState.RINGING)
        return known and floor.acd.agent_view(agent).state in busy

    def _callback(self, wish: Wish, number: str, kind: str, state: State, expires_ms: int) -> Callback:
        return Callback(
            id=CallbackId(self._floor.token()),
            kind="redial" if kind == "redial" else "callback",
            state=state,
            queue=wish.queue,
            number=number,
            created_ms=self._floor.now_ms,
            queued_ms=wish.queued_ms or self._floor.now_ms,
            expires_ms=expires_ms,
            origin=wish.call,
            caller=wish.caller,
            caller_name=wish.caller_name,
            own_number=wish.number,
            language=wish.language,
        )
