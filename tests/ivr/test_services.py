"""Look-up, voicemail, rating and comment, step by step; and what the check says of them."""

from __future__ import annotations

import pytest

from huawu.ivr import events as e
from huawu.ivr.check import Known, check_flows
from huawu.ivr.schema import (
    AnyStep,
    Case,
    CommentStep,
    ConditionStep,
    HangUpStep,
    LookupStep,
    PlayStep,
    QueueStep,
    RateStep,
    VoicemailStep,
)
from huawu.ivr.waiting import UnexpectedEvent
from tests.ivr.flows import MONDAY_10, Caller, flows

LOOK = LookupStep(
    service="crm",
    say=("looking-up",),
    send={"card": "{card}"},
    take={"level": "customer.level"},
    found="which",
    not_found="new",
    failed="everybody",
)
STEPS: dict[str, AnyStep] = {
    "look": LOOK,
    "which": ConditionStep(
        cases=(Case(variable="level", equals=("gold",), next="gold"),), otherwise="everybody"
    ),
    "gold": QueueStep(queue="gold"),
    "new": PlayStep(say=("welcome",), next="everybody"),
    "everybody": QueueStep(queue="general"),
}


def looking() -> Caller:
    caller = Caller(flows(STEPS), number="4000", card="77")
    wish = caller.start()
    assert isinstance(wish, e.LookUp)
    assert wish.send == {"caller": "13800000000", "number": "4000", "card": "77"}
    assert wish.take == {"level": "customer.level"}
    assert wish.prompts == ("looking-up",)
    return caller


def test_an_answer_chooses_the_way() -> None:
    caller = looking()
    assert caller.answered(level="gold") == e.Queue(queue="gold")
    assert caller.run.variables["level"] == "gold"


def test_who_is_not_found_goes_another_way_than_who_could_not_be_looked_up() -> None:
    assert looking().feed(e.LookedUp(at_ms=MONDAY_10, how="not_found")) == e.Say(prompts=("welcome",))
    caller = looking()
    assert caller.unanswered("timeout") == e.Queue(queue="general")
    assert "look: failed: timeout → everybody" in caller.notes


def test_fields_that_the_answer_lacks_are_empty_and_no_others_come_in() -> None:
    caller = looking()
    caller.answered(caller="0", extra="x")
    assert caller.run.variables["level"] == ""
    assert "extra" not in caller.run.variables
    assert caller.run.variables["caller"] == "13800000000"


def test_an_answer_nobody_waits_for_raises() -> None:
    caller = looking()
    caller.unanswered()
    with pytest.raises(UnexpectedEvent):
        caller.answered(level="gold")


def voicemail(**settings: object) -> Caller:
    step = VoicemailStep(queue="general", **settings)  # type: ignore[arg-type]
    caller = Caller(flows({"tape": step, "end": HangUpStep(say=("goodbye",))}))
    begun = caller.start()
    assert isinstance(begun, e.Record)
    assert (begun.purpose, begun.queue, begun.longest_ms) == ("voicemail", "general", 120_000)
    return caller


def test_a_message_is_thanked_for_and_the_call_ends() -> None:
    caller = voicemail()
    assert caller.recorded() == e.Say(prompts=("voicemail-saved", "goodbye"))
    assert caller.listen() == e.HangUp()
    assert caller.run.ended


def test_a_message_too_short_is_asked_for_once_more() -> None:
    caller = voicemail()
    again = caller.recorded("short")
    assert isinstance(again, e.Record)
    assert again.prompts == ("voicemail-short", "voicemail-greeting")
    assert caller.recorded("short") == e.HangUp()


def test_a_message_can_be_begun_anew_without_the_greeting_but_not_for_ever() -> None:
    caller = voicemail(next="end")
    for _ in range(4):
        again = caller.recorded("again")
        assert isinstance(again, e.Record)
        assert again.prompts == ()
    assert caller.recorded("again") == e.Say(prompts=("goodbye",))


def test_a_message_that_could_not_be_recorded_is_not_thanked_for() -> None:
    assert voicemail(next="end").recorded("failed") == e.Say(prompts=("goodbye",))


def survey() -> Caller:
    steps: dict[str, AnyStep] = {
        "rate": RateStep(next="say", otherwise="end"),
        "say": CommentStep(next="end"),
        "end": HangUpStep(say=("survey-thanks",)),
    }
    caller = Caller(flows(steps))
    asked = caller.start()
    assert isinstance(asked, e.Ask)
    assert (asked.max_digits, asked.barge_in) == (1, True)
    return caller


def test_a_score_is_noted_and_a_comment_asked_for() -> None:
    caller = survey()
    comment = caller.press("5")
    assert caller.scores == [5]
    assert isinstance(comment, e.Record)
    assert comment.purpose == "comment"
    assert caller.recorded() == e.Say(prompts=("survey-thanks",))
    assert caller.listen() == e.HangUp()


@pytest.mark.parametrize("key", ["0", "6", "9", "*", "#"])
def test_a_key_that_is_no_score_is_told_and_counts_for_nothing(key: str) -> None:
    caller = survey()
    again = caller.press(key)
    assert isinstance(again, e.Ask)
    assert again.prompts[0] == "wrong-key"
    assert caller.press(key) == e.Say(prompts=("survey-thanks",))
    assert caller.scores == []


def test_who_presses_nothing_or_speaks_is_asked_again_and_let_go() -> None:
    caller = survey()
    assert isinstance(caller.wait(), e.Ask)
    assert caller.speak() == e.Say(prompts=("survey-thanks",))
    assert caller.scores == []


KNOWN = Known(queues=("general", "gold"), services=("crm",), entries=("main",))


def wrong(steps: dict[str, AnyStep]) -> list[str]:
    found = check_flows(flows(steps).flows, KNOWN)
    return [
        f"{'.'.join(map(str, each.path[3:]))}: {each.message}" for each in found if each.severity == "error"
    ]


def test_what_is_wrong_with_a_step_is_told_with_its_place() -> None:
    assert wrong(STEPS) == []
    told = wrong(
        {
            "look": LookupStep(service="crn", take={"a b": "x"}, found="end", failed="nowhere"),
            "mail": VoicemailStep(queue="generl", longest_ms=500, silence_ms=10, next="end"),
            "rate": RateStep(lowest=5, highest=5, next="end"),
            "say": CommentStep(longest_ms=5_000, shortest_ms=6_000, next="end"),
            "end": HangUpStep(),
        }
    )
    assert told == [
        'look.failed: there is no step "nowhere"',
        'look.service: there is no service "crn" (did you mean "crm"?)',
        'look.take.a b: "a b" is no name for a variable; use letters, digits and _',
        'mail.queue: there is no queue "generl" (did you mean "general"?)',
        "mail.longest: a message may last from 1s to 10m",
        "mail.shortest: no message could be kept: this must be less than longest",
        "mail.silence: callers pause to think; allow at least 1s of silence",
        "rate.highest: a score from 5 to 5 is no choice",
        "say.shortest: no message could be kept: this must be less than longest",
    ]


def test_a_look_up_that_fails_must_not_go_round() -> None:
    steps: dict[str, AnyStep] = {
        "look": LookupStep(service="crm", found="end", failed="look"),
        "end": HangUpStep(),
    }
    assert any("goes round" in each for each in wrong(steps))
