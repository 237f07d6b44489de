"""SIP, media and surroundings in memory: they write down what they are told, a test says what happens."""

from __future__ import annotations

from collections.abc import Sequence

from huawu.link.messages import (
    Collect,
    ConferenceId,
    Configure,
    EndpointId,
    Event,
    LegId,
    Mix,
    MoveRecording,
    Originate,
    PauseRecording,
    Play,
    Quality,
    Reason,
    ResumeRecording,
    StartRecording,
    StopRecording,
    TrunkId,
)
from huawu.switch.media.ports import LocalPorts, NoPortLeft
from huawu.switch.sip.events import BindingChanged, CallEnded, Flow, Found, Output, Place, SendPacket
from huawu.switch.sip.loans import Loan
from huawu.switch.sip.negotiation import AgreedMedia
from huawu.switch.sip.passes import Pass
from huawu.switch.sip.registrar import Share
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.subscription import TransferState
from huawu.switch.sip.webrtc import Fingerprint, WebMedia, fresh_ice

PEER = Flow(transport="udp", host="127.0.0.9", port=5060)
QUALITY = Quality(packets=50)
FINGERPRINT = Fingerprint(digest="sha-256", octets=bytes(range(32)))


class FakeCalls:
    """`next` is what the next packet leads to; hang-ups and rejections end the leg at once."""

    def __init__(self) -> None:
        self.next: list[Output] = []
        self.did: list[tuple[object, ...]] = []
        self.retry_after_s: int | None = None
        self.helps = False
        self.ends_at_once = True
        self.answers: dict[LegId, Sdp] = {}
        self.rung: dict[LegId, Sdp] = {}
        self.hosts: dict[str, str] = {}
        self.browsers: dict[EndpointId, Share] = {}
        self.web_offers: dict[LegId, Sdp] = {}

    def configure(self, configuration: Configure, at: float) -> list[Output]:
        self.did.append(("configure", configuration.realm))
        return []

    def receive(self, data: bytes, flow: Flow, at: float) -> list[Output]:
        return self.next

    def fire(self, key: str, at: float) -> list[Output]:
        self.did.append(("fire", key))
        return []

    def loans_used(self) -> list[str]:
        return []

    def admit(self, passes: Sequence[Pass], at: float) -> None:
        self.admitted = [*passes]

    def lend(self, loans: Sequence[Loan], at: float, *, whole: bool = False) -> list[Output]:
        self.did.append(("lend", tuple(loans), whole))
        return []

    def learn(self, told: Sequence[BindingChanged], at: float) -> list[Output]:
        self.did.append(("learn", tuple(told)))
        return []

    def shared(self, at: float) -> list[BindingChanged]:
        return []

    def connection_lost(self, flow: Flow, at: float) -> list[Output]:
        self.did.append(("connection lost", flow))
        return []

    def ring(self, leg: LegId, at: float, sdp: Sdp | None = None) -> list[Output]:
        self.did.append(("ring", leg))
        if sdp is not None:
            self.rung[leg] = sdp
        return [SendPacket(flow=PEER, data=b"180")]

    def answer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        self.did.append(("answer", leg))
        self.answers[leg] = sdp
        return [SendPacket(flow=PEER, data=b"200")]

    def reject(self, leg: LegId, reason: Reason, at: float, words: str = "") -> list[Output]:
        self.did.append(("reject", leg, reason))
        return [CallEnded(leg=leg, by="centre", reason=reason)]

    def browsers_at(self, endpoint: EndpointId) -> Share:
        return self.browsers.get(endpoint, "none")

    def invite(
        self, leg: LegId, originate: Originate, offer: Sdp, at: float, web: Sdp | None = None
    ) -> list[Output]:
        self.did.append(("invite", leg))
        self.answers[leg] = offer
        if web is not None:
            self.web_offers[leg] = web
        return [SendPacket(flow=PEER, data=b"INVITE")]

    def hang_up(self, leg: LegId, reason: Reason, at: float) -> list[Output]:
        self.did.append(("hang up", leg, reason))
        return [CallEnded(leg=leg, by="centre", reason=reason)] if self.ends_at_once else []

    def offer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        self.did.append(("offer", leg))
        self.answers[leg] = sdp
        return []

    def answer_offer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        self.did.append(("answer offer", leg))
        self.answers[leg] = sdp
        return []

    def refuse_offer(self, leg: LegId, at: float) -> list[Output]:
        self.did.append(("refuse offer", leg))
        return []

    def refer(self, leg: LegId, number: str, replaces: LegId | None, at: float) -> list[Output]:
        self.did.append(("refer", leg, number, replaces))
        return []

    def tell_transfer(self, leg: LegId, state: TransferState, reason: Reason, at: float) -> list[Output]:
        self.did.append(("tell transfer", leg, state, reason))
        return []

    def looked_up(self, found: Found, at: float) -> list[Output]:
        self.did.append(("looked up", found.place.name))
        return []

    def host_of(self, trunk: TrunkId) -> str:
        return self.hosts.get(trunk, "")

    def leave(self, at: float) -> list[Output]:
        self.did.append(("leave",))
        return []

    def overloaded(self, retry_after_s: int | None, *, helps: bool = False) -> None:
        self.retry_after_s, self.helps = retry_after_s, helps


class FakeMedia:
    """Bridges and open legs are kept as the real engine does; all else is only written down."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []
        self.peers: dict[LegId, str] = {}  # whom their media are expected from
        self.opened: dict[LegId, LocalPorts] = {}
        self.bridges: dict[LegId, LegId] = {}
        self.conferences: dict[ConferenceId, set[tuple[LegId, LegId]]] = {}
        """Of each the cells: listener and speaker."""
        self.pairs_left = 1_000
        self.serves_browsers = False
        self.agreed: dict[LegId, AgreedMedia] = {}
        self.last_packet: dict[LegId, int] = {}
        self.broken = False
        self.fellows: dict[LegId, LegId] = {}
        """The bridges that are ordinary."""
        self.copies: dict[LegId, tuple[tuple[str, ...], int] | None] = {}
        self.gone: set[LegId] = set()
        """Whose peers speak to another relay."""

    def open(self, leg: LegId, *, ipv6: bool = False, peer: str = "") -> LocalPorts:
        host = "::1" if ipv6 else "127.0.0.1"
        self.peers[leg] = peer
        if self.pairs_left == 0:
            raise NoPortLeft(host, range(20_000, 20_002))
        self.pairs_left -= 1
        port = 20_000 + 2 * len(self.opened)
        self.opened[leg] = LocalPorts(host=host, rtp_port=port, rtcp_port=port + 1)
        return self.opened[leg]

    def open_web(self, leg: LegId, hosts: Sequence[str]) -> WebMedia | None:
        if not self.serves_browsers:
            return None
        self.peers.setdefault(leg, "")
        self.opened.setdefault(leg, LocalPorts(host="127.0.0.1", rtp_port=5004, rtcp_port=5004))
        places = tuple((host, 5004) for host in hosts)
        return WebMedia(places=places, ice=fresh_ice(), fingerprint=FINGERPRINT)

    def inherit(self, leg: LegId, before: LegId) -> None:
        self.did.append(("inherit", leg, before))

    def agree(self, leg: LegId, agreed: AgreedMedia) -> None:
        self.agreed[leg] = agreed
        self.did.append(("agree", leg, agreed.remote_port, agreed.direction))

    def close(self, leg: LegId) -> Quality | None:
        self.unbridge(leg)
        self._leave(leg)
        self.part(leg)
        self.stop_copy(leg)
        self.gone.discard(leg)
        return QUALITY if self.opened.pop(leg, None) else None

    def play(self, command: Play) -> None:
        if self.broken:
            raise RuntimeError("a bug")
        self.did.append(("play", command.leg))

    def stop_play(self, leg: LegId) -> None:
        self.did.append(("stop play", leg))

    def collect(self, command: Collect) -> None:
        self.did.append(("collect", command.leg))

    def stop_collect(self, leg: LegId) -> None:
        self.did.append(("stop collect", leg))

    def digit(self, leg: LegId, digit: str, length_ms: int) -> None:
        self.did.append(("digit", leg, digit, length_ms))

    def send_digits(self, leg: LegId, digits: str) -> None:
        self.did.append(("send digits", leg, digits))

    def bridge(self, a: LegId, b: LegId) -> None:
        self.unbridge(a)
        self.unbridge(b)
        self.bridges[a], self.bridges[b] = b, a

    def unbridge(self, leg: LegId) -> None:
        other = self.bridges.pop(leg, None)
        if other is not None:
            self.bridges.pop(other, None)

    def bridged_with(self, leg: LegId) -> LegId | None:
        return self.bridges.get(leg)

    def join(self, a: LegId, b: LegId) -> None:
        """Make an ordinary bridge."""
        self.bridge(a, b)
        self.fellows[a], self.fellows[b] = b, a

    def part(self, leg: LegId) -> None:
        """Its bridge is ordinary no longer."""
        other = self.fellows.pop(leg, None)
        if other is not None:
            self.fellows.pop(other, None)

    def fellow(self, leg: LegId) -> LegId | None:
        return self.fellows.get(leg)

    def heard_from(self, leg: LegId) -> tuple[str, int] | None:
        return ("127.0.0.9", 4000) if leg in self.last_packet else None

    def is_quiet(self, leg: LegId) -> bool:
        return leg not in self.bridges

    def open_copy(self, leg: LegId) -> LocalPorts | None:
        if self.pairs_left == 0:
            raise NoPortLeft("127.0.0.1", range(20_000, 20_002))
        self.copies.setdefault(leg, None)
        return LocalPorts(host="127.0.0.1", rtp_port=29_000, rtcp_port=29_001)

    def expect_copy(self, leg: LegId, hosts: tuple[str, ...], port: int) -> None:
        self.copies[leg] = hosts, port

    def stop_copy(self, leg: LegId) -> None:
        self.copies.pop(leg, None)

    def away(self, leg: LegId, away: bool) -> None:
        (self.gone.add if away else self.gone.discard)(leg)

    def mix(self, command: Mix) -> None:
        cells = {(cell.listener, cell.speaker) for cell in command.hears}
        for leg in {leg for cell in cells for leg in cell}:
            self.unbridge(leg)
            self._leave(leg)
        self.conferences[command.conference] = cells
        self.did.append(("mix", command.conference))

    def _leave(self, leg: LegId) -> None:
        for name, cells in self.conferences.items():
            self.conferences[name] = {cell for cell in cells if leg not in cell}

    def conference_of(self, leg: LegId) -> ConferenceId | None:
        for name, cells in self.conferences.items():
            if any(leg in cell for cell in cells):
                return name
        return None

    def company(self, leg: LegId) -> tuple[LegId, ...]:
        bridged, name = self.bridges.get(leg), self.conference_of(leg)
        if name is None:
            return () if bridged is None else (bridged,)
        return tuple(sorted({other for cell in self.conferences[name] for other in cell} - {leg}))

    def in_talk(self, leg: LegId) -> bool:
        name = self.conference_of(leg)
        if name is None:
            return leg in self.bridges
        return any(
            (speaker, listener) in self.conferences[name] for listener, speaker in self.conferences[name]
        )

    def hold(self, leg: LegId) -> None:
        self.did.append(("hold", leg))

    def resume(self, leg: LegId) -> None:
        self.did.append(("resume", leg))

    def peer_held(self, leg: LegId, held: bool) -> None:
        self.did.append(("peer held", leg, held))

    def mute(self, leg: LegId) -> None:
        self.did.append(("mute", leg))

    def unmute(self, leg: LegId) -> None:
        self.did.append(("unmute", leg))

    def tell_levels(self, leg: LegId) -> None:
        self.did.append(("tell levels", leg))

    def echo(self, leg: LegId) -> None:
        self.did.append(("echo", leg))

    def set_hold_music(self, path: str) -> None:
        self.did.append(("hold music", path))

    def start_recording(self, command: StartRecording) -> None:
        self.did.append(("record", command.recording))

    def move_recording(self, command: MoveRecording) -> None:
        self.did.append(("move recording", command.recording, command.right))

    def pause_recording(self, command: PauseRecording) -> None:
        self.did.append(("pause recording", command.recording))

    def resume_recording(self, command: ResumeRecording) -> None:
        self.did.append(("resume recording", command.recording))

    def stop_recording(self, command: StopRecording) -> None:
        self.did.append(("stop recording", command.recording))

    def last_packet_ms(self, leg: LegId) -> int | None:
        return self.last_packet.get(leg)


class FakeSurroundings:
    """A clock that moves when told, and lists of what went out."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.timers: dict[str, float] = {}
        self.sent: list[bytes] = []
        self.events: list[Event] = []
        self.stops = 0
        self.looked_up: list[Place] = []

    def at(self) -> float:
        return self.seconds

    def now_ms(self) -> int:
        return 1_000_000 + int(self.seconds * 1000)

    def start_timer(self, key: str, due: float) -> None:
        self.timers[key] = due

    def stop_timer(self, key: str) -> None:
        self.timers.pop(key, None)

    def send(self, packet: SendPacket) -> None:
        self.sent.append(packet.data)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def look_up(self, place: Place) -> None:
        self.looked_up.append(place)

    def media_host(self, bound: str, peer: str) -> str:
        return bound

    def web_hosts(self, peer: str) -> tuple[str, ...]:
        return ("127.0.0.1",)

    def stopped(self) -> None:
        self.stops += 1
