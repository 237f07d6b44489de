"""The life of calls, pure: switch events and timers in, effects out. No I/O, no clock.

INVITE → LegOffered → number plan → flow → queue → offer → agent's leg → bridge, recording → end, wrap-up
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from huawu.acd import events as acd
from huawu.acd.events import AgentId, AgentState, CallId
from huawu.acd.model import Acd
from huawu.acd.snapshot import Snapshot
from huawu.calls.acting import AnyAction
from huawu.calls.callbacks import Callback
from huawu.calls.conversation import Conversation
from huawu.calls.effects import PARK_TIMER, Effects
from huawu.calls.facts import Fact, Kind
from huawu.calls.floor import Floor, Voice
from huawu.calls.homes import THE_ONE, Homes, SwitchId
from huawu.calls.looking_up import LOOKUP_TIMER, LookupAnswer
from huawu.calls.notices import Notice
from huawu.calls.outside import TOLL_TIMER
from huawu.calls.owed import CALLBACK_TIMER
from huawu.calls.parts import Parts
from huawu.calls.promising import Wish
from huawu.calls.queueing import ACD_TIMER
from huawu.calls.seat_states import ANSWERS, answered
from huawu.calls.steering import STEERING_TIMER, Steering
from huawu.calls.taping import TAPE_TIMER, is_tape
from huawu.calls.tolls import Tolls, TollState
from huawu.calls.voicemail_work import WORK_TIMER
from huawu.calls.voicemails import Voicemail
from huawu.calls.web_callers import WEB_TIMER
from huawu.calls.work import Entry
from huawu.config.compile import Centre
from huawu.link import messages as link
from huawu.link.messages import LegId, LegOffered, NumberedEvent, Welcome


class Engine:
    """All calls of a centre. Each method returns the effects that the edge must carry out, in order."""

    def __init__(
        self,
        centre: Centre,
        voice: Voice,
        *,
        token: Callable[[], str],
        recording_path: Callable[[CallId, int], str],
        data: str,
        hold_music: str,
        call_name: Callable[[LegId, int], str] | None = None,
        life: str = "",
        switches: tuple[SwitchId, ...] = (THE_ONE,),
    ) -> None:
        """`call_name` names the call of a caller's leg that was offered at an instant (none: by `token`).

        The same name each time lets a centre that is fed an event again, because its former life did not
        live to write it, know what the switch does on that life's behalf. `life` tells what this life names
        in the switch from what others named.
        """
        self.floor = Floor(
            centre=centre,
            voice=voice,
            token=token,
            recording_path=recording_path,
            data=data,
            hold_music=hold_music,
            call_name=call_name or (lambda leg, at_ms: token()),
            life=life,
            homes=Homes(switches=switches),
        )
        parts = Parts(self.floor)
        self._queueing = parts.queueing
        self._way_out = parts.way_out
        self._flowing = parts.flowing
        self.doors = parts.doors
        self._seating = parts.seating
        self._talking = parts.talking
        self._taping = parts.taping
        self._looking_up = parts.looking_up
        self._moving = parts.moving
        self._parking = parts.parking
        self._acting = parts.acting
        self._phoning = parts.phoning
        self._owed = parts.owed
        self._calling_back = parts.calling_back
        self.promising = parts.promising
        self._recovering = parts.recovering
        self._work = parts.work
        self.web = parts.web
        self._lines = parts.lines

    @property
    def acd(self) -> Acd:
        """The queues and agents, for views."""
        return self.floor.acd

    @property
    def tolls(self) -> Tolls:
        """What was called outside, for views and to be kept."""
        return self._way_out.tolls

    @property
    def owed(self) -> list[Callback]:
        """The callbacks and redials that are owed now."""
        return list(self._owed)

    # ── From outside ──────────────────────────────────────────────────────────────────────────────

    def configure(self, centre: Centre, at_ms: int) -> Effects:
        """Work by a new configuration from now on; calls under way go on."""
        self.floor.now_ms = at_ms
        self.doors.configure(centre)
        self._way_out.configure(centre)
        self.floor.effects.changed_queues.update(policy.queue for policy in centre.queues)
        self.floor.effects.changed_agents.update(profile.agent for profile in centre.agents)
        return self.floor.take_effects()

    def steer(self, steering: Steering, at_ms: int) -> Effects:
        """All this that leaders set holds from now on; calls under way go on."""
        self.floor.now_ms = at_ms
        self.doors.steer(steering)
        return self._taken()

    def move_waiting(
        self, queue: str, to: str, calls: Collection[str] | None, by: str, at_ms: int
    ) -> tuple[int, Effects]:
        """Put callers of one line into another; how many. Raises `calls.errors.MoveError`."""
        self.floor.now_ms = at_ms
        return self.doors.move_waiting(queue, to, calls, by), self._taken()

    def call_back(self, wish: Wish, person: str, *, mine: bool, at_ms: int) -> tuple[Callback, Effects]:
        """Call back who gave up: in the queue's line, or `mine`: this person's own phone is rung now.

        Raises `calls.errors.NotPossible`.
        """
        self.floor.now_ms = at_ms
        promising = self.promising
        callback = promising.ring_for(wish, person, by=person) if mine else promising.promise(wish)
        return callback, self._taken()

    def timer(self, name: str, at_ms: int) -> Effects:
        """A timer that was set is due."""
        self.floor.now_ms = at_ms
        if name.startswith(ACD_TIMER):
            self._queueing.step(acd.TimerDue(at_ms=at_ms, name=name.removeprefix(ACD_TIMER)))
        elif name == TOLL_TIMER:
            self._way_out.due()
        elif name.startswith(CALLBACK_TIMER):
            self._calling_back.due(name.removeprefix(CALLBACK_TIMER))
        elif name.startswith(TAPE_TIMER):
            self._taping.due(name.removeprefix(TAPE_TIMER))
        elif name.startswith(LOOKUP_TIMER):
            self._looking_up.due(name.removeprefix(LOOKUP_TIMER))
        elif name.startswith(PARK_TIMER):
            self._parking.time_over(CallId(name.removeprefix(PARK_TIMER)))
        elif name.startswith(WEB_TIMER):
            self.web.due(CallId(name.removeprefix(WEB_TIMER)))
        elif name == WORK_TIMER:
            self._work.give_out()
        elif name == STEERING_TIMER:
            self.doors.due()
        return self._taken()

    def looked_up(self, lookup: str, answer: LookupAnswer, at_ms: int) -> Effects:
        """A service answered, or did not; what comes too late changes nothing."""
        self.floor.now_ms = at_ms
        self._looking_up.answered(lookup, answer)
        return self._taken()

    def put_up(self, notices: Sequence[Notice]) -> None:
        """These announcements stand from now on, in place of those before."""
        self._flowing.announcing.notices = tuple(notices)

    def take_up_tolls(self, kept: TollState) -> Effects:
        """Go on counting calls outside where the last life stopped."""
        self._way_out.take_up(kept)
        return self._taken()

    def reset_tolls(self) -> bool:
        """Lift the stop of costly calls; False: there was none."""
        return self._way_out.tolls.reset()

    def day_began(self, at_ms: int) -> Effects:
        """The centre's calendar day begins: figures start anew."""
        self.floor.now_ms = at_ms
        self._queueing.step(acd.DayBegan(at_ms=at_ms))
        return self._taken()

    def set_agent_state(self, agent: AgentId, state: AgentState, reason: str, at_ms: int) -> Effects:
        """An agent, or somebody for them, says ready, break or signed out.

        Raises `acd.errors.UnknownAgent` and `NotAllowed`, `PhoneNotReachable`, `StateNotSettable`.
        """
        self.floor.now_ms = at_ms
        self._phoning.set_state(agent, state, reason)
        return self._taken()

    def form_filed(self, agent: AgentId, call: CallId, *, done: bool, at_ms: int) -> Effects:
        """An agent filed what a call was about; `done`: wrap-up for it ends."""
        self.floor.now_ms = at_ms
        self._queueing.step(acd.FormFiled(at_ms=at_ms, agent=agent, call=call, done=done))
        self.floor.effects.changed_agents.add(agent)
        return self._taken()

    def note_work(self, call_id: CallId, entries: Iterable[Entry], at_ms: int) -> Effects:
        """Put what people did for a call on its timeline, be it long over or not yet."""
        self.floor.now_ms = at_ms
        self.floor.note(call_id, entries)
        return self._taken()

    def renumbered(self, call_id: CallId, last_seq: int) -> None:
        """The call's facts so far end with this number: others write to it as well."""
        if (call := self.floor.calls.get(call_id)) is not None:
            call.seq = last_seq

    def act(self, action: AnyAction, at_ms: int) -> Effects:
        """Move a call under way as somebody asks. Raises `calls.errors.MoveError`."""
        self.floor.now_ms = at_ms
        self._acting.act(action)
        return self._taken()

    def take_callback(self, callback: str, agent: AgentId, at_ms: int) -> Effects:
        """An agent asks for a callback as the next call. Raises `UnknownCallback` and `NotPossible`."""
        self.floor.now_ms = at_ms
        self._calling_back.take(callback, agent)
        return self._taken()

    def cancel_callback(self, callback: str, at_ms: int) -> Effects:
        """Somebody says that a callback or redial need not be made. Raises `UnknownCallback`."""
        self.floor.now_ms = at_ms
        self._calling_back.cancel(callback)
        return self._taken()

    def voicemail_is(self, voicemail: Voicemail, kind: Kind | None, at_ms: int, **fields: Any) -> Effects:
        """The database says so of a message from now on; `kind` and `fields`: the fact, if it is news."""
        self.floor.now_ms = at_ms
        self._work.is_now(voicemail, kind, **fields)
        return self._taken()

    def voicemail_not_given(self, voicemail: str, at_ms: int) -> Effects:
        """The database could not say whose a message is: it is given out later."""
        self.floor.now_ms = at_ms
        self._work.not_given(voicemail)
        return self._taken()

    def recover(
        self,
        open_calls: Sequence[Sequence[Fact]],
        agents: Snapshot | None,
        at_ms: int,
        *,
        owed: Sequence[Callback] = (),
        last_agents: Sequence[tuple[str, str, int]] = (),
        voicemails: Sequence[Voicemail] = (),
        marks: Mapping[SwitchId, int] = MappingProxyType({}),
        lengths: Mapping[str, int] = MappingProxyType({}),
    ) -> Effects:
        """Rebuild what a centre that died knew, from the timelines of calls that had not ended.

        `marks`: when it put aside last that it heard each switch; `lengths` of their recordings on disk.
        """
        self.floor.now_ms = at_ms
        self._calling_back.take_up(owed)
        self._queueing.last_agents.take_up(last_agents)
        self._taping.take_up(voicemails)
        self._recovering.rebuild(open_calls, agents, marks, lengths)
        self._work.take_up(voicemails)
        self.web.take_up()
        return self._taken()

    def settle(self, welcome: Welcome, at_ms: int, switch: SwitchId = THE_ONE) -> Effects:
        """Agree with a switch's snapshot, after missed events were fed (or can't be)."""
        homes = self.floor.homes
        self.floor.now_ms = at_ms
        homes.up.add(switch)
        homes.settle(switch, (view.leg for view in welcome.legs))
        self._recovering.settle(welcome, switch)
        homes.away_since.pop(switch, None)
        self._way_out.settle({view.leg for view in welcome.legs} | homes.elsewhere(switch))
        self._way_out.down = {(at, trunk) for at, trunk in self._way_out.down if at != switch}
        self._way_out.down |= {(switch, trunk) for trunk in welcome.trunks_down}
        return self._taken()

    def marks(self, at_ms: int) -> dict[SwitchId, int]:
        """When each switch was heard, to be put aside as long as there are calls: now, of those that are."""
        return dict.fromkeys(self.floor.homes.up, at_ms) if self.floor.calls else {}

    def switch_away(self, switch: SwitchId, at_ms: int) -> None:
        """A switch cannot be commanded: what is begun from now on is begun on another, if there is one."""
        self.floor.homes.up.discard(switch)
        self.floor.homes.away_since[switch] = at_ms

    def switch_gone(self, switch: SwitchId, at_ms: int) -> Effects:
        """One of several switches stays away: its calls and the phones that it alone reached are lost."""
        effects = self.settle(Welcome(switch="", replays=False, last_event=0), at_ms, switch)
        self.floor.homes.up.discard(switch)
        return effects

    def switch(self, numbered: NumberedEvent, switch: SwitchId = THE_ONE) -> Effects:
        """Something happened in a switch."""
        self.floor.now_ms = numbered.at_ms
        self.floor.homes.speaking = switch
        event = numbered.event
        if isinstance(event, LegOffered):
            self.floor.homes.put(event.leg, switch)
        effects = self._switch(event)
        if isinstance(event, link.LegEnded):
            self.floor.homes.forget(event.leg)
            self.floor.holding.discard(event.leg)
        return effects

    def _switch(self, event: link.Event) -> Effects:
        match event:
            case link.LegOffered():
                self._lines.offered(event)
            case link.LegRinging():
                self._lines.rings(event)
            case link.LegAnswered():
                self._lines.answered(event)
            case link.LegEnded():
                self._lines.ended(event)
            case link.EndpointReachable():
                self._phoning.reachable(event)
            case link.EndpointUnreachable():
                self._phoning.unreachable(event)
            case link.LoanUsed():
                pass  # whose page has a phone is no matter of calls
            case link.RecordingStarted():
                call = self._recorded(event.recording)
                if call is not None and not is_tape(event.path):
                    self._seating.recording_runs(call, event)
            case link.DigitPressed() | link.CommandFailed():
                pass  # a failed command's leg has ended, and its end is told; the edge logs it
            case link.TrunkReachable():
                self._way_out.down.discard((self.floor.homes.speaking, event.trunk))
            case link.TrunkUnreachable():
                self._way_out.down.add((self.floor.homes.speaking, event.trunk))
            case link.TrunkRegistered() | link.TrunkUnregistered() | link.TransferProgressed():
                pass
            case link.RegistrationChanged():
                pass  # between switches; the edge hands it on
            case link.TransferAsked():
                self._moving.asked(event)
            case link.RecordingStopped():
                call = self._recorded(event.recording)
                if call is None:
                    self._taping.stopped_elsewhere(event)
                elif not self._taping.recording_stopped(call, event):
                    self._talking.recording_stopped(call, event)
                    self._taping.line_free(call)
            case link.RecordingFailed():
                call = self._recorded(event.recording)
                if call is not None and not self._taping.recording_failed(call, event):
                    self._talking.recording_failed(call, event)
                    self._taping.line_free(call)
            case _:
                self._lines.in_call(event)
        return self._taken()

    def _recorded(self, recording: str) -> Conversation | None:
        """The call of a recording; its id begins with the call's."""
        return self.floor.calls.get(CallId(recording.rpartition(".")[0]))

    def _taken(self) -> Effects:
        self._give_out()
        effects = self.floor.take_effects()
        for fact in effects.facts:
            if fact.kind == "bridged" and "agent" in fact.fields:
                caller = self.floor.calls[CallId(fact.call)].caller
                self._queueing.last_agents.talked(caller, AgentId(fact.fields["agent"]), fact.at_ms)
            if fact.kind in ANSWERS:
                answered(self.floor, CallId(fact.call), effects)
            if fact.kind in QUEUE_FACTS and (call := self.floor.calls.get(CallId(fact.call))) is not None:
                if call.queue is not None:
                    effects.changed_queues.add(call.queue)
                if call.agent is not None:
                    effects.changed_agents.add(call.agent)
        return effects

    def _give_out(self) -> None:
        """Messages, if there are any and somebody may have become free."""
        effects = self.floor.effects
        if effects.voicemails:
            self._work.delivered(effects.voicemails)
        if self._work.waiting and (effects.changed_agents or effects.changed_queues or effects.ended_calls):
            self._work.give_out()


QUEUE_FACTS = frozenset(
    {"queued", "overflowed", "offer_made", "offer_failed", "bridged", "ended", "parted"}
    | {"callback_agreed", "callback_placed", "voicemail_left"}
)
"""After these a queue's figures may read otherwise."""
