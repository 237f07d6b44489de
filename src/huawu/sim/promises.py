"""A day on which much goes wrong: too few agents, callers who want to be called back, lines that break."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from huawu.calls.callbacks import Callback, CallbackId, State
from huawu.calls.facts import Fact
from huawu.config.schema import CallbackTerms, Configuration, LastAgentTerms, StepByTime
from huawu.config.trunks import Outbound, OutboundRule, Trunk
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller, Phone, World

BREAKING = 0.1
"""The share of conversations that the line ends."""


def with_promises(configuration: Configuration) -> Configuration:
    """The same centre, calling back, widening by time, leading callers to their last agent."""
    names = tuple(configuration.queues)
    steps = (
        StepByTime(after_ms=30_000, queues=names[:2], priority=1),
        StepByTime(after_ms=90_000, queues=names, priority=2),
    )
    queues = {
        name: msgspec.structs.replace(
            queue,
            callback=CallbackTerms(tries=2, pause_ms=120_000, expires_ms=3_600_000),
            last_agent=LastAgentTerms(),
            steps=steps,
        )
        for name, queue in configuration.queues.items()
    }
    rule = OutboundRule(rule="mobiles", who=("agent",), prefixes=("1",), trunks=("city",))
    return msgspec.structs.replace(
        configuration,
        queues=queues,
        trunks=(Trunk(trunk="city", target="127.0.0.1:5999"),),
        outbound=Outbound(rules=(rule,)),
    )


def caller(world: World, chance: random.Random, usual: Caller) -> Caller:
    """One of a thousand people who call again and again; may press 1 in line, and may be out when called."""
    number = f"138000{chance.randrange(1_000):05}"
    busy = chance.random()
    world.outside[number] = Phone(
        answers_after_ms=None if busy < 0.2 else 3_000,
        refuses="busy" if 0.2 <= busy < 0.4 else None,
        hangs_up_after_ms=chance.randrange(5_000, 60_000),
    )
    usual.caller = number
    if chance.random() < 0.5:
        usual.keys.append("1")
    return usual


@dataclass(slots=True)
class Promised:
    """Watches what is owed, and the laws of it."""

    world: World
    chance: random.Random
    breaches: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    redials: Counter[str] = field(default_factory=Counter)
    _open: dict[CallbackId, Callback] = field(default_factory=dict)
    _done: set[CallbackId] = field(default_factory=set)
    _placed: dict[str, CallbackId] = field(default_factory=dict)  # calls under way

    def see(self, fact: Fact) -> None:
        """Every fact, as it is written."""
        match fact.kind:
            case "bridged" if self.chance.random() < BREAKING:
                self._break_later(fact)
            case "dropped":
                self.dropped += 1
            case "redialled" | "redial_missed":
                self.redials[fact.kind] += 1
            case "offered" if "callback" in fact.fields:
                callback = CallbackId(fact.fields["callback"])
                if callback in self._placed.values():
                    self.breaches.append(f"callback {callback} is placed twice at a time")
                self._placed[fact.call] = callback
            case "ended":
                self._placed.pop(fact.call, None)
            case _:
                pass

    def owe(self, callback: Callback) -> None:
        """A callback as it is now."""
        if callback.id in self._done:
            self.breaches.append(f"callback {callback.id} goes on after its end")
        if callback.open:
            self._open[callback.id] = callback
        else:
            self._open.pop(callback.id, None)
            self._done.add(callback.id)
            self.ended[f"{callback.kind}:{callback.state}"] += 1
        if callback.attempts > 2:
            self.breaches.append(f"callback {callback.id} is tried too often")
        if callback.state is State.WAITING and self.world.now_ms > callback.expires_ms:
            self.breaches.append(f"callback {callback.id} waits beyond its end")

    def at_the_end(self) -> list[str]:
        """All breaches; nothing may be owed any more."""
        return [*self.breaches, *(f"{one.id} is still {one.state}" for one in self._open.values())]

    def _break_later(self, fact: Fact) -> None:
        call = self.world.engine.floor.calls.get(fact.call)  # type: ignore[call-overload]
        if call is not None:
            leg: LegId = call.leg
            self.world.at(self.world.now_ms + self.chance.randrange(30_000), lambda: self.world.drop(leg))
