"""A flow tried in the page goes as it goes for a caller: the same engine, whatever the flow and the acts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.calls.play_stage import PlayTooLong
from huawu.calls.play_told import Played
from huawu.calls.playing import Act, NothingToPlay, PlayResult, Scene, play
from huawu.config.load import load, parse
from huawu.config.schema import Configuration
from huawu.ivr import events as flow
from huawu.ivr.model import FlowRun, Flows
from tests.calls.worlds import CENTRE, FakeVoice, centre_of
from tests.ivr.flows import MONDAY_10
from tests.ivr.test_laws import some_flows

PROMPT_MS = 2_000
CLINIC = """
company: {name: 诊所, language: zh}
numbers:
  - {number: 5000, flow: main}
  - {number: 5001, queue: nurses}
  - {number: 5002, agent: wu}
flows:
  main:
    start: hours
    person: nurse
    steps:
      hours: {do: hours, calendar: surgery, open: menu, closed: message}
      menu:
        do: menu
        say: [welcome, menu]
        keys: {1: card, 2: english, 3: doctor, 4: crm, 0: nurse}
        nothing: no-key
        wrong: wrong-key
        tries: 2
      card: {do: collect, say: card, into: card, least: 4, most: 6, next: kind, tries: 1, private: true}
      kind: {do: condition, cases: [{variable: card, starts: "9", next: set}], otherwise: nurse}
      set: {do: set, variables: {kind: "private {card}"}, next: nurse}
      english: {do: language, language: en, next: nurse}
      doctor: {do: transfer, agent: wu, ring: 20s, failed: nurse}
      crm: {do: lookup, service: crm, say: looking, take: {level: customer.level}, found: nurse, failed: bye}
      nurse: {do: queue, queue: nurses, say: to-person, overflow: message}
      message: {do: voicemail, queue: nurses}
      bye: {do: hang_up, say: goodbye}
  survey:
    start: rate
    steps:
      rate: {do: rate, next: comment, otherwise: thanks}
      comment: {do: comment, next: thanks}
      thanks: {do: hang_up, say: thanks}
calendars:
  surgery: {hours: {mon-fri: 09:00-18:00}}
queues:
  nurses:
    name: 护士
    ring: 15s
    longest_wait: 5m
    survey: survey
    steps: [{after: 1m, say: overflow}]
    callback: {key: 5}
people:
  - {user: li, name: 李, extension: 101, queues: [nurses]}
  - {user: wu, name: 吴, extension: 102}
endpoints:
  - {endpoint: 101, person: li}
  - {endpoint: 102, person: wu}
trunks: [{trunk: city, target: 10.0.0.1}]
outbound:
  rules: [{rule: back, who: [agent], prefixes: "1", trunks: city}]
  emergency: [110]
lookup: {hosts: [crm.example.com], services: {crm: {url: "https://crm.example.com/", timeout: 2s}}}
"""


def played(*acts: Act, text: str = CLINIC, at_ms: int = MONDAY_10, **scene: Any) -> PlayResult:
    where = scene or {"number": "5000"}
    words = {"menu": "请按键", "to-person": "请稍候"}
    return play(
        load(text),
        FakeVoice(),
        Scene(
            at_ms=at_ms,
            words=lambda prompt, language: words.get(prompt, ""),
            length_ms=lambda path: PROMPT_MS,
            **where,
        ),
        acts,
    )


def press(digits: str) -> Act:
    return Act(press=digits)


NOTHING, HANG_UP = Act(nothing=True), Act(hang_up=True)
ANSWERS, NO_ANSWER, HANGS_UP = Act(agent="answers"), Act(agent="no_answer"), Act(agent="hangs_up")


def steps(result: PlayResult) -> list[str]:
    names = [each.step for each in result.played if each.kind == "step"]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def only(result: PlayResult, kind: str) -> list[Played]:
    return [each for each in result.played if each.kind == kind]


def test_it_stops_where_the_caller_is_to_do_something() -> None:
    result = played()
    assert steps(result) == ["hours", "menu"]
    (asked,) = only(result, "asks")
    assert (asked.prompts, asked.words, asked.length_ms) == (("welcome", "menu"), "请按键", 2 * PROMPT_MS)
    assert result.waits_for is not None
    assert (result.waits_for.kind, result.waits_for.step) == ("key", "menu")
    assert result.waits_for.keys == ("1", "2", "3", "4", "0")
    assert result.waits_for.until_ms == result.at_ms + 5_000, "the prompt was heard, now it waits"
    assert result.ended is None


def test_the_whole_is_played_anew_each_time_and_goes_on_from_where_it_was() -> None:
    acts = [press("1"), press("91"), press("23"), Act(wait=4_000), ANSWERS, HANGS_UP, press("4"), NOTHING]
    before: list[Played] = []
    for count in range(len(acts) + 1):
        result = played(*acts[:count])
        assert result.refused is None
        assert result.played[: len(before)] == before
        before = result.played
    assert played(*acts[:4]).variables["kind"] == "private 9123"


def test_digits_may_come_one_by_one_and_are_shown_though_they_are_private() -> None:
    result = played(press("1"), press("12"))
    assert result.waits_for is not None
    assert (result.waits_for.kind, result.waits_for.so_far) == ("digits", "12")
    result = played(press("1"), press("12"), press("34#"))
    assert [each.digits for each in only(result, "hears")] == ["1", "12", "34#"]
    assert result.variables["card"] == "1234"
    assert steps(result)[-1] == "nurse"


def test_who_presses_nothing_or_something_wrong_is_told_and_then_led_to_a_person() -> None:
    result = played(press("9"), NOTHING)
    assert [each.prompts[0] for each in only(result, "asks")] == ["welcome", "wrong-key"]
    assert steps(result)[-1] == "nurse"


def test_it_can_be_another_time() -> None:
    sunday_ms = MONDAY_10 - 24 * 3_600_000
    result = played(Act(speak=4_000), press("#"), at_ms=sunday_ms)
    assert steps(result) == ["hours", "message"]
    (kept,) = [each for each in only(result, "recorded") if each.why == "kept"]
    assert kept.length_ms == 4_000
    assert result.ended is not None
    assert (result.ended.how, result.ended.reason) == ("centre", "normal")


def test_a_message_in_which_nobody_speaks_is_not_kept() -> None:
    result = played(NOTHING, NOTHING, at_ms=MONDAY_10 - 24 * 3_600_000)
    assert [each.why for each in only(result, "recorded")] == ["short", "short"]
    assert result.ended is not None


def test_an_agent_answers_hangs_up_and_the_caller_is_asked() -> None:
    result = played(press("0"))
    assert result.waits_for is not None
    assert (result.waits_for.kind, result.waits_for.agent, result.waits_for.queue) == (
        "agent",
        "li",
        "nurses",
    )
    result = played(press("0"), ANSWERS)
    assert result.waits_for is not None
    assert (result.waits_for.kind, result.waits_for.agent) == ("talk", "li")
    result = played(press("0"), ANSWERS, HANGS_UP)
    assert result.waits_for is not None
    assert (result.waits_for.flow, result.waits_for.keys) == ("survey", ("1", "2", "3", "4", "5"))
    result = played(press("0"), ANSWERS, HANGS_UP, press("5"), Act(speak=3_000), press("#"))
    assert [each.digits for each in only(result, "rates")] == ["5"]
    assert result.waits_for is None
    assert result.ended is not None


def test_nobody_answers_and_the_line_gives_the_caller_back() -> None:
    result = played(press("0"), NO_ANSWER, Act(wait=90_000))
    said = [prompt for each in only(result, "says") for prompt in each.prompts]
    assert "overflow" in said, "the step by time"
    assert result.waits_for is not None
    assert result.waits_for.kind == "agent"
    result = played(press("0"), NO_ANSWER, NOTHING)
    assert steps(result)[-1] == "message"
    assert any(each.why.startswith("wait_over") for each in only(result, "leads"))


def test_who_waits_may_ask_to_be_called_back() -> None:
    result = played(Act(agent="none"), press("0"))
    assert result.waits_for is not None
    assert result.waits_for.keys == ("5",)
    result = played(Act(agent="none"), press("0"), press("5"))
    assert result.ended is not None
    assert result.ended.how == "callback"


def test_one_who_is_busy_can_be_made_to_answer() -> None:
    result = played(Act(agent="busy"), press("0"), ANSWERS)
    assert result.waits_for is not None
    assert result.waits_for.kind == "talk"
    unserved = CLINIC.replace("extension: 101, queues: [nurses]", "extension: 101")
    result = played(press("0"), ANSWERS, text=unserved)
    assert result.refused is not None
    assert "nobody has a phone and the skills" in result.refused.why


def test_a_direct_transfer_rings_one_agent() -> None:
    result = played(press("3"))
    assert result.waits_for is not None
    assert result.waits_for.agent == "wu"
    assert steps(played(press("3"), NO_ANSWER))[-1] == "nurse"
    assert only(played(press("3"), ANSWERS), "talks")[0].agent == "wu"
    assert steps(played(Act(agent="busy"), press("3")))[-1] == "nurse"
    assert only(played(ANSWERS, number="5002"), "talks")[0].agent == "wu"


@pytest.mark.parametrize(
    ("answer", "last", "level"),
    [
        ({"customer": {"level": "gold"}}, "nurse", "gold"),
        ("not_found", "bye", None),
        ("fails", "bye", None),
        (None, "bye", None),
    ],
)
def test_what_a_service_answers_is_given_by_an_act(answer: Any, last: str, level: str | None) -> None:
    result = played(press("4"))
    assert result.waits_for is not None
    assert (result.waits_for.kind, result.waits_for.take) == ("lookup", {"level": "customer.level"})
    result = played(press("4"), NOTHING if answer is None else Act(lookup=answer))
    assert steps(result)[-1] == last
    assert result.variables.get("level") == level


def test_the_language_is_the_one_asked_for() -> None:
    assert played(number="5000", language="en").language == "en"
    assert played(press("2")).language == "en"


def test_who_hangs_up_has_ended_it_and_nothing_more_is_played() -> None:
    result = played(HANG_UP, press("1"))
    assert result.ended is not None
    assert result.ended.how == "caller"
    assert result.refused is not None
    assert (result.refused.act, result.refused.code) == (1, "over")


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        ([Act(lookup="fails")], "no service is asked"),
        ([ANSWERS], "nobody is rung"),
        ([HANGS_UP], "nobody talks"),
        ([press("0"), ANSWERS, press("1")], "nobody listens for keys"),
        ([press("0"), ANSWERS, Act(speak=10)], "nobody listens to the caller"),
        ([press("0"), ANSWERS, NOTHING], "somebody has to hang up"),
        ([Act()], "says nothing"),
    ],
)
def test_an_act_that_does_not_fit_is_told_and_those_before_it_stand(acts: list[Act], why: str) -> None:
    result = played(*acts)
    assert result.refused is not None
    assert result.refused.act == len(acts) - 1
    assert why in result.refused.why
    assert result.played == played(*acts[:-1]).played


def test_what_is_not_there_cannot_be_played() -> None:
    scenes: list[dict[str, Any]] = [{"flow": "none"}, {"number": "999"}, {"number": "*11"}, {"number": "*70"}]
    for scene in scenes:
        with pytest.raises(NothingToPlay):
            played(**scene)


def test_a_flow_that_no_number_leads_to_can_be_tried() -> None:
    result = played(press("3"), flow="survey")
    assert steps(result) == ["rate", "comment"]
    assert result.variables["number"] == ""


def test_a_play_has_a_bound() -> None:
    often = CLINIC.replace("ring: 15s", "ring: 15s\n    announce_every: 1s").replace(
        "    longest_wait: 5m\n", ""
    )
    try:
        result = played(Act(agent="none"), press("0"), *[Act(wait=10**9)] * 50, text=often)
    except PlayTooLong:
        return
    assert len(result.played) <= 2_000


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────────

BASE = centre_of(CENTRE).configuration
ACT = st.one_of(
    st.sampled_from(["1", "0", "9", "7", "12", "*", "#", "1234"]).map(press),
    st.sampled_from([NOTHING, NOTHING, Act(wait=1_000), Act(wait=100_000), Act(speak=3_000), HANG_UP]),
    st.sampled_from(["answers", "no_answer", "none", "busy", "free", "hangs_up"]).map(
        lambda act: Act(agent=act)  # type: ignore[arg-type]
    ),
    st.sampled_from([{"name": "9"}, {}, "not_found", "fails"]).map(lambda answer: Act(lookup=answer)),  # type: ignore[arg-type]
)
LOOKUP = parse(CENTRE + CLINIC[CLINIC.index("lookup:") :])


def with_flows(flows: Flows) -> Configuration:
    assert LOOKUP.configuration is not None
    return msgspec.structs.replace(LOOKUP.configuration, flows=dict(flows.flows))


def tried(flows: Flows, acts: list[Act]) -> PlayResult:
    scene = Scene(at_ms=MONDAY_10, flow="main", length_ms=lambda path: PROMPT_MS)
    return play(with_flows(flows), FakeVoice(), scene, acts)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(flows=some_flows(wild=False) | some_flows(wild=True), acts=st.lists(ACT, max_size=12))
def test_every_play_ends_or_waits_and_is_the_same_each_time(flows: Flows, acts: list[Act]) -> None:
    result = tried(flows, acts)
    assert (result.ended is None) != (result.waits_for is None)
    assert [each.at_ms for each in result.played] == sorted(each.at_ms for each in result.played)
    if result.ended is not None:
        assert result.played[-1].kind == "ends"
    assert tried(flows, acts) == result
    if result.refused is not None:
        assert tried(flows, acts[: result.refused.act]).played == result.played


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    flows=some_flows(wild=False) | some_flows(wild=True),
    acts=st.lists(st.sampled_from(["1", "0", "9", "12", "*", "#", "1234", ""]), max_size=10),
)
def test_a_play_takes_the_steps_that_the_machine_takes_for_a_caller(flows: Flows, acts: list[str]) -> None:
    """Fed by hand with the same keys, as far as the caller is in the flow's own hands."""
    result = tried(flows, [press(act) if act else NOTHING for act in acts])
    told = [(each.flow, each.step, each.why) for each in result.played if each.kind == "step"]
    run = FlowRun(flows, "main", {"caller": "13800000000", "number": "", "language": "zh"})
    notes: list[tuple[str, str, str]] = []
    left = list(acts)
    event: flow.FlowEvent | None = flow.Started(at_ms=MONDAY_10)
    while event is not None:
        commands = run.step(event)
        notes += [(each.flow, each.step, each.text) for each in commands if isinstance(each, flow.Note)]
        event = answer(commands[-1], left)
    assert told[: len(notes)] == notes
    assert notes


def answer(command: flow.FlowCommand, acts: list[str]) -> flow.FlowEvent | None:
    """What a switch would report; None: it is another's turn, or no act is left."""
    if isinstance(command, flow.Say):
        return flow.PromptEnded(at_ms=MONDAY_10)
    if not isinstance(command, flow.Ask):
        return None
    digits = ""
    while acts:
        keys = acts.pop(0)
        if not keys:
            how = "timeout" if digits else "nothing"
            return flow.Collected(at_ms=MONDAY_10, digits=digits, how=how)  # type: ignore[arg-type]
        for key in keys:
            if key == command.end_key:
                return flow.Collected(at_ms=MONDAY_10, digits=digits, how="end_key")
            digits += key
            if len(digits) == command.max_digits:
                return flow.Collected(at_ms=MONDAY_10, digits=digits, how="complete")
    return None


def test_a_key_pressed_into_a_prompt_stops_it() -> None:
    result = played(Act(press="1", into=500))
    first, card = only(result, "asks")
    (heard,) = only(result, "hears")
    assert (heard.at_ms, heard.digits, heard.step) == (first.at_ms + 500, "1", "menu")
    assert card.at_ms == heard.at_ms, "the next prompt begins at the key, not at the end of the one before"
    later = played(press("1"))
    assert only(later, "hears")[0].at_ms >= first.at_ms + 2 * PROMPT_MS


def test_a_key_later_than_the_prompt_lasts_is_pressed_at_its_end() -> None:
    assert played(Act(press="1", into=60_000)) == played(press("1"))


def test_each_prompt_of_a_call_can_be_cut_short() -> None:
    result = played(Act(press="1", into=100), Act(press="9123#", into=200))
    assert [each.at_ms for each in only(result, "hears")] == [100, 300]
    assert steps(result)[:4] == ["hours", "menu", "card", "kind"]


def test_a_prompt_that_must_be_heard_is_not_stopped_by_a_key() -> None:
    text = CLINIC.replace("tries: 2", "tries: 2\n        barge_in: false")
    result = played(Act(press="1", into=500), text=text)
    assert result.refused is not None
    assert result.refused.code == "no_barge"
    assert steps(played(Act(press="1", into=60_000), text=text))[-1] == "card"
