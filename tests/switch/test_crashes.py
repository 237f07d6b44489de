"""Every input that ever broke a promise, found by the fuzzer (`make fuzz`), once more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.fuzz.targets import BETWEEN, HANDSHAKE, TARGETS

CRASHES = Path(__file__).parent / "crashes"
FOUND = sorted(CRASHES.glob("*/*"))
PLAIN = {
    "message": b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
    "agent": BETWEEN.join([b"!call", b"<SIP/2.0 180 x\r\n\r\n", b"!wait 40", b"!bye"]),
    "sdp": b"v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 1.1.1.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
    "crypto": b"1 AES_CM_128_HMAC_SHA1_80 inline:" + b"A" * 40,
    "digest": b'Digest realm="huawu.test", username="bob", nonce="1"',
    "stream": b"\x01OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nab\r\n\r\n",
    "websocket": b"\x00" + HANDSHAKE,
    "rtp": b"\x0e\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01ab",
    "rtpengine": b"1 d6:result2:ok3:sdp3:v=0e",
    "web": b"\x10\x01\x16\xfe\xfd" + bytes(8) + b"\0\3abc" + b"\x14\x02\0\1\0\0\x21\x12\xa4\x42" + bytes(12),
    "rtcp": b"\x08\x80\xc9\x00\x01\x00\x00\x00\x01",
}


@pytest.mark.parametrize("file", FOUND, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_once_broke_something_no_longer_does(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_takes_what_is_plain_and_what_is_nothing(target: str) -> None:
    for data in (PLAIN[target], b"", b"\0", bytes(range(256))):
        TARGETS[target](data)
