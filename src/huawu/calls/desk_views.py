"""What an agent's own desk shows, as values, and what can change of it."""

from __future__ import annotations

from typing import Any

import msgspec

from huawu.calls.assist.views import Hint
from huawu.calls.callbacks import Callback
from huawu.calls.views import PartyView, View


class Named(View, frozen=True, kw_only=True):
    id: str
    name: str


class Place(View, frozen=True, kw_only=True):
    """Where a number is from, by its numbering plan; "" = it does not say."""

    zh: str = ""
    en: str = ""


class NextState(View, frozen=True, kw_only=True):
    """What was asked for during a call and happens after it."""

    state: str
    reason: str = ""


class DeskAgent(View, frozen=True, kw_only=True):
    """The agent's own state. `by`: who set it, if somebody else did."""

    id: str
    name: str
    extension: str = ""
    state: str = "signed_out"
    since_ms: int = 0
    reason: str = ""
    by: str = ""
    next: NextState | None = None
    queue: str | None = None
    queues: tuple[Named, ...] = ()
    reachable: bool = False
    task: str = ""
    """The voicemail that is the agent's work now."""
    task_until_ms: int | None = None


class DeskFigures(View, frozen=True, kw_only=True):
    """The agent's day up to `counted_ms`, the present state's time included."""

    counted_ms: int = 0
    day_began_ms: int = 0
    calls: int = 0
    outgoing: int = 0
    missed: int = 0
    talk_ms: int = 0
    wrap_up_ms: int = 0
    ready_ms: int = 0
    break_ms: int = 0
    longest_break_ms: int = 0
    breaks: int = 0
    signed_in_ms: int | None = None
    """Since when at work; None = signed out."""


class DeskPhone(View, frozen=True, kw_only=True):
    """The page that has the agent's phone; `loan` "" = none. Of two loans the later `lent_ms` counts."""

    loan: str = ""
    lent_ms: int = 0
    since_ms: int = 0
    address: str = ""
    browser: str = ""


class Consulted(View, frozen=True, kw_only=True):
    """Whom the agent asks aside: an agent, a number, or a queue that is looking for somebody."""

    agent: str = ""
    number: str = ""
    queue: str = ""
    state: str = "looking"  # looking | ringing | talking


class Earlier(View, frozen=True, kw_only=True):
    """An earlier call of the same number."""

    call: str
    at_ms: int
    agent: str = ""
    agent_name: str = ""
    queue: str = ""
    outcome: str = ""
    disposition: str = ""
    summary: str = ""
    talk_ms: int | None = None


class DeskCall(View, frozen=True, kw_only=True):
    """One call in which the agent has a part. `state`: ringing | talking | wrap_up."""

    id: str
    direction: str
    purpose: str
    state: str
    caller: str
    caller_name: str = ""
    number: str = ""
    number_name: str = ""
    queue: str = ""
    queue_name: str = ""
    language: str = ""
    began_ms: int = 0
    queued_ms: int | None = None
    offered_ms: int | None = None
    waited_ms: int | None = None
    """From the queue to the offer."""
    ring_until_ms: int | None = None
    answered_ms: int | None = None
    ended_ms: int | None = None
    at: str = "away"
    caller_at: str = "away"
    slot: str = ""
    consult: Consulted | None = None
    parties: tuple[PartyView, ...] = ()
    held_by: tuple[str, ...] = ()
    recording: str = "none"  # none | running | paused | broken (cannot be written; is tried again)
    urgent: str = ""
    leads: bool = False
    mode: str = ""
    muted: bool = False
    """As the agent's page last told."""


class About(View, frozen=True, kw_only=True):
    """What comes to a call piece by piece: its newest facts in order, earlier calls, and its place."""

    facts: tuple[dict[str, Any], ...] = ()
    earlier: tuple[Earlier, ...] = ()
    place: Place | None = None


class WrapUpDue(View, frozen=True, kw_only=True):
    """Wrap-up that runs. `required`: the agent is not ready before the form is filed."""

    call: str
    queue: str = ""
    began_ms: int = 0
    due_ms: int | None = None
    required: bool = False
    overdue: bool = False
    filed: bool = False


class CallbackTask(View, frozen=True, kw_only=True):
    """A callback or redial that is owed."""

    id: str
    kind: str
    state: str
    queue: str
    number: str
    agent: str = ""
    created_ms: int = 0
    queued_ms: int = 0
    expires_ms: int = 0
    due_ms: int | None = None
    attempts: int = 0
    broken: int = 0
    """Attempts in a row that the line did not carry, each with a longer pause behind it."""
    reason: str = ""
    origin: str = ""


def callback_task(callback: Callback) -> CallbackTask:
    """As pages show it."""
    return CallbackTask(
        id=callback.id,
        kind=callback.kind,
        state=callback.state.value,
        queue=callback.queue,
        number=callback.number,
        agent=callback.agent,
        created_ms=callback.created_ms,
        queued_ms=callback.queued_ms,
        expires_ms=callback.expires_ms,
        due_ms=callback.due_ms or None,
        attempts=callback.attempts,
        broken=callback.broken,
        reason=callback.reason,
        origin=callback.origin,
    )


class VoicemailTask(View, frozen=True, kw_only=True):
    """A message that nobody has done yet."""

    id: str
    call: str
    queue: str
    state: str
    created_ms: int
    caller: str
    caller_name: str = ""
    length_ms: int = 0
    taken_by: str = ""


class Tasks(View, frozen=True, kw_only=True):
    """What waits for the agent beside calls."""

    callbacks: tuple[CallbackTask, ...] = ()
    redials: tuple[CallbackTask, ...] = ()
    voicemails: tuple[VoicemailTask, ...] = ()


class HelpRequest(View, frozen=True, kw_only=True):
    """An agent asks the shift leader. `state`: open | taken | closed | withdrawn."""

    id: str
    agent: str
    agent_name: str = ""
    call: str = ""
    text: str = ""
    at_ms: int = 0
    state: str = "open"
    taken_by: str = ""
    taken_by_name: str = ""
    taken_ms: int | None = None
    closed_ms: int | None = None
    answer: str = ""


class News(View, frozen=True, kw_only=True):
    """Something the agent is to know; the words are the page's."""

    id: str
    at_ms: int
    kind: str
    state: str = ""
    by: str = ""
    by_name: str = ""
    reason: str = ""
    queues: tuple[str, ...] = ()
    """Which the agent serves from now on, when that is the news."""
    call: str = ""
    """The call that it is about, if any."""
    number: str = ""
    """Who was called back and not reached."""
    due_ms: int | None = None
    """When they are called next; None: no more."""


class Desk(View, frozen=True, kw_only=True):
    """An agent's whole desk at one instant."""

    at_ms: int
    agent: DeskAgent
    figures: DeskFigures = DeskFigures()
    phone: DeskPhone = DeskPhone()
    calls: tuple[DeskCall, ...] = ()
    about: dict[str, About] = msgspec.field(default_factory=dict)
    wrap_up: WrapUpDue | None = None
    tasks: Tasks = Tasks()
    help: tuple[HelpRequest, ...] = ()
    news: tuple[News, ...] = ()
    hints: tuple[Hint, ...] = ()
    """Of each call one at most."""


class FactOf(View, frozen=True, kw_only=True):
    """One more line of a call's timeline; it may be an older one that was read later."""

    call: str
    fact: dict[str, Any]


class FactsOf(View, frozen=True, kw_only=True):
    """A call's timeline anew: its numbers have changed."""

    call: str
    facts: tuple[dict[str, Any], ...]


class EarlierOf(View, frozen=True, kw_only=True):
    call: str
    earlier: tuple[Earlier, ...]


class PlaceOf(View, frozen=True, kw_only=True):
    call: str
    zh: str
    en: str


class DeskChange(View, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is different now; exactly one field is set.

    `fact`, `facts`, `earlier` and `place` may come before their call does: of waiting changes of one thing
    only the newest is sent, and stands where the newest came.
    """

    agent: DeskAgent | None = None
    figures: DeskFigures | None = None
    phone: DeskPhone | None = None
    call: DeskCall | None = None
    call_removed: str | None = None
    fact: FactOf | None = None
    facts: FactsOf | None = None
    earlier: EarlierOf | None = None
    place: PlaceOf | None = None
    wrap_up: WrapUpDue | None = None
    wrap_up_over: str | None = None
    tasks: Tasks | None = None
    help: HelpRequest | None = None
    news: News | None = None
    hint: Hint | None = None
    hint_over: str | None = None
