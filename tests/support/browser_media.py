"""A browser's side of WebRTC in Python: checks paths by ICE, does DTLS, speaks and hears SRTP.

It has no sockets: `send` is where its datagrams go. DTLS and SRTP are the libraries the switch uses too; that
real browsers agree with it is proved by the tests with Chromium.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable
from functools import lru_cache

from aioice import stun

from huawu.switch.media.ports import Address
from huawu.switch.media.protection import Protection
from huawu.switch.media.rtp import RtpPacket, is_rtcp
from huawu.switch.sip.sdp import Sdp, Stream
from huawu.switch.sip.webrtc import Fingerprint, Ice, fresh_ice
from huawu.switch.webrtc.dtls import Association, Certificate, State

FRAME = 160
HERE: Address = ("198.51.100.1", 50_000)


@lru_cache(maxsize=2)
def certificate(number: int = 0) -> Certificate:
    """A browser's; making one for each would only take time."""
    return Certificate(dt.datetime.now(dt.UTC))


class BrowserMedia:
    """One RTCPeerConnection. `at` is where its datagrams come from; change it to move to another network."""

    def __init__(
        self, send: Callable[[bytes, Address, Address], None], *, at: Address = HERE, page: int = 0
    ) -> None:
        self._send = send
        self.at = at
        self.certificate = certificate(page)
        self.ice = fresh_ice()
        self.setup = "actpass"
        self.direction = "sendrecv"
        self.codecs = "0 8 126"
        self.theirs: Ice
        self.place: Address
        """Where the switch is to be found."""
        self.dtls: Association | None = None
        self.protection: Protection | None = None
        self.answers: list[stun.Message] = []
        self.heard: list[RtpPacket] = []
        self.reports = 0
        self.ssrc = 0x00B0_0000 + page
        self.sequence = 65_500
        self.timestamp = 1_000
        self.now_ms: Callable[[], int] = lambda: 0

    # ── Session descriptions ──────────────────────────────────────────────────────────────────────

    def offer(self) -> Sdp:
        return self._describe(self.codecs, "0", self.setup)

    def answer(self, offer: Sdp, setup: str = "active") -> Sdp:
        """Take the switch's offer; the answer."""
        self.take(offer)
        self.setup = setup
        stream = self._audio(offer)
        formats = sorted(stream.formats, key=lambda one: one != "0")  # as the test's voices are μ-law
        return self._describe(" ".join(formats), stream.attribute("mid") or "", setup)

    def take(self, theirs: Sdp) -> None:
        """Read the switch's description: where it is, and what proves it."""
        stream = self._audio(theirs)
        ufrag, password = stream.attribute("ice-ufrag"), stream.attribute("ice-pwd")
        assert ufrag
        assert password
        self.theirs = Ice(ufrag=ufrag, password=password)
        words = (stream.attribute("candidate") or "").split(" ")
        self.place = words[4], int(words[5])
        self.digits_type = next(
            (int(number) for number, name in stream.codecs().items() if name.startswith("TELEPHONE")), -1
        )
        self.fingerprint = stream.attribute("fingerprint") or ""
        self.their_setup = stream.attribute("setup") or ""

    @staticmethod
    def _audio(sdp: Sdp) -> Stream:
        return next(one for one in sdp.streams if one.kind == "audio" and one.port)

    def _describe(self, codecs: str, mid: str, setup: str) -> Sdp:
        maps = "".join(
            f"a=rtpmap:{number} telephone-event/8000\r\n" for number in codecs.split(" ") if int(number) > 95
        )
        return Sdp.parse(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
            f"a=group:BUNDLE {mid}\r\nm=audio 9 UDP/TLS/RTP/SAVPF {codecs}\r\nc=IN IP4 0.0.0.0\r\n"
            f"{maps}a=rtcp:9 IN IP4 0.0.0.0\r\n"
            f"a=ice-ufrag:{self.ice.ufrag}\r\na=ice-pwd:{self.ice.password}\r\n"
            f"a=fingerprint:{self.certificate.fingerprint}\r\na=setup:{setup}\r\na=mid:{mid}\r\n"
            f"a={self.direction}\r\na=rtcp-mux\r\n"
        )

    # ── Datagrams ─────────────────────────────────────────────────────────────────────────────────

    def send(self, data: bytes) -> None:
        self._send(data, self.at, self.place)

    def check(
        self, *, nominate: bool = True, password: str = "", extra: dict[str, object] | None = None
    ) -> bytes:
        """Check the path; the datagram."""
        message = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.REQUEST,
            attributes={
                "USERNAME": f"{self.theirs.ufrag}:{self.ice.ufrag}",
                "ICE-CONTROLLING": 7,
                "PRIORITY": 1,
                **({"USE-CANDIDATE": None} if nominate else {}),
                **(extra or {}),
            },
        )
        message.add_message_integrity((password or self.theirs.password).encode())
        data = bytes(message)
        self.send(data)
        return data

    def begin_dtls(self) -> None:
        """Begin, when that is ours (`active` in our description)."""
        self._association(active=True)
        assert self.dtls is not None
        for data in self.dtls.begin():
            self.send(data)

    def receive(self, data: bytes) -> None:
        """A datagram of the switch's."""
        if data[0] < 4:
            self.answers.append(stun.parse_message(data))
        elif 19 < data[0] < 64:
            if self.dtls is None:
                self._association(active=False)
            assert self.dtls is not None
            for out in self.dtls.receive(data):
                self.send(out)
            if self.dtls.keys is not None and self.protection is None:
                self.protection = Protection(self.dtls.keys)
        elif self.protection is not None:
            plain = self.protection.open(data, self.now_ms())
            assert plain is not None, "the switch sent what its key does not open"
            if is_rtcp(plain):
                self.reports += 1
            else:
                self.heard.append(RtpPacket.parse(plain))

    @property
    def stands(self) -> bool:
        return self.protection is not None

    @property
    def was_left(self) -> bool:
        """The switch said goodbye."""
        return self.dtls is not None and self.dtls.state is State.OVER

    def leave(self) -> None:
        """Say goodbye, as a page that is loaded anew does."""
        assert self.dtls is not None
        for data in self.dtls.close():
            self.send(data)

    def _association(self, *, active: bool) -> None:
        proof = Fingerprint.parse(self.fingerprint)
        assert proof is not None
        self.dtls = Association(self.certificate, (proof,), active=active)

    # ── Voice ─────────────────────────────────────────────────────────────────────────────────────

    def say(self, payload: bytes, payload_type: int = 0) -> None:
        """Send 20 ms of voice."""
        self.send(self.packet(payload, payload_type))

    def packet(self, payload: bytes, payload_type: int = 0) -> bytes:
        """The next packet of voice, protected."""
        assert self.protection is not None
        plain = RtpPacket(
            payload_type=payload_type,
            sequence=self.sequence,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            payload=payload,
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp += len(payload)
        sealed = self.protection.seal(bytes(plain))
        assert sealed is not None
        return sealed

    def press(self, digit: str) -> None:
        """A key as RFC 4733 events."""
        assert self.protection is not None
        event = "0123456789*#ABCD".index(digit)
        for step in (1, 2, 3, 4, 4, 4):
            end = 0x80 if step == 4 else 0
            plain = RtpPacket(
                payload_type=self.digits_type,
                sequence=self.sequence,
                timestamp=self.timestamp,
                ssrc=self.ssrc,
                payload=struct.pack(">BBH", event, end | 10, step * FRAME),
            )
            self.sequence = (self.sequence + 1) & 0xFFFF
            sealed = self.protection.seal(bytes(plain))
            assert sealed is not None
            self.send(sealed)
        self.timestamp += 4 * FRAME

    def new(self) -> list[RtpPacket]:
        """What was heard since this was last asked."""
        heard, self.heard = self.heard, []
        return heard
