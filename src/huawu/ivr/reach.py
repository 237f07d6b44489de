"""Where a caller can come from a step of a flow: the queues behind it, sub-flows included."""

from __future__ import annotations

from collections.abc import Mapping

from huawu.ivr.schema import Flow, QueueStep, SubFlowStep, VoicemailStep
from huawu.ivr.ways import ways


def queues_behind(flows: Mapping[str, Flow], flow: str, step: str) -> set[str]:
    """The queues that callers may be put into from this step on; to none beyond where they wait for it."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    todo = [(flow, step)]
    while todo:
        at = todo.pop()
        here = flows.get(at[0])
        if at in seen or here is None or at[1] not in here.steps:
            continue
        seen.add(at)
        one = here.steps[at[1]]
        if isinstance(one, QueueStep):
            found.add(one.queue)
            continue
        if isinstance(one, SubFlowStep) and one.flow in flows:
            todo.append((one.flow, flows[one.flow].start))
        todo += [(at[0], edge.to) for edge in ways(here, one)]
    return found


def message_places(flows: Mapping[str, Flow]) -> dict[str, tuple[str, str]]:
    """For each queue that messages are taken for: the first flow and step that does."""
    found: dict[str, tuple[str, str]] = {}
    for flow_id, flow in flows.items():
        for name, step in flow.steps.items():
            if isinstance(step, VoicemailStep):
                found.setdefault(step.queue, (flow_id, name))
    return found
