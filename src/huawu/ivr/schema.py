"""A call flow as data: named steps, each with its ways on; what the YAML file says is exactly this.

Every step is one struct, told apart by `do`. Prompts are named by id, steps by name within their flow.
Lengths are milliseconds here and may be written `5s` or `2m` in the file (`LengthMs`).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

LengthMs = Annotated[int, msgspec.Meta(ge=0, extra={"unit": "length"})]
"""A length of time in ms; in the file `20s`, `1m30s`, `500ms`."""

StepName = str
PromptIds = tuple[str, ...]
HangUpReason = Literal["normal", "busy", "declined", "unavailable", "forbidden", "congestion", "failed"]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of all parts of the file."""


class Step(Part, frozen=True, kw_only=True, tag_field="do"):
    """The base of all steps."""


class PlayStep(Step, frozen=True, kw_only=True, tag="play"):
    """Say prompts, then go on."""

    say: PromptIds
    next: StepName


class MenuStep(Step, frozen=True, kw_only=True, tag="menu"):
    """Ask for a key. `wrong` and `nothing` are said before the menu is repeated.

    After `tries` askings the caller goes `otherwise`, or to the flow's person when that is not given.
    A caller who speaks instead of pressing is asked once more and then led to the person.
    """

    say: PromptIds
    keys: dict[str, StepName]
    wrong: PromptIds = ()
    nothing: PromptIds = ()
    tries: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3
    otherwise: StepName = ""
    wait_ms: LengthMs = msgspec.field(default=5_000, name="wait")
    between_ms: LengthMs = msgspec.field(default=3_000, name="between")
    barge_in: bool = True


class CollectStep(Step, frozen=True, kw_only=True, tag="collect"):
    """Ask for digits and keep them in the variable `into`, when they are `least`–`most` and fit `pattern`."""

    say: PromptIds
    into: str
    next: StepName
    least: Annotated[int, msgspec.Meta(ge=0, le=32)] = 1
    most: Annotated[int, msgspec.Meta(ge=1, le=32)] = 20
    pattern: str = ""  # a regular expression for the whole input
    end_key: Literal["#", "*", ""] = "#"
    private: bool = True  # the digits are not written on the timeline
    wrong: PromptIds = ()
    nothing: PromptIds = ()
    tries: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3
    otherwise: StepName = ""
    wait_ms: LengthMs = msgspec.field(default=8_000, name="wait")
    between_ms: LengthMs = msgspec.field(default=4_000, name="between")
    barge_in: bool = True


class HoursStep(Step, frozen=True, kw_only=True, tag="hours"):
    """Go by a calendar's state; `holiday` goes the `closed` way when not given."""

    calendar: str
    open: StepName
    closed: StepName
    holiday: StepName = ""


class LanguageStep(Step, frozen=True, kw_only=True, tag="language"):
    """Speak this language from now on."""

    language: str
    next: StepName


class SetStep(Step, frozen=True, kw_only=True, tag="set"):
    """Set variables; `{name}` in a value stands for another variable, `{caller}` for the caller's number."""

    variables: dict[str, str]
    next: StepName


class Case(Part, frozen=True, kw_only=True):
    """One case of a condition: holds when all that it names holds."""

    next: StepName
    caller: tuple[str, ...] = ()  # the caller's number begins with one of these
    language: tuple[str, ...] = ()
    variable: str = ""  # looked at by `equals`, `starts` and `matches`
    equals: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    matches: str = ""
    days: tuple[str, ...] = ()  # mon … sun, mon-fri
    time: tuple[str, ...] = ()  # 22:00-06:00, in the company's time zone


class ConditionStep(Step, frozen=True, kw_only=True, tag="condition"):
    """Go the way of the first case that holds, else `otherwise`."""

    cases: tuple[Case, ...]
    otherwise: StepName


class QueueStep(Step, frozen=True, kw_only=True, tag="queue"):
    """Put the caller in line. The ways are for a line that gives the caller back; without one: hang up."""

    queue: str
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    skills: dict[str, Annotated[int, msgspec.Meta(ge=1, le=10)]] = {}
    say: PromptIds = ()
    line_full: StepName = ""
    wait_over: StepName = ""
    no_agent: StepName = ""
    overflow: StepName = ""  # any of the three above that is not given


class TransferStep(Step, frozen=True, kw_only=True, tag="transfer"):
    """Lead to a number of the number plan (`{variable}` allowed), or to one agent.

    `outside` allows a number made of what callers press to lead out through a trunk.
    """

    number: str = ""
    agent: str = ""
    say: PromptIds = ()
    ring_ms: LengthMs = msgspec.field(default=30_000, name="ring")
    failed: StepName = ""
    outside: bool = False


class EchoStep(Step, frozen=True, kw_only=True, tag="echo"):
    """Let callers hear themselves."""

    say: PromptIds = ()


class HangUpStep(Step, frozen=True, kw_only=True, tag="hang_up"):
    """Say prompts, then end the call."""

    say: PromptIds = ()
    reason: HangUpReason = "normal"


class LookupStep(Step, frozen=True, kw_only=True, tag="lookup"):
    """Ask a service of `lookup.services` over HTTP, and keep fields of its answer in variables.

    `send` names what it is told besides caller and number; `take` says which field of the JSON answer
    (`customer.level` for one within another) goes into which variable. `not_found` goes the `failed` way when
    not given. `say` is heard while it is asked, music after it.
    """

    service: str
    found: StepName
    failed: StepName
    not_found: StepName = ""
    send: dict[str, str] = {}
    take: dict[str, str] = {}  # variable → field
    say: PromptIds = ()


Tries = Annotated[int, msgspec.Meta(ge=1, le=9)]


class VoicemailStep(Step, frozen=True, kw_only=True, tag="voicemail"):
    """Take a message for a queue: greeting, tone, the caller alone is recorded.

    `#`, silence or the longest length end it, `*` begins anew. One in which nobody speaks, or shorter than
    `shortest`, is thrown away; after `tries` of these the caller goes on. Then `saved` is said and the caller
    goes `next`, or is hung up on when that is not given.
    """

    queue: str
    say: PromptIds = ("voicemail-greeting",)
    saved: PromptIds = ("voicemail-saved", "goodbye")
    too_short: PromptIds = ("voicemail-short",)
    longest_ms: LengthMs = msgspec.field(default=120_000, name="longest")
    shortest_ms: LengthMs = msgspec.field(default=2_000, name="shortest")
    silence_ms: LengthMs = msgspec.field(default=6_000, name="silence")
    tries: Tries = 2
    next: StepName = ""


class RateStep(Step, frozen=True, kw_only=True, tag="rate"):
    """Ask for a score by key, `lowest`–`highest`, of the conversation before.

    Who gives none goes `otherwise`, which is `next` when not given.
    """

    next: StepName
    say: PromptIds = ("survey-rate",)
    lowest: Annotated[int, msgspec.Meta(ge=0, le=9)] = 1
    highest: Annotated[int, msgspec.Meta(ge=0, le=9)] = 5
    wrong: PromptIds = ("wrong-key",)
    nothing: PromptIds = ()
    tries: Tries = 2
    otherwise: StepName = ""
    wait_ms: LengthMs = msgspec.field(default=6_000, name="wait")


class CommentStep(Step, frozen=True, kw_only=True, tag="comment"):
    """Let the caller say what the keys could not: recorded as a voicemail is, kept with the score."""

    next: StepName
    say: PromptIds = ("survey-comment",)
    longest_ms: LengthMs = msgspec.field(default=60_000, name="longest")
    shortest_ms: LengthMs = msgspec.field(default=1_500, name="shortest")
    silence_ms: LengthMs = msgspec.field(default=5_000, name="silence")


class SubFlowStep(Step, frozen=True, kw_only=True, tag="flow"):
    """Run another flow; where that one returns, go on at `next`."""

    flow: str
    next: StepName


class ReturnStep(Step, frozen=True, kw_only=True, tag="return"):
    """Go back to the flow that ran this one."""


AnyStep = (
    PlayStep
    | MenuStep
    | CollectStep
    | HoursStep
    | LanguageStep
    | SetStep
    | ConditionStep
    | QueueStep
    | TransferStep
    | EchoStep
    | HangUpStep
    | LookupStep
    | VoicemailStep
    | RateStep
    | CommentStep
    | SubFlowStep
    | ReturnStep
)


class Flow(Part, frozen=True, kw_only=True):
    """Named steps, where they start, and the step that leads to a person.

    `answer: late`: the caller's call is answered when a step needs it; `play`, `hours`, `condition`, `set`,
    `language`, `lookup` and `hang_up` do not. It counts in the flow that a number leads to.
    """

    name: str = ""
    start: StepName
    person: StepName = ""
    answer: Literal["at_once", "late"] = "at_once"
    steps: dict[StepName, AnyStep]


class Calendar(Part, frozen=True, kw_only=True):
    """Opening hours by weekday, days that are different, and a country's public holidays.

    `hours` maps `mon`, `mon-fri`, `sat,sun` or `every` to spans such as `09:00-18:00` (`22:00-06:00` ends the
    next day). `special` maps a date to spans, `closed` or `holiday`. `make_up`: the spans of a weekend
    day on which a country works to make up for a holiday; when not given, those of the first working weekday.
    """

    name: str = ""
    time_zone: str = ""  # "" = the company's
    holidays: str = ""  # a country such as CN or a part of one such as DE-BY; "" = none
    hours: dict[str, tuple[str, ...]]
    special: dict[str, tuple[str, ...]] = {}
    make_up: tuple[str, ...] = ()


class Problem(Part, frozen=True, kw_only=True):
    """Something wrong with a configuration: where (`path` into the file's values), what, and what to do."""

    path: tuple[str | int, ...]
    message: str
    severity: Literal["error", "warning"] = "error"
