"""The laws of calls outside: caps are never exceeded, help is always reached, the alarm stops what costs."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.calls.tolls import Asked, End, LineId, Stop, Tolls, TollState, Warn
from huawu.config.outbound import Meaning, OutboundPlan, Passage
from huawu.config.trunks import AskerCaps, Caps, TollAlarm

DAY = 86_400_000
HOUR = 3_600_000
MINUTE = 60_000


def day_of(at_ms: int) -> int:
    return at_ms - at_ms % DAY


def passage(*, costly: bool = False, emergency: bool = False) -> Passage:
    cost = "international" if costly else "local"
    meaning = Meaning(kind="fixed", cost=cost)  # type: ignore[arg-type]
    return Passage(rule="r", number="1", trunks=(), meaning=meaning, costly=costly, emergency=emergency)


def tolls(**plan: object) -> Tolls:
    plan.setdefault("alarm", TollAlarm(calls=1_000))
    return Tolls(plan=OutboundPlan(**plan), day_of=day_of)  # type: ignore[arg-type]


def ask(tolls: Tolls, line: str, at_ms: int, *, person: str = "li", **kind: bool) -> object:
    asked = Asked(line=LineId(line), asker="agent", person=person, passage=passage(**kind))
    return tolls.ask(asked, at_ms)


def caps(
    at_once: int = 0, hour: int = 0, day: int = 0, minutes: int = 0, each: Caps | None = None
) -> AskerCaps:
    return AskerCaps(at_once=at_once, hour=hour, day=day, minutes=minutes, each=each or Caps())


# ── Each bound by itself ──────────────────────────────────────────────────────────────────────────


def test_calls_at_once_are_bounded_and_free_again_after_the_end() -> None:
    t = tolls(caps={"agent": caps(at_once=1)})
    assert ask(t, "a", 0) is None
    assert ask(t, "b", 1) == "at_once"
    t.ended(LineId("a"), 2)
    assert ask(t, "b", 3) is None


def test_an_hour_rolls_and_a_day_begins_at_midnight() -> None:
    t = tolls(caps={"agent": caps(hour=1, day=2)})
    assert ask(t, "a", 0) is None
    assert ask(t, "b", HOUR - 1) == "hour"
    assert ask(t, "b", HOUR) is None
    assert ask(t, "c", 5 * HOUR) == "day"
    assert ask(t, "c", DAY) is None


def test_a_person_has_bounds_of_their_own_besides_those_of_all() -> None:
    t = tolls(caps={"agent": caps(day=3, each=Caps(day=2))}, caps_of={"boss": Caps(day=1)})
    assert [ask(t, f"a{n}", n) for n in range(3)] == [None, None, "day"]
    assert ask(t, "b1", 4, person="boss") is None
    assert ask(t, "b2", 5, person="boss") == "day"
    assert ask(t, "c", 6, person="wang") == "day"


def test_a_call_ends_when_the_minutes_of_the_day_are_used_up_by_all_together() -> None:
    t = tolls(caps={"agent": caps(minutes=10)})
    for line in "ab":
        assert ask(t, line, 0) is None
        t.answered(LineId(line), 0)
    assert t.due_ms() == 4 * MINUTE  # a minute's warning
    assert t.due(4 * MINUTE) == [Warn(LineId("a")), Warn(LineId("b"))]
    assert t.due_ms() == 5 * MINUTE
    assert t.due(5 * MINUTE) == [End(LineId("a"), "minutes"), End(LineId("b"), "minutes")]
    assert ask(t, "c", 5 * MINUTE) == "minutes"


def test_the_longest_call_is_warned_and_ended() -> None:
    t = tolls(longest_call_ms=HOUR)
    assert ask(t, "a", 0) is None
    assert t.due_ms() is None
    t.answered(LineId("a"), MINUTE)
    assert t.due_ms() == HOUR
    assert t.due(HOUR) == [Warn(LineId("a"))]
    assert t.due(HOUR + MINUTE) == [End(LineId("a"), "longest_call")]


def test_a_burst_of_costly_calls_stops_them_all_until_the_reset_and_nothing_else() -> None:
    t = tolls(alarm=TollAlarm(calls=2, window_ms=MINUTE))
    assert [ask(t, f"a{n}", n, costly=True) for n in range(2)] == [None, None]
    stop = ask(t, "b", 5, costly=True)
    assert isinstance(stop, Stop)
    assert (stop.calls, stop.person) == (3, "li")
    assert ask(t, "c", DAY, costly=True) == "stopped"
    assert ask(t, "d", DAY) is None
    assert ask(t, "e", DAY, emergency=True) is None
    assert t.reset()
    assert not t.reset()
    assert ask(t, "c", DAY + 1, costly=True) is None


def test_outside_the_hours_fewer_costly_calls_set_the_alarm_off() -> None:
    t = tolls(alarm=TollAlarm(calls=9, window_ms=HOUR, calls_outside_hours=1))
    t.is_open = lambda at_ms: at_ms < HOUR
    assert ask(t, "a", HOUR - 2, costly=True) is None
    stop = ask(t, "b", HOUR, costly=True)
    assert isinstance(stop, Stop)
    assert stop.outside_hours


def test_a_restart_forgets_nothing() -> None:
    t = tolls(caps={"agent": caps(at_once=5, minutes=10)}, alarm=TollAlarm(calls=1))
    ask(t, "a", 0)
    t.answered(LineId("a"), 0)
    ask(t, "b", 1, costly=True)
    ask(t, "c", 2, costly=True)
    kept = msgspec.json.decode(msgspec.json.encode(t.snapshot()), type=TollState)
    heir = Tolls(plan=t.plan, day_of=day_of, state=kept)
    assert heir.snapshot() == t.snapshot()
    assert heir.due_ms() == t.due_ms()
    heir.settle({"a"}, 3)
    assert set(heir.state.lines) == {"a"}
    assert ask(heir, "d", 4, costly=True) == "stopped"


# ── Laws, in any order of events ──────────────────────────────────────────────────────────────────


@dataclass
class Ledger:
    """What really left, counted plainly."""

    began: list[tuple[int, str]] = field(default_factory=list)  # at, person
    talked: dict[str, tuple[str, int]] = field(default_factory=dict)  # line → person, since
    costly: list[int] = field(default_factory=list)  # since the last reset
    spent: dict[tuple[int, str], int] = field(default_factory=dict)  # day and person → ms

    def over(self, line: str, at_ms: int) -> None:
        person, since = self.talked.pop(line, ("", at_ms))
        while since < at_ms:
            until = min(at_ms, day_of(since) + DAY)
            for whose in ("*", person):
                key = day_of(since), whose
                self.spent[key] = self.spent.get(key, 0) + until - since
            since = until


ROLE, EACH = Caps(at_once=3, hour=6, day=12, minutes=30), Caps(at_once=2, hour=4, day=8, minutes=20)
PLAN = OutboundPlan(
    caps={"agent": AskerCaps(at_once=3, hour=6, day=12, minutes=30, each=EACH)},
    longest_call_ms=15 * MINUTE,
    alarm=TollAlarm(calls=3, window_ms=2 * HOUR),
)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "costly", "help", "answer", "end", "reset", "restart", "back"]),
        st.sampled_from(["li", "wang", "zhao"]),
        st.integers(0, 40 * MINUTE),
    ),
    max_size=80,
)


@given(DEEDS)
@settings(max_examples=200, deadline=None)
def test_no_order_of_events_breaks_a_law(deeds: list[tuple[str, str, int]]) -> None:
    t = Tolls(plan=PLAN, day_of=day_of)
    ledger = Ledger()
    running: dict[str, str] = {}
    now = 5 * HOUR
    stopped = False
    for serial, (deed, person, gap) in enumerate(deeds):
        now = _let_time_pass(t, ledger, running, now, now + gap)
        line = f"x{serial}"
        if deed == "help":
            assert ask(t, line, now, person=person, emergency=True) is None
            t.ended(LineId(line), now)
        elif deed in ("ask", "costly"):
            verdict = ask(t, line, now, person=person, costly=deed == "costly")
            if stopped and deed == "costly":
                assert verdict == "stopped"
            stopped = stopped or isinstance(verdict, Stop)
            if verdict is None:
                running[line] = person
                ledger.began.append((now, person))
                ledger.costly += [now] if deed == "costly" else []
                _within_caps(ledger, running, now, person)
        elif deed == "answer" and (ringing := [one for one in running if one not in ledger.talked]):
            t.answered(LineId(ringing[0]), now)
            ledger.talked[ringing[0]] = running[ringing[0]], now
        elif deed == "end" and running:
            line = next(iter(running))
            del running[line]
            ledger.over(line, now)
            t.ended(LineId(line), now)
        elif deed == "reset":
            assert t.reset() == stopped
            stopped = False
            ledger.costly.clear()
        elif deed == "restart":
            t = Tolls(plan=PLAN, day_of=day_of, state=t.snapshot())
        elif deed == "back":
            t.due(now - HOUR)  # a clock that steps back frees nobody
    now = _let_time_pass(t, ledger, running, now, now + DAY)
    for (_, whose), spent in ledger.spent.items():
        assert spent <= (ROLE if whose == "*" else EACH).minutes * MINUTE
    assert not ledger.talked, "every call ends"


def _within_caps(ledger: Ledger, running: dict[str, str], now: int, person: str) -> None:
    for whose, bound in (("*", ROLE), (person, EACH)):
        mine = [at for at, who in ledger.began if whose in ("*", who)]
        assert sum(whose in ("*", who) for who in running.values()) <= bound.at_once
        assert sum(at > now - HOUR for at in mine) <= bound.hour
        assert sum(at >= day_of(now) for at in mine) <= bound.day
    assert sum(at > now - PLAN.alarm.window_ms for at in ledger.costly) <= PLAN.alarm.calls


def _let_time_pass(t: Tolls, ledger: Ledger, running: dict[str, str], now: int, until: int) -> int:
    """Do what the model wants done at its instants, as the engine does."""
    while (due := t.due_ms()) is not None and due <= until:
        now = max(now, due)
        for order in t.due(now):
            if isinstance(order, End):
                running.pop(order.line)
                ledger.over(order.line, now)
                t.ended(order.line, now)
    return until
