"""Scenes of transfers: a phone, a trunk or a stranger in a call with us, and what they say about it."""

from __future__ import annotations

from huawu.link.messages import EndpointId, LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallConfirmed, CallOffered, ContactsChanged
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.replaces import Replaces
from tests.switch.sip.playbook import Agent, Peer, Playbook, endpoint, sdp_of
from tests.switch.sip.scenes import BOB, register

TRUNK = TrunkId("t")
US = "sip:huawu@10.0.0.1"


class Talk:
    """A call between `peer` and us; `say` sends requests in its dialog."""

    def __init__(self, book: Playbook, ours: Agent, peer: Peer, leg: LegId, call: Request | Response) -> None:
        self.book, self.ours, self.peer, self.leg = book, ours, peer, leg
        self.call_id = call.call_id
        incoming = isinstance(call, Response)  # our 200 to the peer's INVITE, else our INVITE
        self.local = call.first("from") if incoming else f"{call.first('to')};tag=p2"
        self.remote = call.first("to") if incoming else call.first("from")
        self.mine = call.from_tag if incoming else "p2"
        self.theirs = call.to_tag if incoming else call.from_tag
        self.cseq = 10

    def say(self, method: str, *lines: str, run: float = 0.1, body: str = "") -> None:
        self.cseq += 1
        self.peer.request(
            self.ours, method, US, *lines, body=body, from_=self.local, to_=self.remote,
            call_id=self.call_id, cseq=str(self.cseq), branch=f"{self.call_id}{self.cseq}",
        )  # fmt: skip
        self.book.run(run)

    def notify(self, state: str, fragment: str = "", *, event: str = "refer") -> None:
        """A NOTIFY with a SIP fragment."""
        self.cseq += 1
        body = f"SIP/2.0 {fragment}\r\n" if fragment else ""
        text = (
            f"NOTIFY {US} SIP/2.0\nVia: SIP/2.0/UDP {self.peer.place};branch=z9hG4bKn{self.cseq}\n"
            f"From: {self.local}\nTo: {self.remote}\nCall-ID: {self.call_id}\nCSeq: {self.cseq} NOTIFY\n"
            f"Contact: <sip:peer@{self.peer.place}>\nEvent: {event}\nSubscription-State: {state}\n"
        )
        if body:
            text += "Content-Type: message/sipfrag;version=2.0\n"
        self.peer.say(self.ours, f"{text}Content-Length: {len(body)}\n\n{body}")
        self.book.run()

    def told(self, fragment: str, state: str, *, event: str = "refer") -> None:
        """The next thing the peer hears is this NOTIFY; it is answered."""
        notify = self.peer.hears_request("NOTIFY")
        assert notify.body.decode() == f"SIP/2.0 {fragment}\r\n"
        assert notify.first("content-type") == "message/sipfrag;version=2.0"
        assert (notify.first("subscription-state"), notify.first("event")) == (state, event)
        self.peer.reply(notify, 200)
        self.book.run()

    @property
    def as_replaces(self) -> Replaces:
        """How the peer names this call to us."""
        return Replaces(self.call_id, self.theirs, self.mine)


def house() -> tuple[Playbook, Agent, Peer]:
    """Us with a registered phone of Bob's, a trunk at 10.0.0.30, and a public number."""
    book = Playbook()
    ours, phone = book.agent(), book.peer("10.0.0.21")
    trunk = Trunk(trunk=TRUNK, target="10.0.0.30", sources=("10.0.0.30",))
    ours.configure(endpoint("bob"), endpoint("eve"), trunks=(trunk,))
    register(book, ours, phone)
    ours.take(ContactsChanged)
    return book, ours, phone


def calls_in(
    book: Playbook, ours: Agent, peer: Peer, call_id: str = "c1", number: str = "10000", user: str = "bob"
) -> Talk:
    """The peer has called us and talks."""
    peer.request(
        ours, "INVITE", f"sip:{number}@10.0.0.1", from_=f"<sip:{user}@huawu.test>;tag=f{call_id}",
        call_id=call_id, branch=f"i{call_id}", body=str(sdp_of(peer)),
    )  # fmt: skip
    book.run()
    peer.hears("100 INVITE")
    leg = ours.take(CallOffered).leg
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    peer.request(
        ours, "ACK", US, from_=ok.first("from"), to_=ok.first("to"), call_id=call_id, branch=f"a{call_id}"
    )
    book.run()
    ours.take(CallConfirmed)
    return Talk(book, ours, peer, leg, ok)


def called(book: Playbook, ours: Agent, peer: Peer, leg: str = "out", **whom: object) -> Talk:
    """We have called the peer (Bob's phone unless told otherwise) and talk."""
    name = ours.call(leg, **(whom or {"endpoint": BOB}))
    book.run()
    invite = peer.hears_request("INVITE")
    peer.reply(invite, 200, body=str(sdp_of(peer)))
    book.run()
    peer.hears("ACK")
    ours.take(CallAnswered)
    return Talk(book, ours, peer, name, invite)


EVE = EndpointId("e-eve")
