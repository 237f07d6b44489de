"""One 20 ms step: what each leg hears of ours, whose talk has ended, and the reports that are due."""

from __future__ import annotations

import logging

from huawu.link.messages import QualityMeasured
from huawu.switch.media import announce
from huawu.switch.media.leg import Hearing, Leg, Room
from huawu.switch.media.player import music_frame

log = logging.getLogger(__name__)

QUIET_SPEAKER_MS = 1_000
"""A bridged party that sends nothing for so long is stood in for by silence, to keep paths open."""
_LOOK_MS = 1_000
_NO_PACKET_MS = 60


def pace(legs: list[Leg], room: Room, at_ms: int) -> None:
    """Drive all legs by one step; trouble with one leg does not touch the others."""
    for leg in legs:
        if leg.closed:
            continue
        try:
            hearing = leg.hearing
            if hearing is Hearing.LIVE:
                speaker = leg.speaker
                if speaker is not None and at_ms - speaker.last_voice_ms >= QUIET_SPEAKER_MS:
                    leg.send_silence(at_ms)
            elif hearing is not Hearing.NOTHING or leg.row is not None or leg.digits_out:
                _feed(leg, at_ms)
            if leg.collecting is not None:
                announce.wait(leg, at_ms)
            if leg.talk_ear.talking and at_ms - leg.last_voice_ms > _NO_PACKET_MS:
                leg.tell_talk(leg.talk_ear.quiet(at_ms))
            if at_ms >= leg.look_ms:
                _look(leg, at_ms)
        except Exception:
            room.troubles += 1
            if room.troubles <= 100:
                log.exception("media step of a leg failed", extra={"leg": leg.name})


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
    if leg.hearing is Hearing.MUSIC:
        leg.send_frame(Hearing.MUSIC, music_frame(leg.music, at_ms), at_ms)
    elif leg.hearing is Hearing.SILENCE:
        leg.send_silence(at_ms)


def _look(leg: Leg, at_ms: int) -> None:
    leg.look_ms = max(leg.look_ms + _LOOK_MS, at_ms)
    if leg.agreed is None:
        return
    if leg.watch.look(at_ms, leg.arrivals, leg.reports.round_trip_ms):
        leg.tell(QualityMeasured(leg=leg.name, quality=leg.quality()))
    if at_ms >= leg.reports.due_ms:
        leg.send_report(at_ms)
