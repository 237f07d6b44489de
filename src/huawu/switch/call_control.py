"""One call leg's way from offer to end: what the centre wants, what SIP tells, and what media must do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from huawu.link.messages import (
    Answer,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    LegRinging,
    Originate,
    Reason,
    Reject,
    Ring,
)
from huawu.switch.legs import CommandRefused, Leg, LegState, Step
from huawu.switch.media.ports import NoPortLeft
from huawu.switch.peers import Peers, in_clear, media_host
from huawu.switch.ports import Calls, Media, Surroundings
from huawu.switch.renegotiation import Renegotiation
from huawu.switch.sip.choosing import Incompatible
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    Flow,
    Output,
)
from huawu.switch.sip.negotiation import (
    AgreedMedia,
    LocalMedia,
    Terms,
    accept,
    make_offer,
    negotiate,
)
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.webrtc import is_web
from huawu.switch.table import LegTable

log = logging.getLogger(__name__)


class CallControl:
    """Drives SIP and media leg by leg, by the table in legs.py.

    `do` carries out what SIP gave out. `on_ended(others)` follows each leg's end with the legs it was bridged
    or in a conference with. `peers` knows what is set for whom.
    """

    def __init__(
        self,
        *,
        table: LegTable,
        calls: Calls,
        media: Media,
        around: Surroundings,
        peers: Peers,
        do: Callable[[list[Output]], None],
        on_ended: Callable[[tuple[LegId, ...]], None],
    ) -> None:
        self._table = table
        self._legs = table.legs
        self._calls = calls
        self._media = media
        self._around = around
        self._peers = peers
        self._do = do
        self._on_ended = on_ended
        self.changes = Renegotiation(
            table=table, calls=calls, media=media, around=around, peers=peers, do=do, end=self.end
        )
        self.accepting = False
        """Whether new incoming calls are offered to the centre; else they are refused with 503."""
        self.helping = False
        """Whether calls for help are, all the same."""

    # ── The centre's commands: each raises CommandRefused or LegOver ──────────────────────────────

    def ring(self, command: Ring) -> None:
        leg = self._table.get(command.leg)
        early = _may_hear(leg) if command.early_media else None
        leg.step(Step.RING if early is None else Step.SPEAK)
        # a caller without an offer may require ringing that arrives for certain: it carries ours
        if leg.agreed is None and leg.ours is None:
            leg.ours = make_offer(leg.local, terms=self._terms(leg))
        if early is not None:
            self._media.agree(leg.leg, early)
        offer = leg.ours if leg.agreed is None or early is not None else None
        self._do(self._calls.ring(leg.leg, self._around.at(), offer))
        if command.early_media and leg.leg in self._legs:
            self._around.emit(LegRinging(leg=leg.leg, early_media=early is not None))

    def answer(self, command: Answer) -> None:
        leg = self._table.get(command.leg)
        if leg.agreed is None:
            leg.step(Step.ACCEPT_LATE)
            leg.ours = leg.ours or make_offer(leg.local, terms=self._terms(leg))
            self._do(self._calls.answer(leg.leg, leg.ours, self._around.at()))
            return
        assert leg.ours is not None
        if leg.state is LegState.HEARING:  # what came before proves nothing about our answer
            leg.expected_ms = self._around.now_ms()
        leg.step(Step.ACCEPT)
        self._media.agree(leg.leg, leg.agreed)
        self._do(self._calls.answer(leg.leg, leg.ours, self._around.at()))

    def reject(self, command: Reject) -> None:
        leg = self._table.get(command.leg)
        leg.step(Step.REFUSE)
        self._do(self._calls.reject(leg.leg, command.reason, self._around.at(), command.words))

    def hang_up(self, command: HangUp) -> None:
        self._close(self._table.get(command.leg), command.reason)

    def originate(self, command: Originate) -> None:
        if (command.endpoint is None) == (command.trunk is None):
            raise CommandRefused("exactly one of endpoint and trunk must be set")
        if not command.leg or self._table.known(command.leg):
            raise CommandRefused(f"the leg's name {command.leg!r} is empty or was used before")
        browsers = "none" if command.endpoint is None else self._calls.browsers_at(command.endpoint)
        host = self._peers.host_of(command)
        web = self._open_web(command.leg, host) if browsers == "all" else None
        try:
            local = web or self._open(command.leg, host)
        except NoPortLeft as error:
            log.warning("call not made, no port for media", extra={"detail": str(error)})
            self._around.emit(
                LegEnded(leg=command.leg, by="switch", reason="congestion", detail="no port for media left")
            )
            return
        terms = self._peers.terms(command.endpoint, command.trunk)
        leg = Leg(
            leg=command.leg,
            incoming=False,
            state=LegState.ORIGINATING,
            local=local,
            from_number=command.caller_number,
            to_number=command.number,
            began_ms=self._around.now_ms(),
            endpoint=command.endpoint,
            trunk=command.trunk,
            ours=make_offer(local, terms=terms),
            in_clear=self._peers.calls_in_clear(command),
        )
        assert leg.ours is not None
        if browsers == "some" and (web := self._open_web(command.leg, host)) is not None:
            leg.other_way = web, make_offer(web, terms=terms)
        self._legs[leg.leg] = leg
        for_web = leg.other_way[1] if leg.other_way is not None else None
        self._do(self._calls.invite(leg.leg, command, leg.ours, self._around.at(), for_web))

    # ── SIP's news ────────────────────────────────────────────────────────────────────────────────

    def offered(self, call: CallOffered) -> None:
        if not self.accepting and not (call.emergency and self.helping):
            self._refuse(call, "congestion", None)
            return
        web = None
        if call.offer is not None and is_web(call.offer):
            web = self._open_web(call.leg, media_host(call.flow, call.via))
        try:
            local = web or self._open(call.leg, _media_peer(call))
        except NoPortLeft as error:
            log.warning("call refused, no port for media", extra={"detail": str(error)})
            self._refuse(call, "congestion", "no port for media left")
            return
        ours: Sdp | None = None
        agreed: AgreedMedia | None = None
        if call.offer is not None:
            try:
                terms = self._peers.terms(call.endpoint, call.trunk)
                ours, agreed = negotiate(local, call.offer, terms=terms)
            except Incompatible as error:
                self._media.close(call.leg)
                self._refuse(call, "incompatible", str(error))
                return
        self._legs[call.leg] = Leg(
            leg=call.leg,
            incoming=True,
            state=LegState.OFFERED,
            local=local,
            from_number=call.from_number,
            to_number=call.to_number,
            began_ms=self._around.now_ms(),
            endpoint=call.endpoint,
            trunk=call.trunk,
            ours=ours,
            agreed=agreed,
            in_clear=in_clear(call.flow, call.via),
            replaces=call.replaces,
            guest=bool(call.guest),
        )
        self._around.emit(
            LegOffered(
                leg=call.leg,
                from_number=call.from_number,
                from_name=call.from_name,
                private=call.private,
                to_number=call.to_number,
                diverted_from=call.diverted_from,
                replaces=call.replaces,
                endpoint=call.endpoint,
                trunk=call.trunk,
                address=_host_port(call.flow),
                guest=call.guest,
                page=call.page,
            )
        )

    def _refuse(self, call: CallOffered, reason: Reason, detail: str | None) -> None:
        """Reject a call the centre never heard of; with a `detail` it is told of the end alone."""
        self._do(self._calls.reject(call.leg, reason, self._around.at()))
        if detail is not None:
            self._around.emit(LegEnded(leg=call.leg, by="switch", reason=reason, detail=detail))

    def rings(self, news: CallRinging) -> None:
        leg = self._legs.get(news.leg)
        if leg is None or not leg.allows(Step.RINGS):
            return
        before = leg.state
        leg.step(Step.SPEAKS if news.early is not None and self._speaks(leg, news.early) else Step.RINGS)
        if leg.state is not before:
            self._around.emit(LegRinging(leg=leg.leg, early_media=leg.state is LegState.EARLY))

    def _speaks(self, leg: Leg, early: Sdp) -> bool:
        """A description came before the answer: whether media comes by it. Of several the last counts."""
        assert leg.ours is not None
        if is_web(early):
            return False  # no way to hear it until the answer: browsers do not do so
        try:
            agreed = accept(leg.ours, early, self._terms(leg))
        except Incompatible:
            return False  # the answer may yet be another
        if agreed.direction not in ("sendrecv", "recvonly"):
            return False
        self._media.agree(leg.leg, agreed)
        return True

    def answered(self, news: CallAnswered) -> None:
        leg = self._legs.get(news.leg)
        if leg is not None and leg.allows(Step.ANSWERS):
            self._accept(leg, news.answer, Step.ANSWERS)

    def confirmed(self, news: CallConfirmed) -> None:
        leg = self._legs.get(news.leg)
        if leg is not None and leg.state is LegState.CONFIRMING:
            self.heard(leg)
        if leg is None or leg.state is not LegState.ANSWERING:
            return
        if news.answer is None:
            self.end(leg, "incompatible", "the caller sent no media description")
        else:
            self._accept(leg, news.answer, Step.AGREES)

    def heard(self, leg: Leg) -> None:
        """The caller has our answer: its ACK came, or its media. Only then is the centre told.

        A caller who is gone (and whose ACK is therefore missing) would else stand in line until SIP gives
        up after 32 s (RFC 3261 §13.3.1.4), and be offered to an agent.
        """
        assert leg.agreed is not None
        leg.step(Step.CONFIRMS)
        self._connected(leg, leg.agreed)

    def _accept(self, leg: Leg, answer: Sdp, step: Step) -> None:
        """The peer answered our offer for the first time."""
        if leg.other_way is not None and is_web(answer):
            leg.local, leg.ours = leg.other_way
        leg.other_way = None
        assert leg.ours is not None
        try:
            agreed = accept(leg.ours, answer, self._terms(leg), local=leg.local)
        except Incompatible as error:
            self.end(leg, "incompatible", str(error))
            return
        leg.step(step)
        self._media.agree(leg.leg, agreed)
        self._connected(leg, agreed)

    def _connected(self, leg: Leg, agreed: AgreedMedia) -> None:
        leg.answered_ms = leg.expected_ms = self._around.now_ms()
        if leg.replaces is not None and agreed.web is not None:
            self._media.inherit(leg.leg, leg.replaces)
        if agreed.srtp is not None and leg.in_clear:
            log.warning(
                "SRTP keys went in clear: use TLS for this phone or trunk",
                extra={"leg": leg.leg, "endpoint": leg.endpoint or "", "trunk": leg.trunk or ""},
            )
        self._around.emit(LegAnswered(leg=leg.leg, codec=agreed.codec))
        self.changes.note(leg, agreed)

    # ── The end of legs ───────────────────────────────────────────────────────────────────────────

    def end(self, leg: Leg, reason: Reason, detail: str) -> None:
        """The switch itself ends a leg."""
        if leg.state is not LegState.ENDING:
            leg.ended_by_switch = (reason, detail)
            self._close(leg, reason)

    def _close(self, leg: Leg, reason: Reason) -> None:
        unheard = leg.state is LegState.OFFERED  # who was spoken to is not declined, whatever was said
        do = self._calls.reject if unheard or leg.state is LegState.HEARING else self._calls.hang_up
        leg.step(Step.HANG_UP)
        self._do(do(leg.leg, "declined" if unheard and reason == "normal" else reason, self._around.at()))

    def ended(self, news: CallEnded) -> None:
        leg = self._legs.get(news.leg)
        if leg is None:
            return
        others = self._media.company(leg.leg)
        leg.step(Step.ENDS)
        quality = self._media.close(leg.leg)
        self._table.remove(leg.leg)
        by: Literal["peer", "centre", "switch"] = news.by
        reason, detail = news.reason, news.detail
        if leg.ended_by_switch is not None:
            by, (reason, detail) = "switch", leg.ended_by_switch
        self._around.emit(LegEnded(leg=leg.leg, by=by, reason=reason, detail=detail, quality=quality))
        if log.isEnabledFor(logging.DEBUG):  # the centre keeps every call on record; a line costs 4 % of one
            log.debug(
                "leg ended",
                extra={
                    "leg": leg.leg,
                    "way": "in" if leg.incoming else "out",
                    "pii_from": leg.from_number,
                    "pii_to": leg.to_number or leg.endpoint or "",
                    "by": by,
                    "reason": reason,
                    "lasted_s": (self._around.now_ms() - leg.began_ms) // 1000,
                },
            )
        self._on_ended(others)

    def _terms(self, leg: Leg) -> Terms:
        return self._peers.terms(leg.endpoint, leg.trunk)

    def _open(self, leg: LegId, peer: str) -> LocalMedia:
        ports = self._media.open(leg, ipv6=":" in peer, peer=peer)
        host = self._around.media_host(ports.host, peer)
        return LocalMedia(host=host, rtp_port=ports.rtp_port, rtcp_port=ports.rtcp_port)

    def _open_web(self, leg: LegId, peer: str) -> LocalMedia | None:
        """Our side for a browser; None where none is served."""
        web = self._media.open_web(leg, self._around.web_hosts(peer))
        if web is None or not web.places:
            return None
        host, port = web.places[0]
        return LocalMedia(host=host, rtp_port=port, rtcp_port=port, web=web)


def _may_hear(leg: Leg) -> AgreedMedia | None:
    """By what a caller can hear us before the answer: what its offer led to, unless it is to hear nothing.

    Without an offer there is nothing yet; browsers' ways are laid with the answer.
    """
    agreed = leg.agreed
    if agreed is None or agreed.web is not None or agreed.direction not in ("sendrecv", "sendonly"):
        return None
    return agreed


def _media_peer(call: CallOffered) -> str:
    """Whom media goes to: the host that signals, unless the caller's offer is of the other IP family."""
    signals = media_host(call.flow, call.via)
    for stream in call.offer.streams if call.offer is not None else ():
        if stream.kind == "audio" and stream.port and call.offer is not None:
            offered = call.offer.host_of(stream)
            return offered if (":" in offered) is not (":" in signals) else signals
    return signals


def _host_port(flow: Flow) -> str:
    return f"[{flow.host}]:{flow.port}" if ":" in flow.host else f"{flow.host}:{flow.port}"
