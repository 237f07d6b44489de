"""The media of all legs in one place: what the switch tells it, and the one 20 ms ticker that drives it."""

from __future__ import annotations

from collections.abc import Callable

from huawu.link.messages import (
    Collect,
    Event,
    LegId,
    MoveRecording,
    PauseRecording,
    Play,
    Quality,
    ResumeRecording,
    StartRecording,
    StopRecording,
)
from huawu.switch.media.ports import Address, LocalPorts, Network
from huawu.switch.sip.sdp import AgreedMedia


class MediaEngine:
    """RTP of every leg: plays, collects, bridges, recordings. Commands for a leg not open are ignored.

    `now_ms` is Unix time in milliseconds and must not jump back. `emit` gets the media events of
    `huawu.link.messages`, always from the event loop's thread. `network` is for tests.
    """

    def __init__(
        self,
        *,
        host: str,
        ports: range,
        emit: Callable[[Event], None],
        now_ms: Callable[[], int],
        host6: str | None = None,
        network: Network | None = None,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Start the ticker and the recorder's disk thread."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Close every leg and recording; the last `RecordingStopped` are told before this returns."""
        raise NotImplementedError

    def open(self, leg: LegId, *, ipv6: bool = False) -> LocalPorts:
        """Bind an even/odd pair of ports. Raises NoPortLeft; opening an open leg tells its ports again."""
        raise NotImplementedError

    def agree(self, leg: LegId, agreed: AgreedMedia) -> None:
        """Media runs as agreed from now on; again after each re-INVITE."""
        raise NotImplementedError

    def close(self, leg: LegId) -> Quality | None:
        """The leg is over: no event about it follows. Recordings with it on the left stop."""
        raise NotImplementedError

    def play(self, command: Play) -> None:
        raise NotImplementedError

    def stop_play(self, leg: LegId) -> None:
        raise NotImplementedError

    def collect(self, command: Collect) -> None:
        raise NotImplementedError

    def stop_collect(self, leg: LegId) -> None:
        raise NotImplementedError

    def digit(self, leg: LegId, digit: str, length_ms: int) -> None:
        """A digit came by SIP INFO."""
        raise NotImplementedError

    def send_digits(self, leg: LegId, digits: str) -> None:
        """Send digits to the peer: RFC 4733 events where agreed, else tones."""
        raise NotImplementedError

    def bridge(self, a: LegId, b: LegId) -> None:
        raise NotImplementedError

    def unbridge(self, leg: LegId) -> None:
        raise NotImplementedError

    def bridged_with(self, leg: LegId) -> LegId | None:
        raise NotImplementedError

    def hold(self, leg: LegId) -> None:
        """We hold: the leg hears hold music and is not heard."""
        raise NotImplementedError

    def resume(self, leg: LegId) -> None:
        raise NotImplementedError

    def peer_held(self, leg: LegId, held: bool) -> None:
        """The leg's peer holds us, or no longer: meanwhile its bridged party hears hold music."""
        raise NotImplementedError

    def mute(self, leg: LegId) -> None:
        raise NotImplementedError

    def unmute(self, leg: LegId) -> None:
        raise NotImplementedError

    def echo(self, leg: LegId) -> None:
        raise NotImplementedError

    def set_hold_music(self, path: str) -> None:
        raise NotImplementedError

    def start_recording(self, command: StartRecording) -> None:
        raise NotImplementedError

    def move_recording(self, command: MoveRecording) -> None:
        raise NotImplementedError

    def pause_recording(self, command: PauseRecording) -> None:
        raise NotImplementedError

    def resume_recording(self, command: ResumeRecording) -> None:
        raise NotImplementedError

    def stop_recording(self, command: StopRecording) -> None:
        raise NotImplementedError

    def last_packet_ms(self, leg: LegId) -> int | None:
        """When the leg's peer last sent us a valid RTP packet; None = never."""
        raise NotImplementedError

    def receive_rtp(self, leg: LegId, data: bytes, address: Address) -> None:
        """A datagram came to the leg's RTP port."""
        raise NotImplementedError

    def receive_rtcp(self, leg: LegId, data: bytes, address: Address) -> None:
        """A datagram came to the leg's RTCP port."""
        raise NotImplementedError

    def tick(self, at_ms: int) -> None:
        """One 20 ms step of everything paced by us."""
        raise NotImplementedError
