"""Who calls and from where the call was sent on: what is believed of whom, and what we tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import Originate, Trunk
from huawu.switch.sip.events import CallOffered, ContactsChanged, Suspicion
from huawu.switch.sip.identity import identity_lines
from huawu.switch.sip.message import Request
from tests.switch.sip.playbook import Peer, Playbook, endpoint, sdp_of
from tests.switch.sip.scenes import BOB, register
from tests.switch.sip.test_garbage import NASTY
from tests.switch.sip.transfer_scenes import TRUNK

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'
WANG = '"Wang" <sip:+8613800000000@carrier>;tag=1'


def offered(*lines: str, from_: str = WANG, who: str = "trunk", trusted: bool = True) -> CallOffered | Peer:
    """What is told of a call with these header lines from a trunk, phone or stranger; or who was refused."""
    book = Playbook()
    ours = book.agent()
    peer = book.peer("10.0.0.30")
    trunk = Trunk(trunk=TRUNK, target="10.0.0.30", sources=("10.0.0.30",), trusted=trusted)
    ours.configure(endpoint("bob"), trunks=(trunk,) if who == "trunk" else ())
    if who == "phone":
        register(book, ours, peer)
        ours.take(ContactsChanged)
    peer.request(ours, "INVITE", "sip:10000@10.0.0.1", *lines, from_=from_, body=str(sdp_of(peer)))
    book.run()
    assert not [one for one in ours.news if isinstance(one, Suspicion)]
    return ours.take(CallOffered) if ours.news else peer


def told(*lines: str, from_: str = WANG, who: str = "trunk", trusted: bool = True) -> CallOffered:
    call = offered(*lines, from_=from_, who=who, trusted=trusted)
    assert isinstance(call, CallOffered)
    return call


# ── the caller ──


@pytest.mark.parametrize(
    ("lines", "number", "name"),
    [
        ((), "+8613800000000", "Wang"),
        (('P-Asserted-Identity: "Li" <sip:+8610@c>',), "+8610", "Li"),
        (('P-Asserted-Identity: "Li" <sip:+8610@c>, <tel:+86-10>',), "+8610", "Li"),
        (("P-Asserted-Identity: <tel:+86-10-(12)>", 'P-Asserted-Identity: "Li" <sip:x@c>'), "+861012", "Li"),
        (("P-Asserted-Identity: a b, <sip:+8611@c>",), "+8611", "Wang"),
        (("P-Asserted-Identity: <sip:c>",), "+8613800000000", "Wang"),
        (("P-Asserted-Identity: <sip:anonymous@anonymous.invalid>",), "+8613800000000", "Wang"),
        (('P-Preferred-Identity: "Li" <sip:+8610@c>',), "+8613800000000", "Wang"),
        (('Remote-Party-ID: "Li" <sip:+8610@c>;party=calling;screen=yes',), "+8610", "Li"),
        (('Remote-Party-ID: "Li" <sip:+8610@c>;party=called, <sip:+8611@c>',), "+8611", ""),
        (("Remote-Party-ID: <sip:",), "+8613800000000", "Wang"),
        (("P-Asserted-Identity: <sip:+8610@c>", "Remote-Party-ID: <sip:+8611@c>"), "+8610", "Wang"),
    ],
)
def test_word_of_a_trusted_trunk_about_its_caller(lines: tuple[str, ...], number: str, name: str) -> None:
    call = told(*lines)
    assert (call.from_number, call.from_name, call.private) == (number, name, False)


@pytest.mark.parametrize(("who", "trusted"), [("stranger", True), ("phone", True), ("trunk", False)])
def test_word_of_others_is_not_believed(who: str, trusted: bool) -> None:
    call = told(
        "P-Asserted-Identity: <sip:+8610@c>", "Remote-Party-ID: <sip:+8611@c>", who=who, trusted=trusted
    )
    assert call.from_number == "+8613800000000"


@pytest.mark.parametrize(
    ("value", "private"),
    [
        ("id", True), ("ID;critical", True), ("user", True), ("header", True), ("session;id", True),
        ("none", False), ("session", False), ("critical", False), ("", False), (";;,", False),
        ("history", False), ("unheard-of", False), ("header, id", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", ["trunk", "phone", "stranger"])
def test_privacy_marks_the_caller_and_keeps_the_number(value: str, private: bool, who: str) -> None:
    call = told(f"Privacy: {value}", who=who)
    assert (call.private, call.from_number) == (private, "+8613800000000")


def test_anonymous_caller_is_private_and_known_to_the_record() -> None:
    call = told('P-Asserted-Identity: "Li" <sip:+8610@c>', "Privacy: id", from_=ANONYMOUS)
    assert (call.private, call.from_number, call.from_name) == (True, "+8610", "Li")
    call = told("P-Asserted-Identity: <sip:+8610@c>", from_=ANONYMOUS)
    assert (call.private, call.from_number, call.from_name) == (True, "+8610", "")
    call = told(from_=ANONYMOUS, who="stranger")
    assert (call.private, call.from_number) == (True, "anonymous")


def test_remote_party_may_ask_for_privacy() -> None:
    assert told("Remote-Party-ID: <sip:+8610@c>;privacy=full").private
    assert not told("Remote-Party-ID: <sip:+8610@c>;privacy=off").private
    assert not told("Remote-Party-ID: <sip:+8610@c>;privacy=full", who="stranger").private


def test_critical_privacy_that_cannot_be_kept_refuses_the_call() -> None:
    peer = offered("Privacy: unheard-of;critical")
    assert isinstance(peer, Peer)
    peer.hears("500 INVITE")


# ── where it was sent on from ──


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ((), ""),
        (("Diversion: <sip:95500@c>;reason=no-answer",), "95500"),
        (("Diversion: <sip:2@c>;reason=no-answer, <sip:1@c>;reason=unconditional",), "1"),
        (("Diversion: <sip:2@c>", "Diversion: <tel:+86-1>"), "+861"),
        (("Diversion: <sip:95500@c>;privacy=full",), ""),
        (("Diversion: <sip:95500@c>;privacy=off",), "95500"),
        (("Diversion: <sip:10000@c>",), ""),
        (("Diversion: <<", "Diversion: ,,"), ""),
        (("History-Info: <sip:95500@c>;index=1, <sip:10000@c>;index=1.1;mp=1",), "95500"),
        (("History-Info: <sip:10000@c>;index=1.1, <sip:95500@c?Reason=SIP%3Bcause%3D302>;index=1",), "95500"),
        (("History-Info: <sip:10000@c>;index=1",), ""),
        (("History-Info: <sip:10000@c>;index=1", "Diversion: <sip:95500@c>"), "95500"),
        (("History-Info: <sip:1@c?Privacy=history>;index=1, <sip:2@c>;index=1.1",), ""),
        (("History-Info: <sip:1@c>, <sip:2@c>;index=x, <sip:3@c>;index=1..2",), ""),
        (("History-Info: <sip:10@c>;index=1.10, <sip:2@c>;index=1.2",), "2"),
    ],
)
@pytest.mark.parametrize("who", ["trunk", "phone"])
def test_number_dialled_first(lines: tuple[str, ...], first: str, who: str) -> None:
    assert told(*lines, who=who).diverted_from == first


def test_strangers_cannot_tell_of_diversions() -> None:
    assert told("Diversion: <sip:95500@c>", who="stranger").diverted_from == ""


names = ("P-Asserted-Identity", "Remote-Party-ID", "Privacy", "Diversion", "History-Info", "Replaces")


@given(
    st.lists(st.tuples(st.sampled_from(names), st.sampled_from(NASTY), st.sampled_from(NASTY)), max_size=5)
)
def test_nothing_in_these_headers_is_our_trouble(pieces: list[tuple[str, str, str]]) -> None:
    lines = [f"{name}: {a}{b}".replace("\r", "").replace("\n", "").replace("\0", "") for name, a, b in pieces]
    offered(*lines)


# ── what we tell ──


def invite(to: str, *, trusted: bool = True, user: str = "", **originate: object) -> Request:
    """The INVITE of a call of ours to a trunk or a phone."""
    book = Playbook()
    ours, peer = book.agent(), book.peer("10.0.0.30")
    trunk = Trunk(trunk=TRUNK, target="10.0.0.30", user=user, trusted=trusted)
    ours.configure(endpoint("bob", contact="10.0.0.30"), trunks=(trunk,))
    if to == "trunk":
        ours.call("out", trunk=TRUNK, number="10086", **originate)
    else:
        ours.call("out", endpoint=BOB, **originate)
    book.run()
    return peer.hears_request("INVITE")


def test_ordinary_call_tells_its_caller_and_no_more() -> None:
    sent = invite("trunk", caller_number="95500", caller_name="Bank")
    assert sent.first("from").startswith('"Bank" <sip:95500@10.0.0.1:5060>;tag=')
    assert not {"privacy", "p-asserted-identity", "diversion", "history-info"} & set(sent.headers)


def test_private_call_by_a_trusted_trunk_tells_the_trunk_alone() -> None:
    sent = invite("trunk", caller_number="95500", caller_name="Bank", private=True)
    assert sent.first("from").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
    assert sent.first("p-asserted-identity") == "<sip:95500@10.0.0.1:5060>"
    assert sent.first("privacy") == "id"
    assert invite("trunk", private=True, user="u").first("p-asserted-identity") == "<sip:u@10.0.0.1:5060>"
    assert "p-asserted-identity" not in invite("trunk", private=True).headers


@pytest.mark.parametrize(("to", "trusted"), [("trunk", False), ("phone", True)])
def test_private_call_tells_others_nothing(to: str, trusted: bool) -> None:
    sent = invite(to, trusted=trusted, caller_number="95500", caller_name="Bank", private=True)
    assert sent.first("from").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
    text = "".join(value for values in sent.headers.values() for value in values)
    assert "95500" not in text
    assert "Bank" not in text


def test_call_sent_on_keeps_the_number_dialled_first() -> None:
    sent = invite("trunk", caller_number="1", diverted_from="+86 95500")
    first = "<sip:+86%2095500@10.0.0.1:5060>"
    assert sent.first("diversion") == f"{first};reason=unknown;counter=1"
    assert sent.items("history-info") == [f"{first};index=1", "<sip:10086@10.0.0.30:5060>;index=1.1;mp=1"]
    assert "diversion" not in invite("phone", diverted_from="95500").headers


def test_what_we_tell_is_what_we_read() -> None:
    wish = Originate(leg="x", diverted_from="95500")  # type: ignore[arg-type]
    lines = identity_lines(wish, "h", Trunk(trunk=TRUNK, target="t"), "sip:10000@t").splitlines()
    assert told(*lines).diverted_from == "95500"
    assert told(lines[0]).diverted_from == told(lines[1]).diverted_from == "95500"


@given(st.text(max_size=30))
def test_no_number_of_ours_breaks_a_header(number: str) -> None:
    wish = Originate(leg="x", caller_number=number, diverted_from=number, private=True)  # type: ignore[arg-type]
    lines = identity_lines(wish, "h", Trunk(trunk=TRUNK, target="t"), "sip:1@t")
    assert {line.partition(":")[0] for line in lines.split("\r\n")[:-1]} <= {
        "P-Asserted-Identity", "Privacy", "Diversion", "History-Info",
    }  # fmt: skip
    assert "\n" not in lines.replace("\r\n", "")
