"""Changes are gathered for a moment before they go to the screens, so that a burst renews each once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from huawu.acd.events import AgentId, QueueId
from huawu.calls.desks import Desks
from huawu.calls.screens import Screens

RENEW_SCREENS_S: Final = 0.05
"""Changes are gathered this long before they go to the screens."""


class Renewal:
    """What the screens do not show yet."""

    def __init__(self, screens: Screens, desks: Desks) -> None:
        self._screens = screens
        self._desks = desks
        self._queues: set[QueueId] = set()
        self._agents: set[AgentId] = set()
        self._handle: asyncio.TimerHandle | None = None

    def gather(self, queues: Iterable[QueueId], agents: Iterable[AgentId]) -> None:
        """These changed; the counts of calls may have, too."""
        self._queues.update(queues)
        self._agents.update(agents)
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(RENEW_SCREENS_S, self._now)

    def _now(self) -> None:
        self._handle = None
        queues, self._queues = self._queues, set()
        agents, self._agents = self._agents, set()
        self._screens.renew(queues, agents)
        self._desks.renew()

    def stop(self) -> None:
        """No more of it."""
        if self._handle is not None:
            self._handle.cancel()
