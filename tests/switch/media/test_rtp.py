from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.media.rtcp import (
    Goodbye,
    Names,
    Report,
    ReportBlock,
    SenderFacts,
    middle,
    ntp_time,
    parse_compound,
    round_trip_ms,
)
from huawu.switch.media.rtp import Malformed, RtpPacket, steps16, steps32

U8, U16, U32, U64 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64))

packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=U16,
    timestamp=U32,
    ssrc=U32,
    payload=st.binary(max_size=400),
    marker=st.booleans(),
    sources=st.lists(U32, max_size=15).map(tuple),
    extension=st.none()
    | st.tuples(U16, st.binary(max_size=60).map(lambda words: words[: len(words) // 4 * 4])),
    padding=st.integers(0, 255),
)
blocks = st.builds(
    ReportBlock,
    ssrc=U32,
    fraction_lost=U8,
    lost=st.integers(-(2**23), 2**23 - 1),
    highest=U32,
    jitter=U32,
    last_sr=U32,
    delay=U32,
)
reports = st.builds(
    Report,
    ssrc=U32,
    sender=st.none() | st.builds(SenderFacts, ntp=U64, timestamp=U32, packets=U32, octets=U32),
    blocks=st.lists(blocks, max_size=31).map(tuple),
)
names = st.builds(Names, ssrc=U32, cname=st.text(max_size=60).filter(lambda text: "\0" not in text))
goodbyes = st.builds(Goodbye, ssrc=U32)


@given(packets)
def test_rtp_prints_back_what_it_was_parsed_from(packet: RtpPacket) -> None:
    assert RtpPacket.parse(bytes(packet)) == packet


@given(
    st.binary(max_size=80)
    | packets.map(bytes).flatmap(lambda data: st.integers(0, 80).map(lambda n: data[:n]))
)
def test_garbage_is_malformed_or_a_packet_never_a_traceback(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        RtpPacket.parse(data)
    with contextlib.suppress(Malformed):
        parse_compound(data)


@given(st.lists(reports | names | goodbyes, min_size=1, max_size=6))
def test_rtcp_compound_prints_back(compound: list[Report | Names | Goodbye]) -> None:
    assert parse_compound(b"".join(bytes(packet) for packet in compound)) == compound


@given(st.binary(max_size=60), st.sampled_from([200, 201, 202, 203, 204]), st.integers(0, 31))
def test_rtcp_shaped_garbage_is_malformed_at_worst(body: bytes, kind: int, count: int) -> None:
    body += bytes(-len(body) % 4)
    data = bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body
    with contextlib.suppress(Malformed):
        parse_compound(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x40" + bytes(11),
        b"\x81" + bytes(11),
        b"\x90" + bytes(14),
        b"\xa0" + bytes(11),
        b"\xa0" + bytes(10) + b"\xff",
    ],
)
def test_malformed_rtp_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        RtpPacket.parse(data)


@given(U32, st.integers(-(2**15), 2**15 - 1))
def test_steps_count_over_the_wrap(start: int, steps: int) -> None:
    assert steps16(start + steps & 0xFFFF, start & 0xFFFF) == steps
    assert steps32(start + steps & 0xFFFFFFFF, start) == steps


@given(st.integers(1_600_000_000_000, 2_000_000_000_000), st.integers(0, 5_000), st.integers(0, 3_000))
def test_round_trip_is_arrival_less_report_less_delay(sent_ms: int, kept_ms: int, trip_ms: int) -> None:
    block = ReportBlock(
        ssrc=1,
        fraction_lost=0,
        lost=0,
        highest=0,
        jitter=0,
        last_sr=middle(ntp_time(sent_ms)) or 1,
        delay=kept_ms * 65536 // 1000,
    )
    trip = round_trip_ms(block, sent_ms + kept_ms + trip_ms)
    assert trip is not None
    assert abs(trip - trip_ms) < 0.1


def test_ntp_time_counts_from_1900() -> None:
    assert ntp_time(0) >> 32 == 2_208_988_800
    assert ntp_time(500) & 0xFFFFFFFF == 1 << 31
