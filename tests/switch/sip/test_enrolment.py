"""Our own registrations at a carrier: kept, renewed, taken back, tried again."""

from __future__ import annotations

import msgspec

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.events import (
    Address,
    CallAnswered,
    CallOffered,
    ContactsChanged,
    Found,
    Place,
    TrunkChanged,
    TrunkReach,
)
from huawu.switch.sip.negotiation import negotiate
from tests.switch.sip.playbook import Agent, Peer, Playbook, endpoint, media


def line(carrier: Agent, user: str = "bob", password: str = "secret") -> Trunk:
    return Trunk(
        trunk=TrunkId("line"),
        target=carrier.place,
        user=user,
        password=password,
        register=True,
        sources=(carrier.host,),
    )


def states(agent: Agent) -> list[bool]:
    return [one.up for one in agent.news if isinstance(one, TrunkChanged)]


def contacts(agent: Agent) -> list[int]:
    return [one.contacts for one in agent.news if isinstance(one, ContactsChanged)]


def test_trunk_registers_with_digest_and_is_called_there() -> None:
    book = Playbook()
    carrier, ours = book.agent("10.0.0.2"), book.agent()
    carrier.configure(endpoint("bob"))
    ours.configure(trunks=(line(carrier),), public=())
    book.run(1)
    assert states(ours) == [True]
    assert contacts(carrier) == [1]
    leg = carrier.call("out", endpoint="e-bob", caller_number="13800005678")
    book.run(1)
    offered = ours.take(CallOffered)
    assert (offered.to_number, offered.from_number, offered.trunk) == ("bob", "13800005678", "line")
    assert offered.offer is not None
    answer, _ = negotiate(media(ours), offered.offer)
    ours.answer(offered.leg, answer)
    book.run(1)
    assert carrier.take(CallAnswered).leg == leg


def test_registration_is_renewed_for_as_long_as_it_is_wanted() -> None:
    book = Playbook()
    carrier, ours = book.agent("10.0.0.2"), book.agent()
    carrier.configure(endpoint("bob"))
    ours.configure(trunks=(line(carrier),))
    book.run(3_000)
    assert contacts(carrier) == [1]
    assert states(ours) == [True]
    ours.configure()
    book.run(60)
    assert contacts(carrier) == [1, 0]
    assert ours.clean()


def test_wrong_password_is_told_once_and_tried_again_with_patience() -> None:
    book = Playbook()
    carrier, ours = book.agent("10.0.0.2"), book.agent()
    carrier.configure(endpoint("bob"))
    ours.configure(trunks=(line(carrier, password="wrong"),))
    book.run(300)
    assert states(ours) == [False]
    assert 4 < sum("REGISTER" in str(said) for said in book.said) < 60
    ours.configure(trunks=(line(carrier),))
    book.run(60)
    assert states(ours) == [False, True]


def test_carrier_that_comes_late_is_found() -> None:
    book = Playbook()
    carrier, ours = book.agent("10.0.0.2"), book.agent()
    ours.configure(trunks=(line(carrier),))
    book.run(100)
    assert states(ours) == [False]
    carrier.configure(endpoint("bob"))
    book.run(200)
    assert states(ours) == [False, True]


def named(carrier: Agent, *targets: str) -> Trunk:
    return msgspec.structs.replace(line(carrier), target=targets[0], targets=targets[1:])


def found(*addresses: Address, ttl_s: float = 60, trouble: str = "") -> Found:
    return Found(place=Place(name="", transport="udp"), addresses=addresses, ttl_s=ttl_s, trouble=trouble)


def test_target_by_name_is_registered_at_once_when_the_name_is_found() -> None:
    book = Playbook()
    ours, carrier = book.agent(), book.agent("10.0.0.2")
    carrier.configure(endpoint("bob"))
    ours.configure(trunks=(named(carrier, "sip.carrier.test"),))
    book.run(5)
    assert states(ours) == []
    book.names["sip.carrier.test"] = found(Address(host=carrier.host, port=5060))
    book.run(40)
    assert states(ours) == [True]
    assert b"REGISTER sip:sip.carrier.test SIP/2.0" in book.packets[0]


def test_a_name_that_is_none_is_told_and_asked_for_again() -> None:
    book = Playbook()
    ours, carrier = book.agent(), book.agent("10.0.0.2")
    carrier.configure(endpoint("bob"))
    book.names["sip.carrier.test"] = found(trouble="there is no such name")
    ours.configure(trunks=(named(carrier, "sip.carrier.test"),))
    book.run(2)
    told = ours.take(TrunkReach)
    assert (told.up, told.detail) == (False, "sip.carrier.test: there is no such name")
    book.names["sip.carrier.test"] = found(Address(host=carrier.host, port=5060))
    book.run(70)
    assert ours.take(TrunkReach).up
    assert states(ours) == [False, True]


def test_the_second_target_is_registered_at_when_the_first_says_nothing() -> None:
    book = Playbook()
    ours, carrier = book.agent(), book.agent("10.0.0.2")
    carrier.configure(endpoint("bob"))
    ours.configure(trunks=(named(carrier, "10.0.0.77", carrier.place),))
    book.run(8)
    assert states(ours) == [True]
    assert contacts(carrier) == [1]


def registering(book: Playbook, carrier: Peer) -> Agent:
    ours = book.agent()
    trunk = Trunk(trunk=TrunkId("line"), target=carrier.place, user="bob", password="secret", register=True)
    ours.configure(trunks=(trunk,), public=())
    book.run(0.1)
    return ours


CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="n{n}", qop="{qop}", algorithm=MD5{more}'


def challenge(n: int, qop: str = "auth", more: str = "") -> str:
    return CHALLENGE.format(n=n, qop=qop, more=more)


def test_a_nonce_too_old_is_answered_anew_but_a_refused_proof_only_once() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.2")
    ours = registering(book, carrier)
    carrier.reply(carrier.hears_request("REGISTER"), 401, challenge(1))
    book.run()
    carrier.reply(carrier.hears_request("REGISTER"), 401, challenge(2, more=", stale=TRUE"))
    book.run()
    second = carrier.hears_request("REGISTER")
    assert 'nonce="n2"' in second.first("authorization")
    carrier.reply(second, 401, challenge(3))
    book.run(0.5)
    assert carrier.heard == []
    assert states(ours) == [False]


def test_the_next_nonce_is_used_without_being_asked() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.2")
    ours = registering(book, carrier)
    carrier.reply(carrier.hears_request("REGISTER"), 401, challenge(1))
    book.run()
    carrier.reply(
        carrier.hears_request("REGISTER"), 200, 'Authentication-Info: nextnonce="n9"', "Expires: 60"
    )
    book.run(50)
    assert 'nonce="n9"' in carrier.hears_request("REGISTER").first("authorization")
    assert states(ours) == [True]


def test_a_proof_over_the_body_is_not_given() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.2")
    ours = registering(book, carrier)
    carrier.reply(carrier.hears_request("REGISTER"), 401, challenge(1, qop="auth-int"))
    book.run(0.5)
    assert carrier.heard == []
    assert ours.take(TrunkChanged).detail == "401: it asks for a proof we cannot give"


def test_a_carrier_that_wants_longer_registrations_gets_them() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.2")
    ours = registering(book, carrier)
    carrier.reply(carrier.hears_request("REGISTER"), 423, "Min-Expires: 1800")
    book.run()
    again = carrier.hears_request("REGISTER")
    assert again.first("expires") == "1800"
    carrier.reply(again, 423, "Min-Expires: 99999999")
    book.run(0.5)
    assert states(ours) == [False]
    assert carrier.heard == []


def test_a_registrar_that_sends_elsewhere_is_not_followed() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.2")
    ours = registering(book, carrier)
    carrier.reply(carrier.hears_request("REGISTER"), 302, "Contact: <sip:10.6.6.6>")
    book.run(0.5)
    assert ours.take(TrunkChanged).detail.startswith("302: sent elsewhere")


def test_whoever_leaves_takes_the_registration_back() -> None:
    book = Playbook()
    carrier, ours = book.agent("10.0.0.2"), book.agent()
    carrier.configure(endpoint("bob"))
    ours.configure(trunks=(line(carrier),))
    book.run(1)
    ours.do(ours.ua.leave(book.now))
    book.run(1)
    assert contacts(carrier) == [1, 0]
