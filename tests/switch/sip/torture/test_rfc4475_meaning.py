"""The torture messages of RFC 4475 §3.2 to §3.4: well-formed, and hard to deal with all the same."""

from __future__ import annotations

import pytest

from huawu.switch.sip.events import CallOffered
from huawu.switch.sip.message import Response, parse
from tests.switch.sip.torture.stand import Stand, audio, request

# ── 3.2 transactions ──


def test_3_2_1_branch_that_is_only_the_cookie() -> None:
    via = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK;rport"
    stand = Stand()
    assert stand.says(request(via=via)) == [200]
    assert stand.says(request("INVITE", via=via, body=audio())) == [100]
    assert stand.says(request("INVITE", via=via, call_id="another", body=audio())) == [100]
    assert len([one for one in stand.switch.news if isinstance(one, CallOffered)]) == 2


# ── 3.3 the application ──


@pytest.mark.parametrize("missing", ["call_id", "from_", "to"])
def test_3_3_1_missing_headers(missing: str) -> None:
    assert Stand().says(request("INVITE", body=audio(), **{missing: ""})) == [400]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "uri",
    [
        "nobodyKnowsThisScheme:totallyopaquecontent",  # 3.3.2
        "soap.beep://192.0.2.103:3002",  # 3.3.3
    ],
)
def test_3_3_2_and_3_schemes_we_do_not_speak(uri: str) -> None:
    assert Stand().says(request(uri=uri)) == [416]


def test_3_3_4_unknown_schemes_in_headers() -> None:
    text = request(
        "REGISTER", "sip:example.com", to="<isbn:2983792873>", from_="<http://www.example.com>;tag=1",
        contact="<name:John_Smith>",
    )  # fmt: skip
    assert Stand().says(text) == [400]


def test_3_3_5_extensions_nobody_knows() -> None:
    stand = Stand()
    lines = (
        "Require: nothingSupportsThis, nothingSupportsThisEither",
        "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
    )
    assert stand.says(request(lines=lines)) == [420]
    unsupported = stand.ear.last().items("unsupported")
    assert unsupported == ["nothingSupportsThis", "nothingSupportsThisEither"]


def test_3_3_6_unknown_body() -> None:
    stand = Stand()
    text = request("INVITE", lines=("Content-Type: application/unknownformat",), body="<audio>\n")
    assert stand.says(text) == [415]
    assert "application/sdp" in stand.ear.last().first("accept")


def test_3_3_7_unknown_authorisation_is_none() -> None:
    stand = Stand()
    lines = ("Authorization: NoOneKnowsThisScheme opaque-data=here",)
    assert stand.says(request("REGISTER", "sip:example.com", lines=lines)) == [401]
    assert stand.ear.last().first("www-authenticate").startswith("Digest ")


@pytest.mark.parametrize(
    "line",
    [
        "CSeq: 5 INVITE", "Call-ID: other@example.net", "Max-Forwards: 5", "From: <sip:o@example.net>;tag=3",
        "To: <sip:o@example.net>", "Content-Length: 5",
    ],
)  # fmt: skip
def test_3_3_8_and_9_several_of_what_there_is_one_of(line: str) -> None:
    assert Stand().says(request("INVITE", lines=(line,), body=audio())) == [400]


def test_3_3_10_response_whose_via_is_a_broadcast_address() -> None:
    text = (
        "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\n"
        "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\nCall-ID: bcast.1\nCSeq: 35 INVITE\n"
        "From: sip:user@example.com;tag=11141343\nTo: sip:user@example.edu;tag=2229\nContent-Length: 0\n\n"
    )
    stand = Stand()
    assert stand.says(text) == []
    assert not stand.switch.news


def test_3_3_11_no_hops_left() -> None:
    assert Stand().says(request(hops="0")) == [200]  # we are where it ends
    assert Stand().says(request("INVITE", hops="0", body=audio())) == [483]


def test_3_3_12_parameters_of_a_contact_without_brackets_are_the_headers() -> None:
    stand = Stand()
    text = request(
        "REGISTER", "sip:example.com", to="sip:user@example.com",
        contact="sip:+19725552222@gw1.example.net;unknownparam",
    )  # fmt: skip
    assert stand.registers(text, "sip:example.com") == [200]
    assert stand.ear.last().address("contact").uri == "sip:+19725552222@gw1.example.net"


def test_3_3_13_parameters_within_brackets_are_the_uris() -> None:
    stand = Stand()
    text = request(
        "REGISTER", "sip:example.com", to="sip:user@example.com",
        contact="<sip:+19725552222@gw1.example.net;unknownparam>",
    )  # fmt: skip
    assert stand.registers(text, "sip:example.com") == [200]
    assert stand.ear.last().address("contact").uri == "sip:+19725552222@gw1.example.net;unknownparam"


def test_3_3_14_contact_that_would_write_headers_into_our_calls_is_not_kept() -> None:
    """The RFC would keep it; a phone does not say here what our INVITEs to it carry (docs/sip.md)."""
    text = request(
        "REGISTER", "sip:example.com", to="<sip:user@example.com>",
        contact="<sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
    )  # fmt: skip
    assert Stand().registers(text, "sip:example.com") == [400]


def test_3_3_15_caller_that_takes_no_description_we_could_send() -> None:
    lines = ("Accept: text/nobodyKnowsThis",)
    assert Stand().says(request("INVITE", lines=lines, body=audio())) == [406]
    for good in ("application/sdp", "text/x, application/*;q=0.3", "*/*", "Application/SDP;level=1"):
        assert Stand().says(request("INVITE", lines=(f"Accept: {good}",), body=audio())) == [100]


# ── 3.4 before RFC 3261 ──


def test_3_4_1_invite_of_rfc_2543_lacks_the_contact_that_we_must_have() -> None:
    text = (
        "INVITE sip:user@example.com SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9\n"
        "From: <sip:+13035551111@ift.client.example.net;user=phone>\n"
        "Record-Route: <sip:user@example.com;maddr=ss1.example.com>\n"
        "To: sip:+16505552222@ss1.example.net;user=phone\nCall-ID: inv2543.1717@ift.client.example.com\n"
        "CSeq: 56 INVITE\n{contact}Content-Type: application/sdp\n\n"
    ) + audio()
    assert Stand().says(text.format(contact="")) == [400]
    stand = Stand()
    assert stand.says(text.format(contact="Contact: <sip:a@10.0.0.9>\n")) == [100]  # no tag, no branch
    assert isinstance(parse(stand.ear.raw[0]), Response)
