"""Changes of an answered or ringing call's media: offers of the peer, and its answers to ours."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec.structs import replace

from huawu.link.messages import LegHeld, LegResumed, Reason
from huawu.switch.legs import Leg, LegState
from huawu.switch.peers import Peers
from huawu.switch.ports import Calls, Media, Surroundings
from huawu.switch.sip.choosing import Incompatible
from huawu.switch.sip.events import OfferAnswered, OfferReceived, Output
from huawu.switch.sip.negotiation import AgreedMedia, Terms, accept, make_offer, negotiate
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.webrtc import renewed
from huawu.switch.table import LegTable

log = logging.getLogger(__name__)

BEFORE_ANSWER = (LegState.OFFERED, LegState.HEARING, LegState.RINGING, LegState.EARLY)
"""In these a peer may offer anew before the call is answered."""


class Renegotiation:
    """Answers what peers offer in mid-call, and keeps what is agreed. `end` ends a leg by the switch."""

    def __init__(
        self,
        *,
        table: LegTable,
        calls: Calls,
        media: Media,
        around: Surroundings,
        peers: Peers,
        do: Callable[[list[Output]], None],
        end: Callable[[Leg, Reason, str], None],
    ) -> None:
        self._legs = table.legs
        self._calls = calls
        self._media = media
        self._around = around
        self._peers = peers
        self._do = do
        self._end = end

    def note(self, leg: Leg, agreed: AgreedMedia) -> None:
        """Remember an agreement that is in force; tell when the peer's hold begins or ends."""
        leg.agreed = agreed
        if leg.state is LegState.CONFIRMING:
            return  # told when it is confirmed
        held = agreed.direction in ("recvonly", "inactive")
        if held is not leg.held:
            leg.held = held
            leg.expected_ms = self._around.now_ms()
            self._media.peer_held(leg.leg, held or leg.away)
            self._around.emit(LegHeld(leg=leg.leg) if held else LegResumed(leg=leg.leg))

    def reoffered(self, news: OfferReceived) -> None:
        leg, at = self._legs.get(news.leg), self._around.at()
        if leg is not None and news.offer is not None and leg.state in BEFORE_ANSWER:
            self._reoffered_early(leg, news.offer, at)
            return
        if leg is None or leg.state not in (LegState.ANSWERED, LegState.CONFIRMING):
            self._do(self._calls.refuse_offer(news.leg, at))
            return
        if news.offer is None:
            leg.ours = make_offer(leg.local, leg.ours, terms=self._terms(leg))
            self._do(self._calls.answer_offer(leg.leg, leg.ours, at))
            return
        try:
            ours, agreed = self._negotiate(leg, news.offer)
        except Incompatible as error:
            log.info("change of media refused", extra={"leg": leg.leg, "why": str(error)})
            self._do(self._calls.refuse_offer(leg.leg, at))
            return
        leg.ours = ours
        self._media.agree(leg.leg, agreed)
        self._do(self._calls.answer_offer(leg.leg, ours, at))
        self.note(leg, agreed)

    def _reoffered_early(self, leg: Leg, offer: Sdp, at: float) -> None:
        """The peer changes its media before the call is answered (PRACK, UPDATE)."""
        try:
            ours, agreed = self._negotiate(leg, offer)
        except Incompatible as error:
            log.info("change of media refused", extra={"leg": leg.leg, "why": str(error)})
            self._do(self._calls.refuse_offer(leg.leg, at))
            return
        leg.ours = ours
        if leg.incoming:
            leg.agreed = agreed  # in force when the centre answers
        if leg.state in (LegState.HEARING, LegState.EARLY):
            self._media.agree(leg.leg, agreed)
        self._do(self._calls.answer_offer(leg.leg, leg.ours, at))

    def offer_answered(self, news: OfferAnswered) -> None:
        leg = self._legs.get(news.leg)
        if leg is None or leg.state is not LegState.ANSWERED or news.answer is None or leg.ours is None:
            return
        try:
            agreed = accept(leg.ours, news.answer, self._terms(leg), local=leg.local)
            _keeps_srtp(leg, agreed)
        except Incompatible as error:
            self._end(leg, "incompatible", str(error))
            return
        self._media.agree(leg.leg, agreed)
        self.note(leg, agreed)

    def _negotiate(self, leg: Leg, offer: Sdp) -> tuple[Sdp, AgreedMedia]:
        """The answer to an offer that changes a call's media. Raises Incompatible."""
        local, before = leg.local, leg.agreed
        if local.web is not None:
            told = before.web if before is not None else None
            local = replace(local, web=renewed(local.web, told, offer))
        ours, agreed = negotiate(local, offer, leg.ours, self._terms(leg), before=before)
        _keeps_srtp(leg, agreed)
        leg.local = local
        return ours, agreed

    def _terms(self, leg: Leg) -> Terms:
        return self._peers.terms(leg.endpoint, leg.trunk)


def _keeps_srtp(leg: Leg, agreed: AgreedMedia) -> None:
    """Raises Incompatible when a call under SRTP would go on without."""
    if agreed.srtp is None and leg.agreed is not None and leg.agreed.srtp is not None:
        raise Incompatible("the call is under SRTP, and its peer wants to go on without")
