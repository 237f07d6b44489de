"""A caller speaks and nobody listens yet: a voicemail for a queue, or the comment of a survey.

Prompts, a tone, then the caller alone is recorded until `#`, silence, the longest length, or the end of the
call. `*` begins anew. What becomes of a message stands in `voicemails.py`; it is delivered whatever dies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Protocol

import msgspec

from huawu.acd.events import CallId, QueueId
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.effects import CancelTimer, SetTimer
from huawu.calls.facts import Fact
from huawu.calls.floor import Floor
from huawu.calls.tape import Purpose, Tape
from huawu.calls.voicemails import State, Trigger, Voicemail, step
from huawu.ivr import events as flow
from huawu.link.messages import (
    Collect,
    CollectId,
    DigitsCollected,
    PlayFinished,
    RecordingFailed,
    RecordingId,
    RecordingStopped,
    Silence,
    StartRecording,
    StopCollect,
    StopRecording,
    Tone,
)

TAPE_TIMER = "tape:"
TONE = Tone(hertz=(1_000.0,), length_ms=400)
END_KEY, AGAIN_KEY = "#", "*"
FOLDER = "messages"
"""Below the data folder; apart from `recordings`, each of which is a call's conversation."""
ORPHAN_SHORTEST_MS = 1_000
"""A message whose call is no longer known is kept when it is longer."""

How = Literal["kept", "short", "again", "failed"]


class Speaker(Protocol):
    """Who says prompts to the caller and goes on afterwards; satisfied by `Flowing`."""

    def say(self, call: Conversation, prompts: Iterable[str], tail: tuple[Tone, ...] = ()) -> None: ...
    def recorded(self, call: Conversation, purpose: Purpose, how: How) -> None: ...


class Taping:
    """Records callers and delivers what they said."""

    speaker: Speaker

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._orphans: dict[str, Voicemail] = {}  # by recording; of a life that ended

    # ── Beginning ─────────────────────────────────────────────────────────────────────────────────

    def begin(self, call: Conversation, wish: flow.Record) -> None:
        """Say the prompts and the tone; recording begins behind it."""
        call.phase = Phase.FLOW
        call.tape = Tape(
            purpose=wish.purpose,
            queue=wish.queue,
            longest_ms=wish.longest_ms,
            shortest_ms=wish.shortest_ms,
            silence_ms=wish.silence_ms,
        )
        if call.recording is not None:  # one recording of a line at a time
            self._floor.do(StopRecording(recording=call.recording))
        self.speaker.say(call, wish.prompts, (TONE,))

    def play_finished(self, call: Conversation, event: PlayFinished) -> bool:
        """The tone is over: record. False: nothing was to be recorded."""
        tape = call.tape
        if tape is None or tape.recording is not None:
            return False
        tape.told = True
        self.line_free(call)
        return True

    def line_free(self, call: Conversation) -> None:
        """Record, once the tone is over and nothing else records the line."""
        tape = call.tape
        if tape is None or not tape.told or tape.recording is not None or call.recording is not None:
            return
        floor = self._floor
        tape.recording = RecordingId(floor.name(call, "v"))
        tape.path = f"{FOLDER}/{floor.recording_path(CallId(tape.recording), floor.now_ms).partition('/')[2]}"
        tape.began_ms = floor.now_ms
        floor.do(StartRecording(recording=tape.recording, path=f"{floor.data}/{tape.path}", left=call.leg))
        bounds: dict[str, Any] = {
            "longest_ms": tape.longest_ms,
            "shortest_ms": tape.shortest_ms,
            "silence_ms": tape.silence_ms,
        }
        where: dict[str, Any] = {"recording": tape.recording, "path": tape.path, **bounds}
        if tape.purpose == "voicemail":
            tape.voicemail = Voicemail(
                id=floor.token(),
                call=call.call,
                queue=tape.queue,
                state=State.RECORDING,
                created_ms=floor.now_ms,
                caller=call.caller,
                caller_name=call.caller_name,
                number=call.number,
                language=call.language,
                recording=tape.recording,
                path=tape.path,
            )
            floor.effects.voicemails.append(tape.voicemail)
            floor.fact(call, "voicemail_began", voicemail=tape.voicemail.id, queue=tape.queue, **where)
        else:
            floor.fact(call, "comment_began", **where)
        self._listen(call, tape)

    def _listen(self, call: Conversation, tape: Tape) -> None:
        """For the keys that end it, no longer than it may last; and for silence."""
        floor = self._floor
        left_ms = max(0, tape.began_ms + tape.longest_ms - floor.now_ms)
        call.collect = CollectId(floor.name(call, "k"))
        call.private = False
        quiet = (Silence(length_ms=left_ms),)  # sent, so that no network takes the line for dead
        floor.do(Collect(leg=call.leg, collect=call.collect, prompt=quiet, end_key="", first_ms=1))
        self._silent_from(call, tape)

    def _silent_from(self, call: Conversation, tape: Tape) -> None:
        due_ms = self._floor.now_ms + tape.silence_ms
        self._floor.effects.timers.append(SetTimer(TAPE_TIMER + call.call, due_ms))

    # ── Meanwhile ─────────────────────────────────────────────────────────────────────────────────

    def talk_started(self, call: Conversation) -> None:
        """The caller speaks."""
        if (tape := call.tape) is not None and tape.recording is not None:
            tape.spoke = True
            self._floor.effects.timers.append(CancelTimer(TAPE_TIMER + call.call))

    def talk_stopped(self, call: Conversation) -> None:
        """The caller pauses, or is done."""
        if (tape := call.tape) is not None and tape.recording is not None and not tape.stopping:
            self._silent_from(call, tape)

    def digits_collected(self, call: Conversation, event: DigitsCollected) -> bool:
        """A key, or the longest length. False: nothing is being recorded."""
        tape = call.tape
        if tape is None or event.collect != call.collect:
            return False
        call.collect = None
        if event.digits in (END_KEY, AGAIN_KEY):
            self._floor.fact(call, "keys", "caller", digits=event.digits, how=event.how, spoke=event.spoke)
        if event.digits == AGAIN_KEY:
            tape.again = True
        if event.digits in ("", END_KEY, AGAIN_KEY):
            self._stop(call, tape)
        else:
            self._listen(call, tape)  # any other key means nothing
        return True

    def due(self, name: str) -> None:
        """Nothing was said for as long as that may be."""
        call = self._floor.calls.get(CallId(name))
        if call is not None and call.tape is not None and not call.talk_began.get(call.leg):
            self._stop(call, call.tape)

    def _stop(self, call: Conversation, tape: Tape) -> None:
        floor = self._floor
        floor.effects.timers.append(CancelTimer(TAPE_TIMER + call.call))
        if call.collect is not None:
            call.collect = None
            floor.do(StopCollect(leg=call.leg))
        if tape.recording is not None and not tape.stopping:
            tape.stopping = True
            floor.do(StopRecording(recording=tape.recording))

    # ── Ends ──────────────────────────────────────────────────────────────────────────────────────

    def caller_gone(self, call: Conversation) -> None:
        """The line is over; the switch tells how long the recording became, if there is one."""
        tape = call.tape
        if tape is None:
            return
        self._floor.effects.timers.append(CancelTimer(TAPE_TIMER + call.call))
        if tape.recording is None:
            call.tape = None
        elif call.talk_began.get(call.leg) is not None:
            tape.spoke = True

    def recording_stopped(self, call: Conversation, event: RecordingStopped) -> bool:
        """The file is complete. False: it is not this one."""
        tape = call.tape
        if tape is None or tape.recording != event.recording:
            return False
        self._conclude(call, tape, event.length_ms)
        return True

    def recording_failed(self, call: Conversation, event: RecordingFailed) -> bool:
        """The caller is not left to speak for nothing: what was written until then is delivered. False: it is
        not this one.
        """
        tape = call.tape
        if tape is None or tape.recording != event.recording:
            return False
        self._floor.recording_failed(call, event)
        tape.broken = True
        if event.goes_on:
            self._stop(call, tape)
        else:
            self._conclude(call, tape, 0)
        return True

    def switch_lost(self, call: Conversation) -> None:
        """The switch died while it recorded: what is on disk is delivered."""
        tape, call.tape = call.tape, None
        if tape is not None and tape.recording is not None:
            on_disk = call.left.lengths if call.left is not None else {}
            length_ms = on_disk.get(tape.recording)
            if length_ms is None:
                length_ms = _length_ms(tape, self._floor.last_sign_ms(call))
            self._conclude(call, tape, length_ms)

    def _conclude(self, call: Conversation, tape: Tape, length_ms: int) -> None:
        floor = self._floor
        call.tape = None
        floor.effects.timers.append(CancelTimer(TAPE_TIMER + call.call))
        if call.collect is not None and call.phase is not Phase.ENDED:
            floor.do(StopCollect(leg=call.leg))
        call.collect = None
        how: How = "again" if tape.again else "kept"
        if how == "kept" and (length_ms < tape.shortest_ms or not tape.spoke):
            how = "failed" if tape.broken else "short"
        self._put(call, tape, how, length_ms)
        if call.phase is Phase.ENDED:
            floor.forget_when_over(call)
        else:
            self.speaker.recorded(call, tape.purpose, how)

    def _put(self, call: Conversation, tape: Tape, how: How, length_ms: int) -> None:
        """On record: delivered, or thrown away."""
        floor = self._floor
        kept = how == "kept"
        if not kept:
            floor.effects.discarded.append(tape.path)
        if tape.voicemail is None:
            if kept:
                floor.fact(call, "comment_left", "caller", recording=tape.recording, length_ms=length_ms)
            else:
                floor.fact(call, "comment_discarded", recording=tape.recording, why=how)
            return
        trigger = Trigger.DELIVER if kept else Trigger.DISCARD
        floor.effects.voicemails.append(step(tape.voicemail, trigger, length_ms=length_ms))
        named: dict[str, Any] = {"voicemail": tape.voicemail.id, "queue": tape.queue}
        if kept:
            floor.fact(call, "voicemail_left", "caller", length_ms=length_ms, **named)
            floor.effects.changed_queues.add(QueueId(tape.queue))
        else:
            floor.fact(call, "voicemail_discarded", why=how, **named)

    # ── After a restart ───────────────────────────────────────────────────────────────────────────

    def take_up(self, unfinished: Iterable[Voicemail]) -> None:
        """Messages whose end the last life did not see, with the length that is on disk."""
        self._orphans = {each.recording: each for each in unfinished if each.state is State.RECORDING}

    def rebuilt(self, call: Conversation) -> None:
        """The call of such a message is open still."""
        tape = call.tape
        if tape is not None and tape.recording is not None:
            tape.voicemail = self._orphans.pop(tape.recording, None)
            if tape.purpose == "voicemail" and tape.voicemail is None:
                call.tape = None  # delivered, or never stored

    def resume(self, call: Conversation) -> bool:
        """The caller still speaks, it may be. False: nothing is being recorded."""
        tape = call.tape
        if tape is None or tape.recording is None:
            call.tape = None
            return False
        self._listen(call, tape)
        return True

    def stopped_elsewhere(self, event: RecordingStopped) -> None:
        """A recording ended whose call had ended before."""
        orphan = self._orphans.pop(event.recording, None)
        if orphan is not None:
            self._deliver(msgspec.structs.replace(orphan, length_ms=event.length_ms))

    def settle(self) -> None:
        """Nothing more will be heard of messages without a call."""
        orphans, self._orphans = self._orphans, {}
        for orphan in orphans.values():
            self._deliver(orphan)

    def _deliver(self, orphan: Voicemail) -> None:
        kept = orphan.length_ms >= ORPHAN_SHORTEST_MS
        effects = self._floor.effects
        effects.voicemails.append(step(orphan, Trigger.DELIVER if kept else Trigger.DISCARD))
        effects.changed_queues.add(QueueId(orphan.queue))
        if not kept:
            effects.discarded.append(orphan.path)


def _length_ms(tape: Tape, until_ms: int) -> int:
    return max(0, min(tape.longest_ms, until_ms - tape.began_ms))


def is_tape(path: str) -> bool:
    """Whether a recording at this path is a caller's message."""
    return f"/{FOLDER}/" in path.replace("\\", "/")


def tape_from(fact: Fact) -> Tape:
    """What was being recorded, as the timeline tells it; who spoke is not known, so it counts as speech."""
    fields = fact.fields
    return Tape(
        purpose="voicemail" if fact.kind == "voicemail_began" else "comment",
        queue=fields.get("queue", ""),
        longest_ms=fields["longest_ms"],
        shortest_ms=fields["shortest_ms"],
        silence_ms=fields["silence_ms"],
        recording=RecordingId(fields["recording"]),
        path=fields["path"],
        began_ms=fact.at_ms,
        spoke=True,
    )
