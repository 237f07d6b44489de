"""Callers from web pages, as the calls know them: how many at once, to which numbers, for how long."""

from __future__ import annotations

from typing import Final

from huawu.acd.events import CallId
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.effects import SetTimer
from huawu.calls.floor import Floor
from huawu.calls.outside import WARNING, Refusal
from huawu.link.messages import HangUp, LegOffered, Play, PlayId

WEB_TIMER: Final = "web:"
"""Begins the name of the timer that bounds a call from a web page; the call's id follows."""
WARN_MS: Final = 60_000
"""So long before the end both hear a tone, if the call may last longer than twice that."""
MOST_KNOWN: Final = 10_000


class WebCallers:
    """Judges calls that a page's pass let in, and ends those that last too long."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._spent: dict[str, None] = {}  # passes, of several switches' the newest

    def count(self) -> int:
        """How many such calls run now."""
        return sum(1 for call in self._floor.calls.values() if call.page and call.phase is not Phase.ENDED)

    def refusal(self, event: LegOffered) -> Refusal | None:
        """Why a call from a page may not come in; a pass is spent by asking."""
        wanted = self._floor.centre.configuration.web_callers
        if event.guest in self._spent:
            return Refusal(why="spent", reason="forbidden", words="This pass was used already")
        self._spent[event.guest] = None
        while len(self._spent) > MOST_KNOWN:
            del self._spent[next(iter(self._spent))]
        if event.page not in wanted.origins or event.to_number not in wanted.numbers:
            words = "This page may not call this number any more"
            return Refusal(why="not_allowed", reason="forbidden", words=words)
        if self.count() >= wanted.at_once:
            words = "As many calls from web pages as allowed run already; try again in a moment"
            return Refusal(why="at_once", reason="busy", words=words)
        return None

    def began(self, call: Conversation) -> None:
        """Wait for its end, or for the warning before."""
        longest_ms = self._longest_ms()
        if longest_ms:
            warned_ms = longest_ms - WARN_MS if longest_ms > 2 * WARN_MS else longest_ms
            self._wait(call, call.began_ms + warned_ms)

    def take_up(self) -> None:
        """The calls of an earlier life have their bounds too."""
        for call in self._floor.calls.values():
            if call.page and call.phase is not Phase.ENDED:
                self.began(call)

    def due(self, call_id: CallId) -> None:
        """Warn, or end the call."""
        floor, call = self._floor, self._floor.calls.get(call_id)
        if call is None or call.phase is Phase.ENDED:
            return
        end_ms = call.began_ms + self._longest_ms()
        if floor.now_ms < end_ms:
            self._wait(call, end_ms)
            if call.phase is Phase.TALKING:  # elsewhere it would cut off what is being said
                for leg in (call.leg, *(party.leg for party in call.talkers)):
                    floor.do(Play(leg=leg, play=PlayId(floor.name(call, "p")), clips=WARNING))
            return
        floor.fact(call, "web_limit", longest_ms=self._longest_ms())
        floor.do(HangUp(leg=call.leg))

    def _wait(self, call: Conversation, due_ms: int) -> None:
        self._floor.effects.timers.append(SetTimer(f"{WEB_TIMER}{call.call}", due_ms))

    def _longest_ms(self) -> int:
        return self._floor.centre.configuration.web_callers.longest_call_ms
