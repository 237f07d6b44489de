"""A peer asks for a transfer: REFER, its answer, and the NOTIFYs that tell how it goes (RFC 3515)."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Reason, TransferAsked, Trunk
from huawu.switch.sip.events import CallEnded, ContactsChanged, Suspicion
from huawu.switch.sip.subscription import LASTS, TransferState
from tests.switch.sip.playbook import Agent, Playbook
from tests.switch.sip.scenes import over, register
from tests.switch.sip.transfer_scenes import TRUNK, Talk, called, calls_in, house

TO_1002 = "Refer-To: <sip:1002@10.0.0.1>"


def tell(book: Playbook, ours: Agent, leg: LegId, state: TransferState, reason: Reason = "normal") -> None:
    ours.do(ours.ua.tell_transfer(leg, state, reason, book.now))
    book.run()


def asked(*lines: str) -> tuple[Playbook, Agent, Talk]:
    """Bob, whom we called, has sent a REFER."""
    book, ours, phone = house()
    talk = called(book, ours, phone)
    talk.say("REFER", *(lines or (TO_1002,)))
    return book, ours, talk


def bye(talk: Talk, ours: Agent) -> None:
    talk.say("BYE")
    talk.peer.hears("200 BYE")
    assert ours.take(CallEnded).by == "peer"


def test_blind_transfer_is_accepted_and_told_to_its_end() -> None:
    book, ours, talk = asked(TO_1002, "Referred-By: <sip:bob@huawu.test>")
    assert ours.take(TransferAsked) == TransferAsked(leg=LegId("out"), number="1002")
    assert not talk.peer.heard  # the centre decides
    tell(book, ours, talk.leg, "trying")
    assert "sip:huawu@10.0.0.1" in talk.peer.hears_response("202 REFER").first("contact")
    talk.told("100 Trying", "active;expires=180")
    tell(book, ours, talk.leg, "ringing")
    talk.told("180 Ringing", "active;expires=180")
    tell(book, ours, talk.leg, "done")
    talk.told("200 OK", "terminated;reason=noresource")
    tell(book, ours, talk.leg, "failed", "busy")  # too late to matter
    assert not talk.peer.heard
    bye(talk, ours)
    over(book, ours)


def test_who_hangs_up_after_the_202_still_hears_how_it_went() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "trying")
    talk.peer.hears("202 REFER")
    talk.told("100 Trying", "active;expires=180")
    bye(talk, ours)
    tell(book, ours, talk.leg, "ringing")
    talk.told("180 Ringing", "active;expires=180")
    talk.say("INFO")
    talk.peer.hears("481 INFO")  # the call is over
    tell(book, ours, talk.leg, "failed", "busy")
    talk.told("486 Busy Here", "terminated;reason=noresource")
    talk.say("SUBSCRIBE", "Event: refer")
    talk.peer.hears("481 SUBSCRIBE")  # so is the dialog
    over(book, ours)


def test_who_hangs_up_before_any_answer_is_answered_and_the_transfer_goes_on() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    bye(talk, ours)
    talk.peer.hears("202 REFER")
    notify = talk.peer.hears_request("NOTIFY")
    tell(book, ours, talk.leg, "done")
    assert not talk.peer.heard  # one NOTIFY at a time
    talk.peer.reply(notify, 200)
    book.run()
    talk.told("200 OK", "terminated;reason=noresource")
    over(book, ours)


def test_phone_that_forgot_its_subscription_is_left_alone() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    bye(talk, ours)
    talk.peer.hears("202 REFER")
    talk.peer.reply(talk.peer.hears_request("NOTIFY"), 481)
    book.run()
    tell(book, ours, talk.leg, "done")
    assert not talk.peer.heard
    over(book, ours)


def test_silent_centre_lets_the_refer_be_accepted_and_the_subscription_expire() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    book.run(4)
    talk.peer.hears("202 REFER")
    talk.told("100 Trying", "active;expires=180")
    book.run(LASTS)
    talk.told("100 Trying", "terminated;reason=timeout")
    tell(book, ours, talk.leg, "done")
    assert not talk.peer.heard
    bye(talk, ours)
    over(book, ours)


@pytest.mark.parametrize(
    ("reason", "code"), [("forbidden", 403), ("not_found", 603), ("declined", 603), ("congestion", 503)]
)
def test_refused_transfer_leaves_the_call_as_it_was(reason: Reason, code: int) -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "failed", reason)
    talk.peer.hears(f"{code} REFER")
    talk.say("OPTIONS")
    talk.peer.hears("200 OPTIONS")
    bye(talk, ours)
    over(book, ours)


def test_second_transfer_waits_for_the_first_and_has_an_id() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    talk.say("REFER", TO_1002)
    talk.peer.hears("491 REFER")
    tell(book, ours, talk.leg, "failed", "busy")
    talk.peer.hears("603 REFER")
    talk.say("REFER", "Refer-To: <tel:+8610>")
    assert ours.take(TransferAsked).number == "+8610"
    tell(book, ours, talk.leg, "done")
    talk.peer.hears("202 REFER")
    talk.told("200 OK", "terminated;reason=noresource", event=f"refer;id={talk.cseq}")
    bye(talk, ours)
    over(book, ours)


def test_transfer_without_reports() -> None:
    book, ours, talk = asked(TO_1002, "Require: norefersub", "Refer-Sub: false")
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "trying")
    assert talk.peer.hears_response("200 REFER").first("refer-sub") == "false"
    tell(book, ours, talk.leg, "done")
    assert not talk.peer.heard
    bye(talk, ours)
    over(book, ours)


def test_subscription_is_renewed_and_ended_by_the_peer() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "trying")
    talk.peer.hears("202 REFER")
    talk.told("100 Trying", "active;expires=180")
    book.run(100)
    talk.say("SUBSCRIBE", "Event: refer", "Expires: 60")
    assert talk.peer.hears_response("200 SUBSCRIBE").first("expires") == "60"
    talk.told("100 Trying", "active;expires=60")
    for bad, answer in [
        (("Event: refer;id=7",), 403), (("Event: presence",), 489), ((), 489),
        (("Event: refer", "Expires: soon"), 400),
    ]:  # fmt: skip
        talk.say("SUBSCRIBE", *bad)
        talk.peer.hears(f"{answer} SUBSCRIBE")
    talk.say("SUBSCRIBE", "Event: refer", "Expires: 0")
    talk.peer.hears("200 SUBSCRIBE")
    talk.told("100 Trying", "terminated;reason=timeout")
    bye(talk, ours)
    over(book, ours)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), 400),
        (("Refer-To: <sip:1@a>, <sip:2@a>",), 400),
        (("Refer-To: <sip:1@a>", "Refer-To: <sip:2@a>"), 400),
        (("Refer-To: <sip:1@a>", "Referred-By: <sip:x@y>", "Referred-By: <sip:z@y>"), 400),
        (("Refer-To: <sip:1@a>", "Referred-By: <"), 400),
        (("Refer-To: <<",), 400),
        (("Refer-To: <1002>",), 400),
        (("Refer-To: <sip:[::>",), 400),
        (("Refer-To: <sip:1@a?Replaces=x>",), 400),
        (("Refer-To: <sip:1@a?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=y>",), 400),
        (("Refer-To: <http://example.org/>",), 603),
        (("Refer-To: <sip:10.0.0.1>",), 603),
        (("Refer-To: <sip:1@a;method=BYE>",), 603),
        (("Refer-To: <sip:1@a?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>",), 603),
    ],
)
def test_refer_that_cannot_be_served(lines: tuple[str, ...], code: int) -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    talk.say("REFER", *lines)
    phone.hears(f"{code} REFER")
    assert not ours.news
    bye(talk, ours)
    over(book, ours)


def test_attended_transfer_names_the_other_leg() -> None:
    book, ours, phone = house()
    first, second = called(book, ours, phone), calls_in(book, ours, phone)
    first.say(
        "REFER", f"Refer-To: <sip:1003@10.0.0.1?Replaces={second.as_replaces.escaped}&Require=replaces>"
    )
    assert ours.take(TransferAsked) == TransferAsked(leg=first.leg, number="1003", replaces=second.leg)
    tell(book, ours, first.leg, "done")
    phone.hears("202 REFER")
    first.told("200 OK", "terminated;reason=noresource")


def test_nobody_takes_over_calls_of_others_or_the_call_itself() -> None:
    book, ours, phone = house()
    eve = book.peer("10.0.0.22")
    register(book, ours, eve, "eve")
    ours.take(ContactsChanged)
    bobs, eves = called(book, ours, phone), calls_in(book, ours, eve, user="eve")
    for talk in (bobs, eves):
        eves.say("REFER", f"Refer-To: <sip:1@10.0.0.1?Replaces={talk.as_replaces.escaped}>")
        eve.hears("603 REFER")
    early = f"{eves.as_replaces.escaped}%3Bearly-only"
    eves.say("REFER", f"Refer-To: <sip:1@10.0.0.1?Replaces={early}>")
    eve.hears("603 REFER")
    assert not ours.news


def test_strangers_cannot_make_us_call() -> None:
    book, ours, _ = house()
    stranger = book.peer("10.0.0.66")
    talk = calls_in(book, ours, stranger)
    talk.say("REFER", TO_1002)
    stranger.hears("403 REFER")
    suspicion = ours.take(Suspicion)
    assert (suspicion.kind, suspicion.detail) == ("forbidden_number", "transfer to <sip:1002@10.0.0.1>")
    assert not ours.news


def test_a_trunk_may_ask_on_calls_of_both_ways() -> None:
    book, ours, _ = house()
    carrier = book.peer("10.0.0.30")
    for talk in (
        calls_in(book, ours, carrier, user="+8613800000000"),
        called(book, ours, carrier, trunk=TRUNK, number="10086", caller_number="95500"),
    ):
        talk.say("REFER", TO_1002)
        assert ours.take(TransferAsked).leg == talk.leg


def test_transfers_need_an_answered_call() -> None:
    book, ours, phone = house()
    for number, (method, lines, code) in enumerate(
        [
            ("REFER", (TO_1002,), 403), ("NOTIFY", ("Event: refer",), 481), ("NOTIFY", (), 481),
            ("SUBSCRIBE", ("Event: refer",), 403), ("SUBSCRIBE", ("Event: message-summary",), 489),
            ("SUBSCRIBE", (), 489),
        ]
    ):  # fmt: skip
        phone.request(ours, method, "sip:1@10.0.0.1", *lines, branch=f"o{number}", call_id=f"o{number}")
        book.run()
        answer = phone.hears_response(f"{code} {method}")
        assert (answer.first("allow-events") == "refer") is (code == 489)
    over(book, ours)


def test_ringing_call_is_not_transferred() -> None:
    book, ours, phone = house()
    phone.request(ours, "INVITE", "sip:1002@10.0.0.1", from_="<sip:bob@huawu.test>;tag=p1")
    book.run()
    phone.hears("100 INVITE")
    leg = ours.offered()
    ours.ring(leg)
    book.run()
    to = phone.hears_response("180 INVITE").first("to")
    phone.request(
        ours, "REFER", "sip:x@10.0.0.1", TO_1002, to_=to, from_="<sip:bob@huawu.test>;tag=p1", cseq="2"
    )
    book.run()
    phone.hears("403 REFER")
    assert not ours.news


def test_notify_that_nobody_answers_is_given_up() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "trying")
    talk.peer.hears("202 REFER")
    book.run(100)
    assert set(talk.peer.titles()) == {"NOTIFY"}
    talk.peer.heard.clear()
    tell(book, ours, talk.leg, "done")  # the peer wants no more
    bye(talk, ours)
    over(book, ours)


def test_our_own_hanging_up_leaves_the_reports_standing() -> None:
    book, ours, talk = asked()
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "trying")
    talk.peer.hears("202 REFER")
    talk.told("100 Trying", "active;expires=180")
    ours.hang_up(talk.leg)
    ours.take(CallEnded)
    book.run()
    talk.peer.reply(talk.peer.hears_request("BYE"), 200)
    book.run()
    tell(book, ours, talk.leg, "done")
    talk.told("200 OK", "terminated;reason=noresource")
    over(book, ours)


def test_trunk_with_a_password_challenges_our_reports() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer("10.0.0.30")
    ours.configure(trunks=(Trunk(trunk=TRUNK, target="10.0.0.30", user="u", password="pw"),))
    talk = called(book, ours, peer, trunk=TRUNK, number="1", caller_number="2")
    talk.say("REFER", TO_1002)
    ours.take(TransferAsked)
    tell(book, ours, talk.leg, "trying")
    peer.hears("202 REFER")
    challenge = 'WWW-Authenticate: Digest realm="carrier", nonce="n", qop="auth"'
    peer.reply(peer.hears_request("NOTIFY"), 401, challenge)
    book.run()
    again = peer.hears_request("NOTIFY")
    assert 'username="u"' in again.first("authorization")
    assert again.body == b"SIP/2.0 100 Trying\r\n"
    assert again.first("subscription-state").startswith("active;expires=")
    peer.reply(again, 200)
    book.run()
    tell(book, ours, talk.leg, "done")
    for _ in range(2):  # and not for ever
        peer.reply(peer.hears_request("NOTIFY"), 401, challenge)
        book.run()
    bye(talk, ours)
    book.run(200)
    assert ours.clean()
