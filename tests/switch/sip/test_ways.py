"""What each transport puts into Via and Contact, where answers go, and what becomes of a way that breaks."""

from __future__ import annotations

from typing import get_args

import pytest

from huawu.link.messages import EndpointId, Trunk, TrunkId, TrunkTls
from huawu.switch.sip.addresses import Addresses
from huawu.switch.sip.core import Core
from huawu.switch.sip.events import CallAnswered, CallOffered, ContactsChanged, Flow, SendPacket, Transport
from huawu.switch.sip.headers import parse_uri, target_of
from huawu.switch.sip.message import Request, parse
from tests.switch.sip.playbook import Playbook, crlf, endpoint, sdp_of
from tests.switch.sip.test_registrar import BOB, Phone

CITY = TrunkId("city")
INSTANCE = '"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
OUTBOUND = "Supported: path, outbound"


def kept(number: int = 1) -> str:
    return f";+sip.instance={INSTANCE};reg-id={number}"


@pytest.mark.parametrize(
    ("transport", "contact"),
    [
        ("udp", "<sip:huawu@10.0.0.1:1>"),
        ("tcp", "<sip:huawu@10.0.0.1:2;transport=tcp>"),
        ("tls", "<sip:huawu@10.0.0.1:3;transport=tls>"),
        ("ws", "<sip:huawu@10.0.0.1:4;transport=ws>"),
        ("wss", "<sip:huawu@10.0.0.1:5;transport=ws>"),
    ],
)
@pytest.mark.parametrize("ipv6", [False, True])
def test_we_name_ourselves_by_the_transport_we_are_heard_on(
    transport: Transport, contact: str, ipv6: bool
) -> None:
    host = "[2001:db8::1]" if ipv6 else "10.0.0.1"
    family = "6" if ipv6 else "4"
    places = {f"{name}{family}": f"{host}:{n}" for n, name in enumerate(get_args(Transport), 1)}
    local = Addresses(**places)  # type: ignore[arg-type]
    core = Core(lambda: "x", local, "Huawu")
    flow = Flow(transport=transport, host="2001:db8::2" if ipv6 else "10.0.0.2", port=9, connection=1)
    assert core.contact(flow) == f"Contact: {contact.replace('10.0.0.1', host)}\r\n"
    sent = core.prepare(
        "OPTIONS", "sip:a@b", flow, from_value="<sip:a@b>", to_value="<sip:a@b>", call_id="c", cseq=1
    )
    assert sent.via.startswith(f"SIP/2.0/{transport.upper()} {places[transport + family]};branch=z9hG4bK")


@pytest.mark.parametrize(
    ("uri", "leads_to"),
    [
        ("sip:a@h", ("h", 5060, "udp")),
        ("sip:a@h;transport=TLS", ("h", 5061, "tls")),
        ("sips:a@h", ("h", 5061, "tls")),
        ("sips:a@h:99;transport=tcp", ("h", 99, "tls")),
        ("sip:a@[2001:db8::1];transport=ws", ("2001:db8::1", 80, "ws")),
        ("sips:a@h;transport=ws", ("h", 443, "wss")),
    ],
)
def test_a_uri_leads_to_a_transport_and_its_port(uri: str, leads_to: tuple[str, int, str]) -> None:
    assert target_of(parse_uri(uri)) == leads_to


@pytest.mark.parametrize("transport", ["tcp", "tls", "ws", "wss"])
def test_an_answer_goes_back_by_its_connection_whatever_via_says(transport: Transport) -> None:
    flow = Flow(transport=transport, host="10.0.0.9", port=40_000, connection=7)
    request = parse(
        crlf(
            f"OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/{transport.upper()} df7jal23ls0d.invalid;branch=z9hG4bKx\n"
            "From: <sip:a@b>;tag=1\nTo: <sip:x>\nCall-ID: c\nCSeq: 1 OPTIONS\n\n"
        ),
        flow,
    )
    assert isinstance(request, Request)
    assert request.reply_flow() == flow
    assert request.vias.startswith(f"Via: SIP/2.0/{transport.upper()} df7jal23ls0d.invalid")
    assert "received=10.0.0.9" in request.vias


# ── WebSocket phones ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("transport", ["ws", "wss", "tls"])
def test_a_browser_is_called_on_its_connection_and_gone_with_it(transport: Transport) -> None:
    phone = Phone(transport=transport.upper(), contact="df7jal23ls0d.invalid;transport=ws")
    assert phone.register().code == 200
    phone.ours.call("out", endpoint=BOB)
    phone.book.run()
    invite = phone.peer.hears_request("INVITE")
    assert invite.uri == "sip:peer@df7jal23ls0d.invalid;transport=ws"
    assert (invite.flow.transport, invite.via.transport) == (transport, transport.upper())
    phone.peer.reply(invite, 200, body=str(sdp_of(phone.peer)))
    phone.book.run()
    phone.peer.hears("ACK")
    phone.ours.take(CallAnswered)
    flow = Flow(transport=transport, host="10.0.0.9", port=5060, connection=1)
    phone.ours.do(phone.ours.ua.connection_lost(flow, phone.book.now))
    assert phone.contacts() == [1, 0]


def test_a_websocket_that_broke_is_not_opened_by_us() -> None:
    gone = Flow(transport="ws", host="h", port=1, connection=4)
    assert gone.anew() == gone
    assert Flow(transport="tls", host="h", port=1, connection=4, trunk="t").anew().connection == 0


# ── Flows of phones (RFC 5626) ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("transport", ["TCP", "UDP", "WS"])
def test_a_phone_that_comes_by_a_new_connection_replaces_its_old_one(transport: str) -> None:
    phone = Phone(transport=transport)
    first = phone.register(OUTBOUND, contact="10.0.0.9:40001;ob", contact_tail=kept())
    assert first.first("require") == "outbound"
    assert first.first("flow-timer") == ("" if transport == "UDP" else "120")
    again = phone.register(OUTBOUND, contact="10.0.0.9:40002;ob", contact_tail=kept())
    assert [item.partition(">")[0] for item in again.items("contact")] == ["<sip:peer@10.0.0.9:40002;ob"]
    assert phone.contacts() == [1]
    phone.ours.call("out", endpoint=BOB)
    phone.book.run()
    assert phone.peer.hears_request("INVITE").uri == "sip:peer@10.0.0.9:40002;ob"
    assert phone.peer.titles() == []


def test_of_the_flows_of_one_phone_the_newest_rings() -> None:
    phone = Phone(transport="TCP")
    phone.register(OUTBOUND, contact="10.0.0.9:40001;ob", contact_tail=kept(1))
    phone.book.run(60)
    phone.register(OUTBOUND, contact="10.0.0.9:40002;ob", contact_tail=kept(2))
    assert phone.contacts() == [1, 2]
    phone.ours.call("out", endpoint=BOB)
    phone.book.run()
    assert phone.peer.hears_request("INVITE").uri == "sip:peer@10.0.0.9:40002;ob"
    assert phone.peer.titles() == []


def test_without_outbound_a_number_of_a_flow_means_nothing() -> None:
    phone = Phone(transport="TCP")
    assert phone.register(contact="10.0.0.9:40001", contact_tail=kept()).first("require") == ""
    phone.register(contact="10.0.0.9:40002", contact_tail=kept())
    assert phone.contacts() == [1, 2]


def test_who_insists_on_flows_gets_them_or_is_told_why_not() -> None:
    phone = Phone(transport="TCP")
    assert phone.register("Require: outbound", contact_tail=kept()).first("require") == "outbound"
    behind = ("Via: SIP/2.0/TCP 10.0.0.7;branch=z9hG4bKphone", "Require: outbound")
    assert phone.register(*behind, contact_tail=kept()).code == 439
    assert phone.register(behind[0], OUTBOUND, contact_tail=kept()).first("require") == ""
    edge = "Path: <sip:10.0.0.7;lr;ob>"
    assert phone.register(*behind, edge, contact_tail=kept()).first("require") == "outbound"


def test_other_demands_of_a_registration_are_refused_as_ever() -> None:
    phone = Phone(transport="TCP")
    phone.peer.request(phone.ours, "REGISTER", "sip:huawu.test", "Require: outbound, gruu", transport="TCP")
    phone.book.run()
    assert phone.peer.hears_response("420 REGISTER").first("unsupported") == "gruu"


@pytest.mark.parametrize("tail", [f";+sip.instance={INSTANCE};reg-id={n}" for n in ("0", "x", "99999999999")])
def test_a_flow_without_a_proper_number_is_refused(tail: str) -> None:
    assert Phone(transport="TCP").register(OUTBOUND, contact_tail=tail).code == 400


def test_a_phone_that_asks_for_it_is_answered_by_the_path_it_called_by() -> None:
    book = Playbook()
    ours, peer, elsewhere = book.agent(), book.peer(), book.peer("10.0.0.8")
    ours.configure()
    peer.request(ours, "INVITE", "sip:10000@10.0.0.1", contact="10.0.0.8:5060;ob", body=str(sdp_of(peer)))
    book.run()
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    assert peer.hears_response("100 INVITE")
    invited = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", "sip:10000@10.0.0.1", to_=invited.first("to"), branch="a")
    book.run()
    ours.hang_up(leg)
    book.run()
    peer.hears("BYE")
    assert elsewhere.heard == []


# ── Trunks by TLS ─────────────────────────────────────────────────────────────────────────────────


def trunk(**tls: object) -> Trunk:
    return Trunk(
        trunk=CITY,
        target="10.0.0.9:5061",
        transport="tls",
        sources=("10.0.0.9",),
        tls=TrunkTls(**tls),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("transport", "proved_as", "admitted"),
    [("TLS", "city", True), ("TLS", "", False), ("TLS", "other", False), ("UDP", "city", False)],
)
def test_a_trunk_that_must_prove_itself_is_known_by_its_certificate_alone(
    transport: str, proved_as: str, admitted: bool
) -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    peer.proved_as = proved_as
    ours.configure(trunks=(trunk(client_certificate=True, ca="/ca"),))
    peer.request(ours, "INVITE", "sip:123@10.0.0.1", transport=transport, body=str(sdp_of(peer)))
    book.run()
    if admitted:
        assert ours.take(CallOffered).trunk == CITY
    else:
        assert peer.hears_response("401 INVITE")


def test_a_proved_trunk_still_calls_from_its_own_places_only() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer("10.0.0.66")
    peer.proved_as = "city"
    ours.configure(trunks=(trunk(client_certificate=True, ca="/ca"),))
    peer.request(ours, "INVITE", "sip:123@10.0.0.1", transport="TLS", body=str(sdp_of(peer)))
    book.run()
    assert peer.hears_response("401 INVITE")


def test_a_call_by_a_tls_trunk_names_whose_certificate_is_wanted_and_goes_on_by_a_new_connection() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer(port=5061)
    ours.configure(trunks=(trunk(),))
    leg = ours.call("out", trunk=CITY, number="123")
    book.run()
    invite = peer.hears_request("INVITE")
    assert invite.uri == "sip:123@10.0.0.9:5061;transport=tls"
    assert invite.via.transport == "TLS"
    peer.reply(invite, 200, body=str(sdp_of(peer)))
    book.run()
    peer.hears("ACK")
    ours.take(CallAnswered)
    flow = Flow(transport="tls", host="10.0.0.9", port=5061, connection=1, trunk="")
    ours.do(ours.ua.connection_lost(flow, book.now))
    ours.hang_up(leg)
    book.run()
    bye = peer.hears_request("BYE")
    assert bye.via.transport == "TLS"


def test_a_tls_trunk_known_by_its_place_is_proved_when_we_must_connect_to_it() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer(port=5061)
    ours.configure(trunks=(trunk(),))
    peer.request(
        ours, "INVITE", "sip:123@10.0.0.1", transport="TLS", contact=f"{peer.place};transport=tls",
        body=str(sdp_of(peer)),
    )  # fmt: skip
    book.run()
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    peer.hears("100 INVITE")
    answer = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", "sip:123@10.0.0.1", transport="TLS", to_=answer.first("to"), branch="a")
    book.run()
    broken = Flow(transport="tls", host="10.0.0.9", port=5061, connection=1)
    ours.do(ours.ua.connection_lost(broken, book.now))
    sent = ours.ua.hang_up(leg, "normal", book.now)
    flows = [one.flow for one in sent if isinstance(one, SendPacket)]
    assert flows == [Flow(transport="tls", host="10.0.0.9", port=5061, trunk="city")]


def test_a_registration_that_ends_with_its_connection_is_told_once() -> None:
    phone = Phone(transport="WSS")
    phone.ours.configure(endpoint("bob"))
    phone.register()
    for _ in range(2):
        flow = Flow(transport="wss", host="10.0.0.9", port=5060, connection=1)
        phone.ours.do(phone.ours.ua.connection_lost(flow, phone.book.now))
    changes = [one for one in phone.ours.news if isinstance(one, ContactsChanged)]
    assert [(one.endpoint, one.contacts) for one in changes] == [(EndpointId("e-bob"), 1), (BOB, 0)]
