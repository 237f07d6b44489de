"""What can be said by the grammar, with every part that may be there or not: nothing raises, nothing is left.

The promises are those of the fuzzer's targets (tools/fuzz/targets.py); here sentences are made, not found.
"""

# ruff: noqa: E501 (wire text is shown unbroken)

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools.fuzz import targets
from tools.fuzz.targets import BETWEEN, HANDSHAKE

from tests.switch.sip.torture import test_rfc4475_grammar

many = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=200)
some = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60)


def one_of(text: str) -> st.SearchStrategy[str]:
    """One of the pieces between bars, blanks at their ends gone."""
    return st.sampled_from([piece.strip() for piece in text.split("|")])


def maybe(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | part


def joined(*parts: st.SearchStrategy[str], by: str = "") -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: by.join(found))


# ── parts ──

HOST = one_of(
    "10.0.0.9 | huawu.test | [2001:db8::1] | [::ffff:10.0.0.9] | localhost | a | 999.1.1.1 | x.invalid"
)
PORT = maybe(one_of(":5060 | :0 | :65535 | :65536 | :"))
USER = maybe(one_of("bob@ | 10000@ | +86138@ | %62ob@ | b;x=y@ | @ | a:b@ | é@"))
URI_TAIL = maybe(
    one_of(";lr | ;transport=tcp | ;transport=ws | ;user=phone | ;maddr=1.1.1.1 | ;ob | ?Replaces=a | ;")
)
URI = joined(one_of("sip: | sips: | SIP: | tel: | http: | "), USER, HOST, PORT, URI_TAIL)
NAME = maybe(one_of('Bob | "Bob" | "B\\"ob" | "通" | * | "open'))
TAIL = maybe(
    one_of(";tag=p1 | ;tag={tag} | ;tag= | ;tag=a;tag=b | ;q=0.5 | ;expires=60 | ;expires=x | ;reg-id=1")
)
ADDRESS = joined(NAME, st.just(" <"), URI, st.just(">"), TAIL) | joined(URI, TAIL)
VIA = joined(
    one_of("SIP/2.0/UDP | SIP/2.0/TCP | SIP / 2.0 / UDP | SIP/2.0/WSS | SIP/3.0/UDP | SIP/2.0/"),
    st.just(" "), HOST, PORT,
    maybe(one_of(";branch=z9hG4bK1 | ;branch=z9hG4bK2 | ;branch={branch} | ;branch=1 | ;branch=")),
    maybe(one_of(";rport | ;rport=1 | ;received=1.1.1.1 | ;received=[::1] | ;maddr=x | ;ttl=1")),
)  # fmt: skip
METHOD = one_of(
    "INVITE | ACK | BYE | CANCEL | OPTIONS | REGISTER | PRACK | UPDATE | INFO | REFER | NOTIFY | SUBSCRIBE | MESSAGE "
    "| PUBLISH | invite | X-NEW | "
)
NUMBER = one_of("0 | 1 | 2 | 3 | 70 | 90 | 255 | 256 | 3600 | 4294967295 | 99999999999 | -1 | x | ")
DIGEST = joined(
    one_of("Digest | digest | Basic | NTLM"),
    st.just(" "),
    st.lists(
        one_of(
            'realm="huawu.test" | realm=x | username="bob" | username="\\"" | nonce="é" | nonce="0a.b" | nc=00000001 '
            '| nc=ffffffff | cnonce="c" | qop=auth | qop="auth,auth-int" | uri="sip:huawu.test" | response="a" '
            "| algorithm=MD5 | algorithm=SHA-256 | algorithm=SHA-512 | opaque=o | stale=true | = | a | userhash=true"
        ),
        max_size=12,
    ).map(", ".join),
)
HEADER = st.one_of(
    joined(one_of("Via | v | VIA"), VIA, by=": "),
    joined(one_of("From | f | To | t"), ADDRESS, by=": "),
    joined(one_of("Contact | m | Route | Record-Route | P-Asserted-Identity | Diversion | Refer-To | r | Referred-By "
                  "| History-Info | Remote-Party-ID | Path"), ADDRESS, by=": "),
    joined(one_of("Contact | Route | Accept"), st.just("*"), by=": "),
    joined(one_of("CSeq"), joined(NUMBER, METHOD, by=" "), by=": "),
    joined(one_of("Max-Forwards | Expires | Min-Expires | Content-Length | l | RSeq | Min-SE | Retry-After"), NUMBER,
           by=": "),
    joined(one_of("Call-ID | i"), one_of("c1 | {call_id} | neighbour | a@b |"), by=": "),
    joined(one_of("Require | Supported | k | Proxy-Require | Allow"),
           one_of("100rel | timer | replaces | outbound | foo | 100rel, timer | , | INVITE, UPDATE"), by=": "),
    joined(one_of("Session-Expires | x"), joined(NUMBER, maybe(one_of(";refresher=uac | ;refresher=uas"))), by=": "),
    joined(one_of("Replaces"), one_of("c1;to-tag={tag};from-tag=p1 | neighbour;to-tag=a;from-tag=p1;early-only | x"),
           by=": "),
    joined(one_of("RAck"), one_of("1 1 INVITE | 1 2 INVITE | x"), by=": "),
    joined(one_of("Event | o"), one_of("refer | refer;id=1 | presence | ;"), by=": "),
    joined(one_of("Subscription-State"), one_of("active;expires=60 | terminated;reason=noresource | pending | x"),
           by=": "),
    joined(one_of("Privacy"), one_of("id | none | id;critical | header;user"), by=": "),
    joined(one_of("Authorization | Proxy-Authorization | WWW-Authenticate | Proxy-Authenticate"), DIGEST, by=": "),
    joined(one_of("Content-Type | c"),
           one_of("application/sdp | message/sipfrag | application/dtmf-relay | application/dtmf | text/plain "
                  "| multipart/mixed;boundary=x | /"), by=": "),
    joined(one_of("Content-Encoding | e | Accept | Reason | Subject | User-Agent | Info-Package"),
           one_of("gzip | identity | application/sdp | Q.850;cause=16 | x"), by=": "),
    one_of("X: y | : | X | X:\r\n folded | \u00e9: 1 | Via | From: | To:"),
)  # fmt: skip

KEY = one_of(
    f"{'A' * 40} | {'A' * 40}|2^31 | {'A' * 40}|2^31|1:4 | {'A' * 40}|1:4 | {'A' * 59}= | A | = | "
    f"{'A' * 40}|0 | {'A' * 40}|2^49"
)
SDP_LINE = st.one_of(
    one_of("v=0 | s=- | t=0 0 | a=rtcp-mux | a=sendonly | a=inactive | a=recvonly | a=ptime:20 | a=ptime:x | b=AS:64 | x"),
    joined(st.just("o=- "), NUMBER, st.just(" "), NUMBER, one_of(" IN IP4 10.0.0.9 | IN IP6 ::1 | IN X y |").map(" ".__add__)),
    joined(st.just("c="), one_of("IN IP4 10.0.0.9 | IN IP4 0.0.0.0 | IN IP6 2001:db8::1 | IN IP4 224.1.1.1/127 | IN | IN IP4 ::1")),
    joined(st.just("m="), one_of("audio | video | image | message | "), st.just(" "),
           one_of("4000 | 0 | 65535 | 65536 | 4000/2 | x"), st.just(" "),
           one_of("RTP/AVP | RTP/SAVP | RTP/AVPF | RTP/SAVPF | UDP/TLS/RTP/SAVPF | udptl | "), st.just(" "),
           one_of("8 0 101 | 8 | 0 | 9 | 18 | 101 | 96 | 999 | x | ")),
    one_of("a=rtpmap:101 telephone-event/8000 | a=rtpmap:96 PCMA/8000 | a=rtpmap:8 x | a=rtpmap: | a=fmtp:101 0-15 "
           "| a=rtcp:4001 | a=rtcp:4001 IN IP4 10.0.0.8 | a=rtcp:x"),
    joined(st.just("a=crypto:"), one_of("1 | 2 | 0 | 999999999 | x | "), st.just(" "),
           one_of("AES_CM_128_HMAC_SHA1_80 | AES_CM_128_HMAC_SHA1_32 | AEAD_AES_256_GCM | AES_256_CM | "),
           one_of(" inline: | x: | ").map(" ".__add__), KEY, maybe(one_of("WSH=64 | KDR=1 | -x | UNENCRYPTED_SRTP").map(" ".__add__))),
)  # fmt: skip
SDP = st.lists(SDP_LINE, max_size=14).map(
    lambda lines: "".join(f"{line}\r\n" for line in ["v=0", "o=- 1 1 IN IP4 10.0.0.9", "s=-", *lines])
)
FRAGMENT = one_of(
    "SIP/2.0 100 Trying | SIP/2.0 200 OK | SIP/2.0 486 | SIP/2.0 999 x | SIP/1.0 200 OK | \r\n | x"
)
BODY = SDP | FRAGMENT | one_of("Signal=1\r\nDuration=100 | Signal=x | 5 | Duration=1 | --x\r\n\r\n--x--")


@st.composite
def messages(draw: st.DrawFn) -> str:
    """A message with all it needs, and then what it does not; now and then something it needs is missing."""
    if draw(st.booleans()):
        method = draw(METHOD)
        first = f"{method} {draw(URI | st.just('sip:10000@10.0.0.1'))} {draw(one_of('SIP/2.0 | SIP/2.0 | SIP/3.0'))}"
    else:
        method = draw(METHOD)
        first = f"SIP/2.0 {draw(one_of('100 | 180 | 183 | 200 | 202 | 302 | 401 | 407 | 422 | 481 | 491 | 503 | 699 | 7'))} x"
    number = draw(st.integers(1, 9))
    lines = [
        f"Via: SIP/2.0/UDP 10.0.0.9;branch={draw(st.sampled_from(['z9hG4bK' + str(number), '{branch}']))}",
        f"From: {draw(st.sampled_from(['<sip:peer@a>;tag=p1', '{from}']))}",
        f"To: <sip:10000@10.0.0.1>{draw(st.sampled_from(['', ';tag={tag}', ';tag=p9']))}",
        f"Call-ID: {draw(st.sampled_from(['c1', 'c2', '{call_id}']))}",
        f"CSeq: {number} {method}",
        "Contact: <sip:peer@10.0.0.9>",
    ]
    if draw(st.integers(0, 4)) == 0:
        lines.pop(draw(st.integers(0, len(lines) - 1)))
    lines += draw(st.lists(HEADER, max_size=6))
    body = draw(st.just("") | BODY)
    if body and draw(st.booleans()):
        lines.append(
            "Content-Type: application/sdp" if body.startswith("v=") else "Content-Type: message/sipfrag"
        )
    return "\r\n".join(
        [first, *draw(st.permutations(lines) if draw(st.booleans()) else st.just(lines)), "", body]
    )


DEEDS = one_of(
    "!answer | !ring | !reject | !offer | !accept | !refuse | !bye | !call | !refer | !tell | !lost | !wait 1 | !wait 40 "
    "| !wait 200"
)
FROM = one_of(" | < | >")
TORTURES = [
    text
    for text in vars(test_rfc4475_grammar).values()
    if isinstance(text, str) and "SIP" in text and ":" in text
]


@st.composite
def tortured(draw: st.DrawFn) -> str:
    """A torture message with pieces of others put in."""
    text = draw(st.sampled_from(TORTURES)).replace("\r\n", "\n").replace("\n", "\r\n")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(HEADER | URI | SDP_LINE | one_of("\r\n | ; | , | < | %00")) + text[at:]
    return text


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# ── sentences ──


@given(messages() | tortured())
@many
def test_any_message_can_be_read_or_refused(text: str) -> None:
    targets.message(octets(text))


@given(st.lists(joined(FROM, messages() | tortured()) | DEEDS, max_size=10))
@many
def test_any_conversation_leaves_nothing_and_the_neighbours_call_alone(steps: list[str]) -> None:
    targets.agent(BETWEEN.join(octets(step) for step in steps))


@given(SDP)
@many
def test_any_description_is_answered_or_refused(text: str) -> None:
    targets.sdp(octets(text))


@given(DIGEST)
@many
def test_any_credentials_are_judged(text: str) -> None:
    targets.digest(octets(text))


def records(packets: list[bytes]) -> bytes:
    return b"".join(bytes([len(packet[:255])]) + packet[:255] for packet in packets)


RTP = st.builds(
    lambda flags, kind, numbers, rest: bytes([flags, kind]) + numbers + rest,
    st.sampled_from([0x80, 0x90, 0xA0, 0xB3, 0x81, 0x8F, 0x00, 0xC0]),
    st.sampled_from([0, 8, 13, 101, 0x80, 0xE5, 72, 200, 255]),
    st.binary(min_size=10, max_size=10),
    st.binary(max_size=200),
)
RTCP = st.builds(
    lambda count, kind, words, rest: bytes([0x80 | count, kind]) + words.to_bytes(2, "big") + rest,
    st.integers(0, 31),
    st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207, 192, 223, 0]),
    st.integers(0, 60) | st.just(65535),
    st.binary(max_size=120),
)


@given(st.lists(RTP | st.binary(max_size=40), max_size=12))
@some
def test_any_rtp_lets_the_voice_of_the_other_party_through(packets: list[bytes]) -> None:
    targets.rtp(records(packets))


@given(st.lists(st.lists(RTCP, max_size=3).map(b"".join), max_size=8))
@some
def test_any_rtcp_lets_the_voice_of_the_other_party_through(packets: list[bytes]) -> None:
    targets.rtcp_(records(packets))


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A WebSocket frame, masked or not, whole or with a wrong length."""
    payload = draw(
        st.binary(max_size=140) | st.sampled_from([b"\r\n\r\n", b"\r\n", b"OPTIONS sip:a SIP/2.0\r\n\r\n"])
    )
    head = bytes([draw(st.sampled_from([0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A, 0x83, 0xF1]))])
    length = draw(st.sampled_from([len(payload), len(payload), 0, 126, 127, 1 << 20]))
    masked = draw(st.sampled_from([0x80, 0x80, 0x00]))
    if length < 126:
        head += bytes([masked | length])
    elif length < 65_536:
        head += bytes([masked | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([masked | 127]) + length.to_bytes(8, "big")
    return head + (b"\0\0\0\0" if masked else b"") + payload


BENCODED = st.recursive(
    st.binary(max_size=9).map(lambda text: b"%d:%b" % (len(text), text))
    | st.sampled_from(
        [b"i0e", b"i-1e", b"ie", b"i99999999999999999999999e", b"5:a", b"6:result2:ok", b"3:sdp3:v=0"]
    ),
    lambda inner: st.tuples(st.sampled_from([b"l", b"d"]), st.lists(inner, max_size=4)).map(
        lambda found: found[0] + b"".join(found[1]) + b"e"
    ),
    max_leaves=12,
)


@given(st.sampled_from([b"", b"7 "]), BENCODED, st.sampled_from([b"", b"e", b"x"]))
@many
def test_any_answer_of_rtpengine_is_read_or_dropped(cookie: bytes, value: bytes, rest: bytes) -> None:
    targets.rtpengine(cookie + value + rest)


@given(st.integers(0, 255), st.booleans(), st.lists(frames() | st.binary(max_size=20), max_size=8))
@many
def test_any_frames_give_bounded_messages(first: int, shakes: bool, pieces: list[bytes]) -> None:
    targets.websocket(bytes([first & 0xFE]) + (HANDSHAKE if shakes else b"") + b"".join(pieces))


@given(
    st.integers(0, 255),
    st.lists(messages().map(octets) | st.sampled_from([b"\r\n", b"\r\n\r\n"]), max_size=4),
)
@many
def test_a_stream_is_cut_alike_however_it_comes(first: int, pieces: list[bytes]) -> None:
    targets.stream(bytes([first]) + b"".join(pieces))
