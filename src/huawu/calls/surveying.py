"""After the conversation: the caller is led into the queue's survey when the agent hangs up.

The agent's wrap-up begins at once and does not wait for it. A caller who hangs up first is asked nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from huawu.calls.conversation import Conversation, PartyLeg, Phase, Role
from huawu.calls.floor import Floor
from huawu.calls.seating import Seating
from huawu.link.messages import LegEnded, StopRecording


class Surveying:
    """Decides whether a caller is asked, and keeps the score."""

    seating: Seating

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.start: Callable[[Conversation, str], None] = lambda call, flow: None

    def agent_left(self, call: Conversation, party: PartyLeg, event: LegEnded) -> bool:
        """Lead the caller into the survey; False: there is none, the caller is hung up on as ever."""
        hung_up = event.by == "peer" or party.leaves
        if not hung_up or event.reason != "normal" or party.role is not Role.AGENT:
            return False
        if call.phase is not Phase.TALKING or call.survey or call.closing is not None:
            return False
        queue = self._floor.centre.configuration.queues.get(call.queue or "")
        if queue is None or queue.survey not in self._floor.centre.configuration.flows:
            return False
        floor = self._floor
        for listener in list(call.parties):
            self.seating.release(call, listener)
        self.seating.send_away(call)
        if call.recording is not None:
            floor.do(StopRecording(recording=call.recording))
        call.survey = queue.survey
        call.party_left = True
        floor.fact(call, "survey_began", flow=queue.survey, queue=call.queue, agent=party.agent)
        self.start(call, queue.survey)
        return True

    def rated(self, call: Conversation, score: int) -> None:
        """The caller's score, of the agent who talked last."""
        call.rated = True
        self._floor.fact(call, "rated", "caller", score=score, agent=call.agent or "", queue=call.queue or "")
