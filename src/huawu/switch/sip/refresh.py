"""Session timers (RFC 4028): a call whose peer died without a word ends all the same, and says why."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Final, Literal, Protocol
from zlib import crc32

from huawu.link.messages import Trunk
from huawu.switch.sip.core import Core
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.headers import parameter
from huawu.switch.sip.message import Message, Request, Response
from huawu.switch.sip.printing import ALLOW
from huawu.switch.sip.transaction import ClientTransaction, Failure

SESSION_S: Final = 1_800
"""How long a call lives without a refresh, when the peer does not ask for less (RFC 4028 §4)."""
MIN_SE_S: Final = 90
"""The shortest interval we agree to; less is refused with 422 (RFC 4028 §5)."""
LONGEST_S: Final = 86_400
"""The longest interval a peer may force on us by 422."""
AGAIN_S: Final = 10.0
"""A refresh that could not be made now is tried again after this time."""
WISH: Final = f"Session-Expires: {SESSION_S};refresher=uac\r\n"
"""What our INVITEs ask for: we refresh, so that no call hangs on a phone's diligence."""

State = Literal["off", "ours", "asking", "theirs"]
Happening = Literal["ours", "theirs", "refresh", "lapse", "later", "stop"]
TABLE: Final[dict[tuple[State, Happening], tuple[State, tuple[str, ...]]]] = {
    ("off", "ours"): ("ours", ("+refresh",)),
    ("off", "theirs"): ("theirs", ("+lapse",)),
    ("ours", "ours"): ("ours", ("+refresh",)),
    ("ours", "theirs"): ("theirs", ("-refresh", "+lapse")),
    ("ours", "refresh"): ("asking", ("+lapse", "ask")),
    ("ours", "stop"): ("off", ("-refresh",)),
    ("asking", "ours"): ("ours", ("-lapse", "+refresh")),
    ("asking", "theirs"): ("theirs", ("-refresh", "+lapse")),
    ("asking", "refresh"): ("asking", ("ask",)),
    ("asking", "later"): ("asking", ("+again",)),
    ("asking", "lapse"): ("off", ("-refresh", "end")),
    ("asking", "stop"): ("off", ("-refresh", "-lapse")),
    ("theirs", "ours"): ("ours", ("-lapse", "+refresh")),
    ("theirs", "theirs"): ("theirs", ("+lapse",)),
    ("theirs", "lapse"): ("off", ("end",)),
    ("theirs", "stop"): ("off", ("-lapse",)),
}
"""(state, happening) → (next state, deeds): who refreshes, and whether our refresh is under way."""


class Refreshed(Protocol):
    """The call that is kept alive."""

    @property
    def busy(self) -> bool:
        """Whether an offer is under way, so that a re-INVITE has to wait."""

    def refresh_by_invite(self, at: float) -> None:
        """Send a re-INVITE that changes nothing."""

    def lapsed(self, detail: str, at: float) -> None:
        """The peer is gone: end the call."""


class Refresher:
    """Agrees on who refreshes and how often, and does our part: by UPDATE when the peer allows it.

    `call` may be a weak reference, so that no garbage is left to collect: nothing is told after `stop`.
    Each 2xx to an INVITE or UPDATE, either way, agrees anew. Its timers are "refresh" and "lapse" of
    `number`.
    """

    __slots__ = (
        "_allow", "_call", "_core", "_dialog", "_interval", "_least", "_number", "_since", "_state", "_tried",
        "_trunk", "_update_refused",
    )  # fmt: skip

    def __init__(self, core: Core, number: int, dialog: Dialog, trunk: Trunk | None, call: Refreshed) -> None:
        self._core = core
        self._number = number
        self._dialog = dialog
        self._trunk = trunk
        self._call = call
        self._state: State = "off"
        self._interval = SESSION_S
        self._least = 0  # the peer's Min-SE, told by its 422
        self._since = 0.0
        self._allow: list[str] | None = None
        self._update_refused = False
        self._tried = False  # credentials were sent

    # ── what the call tells ──

    def accept(self, request: Request, at: float) -> str:
        """Agree to a request that we answer with 2xx; returns the lines for that answer (RFC 4028 §9)."""
        headers = request.headers
        self._allow = headers.get("allow", self._allow)
        interval, theirs = SESSION_S, False
        if "session-expires" in headers or "min-se" in headers:
            interval, theirs = _granted_by_us(request)
        self._agree(interval, at, theirs=theirs)
        if theirs:
            return f"Require: timer\r\nSession-Expires: {interval};refresher=uac\r\n"
        return f"Session-Expires: {interval};refresher=uas\r\n"

    def granted(self, response: Response, at: float) -> None:
        """Agree to what a 2xx to a request of ours says; without a word we refresh alone (RFC 4028 §7.2)."""
        self._allow = response.headers.get("allow", self._allow)
        self._tried = False
        interval, theirs = max(SESSION_S, self._least), False
        if "session-expires" in response.headers:
            try:
                told = interval_of(response)
            except ValueError:
                told = None
            if told is not None:
                interval, theirs = min(max(told[0], MIN_SE_S), LONGEST_S), told[1] == "uas"
        self._agree(interval, at, theirs=theirs)

    def too_brief(self, response: Response) -> bool:
        """Take in a 422; True when the request may be sent again with our new `lines`."""
        least = least_interval(response, self._interval)
        if least is None:
            return False
        self._interval = self._least = least
        return True

    def lines(self) -> str:
        """What our next INVITE or UPDATE of this call asks for; the roles stay as they are."""
        role = "uas" if self._state == "theirs" else "uac"
        least = f"Min-SE: {self._least}\r\n" if self._least else ""
        return f"Session-Expires: {self._interval};refresher={role}\r\n{least}"

    def refused(self, at: float) -> None:
        """Our refresh did not go through this time."""
        self._step("later", at)

    def fire(self, name: str, at: float) -> None:
        """The timer "refresh" or "lapse" came due."""
        self._step("refresh" if name == "refresh" else "lapse", at)

    def stop(self, at: float) -> None:
        self._step("stop", at)

    # ── our UPDATE ──

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        code = response.code
        if code < 200 or self._state != "asking":
            return
        if code < 300:
            self._dialog.refresh(response)
            self.granted(response, at)
        elif code in (408, 481):
            self._call.lapsed(f"the peer no longer knows the call ({code})", at)
        elif code in (405, 420, 501):
            self._update_refused = True
            self._ask(at)
        elif code == 422 and self.too_brief(response):
            self._update(at)
        elif not self._answer_challenge(transaction, response, at):
            self.refused(at)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        if self._state == "asking":
            self._call.lapsed(f"the peer is gone: no answer to our refresh by UPDATE ({failure})", at)

    # ── inside ──

    def _agree(self, interval: int, at: float, *, theirs: bool) -> None:
        self._interval, self._since = interval, at
        self._step("theirs" if theirs else "ours", at)

    def _step(self, happening: Happening, at: float) -> None:
        core, before = self._core, self._state
        found = TABLE.get((before, happening))
        if found is None:
            return
        self._state, deeds = found
        for deed in deeds:
            if deed == "+refresh":
                core.start("refresh", self._number, at + self._interval / 2)
            elif deed == "+again":
                core.start("refresh", self._number, at + AGAIN_S + crc32(core.token().encode()) % 300 / 100)
            elif deed == "+lapse":
                grace = min(32.0, self._interval / 3)  # RFC 4028 §10
                core.start("lapse", self._number, self._since + self._interval - grace)
            elif deed == "ask":
                self._ask(at)
            elif deed == "end":
                whose = "our refreshes were refused" if before == "asking" else "the peer did not refresh it"
                self._call.lapsed(f"the session lapsed: {whose} within {self._interval} s", at)
            else:
                core.stop(deed[1:], self._number)

    def _ask(self, at: float) -> None:
        if not self._update_refused and _allows_update(self._allow):
            self._update(at)
        elif self._call.busy:
            self._step("later", at)
        else:
            self._call.refresh_by_invite(at)

    def _update(self, at: float, lines: str = "") -> None:
        request = self._dialog.request(self._core, "UPDATE")
        contact = self._core.contact(request.flow, sips=self._dialog.sips)
        self._core.send(request, self, at, contact + ALLOW + self.lines() + lines)

    def _answer_challenge(self, transaction: ClientTransaction, response: Response, at: float) -> bool:
        if self._tried:
            return False
        line = authorisation(self._core, self._trunk, transaction.request, response)
        if line is None:
            return False
        self._tried = True
        self._update(at, line)
        return True


def interval_of(message: Message) -> tuple[int, str] | None:
    """Session-Expires as (seconds, refresher or ""); None when it is missing. Raises ValueError."""
    values = message.headers.get("session-expires")
    return _interval(values[0]) if values and values[0] else None


@lru_cache(maxsize=256)
def _interval(text: str) -> tuple[int, str]:
    seconds = text.partition(";")[0].strip()
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 10:
        raise ValueError("Malformed Session-Expires")
    return int(seconds), (parameter(text, "refresher") or "").lower()


def least_interval(response: Response, asked: int) -> int | None:
    """The Min-SE of a 422, when it is more than we `asked` and not beyond all measure."""
    try:
        least = response.number("min-se")
    except ValueError:
        return None
    return least if least is not None and asked < least <= LONGEST_S else None


def _granted_by_us(request: Request) -> tuple[int, bool]:
    """The interval for our 2xx, and whether the peer refreshes: only when it says it will.

    A proxy may ask for a session timer in a caller's name, but never says that the caller refreshes.
    """
    least = MIN_SE_S
    if "min-se" in request.headers:
        with suppress(ValueError):  # malformed counts as missing
            least = max(request.number("min-se") or 0, MIN_SE_S)
    asked = interval_of(request)
    if asked is None:
        return min(max(SESSION_S, least), LONGEST_S), False
    return min(max(min(asked[0], SESSION_S), least), LONGEST_S), asked[1] == "uac"


def _allows_update(allow: list[str] | None) -> bool:
    return allow is not None and any(
        one.strip().upper() == "UPDATE" for value in allow for one in value.split(",")
    )
