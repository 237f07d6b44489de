"""What rings at a page says which call it is; desk phones are told nothing of that."""

from __future__ import annotations

import pytest

from huawu.link.messages import EndpointId
from huawu.switch.sip.attempt import LABEL
from tests.switch.sip.playbook import Playbook, credentials, endpoint


def rung(transport: str, label: str) -> list[str]:
    """The label that a phone registered by this transport is told."""
    book = Playbook()
    ours, phone = book.agent(), book.peer()
    ours.configure(endpoint("bob"))
    who, lines = "<sip:bob@huawu.test>", ()
    for cseq in ("1", "2"):
        phone.heard.clear()
        phone.request(
            ours, "REGISTER", "sip:huawu.test", *lines, from_=f"{who};tag=r", to_=who, cseq=cseq,
            branch=f"r{cseq}", call_id="r", transport=transport,
        )  # fmt: skip
        book.run(1)
        if cseq == "1":
            asked = phone.hears_response("401 REGISTER")
            lines = (credentials(asked, "REGISTER", "sip:huawu.test", "bob"),)  # type: ignore[assignment]
    phone.hears_response("200 REGISTER")
    ours.call("leg", endpoint=EndpointId("e-bob"), number="10000", label=label)
    book.run(0.2)
    invite = phone.hears_request("INVITE")
    return invite.headers.get(LABEL.lower(), [])


@pytest.mark.parametrize("transport", ["WS", "WSS"])
def test_a_page_is_told_which_call_rings(transport: str) -> None:
    assert rung(transport, "0198c1") == ["0198c1"]
    assert rung(transport, "") == []


def test_what_is_told_stays_in_its_line() -> None:
    (told,) = rung("WS", "c1\r\nContact: <sip:thief@example>")
    assert "\r" not in told
    assert "\n" not in told


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
def test_a_desk_phone_is_told_nothing(transport: str) -> None:
    assert rung(transport, "0198c1") == []
