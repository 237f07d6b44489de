"""What SIPp saw of each call, read from its message trace as it grows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

_HEADING = re.compile(rb"^-{10,} (\d{4}-\d\d-\d\d)\s(\d\d:\d\d:\d\d\.\d{6})", re.M)
_CALL_ID = re.compile(rb"^Call-ID:[ \t]*(\S+)", re.M | re.I)
_FROM = re.compile(rb"^From:.*?sip:([^@>]+)@", re.M | re.I)
_AUDIO = re.compile(rb"^m=audio (\d+)", re.M)
_CSEQ = re.compile(rb"^CSeq:[ \t]*\d+ (\w+)", re.M | re.I)


@dataclass(slots=True)
class Seen:
    """One call as SIPp saw it; times in seconds of the wall's clock, 0 = it did not happen."""

    call_id: str
    caller: str = ""
    port: int = 0  # where it hears
    invited_at: float = 0.0
    final: int = 0  # what the INVITE was answered with
    final_at: float = 0.0
    retry_after: str = ""
    hung_up_at: float = 0.0  # SIPp sent BYE
    told_bye_at: float = 0.0  # SIPp was sent BYE
    bye_reason: str = ""

    @property
    def answered(self) -> bool:
        return 200 <= self.final < 300

    def up_at(self, moment: float) -> bool:
        """Whether it stood then, as far as this side knows."""
        over = min((at for at in (self.hung_up_at, self.told_bye_at) if at), default=float("inf"))
        return self.answered and self.final_at < moment < over


class Trace:
    """`read` takes up what came since the last time."""

    def __init__(self, path: Path, *, calls: bool) -> None:
        self._path = path
        self._calls = calls  # it makes calls; else it takes them
        self._read = 0
        self._rest = b""
        self.seen: dict[str, Seen] = {}

    def read(self) -> dict[str, Seen]:
        """All calls so far."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            self._read += len(new)
            text = self._rest + new
            headings = list(_HEADING.finditer(text))
            for heading, following in pairwise(headings):
                self._take(heading, text[heading.end() : following.start()])
            self._rest = text[headings[-1].start() :] if headings else text
        return self.seen

    def _take(self, heading: re.Match[bytes], piece: bytes) -> None:
        told, _, message = piece.lstrip(b"\n").partition(b"\n")
        message = message.lstrip(b"\r\n")
        call_id = _CALL_ID.search(message)
        if call_id is None:
            return
        seen = self.seen.setdefault(call_id[1].decode(), Seen(call_id[1].decode()))
        written = f"{heading[1].decode()}T{heading[2].decode()}"
        at = datetime.fromisoformat(written).astimezone().timestamp()
        sent = b" sent " in told
        if message.startswith(b"INVITE ") and sent is self._calls and not seen.invited_at:
            seen.invited_at = at
            caller, audio = _FROM.search(message), _AUDIO.search(message)
            seen.caller = caller[1].decode() if caller else ""
            seen.port = int(audio[1]) if audio and self._calls else 0
        elif message.startswith(b"SIP/2.0 "):
            self._answer(seen, message, at, sent)
        elif message.startswith(b"BYE "):
            if sent:
                seen.hung_up_at = seen.hung_up_at or at
            elif not seen.told_bye_at:
                seen.told_bye_at = at
                reason = re.search(rb"^Reason:[ \t]*(.*?)\r?$", message, re.M | re.I)
                seen.bye_reason = reason[1].decode() if reason else ""

    def _answer(self, seen: Seen, message: bytes, at: float, sent: bool) -> None:
        method = _CSEQ.search(message)
        code = int(message[8:11])
        if sent is self._calls or method is None or method[1] != b"INVITE" or code < 200 or seen.final:
            return
        seen.final, seen.final_at = code, at
        after = re.search(rb"^Retry-After:[ \t]*(\d+)", message, re.M | re.I)
        seen.retry_after = after[1].decode() if after else ""
        if sent and (audio := _AUDIO.search(message)):
            seen.port = int(audio[1])
