"""How pretended callers and agents' phones behave, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field

from huawu.link import messages as link


@dataclass(slots=True)
class Caller:
    """What one caller will do."""

    number: str  # dialled
    caller: str = "13800005678"
    endpoint: str = ""  # set: the call comes from this phone
    keys: list[str] = field(default_factory=list)  # one entry a question; "" = says and presses nothing
    speaks: bool = False  # instead of pressing
    patience_ms: int = 10**9  # hangs up when not talking by then
    speech_ms: int = 5_000  # what is said to a tape; 0 = nothing
    talk_ms: int = 60_000  # then hangs up; 0 = waits for the agent to hang up
    hears_early: bool = True  # can hear us before it is answered
    page: str = ""  # set: a visitor of this web page, let in by the pass `guest`
    guest: str = ""


@dataclass(slots=True)
class Phone:
    """How an agent's phone behaves."""

    rings_after_ms: int = 50
    answers_after_ms: int | None = 2_000  # None: rings on and on
    refuses: link.Reason | None = None  # instead of ringing
    hangs_up_after_ms: int | None = None  # of talking
    early_media: bool = False  # its network speaks before it answers
