"""Look-up, voicemail, survey and announcements, in virtual time around the real engine."""

from __future__ import annotations

from typing import Any

from huawu.acd.events import AgentState
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact
from huawu.calls.looking_up import LookupAnswer
from huawu.calls.notices import Notice
from huawu.calls.record import derive
from huawu.calls.voicemails import State, Voicemail
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from tests.calls.worlds import CENTRE, Desk, desk

MORE = """
lookup:
  hosts: [crm.test]
  services:
    crm: {url: "https://crm.test/caller", timeout: 1s}
"""
TEXT = (
    CENTRE.replace(
        "flows:\n",
        """flows:
  mail:
    start: tape
    steps:
      tape: {do: voicemail, queue: general, longest: 30s}
  survey:
    start: rate
    steps:
      rate: {do: rate, next: say, otherwise: thanks}
      say: {do: comment, next: thanks}
      thanks: {do: hang_up, say: survey-thanks}
  looked:
    start: look
    steps:
      look:
        do: lookup
        service: crm
        say: looking-up
        take: {level: level}
        found: which
        not_found: new
        failed: unknown
      which: {do: condition, cases: [{variable: level, equals: gold, next: gold}], otherwise: unknown}
      gold: {do: hang_up, say: welcome}
      new: {do: hang_up, say: closed}
      unknown: {do: queue, queue: general}
""",
    )
    .replace(
        "numbers:\n",
        """numbers:
  - {number: 4002, name: mail, flow: mail, public: true}
  - {number: 4003, name: looked, flow: looked, public: true}
""",
    )
    .replace("ring: 15s,", "ring: 15s, survey: survey,")
    + MORE
)


class Kept:
    """What the edge keeps of an engine's effects."""

    def __init__(self, floor: Desk) -> None:
        self.voicemails: dict[str, Voicemail] = {}
        self.deliveries: list[str] = []
        self.discarded: list[str] = []
        carry_out = floor.world.carry_out

        def watched(effects: Effects) -> None:
            for each in effects.voicemails:
                before = self.voicemails.get(each.id)
                if before is not None and before.state is not State.RECORDING:
                    continue  # as the database does
                self.voicemails[each.id] = each
                if each.state is State.NEW:
                    self.deliveries.append(each.id)
            self.discarded += effects.discarded
            carry_out(effects)

        floor.world.carry_out = watched  # type: ignore[method-assign]


def a_desk(text: str = TEXT) -> tuple[Desk, Kept]:
    floor = desk(text)
    return floor, Kept(floor)


def facts(floor: Desk, kind: str) -> list[Fact]:
    return [fact for fact in floor.world.facts if fact.kind == kind]


def said(floor: Desk) -> list[str]:
    return [prompt for fact in facts(floor, "prompt") for prompt in fact.fields["prompts"]]


def nothing_left(floor: Desk) -> None:
    assert not floor.world.legs
    assert not floor.world.engine.floor.calls
    assert not floor.world.timers


def record(floor: Desk) -> Any:
    found = derive(floor.world.facts)
    assert found is not None
    return found


# ── Voicemail ─────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_delivered_to_the_queue_when_the_caller_falls_silent() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", caller="139", speech_ms=7_000))
    floor.world.run_for(60_000)
    (message,) = kept.voicemails.values()
    assert (message.state, message.queue, message.caller) == (State.NEW, "general", "139")
    assert message.length_ms == 300 + 7_000 + 6_000
    assert said(floor) == ["voicemail-greeting", "voicemail-saved", "goodbye"]
    (start,) = [each for each in floor.world.commands if isinstance(each, link.StartRecording)]
    assert start.right is None
    assert start.path == f"/data/{message.path}"
    told = record(floor)
    assert (told.outcome, told.voicemail.id, told.recording) == ("self_service", message.id, None)
    nothing_left(floor)


def test_the_tone_comes_before_the_recording() -> None:
    floor, _ = a_desk()
    floor.world.call(Caller(number="4002"))
    floor.world.run_for(60_000)
    first = next(each for each in floor.world.commands if isinstance(each, link.Play))
    assert isinstance(first.clips[-1], link.Tone)
    kinds = [type(each) for each in floor.world.commands]
    assert kinds.index(link.Play) < kinds.index(link.StartRecording)


def test_the_pound_key_ends_a_message_at_once() -> None:
    floor, kept = a_desk()
    leg = floor.world.call(Caller(number="4002", speech_ms=20_000))
    floor.world.run_for(12_000)
    call = next(iter(floor.world.engine.floor.calls.values()))
    assert call.collect is not None
    floor.world.report(
        link.DigitsCollected(leg=leg, collect=call.collect, digits="#", how="complete", spoke=True)
    )
    floor.world.run_for(10)
    (message,) = kept.voicemails.values()
    assert (message.state, message.length_ms < 12_000) == (State.NEW, True)
    floor.world.run_for(60_000)
    nothing_left(floor)


def test_a_message_lasts_no_longer_than_it_may() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", speech_ms=10**6))
    floor.world.run_for(120_000)
    (message,) = kept.voicemails.values()
    assert (message.state, message.length_ms) == (State.NEW, 30_001)
    nothing_left(floor)


def test_the_star_key_throws_a_message_away_and_begins_anew() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", keys=["*"], speech_ms=5_000))
    floor.world.run_for(120_000)
    assert [each.state for each in kept.voicemails.values()] == [State.DISCARDED, State.NEW]
    assert kept.discarded == [each.path for each in kept.voicemails.values()][:1]
    nothing_left(floor)


def test_silence_is_no_message() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", speech_ms=0))
    floor.world.run_for(120_000)
    assert [each.state for each in kept.voicemails.values()] == [State.DISCARDED] * 2
    assert "voicemail-short" in said(floor)
    assert "voicemail-saved" not in said(floor)
    assert len(kept.discarded) == 2
    nothing_left(floor)


def test_who_hangs_up_while_speaking_has_left_a_message() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", speech_ms=10**6, patience_ms=15_000))
    floor.world.run_for(60_000)
    (message,) = kept.voicemails.values()
    assert (message.state, kept.discarded) == (State.NEW, [])
    assert record(floor).outcome == "self_service"
    nothing_left(floor)


def test_who_hangs_up_during_the_greeting_has_left_nothing() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", patience_ms=1_000))
    floor.world.run_for(60_000)
    assert not kept.voicemails
    nothing_left(floor)


def test_a_caller_who_is_sent_to_leave_a_message_is_recorded_apart_from_the_conversation() -> None:
    floor, kept = a_desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=0, speech_ms=5_000))
    floor.world.run_for(10_000)
    call = next(iter(floor.world.engine.floor.calls.values()))
    assert call.lead is not None
    asked = link.TransferAsked(leg=call.lead.leg, number="4002")
    floor.world.report(asked)
    floor.world.run_for(60_000)
    assert leg not in floor.world.legs
    (message,) = kept.voicemails.values()
    assert message.state is State.NEW
    told = record_of(floor, "voicemail_left")
    assert (told.recording.state, told.recording_path) == ("complete", f"recordings/{message.call}.wav")
    assert not any("recorded already" in each for each in floor.world.wrong)


def test_a_full_disk_delivers_what_was_written() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", speech_ms=10**6))
    floor.world.run_for(15_000)
    (recording,) = floor.world.recordings
    floor.world.report(
        link.RecordingFailed(recording=recording, path="", detail="no space left", goes_on=True)
    )
    assert any(
        isinstance(one, link.StopRecording) and one.recording == recording for one in floor.world.commands
    ), "the caller spoke on for nothing"
    floor.world.run_for(60_000)
    (message,) = kept.voicemails.values()
    assert message.state is State.NEW
    assert message.length_ms > 2_000
    nothing_left(floor)


def test_a_message_of_which_nothing_could_be_written_is_not_delivered() -> None:
    floor, kept = a_desk()
    floor.world.call(Caller(number="4002", speech_ms=10**6))
    floor.world.run_for(15_000)
    (recording,) = floor.world.recordings
    floor.world.recordings.clear()
    for goes_on in (True, False):
        floor.world.report(
            link.RecordingFailed(recording=recording, path="", detail="no space left", goes_on=goes_on)
        )
    floor.world.run_for(60_000)
    (message,) = kept.voicemails.values()
    assert message.state is State.DISCARDED
    assert floor.fact("voicemail_discarded").fields["why"] == "failed"
    nothing_left(floor)


# ── Survey ────────────────────────────────────────────────────────────────────────────────────────


def surveyed(*keys: str, agent_after_ms: int = 10_000, **caller: Any) -> tuple[Desk, Kept]:
    floor, kept = a_desk()
    floor.ready("1001", Phone(hangs_up_after_ms=agent_after_ms))
    floor.world.call(Caller(number="4001", keys=list(keys), **caller))
    floor.world.run_for(120_000)
    return floor, kept


def test_when_the_agent_hangs_up_the_caller_is_asked_and_the_score_kept() -> None:
    floor, kept = surveyed("4", talk_ms=0)
    told = record_of(floor, "rated")
    assert (told.survey.score, told.survey.agent, told.survey.queue) == (4, "1001", "general")
    assert told.survey.comment_ms > 0
    assert told.comment_path.endswith(".wav")
    assert (told.outcome, told.ended_by, told.recording.state) == ("answered", "agent", "complete")
    assert "survey-thanks" in said(floor)
    assert not kept.voicemails
    nothing_left(floor)


def record_of(floor: Desk, kind: str) -> Any:
    call = facts(floor, kind)[0].call
    return derive(fact for fact in floor.world.facts if fact.call == call)


def test_the_agents_wrap_up_does_not_wait_for_the_survey() -> None:
    floor, _ = a_desk()
    floor.ready("1001", Phone(hangs_up_after_ms=10_000))
    floor.world.call(Caller(number="4001", keys=["5"], talk_ms=0, speech_ms=10**6))
    floor.world.run_for(60_000)
    assert floor.world.legs, "the caller speaks still"
    parted, wrap_up = facts(floor, "parted")[0], facts(floor, "wrap_up_began")[0]
    assert wrap_up.at_ms == parted.at_ms
    assert facts(floor, "wrap_up_ended")[0].at_ms == parted.at_ms + 20_000
    assert floor.state("1001") == AgentState.READY


def test_the_conversations_recording_does_not_hold_the_survey() -> None:
    floor, _ = surveyed("4", talk_ms=0)
    stopped = next(each for each in facts(floor, "recording_stopped"))
    assert stopped.at_ms == facts(floor, "parted")[0].at_ms


def test_a_caller_who_hangs_up_first_is_asked_nothing() -> None:
    floor, _ = surveyed(agent_after_ms=10**6, talk_ms=5_000)
    assert not facts(floor, "survey_began")
    assert record_of(floor, "bridged").ended_by == "caller"
    nothing_left(floor)


def test_wrong_keys_and_none_end_the_survey_without_a_score() -> None:
    floor, _ = surveyed("9", "", talk_ms=0)
    assert facts(floor, "survey_began")
    assert not facts(floor, "rated")
    assert record_of(floor, "bridged").survey is None
    nothing_left(floor)


def test_a_dropped_line_is_followed_by_no_survey() -> None:
    floor, _ = a_desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=0))
    floor.world.run_for(10_000)
    call = next(iter(floor.world.engine.floor.calls.values()))
    floor.world.drop(call.parties[0].leg)
    floor.world.run_for(1_000)
    assert facts(floor, "dropped")
    assert not facts(floor, "survey_began")


# ── Look-up ───────────────────────────────────────────────────────────────────────────────────────


def looked_up(after_ms: int, answer: LookupAnswer | None) -> Desk:
    floor, _ = a_desk()
    if answer is not None:
        floor.world.services["crm"] = (after_ms, answer)
    floor.world.call(Caller(number="4003", caller="139", patience_ms=30_000))
    floor.world.run_for(120_000)
    nothing_left(floor)
    return floor


GOLD = LookupAnswer(how="found", fields={"level": "gold"})


def test_an_answer_leads_on_and_its_content_is_not_on_the_timeline() -> None:
    floor = looked_up(300, GOLD)
    (told,) = facts(floor, "looked_up")
    assert told.fields == {"service": "crm", "how": "found", "took_ms": 300}
    assert floor.world.lookups[0].send == {"caller": "139", "number": "4003"}
    assert said(floor) == ["looking-up", "welcome"]


def test_the_caller_hears_music_while_it_is_looked_up() -> None:
    floor = looked_up(300, GOLD)
    first = next(each for each in floor.world.commands if isinstance(each, link.Play))
    assert isinstance(first.clips[-1], link.Music)


def test_a_service_that_never_answers_costs_the_caller_its_time_out_and_no_more() -> None:
    floor = looked_up(0, None)
    (told,) = facts(floor, "looked_up")
    assert told.fields == {"service": "crm", "how": "failed", "took_ms": 1_500, "why": "timeout"}
    assert facts(floor, "queued")[0].at_ms == told.at_ms


def test_an_answer_that_comes_late_changes_nothing() -> None:
    floor, _ = a_desk()
    floor.world.services["crm"] = (5_000, GOLD)
    floor.world.call(Caller(number="4003", patience_ms=30_000))
    floor.world.run_for(4_000)
    before = list(floor.world.facts)
    floor.world.run_for(2_000)
    assert [fact for fact in floor.world.facts if fact not in before] == []
    assert len(facts(floor, "looked_up")) == 1
    late = floor.world.engine.looked_up("gone.l1", GOLD, floor.world.now_ms)
    assert late == Effects()


# ── Announcements ─────────────────────────────────────────────────────────────────────────────────


def test_what_stands_before_a_queue_is_said_in_full_before_the_line_and_keeps_the_place() -> None:
    floor, _ = a_desk(TEXT.replace("ring: 15s,", "ring: 15s, announce: [calls-recorded],"))
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=5_000))
    floor.world.run_for(30_000)
    (notice,), (queued,) = facts(floor, "notice"), facts(floor, "queued")
    assert notice.fields == {"prompts": ["calls-recorded"], "notices": [], "queue": "general"}
    assert notice.seq < queued.seq
    assert facts(floor, "offer_made")[0].fields["waited_ms"] == queued.at_ms - notice.at_ms > 0


def test_a_notice_is_said_while_it_is_in_force_and_once_a_call() -> None:
    floor, _ = a_desk()
    now = floor.world.now_ms
    by_number = Notice(id="n1", number="4001", prompts=("notice-busy",), until_ms=now + 60_000)
    sound = Notice(id="n2", queue="general", path="notices/n2.wav", from_ms=now + 30_000)
    off = Notice(id="n3", queue="general", prompts=("closed",), on=False)
    floor.world.engine.put_up([by_number, sound, off])

    def heard(after_ms: int) -> list[list[str]]:
        floor.world.run(now + after_ms)
        before = len(floor.world.facts)
        floor.world.call(Caller(number="4001", patience_ms=10_000))
        floor.world.run_for(10_100)
        return [fact.fields["notices"] for fact in floor.world.facts[before:] if fact.kind == "notice"]

    assert heard(0) == [["n1"]]
    assert heard(35_000) == [["n1"], ["n2"]]
    assert heard(70_000) == [["n2"]]
    files = [
        clip.path
        for each in floor.world.commands
        if isinstance(each, link.Play)
        for clip in each.clips
        if isinstance(clip, link.File)
    ]
    assert "/data/notices/n2.wav" in files
    nothing_left(floor)


def test_who_hangs_up_during_a_notice_has_not_queued() -> None:
    floor, _ = a_desk(TEXT.replace("ring: 15s,", "ring: 15s, announce: [calls-recorded],"))
    floor.world.call(Caller(number="4001", patience_ms=500))
    floor.world.run_for(10_000)
    assert not facts(floor, "queued")
    nothing_left(floor)
