"""SIPS URIs by the rules of RFC 5630: kept where they are meant, refused where they cannot be."""

from __future__ import annotations

from typing import Literal

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallConfirmed, CallEnded, CallOffered, OfferReceived
from huawu.switch.sip.message import Request, Response
from tests.switch.sip.playbook import Agent, Peer, Playbook, credentials, endpoint, sdp_of
from tests.switch.sip.test_registrar import BOB

CITY = TrunkId("city")
US = "10.0.0.1:5060"
OURS = f"<sips:huawu@{US}>"


class Scene:
    """A phone that speaks by one transport, with a Contact of one scheme."""

    def __init__(self, transport: str = "TLS", scheme: str = "sips") -> None:
        self.book = Playbook()
        self.ours: Agent = self.book.agent()
        self.ours.configure(endpoint("bob"))
        self.peer: Peer = self.book.peer()
        self.peer.scheme = scheme
        self.transport = transport
        self._cseq = 0

    def says(self, method: str, uri: str, *lines: str, **fields: str) -> None:
        self._cseq += method != "ACK"
        usual = {"transport": self.transport, "cseq": str(self._cseq), "branch": f"{self._cseq}{method}"}
        self.peer.request(self.ours, method, uri, *lines, **(usual | fields))
        self.book.run()

    def calls(self, scheme: str, *lines: str) -> None:
        self.says("INVITE", f"{scheme}:10000@{US}", *lines, body=str(sdp_of(self.peer)))
        if self.peer.titles() and self.peer.titles()[0] == "100 INVITE":
            self.peer.heard.pop(0)

    def answered(self) -> Response:
        """The 200 of a call that was answered and acknowledged."""
        self.leg = self.ours.offered()
        self.ours.ring(self.leg)
        self.book.run()
        ringing = self.peer.hears_response("180 INVITE")
        self.ours.answer(self.leg, sdp_of(self.ours))
        self.book.run()
        ok = self.peer.hears_response("200 INVITE")
        assert ok.first("contact") == ringing.first("contact")
        self.to = ok.first("to")
        self.target = ok.first("contact")[1:-1]
        self.says("ACK", self.target, to_=self.to, cseq=str(self._cseq))
        self.ours.take(CallConfirmed)
        return ok

    def registers(self, uri: str, *lines: str, who: str = "sip:bob@huawu.test") -> Response:
        """From and To may be SIP all the same (RFC 5630 §5.3)."""
        answer: Response | None = None
        for _ in range(2):
            extra = (credentials(answer, "REGISTER", uri, "bob"),) if answer else ()
            self.says("REGISTER", uri, *lines, *extra, from_=f"<{who}>;tag=r", to_=f"<{who}>", call_id="reg")
            answer = self.peer.hears_response(f"{self.peer.heard[0].code} REGISTER")  # type: ignore[union-attr]
            if answer.code != 401:
                break
        assert answer is not None
        return answer


# ── Calls to us ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("transport", "contact"), [("TLS", OURS), ("WSS", f"<sips:huawu@{US};transport=ws>")]
)
def test_call_to_a_sips_uri_is_answered_by_a_sips_contact(transport: str, contact: str) -> None:
    scene = Scene(transport)
    if transport == "WSS":  # by WebSocket nobody calls unproved
        assert scene.registers("sips:huawu.test").code == 200
        scene.says(
            "INVITE", f"sips:10000@{US}", from_="<sips:bob@huawu.test>;tag=p1", body=str(sdp_of(scene.peer))
        )
        scene.peer.hears("100 INVITE")
    else:
        scene.calls("sips")
    assert scene.answered().first("contact") == contact


def test_sips_contact_alone_is_answered_by_one() -> None:
    """RFC 3261 §12.1.1: the Contact counts when there is no Record-Route."""
    scene = Scene()
    scene.calls("sip")
    assert scene.answered().first("contact") == OURS


@pytest.mark.parametrize(("route", "ours"), [("sips", OURS), ("sip", f"<sip:huawu@{US};transport=tls>")])
def test_with_record_route_the_nearest_proxy_decides(route: str, ours: str) -> None:
    scene = Scene()
    scene.calls("sip", f"Record-Route: <{route}:10.0.0.7;lr>")
    assert scene.answered().first("contact") == ours


def test_call_to_a_sip_uri_by_tls_stays_a_sip_call() -> None:
    scene = Scene(scheme="sip")
    scene.calls("sip")
    assert scene.answered().first("contact") == f"<sip:huawu@{US};transport=tls>"


@pytest.mark.parametrize("transport", ["UDP", "TCP", "WS"])
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER"])
def test_sips_uri_that_came_without_tls_is_not_allowed(method: str, transport: str) -> None:
    """RFC 5630 §5.2: 480 with Warning 380; nobody is reached by less than was asked for."""
    scene = Scene(transport)
    scene.says(method, f"sips:10000@{US}", body=str(sdp_of(scene.peer)) if method == "INVITE" else "")
    answer = scene.peer.hears_response(f"480 {method}")
    assert answer.first("warning") == '380 huawu "SIPS Not Allowed"'
    assert not scene.ours.news


@pytest.mark.parametrize(
    ("transport", "asked", "scheme"), [("TLS", "sips", "sip"), ("UDP", "sip", "sips"), ("TCP", "sip", "sips")]
)
def test_uris_that_contradict_each_other_are_a_bad_request(transport: str, asked: str, scheme: str) -> None:
    scene = Scene(transport, scheme)
    scene.calls(asked)
    scene.peer.hears("400 INVITE")
    assert not [one for one in scene.ours.news if isinstance(one, CallOffered)]
    assert scene.ours.clean()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_sips_call_is_not_led_to_a_sip_contact(method: str) -> None:
    scene = Scene()
    scene.calls("sips")
    scene.answered()
    scene.peer.scheme = "sip"
    scene.says(method, scene.target, to_=scene.to, body=str(sdp_of(scene.peer)))
    assert scene.peer.titles()[-1] == f"400 {method}"
    assert not [one for one in scene.ours.news if isinstance(one, OfferReceived)]
    scene.peer.heard.clear()
    scene.peer.scheme = "sips"
    scene.says(method, scene.target, to_=scene.to, body=str(sdp_of(scene.peer)))
    scene.ours.take(OfferReceived)
    scene.ours.do(scene.ours.ua.answer_offer(scene.leg, sdp_of(scene.ours), scene.book.now))
    scene.book.run()
    ok = scene.peer.heard[-1]
    assert isinstance(ok, Response)
    assert (ok.code, ok.first("contact")) == (200, OURS)


def test_our_requests_in_a_sips_call_are_sips_and_by_tls() -> None:
    scene = Scene()
    scene.calls("sips")
    scene.answered()
    scene.ours.do(scene.ours.ua.offer(scene.leg, sdp_of(scene.ours), scene.book.now))
    scene.book.run()
    again = scene.peer.hears_request("INVITE")
    assert again.uri == f"sips:peer@{scene.peer.place}"
    assert again.first("contact") == OURS
    assert again.flow.transport == "tls"
    scene.peer.reply(again, 200, body=str(sdp_of(scene.peer)))
    scene.book.run()
    scene.peer.hears("ACK")
    scene.ours.news.clear()
    scene.ours.do(scene.ours.ua.refer(scene.leg, "2002", None, scene.book.now))
    scene.book.run()
    refer = scene.peer.hears_request("REFER")
    assert refer.first("refer-to") == f"<sips:2002@{US}>"
    assert refer.first("referred-by").startswith("<sips:")


# ── Registrations ─────────────────────────────────────────────────────────────────────────────────


def test_phone_with_a_sips_contact_is_called_by_sips() -> None:
    scene = Scene()
    assert scene.registers("sips:huawu.test").code == 200
    scene.ours.news.clear()
    scene.ours.call("out", endpoint=BOB, caller_number="13800000000")
    scene.book.run()
    invite = scene.peer.hears_request("INVITE")
    assert (invite.uri, invite.flow.transport) == (f"sips:peer@{scene.peer.place}", "tls")
    assert invite.first("contact") == OURS  # RFC 3261 §8.1.1.8
    assert invite.first("from").startswith("<sips:13800000000@")
    assert invite.first("to") == f"<sips:peer@{scene.peer.place}>"
    scene.peer.reply(invite, 200, body=str(sdp_of(scene.peer)))
    scene.book.run()
    assert scene.peer.hears_request("ACK").uri.startswith("sips:")
    scene.ours.take(CallAnswered)


def test_sip_and_sips_name_the_same_phone() -> None:
    """RFC 5630 §5.3: addresses that differ in their scheme alone are the same."""
    scene = Scene(scheme="sip")
    assert scene.registers("sips:huawu.test").code == 200  # a SIP Contact may be bound by a SIPS request
    scene.peer.scheme = "sips"
    answer = scene.registers("sips:huawu.test", who="sips:bob@huawu.test")
    assert len(answer.items("contact")) == 2
    scene.ours.call("out", endpoint=BOB)
    scene.book.run()
    rung = {one.uri.partition(":")[0] for one in scene.peer.heard if isinstance(one, Request)}
    assert rung == {"sip", "sips"}


@pytest.mark.parametrize(
    ("uri", "lines", "phrase"),
    [
        ("sip:huawu.test", (), "SIPS Contact without SIPS Request-URI"),
        ("sips:huawu.test", ("Path: <sip:10.0.0.7;lr>",), "SIPS Contact without SIPS Path"),
        (
            "sips:huawu.test",
            ("Path: <sips:10.0.0.7;lr>, <sip:10.0.0.8;lr>",),
            "SIPS Contact without SIPS Path",
        ),
    ],
)
def test_sips_contact_is_bound_only_when_all_on_its_way_is_sips(
    uri: str, lines: tuple[str, ...], phrase: str
) -> None:
    scene = Scene()
    answer = scene.registers(uri, *lines)
    assert (answer.code, answer.phrase) == (400, phrase)
    scene.peer.scheme = "sip"
    assert scene.registers("sips:huawu.test").items("contact") == [
        f"<sip:peer@{scene.peer.place}>;expires=3600"
    ]


def test_sips_contact_without_tls_is_not_bound() -> None:
    scene = Scene("TCP")
    answer = scene.registers("sip:huawu.test")
    assert (answer.code, answer.phrase) == (400, "SIPS Contact without TLS")


def test_sips_contact_by_a_sips_path_is_bound_and_called_along_it() -> None:
    scene = Scene()
    assert scene.registers("sips:huawu.test", "Path: <sips:10.0.0.7;lr>", "Supported: path").code == 200
    scene.ours.call("out", endpoint=BOB)
    scene.book.run()
    invite = scene.peer.hears_request("INVITE")
    assert invite.first("route") == "<sips:10.0.0.7;lr>"
    assert invite.first("contact") == OURS


# ── Trunks that want it ───────────────────────────────────────────────────────────────────────────


def by_trunk(transport: Literal["tcp", "tls"]) -> tuple[Playbook, Agent, Peer, Request, LegId]:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(trunks=(Trunk(trunk=CITY, target=peer.place, transport=transport),))
    leg = ours.call("out", trunk=CITY, number="10086", caller_number="20")
    book.run()
    return book, ours, peer, peer.hears_request("INVITE"), leg


def test_trunk_that_requires_sips_is_called_again_by_sips() -> None:
    """RFC 5630 §5.1.1: what 480 with Warning 381 means."""
    book, ours, peer, invite, _ = by_trunk("tls")
    assert invite.uri == f"sip:10086@{peer.place};transport=tls"
    peer.reply(invite, 480, 'Warning: 381 carrier "SIPS Required"')
    book.run()
    peer.hears("ACK")
    again = peer.hears_request("INVITE")
    assert (again.uri, again.first("contact")) == (f"sips:10086@{peer.place}", OURS)
    assert again.cseq == invite.cseq + 1
    peer.scheme = "sips"
    peer.reply(again, 200, body=str(sdp_of(peer)))
    book.run()
    peer.hears("ACK")
    ours.take(CallAnswered)


def test_trunk_that_refuses_sips_too_has_refused() -> None:
    book, ours, peer, invite, _ = by_trunk("tls")
    for _ in range(2):
        peer.reply(invite, 480, 'Warning: 381 carrier "SIPS Required"')
        book.run()
        peer.hears("ACK")
        if peer.heard:
            invite = peer.hears_request("INVITE")
    assert ours.take(CallEnded).reason == "unavailable"
    assert not peer.heard


@pytest.mark.parametrize(("transport", "warning"), [("tcp", "381"), ("tls", "380"), ("tls", "399")])
def test_other_refusals_are_no_reason_to_ask_again(transport: Literal["tcp", "tls"], warning: str) -> None:
    book, ours, peer, invite, _ = by_trunk(transport)
    peer.reply(invite, 480, f'Warning: {warning} carrier "no"')
    book.run()
    peer.hears("ACK")
    ours.take(CallEnded)
    assert not peer.heard
