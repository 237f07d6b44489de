"""Laws of one call, whatever both sides do in whatever order: it ends once, and nothing of it is left."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallEnded, CallOffered, Suspicion, TrunkReach
from huawu.switch.sip.message import Request, Response
from tests.switch.sip.playbook import Agent, Peer, Playbook, sdp_of
from tests.switch.sip.scenes import URI, dial

OUT = LegId("out")
TARGET = "sip:x@10.0.0.1"
OURS = [
    "ring", "ring with media", "answer", "hang up", "offer", "answer offer", "refuse offer",
]  # fmt: skip
CALLERS = [
    "prack", "prack with media", "prack again", "update", "update with media", "reinvite", "late reinvite",
    "refresh", "cancel", "bye", "ack", "ack with media", "wait", "wait long", "reply 200", "reply 491",
    "reply 500", "reply 481",
]  # fmt: skip
PHONES = [
    "says 100", "says 180", "says 183 with media", "says 180 surely", "says 183 surely with media",
    "says 180 too early", "says 200", "says 200 with media", "says 486", "says 302", "says 422", "says 407",
    "update", "update with media", "bye", "reinvite", "wait", "wait long", "reply 200", "reply 491",
    "reply 500", "other", "connection",
]  # fmt: skip
REQUIRES = st.sampled_from([(), ("Require: 100rel",), ("Supported: 100rel, timer", "Session-Expires: 90")])


class Side:
    """The scripted side of a call: keeps what it needs to speak within it."""

    def __init__(self, book: Playbook, ours: Agent, peer: Peer) -> None:
        self.book, self.ours, self.peer = book, ours, peer
        self.cseq, self.rseq = 1, 40
        self.tag = "p2"
        self.heard: list[Request | Response] = []

    def listen(self) -> None:
        self.book.run(0.05)
        self.heard += self.peer.heard
        self.peer.heard.clear()

    def latest(self, kind: str) -> Request | Response | None:
        """The last message whose title begins so."""
        for one in reversed(self.heard):
            title = one.method if isinstance(one, Request) else f"{one.code} {one.cseq_method}"
            if title.startswith(kind):
                return one
        return None

    def reply(self, code: int) -> None:
        """Answer every request that was not answered yet, INVITEs of ours that began a call apart."""
        for one in [each for each in self.heard if isinstance(each, Request)]:
            self.heard.remove(one)
            if one.method != "ACK":
                self.peer.reply(one, code, body=str(sdp_of(self.peer)) if one.method == "INVITE" else "")


def act_as_we(deed: str, side: Side, leg: LegId) -> None:
    ours, now = side.ours, side.book.now
    match deed:
        case "ring":
            ours.ring(leg)
        case "ring with media":
            ours.do(ours.ua.ring(leg, now, sdp_of(ours)))
        case "answer":
            ours.answer(leg, sdp_of(ours))
        case "hang up":
            ours.hang_up(leg)
        case "offer":
            ours.do(ours.ua.offer(leg, sdp_of(ours), now))
        case "answer offer":
            ours.do(ours.ua.answer_offer(leg, sdp_of(ours), now))
        case _:
            ours.do(ours.ua.refuse_offer(leg, now))


def act_as_caller(deed: str, side: Side) -> None:
    peer, ours = side.peer, side.ours
    body = str(sdp_of(peer)) if "media" in deed or deed == "reinvite" else ""
    answer = side.latest("180") or side.latest("183") or side.latest("200 INVITE")
    to = answer.first("to") if answer is not None else f"<{URI}>;tag=none"
    method = deed.split()[0].upper()
    lines: tuple[str, ...] = ()
    match method:
        case "WAIT":
            side.book.run(100 if deed == "wait long" else 2)
            return
        case "REPLY":
            side.reply(int(deed.split()[1]))
            return
        case "CANCEL":
            peer.request(ours, "CANCEL", URI, branch="bINVITE1")
            return
        case "ACK":
            invite = side.latest("200 INVITE")
            cseq = str(invite.cseq) if invite is not None else "1"
            peer.request(ours, "ACK", TARGET, to_=to, cseq=cseq, branch=f"a{len(side.heard)}", body=body)
            return
        case "PRACK":
            rang = side.latest("18")
            lines = (f"RAck: {rang.first('rseq') if rang is not None else ''} 1 INVITE",)
        case "REINVITE" | "LATE":
            method = "INVITE"
        case "REFRESH":
            method, lines = "UPDATE", ("Supported: timer", "Session-Expires: 90;refresher=uac")
    if deed != "prack again":
        side.cseq += 1
    peer.request(ours, method, TARGET, *lines, to_=to, cseq=str(side.cseq), body=body)


def act_as_phone(deed: str, side: Side, invite: Request) -> None:
    peer, ours, words = side.peer, side.ours, deed.split()
    body = str(sdp_of(peer)) if "media" in deed or deed == "reinvite" else ""
    match words[0]:
        case "says":
            lines: tuple[str, ...] = ()
            if "surely" in words:
                side.rseq += 1
                lines = ("Require: 100rel", f"RSeq: {side.rseq}")
            elif "early" in words:
                lines = ("Require: 100rel", f"RSeq: {side.rseq + 3}")
            elif words[1] == "302":
                lines = ("Contact: <sip:10000@10.0.0.2:5070>;q=0.5, <sip:1@10.9.9.9>",)
            elif words[1] == "422":
                lines = ("Min-SE: 4000",)
            elif words[1] == "407":
                lines = ('Proxy-Authenticate: Digest realm="r", nonce="n"',)
            latest = side.latest("INVITE")
            asked = latest if isinstance(latest, Request) else invite
            peer.reply(asked, int(words[1]), *lines, tag=side.tag, body=body)
        case "wait":
            side.book.run(100 if deed == "wait long" else 2)
        case "reply":
            for one in [each for each in side.heard if isinstance(each, Request)]:
                if one.method not in ("ACK", "INVITE") or (one.method == "INVITE" and one.to_tag):
                    side.heard.remove(one)
                    peer.reply(one, int(words[1]), body=str(sdp_of(peer)) if one.method == "INVITE" else "")
        case "other":
            side.tag = "p3" if side.tag == "p2" else "p2"
        case "connection":
            ours.do(ours.ua.connection_lost(invite.flow, side.book.now))
        case word:
            side.cseq += 1
            peer.request(
                ours, "INVITE" if word == "reinvite" else word.upper(), TARGET,
                from_=f"{invite.first('to')};tag={side.tag}", to_=invite.first("from"),
                call_id=invite.call_id, cseq=str(side.cseq), body=body, branch=f"w{side.cseq}{side.tag}",
            )  # fmt: skip


def ends_well(side: Side, leg: LegId) -> None:
    """Hang up, let all timers run out, and look at what is left."""
    side.ours.hang_up(leg)
    side.book.run(400)
    side.ours.configure()  # and nobody asks whether trunks are there again
    side.book.run(40)
    assert side.ours.clean(), (side.ours.ua.leaks(), side.ours.timers)
    news = [one for one in side.ours.news if not isinstance(one, TrunkReach)]
    assert not [one for one in news if isinstance(one, Suspicion)]
    assert sum(isinstance(one, CallEnded) for one in news) == 1
    assert sum(isinstance(one, CallAnswered) for one in news) <= 1
    assert isinstance(news[-1], CallEnded)


@given(REQUIRES, st.booleans(), st.lists(st.sampled_from(OURS + CALLERS), max_size=16))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_call_to_us_ends_once_and_leaves_nothing(
    lines: tuple[str, ...], late: bool, deeds: list[str]
) -> None:
    book = Playbook()
    side = Side(book, book.agent(), book.peer())
    side.ours.configure()
    peer = side.peer
    peer.request(side.ours, "INVITE", URI, *lines, body="" if late else str(sdp_of(peer)))
    side.listen()
    leg = next(one.leg for one in side.ours.news if isinstance(one, CallOffered))
    for deed in deeds:
        if deed in OURS:
            act_as_we(deed, side, leg)
        else:
            act_as_caller(deed, side)
        side.listen()
    ends_well(side, leg)


@given(st.lists(st.sampled_from(OURS[3:] + PHONES), max_size=16))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_call_we_make_ends_once_and_leaves_nothing(deeds: list[str]) -> None:
    book = Playbook()
    side = Side(book, book.agent("10.0.0.1"), book.peer("10.0.0.2"))
    trunk = Trunk(trunk=TrunkId("t"), target=side.peer.place, user="me", password="secret")
    side.ours.configure(trunks=(trunk,))
    dial(side.ours)
    side.listen()
    invite = side.latest("INVITE")
    assert isinstance(invite, Request)
    for deed in deeds:
        if deed in OURS:
            act_as_we(deed, side, OUT)
        else:
            act_as_phone(deed, side, invite)
        side.listen()
    ends_well(side, OUT)
