"""A plugin for pytest that keeps what tests feed to our readers, as seeds for the fuzzer.

`python -m pytest -p tools.fuzz.harvest tests/switch/sip/torture …` writes .fuzz/seeds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tools.fuzz.targets import BETWEEN

from huawu.switch.media.engine import MediaEngine
from huawu.switch.sip.agent import UserAgent
from huawu.switch.sip.framing import Framer
from huawu.switch.sip.websocket import WebSocketFraming

SEEDS: Final = Path(__file__).resolve().parents[2] / ".fuzz" / "seeds"
MOST: Final = 500  # of each target


def keep(target: str, data: bytes) -> None:
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    if len(data) <= 4096 and sum(1 for _ in folder.iterdir()) < MOST:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def watch(owner: type, name: str, note: Callable[..., None]) -> None:
    """Note each call of a method before it is done."""
    done = getattr(owner, name)

    def noted(*given: Any, **named: Any) -> Any:
        note(*given)
        return done(*given, **named)

    setattr(owner, name, noted)


def packet(agent: UserAgent, data: bytes, *_: object) -> None:
    keep("message", data)
    keep("agent", data)
    keep("agent", BETWEEN.join([data, b"!answer", b"!offer", data, b"!bye"]))
    body = data.partition(b"\r\n\r\n")[2]
    if body.startswith(b"v="):
        keep("sdp", body)


def recorded(target: str) -> Callable[..., None]:
    def note(engine: MediaEngine, leg: object, data: bytes, *_: object) -> None:
        if len(data) < 256:
            keep(target, bytes([len(data)]) + data)

    return note


watch(UserAgent, "receive", packet)
watch(Framer, "feed", lambda framer, data: keep("stream", b"\x10" + bytes(data)))
watch(WebSocketFraming, "feed", lambda framing, data: keep("websocket", b"\xff" + bytes(data)))
watch(MediaEngine, "receive_rtp", recorded("rtp"))
watch(MediaEngine, "receive_rtcp", recorded("rtcp"))
