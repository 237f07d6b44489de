"""One leg's way to its browser: the paths that ICE proved, and the DTLS whose keys open its SRTP."""

from __future__ import annotations

import logging
from collections import OrderedDict
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from huawu.switch.media.agreeing import secure
from huawu.switch.media.ports import Address
from huawu.switch.sip.webrtc import Ice, WebAgreed
from huawu.switch.webrtc import dtls, stun
from huawu.switch.webrtc.news import Away, Back, Lost

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg
    from huawu.switch.webrtc.port import Door, WebPort

log = logging.getLogger(__name__)

CONSENT_MS: Final = 30_000
"""Whoever has not checked the path for so long is not to be sent anything any more (RFC 7675 §5.1)."""
SILENT_MS: Final = 5_000
"""Neither check nor voice: two checks of a browser in a row did not come."""
FIRST_MS: Final = 15_000
"""For the first check to come after the answer, and then for DTLS."""
HOLDS_MS: Final = 10_000
"""How long an address stays with the leg whose check it last passed."""
MOST_PATHS: Final = 16
MOST_REMEMBERED: Final = 256
"""Checks, some ten minutes of them: one that comes again from elsewhere is a replay."""


class Stage(Enum):
    """How far the way is."""

    OPEN = auto()  # nothing agreed, or no check came yet
    SHAKING = auto()  # a path is proved, DTLS under way
    STANDS = auto()
    SILENT = auto()  # it stood, and nothing comes any more
    LEFT = auto()  # the browser said goodbye
    LOST = auto()  # told; the leg ends


class Way:
    """A leg's bare socket toward a browser (`send`, `close`), and all that decides where that leads.

    The leg's gate is open exactly while the way stands.
    """

    def __init__(self, port: WebPort, leg: Leg, ice: Ice) -> None:
        self.leg = leg
        self.ices = [ice]
        """Ours, the newest last; the one before stays good while the browser moves to the new one."""
        self.agreed: WebAgreed | None = None
        self.stage = Stage.OPEN
        self.send = _nowhere
        self.due_ms: int | None = None
        """When DTLS has to repeat itself."""
        self._port = port
        self._association: dtls.Association | None = None
        self._paths: OrderedDict[tuple[Door, Address], int] = OrderedDict()
        """Those that passed a check, and when they last did, the latest last."""
        self._path: tuple[Door, Address] | None = None
        self._nominated = False
        self._checked_ms = 0
        self._since_ms = 0  # of the agreement, then of the stage
        self._numbers: OrderedDict[bytes, Address] = OrderedDict()

    def close(self) -> None:
        """As a socket; the port is others' too, so `WebPort.leave` does what there is to do."""

    def agree(self, agreed: WebAgreed, at_ms: int) -> None:
        """Offer and answer are through, for the first time or again."""
        before, self.agreed = self.agreed, agreed
        if agreed.ours not in self.ices:
            self.ices = [*self.ices[-1:], agreed.ours]
        if before is None or before.fingerprints != agreed.fingerprints:
            self._association = None
            self._since_ms = at_ms
            self._shut(Stage.OPEN)
            if self._path is not None:  # its check was quicker than the answer
                self._shake(at_ms)

    def passed(
        self, check: stun.Check, door: Door, address: Address, at_ms: int, *, theirs: bytes, ours: Ice
    ) -> bool:
        """A check proved by our password came by this path; whether it is to be answered."""
        if self.stage in (Stage.LEFT, Stage.LOST):
            return False
        agreed = self.agreed
        if agreed is not None and ours == agreed.ours and theirs != agreed.theirs.ufrag.encode():
            return False
        if self._numbers.get(check.number, address) != address:
            return False
        self._numbers[check.number] = address
        if len(self._numbers) > MOST_REMEMBERED:
            self._numbers.popitem(last=False)
        if not stun.is_good(check):
            return True
        if not self._prove(door, address, at_ms):
            return False
        if check.nominates or not self._nominated:
            self._nominated |= check.nominates
            self._follow(door, address)
        if self.agreed is not None:
            if self.stage is Stage.OPEN:
                self._shake(at_ms)
            elif self.stage is Stage.SILENT:
                self._stand(at_ms)
                self._tell(Back())
        return True

    def receive_dtls(self, data: bytes, door: Door, address: Address, at_ms: int) -> None:
        """A DTLS datagram by a path that passed a check."""
        association = self._association
        if association is None or self.stage in (Stage.LEFT, Stage.LOST):
            return
        try:
            for out in association.receive(data):
                self.send(out, self._path[1] if self._path is not None else address)
        except dtls.DtlsBroken as error:
            self._lose("failed", str(error))
            return
        self._after_dtls(association, at_ms)

    def fire(self, at_ms: int) -> None:
        """DTLS may have to repeat itself."""
        association = self._association
        if association is None or self._path is None:
            self.due_ms = None
            return
        try:
            for out in association.repeat():
                self.send(out, self._path[1])
        except dtls.DtlsBroken as error:
            self._lose("failed", str(error))
            return
        self._after_dtls(association, at_ms)

    def look(self, at_ms: int) -> None:
        """Once a second: whether the browser is still there."""
        leg = self.leg
        if self.agreed is None:
            return
        if self.stage is Stage.OPEN and at_ms - self._since_ms >= FIRST_MS:
            self._lose(
                "media_timeout",
                f"no STUN check of the browser came within {FIRST_MS // 1000} s: "
                f"is UDP port {self._port.told} open to it, or a TURN server set?",
            )
        elif self.stage is Stage.SHAKING and at_ms - self._since_ms >= FIRST_MS:
            self._lose("failed", f"DTLS did not come to stand within {FIRST_MS // 1000} s")
        elif self.stage is Stage.STANDS:
            if at_ms - self._checked_ms >= CONSENT_MS:
                self._lose("media_timeout", f"no STUN check for {CONSENT_MS // 1000} s, though voice came")
            elif at_ms - max(self._checked_ms, leg.last_packet_ms, leg.last_report_ms) >= SILENT_MS:
                self._shut(Stage.SILENT)
                self._tell(Away("silent"))

    def end(self) -> None:
        """The leg is over: tell the browser, where it may still hear."""
        if self._association is not None and self.stage is Stage.STANDS and self._path is not None:
            for out in self._association.close():
                self.send(out, self._path[1])
        for door, address in self._paths:
            door.paths.pop(address, None)
        self._paths.clear()
        self._path = self._association = self.due_ms = None
        self.stage = Stage.LOST
        self.send = _nowhere

    # ── inside ──

    def _prove(self, door: Door, address: Address, at_ms: int) -> bool:
        """The path passed a check; False when it is another leg's."""
        other = door.paths.get(address)
        if other is not None and other is not self and other.holds(door, address, at_ms):
            return False
        if other is not None and other is not self:
            other.drop(door, address)
        door.paths[address] = self
        self._paths[door, address] = self._checked_ms = at_ms
        self._paths.move_to_end((door, address))
        if len(self._paths) > MOST_PATHS:
            oldest = next(one for one in self._paths if one != self._path)
            self.drop(*oldest)
        return True

    def holds(self, door: Door, address: Address, at_ms: int) -> bool:
        """Whether an address is surely still its own."""
        return at_ms - self._paths.get((door, address), 0) < HOLDS_MS

    def drop(self, door: Door, address: Address) -> None:
        """It is no path of ours any more."""
        self._paths.pop((door, address), None)
        door.paths.pop(address, None)

    def _follow(self, door: Door, address: Address) -> None:
        if self._path == (door, address):
            return
        if self._path is not None and self.stage is Stage.STANDS:
            log.info("browser's media changed its path", extra={"leg": self.leg.name, "pii_host": address[0]})
        self._path = door, address
        self.send = door.socket.send
        if self.stage is Stage.STANDS:
            self.leg.gate.follow(address)

    def _shake(self, at_ms: int) -> None:
        """There is a path to begin DTLS by."""
        assert self.agreed is not None
        assert self._path is not None
        self.stage, self._since_ms = Stage.SHAKING, at_ms
        association = self._association = dtls.Association(
            self._port.certificate, self.agreed.fingerprints, active=self.agreed.active
        )
        if self.agreed.active:
            for out in association.begin():
                self.send(out, self._path[1])
        self._after_dtls(association, at_ms)

    def _after_dtls(self, association: dtls.Association, at_ms: int) -> None:
        if association.keys is not None and self.stage is Stage.SHAKING:
            secure(self.leg, association.keys)
            self._stand(at_ms)
        if association.state is dtls.State.OVER and self.stage in (Stage.STANDS, Stage.SILENT):
            told = self.stage is Stage.SILENT
            self._shut(Stage.LEFT)
            for path in list(self._paths):
                self.drop(*path)
            self._path, self._nominated = None, False
            if not told:
                self._tell(Away("left"))
        due_s = association.due_in_s()
        self.due_ms = None if due_s is None else at_ms + int(due_s * 1000)
        self._port.waits(self)

    def _stand(self, at_ms: int) -> None:
        assert self._path is not None
        self.stage, self._since_ms = Stage.STANDS, at_ms
        self.leg.gate.follow(self._path[1])
        self.leg.reroute()

    def _shut(self, stage: Stage) -> None:
        """Nothing more comes in or goes out, as things are."""
        self.stage = stage
        if self.leg.gate.target is not None:
            self.leg.gate.follow(None)
            self.leg.reroute()

    def _lose(self, reason: str, detail: str) -> None:
        if self.stage is not Stage.LOST:
            self._shut(Stage.LOST)
            self.due_ms = None
            self._tell(Lost("failed" if reason == "failed" else "media_timeout", detail))

    def _tell(self, news: Away | Back | Lost) -> None:
        if not self.leg.closed and self.leg.shared.path_news is not None:
            self.leg.shared.path_news(self.leg.name, news)


def _nowhere(data: bytes, to: Address) -> None:
    """No path is proved: nothing may leave."""
