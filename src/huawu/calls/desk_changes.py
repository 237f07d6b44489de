"""How a change turns one desk into the next. Pure."""

from __future__ import annotations

from typing import Any, Final, assert_never

import msgspec

from huawu.calls.assist.views import Hint
from huawu.calls.desk_views import (
    About,
    Desk,
    DeskCall,
    DeskChange,
    EarlierOf,
    FactOf,
    FactsOf,
    HelpRequest,
    Place,
    PlaceOf,
)

NEWEST_FACTS: Final = 200
NEWEST_NEWS: Final = 20


def apply(desk: Desk, change: DeskChange) -> Desk:
    """The desk after `change`."""
    replace = msgspec.structs.replace
    if change.agent is not None:
        return replace(desk, agent=change.agent)
    if change.figures is not None:
        return replace(desk, figures=change.figures)
    if change.phone is not None:
        return replace(desk, phone=change.phone)
    if change.call is not None:
        return replace(desk, calls=_put(desk.calls, change.call))
    if change.call_removed is not None:
        gone = change.call_removed
        return replace(
            desk,
            calls=tuple(call for call in desk.calls if call.id != gone),
            about={call: about for call, about in desk.about.items() if call != gone},
        )
    if (told := change.fact or change.facts or change.earlier or change.place) is not None:
        about = _learned(desk.about.get(told.call, About()), told)
        return replace(desk, about={**desk.about, told.call: about})
    if change.wrap_up is not None:
        return replace(desk, wrap_up=change.wrap_up)
    if change.wrap_up_over is not None:
        over = desk.wrap_up is not None and desk.wrap_up.call == change.wrap_up_over
        return replace(desk, wrap_up=None) if over else desk
    if change.tasks is not None:
        return replace(desk, tasks=change.tasks)
    if change.help is not None:
        return replace(desk, help=_put_help(desk.help, change.help))
    if change.news is not None:
        return replace(desk, news=(*desk.news, change.news)[-NEWEST_NEWS:])
    if change.hint is not None:
        hints = (*_hints_without(desk, change.hint.call), change.hint)
        return replace(desk, hints=tuple(sorted(hints, key=lambda hint: hint.call)))
    if change.hint_over is not None:
        return replace(desk, hints=_hints_without(desk, change.hint_over))
    return desk


def key(change: DeskChange) -> str:
    """What the change is about: of two with the same key only the later one matters."""
    if change.call is not None:
        return f"call:{change.call.id}"
    if change.call_removed is not None:
        return f"call:{change.call_removed}"
    if change.fact is not None:
        return f"fact:{change.fact.call}:{change.fact.fact['seq']}"
    for name in ("facts", "earlier", "place", "hint"):
        if (told := getattr(change, name)) is not None:
            return f"{name}:{told.call}"
    if change.help is not None:
        return f"help:{change.help.id}"
    if change.news is not None:
        return f"news:{change.news.id}"
    if change.hint_over is not None:
        return f"hint:{change.hint_over}"
    if change.wrap_up is not None or change.wrap_up_over is not None:
        return "wrap_up"
    simple = ("agent", "figures", "phone", "tasks")
    return next(name for name in simple if getattr(change, name) is not None)


def _put(calls: tuple[DeskCall, ...], new: DeskCall) -> tuple[DeskCall, ...]:
    if any(call.id == new.id for call in calls):
        return tuple(new if call.id == new.id else call for call in calls)
    return tuple(sorted((*calls, new), key=lambda call: (call.began_ms, call.id)))


def _hints_without(desk: Desk, call: str) -> tuple[Hint, ...]:
    return tuple(hint for hint in desk.hints if hint.call != call)


def _learned(about: About, told: FactOf | FactsOf | EarlierOf | PlaceOf) -> About:
    replace = msgspec.structs.replace
    match told:
        case FactOf():
            return replace(about, facts=_added(about.facts, told.fact))
        case FactsOf():
            return replace(about, facts=told.facts)
        case EarlierOf():
            return replace(about, earlier=told.earlier)
        case PlaceOf():
            return replace(about, place=Place(zh=told.zh, en=told.en))
        case _:
            assert_never(told)


def _added(facts: tuple[dict[str, Any], ...], new: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """In the order of `seq`, each once, the newest of them."""
    if not facts or facts[-1]["seq"] < new["seq"]:
        return (*facts, new)[-NEWEST_FACTS:]
    if any(fact["seq"] == new["seq"] for fact in facts):
        return facts
    return tuple(sorted((*facts, new), key=lambda fact: fact["seq"]))[-NEWEST_FACTS:]


def _put_help(requests: tuple[HelpRequest, ...], new: HelpRequest) -> tuple[HelpRequest, ...]:
    if any(one.id == new.id for one in requests):
        return tuple(new if one.id == new.id else one for one in requests)
    return tuple(sorted((*requests, new), key=lambda one: (one.at_ms, one.id)))[-NEWEST_NEWS:]
