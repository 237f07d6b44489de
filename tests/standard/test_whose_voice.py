"""Several agents in one call: each answers for what the own voice does, and for the own hold."""

from __future__ import annotations

from collections.abc import Iterable

from huawu.standard import Happened
from tests.standard.book_call import FAREWELL, HELLO, HOW_MUCH, Line, agent, caller, held, judged, verdicts
from tests.standard.script import at, fact, talk

HE = "1001"
SHE = "1002"


def voice(begins: float, ends: float, whose: str, levels_db: Iterable[float] = ()) -> Happened:
    """One of several agents speaks."""
    spoken = talk("agent", begins, ends, levels_db)
    return fact(ends, "talk", "agent", **{**spoken.fields, "agent": whose})


def handed_on(seconds: float) -> Line:
    """She leads the conversation from now on."""
    return (
        fact(seconds, "agent_answered", "agent", agent=SHE),
        fact(seconds, "parted", "agent", agent=HE),
        fact(seconds, "bridged", agent=SHE),
    )


def blamed(rule: str, *lines: Line | Happened) -> list[str]:
    return [each.agent for each in verdicts(*lines) if each.rule == rule and each.verdict == "breach"]


def test_a_hold_is_of_who_holds() -> None:
    lines = (HELLO, HOW_MUCH, agent(12, 14, "好的。"))
    assert judged("wait.announce", *lines, held(20, 35))["hold"] == "breach"
    for who in (held(20, 35, "caller"), held(20, 35, "outsider"), held(20, 35, agent=SHE)):
        found = judged("wait.announce", *lines, who)
        assert "hold" not in found
        assert "thanks" not in judged("wait.thank", *lines, who)


def test_a_colleagues_hold_lets_the_caller_wait_once_the_colleague_leads() -> None:
    lines = (HELLO, HOW_MUCH, agent(12, 14, "好的。"))
    hers = held(20, 45, agent=SHE)
    assert "hold" not in judged("wait.announce", *lines, hers)
    assert judged("wait.announce", *lines, hers, handed_on(25))["hold"] == "breach"
    assert "hold" not in judged("wait.announce", *lines, hers, handed_on(50))


def test_a_hold_is_over_for_the_caller_when_somebody_else_leads() -> None:
    lines = (HELLO, HOW_MUCH, agent(12, 14, "好的。"))
    stayed = fact(20.5, "bridged", agent=SHE)  # who held is still in the conference
    assert judged("wait.announce", *lines, held(20, 35, agent=HE))["hold"] == "breach"
    assert "thanks" in judged("wait.thank", *lines, held(20, 35, agent=HE))
    assert "thanks" not in judged("wait.thank", *lines, held(20, 35, agent=HE), stayed)


def test_who_is_on_hold_by_the_own_phone_hears_no_silence_of_the_agents() -> None:
    lines = (HELLO, HOW_MUCH, agent(30, 32, "要五十元。"))
    assert judged("wait.announce", *lines)["unanswered"] == "breach"
    assert "unanswered" not in {
        check
        for check, outcome in judged("wait.announce", *lines, held(12, 29, "caller")).items()
        if outcome == "breach"
    }


def test_two_agents_who_speak_at_once_leave_no_silence_between_them() -> None:
    lines = (HELLO, caller(9, 11, "请问要多少钱，多久能到？"))
    his, hers, then = voice(11.5, 30, HE), voice(13, 15, SHE), agent(32, 34, "好的，为您说明。")
    assert judged("wait.music", *lines, hers, then)["quiet"] == "breach"
    assert judged("wait.music", *lines, his, hers, then)["quiet"] == "pass"
    assert judged("wait.announce", *lines, his, hers, then).get("pause") != "breach"


def test_each_agent_is_as_loud_as_usual() -> None:
    quiet, loud = [-30.0] * 8, [-20.0] * 8
    one = (voice(5, 13, HE, quiet), voice(20, 28, HE, loud))
    assert blamed("voice.loudness", *one) == [HE]
    assert not blamed("voice.loudness", voice(5, 13, HE, quiet), voice(20, 28, SHE, loud))
    after = talk("agent", 22, 30, loud)
    assert not blamed("voice.loudness", talk("agent", 5, 13, quiet), *handed_on(21), after)


def test_each_agent_may_cut_in_as_often() -> None:
    times = [(10, HE), (20, HE), (30, SHE), (40, SHE)]
    spoken = [each for s, who in times for each in (talk("caller", s, s + 6), voice(s + 2, s + 5, who))]
    assert not blamed("listen.interrupt", *spoken)
    third = (talk("caller", 50, 56), voice(52, 55, SHE))
    assert blamed("listen.interrupt", *spoken, *third) == [SHE]


def test_words_are_of_the_colleague_who_said_them() -> None:
    rude = fact(
        30, "said", "agent", from_ms=at(28), to_ms=at(30), text="这不是我的错。", confidence=0.9, agent=SHE
    )
    assert set(blamed("ban.blame", HELLO, HOW_MUCH, rude)) == {SHE}
    assert set(blamed("ban.blame", HELLO, HOW_MUCH, agent(28, 30, "这不是我的错。"))) == {HE}


def test_the_pace_is_of_each_agents_own_words() -> None:
    slow = agent(9, 20, "好的，我来为您看一下这个价格，请您稍等。")
    fast = agent(32, 43, "好的我来为您看一下这个价格请您稍等" * 6)
    assert blamed("voice.pace", HELLO, slow, *handed_on(30), fast) == [SHE]
    hers = agent(32, 43, "好的，我来为您看一下这个价格，请您稍等。")
    his = agent(9, 20, "好的我来为您看一下这个价格请您稍等" * 6)
    assert blamed("voice.pace", HELLO, his, *handed_on(30), hers) == [HE]


def test_who_was_in_the_conversation_has_nobody_to_greet_when_the_other_leaves() -> None:
    leads = (fact(20, "parted", "agent", agent=HE), fact(20, "bridged", agent=SHE))
    there = (leads[0], fact(20, "bridged", agent=SHE, there=True))
    story = caller(19, 29, "事情是这样的，我昨天从东门坐车，司机绕了很远的路，还多收了我的钱。")
    late = agent(29.5, 32, "好的，我明白了。")
    assert blamed("open.greeting", HELLO, story, *leads, late, FAREWELL) == [SHE]
    assert not blamed("open.greeting", HELLO, story, *there, late, FAREWELL)


def test_nobody_hangs_up_on_a_machine_that_answered() -> None:
    def slips(text: str) -> set[str]:
        said = (agent(4.5, 6, "您好，这里是云程出行。"), caller(7, 14, text))
        found = verdicts(*said, end=13.9, by="agent")
        return {each.rule for each in found if each.verdict == "breach"}

    rules = {"ban.hangup", "close.caller-first", "close.more", "close.farewell"}
    assert slips("你好，我想问一下你们为什么给我打电话，我没有叫车。") >= rules
    for machine in (
        "您好，您拨打的用户暂时无法接听，请在提示音后留言。",
        "Please leave a message after the tone.",
    ):
        assert not slips(machine) & rules
