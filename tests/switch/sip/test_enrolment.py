"""Our own registrations at a carrier: kept, renewed, taken back, tried again."""

from __future__ import annotations

import msgspec

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallOffered, ContactsChanged, TrunkChanged
from huawu.switch.sip.sdp import negotiate
from tests.switch.sip.playbook import Agent, Playbook, endpoint, media


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


def test_target_by_name_is_told_as_not_possible_yet() -> None:
    book = Playbook()
    ours = book.agent()
    carrier = book.agent("10.0.0.2")
    ours.configure(trunks=(msgspec.structs.replace(line(carrier), target="sip.carrier.test"),))
    book.run(5)
    told = ours.take(TrunkChanged)
    assert not told.up
    assert "not an IP address" in told.detail
