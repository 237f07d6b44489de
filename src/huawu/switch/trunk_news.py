"""What SIP learns of trunks, told to the centre and to the log: registered or not, reachable or not."""

from __future__ import annotations

import logging

from huawu.link.messages import (
    Configure,
    TrunkId,
    TrunkReachable,
    TrunkRegistered,
    TrunkUnreachable,
    TrunkUnregistered,
)
from huawu.switch.ports import Surroundings
from huawu.switch.sip.events import TrunkChanged, TrunkReach

log = logging.getLogger(__name__)


class TrunkNews:
    """Remembers which trunks cannot be reached, for a centre that was away when they went."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._down: set[TrunkId] = set()

    @property
    def down(self) -> tuple[TrunkId, ...]:
        """The trunks that cannot be reached now."""
        return tuple(sorted(self._down))

    def configure(self, configuration: Configure) -> None:
        """Forget trunks that are no more."""
        self._down &= {one.trunk for one in configuration.trunks}

    def changed(self, news: TrunkChanged) -> None:
        """Our registration at a trunk was made or lost."""
        if news.up:
            self._around.emit(TrunkRegistered(trunk=news.trunk))
        else:
            log.warning("trunk not registered", extra={"trunk": news.trunk, "why": news.detail})
            self._around.emit(TrunkUnregistered(trunk=news.trunk, detail=news.detail))

    def reach(self, news: TrunkReach) -> None:
        """A trunk answers again, or no longer."""
        if news.up:
            self._down.discard(news.trunk)
            log.info("trunk reachable again", extra={"trunk": news.trunk})
            self._around.emit(TrunkReachable(trunk=news.trunk))
        else:
            self._down.add(news.trunk)
            log.warning("trunk not reachable", extra={"trunk": news.trunk, "why": news.detail})
            self._around.emit(TrunkUnreachable(trunk=news.trunk, detail=news.detail))
