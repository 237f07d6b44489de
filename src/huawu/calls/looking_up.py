"""A flow asks a service: the question goes out as an effect, the answer or the lack of it comes back once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from huawu.acd.events import CallId
from huawu.calls.conversation import Conversation
from huawu.calls.effects import CancelTimer, LookUpWanted, SetTimer
from huawu.calls.floor import Floor
from huawu.ivr import events as flow

LOOKUP_TIMER = "lookup:"
GRACE_MS = 500
"""The edge keeps the time-out; this much later the engine does without an answer."""

How = Literal["found", "not_found", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswer:
    """What a service said: variables and their values; `why` a failure is one."""

    how: How
    fields: Mapping[str, str]
    why: str = ""


class LookingUp:
    """Keeps which question each call waits for; an answer to another one changes nothing."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.wait_to: Callable[[Conversation, Sequence[str]], None] = lambda call, prompts: None
        self.go_on: Callable[[Conversation, flow.LookedUp], None] = lambda call, event: None

    def ask(self, call: Conversation, wish: flow.LookUp) -> None:
        """Ask, while the caller hears prompts and music."""
        floor = self._floor
        call.lookup = floor.name(call, "l")
        call.lookup_began_ms = floor.now_ms
        call.lookup_service = wish.service
        self.wait_to(call, wish.prompts)
        service = floor.centre.configuration.lookup.services.get(wish.service)
        timeout_ms = service.timeout_ms if service is not None else 0
        floor.effects.timers.append(
            SetTimer(LOOKUP_TIMER + call.lookup, floor.now_ms + timeout_ms + GRACE_MS)
        )
        floor.effects.lookups.append(
            LookUpWanted(id=call.lookup, service=wish.service, send=dict(wish.send), take=dict(wish.take))
        )

    def answered(self, lookup: str, answer: LookupAnswer) -> None:
        """The answer came; one that nobody waits for (any more) is dropped."""
        call = self._floor.calls.get(CallId(lookup.rpartition(".")[0]))
        if call is None or call.lookup != lookup:
            return
        self._floor.effects.timers.append(CancelTimer(LOOKUP_TIMER + lookup))
        self._conclude(call, answer)

    def due(self, lookup: str) -> None:
        """No answer in time."""
        call = self._floor.calls.get(CallId(lookup.rpartition(".")[0]))
        if call is not None and call.lookup == lookup:
            self._conclude(call, LookupAnswer(how="failed", fields={}, why="timeout"))

    def caller_gone(self, call: Conversation) -> None:
        """Nobody waits for the answer."""
        if call.lookup:
            self._floor.effects.timers.append(CancelTimer(LOOKUP_TIMER + call.lookup))
            call.lookup = ""

    def _conclude(self, call: Conversation, answer: LookupAnswer) -> None:
        floor = self._floor
        call.lookup = ""
        why: dict[str, Any] = {"why": answer.why} if answer.why else {}
        floor.fact(
            call,
            "looked_up",
            service=call.lookup_service,
            how=answer.how,
            took_ms=floor.now_ms - call.lookup_began_ms,
            **why,
        )  # not the answer: it is about the caller
        told = flow.LookedUp(at_ms=floor.now_ms, how=answer.how, fields=dict(answer.fields), why=answer.why)
        self.go_on(call, told)
