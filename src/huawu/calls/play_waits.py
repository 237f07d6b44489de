"""What a play waits for: what the caller, an agent or a service has to do so that it goes on."""

from __future__ import annotations

from typing import Literal

import msgspec

from huawu.calls.conversation import Conversation, Phase
from huawu.calls.play_stage import Stage
from huawu.calls.play_told import Telling
from huawu.config.compile import Centre
from huawu.ivr.schema import MenuStep, RateStep

Waits = Literal["key", "digits", "speech", "agent", "talk", "lookup", "echo"]


class WaitsFor(msgspec.Struct, frozen=True, kw_only=True):
    """What has to come now. `until_ms` (from the beginning): then it ends by itself; null = never.

    `keys` are those that mean something, `so_far` is what was pressed of more digits.
    """

    kind: Waits
    flow: str = ""
    step: str = ""
    keys: tuple[str, ...] = ()
    so_far: str = ""
    until_ms: int | None = None
    queue: str = ""
    agent: str = ""
    service: str = ""
    take: dict[str, str] = {}


def waits_for(centre: Centre, call: Conversation | None, stage: Stage, telling: Telling) -> WaitsFor | None:
    """What is waited for now; None: the call is over."""
    if stage.over or call is None:
        return None
    flow, step = telling.flow, telling.step
    asked = stage.asked
    until_ms = None
    if asked is not None and asked.due_ms is not None:
        until_ms = asked.due_ms - telling.began_ms
    if call.lookup:
        wanted = stage.lookups[-1]
        return WaitsFor(kind="lookup", flow=flow, step=step, service=wanted.service, take=wanted.take)
    if call.tape is not None and call.tape.recording is not None:
        return WaitsFor(kind="speech", flow=flow, step=step, keys=("#", "*"), until_ms=until_ms)
    match call.phase:
        case Phase.TALKING:
            agent, queue = call.agent or "", call.queue or ""
            return WaitsFor(kind="talk", flow=flow, step=step, queue=queue, agent=agent)
        case Phase.WAITING | Phase.TRANSFERRING | Phase.PLACING:
            rung = call.ringing
            return WaitsFor(
                kind="agent",
                flow=flow,
                step=step,
                queue=call.queue or "",
                agent=(rung.agent or rung.number) if rung is not None else "",
                keys=_keys(centre, call) if asked is not None else (),
            )
        case _ if asked is None:
            return WaitsFor(kind="echo", flow=flow, step=step)
        case _:
            pass
    return WaitsFor(
        kind="key" if asked.command.max_digits == 1 else "digits",
        flow=flow,
        step=step,
        keys=_keys(centre, call),
        so_far=asked.digits,
        until_ms=until_ms,
    )


def _keys(centre: Centre, call: Conversation) -> tuple[str, ...]:
    """Keys that mean something now."""
    if call.phase is Phase.WAITING:
        queue = centre.configuration.queues.get(call.queue or "")
        return (queue.callback.key,) if queue is not None and queue.callback is not None else ()
    if call.run is None:
        return ()
    flow, name = call.run.place
    match centre.flows.flows[flow].steps.get(name):
        case MenuStep(keys=keys):
            return tuple(keys)
        case RateStep(lowest=lowest, highest=highest):
            return tuple(str(score) for score in range(lowest, highest + 1))
        case _:
            return ()
