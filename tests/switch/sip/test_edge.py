"""Behind a proxy of ours: real sources are believed from it alone, phones are reached along their Path."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import EndpointId, Trunk, TrunkId
from huawu.switch.sip.edge import NOWHERE, Proxies
from huawu.switch.sip.events import BindingChanged, CallOffered, ContactsChanged, Flow, Suspicion
from huawu.switch.sip.message import Request, Response, parse
from tests.switch.sip.playbook import REALM, Agent, Peer, Playbook, credentials, endpoint, sdp_of
from tests.switch.sip.scenes import BOB

EDGE, PHONE, STRANGER = "10.0.0.5", "203.0.113.9", "198.51.100.6"
PATH = f"<sip:token@{EDGE}:5060;lr;ob>"
URI = f"sip:{REALM}"


class Edge:
    """A proxy before the switch, that speaks for phones and strangers."""

    def __init__(
        self, *, proxies: tuple[str, ...] = (EDGE,), trunks: tuple[Trunk, ...] = (), shares: bool = False
    ) -> None:
        self.book = Playbook()
        self.ours: Agent = self.book.agent()
        self.ours.configure(endpoint("bob"), endpoint("eve"), trunks=trunks, proxies=proxies, shares=shares)
        self.proxy: Peer = self.book.peer(EDGE)
        self.waits = 10.0  # seconds after each request
        self._cseq = 0

    def brings(self, method: str, uri: str, via: str, *lines: str, body: str = "", **fields: str) -> None:
        """A request that came to the proxy with this Via, marked by it."""
        self._cseq += 1
        fields = {"cseq": str(self._cseq), "call_id": "c", "branch": f"x{self._cseq}"} | fields
        self.proxy.request(self.ours, method, uri, f"Via: {via}", *lines, body=body, **fields)
        self.book.run(self.waits)

    def registers(
        self, via: str, user: str = "bob", password: str = "secret", expires: int = 300
    ) -> Response:
        who = f"<sip:{user}@{REALM}>"
        lines = [f"Path: {PATH}", "Supported: path", f"Expires: {expires}"]
        fields = {"from_": f"{who};tag=r", "to_": who, "call_id": "reg", "contact": "192.168.1.7:5060"}
        self.brings("REGISTER", URI, via, *lines, **fields)
        challenge = self.proxy.hears_response("401 REGISTER")
        lines.append(credentials(challenge, "REGISTER", URI, user, password))
        self.brings("REGISTER", URI, via, *lines, **fields)
        answer = self.proxy.heard.pop()
        assert isinstance(answer, Response)
        return answer

    def suspects(self) -> list[str]:
        return [one.flow.host for one in self.ours.news if isinstance(one, Suspicion)]

    def offered(self) -> CallOffered:
        return self.ours.take(CallOffered)


def via_of(host: str, port: int = 5060, sent_by: str = "192.168.1.7", transport: str = "UDP") -> str:
    return f"SIP/2.0/{transport} {sent_by};received={host};rport={port};branch=z9hG4bKq"


def test_phone_is_called_along_the_path_it_registered_by() -> None:
    edge = Edge()
    answer = edge.registers(via_of(PHONE))
    assert answer.items("path") == [PATH]
    edge.ours.call("out", endpoint=BOB)
    edge.book.run()
    invite = edge.proxy.hears_request("INVITE")
    assert invite.uri == "sip:peer@192.168.1.7:5060"
    assert invite.headers["route"] == [PATH]


def test_dialog_with_such_a_phone_follows_the_route_both_ways() -> None:
    edge = Edge()
    edge.registers(via_of(PHONE))
    leg = edge.ours.call("out", endpoint=BOB)
    edge.book.run()
    invite = edge.proxy.hears_request("INVITE")
    routes = [f"<sip:{EDGE}:8080;transport=ws;r2=on;lr>", f"<sip:{EDGE};r2=on;lr>"]
    edge.proxy.reply(invite, 200, *[f"Record-Route: {one}" for one in routes], body=str(sdp_of(edge.proxy)))
    edge.book.run()
    assert edge.proxy.hears_request("ACK").headers["route"] == routes[::-1]
    edge.ours.hang_up(leg)
    edge.book.run()
    assert edge.proxy.hears_request("BYE").headers["route"] == routes[::-1]


def test_phone_whose_connection_the_proxy_lost_is_gone_until_it_registers_again() -> None:
    edge = Edge()
    edge.registers(via_of(PHONE))
    assert edge.ours.take(ContactsChanged).contacts == 1
    edge.ours.call("out", endpoint=BOB)
    edge.book.run()
    edge.proxy.reply(edge.proxy.hears_request("INVITE"), 430)
    edge.book.run()
    assert edge.ours.take(ContactsChanged).contacts == 0
    edge.ours.call("again", endpoint=BOB)
    edge.book.run()
    assert edge.proxy.titles() == ["ACK"]  # of the refusal; nobody is called


def test_call_from_where_a_phone_registered_is_the_phones() -> None:
    edge = Edge()
    edge.registers(via_of(PHONE, 40_000))
    edge.brings("INVITE", "sip:200@x", via_of(PHONE, 40_000), body=str(sdp_of(edge.proxy)))
    offered = edge.offered()
    assert offered.endpoint == BOB
    assert (offered.flow.host, offered.flow.port) == (PHONE, 40_000)


def test_call_from_elsewhere_behind_the_same_proxy_is_a_strangers() -> None:
    edge = Edge()
    edge.registers(via_of(PHONE, 40_000))
    for via in (via_of(PHONE, 40_001), via_of(STRANGER, 40_000)):
        edge.brings("INVITE", "sip:200@x", via, body=str(sdp_of(edge.proxy)))
        edge.proxy.heard.clear()
    assert not [one for one in edge.ours.news if isinstance(one, CallOffered)]


def test_port_that_no_proxy_saw_proves_nobody() -> None:
    """A Via without rport tells the port that its sender chose."""
    edge = Edge()
    edge.registers(via_of(PHONE, 5060))
    edge.brings(
        "INVITE", "sip:200@x", f"SIP/2.0/UDP {PHONE}:5060;branch=z9hG4bKq", body=str(sdp_of(edge.proxy))
    )
    assert not [one for one in edge.ours.news if isinstance(one, CallOffered)]


def test_trunk_behind_the_proxy_is_known_by_its_own_address() -> None:
    edge = Edge(trunks=(Trunk(trunk=TrunkId("t"), target="x", sources=("192.0.2.0/24",)),))
    edge.brings("INVITE", "sip:200@x", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKq", body=str(sdp_of(edge.proxy)))
    assert edge.offered().trunk == TrunkId("t")


@pytest.mark.parametrize(
    "via",
    [
        f"SIP/2.0/UDP {STRANGER};received={STRANGER};branch=z9hG4bKq;received=192.0.2.7",
        f"SIP/2.0/UDP 192.0.2.7;received={STRANGER};branch=z9hG4bKq",
        f"SIP/2.0/UDP {STRANGER};branch=z9hG4bKq, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKr",
        f"SIP/2.0/UDP pbx.example;received={STRANGER};branch=z9hG4bKq;received=192.0.2.7",
        "SIP/2.0/UDP pbx.example;branch=z9hG4bKq",
        "nonsense",
    ],
)
def test_stranger_cannot_pass_as_the_trunk_by_what_it_writes_into_its_via(via: str) -> None:
    edge = Edge(trunks=(Trunk(trunk=TrunkId("t"), target="x", sources=("192.0.2.0/24",)),))
    edge.brings("INVITE", "sip:200@x", via, body=str(sdp_of(edge.proxy)))
    assert edge.proxy.titles() == ["401 INVITE"]


def test_who_is_no_proxy_of_ours_speaks_for_itself_alone() -> None:
    edge = Edge(proxies=(), trunks=(Trunk(trunk=TrunkId("t"), target="x", sources=("192.0.2.0/24",)),))
    edge.brings("INVITE", "sip:200@x", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKq", body=str(sdp_of(edge.proxy)))
    assert edge.proxy.titles() == ["401 INVITE"]


def test_guesser_behind_the_proxy_is_slowed_and_named_and_others_are_not() -> None:
    edge = Edge()
    for _ in range(4):
        edge.registers(via_of(STRANGER), password="wrong")
    assert set(edge.suspects()) == {STRANGER}
    for host, user, waits in ((STRANGER, "bob", True), (PHONE, "eve", False)):
        edge.brings("REGISTER", URI, via_of(host), to_=f"<sip:{user}@{REALM}>", call_id=host)
        proof = credentials(edge.proxy.hears_response("401 REGISTER"), "REGISTER", URI, user, "wrong")
        edge.waits = 1.0
        edge.brings("REGISTER", URI, via_of(host), proof, to_=f"<sip:{user}@{REALM}>", call_id=host)
        assert edge.proxy.titles() == ([] if waits else ["401 REGISTER"])
        edge.waits = 10.0
        edge.book.run(10)
        edge.proxy.heard.clear()


def test_phone_behind_an_unnamed_proxy_is_called_by_the_way_its_register_came() -> None:
    """Its Path is kept, but a Path alone sends nothing to other places."""
    edge = Edge(proxies=())
    proxied = PATH.replace(EDGE, "10.99.0.1")
    who = f"<sip:bob@{REALM}>"
    fields = {"from_": f"{who};tag=r", "to_": who, "call_id": "reg", "contact": "192.168.1.7"}
    edge.brings("REGISTER", URI, via_of(PHONE), f"Path: {proxied}", **fields)
    proof = credentials(edge.proxy.hears_response("401 REGISTER"), "REGISTER", URI, "bob")
    edge.brings("REGISTER", URI, via_of(PHONE), f"Path: {proxied}", proof, **fields)
    assert "path" not in edge.proxy.hears_response("200 REGISTER").headers
    edge.ours.call("out", endpoint=BOB)
    edge.book.run()
    assert edge.proxy.hears_request("INVITE").headers["route"] == [proxied]


@pytest.mark.parametrize("path", ["<tel:1>", "nonsense<", ", ".join([PATH] * 11)])
def test_path_that_leads_nowhere_is_refused(path: str) -> None:
    edge, who, line = Edge(), f"<sip:bob@{REALM}>", f"Path: {path}"
    fields = {"to_": who, "from_": f"{who};tag=r", "call_id": "r"}
    edge.brings("REGISTER", URI, via_of(PHONE), line, **fields)
    proof = credentials(edge.proxy.hears_response("401 REGISTER"), "REGISTER", URI, "bob")
    edge.brings("REGISTER", URI, via_of(PHONE), line, proof, **fields)
    assert edge.proxy.titles() == ["400 REGISTER"]


def other_switch(edge: Edge) -> Agent:
    """A second switch of the centre, at which nobody registered."""
    other = edge.book.agent("10.0.0.2")
    other.configure(endpoint("bob"), proxies=(EDGE,), shares=True)
    return other


def told(edge: Edge) -> list[BindingChanged]:
    return [one for one in edge.ours.news if isinstance(one, BindingChanged)]


def test_phone_registered_at_one_switch_is_called_and_known_by_the_other() -> None:
    edge = Edge(shares=True)
    edge.registers(via_of(PHONE, 40_000))
    other = other_switch(edge)
    other.do(other.ua.learn(told(edge), edge.book.now))
    assert other.take(ContactsChanged).contacts == 1
    other.call("out", endpoint=BOB)
    edge.book.run()
    assert edge.proxy.hears_request("INVITE").headers["route"] == [PATH]
    via = f"Via: {via_of(PHONE, 40_000)}"
    edge.proxy.request(other, "INVITE", "sip:200@x", via, body=str(sdp_of(edge.proxy)), call_id="own")
    edge.book.run()
    assert other.take(CallOffered).endpoint == BOB


def test_registration_taken_back_or_run_out_is_so_everywhere() -> None:
    edge = Edge(shares=True)
    edge.registers(via_of(PHONE))
    other = other_switch(edge)
    other.do(other.ua.learn(told(edge), edge.book.now))
    edge.ours.news.clear()
    edge.registers(via_of(PHONE), expires=0)
    other.do(other.ua.learn(told(edge), edge.book.now))
    assert [one.contacts for one in other.news if isinstance(one, ContactsChanged)] == [1, 0]
    edge.ours.news.clear()
    edge.registers(via_of(PHONE), expires=60)
    other.do(other.ua.learn(told(edge), edge.book.now))
    edge.book.run(100)
    assert [one.contacts for one in other.news if isinstance(one, ContactsChanged)] == [1, 0, 1, 0]


def test_phone_whose_connection_ends_at_its_switch_is_not_shared() -> None:
    edge = Edge(shares=True)
    phone = edge.book.peer("10.0.0.9")
    who = f"<sip:bob@{REALM}>"
    lines: tuple[str, ...] = ()
    for cseq in ("1", "2"):
        phone.request(edge.ours, "REGISTER", URI, *lines, to_=who, from_=f"{who};tag=r", cseq=cseq)
        edge.book.run()
        if cseq == "1":
            lines = (credentials(phone.hears_response("401 REGISTER"), "REGISTER", URI, "bob"),)
    phone.hears_response("200 REGISTER")
    assert told(edge) == []
    assert edge.ours.ua.shared(edge.book.now) == []


def test_snapshot_tells_what_can_be_shared_and_nonsense_is_passed_over() -> None:
    edge = Edge(shares=True)
    edge.registers(via_of(PHONE))
    held = edge.ours.ua.shared(edge.book.now)
    assert [(one.endpoint, one.binding) for one in held] == [(BOB, told(edge)[0].binding)]
    other = other_switch(edge)
    nonsense = BindingChanged(endpoint=BOB, key="k", seconds=60, binding=b"nonsense")
    stranger = msgspec.structs.replace(held[0], endpoint=EndpointId("nobody"))
    other.do(other.ua.learn([nonsense, stranger], edge.book.now))
    assert other.news == []


def test_centre_away_answers_options_as_it_would_a_call() -> None:
    edge = Edge()
    edge.ours.ua.overloaded(5)
    edge.brings("OPTIONS", "sip:10.0.0.1", via_of(PHONE))
    assert edge.proxy.hears_response("503 OPTIONS").first("retry-after") == "5"


@given(
    vias=st.lists(
        st.one_of(
            st.text(max_size=40).filter(lambda text: "\n" not in text and "\r" not in text),
            st.builds(
                "SIP/2.0/{} {};received={};rport={}".format,
                st.sampled_from(["UDP", "TCP", "WSS", "X"]),
                st.sampled_from([PHONE, "a.b", "[2001:db8::1]", EDGE]),
                st.sampled_from([PHONE, EDGE, "x", "", "::1"]),
                st.sampled_from(["", "1", "99999999", "x"]),
            ),
        ),
        max_size=12,
    )
)
def test_whatever_stands_below_is_a_place_or_nowhere(vias: list[str]) -> None:
    head = f"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP {EDGE};branch=z9hG4bKa\r\n"
    head += "".join(f"Via: {via}\r\n" for via in vias)
    head += "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    try:
        request = parse(head.encode("utf-8", "surrogateescape"), Flow(transport="udp", host=EDGE, port=5060))
    except ValueError:
        return
    assert isinstance(request, Request)
    origin = Proxies([EDGE]).origin_of(request)
    assert origin is NOWHERE or 0 <= origin.port < 65_536
