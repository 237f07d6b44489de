"""Agents' own desks as live screens: made when a page looks, kept true while it does, gone with the last.

What nobody watches costs a look into an empty dict. Agents' days are counted for all: by changes of state.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from huawu.acd.errors import UnknownAgent
from huawu.acd.events import AgentChanged, AgentId, AgentState, CallId
from huawu.calls.agent_days import AgentDays
from huawu.calls.assist.views import Hint
from huawu.calls.conversation import Conversation
from huawu.calls.desk_calls import Due, calls_of, desk_agent, desk_call, has_part, shown, wrap_up_due
from huawu.calls.desk_changes import NEWEST_NEWS, apply, key
from huawu.calls.desk_reading import DeskReading, DeskScreen, OpenDesk, Sources
from huawu.calls.desk_views import Desk, DeskChange, FactOf, HelpRequest, News
from huawu.calls.effects import Effects
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.seat_states import seat_state
from huawu.platform.clock import Clock
from huawu.platform.live import Screen

NOT_REACHED: Final = frozenset({"callback_failed", "redial_missed"})
"""With `callee` they tell of a customer who was called back in vain."""


class Desks:
    """All desks of a centre. `due` tells when a timer of the engine runs out."""

    def __init__(self, engine: Engine, clock: Clock, due: Due, sources: Sources | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._due = due
        self.days = AgentDays()
        self.hints_of: Callable[[str], tuple[Hint, ...]] = lambda agent: ()
        """The hints for who opens a desk in the middle of a call."""
        self._open: dict[AgentId, OpenDesk] = {}
        self._reading = DeskReading(engine, self._open, sources or Sources(), self._renew_call)
        self._set_by: dict[AgentId, tuple[AgentState, str]] = {}
        self._news: dict[AgentId, deque[News]] = {}
        self._news_count = 0
        self._changed: set[AgentId] = set()
        self._calls: dict[AgentId, set[CallId]] = defaultdict(set)

    @property
    def sources(self) -> Sources:
        """Where that is read which is not in the engine's memory."""
        return self._reading.sources

    @sources.setter
    def sources(self, sources: Sources) -> None:
        self._reading.sources = sources

    # ── Who looks ─────────────────────────────────────────────────────────────────────────────────

    def watch(self, agent: AgentId) -> DeskScreen:
        """The agent's screen, to be subscribed to; `left` afterwards. Raises `UnknownAgent`."""
        opened = self._open.get(agent)
        if opened is None:
            opened = OpenDesk(self._screen(agent))
            self._open[agent] = opened
            for call in calls_of(self._engine, agent):
                self._show(agent, opened, call)
            self._reading.tasks(agent)
            self._reading.meet_places()
        else:
            self._renew_agent(agent, opened)
        return opened.screen

    def left(self, agent: AgentId) -> None:
        """A viewer is gone."""
        opened = self._open.get(agent)
        if opened is not None and not opened.screen.viewers:
            del self._open[agent]
            self._calls.pop(agent, None)

    @property
    def watched(self) -> int:
        """How many desks somebody looks at."""
        return len(self._open)

    def _screen(self, agent: AgentId) -> DeskScreen:
        now_ms = self._clock.now_ms()
        desk = Desk(
            at_ms=now_ms,
            agent=desk_agent(self._engine, agent, self._by(agent)),
            figures=self._figures(agent),
            phone=self.sources.phone(agent),
            wrap_up=wrap_up_due(self._engine, agent, self._due),
            help=self.sources.help(agent),
            news=tuple(self._news.get(agent, ())),
            hints=self.hints_of(agent),
        )
        return Screen(
            f"desk:{agent}",
            desk,
            apply=apply,
            key=key,
            stamp=lambda desk: msgspec.structs.replace(desk, at_ms=self._clock.now_ms()),
        )

    # ── What happens ──────────────────────────────────────────────────────────────────────────────

    def tell(self, effects: Effects) -> bool:
        """Take note of what an event caused; True: `renew` has something to do."""
        for change in effects.agents:
            self._count(change)
            if change.state is AgentState.UNAVAILABLE:
                kind = "phone_lost" if change.reason == "phone_lost" else "missed"
                self.news(change.agent, kind, state=change.state, reason=change.reason)
        for agent in effects.changed_agents:
            self._read_anew(agent)
        for fact in effects.facts:
            if fact.kind in NOT_REACHED and "callee" in fact.fields:
                self._not_reached(fact)
        if not self._open:
            return False
        self._changed |= effects.changed_agents & self._open.keys()
        if effects.facts:
            self._facts(effects.facts)
        if effects.callbacks or effects.voicemails:
            owed = {each.queue for each in effects.callbacks}
            self.tasks_changed(owed | {each.queue for each in effects.voicemails})
        return bool(self._changed or self._calls)

    def _not_reached(self, fact: Fact) -> None:
        """The agent called somebody back in vain: the next call may ring already."""
        told = fact.fields
        self.news(
            AgentId(told["agent"]),
            "not_reached",
            reason=told["reason"],
            call=fact.call,
            number=told["callee"],
            due_ms=told.get("due_ms"),
        )

    def _count(self, change: AgentChanged) -> None:
        day = self.days.of(change.agent)
        call = self._engine.floor.calls.get(change.call) if change.call is not None else None
        if call is not None and call.made_by(change.agent) and day.state is not change.state:
            day.outgoing += change.state is AgentState.TALKING
        day.changed(change)

    def _read_anew(self, agent: AgentId) -> None:
        """A talk counts from the answer."""
        floor = self._engine.floor
        if floor.centre.agent(agent) is not None:
            self.days.of(agent).reads(seat_state(floor, floor.acd.agent_view(agent)), floor.now_ms)

    def _facts(self, facts: Iterable[Fact]) -> None:
        calls = self._engine.floor.calls
        for fact in facts:
            call = calls.get(CallId(fact.call))
            for agent in self._agents_at(fact, call):
                opened = self._open[agent]
                told = shown(fact)
                known = opened.facts.setdefault(CallId(fact.call), [])
                known.append(told)
                self._calls[agent].add(CallId(fact.call))
                opened.screen.publish(DeskChange(fact=FactOf(call=fact.call, fact=told)))

    def _agents_at(self, fact: Fact, call: Conversation | None) -> set[AgentId]:
        """The desks that show the call, or are to show it now."""
        call_id = CallId(fact.call)
        found = {agent for agent in self._named(fact) if call_id in self._open[agent].facts}
        if call is not None:
            wrapping = self._engine.floor.wrapping
            for agent in self._open.keys() & _agents_of(call):
                if has_part(call, agent) or wrapping.get(agent) == call_id:
                    found.add(agent)
        return found

    def _named(self, fact: Fact) -> set[AgentId]:
        agent = fact.fields.get("agent")
        return {AgentId(agent)} & self._open.keys() if isinstance(agent, str) else set()

    def renew(self) -> None:
        """Publish what changed since the last time."""
        changed, self._changed = self._changed, set()
        calls, self._calls = self._calls, defaultdict(set)
        for agent in changed | calls.keys():
            opened = self._open.get(agent)
            if opened is None:
                continue
            gone = {call for call in opened.facts if call not in calls.get(agent, ())}
            for call in (*calls.get(agent, ()), *gone):
                self._renew_call(agent, opened, call)
            self._renew_agent(agent, opened)

    def touch(self, agent: AgentId) -> None:
        """Something about the agent may be different that no event told."""
        if (opened := self._open.get(agent)) is not None:
            self._renew_agent(agent, opened)
            for call in list(opened.facts):
                self._renew_call(agent, opened, call)

    def renumbered(self, call: str, last_seq: int) -> None:
        """The call's facts have other numbers on record than they were told with (`CallStore.renumbered`)."""
        call_id = CallId(call)
        self._engine.renumbered(call_id, last_seq)
        for agent, opened in self._open.items():
            if call_id in opened.facts:
                self._reading.facts_anew(agent, call_id)

    def reset(self) -> None:
        """Everything may be different: a new configuration, a new day."""
        for agent, opened in list(self._open.items()):
            try:
                self._renew_agent(agent, opened)
            except UnknownAgent:
                del self._open[agent]
                continue
            for call in set(opened.facts) | set(calls_of(self._engine, agent)):
                self._renew_call(agent, opened, call)
            self._reading.tasks(agent)

    def _renew_agent(self, agent: AgentId, opened: OpenDesk) -> None:
        publish = opened.screen.publish
        publish(DeskChange(agent=desk_agent(self._engine, agent, self._by(agent))))
        publish(DeskChange(figures=self._figures(agent)))
        publish(DeskChange(phone=self.sources.phone(agent)))
        due, before = wrap_up_due(self._engine, agent, self._due), opened.screen.snapshot().wrap_up
        if due is not None:
            publish(DeskChange(wrap_up=due))
        elif before is not None:
            publish(DeskChange(wrap_up_over=before.call))

    def _renew_call(self, agent: AgentId, opened: OpenDesk, call_id: CallId) -> None:
        if call_id not in {call.id for call in opened.screen.snapshot().calls}:
            self._show(agent, opened, call_id)
            return
        view = desk_call(self._engine, agent, call_id, opened.facts.get(call_id, ()), self._due)
        if view is None:
            opened.facts.pop(call_id, None)
            opened.screen.publish(DeskChange(call_removed=call_id))
        else:
            opened.screen.publish(DeskChange(call=view))

    # ── A call comes to a desk ────────────────────────────────────────────────────────────────────

    def _show(self, agent: AgentId, opened: OpenDesk, call_id: CallId) -> None:
        facts = opened.facts.setdefault(call_id, [])
        view = desk_call(self._engine, agent, call_id, facts, self._due)
        if view is None:
            opened.facts.pop(call_id, None)
            return
        opened.screen.publish(DeskChange(call=view))
        customer = view.number if view.purpose == "dialled" else view.caller
        self._reading.of_call(agent, call_id, customer)

    # ── Tasks, help, news, who set what ───────────────────────────────────────────────────────────

    def tasks_changed(self, queues: Iterable[str]) -> None:
        """What waits for these queues is different now."""
        wanted = set(queues)
        for agent in self._open:
            profile = self._engine.floor.centre.agent(agent)
            if profile is not None and not wanted.isdisjoint(profile.queues):
                self._reading.tasks(agent)

    def help_changed(self, request: HelpRequest) -> None:
        """The agent's request for help stands otherwise."""
        if (opened := self._open.get(AgentId(request.agent))) is not None:
            opened.screen.publish(DeskChange(help=request))

    def hint_is(self, agent: str, hint: Hint) -> None:
        """The agent is told this about a call, at once."""
        self._publish_hint(agent, DeskChange(hint=hint))

    def hint_over(self, agent: str, call: str) -> None:
        """Nothing is to be told about a call any more."""
        self._publish_hint(agent, DeskChange(hint_over=call))

    def _publish_hint(self, agent: str, change: DeskChange) -> None:
        if (opened := self._open.get(AgentId(agent))) is not None:
            opened.screen.publish(change)

    def phone_changed(self, agent: AgentId) -> None:
        """Another page has the agent's phone, or none."""
        if (opened := self._open.get(agent)) is not None:
            opened.screen.publish(DeskChange(phone=self.sources.phone(agent)))

    def state_set(self, agent: AgentId, state: AgentState, by: str, reason: str) -> None:
        """Somebody set the agent's state: told when it was somebody else."""
        if by and by != agent:
            self._set_by[agent] = (state, by)
            self.news(agent, "state_set", state=state, by=by, reason=reason)
        else:
            self._set_by.pop(agent, None)
        self.touch(agent)

    def queues_set(self, agent: AgentId, kind: str, by: str, reason: str, queues: tuple[str, ...]) -> None:
        """A leader moved the agent between queues, or the move is over (`by` "": by itself)."""
        self.news(agent, kind, by=by, reason=reason, queues=queues)
        self.touch(agent)

    def news(
        self,
        agent: AgentId,
        kind: str,
        *,
        state: str = "",
        by: str = "",
        reason: str = "",
        queues: tuple[str, ...] = (),
        call: str = "",
        number: str = "",
        due_ms: int | None = None,
    ) -> None:
        """Tell the agent something, now or when a page is opened."""
        self._news_count += 1
        at_ms = self._clock.now_ms()
        news = News(
            id=f"{at_ms:x}.{self._news_count}",
            at_ms=at_ms,
            kind=kind,
            state=str(state),
            by=by,
            by_name=self._engine.floor.centre.name_of(by),
            reason=reason,
            queues=queues,
            call=call,
            number=number,
            due_ms=due_ms,
        )
        self._news.setdefault(agent, deque(maxlen=NEWEST_NEWS)).append(news)
        if (opened := self._open.get(agent)) is not None:
            opened.screen.publish(DeskChange(news=news))

    def _by(self, agent: AgentId) -> str:
        state, by = self._set_by.get(agent, (None, ""))
        return by if state is self._engine.acd.agent_view(agent).state else ""

    def _figures(self, agent: AgentId) -> Any:
        view = self._engine.acd.agent_view(agent)
        return self.days.of(agent).figures(view.calls_today, self._clock.now_ms())

    async def close(self) -> None:
        """Read nothing more."""
        await self._reading.close()


def _agents_of(call: Conversation) -> set[AgentId]:
    agents = {party.agent for party in call.parties if party.agent is not None}
    if call.dialled_by is not None:
        agents.add(call.dialled_by)
    if call.agent is not None:
        agents.add(call.agent)
    return agents
