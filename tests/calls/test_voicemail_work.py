"""Messages given out as work, in virtual time: the oldest to who is free, once, below every call."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.acd.events import AgentId, AgentState
from huawu.acd.snapshot import Snapshot
from huawu.calls.effects import Effects, GiveVoicemail, TakeVoicemailBack
from huawu.calls.facts import Kind
from huawu.calls.phoning import PhoneNotReachable
from huawu.calls.voicemails import State, Trigger, Voicemail, VoicemailNotAllowed, give_back, step
from huawu.link import messages as link
from huawu.sim.virtual import Caller
from tests.calls.test_recovery import open_timelines, snapshot
from tests.calls.test_services import TEXT
from tests.calls.worlds import Desk, centre_of, desk_of, engine_of

CENTRE = centre_of(TEXT)
MIN = 60_000
LIVES = itertools.count(1)


class Mail:
    """A centre, its agents, and what a database would hold of messages, told a moment later."""

    def __init__(self) -> None:
        self.desk: Desk = desk_of(CENTRE)
        self.world = self.desk.world
        self.rows: dict[str, Voicemail] = {}
        self.away = False
        self.given: list[tuple[str, str]] = []
        self._carry_out = self.world.carry_out
        self.world.carry_out = self.carry_out  # type: ignore[method-assign]

    def carry_out(self, effects: Effects) -> None:
        for each in effects.voicemails:
            if each.id not in self.rows or self.rows[each.id].state is State.RECORDING:
                self.rows[each.id] = each
        for wanted in effects.work:
            self._later(wanted)
        self._carry_out(effects)

    def _later(self, wanted: GiveVoicemail | TakeVoicemailBack) -> None:
        engine = self.world.engine

        def now() -> None:
            if engine is self.world.engine:  # a life that is over writes nothing
                self._do(wanted)

        self.world.at(self.world.now_ms + 20, now)

    def _do(self, wanted: GiveVoicemail | TakeVoicemailBack) -> None:
        row = self.rows[wanted.voicemail]
        if isinstance(wanted, TakeVoicemailBack):
            if row.state is State.TAKEN and row.taken_by == wanted.agent:
                self.put(give_back(row), "voicemail_returned", agent=wanted.agent, by="", why=wanted.why)
        elif self.away:
            self.carry_out(self.world.engine.voicemail_not_given(row.id, self.world.now_ms))
        elif row.state is not State.NEW:
            self.carry_out(self.world.engine.voicemail_is(row, None, self.world.now_ms))
        else:
            self.given.append((row.id, wanted.agent))
            taken = {"taken_by": wanted.agent, "taken_ms": self.world.now_ms, "until_ms": wanted.until_ms}
            agent = {"agent": wanted.agent, "until_ms": wanted.until_ms}
            self.put(step(row, Trigger.TAKE, **taken), "voicemail_given", **agent)

    def put(self, row: Voicemail, kind: Kind, **fields: object) -> Voicemail:
        self.rows[row.id] = row
        self.carry_out(self.world.engine.voicemail_is(row, kind, self.world.now_ms, **fields))
        return row

    # ── What people do ────────────────────────────────────────────────────────────────────────────

    def leave(self, caller: str = "139") -> Voicemail:
        """A caller leaves a message and hangs up."""
        before = set(self.rows)
        self.world.call(Caller(number="4002", caller=caller, speech_ms=4_000))
        self.world.run_for(30_000)
        (new,) = set(self.rows) - before
        return self.rows[new]

    def take(self, message: str, by: str) -> Voicemail:
        return self.put(step(self.rows[message], Trigger.TAKE, taken_by=by), "voicemail_taken", by=by)

    def finish(self, message: str) -> Voicemail:
        row = self.rows[message]
        return self.put(step(row, Trigger.FINISH, done_by=row.taken_by), "voicemail_done", by=row.taken_by)

    def give_back(self, message: str) -> Voicemail:
        row = self.rows[message]
        told = {"agent": row.taken_by, "by": row.taken_by, "why": "gave_back"}
        return self.put(give_back(row), "voicemail_returned", **told)

    def set(self, agent: str, state: AgentState) -> None:
        self.carry_out(self.world.engine.set_agent_state(AgentId(agent), state, "", self.world.now_ms))

    def restart(self, kept: Snapshot | None = None) -> None:
        kept = kept or self.world.engine.acd.snapshot()
        self.world.engine = engine_of(CENTRE, prefix=f"n{next(LIVES)}x")
        self.world.timers.clear()
        self.carry_out(self.world.engine.configure(CENTRE, self.world.now_ms))
        rows = sorted(self.rows.values(), key=lambda row: (row.created_ms, row.id))
        timelines = open_timelines(self.world.facts)
        self.carry_out(self.world.engine.recover(timelines, kept, self.world.now_ms, voicemails=rows))
        self.carry_out(self.world.engine.settle(snapshot(self.world), self.world.now_ms))

    def at(self, agent: str) -> tuple[str, str, str]:
        view = self.world.engine.acd.agent_view(AgentId(agent))
        return view.state.value, view.reason, view.task


@pytest.fixture
def mail() -> Mail:
    return Mail()


def test_a_message_goes_to_who_is_free_and_waits_for_nobody_else(mail: Mail) -> None:
    mail.desk.ready("1001")
    message = mail.leave()
    assert mail.at("1001") == ("wrap_up", "voicemail", message.id)
    row = mail.rows[message.id]
    assert (row.state, row.taken_by) == (State.TAKEN, "1001")
    fact = mail.desk.fact("voicemail_given")
    assert (fact.call, fact.seq, fact.fields["agent"]) == (message.call, 0, "1001")
    mail.finish(message.id)
    assert mail.at("1001") == ("ready", "", "")
    assert mail.desk.fact("voicemail_done").fields["by"] == "1001"


def test_it_waits_while_its_queue_has_callers_and_goes_to_who_is_free_afterwards(mail: Mail) -> None:
    message = mail.leave()
    mail.world.call(Caller(number="4001", talk_ms=10_000))
    mail.world.run_for(1_000)
    mail.desk.ready("1001")
    mail.world.run_for(8_000)
    assert mail.at("1001")[0] == "talking"
    mail.world.run_for(30_000)
    assert mail.at("1001") == ("wrap_up", "voicemail", message.id)


def test_who_has_one_gets_no_call_and_the_oldest_comes_first(mail: Mail) -> None:
    first, second = mail.leave("1"), mail.leave("2")
    mail.desk.ready("1001")
    assert mail.at("1001")[2] == first.id
    mail.world.call(Caller(number="4001", patience_ms=5_000))
    mail.world.run_for(4_000)
    assert mail.at("1001")[2] == first.id
    mail.world.run_for(4_000)
    mail.finish(first.id)
    assert mail.at("1001")[2] == second.id


def test_what_is_not_done_in_time_goes_back_and_to_a_colleague_next(mail: Mail) -> None:
    message = mail.leave()
    mail.desk.ready("1001")
    mail.world.run_for(10 * MIN + 100)
    assert mail.rows[message.id].state is State.NEW
    assert mail.at("1001") == ("ready", "", "")
    assert mail.desk.fact("voicemail_returned").fields["why"] == "time_over"
    mail.desk.ready("1002")
    mail.world.run_for(100)
    assert mail.at("1002")[2] == message.id
    assert mail.at("1001")[0] == "ready"
    mail.give_back(message.id)
    mail.world.run_for(MIN)
    assert mail.rows[message.id].state is State.NEW
    assert mail.given == [(message.id, "1001"), (message.id, "1002")]


@pytest.mark.parametrize("state", [AgentState.READY, AgentState.BREAK, AgentState.SIGNED_OUT])
def test_who_turns_to_something_else_gives_it_back(mail: Mail, state: AgentState) -> None:
    message = mail.leave()
    mail.desk.ready("1001")
    mail.world.run_for(100)
    mail.set("1001", state)
    mail.world.run_for(100)
    assert mail.rows[message.id].state is State.NEW
    assert mail.at("1001")[0] == state.value
    assert mail.desk.fact("voicemail_returned").fields["why"] == "left"


def test_a_state_chosen_before_the_database_answered_takes_it_back(mail: Mail) -> None:
    message = mail.leave()
    mail.desk.ready("1001")  # ten milliseconds; the database takes twenty
    mail.set("1001", AgentState.BREAK)
    mail.world.run_for(100)
    assert mail.rows[message.id].state is State.NEW
    assert mail.at("1001") == ("break", "break", "")


def test_the_caller_is_called_back_from_the_phone_and_the_message_is_still_the_agents(mail: Mail) -> None:
    message = mail.leave()
    mail.desk.ready("1001")
    mail.world.run_for(100)
    mail.world.call(Caller(number="4100", endpoint="1001", caller="1001", talk_ms=0, patience_ms=MIN))
    mail.world.run_for(1_000)
    assert mail.at("1001") == ("talking", "", message.id)
    mail.world.run_for(2 * MIN)
    assert mail.at("1001") == ("wrap_up", "voicemail", message.id)


def test_of_an_agent_and_who_takes_it_by_hand_one_has_it(mail: Mail) -> None:
    message = mail.leave()
    mail.desk.ready("1001")
    mail.take(message.id, "leader")
    mail.world.run_for(100)
    assert mail.rows[message.id].taken_by == "leader"
    assert mail.at("1001") == ("ready", "", "")
    assert not mail.given


def test_while_the_database_is_away_nobody_is_held_up(mail: Mail) -> None:
    mail.away = True
    message = mail.leave()
    mail.desk.ready("1001")
    mail.world.run_for(100)
    assert mail.at("1001") == ("ready", "", "")
    mail.away = False
    mail.world.run_for(31_000)
    assert mail.at("1001")[2] == message.id


def test_no_message_is_given_out_where_the_queue_says_so() -> None:
    text = TEXT.replace("ring: 15s,", "ring: 15s, voicemail: 0,", 1)
    floor = desk_of(centre_of(text))
    floor.ready("1001")
    floor.world.call(Caller(number="4002", speech_ms=4_000))
    floor.world.run_for(MIN)
    assert floor.state("1001") == "ready"


@pytest.mark.parametrize("kept", ["of now", "of before"])
def test_it_is_the_same_agents_when_the_centre_returns(mail: Mail, kept: str) -> None:
    mail.desk.ready("1001")
    before = mail.world.engine.acd.snapshot()
    message = mail.leave()
    mail.restart(before if kept == "of before" else None)
    assert mail.at("1001") == ("wrap_up", "voicemail", message.id)
    mail.world.run_for(10 * MIN)
    assert mail.rows[message.id].state is State.NEW
    assert mail.at("1001") == ("ready", "", "")


def test_what_was_done_while_the_states_were_put_aside_frees_the_agent(mail: Mail) -> None:
    message = mail.leave()
    mail.desk.ready("1001")
    mail.world.run_for(100)
    before = mail.world.engine.acd.snapshot()
    mail.finish(message.id)
    mail.restart(before)
    assert mail.at("1001") == ("ready", "", "")


WHAT = st.sampled_from(
    ["leave", "call", "ready 1001", "ready 1002", "break 1001", "sign_out 1002", "take", "finish"]
    + ["give back", "restart", "old restart", "lose 1001", "away", "there"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(WHAT, st.sampled_from([0, 10, 1_000, 25_000, 11 * MIN])), max_size=25))
def test_a_message_is_never_two_peoples_and_what_is_given_is_known(steps: list[tuple[str, int]]) -> None:
    mail = Mail()
    kept = mail.world.engine.acd.snapshot()
    for agent in ("1001", "1002"):
        mail.desk.ready(agent)
    for what, after_ms in steps:
        kept = _does(mail, what, kept)
        mail.world.run_for(after_ms)
        _agrees(mail)
    mail.away = False
    mail.world.run_for((2 * len(steps) + 2) * 11 * MIN)
    _agrees(mail)
    assert all(row.state is not State.TAKEN or row.until_ms is None for row in mail.rows.values())


def _does(mail: Mail, what: str, kept: Snapshot) -> Snapshot:
    taken = [row.id for row in mail.rows.values() if row.state is State.TAKEN]
    new = [row.id for row in mail.rows.values() if row.state is State.NEW]
    deeds: dict[str, Callable[[], object]] = {
        "leave": lambda: mail.world.call(Caller(number="4002", speech_ms=4_000)),
        "call": lambda: mail.world.call(Caller(number="4001", talk_ms=5_000, patience_ms=20_000)),
        "ready 1001": lambda: mail.set("1001", AgentState.READY),
        "ready 1002": lambda: mail.set("1002", AgentState.READY),
        "break 1001": lambda: mail.set("1001", AgentState.BREAK),
        "sign_out 1002": lambda: mail.set("1002", AgentState.SIGNED_OUT),
        "take": lambda: [mail.take(message, "leader") for message in new[-1:]],
        "finish": lambda: [mail.finish(message) for message in taken[:1]],
        "give back": lambda: [mail.give_back(message) for message in taken[:1]],
        "restart": lambda: mail.restart(),
        "old restart": lambda: mail.restart(kept),
        "lose 1001": lambda: mail.world.report(link.EndpointUnreachable(endpoint=link.EndpointId("1001"))),
        "away": lambda: setattr(mail, "away", True),
        "there": lambda: setattr(mail, "away", False),
    }
    with contextlib.suppress(VoicemailNotAllowed, PhoneNotReachable):
        deeds[what]()
    return mail.world.engine.acd.snapshot() if what != "old restart" else kept


def _agrees(mail: Mail) -> None:
    tasks = [task for agent in ("1001", "1002") if (task := mail.at(agent)[2])]
    assert len(tasks) == len(set(tasks)), "two have the same message"
    mail.world.run_for(50)  # what is on its way is written
    for agent in ("1001", "1002"):
        task = mail.at(agent)[2]
        if task:
            row = mail.rows[task]
            assert (row.state, row.taken_by) == (State.TAKEN, agent), "the agent works on another's message"
    given = {row.taken_by: row for row in mail.rows.values() if row.state is State.TAKEN and row.until_ms}
    for agent, row in given.items():
        assert mail.at(agent)[2] == row.id, "a message is with somebody who does not know"
    assert msgspec.json.encode(mail.world.engine.acd.snapshot())
