"""The UDP port that all browsers' media share: which leg a datagram is for, and whether it is let in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from huawu.switch.media.ports import LARGEST, Address, Receive, Socket
from huawu.switch.sip.webrtc import WebAgreed, WebMedia, fresh_ice
from huawu.switch.webrtc import stun
from huawu.switch.webrtc.dtls import Certificate
from huawu.switch.webrtc.way import Way

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg

log = logging.getLogger(__name__)

ALL: Final = ("0.0.0.0", "::")
_MOST_TROUBLES: Final = 100


class SharedSocket(Socket, Protocol):
    """A bound UDP port; `port` is the one it got."""

    @property
    def port(self) -> int: ...


class Binder(Protocol):
    """Binds UDP ports; `beside`: another socket of ours has it already for all addresses.

    Raises OSError when the port is taken, or the address is not this machine's.
    """

    def __call__(self, host: str, port: int, receive: Receive, *, beside: bool = False) -> SharedSocket: ...


class Door:
    """One bound address. `paths` are the far ends that passed a check here."""

    __slots__ = ("_hub", "host", "paths", "socket")

    def __init__(self, hub: WebPort, host: str) -> None:
        self._hub = hub
        self.host = host
        self.paths: dict[Address, Way] = {}
        self.socket: SharedSocket

    def receive(self, data: bytes, address: Address) -> None:
        """A datagram came; its first octet says what it claims to be (RFC 7983 §7). Never raises."""
        hub = self._hub
        try:
            size = len(data)
            first = data[0] if 0 < size < LARGEST else 255
            if 127 < first < 192:
                way = self.paths.get(address)
                if way is not None:
                    leg = way.leg
                    locked = leg.gate.locked
                    if locked is not None and leg.protection is not None:
                        leg.receive(data, locked)
                    return
            elif first < 4:
                if hub.check(self, data, address):
                    return
            elif 19 < first < 64:
                way = self.paths.get(address)
                if way is not None:
                    way.receive_dtls(data, self, address, hub.now_ms())
                    return
            hub.stranger(address)
        except Exception:  # whatever anyone sends, the others' media goes on
            hub.trouble()


class WebPort:
    """`places` are host and port, one a family at most; port 0 = any free one."""

    def __init__(
        self,
        *,
        bind: Binder,
        places: Iterable[tuple[str, int]],
        certificate: Certificate,
        now_ms: Callable[[], int],
    ) -> None:
        """Raises OSError when a place cannot be had."""
        self.certificate = certificate
        self.now_ms = now_ms
        self.strangers = 0
        """Datagrams that were for nobody, or of nobody known."""
        self.troubles = 0
        self._tell_at = 1_000
        self._bind = bind
        self._ways: dict[bytes, Way] = {}  # by our user names, as long as they are good
        self._waiting: set[Way] = set()  # for DTLS to repeat itself
        self._doors: dict[str, Door] = {}
        try:
            for host, port in places:
                self._open(host, port)
        except OSError:
            self.shut()
            raise

    @property
    def told(self) -> str:
        """The port's number, for people."""
        return " or ".join(dict.fromkeys(str(door.socket.port) for door in self._doors.values()))

    @property
    def count(self) -> int:
        """Legs that have a way here."""
        return len(set(self._ways.values()))

    def open(self, leg: Leg, hosts: Iterable[str]) -> WebMedia:
        """A way for a leg whose browser is to be told of these addresses of ours."""
        ice = fresh_ice()
        leg.web = Way(self, leg, ice)
        self._ways[ice.ufrag.encode()] = leg.web
        return WebMedia(places=self._places(hosts), ice=ice, fingerprint=self.certificate.fingerprint)

    def agree(self, way: Way, agreed: WebAgreed) -> None:
        """Offer and answer of this leg are through."""
        for ice in way.ices:
            self._ways.pop(ice.ufrag.encode(), None)
        way.agree(agreed, self.now_ms())
        for ice in way.ices:
            self._ways[ice.ufrag.encode()] = way

    def leave(self, way: Way) -> None:
        """The leg is over."""
        for ice in way.ices:
            self._ways.pop(ice.ufrag.encode(), None)
        way.end()
        self._waiting.discard(way)

    def waits(self, way: Way) -> None:
        """`way.due_ms` changed."""
        (self._waiting.discard if way.due_ms is None else self._waiting.add)(way)

    def step(self, at_ms: int) -> None:
        """Let DTLS repeat what was lost."""
        for way in list(self._waiting):
            if way.due_ms is not None and at_ms >= way.due_ms:
                try:
                    way.fire(at_ms)
                except Exception:
                    self.trouble()

    def shut(self) -> None:
        """Close the port."""
        for door in self._doors.values():
            door.socket.close()
        self._doors.clear()

    def check(self, door: Door, data: bytes, address: Address) -> bool:
        """Take what may be a check; False when it is none that we know.

        Only one proved by the leg's password is answered: we are no mirror for forged addresses.
        """
        names = stun.names_in(data)
        way = self._ways.get(names[0]) if names is not None else None
        if names is None or way is None:
            return False
        check = stun.read_check(data)
        ice = next((one for one in way.ices if one.ufrag.encode() == names[0]), None)
        if check is None or ice is None or not check.is_by(ice.password):
            return False
        if not way.passed(check, door, address, self.now_ms(), theirs=names[1], ours=ice):
            return False
        door.socket.send(stun.answer(check, address, ice.password), address)
        return True

    def stranger(self, address: Address) -> None:
        """A datagram for nobody, or of nobody known; told in the log at 1,000, 10,000 …"""
        self.strangers += 1
        if self.strangers == self._tell_at:
            self._tell_at *= 10
            log.warning(
                "datagrams of strangers come to the port for browsers",
                extra={"dropped": self.strangers, "pii_host": address[0]},
            )

    def trouble(self) -> None:
        """A fault of ours came to light."""
        self.troubles += 1
        if self.troubles <= _MOST_TROUBLES:
            log.exception("datagram on the port for browsers could not be handled")

    # ── inside ──

    def _places(self, hosts: Iterable[str]) -> tuple[tuple[str, int], ...]:
        found: list[tuple[str, int]] = []
        for host in dict.fromkeys(hosts):
            door = self._doors.get(host) or self._beside(host)
            if door is not None:
                found.append((host, door.socket.port))
        return tuple(found)

    def _beside(self, host: str) -> Door | None:
        """Where this address is served.

        Answers must leave from the address that was checked. A socket for all addresses leaves that to the
        system, which looks at the way only, so each address told gets a socket of its own beside it.
        """
        every = self._doors.get(ALL[":" in host])
        if every is None:
            same = [door for known, door in self._doors.items() if (":" in known) is (":" in host)]
            return same[0] if same else None  # such as our public address before a NAT
        try:
            return self._open(host, every.socket.port, beside=True)
        except OSError:
            return every  # such as our public address

    def _open(self, host: str, port: int, *, beside: bool = False) -> Door:
        door = Door(self, host)
        door.socket = self._bind(host, port, door.receive, beside=beside)
        self._doors[host] = door
        return door
