"""Messages as work: the oldest that nobody has done goes to an agent who is free while nobody waits.

The ACD says who is free and holds the agent's state; the database says who has a message. An agent is given
one at once and is told so by the state; only when the database agrees is it the agent's. What the database
does not take (somebody was first) is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from huawu.acd import events as acd
from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.effects import GiveVoicemail, SetTimer, TakeVoicemailBack
from huawu.calls.facts import Fact, Kind, Party
from huawu.calls.floor import Floor
from huawu.calls.queueing import Queueing
from huawu.calls.voicemails import State, Voicemail

WORK_TIMER: Final = "voicemails"
"""The timer after which messages are given out again."""
REASON: Final = "voicemail"
"""The reason that an agent's state shows."""
PAUSE_MS: Final = 30_000
"""So long no message is given out after the database failed to say whose one is."""


class VoicemailWork:
    """Satisfies `queueing.Tasks`."""

    def __init__(self, floor: Floor, queueing: Queueing) -> None:
        self._floor = floor
        self._queueing = queueing
        self.waiting: dict[str, dict[str, Voicemail]] = {}  # that nobody has, by queue, oldest first
        self._held: dict[str, AgentId] = {}  # given to agents as work
        self._asked: dict[str, Voicemail] = {}  # of those: the database has not said yet whose they are
        self._not_before_ms = 0

    # ── What becomes of messages ──────────────────────────────────────────────────────────────────

    def delivered(self, messages: Iterable[Voicemail]) -> None:
        """Callers left these."""
        for voicemail in messages:
            if voicemail.state is State.NEW:
                self.waiting.setdefault(voicemail.queue, {})[voicemail.id] = voicemail

    def is_now(self, voicemail: Voicemail, kind: Kind | None = None, **fields: Any) -> None:
        """The database says so from now on; with `kind`, as a fact of the call it came from."""
        self._asked.pop(voicemail.id, None)
        self._leave_line(voicemail)
        if kind is not None:
            self._note(voicemail, kind, fields)
        if voicemail.state is State.NEW:
            self._line_up(voicemail)
        agent = self._held.get(voicemail.id)
        mine = voicemail.state is State.TAKEN and voicemail.until_ms is not None
        if agent is not None and not (mine and voicemail.taken_by == agent):
            del self._held[voicemail.id]
            self._end_task(agent, voicemail.id)
        elif agent is None and mine:  # it was dropped while the database was asked
            self._take_back(voicemail.id, AgentId(voicemail.taken_by), "left")
        self._floor.effects.changed_queues.add(QueueId(voicemail.queue))

    def not_given(self, voicemail_id: str) -> None:
        """The database cannot say now; somebody gets it later."""
        voicemail, agent = self._asked.pop(voicemail_id, None), self._held.pop(voicemail_id, None)
        self._not_before_ms = self._floor.now_ms + PAUSE_MS
        self._floor.effects.timers.append(SetTimer(WORK_TIMER, self._not_before_ms))
        if voicemail is not None:
            self._line_up(voicemail)
        if agent is not None:
            self._end_task(agent, voicemail_id)

    def dropped(self, drop: acd.TaskDropped) -> None:
        """The agent no longer works on it."""
        if self._held.get(drop.task) != drop.agent:
            return
        del self._held[drop.task]
        if drop.task not in self._asked:  # else: when the database has said that it is the agent's
            self._take_back(drop.task, drop.agent, drop.why)

    # ── Giving out ────────────────────────────────────────────────────────────────────────────────

    def give_out(self) -> None:
        """Whoever is free while nobody waits gets the oldest message of the queue."""
        floor = self._floor
        if floor.now_ms < self._not_before_ms:
            return
        for name, messages in list(self.waiting.items()):
            queue = floor.centre.configuration.queues.get(name)
            if queue is None or not queue.voicemail_ms or floor.acd.idle_agent(QueueId(name)) is None:
                continue
            for voicemail in list(messages.values()):
                if voicemail.call in floor.calls:
                    continue  # its caller may still wait for somebody
                agent = floor.acd.idle_agent(QueueId(name), voicemail.passed_by)
                if agent is not None:
                    self._give(voicemail, agent, floor.now_ms + queue.voicemail_ms)

    def _give(self, voicemail: Voicemail, agent: AgentId, until_ms: int) -> None:
        self._leave_line(voicemail)
        self._held[voicemail.id], self._asked[voicemail.id] = agent, voicemail
        self._begin_task(voicemail, agent, until_ms)
        self._floor.effects.work.append(GiveVoicemail(voicemail=voicemail.id, agent=agent, until_ms=until_ms))

    def _begin_task(self, voicemail: Voicemail, agent: AgentId, until_ms: int) -> None:
        self._queueing.step(
            acd.TaskBegan(
                at_ms=self._floor.now_ms,
                agent=agent,
                task=voicemail.id,
                queue=QueueId(voicemail.queue),
                until_ms=until_ms,
                reason=REASON,
            )
        )

    def _end_task(self, agent: AgentId, task: str) -> None:
        self._queueing.step(acd.TaskEnded(at_ms=self._floor.now_ms, agent=agent, task=task))

    def _take_back(self, voicemail: str, agent: AgentId, why: str) -> None:
        self._floor.effects.work.append(TakeVoicemailBack(voicemail=voicemail, agent=agent, why=why))

    def _line_up(self, voicemail: Voicemail) -> None:
        """In the order of their coming: what was given back is first again."""
        messages = {**self.waiting.get(voicemail.queue, {}), voicemail.id: voicemail}
        in_order = sorted(messages.values(), key=lambda each: (each.created_ms, each.id))
        self.waiting[voicemail.queue] = {each.id: each for each in in_order}

    def _leave_line(self, voicemail: Voicemail) -> None:
        messages = self.waiting.get(voicemail.queue, {})
        messages.pop(voicemail.id, None)
        if not messages:
            self.waiting.pop(voicemail.queue, None)

    def _note(self, voicemail: Voicemail, kind: Kind, fields: dict[str, Any]) -> None:
        """On the timeline of the call in which the message was left, long over or not yet."""
        floor = self._floor
        party: Party = "agent" if kind != "voicemail_given" else "centre"
        fields = {"voicemail": voicemail.id, "queue": voicemail.queue, **fields}
        call = floor.calls.get(CallId(voicemail.call))
        if call is not None:
            floor.fact(call, kind, party, **fields)
        else:
            floor.effects.facts.append(
                Fact(call=voicemail.call, seq=0, at_ms=floor.now_ms, kind=kind, party=party, fields=fields)
            )

    # ── After a restart ───────────────────────────────────────────────────────────────────────────

    def take_up(self, messages: Iterable[Voicemail]) -> None:
        """What the database says; agents' states, a moment older, are made to agree with it."""
        for voicemail in messages:
            if voicemail.state is State.NEW:
                self.delivered((voicemail,))
            elif voicemail.state is State.TAKEN and voicemail.until_ms is not None:
                agent = AgentId(voicemail.taken_by)
                self._held[voicemail.id] = agent
                self._begin_task(voicemail, agent, voicemail.until_ms)
        for agent in self._floor.acd.agents:
            task = self._floor.acd.agent_view(agent).task
            if task and self._held.get(task) != agent:
                self._end_task(agent, task)
