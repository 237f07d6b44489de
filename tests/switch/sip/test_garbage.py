"""Nothing a peer sends reaches the last-resort guard, and nothing it sends stays in the tables."""

# ruff: noqa: E501 (wire text is shown unbroken)

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallOffered, Flow, SendPacket, Suspicion
from tests.switch.sip.playbook import Agent, Playbook, answer_to, crlf, endpoint, sdp_of

FLOW = Flow(transport="udp", host="10.0.0.9", port=5060)

NASTY = [
    "", " ", ";", ",", "<", ">", "<>", '"', '"\\', "\\", ":", "=", "@", "%", "%zz", "%00", "\0", "\r", "\n", "\t",
    "sip:", "sips:a", "tel:+1", "tel:", "sip:a@b;self=1", "<sip:a@b;self=1>;self=2", "sip:[::1", "sip:a@[::1]:99999",
    "sip:@", "sip:a@b:0", "sip:a@b?x=y", "sip:%41@b", "http://x", "*", "é", "\udce9", "通", "\u202e", "9" * 400, "-1",
    "4294967296", "SIP/2.0/UDP", "SIP/2.0/TCP x:0", "SIP/2.0/UDP [::1]:5060;branch=z9hG4bK;rport=1;received=x",
    ";tag=", ";tag=a;tag=b", ";;;", "Digest ", 'Digest realm="huawu.test"', 'Digest a="b",a="c"', "Digest " + "a=b," * 80,
    'Digest realm="huawu.test", username="bob", nonce="é", nc=00000001, cnonce="x", qop=auth, uri="x", response="é"',
    "application/sdp", "application/sdp; charset=", "multipart/mixed", "1 INVITE", "1 ACK", "2147483648 INVITE", "0", "1",
    "a" * 1200, "<" * 300, '"' * 301, "\\" * 299, "1.1.1.1", "INVITE", "SIP/2.0", "SIP/3.0", "200", "Contact: *",
]  # fmt: skip

INVITE = """\
INVITE sip:10000@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKi;rport
Max-Forwards: 70
From: "Peer" <sip:peer@10.0.0.9>;tag=p1
To: <sip:10000@10.0.0.1>
Call-ID: c1
CSeq: 1 INVITE
Contact: <sip:peer@10.0.0.9:5060>
Record-Route: <sip:10.0.0.7;lr>
Authorization: Digest realm="huawu.test", username="bob", nonce="x", nc=00000001, cnonce="x", qop=auth, uri="u"
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 10.0.0.9
s=-
c=IN IP4 10.0.0.9
t=0 0
m=audio 4000 RTP/AVP 8 101
a=rtpmap:101 telephone-event/8000
a=rtcp:4001 IN IP4 10.0.0.9
"""
REGISTER = """\
REGISTER sip:huawu.test SIP/2.0
Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKr;rport, SIP/2.0/TCP x;branch=z9hG4bKq
From: <sip:bob@huawu.test>;tag=r
To: <sip:bob@huawu.test>
Call-ID: r1
CSeq: 1 REGISTER
Contact: <sip:bob@10.0.0.9>;expires=60, <sip:bob@10.0.0.10>
Expires: 3600

"""
ANSWER = """\
SIP/2.0 {code} OK
Via: {via}
From: {from_}
To: {to};tag=theirs
Call-ID: {call_id}
CSeq: {cseq}
Contact: <sip:10000@10.0.0.9>
Record-Route: <sip:10.0.0.7;lr>
WWW-Authenticate: Digest realm="x", nonce="y", qop="auth,auth-int"
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 10.0.0.9
s=-
c=IN IP4 10.0.0.9
t=0 0
m=audio 4000 RTP/AVP 8
"""
IN_DIALOG = """\
{method} sip:huawu@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK{method}{cseq};rport
From: "Peer" <sip:peer@10.0.0.9>;tag=p1
To: <sip:10000@10.0.0.1>;tag={tag}
Call-ID: c1
CSeq: {cseq} {method}
Contact: <sip:peer@10.0.0.9:5070>
Content-Type: {kind}

{body}
"""


@st.composite
def mangled(draw: st.DrawFn, text: str) -> bytes:
    """The message with lines dropped, doubled, or with nasty pieces put in."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(0, 4))):
        index = draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        piece = draw(st.sampled_from(NASTY) | st.text(max_size=12))
        match draw(st.sampled_from(["value", "insert", "cut", "drop", "double", "fold"])):
            case "value":
                lines[index] = line.partition(":")[0] + ": " + piece
            case "insert":
                at = draw(st.integers(0, len(line)))
                lines[index] = line[:at] + piece + line[at:]
            case "cut":
                lines[index] = line[: draw(st.integers(0, len(line)))]
            case "drop" if len(lines) > 1:
                del lines[index]
            case "double":
                lines.insert(index, line)
            case _:
                lines[index] = line.replace(" ", "\r\n ", 1)
    data = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 9)) == 0 else data


def unharmed(agent: Agent) -> None:
    inner = [one for one in agent.news if isinstance(one, Suspicion) and one.detail.startswith("internal")]
    assert not inner, inner


quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)


def fresh() -> tuple[Playbook, Agent]:
    book = Playbook()
    agent = book.agent()
    trunk = Trunk(trunk=TrunkId("t"), target="10.0.0.9", user="u", password="p")
    agent.configure(endpoint("bob"), trunks=(trunk,))
    return book, agent


def settled(book: Playbook, agent: Agent) -> None:
    """After everybody has hung up and timers ran out nothing may be left, and nothing went wrong inside."""
    for leg in list(agent.ua._core.calls):
        agent.hang_up(leg)
    book.run(300)
    unharmed(agent)
    assert agent.clean(), (agent.ua.leaks(), agent.timers)


@given(st.binary(max_size=300))
@quick
def test_noise(data: bytes) -> None:
    book, agent = fresh()
    agent.deliver(data, FLOW)
    settled(book, agent)


@given(mangled(INVITE), mangled(INVITE))
@quick
def test_mangled_invites(first: bytes, second: bytes) -> None:
    book, agent = fresh()
    agent.deliver(first, FLOW)
    agent.deliver(second, FLOW)
    settled(book, agent)


@given(mangled(REGISTER))
@quick
def test_mangled_registrations(data: bytes) -> None:
    book, agent = fresh()
    agent.deliver(data, FLOW)
    settled(book, agent)


@given(st.data())
@quick
def test_mangled_answers_to_our_invite(data: st.DataObject) -> None:
    book, agent = fresh()
    agent.call("out", trunk=TrunkId("t"), number="1", caller_number="2")
    sent = next(iter(agent.ua._core.clients.values())).request
    for code in data.draw(
        st.lists(st.sampled_from([100, 180, 183, 200, 302, 401, 407, 486, 491, 699]), max_size=4)
    ):
        text = ANSWER.format(
            code=code, via=sent.via, from_=sent.from_value, to=sent.to_value, call_id=sent.call_id,
            cseq=f"{sent.cseq} INVITE",
        )  # fmt: skip
        agent.deliver(data.draw(mangled(text)), FLOW)
        book.run(0.2)
    settled(book, agent)


@given(st.data())
@quick
def test_mangled_requests_in_a_call(data: st.DataObject) -> None:
    book, agent = fresh()
    agent.deliver(crlf(INVITE.replace("Authorization", "X-No")), FLOW)
    offered = agent.take(CallOffered)
    tag = next(iter(agent.ua._core.dialogs))[1]
    if data.draw(st.booleans()) and offered.offer is not None:
        agent.answer(offered.leg, answer_to(agent, offered.offer))
    sdp = INVITE[INVITE.index("v=0") :]
    bodies = {"application/sdp": sdp, "application/dtmf-relay": "Signal=1\nDuration=100", "": ""}
    for cseq in range(1, data.draw(st.integers(1, 4)) + 1):
        method = data.draw(st.sampled_from(["ACK", "INVITE", "INFO", "OPTIONS", "BYE", "CANCEL", "PRACK"]))
        kind = data.draw(st.sampled_from(sorted(bodies)))
        text = IN_DIALOG.format(method=method, tag=tag, cseq=cseq, kind=kind, body=bodies[kind])
        agent.deliver(data.draw(mangled(text)), FLOW)
        agent.do(agent.ua.answer_offer(offered.leg, sdp_of(agent), book.now))
        book.run(0.2)
    settled(book, agent)


def test_guard_catches_our_own_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    book, agent = fresh()

    def broken(*_: object) -> None:
        raise RuntimeError("our mistake")

    monkeypatch.setattr(agent.ua, "_take", broken)
    agent.deliver(crlf(INVITE), FLOW)
    assert agent.take(Suspicion).detail == "internal: RuntimeError"
    assert book.now == 0


def test_keep_alives_are_silent() -> None:
    _, agent = fresh()
    for data in (b"", b"\r\n", b"\r\n\r\n", b"\0", b"\0\0\0\0", b"jaK"):
        assert agent.ua.receive(data, FLOW, 0.0) == []


def test_commands_for_unknown_legs_do_nothing() -> None:
    _, agent = fresh()
    leg, ua = LegId("gone"), agent.ua
    assert ua.ring(leg, 0) == ua.reject(leg, "busy", 0) == ua.hang_up(leg, "normal", 0) == []
    assert ua.refuse_offer(leg, 0) == ua.fire("A.77", 0) == ua.fire("nonsense", 0) == ua.fire("x.y", 0) == []


def test_strangers_cost_no_memory() -> None:
    _, agent = fresh()
    for number in range(300):
        data = crlf(
            INVITE.replace("10000", "999")
            .replace("z9hG4bKi", f"z9hG4bK{number}")
            .replace("Authorization", "X-No")
        )
        flow = Flow(transport="udp", host=f"10.9.{number // 250}.{number % 250}", port=5060)
        sent = [one for one in agent.ua.receive(data, flow, 0.0) if isinstance(one, SendPacket)]
        assert len(sent) == 1
        assert sent[0].data.startswith(b"SIP/2.0 401")
    assert agent.clean()
