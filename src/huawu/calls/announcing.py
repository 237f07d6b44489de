"""What callers are told in full before they join a queue, or before a number leads them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from huawu.calls.conversation import Conversation, Phase
from huawu.calls.floor import Floor
from huawu.calls.notices import Notice
from huawu.link.messages import Clip, File


class Announcing:
    """Finds what there is to be said, once for each queue and number of a call."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.notices: tuple[Notice, ...] = ()
        self.play: Callable[[Conversation, tuple[Clip, ...]], None] = lambda call, clips: None

    def before_queue(self, call: Conversation, queue: str, then: Callable[[], None]) -> bool:
        """Say what stands before the queue, then do `then`; False: there is nothing to be said."""
        policy = self._floor.centre.configuration.queues.get(queue)
        prompts = policy.announce if policy is not None else ()
        wanted = [notice for notice in self._in_force() if notice.queue == queue]
        return self._say(call, f"queue:{queue}", prompts, wanted, then)

    def before_number(self, call: Conversation, number: str, then: Callable[[], None]) -> bool:
        """Say what stands before the number, then do `then`; False: there is nothing to be said."""
        wanted = [notice for notice in self._in_force() if notice.number == number]
        return self._say(call, f"number:{number}", (), wanted, then)

    def play_finished(self, call: Conversation) -> bool:
        """It was said: go on. False: nothing was being announced."""
        then, call.then = call.then, None
        if then is None:
            return False
        then()
        return True

    def _in_force(self) -> Iterator[Notice]:
        return (notice for notice in self.notices if notice.in_force(self._floor.now_ms))

    def _say(
        self,
        call: Conversation,
        place: str,
        prompts: tuple[str, ...],
        notices: list[Notice],
        then: Callable[[], None],
    ) -> bool:
        if place in call.announced or not (prompts or notices):
            return False
        call.announced.add(place)
        floor = self._floor
        clips = list(floor.clips(prompts, call.language))
        for notice in notices:
            clips += floor.clips(notice.prompts, call.language)
            clips += [File(path=f"{floor.data}/{notice.path}")] if notice.path else []
        if not clips:
            return False
        what, _, name = place.partition(":")
        said = [*prompts, *(prompt for notice in notices for prompt in notice.prompts)]
        where: dict[str, Any] = {what: name}
        floor.fact(call, "notice", prompts=said, notices=[notice.id for notice in notices], **where)
        call.phase = Phase.FLOW
        call.then = then
        self.play(call, tuple(clips))
        return True
