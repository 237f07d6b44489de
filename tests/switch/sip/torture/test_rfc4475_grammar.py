"""The torture messages of RFC 4475 §3.1, each trick in our words with the verdict its section asks for."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallOffered, Suspicion
from tests.switch.sip.playbook import Playbook, sdp_of
from tests.switch.sip.scenes import dial
from tests.switch.sip.torture.stand import Stand, audio, request

OUT = LegId("out")

# ── 3.1.1 valid messages ──

TORTUOUS = """INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com{tag}
from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : {length}
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    10.0.0.9;branch=z9hG4bK390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

"""


def test_3_1_1_1_short_tortuous_invite() -> None:
    stand, body = Stand(), audio()
    length = len(body) + body.count("\n")
    assert stand.says(TORTUOUS.format(tag="", length=length) + body) == [100]
    offered = stand.switch.take(CallOffered)
    assert (offered.from_number, offered.from_name, offered.to_number) == (
        "jdrosen", 'J Rosenberg \\"', "vivekg",
    )  # fmt: skip
    assert len(stand.ear.last().headers["via"]) == 3


def test_3_1_1_1_with_its_to_tag_it_belongs_to_a_dialog_we_do_not_know() -> None:
    stand, body = Stand(), audio()
    text = TORTUOUS.format(tag=" ;   tag    = 1918181833n", length=len(body) + body.count("\n"))
    assert stand.says(text + body) == [481]


def test_3_1_1_2_wide_range_of_valid_characters() -> None:
    method = "!interesting-Method0123456789_*+`.%indeed'~"
    uri = "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    stand = Stand()
    codes = stand.says(
        request(
            method,
            f"{uri}@example.com",
            via="SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK-.!%66*_+`'~;rport",
            call_id="intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
            from_='"BEL:\\\x07 NUL:\\\x02 DEL:\\\x7f" <sip:1_unusual@example.com>;tag=_token~1\'+`*%!-.',
            lines=("extensionHeader-!.%*+_`'~: \ufeff\u5927\u505c\u96fb",),
        )
    )
    assert codes == [405]
    assert "INVITE" in stand.ear.last().items("allow")


def test_3_1_1_3_percent_in_user_is_part_of_the_user() -> None:
    uri = "sip:sips%3Auser%40example.com@example.net"
    assert Stand().says(request("INVITE", uri, body=audio())) == [401]  # a number that is not public


def test_3_1_1_4_escaped_nulls() -> None:
    stand = Stand()
    text = request(
        "REGISTER", "sip:example.com", to="sip:user@example.com", from_="sip:user@example.com;tag=839923423",
        contact="<sip:%00@host5.example.com>", lines=("Contact: <sip:%00%00@host5.example.com>",),
    )  # fmt: skip
    assert stand.registers(text, "sip:example.com") == [200]
    assert len(stand.ear.last().items("contact")) == 2


def test_3_1_1_5_percent_in_a_method_is_no_escape() -> None:
    assert Stand().says(request("RE%47IST%45R", "sip:registrar.example.com")) == [405]


def test_3_1_1_6_no_space_before_the_angle_bracket() -> None:
    assert Stand().says(request(from_="caller<sip:caller@example.com>;tag=323")) == [200]


def test_3_1_1_7_long_values() -> None:
    long = "".join(f"longvalue{number}" for number in range(30))
    via = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK" + "t" * 200
    stand = Stand()
    codes = stand.says(
        request(
            "INVITE",
            via=via,
            to=f'"I have a user name of extremeextreme{long}"<sip:user@example.com:6000;'
            f"unknownparam1=very{long};longparam{long}=shortvalue;very{long}ParameterNameWithNoValue>",
            from_=f"sip:{'amazinglylongcallername' * 5}@example.net;tag=12{'982' * 50}424;"
            f"unknownheaderparam{long}=unknown{long};unknownValueless{long}",
            call_id=f"longreq.one{'really' * 20}longcallid",
            contact=f"<sip:{'amazinglylongcallername' * 5}@host5.example.net>",
            lines=(
                f"Unknown-{'Long' * 20}-Name: unknown-{long}-value; unknown-{long}-parameter-name = {long}",
                *(f"Via: SIP/2.0/TCP sip{number}.example.com" for number in range(33)),
            ),
            body=audio(),
        )
    )
    assert codes == [100]
    assert len(stand.ear.last().headers["via"]) == 34


def test_3_1_1_8_what_follows_the_body_in_a_datagram_is_not_there() -> None:
    stand = Stand()
    first = request("REGISTER", "sip:example.com", length="0")
    assert stand.says(first + request("INVITE", body=audio())) == [401]
    assert not stand.switch.news


def test_3_1_1_9_semicolons_in_the_user_part() -> None:
    assert Stand().says(request(uri="sip:user;par=u%40example.net@example.com")) == [200]


def test_3_1_1_10_unknown_transports_in_via() -> None:
    stand = Stand()
    others = ("SCTP t3.example.com", "TLS t4.example.com", "UNKNOWN t5.example.com", "TCP t6.example.com")
    lines = tuple(f"Via: SIP/2.0/{one};branch=z9hG4bK{number}" for number, one in enumerate(others))
    assert stand.says(request(lines=lines)) == [200]
    assert [one.split()[0] for one in stand.ear.last().headers["via"][1:]] == [
        "SIP/2.0/SCTP", "SIP/2.0/TLS", "SIP/2.0/UNKNOWN", "SIP/2.0/TCP",
    ]  # fmt: skip


def test_3_1_1_11_multipart_body_in_a_method_we_refuse() -> None:
    body = "--7a9c\nContent-Type: text/plain\n\nHello\n--7a9c\nContent-Type: a/b\n\n\x00\x01\n--7a9c--\n"
    stand = Stand()
    text = request("MESSAGE", lines=("Content-Type: multipart/mixed;boundary=7a9c",), body=body)
    assert stand.says(text) == [405]


def answered(status: str) -> list[object]:
    """We call, and the phone answers with this status line; the news of it."""
    book = Playbook()
    alice, peer = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target=peer.place),))
    dial(alice)
    book.run()
    invite = peer.hears_request("INVITE")
    body = str(sdp_of(peer))
    text = (
        f"{status}\r\nVia: {invite.first('via')}\r\nFrom: {invite.first('from')}\r\n"
        f"To: {invite.first('to')};tag=x\r\nCall-ID: {invite.call_id}\r\nCSeq: 1 INVITE\r\n"
        f"Contact: <sip:peer@{peer.place}>\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    peer.say(alice, text.encode())
    book.run()
    return [*alice.news]


def test_3_1_1_12_unusual_reason_phrase() -> None:
    news = answered("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое")
    assert any(isinstance(one, CallAnswered) for one in news)


def test_3_1_1_13_empty_reason_phrase() -> None:
    assert any(isinstance(one, CallAnswered) for one in answered("SIP/2.0 200 "))


# ── 3.1.2 invalid messages ──


def test_3_1_2_1_extraneous_separators() -> None:
    codes = Stand().says(
        request(
            "INVITE",
            via="SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKkdj;rport;;,;,,",
            to='"Mr. J. User <sip:j.user@example.com>',
            from_='"Caller" <sip:caller@example.net>;;;;',
            contact='"Joe" <sip:joe@example.org>;;;;',
            body=audio(),
        )
    )
    assert codes == [400]


@pytest.mark.parametrize("length", ["9999", "-999", "1e3", "+0", ""])
def test_3_1_2_2_and_3_content_length_that_lies(length: str) -> None:
    text = request("INVITE", body=audio(), length=length)
    assert Stand().says(text) == [400]


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ({"cseq": "36893488147419103232 REGISTER"}, 400),
        ({"cseq": "2147483648 REGISTER"}, 400),
        ({"hops": "300"}, 400),
    ],
)
def test_3_1_2_4_numbers_beyond_their_range_in_requests(spoilt: dict[str, str], code: int) -> None:
    assert Stand().says(request("REGISTER", "sip:example.com", **spoilt)) == [code]  # type: ignore[arg-type]


def test_3_1_2_4_overlarge_expires_is_cut_to_what_we_grant() -> None:
    stand = Stand()
    text = request(
        "REGISTER", "sip:example.com", to="<sip:user@example.com>",
        contact="<sip:user@10.0.0.9>;expires=280297596632815", lines=("Expires: 10000000000000",),
    )  # fmt: skip
    assert stand.registers(text, "sip:example.com") == [200]
    assert 0 < int(stand.ear.last().address("contact").parameter("expires") or 0) <= 7_200


def test_3_1_2_5_numbers_beyond_their_range_in_responses() -> None:
    assert answered("SIP/2.0 99999999999999999999999 OK") == answered("SIP/2.0 4294967301 better not break")
    news = answered("SIP/2.0 503 Service Unavailable\r\nRetry-After: 949302838503028349304023988")
    assert [type(one).__name__ for one in news] == ["TrunkReach", "CallEnded"]  # it rests as if not told


def test_3_1_2_6_unterminated_quote_in_a_name() -> None:
    stand = Stand()
    assert stand.says(request("INVITE", from_='"Mr. J. User <sip:j@example.com>;tag=1', body=audio())) == [
        400
    ]
    assert not any(isinstance(one, CallOffered) for one in stand.switch.news)


@pytest.mark.parametrize(
    "start",
    [
        "INVITE <sip:user@example.com> SIP/2.0",  # 3.1.2.7
        "INVITE sip:user@example.com; lr SIP/2.0",  # 3.1.2.8
        "INVITE  sip:user@example.com  SIP/2.0",  # 3.1.2.9
        "INVITE sip:user@example.com SIP/2.0  ",  # 3.1.2.10
        "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0",  # 3.1.2.11
    ],
)
def test_3_1_2_7_to_11_malformed_request_lines(start: str) -> None:
    assert Stand().says(request("INVITE", start=start, body=audio())) == [400]


def test_3_1_2_12_date_of_another_time_zone_is_as_if_missing() -> None:
    lines = ("Date: Fri, 01 Jan 2010 16:00:00 EST",)
    assert Stand().says(request("INVITE", lines=lines, body=audio())) == [100]


def test_3_1_2_13_contact_with_headers_and_no_brackets() -> None:
    text = request(
        "REGISTER", "sip:example.com", to="<sip:user@example.com>",
        contact="sip:user@example.com?Route=%3Csip:sip.example.com%3E",
    )  # fmt: skip
    assert Stand().registers(text, "sip:example.com") == [400]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"to": '"Watson, Thomas" < sip:t.watson@example.org >'},  # 3.1.2.14
        {"from_": "Bell, Alexander <sip:a.g.bell@example.com>;tag=43"},  # 3.1.2.15
    ],
)
def test_3_1_2_14_and_15_what_may_be_forgiven_is(spoilt: dict[str, str]) -> None:
    assert Stand().says(request(**spoilt)) == [200]  # type: ignore[arg-type]


def test_3_1_2_15_a_call_with_such_a_name_is_not_taken() -> None:
    text = request("INVITE", from_="Bell, Alexander <sip:a.g.bell@example.com>;tag=43", body=audio())
    assert Stand().says(text) == [400]


def test_3_1_2_16_unknown_version() -> None:
    assert Stand().says(request(start="OPTIONS sip:user@example.com SIP/7.0")) == [505]


@pytest.mark.parametrize("method", ["OPTIONS", "NEWMETHOD"])
def test_3_1_2_17_and_18_methods_that_differ(method: str) -> None:
    assert Stand().says(request(method, cseq="8 INVITE")) == [400]


def test_3_1_2_19_overlarge_status_is_dropped() -> None:
    news = answered("SIP/2.0 4294967301 better not break the receiver")
    assert all(isinstance(one, Suspicion) for one in news)
