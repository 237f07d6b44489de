"""Parsing and printing: the examples of RFC 3261 §24, and a verdict for each RFC 4475 torture message."""

# ruff: noqa: E501 (wire text is shown unbroken)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.sip import printing
from huawu.switch.sip.addresses import Addresses, ip_literal, join_host_port, split_host_port
from huawu.switch.sip.events import Flow
from huawu.switch.sip.headers import NameAddr, Via, clean, parse_uri, quote, split_list, tag_of
from huawu.switch.sip.message import BadMessage, Request, Response, parse
from tests.switch.sip.playbook import Playbook, crlf, endpoint

SOURCE = Flow(transport="udp", host="192.0.2.1", port=5060)

ALICE_INVITE = """\
INVITE sip:bob@biloxi.com SIP/2.0
Via: SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8 ;received=192.0.2.1
Max-Forwards: 69
To: Bob <sip:bob@biloxi.com>
From: Alice <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710
CSeq: 314159 INVITE
Contact: <sip:alice@pc33.atlanta.com>
Content-Type: application/sdp
Content-Length: 4

v=0
"""
BOB_OK = """\
SIP/2.0 200 OK
Via: SIP/2.0/UDP server10.biloxi.com;branch=z9hG4bKnashds8;received=192.0.2.3
Via: SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1;received=192.0.2.2
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds ;received=192.0.2.1
To: Bob <sip:bob@biloxi.com>;tag=a6c85cf
From: Alice <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710@pc33.atlanta.com
CSeq: 314159 INVITE
Contact: <sip:bob@192.0.2.4>
Content-Type: application/sdp
Content-Length: 0

"""


def test_invite_of_section_24_2() -> None:
    request = parse(crlf(ALICE_INVITE), SOURCE)
    assert isinstance(request, Request)
    assert (request.method, request.uri, request.target().user) == ("INVITE", "sip:bob@biloxi.com", "bob")
    assert request.via.branch == "z9hG4bK77ef4c2312983.1"
    assert (request.call_id, request.cseq, request.from_tag) == ("a84b4c76e66710", 314159, "1928301774")
    assert request.to_tag == ""
    assert NameAddr.parse(request.first("from")).name == "Alice"
    assert request.number("max-forwards") == 69
    assert request.body == b"v=0\r"


def test_response_of_section_24_2() -> None:
    response = parse(crlf(BOB_OK))
    assert isinstance(response, Response)
    assert (response.code, response.phrase, response.to_tag) == (200, "OK", "a6c85cf")
    assert len(response.items("via")) == 3


def test_registration_of_section_24_1_is_answered() -> None:
    text = """\
REGISTER sip:registrar.biloxi.com SIP/2.0
Via: SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds7
Max-Forwards: 70
To: Bob <sip:bob@biloxi.com>
From: Bob <sip:bob@biloxi.com>;tag=456248
Call-ID: 843817637684230@998sdasdh09
CSeq: 1826 REGISTER
Contact: <sip:bob@192.0.2.4>
Expires: 7200
Content-Length: 0

"""
    book = Playbook()
    ours, phone = book.agent(), book.peer("192.0.2.4")
    ours.configure(endpoint("bob"))
    phone.say(ours, text)
    book.run()
    challenge = phone.hears_response("401 REGISTER")
    assert challenge.first("via").endswith(";branch=z9hG4bKnashds7;received=192.0.2.4")
    assert len(challenge.headers["www-authenticate"]) == 2


def test_response_repeats_what_it_must() -> None:
    request = parse(crlf(ALICE_INVITE), SOURCE)
    assert isinstance(request, Request)
    answer = parse(printing.response(request, 180, tag="a6c85cf"))
    assert isinstance(answer, Response)
    assert answer.headers["via"] == [
        "SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1;received=192.0.2.1",
        "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8 ;received=192.0.2.1",
    ]
    assert (answer.to_tag, answer.from_tag, answer.call_id) == ("a6c85cf", "1928301774", "a84b4c76e66710")
    assert answer.first("cseq") == "314159 INVITE"


def test_rport_is_filled_in_and_followed() -> None:
    via = Via.parse("SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff;received=6.6.6.6")
    assert via.seen_from("192.0.2.1", 9988) == (
        "SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKkjshdyff;received=192.0.2.1;rport=9988"
    )
    with_rport = ALICE_INVITE.replace(";branch=z9hG4bK77", ";rport;branch=z9hG4bK77")
    flow = Flow(transport="udp", host="192.0.2.1", port=9988)
    request, plain = parse(crlf(with_rport), flow), parse(crlf(ALICE_INVITE), flow)
    assert isinstance(request, Request)
    assert isinstance(plain, Request)
    assert request.reply_flow() == flow
    assert plain.reply_flow() == Flow(transport="udp", host="192.0.2.1", port=5060)


def test_compact_folded_and_joined_headers() -> None:
    text = (
        "INVITE sip:a@b SIP/2.0\nv: SIP/2.0/UDP one;branch=z9hG4bK1,\n  SIP/2.0/TCP two;branch=z9hG4bK2\n"
        'f : "A, \\"B\\"" <sip:x@y;p=1,2>\n\t;tag=1\nt: <sip:a@b>\ni: c\nCSEQ: 1\n INVITE\nm: <sip:a@b>\n\n'
    )
    request = parse(crlf(text))
    assert request.via.host == "one"
    assert len(request.items("via")) == 2
    assert request.from_tag == "1"
    assert request.address("from").name == 'A, "B"'
    assert request.cseq == 1
    assert request.first("contact") == "<sip:a@b>"


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (["a, b", "c"], ["a", "b", "c"]),
        (['"x, y" <sip:a,b@c>, <sip:d>'], ['"x, y" <sip:a,b@c>', "<sip:d>"]),
        (['"\\",", z'], ['"\\","', "z"]),
        (["", ",", " , "], []),
    ],
)
def test_lists_are_parted_at_the_right_commas(value: list[str], items: list[str]) -> None:
    assert split_list(value) == items


@pytest.mark.parametrize(
    "value", ["", '"open <sip:a>', "<sip:a", "a b <", "x<y>z", "<>", '"a" b', "a,b", '"a"']
)
def test_broken_addresses_are_refused(value: str) -> None:
    with pytest.raises(ValueError):
        NameAddr.parse(value)


@given(st.text(max_size=40))
def test_quoted_names_read_back(name: str) -> None:
    shown = "".join(letter for letter in name if letter >= " " and letter != "\x7f")
    assert NameAddr.parse(f"{quote(name)} <sip:a@b>;tag=1").name == shown
    assert tag_of(f"{quote(name)} <sip:a@b>;tag=1") == "1"


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_cleaned_text_is_fit_for_logs(text: str) -> None:
    raw = text.encode("utf-8", "replace").decode("utf-8", "surrogateescape")
    cleaned = clean(raw)
    assert cleaned.encode().decode() == cleaned
    assert "\n" not in cleaned


token = st.text("abcdefghijklmnop0123456789-.", min_size=1, max_size=12)


@given(
    method=st.sampled_from(["INVITE", "BYE", "INFO"]), tag=token, branch=token, call_id=token,
    cseq=st.integers(0, 2**31 - 1), body=st.text(st.characters(codec="utf-8"), max_size=60),
)  # fmt: skip
def test_request_printed_and_parsed_is_the_same(
    method: str, tag: str, branch: str, call_id: str, cseq: int, body: str
) -> None:
    via = f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{branch};rport"
    sent = printing.request(
        method, "sip:a@b", via=via, from_value=f"<sip:x@y>;tag={tag}", to_value="<sip:a@b>",
        call_id=call_id, cseq=cseq, body=body,
    )  # fmt: skip
    request = parse(sent, SOURCE)
    assert isinstance(request, Request)
    assert (request.method, request.from_tag, request.call_id, request.cseq) == (method, tag, call_id, cseq)
    assert request.via.branch == f"z9hG4bK{branch}"
    assert request.body == body.encode()
    answer = parse(printing.response(request, 200, tag="t", body=body))
    assert (answer.call_id, answer.cseq, answer.to_tag) == (call_id, cseq, "t")
    assert answer.body == body.encode()


# ── RFC 4475: what becomes of each torture message ────────────────────────────────────────────────

HEAD = """\
Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK.x
To: <sip:10000@10.0.0.1>
From: "T" <sip:t@example.net>;tag=1
Call-ID: torture@192.0.2.9
CSeq: 1 {method}
Max-Forwards: 70
Contact: <sip:t@192.0.2.9>
"""

TORTURE: list[tuple[str, str, str]] = [
    (
        "wsinv (§3.1.1.1)",
        "INVITE sip:10000@10.0.0.1;unknownparam SIP/2.0\nTO :\n sip:10000@10.0.0.1 ;   tag    = 1918181833n\n"
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\n'
        "MaX-fOrWaRdS: 0068\nCall-ID: wsinv.ndaksdj@192.0.2.1\nContent-Length   : 0\ncseq: 0009\n  INVITE\n"
        "Via  : SIP  /   2.0\n /UDP\n    192.0.2.9;branch=390skdjuw\ns :\nNewFangledHeader:   newfangled value\n"
        " continued newfangled value\nUnknownHeaderWithUnusualValue: ;;,,;;,;\nContent-Type: application/sdp\n"
        'Route:\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\nv:  SIP  / 2.0  / TCP     '
        'spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; '
        'branch=\n z9hG4bK30239\nm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\n      newvalue ;\n'
        "  secondparam ; q = 0.33\n\n",
        "481",  # sound, but a To tag of no dialog of ours
    ),
    ("intmeth (§3.1.1.2)", "!interesting-Method0123456789_*+`.%indeed'~ sip:a@b SIP/2.0\n" + HEAD + "\n", "405"),
    (
        "esc01 (§3.1.1.3)",
        "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0\n" + HEAD + "\n",
        "401",  # a stranger calling no public number
    ),
    ("escnull (§3.1.1.4)", "REGISTER sip:example.com SIP/2.0\n" + HEAD.replace("10000", "null-%00-null") + "\n", "401"),
    ("esc02 (§3.1.1.5)", "RE%47IST%45R sip:registrar.example.com SIP/2.0\n" + HEAD + "\n", "405"),
    ("lwsdisp (§3.1.1.6)", "OPTIONS sip:user@example.com SIP/2.0\n" + HEAD.replace('"T" <', "caller<") + "\n", "200"),
    (
        "longreq (§3.1.1.7)",
        "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD + "Unknown-" + "Long" * 20 + ": " + "x" * 5000 + "\n\n",
        "100",
    ),
    ("dblreq (§3.1.1.8)", "OPTIONS sip:a@b SIP/2.0\n" + HEAD + "Content-Length: 0\n\nINVITE sip:x SIP/2.0\n\n", "200"),
    ("semiuri (§3.1.1.9)", "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\n" + HEAD + "\n", "200"),
    ("transports (§3.1.1.10)", "OPTIONS sip:u@b SIP/2.0\n" + HEAD + "Via: SIP/2.0/UNKNOWN t;branch=z9hG4bK1\n\n", "200"),
    ("unreason (§3.1.1.12)", "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять\n" + HEAD + "\n", ""),
    ("noreason (§3.1.1.13)", "SIP/2.0 100 \n" + HEAD + "\n", ""),
    ("badinv01 (§3.1.2.1)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD.replace("<sip:t@1", '"J <sip:t@1') + "\n", "400"),
    ("clerr (§3.1.2.2)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD + "Content-Length: 9999\n\nv=0\n", "400"),
    ("ncl (§3.1.2.3)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD + "Content-Length: -999\n\nv=0\n", "400"),
    ("scalar02 (§3.1.2.4)", "REGISTER sip:a SIP/2.0\n" + HEAD.replace(": 1 ", ": 36893488147419103232 ") + "\n", "400"),
    ("scalar02 Max-Forwards", "REGISTER sip:a SIP/2.0\n" + HEAD.replace(": 70", ": 300") + "\n", "400"),
    ("scalarlg (§3.1.2.5)", "SIP/2.0 503 Service Unavailable\n" + HEAD.replace(": 1 ", ": 9292394834772304023312 ") + "\n", ""),
    ("quotbal (§3.1.2.6)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD.replace('"T" <', '"T <') + "\n", "400"),
    ("ltgtruri (§3.1.2.7)", "INVITE <sip:user@example.com> SIP/2.0\n" + HEAD + "\n", "400"),
    ("lwsruri (§3.1.2.8)", "INVITE sip:user@example.com; lr SIP/2.0\n" + HEAD + "\n", "400"),
    ("lwsstart (§3.1.2.9)", "INVITE  sip:user@example.com  SIP/2.0\n" + HEAD + "\n", "400"),
    ("trws (§3.1.2.10)", "OPTIONS sip:remote@example.com SIP/2.0 \n" + HEAD + "\n", "400"),
    ("escruri (§3.1.2.11)", "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0\n" + HEAD + "\n", "400"),
    ("regbadct (§3.1.2.13)", "REGISTER sip:example.com SIP/2.0\n" + HEAD.replace("<sip:t@1", "sip:user@x?Route=<sip:t@1") + "\n", "401"),
    ("badaspec (§3.1.2.14)", "OPTIONS sip:user@example.org SIP/2.0\n" + HEAD.replace("<sip:1", '"W" < sip:1') + "\n", "200"),
    ("badvers (§3.1.2.16)", "OPTIONS sip:t@example.com SIP/7.0\n" + HEAD + "\n", "505"),
    ("mismatch01 (§3.1.2.17)", "OPTIONS sip:user@example.com SIP/2.0\n" + HEAD.replace("{method}", "INVITE") + "\n", "400"),
    ("mismatch02 (§3.1.2.18)", "NEWMETHOD sip:user@example.com SIP/2.0\n" + HEAD.replace("{method}", "INVITE") + "\n", "400"),
    ("bigcode (§3.1.2.19)", "SIP/2.0 4294967301 better not break the receiver\n" + HEAD + "\n", ""),
    ("badbranch (§3.2.1)", "OPTIONS sip:u@b SIP/2.0\n" + HEAD.replace("z9hG4bK.x", "z9hG4bK") + "\n", "200"),
    ("insuf (§3.3.1)", "INVITE sip:10000@10.0.0.1 SIP/2.0\nCSeq: 193942 INVITE\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\n\n", "400"),
    ("unkscm (§3.3.2)", "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\n" + HEAD + "\n", "416"),
    ("novelsc (§3.3.3)", "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\n" + HEAD + "\n", "416"),
    ("unksm2 (§3.3.4)", "REGISTER sip:example.com SIP/2.0\n" + HEAD.replace("<sip:1", "<isbn:2983792873?") + "\n", "400"),
    ("bext01 (§3.3.5)", "OPTIONS sip:u@b SIP/2.0\n" + HEAD + "Require: nothingSupportsThis, nothingSupportsThisEither\n\n", "420"),
    ("invut (§3.3.6)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD + "Content-Type: application/unknownformat\n\n<audio/>", "415"),
    ("regaut01 (§3.3.7)", "REGISTER sip:example.com SIP/2.0\n" + HEAD + "Authorization: NoOneKnowsThisScheme opaque-data=here\n\n", "401"),
    ("multi01 (§3.3.8)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD + "Call-ID: other\n\n", "400"),
    ("mcl01 (§3.3.9)", "OPTIONS sip:u@b SIP/2.0\n" + HEAD + "Content-Length: 13\nContent-Length: 5\n\nThere's no way", "400"),
    ("zeromf (§3.3.11)", "OPTIONS sip:u@b SIP/2.0\n" + HEAD.replace(": 70", ": 0") + "\n", "200"),  # we are the last hop
    ("zeromf, a call", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD.replace(": 70", ": 0") + "\n", "483"),
    ("cparam01 (§3.3.12)", "REGISTER sip:example.com SIP/2.0\n" + HEAD.replace("9>\n", "9>;q=0.1, <sip:x@y>\n") + "\n", "401"),
    ("sdp01 (§3.3.15)", "INVITE sip:10000@10.0.0.1 SIP/2.0\n" + HEAD + "Content-Type: application/sdp\nAccept: text/x\n\nv=0\no=- 1 1 IN IP4 h\n", "406"),
    ("inv2543 (§3.4.1)", "INVITE sip:10000@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9\nFrom: <sip:u@e>\nTo: <sip:10000@10.0.0.1>\nCall-ID: z\nCSeq: 1 INVITE\nContact: <sip:x@192.0.2.9>\n\n", "100"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "verdict"), TORTURE, ids=[name for name, _, _ in TORTURE])
def test_torture(name: str, text: str, verdict: str) -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer("192.0.2.9")
    ours.configure(endpoint("bob"))
    method = text.partition(" ")[0]
    heard: list[bytes] = []
    peer.deliver = lambda data, flow: heard.append(data)  # type: ignore[method-assign]
    peer.say(ours, crlf(text.replace("{method}", method)))
    book.run(0.05)
    codes = [data[8:11].decode() for data in heard]
    assert codes == ([verdict] if verdict else [])


def test_required_extensions_are_named() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    peer.request(ours, "INVITE", "sip:a@b", "Require: 100rel, gruu, x-huawu")
    peer.request(ours, "PUBLISH", "sip:a@b")
    book.run()
    assert peer.hears_response("420 INVITE").first("unsupported") == "gruu, x-huawu"
    assert "INVITE" in peer.hears_response("405 PUBLISH").items("allow")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 20,
        b"x" * 70_000,
        b"OPTIONS sip:a SIP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nVia: x\r\n\r\n",
        b"A\nB\r\n\r\n",
    ],
)
def test_what_cannot_be_answered_is_dropped(data: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        parse(data)
    assert caught.value.request is None


def test_what_would_take_long_to_read_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_uri("tel:" + "1" * 200 + "x")
    with pytest.raises(ValueError, match="too long"):
        parse_uri("sip:" + "a" * 2_000)
    with pytest.raises(BadMessage, match="too long"):
        parse(crlf(ALICE_INVITE.replace("\n\n", "\nX: " + "," * 17_000 + "\n\n", 1)), SOURCE)


def test_addresses() -> None:
    assert split_host_port("[::1]:5070") == ("::1", 5070)
    assert split_host_port("::1") == ("::1", 5060)
    assert split_host_port("10.0.0.9") == ("10.0.0.9", 5060)
    for wrong in ("", ":5060", "a:0", "a:x", "[::1", "[::1]x", "a:99999"):
        with pytest.raises(ValueError):
            split_host_port(wrong)
    assert join_host_port("::1", 1) == "[::1]:1"
    assert ip_literal("LOCALHOST") == "127.0.0.1"
    assert ip_literal("[::1]") == "::1"
    assert ip_literal("example.com") is None
    ours = Addresses(udp4="1.2.3.4:5060", tcp6="[::1]:5060")
    assert ours.toward(SOURCE) == "1.2.3.4:5060"
    assert ours.toward(Flow(transport="udp", host="::2", port=1)) == "[::1]:5060"
