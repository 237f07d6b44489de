"""One party's media: what comes from its peer and where that goes at once, and what is sent to it.

How, is agreed with the peer: `agreeing.py`.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, assert_never

from huawu.link.messages import Collect, Event, LegId, Play, Quality, TalkLevel, TalkStarted, TalkStopped
from huawu.switch.codecs import CODECS, Codec, Convert
from huawu.switch.media import control
from huawu.switch.media.digits import Collecting, TypeAhead
from huawu.switch.media.dtmf import DigitEar, EventStep
from huawu.switch.media.hearing import Hearing, wanted
from huawu.switch.media.path import Carry, lay_carry, lay_receive
from huawu.switch.media.player import QUIET, Row
from huawu.switch.media.playout import Playout
from huawu.switch.media.ports import Address, LocalPorts, Receive, Socket
from huawu.switch.media.protection import Protection
from huawu.switch.media.quality import Arrivals, QualityWatch
from huawu.switch.media.recorder import Voice
from huawu.switch.media.reports import Reports
from huawu.switch.media.rtp import HEADER, PLAIN, Malformed, RtpPacket
from huawu.switch.media.shared import Shared
from huawu.switch.media.source import SourceGate
from huawu.switch.media.stream import OutStream
from huawu.switch.media.talk import TalkEar
from huawu.switch.media.talk_facts import Began, Ended, Second
from huawu.switch.sip.negotiation import AgreedMedia

if TYPE_CHECKING:
    from huawu.switch.media.conferences import Conference
    from huawu.switch.webrtc.way import Way

log = logging.getLogger(__name__)

_COMFORT_NOISE = 13
KEEP_ALIVE_MS = 1_000
"""How often a peer that has nothing to hear is sent silence: for the path through NAT and its watchdogs."""
MANY_REFUSED = 50
"""Packets, a second of voice: from here on an operator should know."""
STREAM_ENDS_MS = 60
"""A stream that brought nothing for so long may be followed by another of the same peer."""
QUIET_FRAMES = 3
"""Frames of silence in a row as it begins, so that no phone draws out the last sound."""


class Leg:
    """The state of one leg. `reroute` must follow every change of what it or its partner hears."""

    def __init__(self, name: LegId, shared: Shared, at_ms: int) -> None:
        self.name = name
        self.shared = shared
        self.ports: LocalPorts | None = None  # None = it has the port that browsers share
        self.rtp: Socket
        self.rtcp: Socket
        self.agreed: AgreedMedia | None = None
        self.codec: Codec = CODECS["PCMU"]
        self.decode: Convert | None = None  # what comes, to μ-law; None = it is μ-law
        self.encode: Convert | None = None  # μ-law to what is sent
        self.protection: Protection | None = None  # None = plain RTP
        self.web: Way | None = None  # the way to its peer, when that may be a browser
        self.voice_type = -1
        self.digits_type = -1

        self.receive: Receive
        self.carry: Carry
        self.gate = SourceGate()
        self.rtcp_address: Address | None = None
        self.arrivals = Arrivals()
        self.digit_ear = DigitEar()
        self.talk_ear = TalkEar()
        self.tells_levels = False
        self.last_packet_ms = 0  # any valid packet of the believed source
        self.last_voice_ms = 0
        self.last_report_ms = 0  # RTCP of the believed host
        self.closed = False
        self.wrong_type = 0
        self.looped = 0
        """Packets of the peer that bore our own SSRC, after we had changed it (RFC 3550 §8.2)."""
        self._collided = False

        self.out = OutStream()
        self.hearing = Hearing.NOTHING
        self.quiet_frames = 0
        self.music = QUIET
        self.speaker: Leg | None = None  # whose voice it hears
        self.listener: Leg | None = None  # who hears its voice

        self.bridged: Leg | None = None
        self.conference: Conference | None = None
        self.playout: Playout | None = None
        """Where its voice waits while it is mixed; among `voices` then."""
        self.mixed: tuple[Voice, ...] = ()
        """The recording channels that what it hears of a conference goes to."""
        self.held = False
        self.peer_held = False
        self.muted = False
        self.echo = False
        self.away = False  # its peer sends to another relay and hears that; a copy comes to us
        self.voices: tuple[Voice | Playout, ...] = ()  # recording channels, and the mixer, its voice goes to

        self.row: Row | None = None
        self.play: Play | None = None
        self.collect: Collect | None = None
        self.collecting: Collecting | None = None
        self.spoke = False
        self.type_ahead = TypeAhead()
        self.digits_out: deque[EventStep | bytes] = deque()

        self.reports = Reports(f"{name}@huawu", at_ms)
        self.watch = QualityWatch(at_ms)
        self.settle()
        self.look_ms = at_ms + 1_000
        self.wake_ms = 0
        """The step of the ticker that next has to look at this leg; 0 = the next one."""

    def tell(self, event: Event) -> None:
        """Nothing is told about a leg that is over, not even by what was under way as it ended."""
        if not self.closed:
            self.shared.emit(event)

    def tell_talk(self, fact: Began | Ended | Second | None) -> None:
        match fact:
            case Began():
                self.spoke = True
                self.wake_ms = 0
                self.tell(TalkStarted(leg=self.name, began_ms=fact.at_ms))
            case Ended():
                self.tell(
                    TalkStopped(
                        leg=self.name,
                        ended_ms=fact.at_ms,
                        level_db=fact.level_db,
                        peak_db=fact.peak_db,
                        levels_db=fact.levels_db,
                    )
                )
            case Second():
                if self.tells_levels:
                    self.tell(TalkLevel(leg=self.name, from_ms=fact.from_ms, level_db=fact.level_db))
            case None:
                pass
            case _:
                assert_never(fact)

    # ── From the peer ─────────────────────────────────────────────────────────────────────────────

    def receive_rtp(self, data: bytes, address: Address) -> None:
        """A datagram on the RTP port. Never raises."""
        self.receive(data, address)

    def examine(self, data: bytes, address: Address) -> None:
        """A datagram on the RTP port that may be anything. Never raises."""
        try:
            now = self.shared.now_ms()
            known = address == self.gate.locked
            if not known and self.gate.shut(address, now, self.last_packet_ms):
                return
            if len(data) < 12:
                self.shared.malformed += 1
                return
            flags, kind, sequence, timestamp, ssrc = HEADER.unpack_from(data)
            if 192 <= kind <= 223:
                if self.agreed is not None and self.agreed.rtcp_mux:
                    control.read(self, data, address, now)
                return
            payload = data[12:] if flags == PLAIN else RtpPacket.parse(data).payload
            payload_type = kind & 0x7F
            audio = payload_type == self.voice_type
            if (
                not audio
                and payload_type != self.digits_type
                and not (known and payload_type == _COMFORT_NOISE)
            ):
                self.wrong_type += 1
                return
            if not known:
                proven = self.protection is not None
                if not self.gate.admit(address, ssrc, sequence, now, self.last_packet_ms, proven=proven):
                    return
                if self.agreed is not None and address[0] != self.agreed.remote_host:
                    log.info(
                        "media comes from elsewhere than signalled",
                        extra={"leg": self.name, "pii_host": address[0]},
                    )
            if ssrc != self.arrivals.ssrc and not self._takes_stream(ssrc, now, known=known):
                return
            self.last_packet_ms = now
            if not self.arrivals.note(ssrc, sequence, timestamp, now, audio=audio):
                return
            if audio:
                if payload:
                    self.carry(kind, ssrc, sequence, timestamp, payload, now)
            elif payload_type == _COMFORT_NOISE:
                self._fall_silent(ssrc, sequence, timestamp, now)
            else:
                self._key(kind, ssrc, sequence, timestamp, payload, now)
        except Malformed:
            self.shared.malformed += 1
        except Exception:  # whatever a peer sends, the others' media goes on
            self.trouble()

    def _key(self, kind: int, ssrc: int, sequence: int, timestamp: int, payload: bytes, now: int) -> None:
        digit = self.digit_ear.hear(payload, timestamp, now)
        listener = self.listener
        if listener is not None and listener is not self:
            if listener.digits_type >= 0 and len(payload) >= 4:
                packet = listener.out.relay(
                    self,
                    listener.digits_type | (kind & 0x80),
                    ssrc,
                    sequence,
                    timestamp,
                    payload,
                    now,
                    int.from_bytes(payload[2:4], "big"),
                )
                if packet is not None:
                    listener.rtp.send(packet, listener.gate.target)  # type: ignore[arg-type]
            else:
                listener.out.skip(self, sequence)
        if digit is not None:
            self.shared.pressed(self, digit, now)

    def _fall_silent(self, ssrc: int, sequence: int, timestamp: int, now: int) -> None:
        """Comfort noise (RFC 3389): the listener is told a frame of silence under its number and time."""
        listener = self.listener
        if listener is not None and listener is not self:
            quiet = QUIET if listener.encode is None else listener.encode(QUIET)
            packet = listener.out.relay(self, listener.voice_type, ssrc, sequence, timestamp, quiet, now)
            if packet is not None:
                listener.rtp.send(packet, listener.gate.target)  # type: ignore[arg-type]

    def receive_rtcp(self, data: bytes, address: Address) -> None:
        """A datagram on the RTCP port. Never raises."""
        control.take(self, data, address)

    def _takes_stream(self, ssrc: int, now: int, *, known: bool) -> bool:
        """Another SSRC: a new stream of the peer's, unless the one before still flows, or it is our own.

        Who only forges the peer's address does not know its SSRC, and so does not get in between.
        """
        flows = self.arrivals.ssrc is not None and now - self.last_packet_ms < STREAM_ENDS_MS
        if flows and known and self.protection is None:
            self.gate.strangers += 1
            return False
        if ssrc == self.out.ssrc:
            if self._collided:
                self.looped += 1
                return False
            self._collided = True
            control.send_report(self, now, bye=True)
            self.out.renew_ssrc()
        self.gate.ssrc = ssrc
        self._begin_stream()
        return True

    def _begin_stream(self) -> None:
        self.digit_ear.forget()
        for voice in self.voices:
            voice.restart()

    def tell_refused(self) -> None:
        """Log what came from others than the peer, once the leg is over; an odd packet is no attack."""
        forged = self.protection.forged if self.protection is not None else 0
        if forged + self.gate.strangers + self.looped >= MANY_REFUSED:
            log.warning(
                "packets of others than the peer were refused",
                extra={
                    "leg": self.name,
                    "strangers": self.gate.strangers,
                    "forged": forged,
                    "looped": self.looped,
                },
            )

    def trouble(self) -> None:
        self.shared.troubles += 1
        if self.shared.troubles <= 100:
            log.exception("media packet could not be handled", extra={"leg": self.name})

    # ── To the peer ───────────────────────────────────────────────────────────────────────────────

    def send_frame(self, feed: object, ulaw: bytes, at_ms: int, *, spurt: bool = True) -> None:
        """20 ms of ours to the peer; nothing when it has no address."""
        target = self.gate.target
        if target is not None and not self.away:
            payload = ulaw if self.encode is None else self.encode(ulaw)
            self.rtp.send(self.out.frame(feed, self.voice_type, payload, at_ms, spurt=spurt), target)

    def send_silence(self, at_ms: int) -> None:
        """The peer has nothing to hear: a few frames at first, then one a second."""
        if self.out.feed is not Hearing.SILENCE:
            self.quiet_frames = 0
        if at_ms < self.silence_due_ms():
            return
        target = self.gate.target
        if target is not None:
            self.quiet_frames += 1
            quiet = QUIET if self.encode is None else self.encode(QUIET)
            self.rtp.send(self.out.frame(Hearing.SILENCE, self.voice_type, quiet, at_ms, spurt=False), target)

    def silence_due_ms(self) -> int:
        """When the next frame of silence is to be sent, while nothing else is."""
        return self.out.last_at_ms + KEEP_ALIVE_MS if self.quiet_frames >= QUIET_FRAMES else 0

    def send_step(self, step: EventStep | bytes, at_ms: int) -> None:
        """One step of a digit of ours: an event, or a frame of its tone."""
        target = self.gate.target
        if isinstance(step, bytes):
            self.send_frame(Hearing.DIGITS, step, at_ms)
        elif step.payload is None or self.digits_type < 0:
            self.send_frame(Hearing.DIGITS, QUIET, at_ms, spurt=False)
        elif target is not None:
            packet = self.out.event(Hearing.DIGITS, self.digits_type, step.payload, at_ms, first=step.first)
            self.rtp.send(packet, target)

    # ── Who hears what ────────────────────────────────────────────────────────────────────────────

    def reroute(self) -> None:
        """Work out anew what this leg and the one bridged with it hear."""
        self._reroute()
        if self.bridged is not None:
            self.bridged._reroute()

    def settle(self) -> None:
        """Must follow every change of what becomes of its voice; `reroute` sees to its own.

        The way is laid anew when the next packet comes: a call changes several times before that.
        """
        self.receive, self.carry = self._receive_first, self._carry_first

    def _lay(self) -> None:
        self.carry = lay_carry(self)
        self.receive = lay_receive(self, self.carry)

    def _receive_first(self, data: bytes, address: Address) -> None:
        self._lay()
        self.receive(data, address)

    def _carry_first(
        self, kind: int, ssrc: int, sequence: int, timestamp: int, payload: bytes, now: int
    ) -> None:
        self._lay()
        self.carry(kind, ssrc, sequence, timestamp, payload, now)

    def _reroute(self) -> None:
        wants = wanted(self)
        before = self.speaker
        speaker = (self.bridged or self) if wants is Hearing.LIVE else None
        if self.away or (speaker is not None and speaker.away):
            speaker = None  # another relays
        if self.speaker is not None and self.speaker is not speaker and self.speaker.listener is self:
            self.speaker.listener = None
        self.speaker = speaker
        if speaker is not None:
            speaker.listener = self
        if wants is Hearing.MUSIC and self.hearing is not Hearing.MUSIC:
            self.music = self.shared.hold_audio()
        self.hearing = wants
        self.wake_ms = 0
        for changed in {self, self.speaker or self, before or self}:
            changed.settle()
        if self.shared.rerouted is not None:
            self.shared.rerouted(self.name)

    def let_go(self) -> None:
        """The leg is closed: nothing in it leads back to it, so that it leaves memory now."""
        del self.carry
        self.receive = _deaf
        self.web = None
        self.out.feed = None

    def quality(self, *, whole: bool = False) -> Quality:
        """What arrived so far; the score is of the last seconds, or with `whole` of the whole call."""
        reports = self.reports
        return self.watch.quality(
            self.arrivals, peer_loss=reports.peer_loss, round_trip_ms=reports.round_trip_ms, whole=whole
        )


def _deaf(data: bytes, address: Address) -> None:
    """What a leg that is over does with packets."""
