"""We ask a peer for a transfer: our REFER, and how the peer tells that it goes."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, TransferProgressed, Trunk
from huawu.switch.sip.events import CallEnded
from huawu.switch.sip.message import Request
from huawu.switch.sip.referral import SILENT_FOR
from huawu.switch.sip.replaces import Replaces, headers_of
from tests.switch.sip.playbook import Agent, Playbook
from tests.switch.sip.scenes import over
from tests.switch.sip.transfer_scenes import TRUNK, Talk, called, calls_in, house


def refer(
    book: Playbook, ours: Agent, talk: Talk, number: str = "1002", replaces: LegId | None = None
) -> Request:
    ours.do(ours.ua.refer(talk.leg, number, replaces, book.now))
    book.run()
    return talk.peer.hears_request("REFER")


def referred() -> tuple[Playbook, Agent, Talk]:
    """Bob's phone has accepted our REFER."""
    book, ours, phone = house()
    talk = called(book, ours, phone)
    phone.reply(refer(book, ours, talk), 202)
    book.run()
    return book, ours, talk


def steps(ours: Agent) -> list[str]:
    """What was told of the transfer since the last look."""
    told = [one for one in ours.news if isinstance(one, TransferProgressed)]
    for one in told:
        ours.news.remove(one)
    return [f"{one.state} {one.detail}".rstrip() for one in told]


def ended(book: Playbook, ours: Agent, talk: Talk) -> None:
    ours.hang_up(talk.leg)
    book.run()
    talk.peer.reply(talk.peer.hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)


def test_peer_carries_the_transfer_out() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    wish = refer(book, ours, talk)
    assert wish.first("refer-to") == "<sip:1002@10.0.0.1:5060>"
    assert wish.first("referred-by") == "<sip:huawu@10.0.0.1:5060>"
    phone.reply(wish, 202)
    book.run()
    assert steps(ours) == ["accepted"]
    for fragment in ("100 Trying", "180 Ringing", "183 Progress"):
        talk.notify("active;expires=60", fragment)
        phone.hears("200 NOTIFY")
    assert steps(ours) == ["ringing"]
    talk.notify("terminated;reason=noresource", "200 OK")
    phone.hears("200 NOTIFY")
    assert steps(ours) == ["done"]
    talk.notify("terminated", "200 OK")
    phone.hears("481 NOTIFY")  # that subscription is over
    ended(book, ours, talk)


def test_number_behind_a_trunk_is_sought_at_the_trunk() -> None:
    book, ours, _ = house()
    talk = called(book, ours, book.peer("10.0.0.30"), trunk=TRUNK, number="10086", caller_number="95500")
    assert refer(book, ours, talk, "+86 10").first("refer-to") == "<sip:+86%2010@10.0.0.30>"


def test_peer_is_sent_to_the_party_of_another_call() -> None:
    book, ours, phone = house()
    other_phone = book.peer("10.0.0.66")
    talk, other = called(book, ours, phone), calls_in(book, ours, other_phone, call_id="c;2@x")
    value = refer(book, ours, talk, "", other.leg).first("refer-to")
    uri, headers = headers_of(value.strip("<>"))
    assert uri == f"sip:peer@{other_phone.place}"
    assert "@" not in value.partition("?")[2]
    told = headers["replaces"][0].removeprefix("c;2@x")
    assert told == f";to-tag={other.mine};from-tag={other.theirs}"


@pytest.mark.parametrize("code", [405, 501, 603])
def test_peer_that_does_not_transfer(code: int) -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    phone.reply(refer(book, ours, talk), code)
    book.run()
    assert steps(ours) == [f"failed {code} Whatever"]
    talk.notify("active", "180 Ringing")
    phone.hears("200 NOTIFY")
    assert not steps(ours)
    ended(book, ours, talk)


def test_notify_may_overtake_the_202() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    wish = refer(book, ours, talk)
    talk.notify("active", "100 Trying", event=f"refer;id={wish.cseq}")
    phone.hears("200 NOTIFY")
    assert steps(ours) == ["accepted"]
    phone.reply(wish, 202)
    talk.notify("terminated", "486 Busy Here")
    assert steps(ours) == ["failed 486 Busy Here"]


def test_done_may_be_the_first_word() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    wish = refer(book, ours, talk)
    talk.notify("terminated", "200 OK")
    phone.reply(wish, 202)
    book.run()
    assert steps(ours) == ["done"]


@pytest.mark.parametrize(
    ("state", "fragment", "event", "answer"),
    [
        ("active", "180 Ringing", "refer;id=99", 481),
        ("active", "180 Ringing", "presence", 489),
        ("", "180 Ringing", "refer", 400),
        ("active", "abc", "refer", 400),
        ("active", "99 Low", "refer", 400),
    ],
)
def test_notify_that_cannot_be_understood(state: str, fragment: str, event: str, answer: int) -> None:
    _, ours, talk = referred()
    steps(ours)
    talk.notify(state, fragment, event=event)
    talk.peer.hears(f"{answer} NOTIFY")
    assert not steps(ours)


def test_notify_with_a_body_of_another_kind() -> None:
    _, ours, talk = referred()
    steps(ours)
    talk.say("NOTIFY", "Event: refer", "Subscription-State: active", body="v=0\r\n")
    assert talk.peer.hears_response("415 NOTIFY").first("accept") == "message/sipfrag"
    assert not steps(ours)


def test_reports_that_end_without_an_outcome_are_a_failure() -> None:
    _, ours, talk = referred()
    talk.notify("terminated;reason=timeout", "100 Trying")
    assert steps(ours) == ["accepted", "failed the peer ended its reports without an outcome"]


def test_peer_that_never_answers_the_refer() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    refer(book, ours, talk)
    book.run(33)
    assert steps(ours) == ["failed no answer to REFER (timeout)"]


def test_peer_that_accepts_and_tells_nothing() -> None:
    book, ours, talk = referred()
    book.run(33)
    assert steps(ours) == ["accepted", "failed the peer does not tell how the transfer goes"]
    ended(book, ours, talk)


def test_peer_that_falls_silent() -> None:
    book, ours, talk = referred()
    talk.notify("active", "180 Ringing")
    book.run(SILENT_FOR - 1)
    assert steps(ours) == ["accepted", "ringing"]
    book.run(2)
    assert steps(ours) == ["failed the peer does not tell how the transfer goes"]


def test_peer_that_tells_nothing_by_its_own_word() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    phone.reply(refer(book, ours, talk), 200, "Refer-Sub: false")
    book.run()
    assert steps(ours) == ["done accepted; the peer tells no more"]
    ended(book, ours, talk)


@pytest.mark.parametrize("who", ["peer", "centre"])
def test_call_that_ends_first_ends_the_transfer_before_it(who: str) -> None:
    book, ours, talk = referred()
    if who == "peer":
        talk.say("BYE")
        talk.peer.hears("200 BYE")
    else:
        ours.hang_up(talk.leg)
        book.run()
        talk.peer.reply(talk.peer.hears_request("BYE"), 200)
    told = [type(one).__name__ for one in ours.news]
    assert told == ["TransferProgressed", "TransferProgressed", "CallEnded"]
    assert steps(ours) == ["accepted", "failed the call ended before the peer told how the transfer went"]
    ours.take(CallEnded)
    over(book, ours)


def test_second_transfer_of_a_call() -> None:
    book, ours, talk = referred()
    talk.notify("terminated", "486 Busy Here")
    talk.peer.hears("200 NOTIFY")
    assert steps(ours) == ["accepted", "failed 486 Busy Here"]
    wish = refer(book, ours, talk, "1003")
    talk.peer.reply(wish, 202)
    book.run()
    talk.notify("active", "180 Ringing", event=f"refer;id={wish.cseq}")
    assert steps(ours) == ["accepted", "ringing"]


def test_refer_of_what_is_not_answered_fails() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    ours.do(ours.ua.refer(LegId("gone"), "1", None, book.now))
    ours.do(ours.ua.refer(talk.leg, "", LegId("gone"), book.now))
    assert steps(ours) == ["failed a call of the transfer is over"] * 2


def test_trunk_with_a_password_challenges_the_refer() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer("10.0.0.30")
    ours.configure(trunks=(Trunk(trunk=TRUNK, target="10.0.0.30", user="u", password="pw"),))
    talk = called(book, ours, peer, trunk=TRUNK, number="1", caller_number="2")
    challenge = 'WWW-Authenticate: Digest realm="carrier", nonce="n", qop="auth"'
    peer.reply(refer(book, ours, talk), 401, challenge)
    book.run()
    again = peer.hears_request("REFER")
    assert 'username="u"' in again.first("authorization")
    assert again.first("refer-to") == "<sip:1002@10.0.0.30>"
    peer.reply(again, 401, challenge)
    book.run()
    assert steps(ours) == ["failed 401 Whatever"]


def test_replaces_prints_as_it_reads() -> None:
    value = Replaces("a@b", "1", "2", early_only=True)
    assert Replaces.parse(str(value)) == value
