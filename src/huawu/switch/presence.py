"""Browsers that go away during a call: they are waited for, the others hear music, who stays away ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from huawu.link.messages import LegAway, LegBack, LegId, Reason
from huawu.switch.legs import Leg, LegState
from huawu.switch.ports import Media, Surroundings
from huawu.switch.table import LegTable
from huawu.switch.webrtc.news import Away, Back, Lost, PathNews

log = logging.getLogger(__name__)

KEY: Final = "core:presence:"
_NEWS: Final = KEY  # with no leg behind it
LEAVING_S: Final = 0.4
"""A page that hangs up closes its media too: its BYE, by another way, may come a moment later."""
_WHY: Final = {
    "left": "the page was left or loaded anew, and did not come back",
    "silent": "nothing came from the browser any more, and it did not come back",
}


class Presence:
    """`end` ends a leg by the switch. A leg waits for `grace_s`; who comes back by INVITE with Replaces has a
    leg of their own, and the centre ends this one.
    """

    def __init__(
        self,
        *,
        table: LegTable,
        media: Media,
        around: Surroundings,
        end: Callable[[Leg, Reason, str], None],
        grace_s: float,
    ) -> None:
        self._legs = table.legs
        self._media = media
        self._around = around
        self._end = end
        self._grace_s = grace_s
        self._news: list[tuple[LegId, PathNews]] = []
        self._why: dict[LegId, str] = {}
        self._leaving: set[LegId] = set()

    def tell(self, leg: LegId, news: PathNews) -> None:
        """Media tells, in the middle of its own work; looked at once that is through."""
        if not self._news:
            self._around.start_timer(_NEWS, self._around.at())
        self._news.append((leg, news))

    def fire(self, key: str) -> None:
        """A timer of ours is due."""
        name = key.removeprefix(KEY)
        if not name:
            told, self._news = self._news, []
            for leg, news in told:
                self._take(leg, news)
        elif name in self._leaving:
            self._leaving.discard(LegId(name))
            self._go(self._legs[LegId(name)], "left")
        elif (away := self._legs.get(LegId(name))) is not None and away.away:
            why = self._why.get(away.leg, "silent")
            self._end(away, "media_timeout", f"{_WHY[why]} within {self._grace_s:g} s")

    def ended(self, leg: LegId) -> None:
        """The leg is over."""
        if self._why.pop(leg, None) is not None or leg in self._leaving:
            self._leaving.discard(leg)
            self._around.stop_timer(KEY + leg)

    # ── inside ──

    def _take(self, name: LegId, news: PathNews) -> None:
        leg = self._legs.get(name)
        if leg is None or leg.state is not LegState.ANSWERED:
            return
        match news:
            case Away("left") if not leg.away:
                self._leaving.add(name)
                self._around.start_timer(KEY + name, self._around.at() + LEAVING_S)
            case Away(why):
                self._go(leg, why)
            case Back():
                self._return(leg)
            case Lost(reason, detail):
                log.info("browser's media lost", extra={"leg": leg.leg, "why": detail})
                self._end(leg, reason, detail)

    def _go(self, leg: Leg, why: str) -> None:
        if leg.guest and why == "left":  # its pass is spent: it could not return
            self._end(leg, "normal", "the page was left")
            return
        if not leg.away:
            leg.away = True
            self._media.peer_held(leg.leg, True)
            self._around.emit(LegAway(leg=leg.leg, why="left" if why == "left" else "silent"))
            self._around.start_timer(KEY + leg.leg, self._around.at() + self._grace_s)
        self._why[leg.leg] = why

    def _return(self, leg: Leg) -> None:
        if leg.leg in self._leaving:
            self._leaving.discard(leg.leg)
            self._around.stop_timer(KEY + leg.leg)
        if leg.away:
            leg.away = False
            self._why.pop(leg.leg, None)
            self._around.stop_timer(KEY + leg.leg)
            leg.expected_ms = self._around.now_ms()
            self._media.peer_held(leg.leg, leg.held)
            self._around.emit(LegBack(leg=leg.leg))
