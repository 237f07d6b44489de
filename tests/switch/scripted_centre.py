"""A centre without rules: a test speaks for it, or it follows one policy as a process of its own.

`python -m tests.switch.scripted_centre SOCKET TOKEN TRUNK NUMBER` answers each call, calls NUMBER through
TRUNK and bridges the two: something to kill while people talk.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sys
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec
import pytest

from huawu.link.client import LinkClient
from huawu.link.messages import (
    Answer,
    Bridge,
    Command,
    CommandFailed,
    Configure,
    Endpoint,
    EndpointId,
    Event,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    NumberedEvent,
    Originate,
    Trunk,
    TrunkId,
    Welcome,
)
from tests.support.tools import PATIENCE_S, until

E = TypeVar("E", bound=msgspec.Struct)
REALM = "huawu"
PUBLIC = "95500"
NO_LEG = LegId("nobody")


def phone(user: str, password: str = "secret", *, contact: str = "", md5_only: bool = False) -> Endpoint:
    """An endpoint named as its user; `md5_only` for phones that stumble over SHA-256."""
    words = f"{user}:{REALM}:{password}".encode()
    return Endpoint(
        endpoint=EndpointId(user),
        user=user,
        ha1_sha256="" if md5_only else hashlib.sha256(words).hexdigest(),
        ha1_md5=hashlib.md5(words, usedforsecurity=False).hexdigest(),
        contact=contact,
    )


class ScriptedCentre:
    """Keeps all events; `policy`, when set, sees each as it comes."""

    def __init__(self, client: LinkClient) -> None:
        self.client = client
        self.welcomes: list[Welcome] = []
        self.events: list[Event] = []
        self.policy: Callable[[Event], None] | None = None
        self._taken: set[int] = set()
        self._asked: set[int] = set()  # commands that cannot be done, and of which that was not told yet

    def _heard(self, event: NumberedEvent) -> None:
        self.client.seen(event.number)
        if isinstance(event.event, CommandFailed) and event.event.number in self._asked:
            self._asked.remove(event.event.number)
            return
        self.events.append(event.event)
        if self.policy is not None:
            self.policy(event.event)

    def send(self, command: Command) -> int:
        return self.client.send(command)

    async def configure(
        self, *endpoints: Endpoint, trunks: tuple[Trunk, ...] = (), hold_music: str = ""
    ) -> None:
        """Returns when the switch works by it: from then on phones may come."""
        self.send(
            Configure(
                realm=REALM,
                endpoints=endpoints,
                trunks=trunks,
                public_numbers=(PUBLIC,),
                hold_music=hold_music,
            )
        )
        await self._all_done()

    async def _all_done(self) -> None:
        """Until the switch has done what it was sent: in order, and what cannot be done it tells."""
        number = self.send(HangUp(leg=NO_LEG))
        self._asked.add(number)
        await until(lambda: number not in self._asked, "the switch to do what it was sent")

    async def next(self, kind: type[E], leg: LegId | None = None, *, within_s: float = PATIENCE_S) -> E:
        """The next event of a kind (for a leg) that was not taken yet, in whatever order they came."""

        def find() -> tuple[int, E] | None:
            for index, event in enumerate(self.events):
                if index in self._taken or not isinstance(event, kind):
                    continue
                if leg is None or getattr(event, "leg", None) == leg:
                    return index, event
            return None

        try:
            index, event = await until(find, kind.__name__, within_s)
        except pytest.fail.Exception as error:
            raise pytest.fail.Exception(f"{error}; the switch told: {self.events}") from None
        self._taken.add(index)
        return event

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[ScriptedCentre]:
        """Connected from when this is entered until it is left."""
        task = asyncio.create_task(self.client.run(self.welcomes.append, self._heard, lambda: None))
        try:
            await until(lambda: self.welcomes, "the switch's welcome")
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def connect_to(centre: ScriptedCentre, trunk: TrunkId, number: str) -> Callable[[Event], None]:
    """The policy of the process: answer, call, bridge; when one leaves, hang up the other."""
    partner: dict[LegId, LegId] = {}

    def policy(event: Event) -> None:
        match event:
            case LegOffered(leg=leg):
                centre.send(Answer(leg=leg))
            case LegAnswered(leg=leg) if leg in partner:
                centre.send(Bridge(a=leg, b=partner[leg]))
            case LegAnswered(leg=leg):
                called = LegId(f"to-{leg}")
                partner[leg], partner[called] = called, leg
                centre.send(Originate(leg=called, trunk=trunk, number=number))
            case LegEnded(leg=leg) if leg in partner:
                centre.send(HangUp(leg=partner[leg]))
            case _:
                pass

    return policy


async def main(socket: str, token: str, trunk_target: str, number: str) -> None:
    centre = ScriptedCentre(LinkClient(socket, token))
    trunk = Trunk(trunk=TrunkId("t"), target=trunk_target)
    centre.policy = connect_to(centre, trunk.trunk, number)
    async with centre.running():
        await centre.configure(trunks=(trunk,))
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
