"""Where the media of a bridge goes: to another relay while it is ordinary, and home again when it needs us.

One bridge's way, by `Phase`: it waits until it has settled; the relay is asked; both phones are offered the
relay's address by re-INVITE; and once either party has to hear something of ours, is muted, held, moved, or
the relay fails, both are offered our own again. `fellow` of the media says at every moment whether a bridge
is ordinary, and is asked anew after every change of what somebody hears. A bridge that the relay or a phone
refused stays with us until it ends.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from huawu.link.messages import LegId, Reason
from huawu.switch.codecs import CODECS
from huawu.switch.legs import Leg, LegState
from huawu.switch.media.ports import NoPortLeft
from huawu.switch.ports import Calls, Media, Surroundings
from huawu.switch.rtpengine.ng import Route, Side
from huawu.switch.rtpengine.relays import Relays
from huawu.switch.sip.events import OfferAnswered, Output
from huawu.switch.sip.negotiation import OUR_DIGITS_TYPE, LocalMedia, Terms, make_offer
from huawu.switch.sip.sdp import Sdp
from huawu.switch.table import LegTable

log = logging.getLogger(__name__)

SETTLE_S: Final = 0.5
"""How long a bridge stands before it is moved: many are changed at once again, by hold or supervision."""
ALONE_S: Final = 0.3
"""The other party hung up: if we end this one too, its media need not come home first."""
KEY: Final = "core:anchor:"
_LOOK: Final = KEY + "look"


class Phase(Enum):
    SETTLING = auto()
    ASKING = auto()  # the relay
    OUT = auto()  # the phones are told, or know already
    HOMING = auto()  # the phones are told to come back
    REFUSED = auto()


class Place(Enum):
    HOME = auto()
    LEAVING = auto()  # offered the relay's address, not answered yet
    AWAY = auto()
    RETURNING = auto()  # offered our own again, not answered yet


@dataclass(slots=True)
class Party:
    """One leg of a moved bridge."""

    home: LocalMedia
    place: Place = Place.HOME
    before: Sdp | None = None
    """Our description before the offer under way, which stands if that is refused."""


class Bridge:
    """Two legs, and how far they are."""

    def __init__(self, call: str, a: LegId, b: LegId) -> None:
        self.call = call
        self.legs = (a, b)
        self.phase = Phase.SETTLING
        self.parties: dict[LegId, Party] = {}
        self.refused = False


class Anchoring:
    """Moves bridges. `do` carries out what SIP gave out; `end` ends a leg by the switch."""

    def __init__(
        self,
        *,
        table: LegTable,
        calls: Calls,
        media: Media,
        relays: Relays,
        around: Surroundings,
        do: Callable[[list[Output]], None],
        end: Callable[[Leg, Reason, str], None],
    ) -> None:
        self._legs = table.legs
        self._calls = calls
        self._media = media
        self._relays = relays
        self._around = around
        self._do = do
        self._end = end
        self._of: dict[LegId, Bridge] = {}
        self._bridges: dict[str, Bridge] = {}
        self._changed: dict[LegId, None] = {}

    # ── What happens ──────────────────────────────────────────────────────────────────────────────

    def rerouted(self, leg: LegId) -> None:
        """What the leg hears may have changed. Looked at once that change is through."""
        if not self._changed:
            self._around.start_timer(_LOOK, self._around.at())
        self._changed[leg] = None

    def fire(self, key: str) -> None:
        """A timer of ours is due."""
        if key == _LOOK:
            changed, self._changed = self._changed, {}
            for leg in changed:
                self._look(leg)
        elif (bridge := self._bridges.get(key.rpartition(":")[2])) is not None:
            if bridge.phase is Phase.SETTLING:
                self._ask(bridge)
            elif bridge.phase is Phase.OUT and not self._stands(bridge):
                self._bring_home(bridge)

    def offer_answered(self, news: OfferAnswered) -> None:
        """The leg's peer answered an offer of ours; what is agreed is in force."""
        bridge = self._of.get(news.leg)
        party = bridge.parties.get(news.leg) if bridge is not None else None
        leg = self._legs.get(news.leg)
        if bridge is None or party is None or leg is None or leg.state is not LegState.ANSWERED:
            return
        if news.answer is None and party.place is Place.LEAVING:
            log.info("phone keeps its media with us", extra={"leg": leg.leg})
            leg.local, leg.ours, bridge.refused = party.home, party.before, True
            party.place = Place.HOME
            self._bring_home(bridge)
        elif news.answer is None and party.place is Place.RETURNING:
            self._end(leg, "failed", "the phone did not take its media back from rtpengine")
        elif party.place is Place.LEAVING:
            party.place = Place.AWAY
            self._media.away(leg.leg, True)
            if bridge.phase is Phase.HOMING:
                self._offer(leg, party, Place.RETURNING, party.home)
        elif party.place is Place.RETURNING:
            party.place = Place.HOME
            self._media.away(leg.leg, False)
            self._close_if_home(bridge)

    def ended(self, leg: LegId) -> None:
        """The leg is over, and its media closed."""
        bridge = self._of.pop(leg, None)
        if bridge is None:
            return
        bridge.parties.pop(leg, None)
        if bridge.phase in (Phase.OUT, Phase.HOMING) and bridge.parties:
            self._close_if_home(bridge)
        else:
            self._forget(bridge)

    def lost(self, calls: tuple[str, ...]) -> None:
        """The relay died, or forgot these."""
        for call in calls:
            bridge = self._bridges.get(call)
            if bridge is not None and bridge.phase is Phase.OUT:
                self._bring_home(bridge)

    def available(self) -> None:
        """A relay is there again."""
        for leg in list(self._legs):
            self.rerouted(leg)

    # ── Deciding ──────────────────────────────────────────────────────────────────────────────────

    def _stands(self, bridge: Bridge) -> bool:
        a, b = bridge.legs
        return self._media.fellow(a) == b

    def _look(self, leg: LegId) -> None:
        bridge = self._of.get(leg)
        if bridge is None:
            other = self._media.fellow(leg)
            if other is not None and other not in self._of and leg in self._legs:
                bridge = Bridge(secrets.token_hex(12), leg, other)
                self._of[leg] = self._of[other] = self._bridges[bridge.call] = bridge
                self._again(bridge, SETTLE_S)
        elif not self._stands(bridge):
            if bridge.phase is Phase.OUT:
                if len(bridge.parties) == 1 and self._media.is_quiet(next(iter(bridge.parties))):
                    self._again(bridge, ALONE_S)
                else:
                    self._bring_home(bridge)
            elif bridge.phase is not Phase.HOMING:
                self._forget(bridge)

    def _again(self, bridge: Bridge, seconds: float) -> None:
        self._around.start_timer(KEY + bridge.call, self._around.at() + seconds)

    def _forget(self, bridge: Bridge) -> None:
        """It is a bridge of ours only, or none any more; what came of it is looked at anew."""
        self._bridges.pop(bridge.call, None)
        self._around.stop_timer(KEY + bridge.call)
        self._relays.end(bridge.call)
        for leg in bridge.legs:
            if self._of.get(leg) is bridge:
                del self._of[leg]
                self._media.stop_copy(leg)
                self.rerouted(leg)

    # ── Going ─────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, bridge: Bridge) -> None:
        """Ask a relay, once both parties are answered and were heard; where none is there, later."""
        if any(
            self._legs[leg].state is not LegState.ANSWERED or self._media.heard_from(leg) is None
            for leg in bridge.legs
        ):
            self._again(bridge, SETTLE_S)
            return
        host = self._relays.host_of(bridge.call)
        if host is None:
            self._again(bridge, 10 * SETTLE_S)
            return
        sides = [self._side(leg, host) for leg in bridge.legs]
        if sides[0] is None or sides[1] is None:
            self._refuse(bridge)
            return
        bridge.phase = Phase.ASKING
        self._relays.join(bridge.call, sides[0], sides[1], lambda routes: self._joined(bridge, host, routes))

    def _side(self, leg: LegId, host: str) -> Side | None:
        agreed, heard = self._legs[leg].agreed, self._media.heard_from(leg)
        if agreed is None or heard is None or agreed.digits_type not in (None, OUR_DIGITS_TYPE):
            return None
        try:
            ports = self._media.open_copy(leg)
        except NoPortLeft:
            return None
        if ports is None:
            return None
        same = (":" in host) is (":" in ports.host)  # its control may be of the other IP family
        return Side(
            host=heard[0],
            port=heard[1],
            rtcp_port=min(heard[1] + 1, 65_535) if agreed.rtcp_mux else agreed.remote_rtcp_port,
            payload_type=agreed.payload_type,
            encoding=CODECS[agreed.codec].encoding,
            digits_type=agreed.digits_type,
            copy=LocalMedia(
                host=self._around.media_host(ports.host, host if same else ""),
                rtp_port=ports.rtp_port,
                rtcp_port=ports.rtcp_port,
            ),
        )

    def _joined(self, bridge: Bridge, host: str, routes: tuple[Route, Route] | None) -> None:
        if bridge.phase is not Phase.ASKING or self._bridges.get(bridge.call) is not bridge:
            return  # over meanwhile
        if routes is None:
            self._refuse(bridge)
            return
        bridge.phase = Phase.OUT
        for name, route in zip(bridge.legs, routes, strict=True):
            leg = self._legs[name]
            self._media.expect_copy(name, (route.copy_host, host), route.copy_port)
            party = bridge.parties[name] = Party(home=leg.local)
            self._offer(leg, party, Place.LEAVING, route.relay)
        if not self._stands(bridge):
            self._bring_home(bridge)

    def _refuse(self, bridge: Bridge) -> None:
        bridge.phase = Phase.REFUSED
        self._relays.end(bridge.call)
        for leg in bridge.legs:
            self._media.stop_copy(leg)

    def _offer(self, leg: Leg, party: Party, place: Place, media: LocalMedia) -> None:
        """Offer the peer another address, the coding as it is. `OfferAnswered` follows."""
        assert leg.agreed is not None
        party.place, party.before = place, leg.ours
        leg.local = media
        leg.ours = make_offer(media, leg.ours, terms=Terms(codecs=(leg.agreed.codec,)))
        self._do(self._calls.offer(leg.leg, leg.ours, self._around.at()))

    # ── Coming home ───────────────────────────────────────────────────────────────────────────────

    def _bring_home(self, bridge: Bridge) -> None:
        """Whoever is about to leave is offered home when that is answered: one offer at a time."""
        bridge.phase = Phase.HOMING
        for name, party in list(bridge.parties.items()):
            if party.place is Place.AWAY and self._legs[name].state is LegState.ANSWERED:
                self._offer(self._legs[name], party, Place.RETURNING, party.home)
        self._close_if_home(bridge)

    def _close_if_home(self, bridge: Bridge) -> None:
        if any(party.place is not Place.HOME for party in bridge.parties.values()):
            return
        if bridge.refused and self._stands(bridge):
            self._refuse(bridge)
        else:
            self._forget(bridge)
