"""Frames are cut the same however the bytes arrive, and nonsense is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.codec import (
    BadFrame,
    Deframer,
    FromCentre,
    FromSwitch,
    decode_from_centre,
    decode_from_switch,
    encode,
)
from huawu.link.messages import (
    Answer,
    Configure,
    Endpoint,
    EndpointId,
    File,
    Hello,
    LegEnded,
    LegId,
    LegOffered,
    LegView,
    Music,
    NumberedCommand,
    NumberedEvent,
    Play,
    PlayId,
    Quality,
    Seen,
    Trunk,
    TrunkId,
    Welcome,
)

FROM_CENTRE: list[FromCentre] = [
    Hello(token="t", centre="c", switch="s", last_event=7),
    NumberedCommand(number=1, command=Answer(leg=LegId("a"))),
    NumberedCommand(
        number=2,
        command=Play(
            leg=LegId("a"),
            play=PlayId("p"),
            clips=(File(path="欢迎.wav"), Music(path="m.wav")),
            barge_in=True,
        ),
    ),
    NumberedCommand(
        number=3,
        command=Configure(
            realm="huawu",
            endpoints=(Endpoint(endpoint=EndpointId("e"), user="1001", ha1_sha256="00"),),
            trunks=(Trunk(trunk=TrunkId("t"), target="10.0.0.9", sources=("10.0.0.0/24",)),),
            public_numbers=("95500",),
        ),
    ),
    Seen(last_event=99),
]
FROM_SWITCH: list[FromSwitch] = [
    Welcome(
        switch="s",
        replays=False,
        last_event=3,
        legs=(
            LegView(
                leg=LegId("a"),
                incoming=True,
                state="answered",
                from_number="1",
                to_number="2",
                began_ms=5,
            ),
        ),
        sip_addresses=("udp:127.0.0.1:5060",),
    ),
    NumberedEvent(number=4, at_ms=9, event=LegOffered(leg=LegId("b"), from_number="1", to_number="2")),
    NumberedEvent(
        number=5,
        at_ms=9,
        event=LegEnded(leg=LegId("b"), by="peer", reason="normal", quality=Quality(packets=3)),
    ),
]


def test_messages_come_out_as_they_went_in() -> None:
    deframer = Deframer()
    sent = b"".join(encode(message) for message in FROM_CENTRE)
    assert [decode_from_centre(body) for body in deframer.feed(sent)] == FROM_CENTRE
    sent = b"".join(encode(message) for message in FROM_SWITCH)
    assert [decode_from_switch(body) for body in deframer.feed(sent)] == FROM_SWITCH


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 17), min_size=1))
def test_frames_are_the_same_however_the_bytes_arrive(bodies: list[bytes], steps: list[int]) -> None:
    stream = b"".join(len(body).to_bytes(4, "big") + body for body in bodies)
    deframer, got, at, turn = Deframer(), [], 0, 0
    while at < len(stream):
        step = steps[turn % len(steps)]
        got += deframer.feed(stream[at : at + step])
        at, turn = at + step, turn + 1
    assert got == bodies


def test_frame_beyond_the_limit_is_refused_before_it_arrives() -> None:
    with pytest.raises(BadFrame, match="1000 bytes; at most 999"):
        Deframer(limit=999).feed((1000).to_bytes(4, "big"))


@given(st.binary(max_size=200))
def test_nonsense_is_named_and_nothing_else_is_raised(body: bytes) -> None:
    for decode in (decode_from_centre, decode_from_switch):
        try:
            decode(body)
        except BadFrame:
            continue
