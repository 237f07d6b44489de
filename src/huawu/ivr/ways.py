"""Where a flow's steps lead: to each other, and to other flows.

A way is taken by the caller (a key, digits) or unaided (everything else).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from huawu.ivr.schema import (
    AnyStep,
    CollectStep,
    CommentStep,
    ConditionStep,
    Flow,
    HoursStep,
    LanguageStep,
    LookupStep,
    MenuStep,
    PlayStep,
    QueueStep,
    RateStep,
    ReturnStep,
    SetStep,
    SubFlowStep,
    TransferStep,
    VoicemailStep,
)

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A way from a step to another; `at` is where the file names it."""

    at: Path
    to: str
    by_caller: bool = False


def ways(flow: Flow, step: AnyStep, flows: Mapping[str, Flow] | None = None) -> list[Edge]:
    """All ways on from a step. With `flows`, a sub-flow that asks the caller something counts as asking."""

    def to(field: str, by_caller: bool = False) -> list[Edge]:
        name = getattr(step, field)
        return [Edge(at=(field,), to=name, by_caller=by_caller)] if name else []

    match step:
        case PlayStep() | LanguageStep() | SetStep() | VoicemailStep() | CommentStep():
            return to("next")
        case RateStep():
            return to("next") + to("otherwise")
        case LookupStep():
            return to("found") + to("not_found") + to("failed")
        case MenuStep():
            edges = [Edge(at=("keys", key), to=name, by_caller=True) for key, name in step.keys.items()]
            return edges + to("otherwise") + _to_person(flow)
        case CollectStep():
            return to("next", True) + to("otherwise") + _to_person(flow)
        case HoursStep():
            return to("open") + to("closed") + to("holiday")
        case ConditionStep():
            cases = [Edge(at=("cases", index, "next"), to=case.next) for index, case in enumerate(step.cases)]
            return cases + to("otherwise")
        case QueueStep():
            return to("line_full") + to("wait_over") + to("no_agent") + to("overflow")
        case TransferStep():
            return to("failed")
        case SubFlowStep():
            asks = flows is not None and step.flow in flows and not _returns_unaided(flows, step.flow)
            lost = _to_person(flow) if flows and step.flow in flows and not flows[step.flow].person else []
            return to("next", asks) + lost
        case _:
            return []


def reachable(
    flow: Flow, start: Iterable[str], *, unaided: bool = False, flows: Mapping[str, Flow] | None = None
) -> set[str]:
    """The steps that can be come to from `start`, along unaided ways only when asked so."""
    found: set[str] = set()
    todo = [name for name in start if name in flow.steps]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        edges = ways(flow, flow.steps[name], flows)
        todo += [edge.to for edge in edges if edge.to in flow.steps and not (unaided and edge.by_caller)]
    return found


def _to_person(flow: Flow) -> list[Edge]:
    return [Edge(at=(), to=flow.person)] if flow.person else []


def _returns_unaided(flows: Mapping[str, Flow], flow_id: str) -> bool:
    flow = flows[flow_id]
    steps = reachable(flow, [flow.start], unaided=True, flows=flows)
    return any(isinstance(flow.steps[name], ReturnStep) for name in steps)


def sub_flows(flow: Flow) -> set[str]:
    """The flows that this one leads into and comes back from."""
    return {step.flow for step in flow.steps.values() if isinstance(step, SubFlowStep)}


def recursions(flows: Mapping[str, Flow]) -> Iterator[str]:
    """The flows that come back to themselves through their sub-flows."""
    for flow_id in flows:
        found: set[str] = set()
        todo = list(sub_flows(flows[flow_id]))
        while todo:
            name = todo.pop()
            if name not in found and name in flows:
                found.add(name)
                todo += sub_flows(flows[name])
        if flow_id in found:
            yield flow_id
