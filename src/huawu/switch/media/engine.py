"""The media of all legs in one place: what the switch tells it, and the one 20 ms step that drives it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from huawu.link.messages import (
    Collect,
    ConferenceId,
    Event,
    LegId,
    Mix,
    MoveRecording,
    PauseRecording,
    Play,
    Quality,
    ResumeRecording,
    StartRecording,
    StopRecording,
)
from huawu.switch.media import announce, company, control, keys
from huawu.switch.media.agreeing import agree
from huawu.switch.media.conferences import Conferences
from huawu.switch.media.copies import CopyEars, fellow
from huawu.switch.media.disk import Disk
from huawu.switch.media.hearing import Hearing
from huawu.switch.media.leg import Leg
from huawu.switch.media.pace import pace
from huawu.switch.media.ports import Address, LocalPorts, Network, PortPool
from huawu.switch.media.protection import wired
from huawu.switch.media.recordings import Recordings
from huawu.switch.media.shared import Shared
from huawu.switch.media.stream import OutStream
from huawu.switch.media.ticker import Ticker
from huawu.switch.media.udp import UdpNetwork
from huawu.switch.sip.negotiation import AgreedMedia
from huawu.switch.sip.webrtc import WebMedia
from huawu.switch.webrtc.news import PathNews
from huawu.switch.webrtc.port import WebPort


class MediaEngine:
    """RTP of every leg: plays, collects, bridges, recordings. Commands for a leg not open are ignored.

    `now_ms` is Unix time in milliseconds and must not jump back. `emit` gets the media events of
    `huawu.link.messages`, always from the event loop's thread. `first_pair` of the ports is the first that is
    given out. `network` and `disk` are for tests.
    """

    def __init__(
        self,
        *,
        host: str,
        ports: range,
        first_pair: int = 0,
        emit: Callable[[Event], None],
        now_ms: Callable[[], int],
        host6: str | None = None,
        rerouted: Callable[[LegId], None] | None = None,
        path_news: Callable[[LegId, PathNews], None] | None = None,
        web: WebPort | None = None,
        network: Network | None = None,
        disk: Disk | None = None,
    ) -> None:
        self._host = host
        self._host6 = host6
        self._now_ms = now_ms
        self._pool = PortPool(network or UdpNetwork(), ports, first_pair)
        self._copies = CopyEars(self._pool)
        self._disk = disk or Disk()
        self._legs: dict[LegId, Leg] = {}
        self._web = web
        self._shared = Shared(
            emit=emit, now_ms=now_ms, pressed=keys.pressed, rerouted=rerouted, path_news=path_news
        )
        self._recordings = Recordings(self._disk, emit)
        self._conferences = Conferences(self._shared, self._part, self._recordings.rearrange)
        self._ticker = Ticker(self.tick, now_ms)

    async def start(self) -> None:
        """Start the ticker and the recorder's disk thread."""
        self._disk.start()
        self._ticker.start()

    async def stop(self) -> None:
        """Close every leg and recording; the last `RecordingStopped` are told before this returns."""
        self._ticker.stop()
        self._recordings.stop_all(self._now_ms())
        for leg in list(self._legs):
            self.close(leg)
        self._pool.shut()
        if self._web is not None:
            self._web.shut()
        await asyncio.to_thread(self._disk.stop)
        self._recordings.tell()

    def holds(self) -> dict[str, int]:
        """How much is in use: all zero once calls have ended and their recordings are on disk."""
        ways = self._web.count if self._web is not None else 0
        ports = self._pool.taken
        return {"legs": len(self._legs), "ports": ports, "ways": ways, "recordings": self._recordings.open}

    # ── Legs ──────────────────────────────────────────────────────────────────────────────────────

    def open(self, leg: LegId, *, ipv6: bool = False, peer: str = "") -> LocalPorts:
        """Bind an even/odd pair of ports. Raises NoPortLeft; opening an open leg tells its ports again.

        `peer` is the host its SIP comes from: of those not named by its description the likeliest source.
        """
        made = self._legs.get(leg) or Leg(leg, self._shared, self._now_ms())
        if made.ports is not None:
            return made.ports
        host = self._host6 if ipv6 and self._host6 is not None else self._host
        made.ports, made.rtp, made.rtcp = self._pool.open(host, made.receive_rtp, made.receive_rtcp)
        made.gate.kin = peer
        self._legs[leg] = made
        return made.ports

    def open_web(self, leg: LegId, hosts: Sequence[str]) -> WebMedia | None:
        """A way for a browser, which is told these addresses of ours; None where browsers are not served.

        For a leg open already it is one of two that may be agreed on, else the only one.
        """
        if self._web is None:
            return None
        found = self._legs.get(leg)
        if found is None:
            found = self._legs[leg] = Leg(leg, self._shared, self._now_ms())
        told = self._web.open(found, hosts)
        if found.ports is None:
            assert found.web is not None
            found.rtp = found.rtcp = found.web
        return told

    def agree(self, leg: LegId, agreed: AgreedMedia) -> None:
        """Media runs as agreed from now on; again after each re-INVITE."""
        if found := self._legs.get(leg):
            if agreed.web is not None and found.web is not None and self._web is not None:
                self._close_pair(found)
                found.rtp = found.rtcp = wired(found.web, found.protection)
                agree(found, agreed)
                self._web.agree(found.web, agreed.web)
            else:
                agree(found, agreed)
            found.reroute()

    def inherit(self, leg: LegId, before: LegId) -> None:
        """`leg` takes the place of the leg `before`, at the same peer: its stream goes on as that one's."""
        found, old = self._legs.get(leg), self._legs.get(before)
        if found is not None and old is not None and found is not old:
            found.out, old.out = old.out, OutStream()
            for changed in (found, old):
                changed.settle()
                changed.reroute()

    def _close_pair(self, leg: Leg) -> None:
        if leg.ports is not None:
            leg.rtp.close()
            leg.rtcp.close()
            self._pool.free(leg.ports)
            leg.ports = None

    def close(self, leg: LegId) -> Quality | None:
        """The leg is over: no event about it follows. Recordings with it on the left stop.

        Returns its quality, None when nothing ever came from its peer.
        """
        found = self._legs.pop(leg, None)
        if found is None:
            return None
        now = self._now_ms()
        found.closed = True
        self.stop_copy(leg)
        self._conferences.leave(found)
        self._part(found)
        found.listener = None
        found.settle()
        self._recordings.leg_closed(found, now)
        control.send_report(found, now, bye=True)
        found.tell_refused()
        self._close_pair(found)
        if found.web is not None and self._web is not None:
            self._web.leave(found.web)
        quality = found.quality(whole=True) if found.arrivals.received else None
        found.let_go()
        return quality

    def last_packet_ms(self, leg: LegId) -> int | None:
        """When the leg's peer last sent us a valid RTP packet or a report (RTCP); None = never."""
        found = self._legs.get(leg)
        return max(found.last_packet_ms, found.last_report_ms) or None if found else None

    def strangers(self, leg: LegId) -> int:
        """Packets refused because they came from another than the leg's peer."""
        found = self._legs.get(leg)
        return found.gate.strangers if found else 0

    # ── Clips and digits ──────────────────────────────────────────────────────────────────────────

    def play(self, command: Play) -> None:
        if found := self._legs.get(command.leg):
            announce.start_play(found, command, self._now_ms())

    def stop_play(self, leg: LegId) -> None:
        if found := self._legs.get(leg):
            announce.end_play(found, "stopped")

    def collect(self, command: Collect) -> None:
        if found := self._legs.get(command.leg):
            announce.start_collect(found, command, self._now_ms())

    def stop_collect(self, leg: LegId) -> None:
        if found := self._legs.get(leg):
            announce.stop_collect(found)

    def digit(self, leg: LegId, digit: str, length_ms: int) -> None:
        """A digit came by SIP INFO. A peer that sent RTP events before says the same twice: not heard."""
        if found := self._legs.get(leg):
            keys.told(found, digit, self._now_ms())

    def send_digits(self, leg: LegId, digits: str) -> None:
        """Send digits to the peer: RFC 4733 events where agreed, else tones. What is no digit is left out."""
        if found := self._legs.get(leg):
            keys.send(found, digits)

    # ── Who hears whom ────────────────────────────────────────────────────────────────────────────

    def bridge(self, a: LegId, b: LegId) -> None:
        first, second = self._legs.get(a), self._legs.get(b)
        if first is None or second is None or first is second:
            return
        for leg in (first, second):
            self._conferences.leave(leg)
        if first.bridged is not second:
            self._part(first)
            self._part(second)
        first.bridged, second.bridged = second, first
        for leg in (first, second):
            leg.echo = False
            announce.end_all(leg)
        first.reroute()

    def unbridge(self, leg: LegId) -> None:
        if (found := self._legs.get(leg)) and found.conference is None:
            self._part(found)

    def _part(self, leg: Leg) -> None:
        other = leg.bridged
        if other is not None:
            leg.bridged = other.bridged = None
            other.reroute()
            leg.reroute()

    def bridged_with(self, leg: LegId) -> LegId | None:
        return company.bridged_with(self._legs.get(leg))

    def mix(self, command: Mix) -> None:
        """Let legs hear each other by the matrix of a conference; cells of a leg not open are left out."""
        gains = {}
        for cell in command.hears:
            listener, speaker = self._legs.get(cell.listener), self._legs.get(cell.speaker)
            if listener is not None and speaker is not None and listener is not speaker:
                gains[listener, speaker] = cell.gain
        self._conferences.mix(command.conference, gains)

    def conference_of(self, leg: LegId) -> ConferenceId | None:
        return company.conference_of(self._legs.get(leg))

    def company(self, leg: LegId) -> tuple[LegId, ...]:
        """Who else is on the leg's bridge or in its conference."""
        return company.company(self._legs.get(leg))

    def in_talk(self, leg: LegId) -> bool:
        """Whether the leg is bridged, or in a conference in which any two still hear each other."""
        return company.in_talk(self._legs.get(leg))

    def hold(self, leg: LegId) -> None:
        """We hold: the leg hears hold music and is not heard."""
        self._set(leg, "held", True)

    def resume(self, leg: LegId) -> None:
        self._set(leg, "held", False)

    def peer_held(self, leg: LegId, held: bool) -> None:
        """The leg's peer holds us, or no longer: meanwhile its bridged party hears hold music."""
        self._set(leg, "peer_held", held)

    def mute(self, leg: LegId) -> None:
        """The leg is not heard by its bridged party, not recorded, and its talk is not told."""
        self._set(leg, "muted", True)

    def unmute(self, leg: LegId) -> None:
        self._set(leg, "muted", False)

    def tell_levels(self, leg: LegId) -> None:
        """Tell each second how loud its party speaks."""
        if found := self._legs.get(leg):
            found.tells_levels = True

    def echo(self, leg: LegId) -> None:
        """Send the leg's own voice back to it, until it is bridged; plays stand in for it meanwhile."""
        if (found := self._legs.get(leg)) and found.bridged is None and found.conference is None:
            found.echo = True
            found.reroute()

    def _set(self, leg: LegId, state: str, value: bool) -> None:
        if found := self._legs.get(leg):
            setattr(found, state, value)
            if found.held or found.muted:
                found.tell_talk(found.talk_ear.end())
            found.reroute()
            for other in found.conference.legs if found.conference is not None else ():
                other.reroute()

    def set_hold_music(self, path: str) -> None:
        self._shared.hold_music = path
        audio = self._shared.hold_audio()
        for leg in self._legs.values():
            if leg.hearing is Hearing.MUSIC:
                leg.music = audio
                leg.wake_ms = 0

    # ── Recordings ────────────────────────────────────────────────────────────────────────────────

    def start_recording(self, command: StartRecording) -> None:
        if left := self._legs.get(command.left):
            self._recordings.start(command, left, self._find(command.right), self._now_ms())

    def move_recording(self, command: MoveRecording) -> None:
        self._recordings.move(command, self._find(command.right))

    def pause_recording(self, command: PauseRecording) -> None:
        self._recordings.pause(command.recording)

    def resume_recording(self, command: ResumeRecording) -> None:
        self._recordings.resume(command.recording, self._now_ms())

    def stop_recording(self, command: StopRecording) -> None:
        self._recordings.stop(command.recording, self._now_ms())

    def _find(self, leg: LegId | None) -> Leg | None:
        return None if leg is None else self._legs.get(leg)

    # ── Media away: another relays, we hear a copy ────────────────────────────────────────────────

    def fellow(self, leg: LegId) -> LegId | None:
        """With whom it has an ordinary bridge that another could relay; None = it needs us."""
        other = fellow(found) if (found := self._legs.get(leg)) else None
        return other.name if other is not None else None

    def heard_from(self, leg: LegId) -> tuple[str, int] | None:
        """Where its peer's RTP came from, and is believed; None = nothing came yet."""
        found = self._legs.get(leg)
        return found.gate.locked[:2] if found and found.gate.locked else None

    def is_quiet(self, leg: LegId) -> bool:
        """Nothing but silence is to be heard by its peer."""
        found = self._legs.get(leg)
        return found is None or found.hearing in (Hearing.SILENCE, Hearing.NOTHING)

    def open_copy(self, leg: LegId) -> LocalPorts | None:
        """Ports for the copy of its peer's voice. Raises NoPortLeft; None for a leg that is over."""
        found = self._legs.get(leg)
        return self._copies.open(found) if found is not None and found.ports is not None else None

    def expect_copy(self, leg: LegId, hosts: tuple[str, ...], port: int) -> None:
        self._copies.expect(leg, hosts, port)

    def stop_copy(self, leg: LegId) -> None:
        self._copies.close(leg)

    def away(self, leg: LegId, away: bool) -> None:
        """Its peer speaks to and hears the other relay from now on, or us again."""
        self._set(leg, "away", away)

    # ── Packets and time ──────────────────────────────────────────────────────────────────────────

    def receive_rtp(self, leg: LegId, data: bytes, address: Address) -> None:
        """A datagram came to the leg's RTP port. (The sockets go straight to the leg.)"""
        if found := self._legs.get(leg):
            found.receive_rtp(data, address)

    def receive_rtcp(self, leg: LegId, data: bytes, address: Address) -> None:
        """A datagram came to the leg's RTCP port."""
        if found := self._legs.get(leg):
            found.receive_rtcp(data, address)

    def tick(self, at_ms: int) -> None:
        """One 20 ms step of everything paced by us."""
        self._pool.step()
        self._copies.drain()
        if self._web is not None:
            self._web.step(at_ms)
        pace(list(self._legs.values()), self._shared, at_ms)
        self._conferences.step(at_ms)
        self._recordings.step(at_ms)
