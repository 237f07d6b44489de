"""What becomes of calls while no centre is there: bridges stay, nothing leaks, newcomers are refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import (
    Answer,
    Bridge,
    Command,
    ConferenceId,
    Event,
    HangUp,
    Hears,
    LegEnded,
    LegId,
    Mix,
    Originate,
    Reject,
    Ring,
)
from huawu.switch.core import AWAY_LIMIT_S, ORPHAN_GRACE_S
from huawu.switch.sip.events import CallEnded
from tests.switch.playbook import TRUNK, A, B, C, Line, ends, sdp


def bridged() -> Line:
    line = Line(media_timeout_s=0)
    line.called(A)
    line.called(B)
    line.called(C)
    line.do(Bridge(a=A, b=B))
    line.core.centre_present(False)
    return line


def test_calls_are_refused_until_a_centre_is_there() -> None:
    line = Line(centre=False)
    assert line.calls.retry_after_s is not None
    assert line.offered(offer=sdp()) == []
    assert line.calls.did == [("reject", A, "congestion")]
    line.core.centre_present(True)
    retry: list[int | None] = [line.calls.retry_after_s]
    assert retry == [None]
    assert len(line.offered(B, sdp())) == 1
    line.core.centre_present(False)
    assert line.calls.retry_after_s == 5


def test_bridged_parties_talk_on_and_waiting_ones_wait() -> None:
    line = bridged()
    assert line.pass_time(AWAY_LIMIT_S - 1) == []
    assert line.media.bridges == {A: B, B: A}
    assert len(line.snapshot().legs) == 3


def test_party_left_by_the_other_is_hung_up_after_a_grace() -> None:
    line = bridged()
    assert ends(line.news(CallEnded(leg=A, by="peer", reason="normal"))) == [(A, "peer", "normal")]
    assert line.pass_time(ORPHAN_GRACE_S - 0.1) == []
    assert ends(line.pass_time(0.2)) == [(B, "switch", "normal")]


def test_centre_that_comes_back_in_time_decides_itself() -> None:
    line = bridged()
    line.news(CallEnded(leg=A, by="peer", reason="normal"))
    line.pass_time(1)
    line.core.centre_present(True)
    assert line.pass_time(AWAY_LIMIT_S * 2) == []
    assert [leg.leg for leg in line.snapshot().legs] == [B, C]


def test_unbridged_leg_does_not_wait_for_ever() -> None:
    line = bridged()
    assert ends(line.pass_time(AWAY_LIMIT_S + 1)) == [(C, "switch", "unavailable")]
    assert line.media.bridges == {A: B, B: A}


def in_conference(*cells: tuple[LegId, LegId]) -> Line:
    line = Line(media_timeout_s=0)
    for leg in (A, B, C):
        line.called(leg)
    hears = tuple(Hears(listener=listener, speaker=speaker) for listener, speaker in cells)
    line.do(Mix(conference=ConferenceId("room"), hears=hears))
    line.core.centre_present(False)
    return line


def test_parties_of_a_conference_go_on_while_two_can_talk() -> None:
    line = in_conference((A, B), (B, A), (A, C), (C, A), (B, C), (C, B))
    assert line.pass_time(AWAY_LIMIT_S + 1) == []
    line.news(CallEnded(leg=A, by="peer", reason="normal"))
    assert line.pass_time(ORPHAN_GRACE_S * 100) == []
    line.news(CallEnded(leg=B, by="peer", reason="normal"))
    assert ends(line.pass_time(ORPHAN_GRACE_S + 1)) == [(C, "switch", "normal")]


def test_agent_and_listening_supervisor_are_hung_up_when_the_caller_left() -> None:
    line = in_conference((A, B), (B, A), (C, A), (C, B))
    line.news(CallEnded(leg=A, by="peer", reason="normal"))
    assert ends(line.pass_time(2 * ORPHAN_GRACE_S + 1)) == [(B, "switch", "normal"), (C, "switch", "normal")]


LEGS = st.sampled_from([A, B, C])
ACTS = st.one_of(
    st.tuples(st.just("offered"), LEGS),
    st.tuples(st.just("peer ends"), LEGS),
    st.tuples(st.just("answer"), LEGS),
    st.tuples(st.just("ring"), LEGS),
    st.tuples(st.just("reject"), LEGS),
    st.tuples(st.just("hang up"), LEGS),
    st.tuples(st.just("originate"), LEGS),
    st.tuples(st.just("bridge"), LEGS),
    st.tuples(st.just("centre"), st.just(A)),
    st.tuples(st.just("minute"), st.just(A)),
)


@given(st.lists(ACTS, max_size=40))
def test_law_every_leg_told_of_ends_once_and_nothing_follows(acts: list[tuple[str, LegId]]) -> None:
    line, events, centre, name = Line(), list[Event](), True, 0
    now: dict[LegId, LegId] = {A: A, B: B, C: C}  # the names the three have at present
    for act, who in acts:
        leg = now[who]
        commands: dict[str, Command] = {
            "answer": Answer(leg=leg),
            "ring": Ring(leg=leg),
            "reject": Reject(leg=leg, reason="busy"),
            "hang up": HangUp(leg=leg),
            "bridge": Bridge(a=leg, b=now[A]),
        }
        if act == "minute":
            events += line.pass_time(60)
        elif act == "centre":
            centre = not centre
            line.core.centre_present(centre)
        elif act == "peer ends":
            events += line.news(CallEnded(leg=leg, by="peer", reason="normal"))
        elif act in ("offered", "originate"):
            name += 1
            now[who] = LegId(f"{who}{name}")
            if act == "offered":
                events += line.offered(now[who], sdp())
            elif centre:
                events += line.do(Originate(leg=now[who], trunk=TRUNK, number="1"))
        elif centre:
            events += line.do(commands[act])
    line.core.centre_present(False)
    while line.media.bridges:
        events += line.news(CallEnded(leg=next(iter(line.media.bridges)), by="peer", reason="normal"))
    events += line.pass_time(AWAY_LIMIT_S + 1)
    assert line.media.opened == {}
    ended: set[LegId] = set()
    for event in events:
        about = getattr(event, "leg", None)
        assert about not in ended
        if isinstance(event, LegEnded):
            ended.add(event.leg)
    assert {getattr(event, "leg", None) for event in events} - {None} == ended
