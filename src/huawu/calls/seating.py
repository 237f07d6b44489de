"""Where the parties of a call sit: makes the switch's sound, the recording and the timeline follow."""

from __future__ import annotations

from typing import Any, Final

from huawu.acd.events import CallId, ContactBegan
from huawu.calls.conversation import Agent, Conversation, PartyLeg, Phase, Role
from huawu.calls.facts import Kind
from huawu.calls.floor import Floor
from huawu.calls.holds import end_hold, note_holds
from huawu.calls.queueing import Queueing
from huawu.calls.recorded import below_data
from huawu.calls.sound import At, Seat, change, sound_of
from huawu.link.messages import (
    HangUp,
    LegId,
    MoveRecording,
    Music,
    PauseRecording,
    Play,
    PlayId,
    Reason,
    RecordingId,
    RecordingStarted,
    ResumeRecording,
    Silence,
    StartRecording,
    StopPlay,
    TellLevels,
    Tone,
)

RINGBACK: Final = (Tone(hertz=(450.0,), length_ms=1_000), Silence(length_ms=4_000))
"""What a phone in China hears while the other rings (GB/T 3380): 450 Hz, one second in five."""


class Seating:
    """Moves parties about. Whoever changed `at` of a party or of the caller calls `arrange`."""

    def __init__(self, floor: Floor, queueing: Queueing) -> None:
        self._floor = floor
        self._queueing = queueing

    def arrange(self, call: Conversation) -> None:
        """Let everybody hear whom they should, record the caller's side throughout, and note it."""
        if call.phase is Phase.ENDED:
            return
        floor = self._floor
        seats = seats_of(call)
        before, after = call.sound, sound_of(call.call, seats)
        call.sound = after
        alive = {seat.leg for seat in seats}
        for command in change(before, after, alive):
            floor.do(command)
        for leg in sorted(after.music - before.music):
            play = PlayId(floor.name(call, "p"))
            floor.do(Play(leg=leg, play=play, clips=(Music(path=floor.hold_music),)))
        for leg in sorted(after.ringback - before.ringback):
            floor.do(Play(leg=leg, play=PlayId(floor.name(call, "p")), clips=RINGBACK, repeat=0))
        alone = (before.music | before.ringback) - after.music - after.ringback - after.together()
        for leg in sorted(alone & alive - {call.leg}):
            floor.do(StopPlay(leg=leg))
        for party in call.talkers:
            if party.agent is not None and not party.tells_levels:
                party.tells_levels = True
                floor.do(TellLevels(leg=party.leg))
        self._record(call)
        note_holds(floor, call)
        self._note(call)

    def gone(self, call: Conversation, leg: LegId) -> None:
        """A leg has ended: the switch needs no command to part it from others."""
        call.sound = call.sound.without(leg)
        if call.recorded == leg:
            call.recorded = None

    def to_room(self, call: Conversation, *agents: Agent) -> None:
        """These and whoever waits talk with each other from now on."""
        call.phase = Phase.TALKING
        call.play = None
        asked = call.consult.party if call.consult is not None else None
        for party in call.parties:
            if party.at is At.HOLD and party is not asked:
                party.at = At.ROOM
        if not call.dialler_asks:
            call.caller_at = At.ROOM
        for agent in agents:
            agent.at = At.ROOM
        note_holds(self._floor, call)

    def wait(self, call: Conversation) -> None:
        """An agent asks somebody aside: whoever is left alone meanwhile hears music."""
        if not call.dialler_asks and not call.talkers:
            call.caller_at = At.HOLD
        elif call.dialler_asks and len(call.talkers) == 1:
            call.talkers[0].at = At.HOLD
        note_holds(self._floor, call)

    def send_away(self, call: Conversation) -> None:
        """The caller leaves the conversation, to be led elsewhere."""
        call.caller_at = At.AWAY
        self.arrange(call)

    def replace_caller(self, call: Conversation, leg: LegId) -> None:
        """The caller's side goes on with this line, and the old one ends."""
        floor = self._floor
        before = call.leg
        phone = {"endpoint": call.endpoint} if call.endpoint is not None else {}
        floor.fact(call, "replaced", "caller", leg=leg, old=before, **phone)
        call.away.discard(before)
        ended = floor.callers.pop(before, None) is None
        floor.callers[leg] = call.call
        call.leg = leg
        for party in call.parties:
            if party.beside == before:
                party.beside = leg
        self.gone(call, before)
        call.end_recording_with_line(floor.now_ms)
        self.arrange(call)
        if not ended:
            floor.do(HangUp(leg=before))

    def release(self, call: Conversation, party: PartyLeg, reason: Reason = "normal") -> None:
        """A party leaves the call and its line is ended; the call goes on."""
        self.note_leaving(call, party, reason, by="centre")
        self._floor.part(call, party)
        self._floor.do(HangUp(leg=party.leg, reason=reason if party.answered else "cancelled"))
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)

    def dismiss(self, call: Conversation, party: PartyLeg) -> None:
        """Let go who was called; an offer of a queue is withdrawn from it."""
        if party.offered_by_queue is not None and not party.answered:
            self._queueing.leave(call)
        else:
            self.release(call, party)

    def note_leaving(self, call: Conversation, party: PartyLeg, reason: Reason, *, by: str) -> None:
        """Write that a party left: `parted` for who led the conversation, `left` for others."""
        if not party.answered:
            return
        fact = self._floor.fact
        if call.phase is not Phase.ENDED:
            end_hold(self._floor, call, party.leg)
            if party.muted:
                fact(call, "unmuted", "agent", agent=party.agent)
        if party.role is Role.LEADER:
            fact(call, "supervision_ended", "agent", reason=reason, by=by, **party.whom)
        elif party is call.lead:
            call.lead = None
            fact(call, "parted", "agent", reason=reason, by=by, **party.whom)
        else:
            fact(call, "left", "agent", reason=reason, by=by, **party.whom)

    def note_leading(self, call: Conversation, party: PartyLeg) -> None:
        """This party leads the conversation with the caller from now on."""
        if party is call.lead:
            return
        made = call.placed and call.agent is None  # who calls back leads first, and answered nobody
        call.lead = party
        call.agent = party.agent
        call.met_ms = call.met_ms or self._floor.now_ms
        self.resume_recording(call, by="centre")
        if party in call.parties:
            call.parties.remove(party)
        call.parties.insert(0, party)
        self._floor.fact(call, "bridged", "centre", leg=party.leg, **party.whom)
        if party.agent is not None and party.offered_by_queue is None:
            now_ms, queue, answers = self._floor.now_ms, call.queue, not made
            led = ContactBegan(at_ms=now_ms, call=call.call, agent=party.agent, queue=queue, answers=answers)
            self._queueing.step(led)  # whoever leads a queue's caller wraps the call up

    # ── Recording and timeline ────────────────────────────────────────────────────────────────────

    def _record(self, call: Conversation) -> None:
        floor = self._floor
        right = call.sound.partner(call.leg)
        if right is None and call.sound.mixed(call.leg) and call.talking is not None:
            right = call.talking.leg
        if call.recording is not None:
            if right != call.recorded:
                floor.do(MoveRecording(recording=call.recording, right=right))
        elif right is not None:
            call.recording = RecordingId(floor.name(call, "r"))
            file = call.recording if call.recording_path else call.call  # never over an earlier one
            call.recording_path = floor.recording_path(CallId(file), floor.now_ms)
            floor.fact(call, "recording_started", recording=call.recording, path=call.recording_path)
            path = f"{floor.data}/{call.recording_path}"
            floor.do(StartRecording(recording=call.recording, path=path, left=call.leg, right=right))
        call.recorded = right
        self._silence(call)

    def _silence(self, call: Conversation) -> None:
        """What an agent says aside is not recorded: who dialled is on the left, where callers are."""
        silent = call.recording_paused or call.caller_at is At.ASIDE
        if call.recording is not None and silent != call.recording_silent:
            call.recording_silent = silent
            change = PauseRecording if silent else ResumeRecording
            self._floor.do(change(recording=call.recording))

    def pause_recording(self, call: Conversation, *, by: str) -> None:
        """Silence is recorded from now on."""
        self._pause(call, paused=True, by=by)

    def resume_recording(self, call: Conversation, *, by: str) -> None:
        """What was paused is recorded again."""
        self._pause(call, paused=False, by=by)

    def _pause(self, call: Conversation, *, paused: bool, by: str) -> None:
        if call.recording is not None and call.recording_paused is not paused:
            call.recording_paused = paused
            self._silence(call)
            kind: Kind = "recording_paused" if paused else "recording_resumed"
            self._floor.fact(call, kind, "agent", recording=call.recording, by=by)

    def recording_runs(self, call: Conversation, event: RecordingStarted) -> None:
        """The switch records: for us, again after it could not, or still for a life of the centre that died
        before it wrote so.
        """
        if event.recording == call.recording and call.recording_broke_ms is not None:
            call.recording_broke_ms = None
            self._floor.fact(call, "recording_recovered", recording=call.recording)
        if call.recording is None and not call.recording_path:
            call.recording, call.recording_path = event.recording, below_data(event.path)
            self._floor.fact(call, "recording_started", recording=call.recording, path=call.recording_path)

    def _note(self, call: Conversation) -> None:
        """Write who sits where, unless `bridged` and `parted` already say it."""
        there = [party for party in call.parties if party.answered]
        plain = not there or (len(there) == 1 and there[0].at is At.ROOM and call.caller_at is At.ROOM)
        if plain and call.seating is None:
            return
        seating: dict[str, Any] = {
            "caller": call.caller_at.value,
            "seats": [_seat(party) for party in there],
        }
        if (consult := call.consult) is not None:
            with_whom = consult.party.leg if consult.party is not None else ""
            seating["consult"] = {"by": consult.by.leg, "party": with_whom, "queue": consult.queue or ""}
        if seating != call.seating:
            call.seating = seating
            self._floor.fact(call, "seated", "centre", **seating)


def seats_of(call: Conversation) -> list[Seat]:
    """The caller and all answered parties; a leader is where the party is whom the leader goes with."""
    seats = [Seat(leg=call.leg, at=call.caller_at, staff=call.dialled_by is not None)]
    for party in call.parties:
        if not party.answered:
            continue
        at = party.at
        if party.role is Role.LEADER and at is not At.AWAY:
            watched = call.party_at(party.beside)
            there = call.caller_at if party.beside == call.leg else At.ROOM
            at = watched.at if watched is not None and watched.answered else there
        seats.append(Seat(leg=party.leg, at=at, staff=party.staff, mode=party.mode))
    return seats


def _seat(party: PartyLeg) -> dict[str, Any]:
    """A party as the fact `seated` tells it, enough to take the call up again."""
    fields: dict[str, Any] = {"leg": party.leg, "role": party.role.value, "at": party.at.value, **party.whom}
    if party.offered_by_queue is not None:
        fields["queue"] = party.offered_by_queue
    if party.mode is not None:
        fields |= {"mode": party.mode, "beside": party.beside}
    return fields
