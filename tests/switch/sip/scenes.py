"""Scenes that scripts begin with: two agents in a call, a stranger who calls, a phone that registers."""

from __future__ import annotations

from huawu.link.messages import EndpointId, LegId, Trunk, TrunkId
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallOffered,
    TrunkReach,
)
from huawu.switch.sip.message import Response
from tests.switch.sip.playbook import (
    Agent,
    Peer,
    Playbook,
    answer_to,
    credentials,
    endpoint,
    sdp_of,
)

BOB = EndpointId("e-bob")
URI = "sip:10000@10.0.0.1"


def two_agents(book: Playbook, transport: str = "udp") -> tuple[Agent, Agent]:
    """Alice calls Bob through a trunk; Bob's number 10000 is public."""
    alice, bob = book.agent("10.0.0.1"), book.agent("10.0.0.2")
    trunk = Trunk(
        trunk=TrunkId("t"), target="10.0.0.2:5060", transport="tcp" if transport == "tcp" else "udp"
    )
    alice.configure(trunks=(trunk,))
    bob.configure()
    return alice, bob


def dial(alice: Agent, number: str = "10000", ring_ms: int = 30_000) -> LegId:
    return alice.call("out", trunk=TrunkId("t"), number=number, caller_number="13800000000", ring_ms=ring_ms)


def connected(book: Playbook, transport: str = "udp") -> tuple[Agent, LegId, Agent, LegId]:
    alice, bob = two_agents(book, transport)
    out = dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run(10)
    alice.take(CallAnswered)
    bob.take(CallConfirmed)
    alice.news.clear()
    return alice, out, bob, offered.leg


def over(book: Playbook, *agents: Agent) -> None:
    """After all timers nothing may be left."""
    book.run(200)
    for agent in agents:
        assert agent.clean(), (agent.ua.leaks(), agent.timers)
        news = [one for one in agent.news if not isinstance(one, TrunkReach)]
        assert not news, news


def stage(*, lines: tuple[str, ...] = (), body: str | None = None) -> tuple[Playbook, Agent, Peer]:
    """A stranger has called 10000."""
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(endpoint("bob"))
    peer.request(ours, "INVITE", URI, *lines, body=str(sdp_of(peer)) if body is None else body)
    book.run()
    peer.hears("100 INVITE")
    return book, ours, peer


def talk(book: Playbook, ours: Agent, peer: Peer) -> tuple[LegId, str]:
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    to = ok.first("to")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=to, branch="ack")
    book.run()
    ours.take(CallConfirmed)
    return leg, to


def register(book: Playbook, ours: Agent, phone: Peer, user: str = "bob", cseq: int = 1) -> Response:
    uri = "sip:huawu.test"
    who = f"<sip:{user}@huawu.test>"
    call_id = f"reg-{phone.place}"
    phone.request(
        ours, "REGISTER", uri, from_=f"{who};tag=r", to_=who, cseq=str(cseq), call_id=call_id,
        branch=f"r{cseq}{phone.port}",
    )  # fmt: skip
    book.run()
    challenge = phone.hears_response("401 REGISTER")
    phone.request(
        ours, "REGISTER", uri, credentials(challenge, "REGISTER", uri, user),
        from_=f"{who};tag=r", to_=who, cseq=str(cseq + 1), call_id=call_id, branch=f"r{cseq + 1}{phone.port}",
    )  # fmt: skip
    book.run()
    return phone.hears_response("200 REGISTER")
