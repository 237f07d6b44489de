"""One 20 ms step: what each leg hears of ours, whose talk has ended, and the reports that are due."""

from __future__ import annotations

import logging

from huawu.link.messages import QualityMeasured
from huawu.switch.media import announce, control
from huawu.switch.media.hearing import Hearing
from huawu.switch.media.leg import Leg
from huawu.switch.media.player import QUIET, music_frame
from huawu.switch.media.shared import Shared

log = logging.getLogger(__name__)

QUIET_SPEAKER_MS = 1_000
"""A bridged party that sends nothing for so long is stood in for by silence, to keep paths open."""
_LOOK_MS = 1_000
_NO_PACKET_MS = 140
_NEVER = 1 << 62


def pace(legs: list[Leg], shared: Shared, at_ms: int) -> None:
    """Drive all legs by one step; trouble with one leg does not touch the others.

    Most legs have nothing to do at most steps: each says when it next has (`wake_ms`).
    """
    for leg in legs:
        if at_ms < leg.wake_ms or leg.closed:
            continue
        try:
            leg.wake_ms = _NEVER
            _step(leg, at_ms)
            leg.wake_ms = min(leg.wake_ms, _due(leg, at_ms))  # what was told may have woken it again
        except Exception:
            leg.wake_ms = 0
            shared.troubles += 1
            if shared.troubles <= 100:
                log.exception("media step of a leg failed", extra={"leg": leg.name})


def _step(leg: Leg, at_ms: int) -> None:
    hearing = leg.hearing
    if hearing is Hearing.LIVE:
        if at_ms >= _quiet_from(leg):
            leg.send_silence(at_ms)
    elif leg.away:
        pass  # what is to be heard waits until the peer hears us again
    elif hearing is not Hearing.NOTHING or leg.row is not None or leg.digits_out:
        _feed(leg, at_ms)
    if leg.collecting is not None:
        announce.wait(leg, at_ms)
    if leg.talk_ear.talking and at_ms - leg.last_voice_ms > _NO_PACKET_MS:
        leg.tell_talk(leg.talk_ear.quiet(at_ms))
    if at_ms >= leg.look_ms:
        _look(leg, at_ms)


def _due(leg: Leg, at_ms: int) -> int:
    """When the leg next has something to do, as far as is known now."""
    hearing = leg.hearing
    if leg.row is not None or leg.digits_out or leg.collecting is not None or _sounds(leg):
        return 0
    due = leg.look_ms
    if leg.talk_ear.talking:
        due = min(due, leg.last_voice_ms + _NO_PACKET_MS + 1)
    if hearing is Hearing.LIVE:
        due = min(due, max(_quiet_from(leg), leg.silence_due_ms()))
    elif hearing is not Hearing.NOTHING and hearing is not Hearing.MIXED:
        due = min(due, leg.silence_due_ms())
    return due


def _quiet_from(leg: Leg) -> int:
    speaker = leg.speaker
    return _NEVER if speaker is None else speaker.last_voice_ms + QUIET_SPEAKER_MS


def _sounds(leg: Leg) -> bool:
    """Hold music is heard. (Where there is none, holding is silence like any other.)"""
    return leg.hearing is Hearing.MUSIC and leg.music is not QUIET


def _feed(leg: Leg, at_ms: int) -> None:
    """Send the frame that is due. A row goes on in time even while the peer hears nothing."""
    if leg.digits_out:
        step = leg.digits_out.popleft()
        if leg.hearing is Hearing.DIGITS:
            leg.send_step(step, at_ms)
        if not leg.digits_out:
            leg.reroute()
        return
    if leg.row is not None:
        frame = leg.row.frame(at_ms)
        if frame is not None:
            if leg.hearing is Hearing.CLIPS:
                leg.send_frame(leg.row, frame, at_ms)
            return
        announce.row_ended(leg, at_ms)
        if leg.row is not None:  # what was told led to a new one
            _feed(leg, at_ms)
            return
    if _sounds(leg):
        leg.send_frame(Hearing.MUSIC, music_frame(leg.music, at_ms), at_ms)
    elif leg.hearing in (Hearing.SILENCE, Hearing.MUSIC):
        leg.send_silence(at_ms)


def _look(leg: Leg, at_ms: int) -> None:
    leg.look_ms = max(leg.look_ms + _LOOK_MS, at_ms)
    if leg.agreed is None:
        return
    if leg.watch.look(at_ms, leg.arrivals, leg.reports.round_trip_ms):
        leg.tell(QualityMeasured(leg=leg.name, quality=leg.quality()))
    if at_ms >= leg.reports.due_ms:
        control.send_report(leg, at_ms)
    if leg.web is not None:
        leg.web.look(at_ms)
