"""Parts 3, 4, 5, 6 and 9 of the book on calls: each rule kept, broken, and nearly."""

from __future__ import annotations

import pytest

from huawu.standard import Happened
from tests.standard.book_call import (
    FAREWELL,
    HELLO,
    HOW_MUCH,
    MORE,
    NO_MORE,
    Line,
    agent,
    book,
    caller,
    held,
    judged,
)
from tests.standard.script import at, fact, talk

Lines = tuple[Line | Happened, ...]
MORE_AT_ONCE = agent(17, 17.9, "请问还有什么可以帮您？")


def said_then(question: str, answer: str) -> Lines:
    """The caller says this, the agent answers that, and the call goes on for a while."""
    return (HELLO, caller(9, 12, question), agent(13, 16, answer))


# rule, check, what the caller says, the agent's answer that keeps it, the one that breaks it
ANSWERS = [
    ("verify.readback", "number", "电话是64827015。", "64827015，对吗？", "好的。"),
    ("verify.readback", "number", "车牌是京B8D62K。", "京B8D62K，对吗？", "好的，我查一下。"),
    ("verify.readback", "place", "我在火车东站。", "火车东站，对吗？", "好的，我派车来。"),
    ("verify.readback", "place", "I am at the east station.", "The east station, is that right?", "Good."),
    ("unclear.repeat", "asks", "去那里。", "对不起，我没听清，麻烦您再说一遍。", "对不起，我没听清。"),
    ("unclear.repeat", "sorry", "去那里。", "对不起，我没听清，麻烦您再说一遍。", "我没听清，再说一遍。"),
    ("unclear.louder", "polite", "我听不清你的声音。", "对不起，现在声音好些了吗？", "现在声音好些了吗？"),
    ("unclear.louder", "polite", "I cannot hear you.", "Sorry, is that better now?", "Is that better now?"),
    ("verify.understood", "taboo", "怎么算的？", "不知我这样解释，您能明白吗？", "你听懂了吗？"),
    ("verify.understood", "bare", "怎么算的？", "您明白了就好。", "明白吗？"),
    ("ask.open-closed", "open", "我要投诉你们。", "您能将详细情况告诉我吗？", "好的。"),
    ("handoff.busy", "offers", "帮我找一下刘静。", "她正在接电话，我可以帮您吗？", "她正在接电话。"),
    ("private.call", "matter", "请叫李敏听一下电话。", "请问您有什么事情？", "好，我去叫她。"),
    ("wrong.number", "taboo", "我家停水了。", "对不起，这里是云程出行。", "你打错电话了。"),
    ("wrong.number", "number", "我家停水了。", "不属于我们的业务，建议您拨打别处。", "不属于我们的业务。"),
    ("wrong.number", "sorry", "我家停水了。", "对不起，不属于我们的业务。", "不属于我们的业务。"),
    ("cannot.do", "taboo", "能查邻居的行程吗？", "很抱歉，这超出我们的服务范围。", "这绝对不行。"),
    ("cannot.do", "curt", "能查邻居的行程吗？", "很抱歉，这超出我们的服务范围。", "不行。"),
    ("cannot.do", "sorry", "能查邻居的行程吗？", "很抱歉，这超出我们的服务范围。", "这超出我们的服务范围。"),
    ("ban.retort", "words", "怎么能这样？", "我理解您的心情。", "那你去买别的好了。"),
    ("ban.retort", "words", "怎么能这样？", "这个就是我们的服务。", "你怎么不讲道理！"),
    ("ban.blame", "words", "怎么能这样？", "给您添麻烦了。", "这又不是我的错。"),
    ("ban.shift", "words", "怎么能这样？", "我来帮您处理。", "这不关我的事。"),
    ("ban.impatience", "words", "我还没有说完。", "您请说，我在听。", "你有完没完？"),
    ("ban.impatience", "words", "我还没有说完。", "您快点出门就赶得上。", "快点。"),
    ("ban.profanity", "words", "怎么能这样？", "我理解您的心情。", "你才是混蛋。"),
    ("complaint.busy-line", "sorry", "你们电话怎么这么难打。", "对不起，让您久等了。", "打电话的人多。"),
    ("complaint.abuse", "calm", "你们这帮混蛋！", "对不起，请问有什么可以帮助您？", "嗯。"),
    ("complaint.slow", "sorry", "你们处理得太慢了。", "对不起，我将尽快帮您处理。", "路上堵车。"),
    ("complaint.attitude", "sorry", "你们的司机态度太差了。", "给您添麻烦了，请您原谅。", "哦。"),
    ("complaint.attitude", "details", "你们的司机骂我。", "您能将详细情况告诉我吗？", "请您原谅。"),
    ("complaint.other-dept", "sorry", "我要投诉停车场。", "很抱歉，停车场不归我们管。", "停车场不归我们管。"),
    ("complaint.error", "sorry", "你们把我的地址记错了。", "非常抱歉，我马上核实。", "哦，我看看。"),
    ("complaint.error", "verify", "你们把我的地址记错了。", "非常抱歉，我马上核实。", "哦，我看看。"),
    ("complaint.close", "deadline", "我要投诉你们。", "我们三个工作日内与您联系。", "好的。"),
    ("complaint.steps", "acknowledge", "我要投诉你们。", "我理解您的心情。", "哦。"),
    ("complaint.steps", "agree", "我要投诉你们。", "我们三个工作日内与您联系。", "哦。"),
    ("suggestion.thank", "thanks", "我建议你们表扬他。", "谢谢您提出的宝贵建议。", "知道了。"),
    ("apology.accept", "sorry", "对不起。", "没关系。", "哦。"),
    ("apology.accept", "thanks", "好的，谢谢。", "不客气。", "哦。"),
    ("lost.property", "care", "我的手机丢在车上了！", "您别着急，我马上帮您联系司机。", "那您自己打打看吧。"),
    ("emergency.transfer", "where", "车上有人晕倒了！", "您现在在哪里？", "哦。"),
    ("emergency.transfer", "at-once", "车上有人晕倒了！", "我马上帮您转接120。", "哦。"),
    ("emergency.stay", "calm", "车着火了！", "您别着急，我一直在。", "哦。"),
    ("emergency.report", "played-down", "有人抢劫！", "您别着急。", "这点小事，没什么大不了。"),
    ("outage.announce", "sorry", "软件打不开。", "很抱歉，我们的系统出现了故障。", "我们的系统出现了故障。"),
    ("outage.other-way", "offered", "软件打不开。", "系统出现了故障，我来帮您。", "系统出现了故障。"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "check", "question", "good", "bad"), ANSWERS)
def test_an_answer_by_the_book_and_one_that_is_not(
    rule: str, check: str, question: str, good: str, bad: str
) -> None:
    assert judged(rule, *said_then(question, good))[check] == "pass"
    assert judged(rule, *said_then(question, bad))[check] == "breach"


NO_OCCASION = [
    ("complaint.error", "请问从东门到机场要多少钱？"),
    ("complaint.error", "对不起，我打错了。"),
    ("complaint.steps", "我不是要投诉你们。"),
    ("apology.accept", "不好意思，我想问一下发票怎么开。"),
    ("lost.property", "请问怎么叫车？"),
    ("private.call", "你们能帮我查一下邻居的行程吗？"),
    ("verify.readback", "我的工号是8016。"),
    ("verify.readback", "去机场要多少钱？"),
    ("emergency.transfer", "请问夜里有车吗？"),
    ("nuisance", "请问怎么叫车？"),
]


@pytest.mark.parametrize(("rule", "question"), NO_OCCASION)
def test_what_gives_no_occasion_is_not_judged(rule: str, question: str) -> None:
    found = judged(rule, *said_then(question, "好的，我知道了。"))
    assert "breach" not in found.values()


# ── Waiting ───────────────────────────────────────────────────────────────────────────────────────

ASKS = caller(8.5, 12, "我昨天的订单多扣了钱，请帮我查一下。")
WAIT = agent(12.5, 15, "这个问题可能需要一些时间查询，请您稍等，好吗？")
YES = caller(15.3, 15.9, "好的。")
FOUND = agent(30, 33, "查到了，今天就退给您。")
THANKED = (agent(30, 32, "您好，感谢您的耐心等待。"), caller(32.6, 33.4, "没事。"), agent(34, 36, "查到了。"))


def test_an_unannounced_silence_and_an_announced_one() -> None:
    silent = agent(15.5, 18, "大概八十元。")
    assert judged("wait.announce", HELLO, ASKS, silent)["unanswered"] == "breach"
    assert judged("wait.announce", HELLO, ASKS, silent, wordless=True)["unanswered"] == "breach"
    assert judged("wait.announce", HELLO, ASKS, agent(14.8, 17, "八十元。"))["unanswered"] == "pass"
    announced = judged("wait.announce", HELLO, ASKS, WAIT, YES, *THANKED)
    assert set(announced.values()) == {"pass"}
    short = caller(15.3, 15.9, "是的。")
    assert (
        judged("wait.announce", HELLO, ASKS, agent(13, 15, "是昨天的吗？"), short, FOUND)["silence"]
        == "breach"
    )


def test_a_pause_of_the_agents_and_a_caller_who_thinks() -> None:
    pauses = (agent(12.5, 14, "好的。"), agent(19, 21, "八十元。"))
    assert judged("wait.announce", HELLO, ASKS, *pauses)["pause"] == "breach"
    asks_back = (agent(12.5, 14, "请问是哪一天？"), agent(19, 21, "您好，是哪一天？"))
    assert judged("wait.announce", HELLO, ASKS, *asks_back)["pause"] == "pass"
    thinks = (agent(12.5, 14, "请问是哪一天？"), caller(20, 22, "是星期三。"))
    assert set(judged("wait.announce", HELLO, ASKS, *thinks).values()) == {"pass"}
    left = (caller(16, 16.6, "喂？"), agent(17, 18, "在的。"))
    assert judged("wait.announce", HELLO, ASKS, *left)["left-waiting"] == "breach"


def test_a_hold_is_announced_and_thanked_for() -> None:
    kept = (HELLO, ASKS, WAIT, YES, held(16.5, 29.5), *THANKED)
    assert judged("wait.announce", *kept)["hold"] == "pass"
    assert set(judged("wait.thank", *kept).values()) == {"pass"}
    assert judged("wait.music", *kept) == {"quiet": "pass"}
    rude = (HELLO, ASKS, held(13, 29.5), FOUND)
    assert judged("wait.announce", *rude)["hold"] == "breach"
    assert judged("wait.thank", *rude)["thanks"] == "breach"
    goes_on = agent(30, 36, "您好，感谢您的耐心等待，查到了，今天就退给您，请您放心。")
    assert judged("wait.thank", HELLO, ASKS, WAIT, YES, held(16.5, 29.5), goes_on)["answer"] == "breach"
    assert judged("wait.thank", HELLO, ASKS, WAIT, YES, held(16.5, 22), agent(23, 24, "查到了。")) == {}


def test_a_wait_in_silence() -> None:
    assert judged("wait.music", HELLO, ASKS, WAIT, YES, FOUND, wordless=True) == {"quiet": "breach"}


# ── Voice and listening ───────────────────────────────────────────────────────────────────────────


def test_cutting_in_often_and_being_polite() -> None:
    def cuts(*lengths: float) -> dict[str, str]:
        lines: list[Happened] = []
        for index, length in enumerate(lengths):
            lines += [
                talk("caller", 10 + 15 * index, 20 + 15 * index),
                talk("agent", 15 + 15 * index, 15 + 15 * index + length),
            ]
        return judged("listen.interrupt", HELLO, *lines)

    assert cuts(2, 2, 2) == {"overlap": "breach"}
    assert cuts(2, 2, 0.8) == {"overlap": "pass"}  # a sound of listening is no interruption


def test_listening_without_a_sound() -> None:
    story = (talk("caller", 9, 18), talk("caller", 19, 27))
    assert judged("listen.ack", HELLO, *story) == {"sound": "breach"}
    assert judged("listen.ack", HELLO, *story, talk("agent", 18.2, 18.6)) == {"sound": "pass"}


def test_a_voice_that_rises_and_a_pace_that_runs() -> None:
    calm = talk("agent", 5, 12, [-25] * 7)
    assert judged("voice.loudness", calm, talk("agent", 20, 24, [-17] * 4)) == {"raised": "breach"}
    assert judged("voice.loudness", calm, talk("agent", 20, 24, [-21] * 4)) == {"raised": "pass"}
    even = agent(20, 32, "您先在手机上登记，" * 5)
    hasty = agent(20, 26, "您先在手机上登记，" * 6)
    assert judged("voice.pace", HELLO, even)["pace"] == "pass"
    assert (
        judged(
            "voice.pace",
            agent(4.5, 5.5, "您好很高兴为您服务"),
            hasty,
            agent(30, 35, "您先在手机上登记，" * 5),
        )["pace"]
        == "breach"
    )


def test_pace_does_not_depend_on_where_hearing_cuts() -> None:
    def cut_at_breaths(breath: float) -> list[Line]:
        lasts = (
            1.3 - breath
        )  # a beat of 1.5 s has eight syllables: 320 a minute, 369 or 480 without its pause
        return [agent(20 + 1.5 * nth, 20 + 1.5 * nth + lasts, "您先在手机上登记，") for nth in range(12)]

    assert judged("voice.pace", HELLO, agent(20, 38, "您先在手机上登记，" * 12))["pace"] == "pass"
    assert judged("voice.pace", HELLO, *cut_at_breaths(0.0))["pace"] == "pass"
    assert judged("voice.pace", HELLO, *cut_at_breaths(0.3))["pace"] == "pass"


def test_what_is_said_between_long_pauses_has_the_pace_of_its_words() -> None:
    hasty = [agent(20 + 4 * nth, 21 + 4 * nth, "您先在手机上登记，") for nth in range(12)]
    assert judged("voice.pace", HELLO, *hasty)["pace"] == "breach"


def test_a_pen_before_a_number() -> None:
    number = agent(16, 22, "电话是64827015。")
    assert (
        judged("voice.pace", HELLO, HOW_MUCH, agent(12, 14, "麻烦您拿笔记录一下。"), number)["pen"] == "pass"
    )
    assert judged("voice.pace", HELLO, HOW_MUCH, number)["pen"] == "breach"


def test_a_number_is_told_slowly_to_who_writes_it_down() -> None:
    def told_in(seconds: float, *, pen: bool = True) -> dict[str, str]:
        asks = (agent(12, 14, "麻烦您拿笔记录一下。"),) if pen else ()
        return judged("voice.pace", HELLO, HOW_MUCH, *asks, agent(16, 16 + seconds, "电话是64827015。"))

    assert told_in(4)["writing"] == "pass"
    assert told_in(1.5)["writing"] == "breach"
    assert told_in(1.5, pen=False)["pen"] == "breach"  # one fault, one finding
    assert told_in(1.5, pen=False).get("writing") != "breach"


# ── Handing on ────────────────────────────────────────────────────────────────────────────────────


def test_a_transfer_told_and_asked_for_and_one_without_a_word() -> None:
    gone = fact(18, "transfer", "agent", queue="finance", by="1001", how="blind")
    told = (HELLO, caller(9, 12, "我要找财务部。"), agent(13, 16, "我帮您转接过去，请您稍等。"))
    assert set(judged("handoff.first", *told, gone).values()) == {"pass"}
    assert set(judged("handoff.tell", *told, gone).values()) == {"pass"}
    curt = (agent(4.5, 6, "您好，很高兴为您服务。"), caller(9, 9.6, "喂。"), gone)
    assert set(judged("handoff.first", *curt).values()) == {"breach"}
    assert judged("handoff.tell", *curt)["told"] == "breach"


def test_a_colleague_is_briefed() -> None:
    def handed_over(seconds: float) -> dict[str, str]:
        gone = fact(25 + seconds, "transfer", "agent", agent="1002", by="1001", how="attended")
        return judged(
            "handoff.tell", HELLO, HOW_MUCH, fact(25, "consult_answered", "agent", agent="1002"), gone
        )

    assert handed_over(6)["briefed"] == "pass"
    assert handed_over(1)["briefed"] == "breach"


def test_who_took_over_confirms_that_it_was_solved() -> None:
    gone = fact(18, "transfer", "agent", queue="finance", by="1001", how="blind")
    there = fact(25, "bridged", "agent", agent="1002")
    told = (HELLO, MORE_AT_ONCE, caller(9, 12, "我要找财务部。"), agent(13, 16, "我帮您转接过去，请您稍等。"))
    taken = (*told, gone, there, agent(26, 30, "您好，我是财务部的，账单改好了。"))
    bye = agent(40, 43, "感谢您的来电，祝您生活愉快，再见。")
    far = agent(110, 113, "感谢您的来电，祝您生活愉快，再见。")
    assert judged("handoff.tell", *taken, agent(33, 35, "请问您的问题解决了吗？"), bye)["solved"] == "pass"
    assert judged("handoff.tell", *taken, far, end=115)["solved"] == "breach"
    assert "solved" not in judged("handoff.tell", HELLO, HOW_MUCH, bye)


DECLINE = "对不起，您的要求不在我们的服务范围内，请您挂机。"
HARASSED = (HELLO, caller(9, 11, "陪我聊聊天吧。"), agent(12, 15, DECLINE))


def test_harassment_by_the_book_and_hung_up_on() -> None:
    again = (caller(16, 17, "聊几句。"), agent(18, 21, DECLINE), caller(22, 23, "我就不挂。"))
    announced = agent(24, 27, "对不起，我要先挂机了，再见。")
    whole = (*HARASSED, *again, announced)
    assert judged("nuisance", *whole, end=29, by="agent") == {"steps": "pass"}
    assert judged("ban.hangup", *whole, end=29, by="agent")["first"] == "pass"
    assert judged("close.caller-first", *whole, end=29, by="agent") == {"first": "pass"}
    assert judged("nuisance", *HARASSED, end=16, by="agent") == {"steps": "breach"}
    assert judged("nuisance", *HARASSED, end=16) == {"steps": "pass"}  # the caller gave up


# ── Ending ────────────────────────────────────────────────────────────────────────────────────────

GOOD = (HELLO, HOW_MUCH, agent(12, 15, "大概八十元。"), MORE, NO_MORE, FAREWELL)


def test_who_hangs_up() -> None:
    for rule in ("ban.hangup", "close.caller-first"):
        assert set(judged(rule, *GOOD, end=48).values()) == {"pass"}
        assert judged(rule, *GOOD, end=48, by="agent")["first"] == "breach"
        assert judged(rule, *GOOD, end=48, by="agent", wordless=True)["first"] == "breach"
        assert set(judged(rule, *GOOD, end=50.2, by="agent").values()) == {"pass"}  # waited 3 s


def test_hanging_up_on_a_caller_who_speaks_is_fatal() -> None:
    lines = (HELLO, talk("caller", 9, 20))
    assert judged("ban.hangup", *lines, end=20, by="agent", wordless=True)["mid-speech"] == "breach"
    assert judged("ban.hangup", *GOOD, end=48, by="agent")["mid-speech"] == "pass"
    check = next(each for each in book().rules["ban.hangup"].checks if each.name == "mid-speech")
    assert (book().rules["ban.hangup"].severity, check.severity) == ("major", "fatal")


def test_the_closing_words() -> None:
    assert judged("close.more", *GOOD, end=48) == {"before-farewell": "pass"}
    assert judged("close.more", HELLO, HOW_MUCH, FAREWELL, end=48) == {"before-farewell": "breach"}
    assert judged("close.more", HELLO, HOW_MUCH, end=20, by="agent") == {"before-hang-up": "breach"}
    assert judged("close.more", HELLO, HOW_MUCH, end=20) == {}  # the caller left at once
    assert "breach" not in judged("close.farewell", *GOOD, end=48).values()
    assert judged("close.farewell", HELLO, HOW_MUCH, agent(40, 41, "拜拜。"), end=42)["taboo"] == "breach"
    assert judged("close.farewell", HELLO, HOW_MUCH, end=20, by="agent")["hang-up"] == "breach"
    bye = caller(40, 41, "好的，再见。")
    assert judged("close.farewell", HELLO, HOW_MUCH, bye, end=50)["answers"] == "breach"
    assert "answers" not in judged("close.farewell", HELLO, HOW_MUCH, bye, end=42)
    assert judged("close.farewell", HELLO, MORE, NO_MORE, end=50)["no-more"] == "breach"


@pytest.mark.parametrize("leave", ["好的，谢谢，再见。", "那先这样，拜拜。", "Thank you, goodbye."])
def test_a_caller_who_takes_leave_is_not_asked_for_more(leave: str) -> None:
    asked, farewell = (HELLO, HOW_MUCH), agent(16, 19, "不客气，感谢您的来电，祝您生活愉快，再见。")
    assert judged("close.more", *asked, caller(13, 15, leave), farewell, end=20) == {}
    assert judged("close.more", *asked, caller(13, 15, leave), end=20, by="agent") == {}
    assert judged("close.more", *asked, farewell, caller(20, 22, leave), end=23) == {
        "before-farewell": "breach"
    }


@pytest.mark.parametrize("answer", ["好的，谢谢。", "不用了，谢谢。", "All right, thank you."])
def test_a_caller_who_thanks_alone_is_asked_for_more(answer: str) -> None:
    asked, farewell = (HELLO, HOW_MUCH), agent(16, 19, "不客气，感谢您的来电，祝您生活愉快，再见。")
    answered = (*asked, caller(13, 15, answer))
    assert judged("close.more", *answered, farewell, end=20) == {"before-farewell": "breach"}
    assert judged("close.more", *answered, end=20, by="agent") == {"before-hang-up": "breach"}


def test_who_goes_on_talking_after_a_goodbye_is_asked_for_more() -> None:
    lines = (HELLO, HOW_MUCH, caller(13, 14, "先这样吧。"), caller(20, 22, "哦，还要一辆车。"))
    assert judged("close.more", *lines, FAREWELL, end=48) == {"before-farewell": "breach"}


def test_solved_or_not() -> None:
    asks = agent(20, 22, "请问您的问题解决了吗？")
    assert judged("close.satisfied", HELLO, asks, caller(23, 24, "解决了。")) == {"answer": "pass"}
    answered = (HELLO, HOW_MUCH, agent(12, 15, "大概八十元。"))
    bye = agent(22, 25, "感谢您的来电，祝您生活愉快，再见。")
    assert judged("close.satisfied", *answered, bye)["confirmed"] == "breach"
    assert judged("close.satisfied", *answered, asks, bye)["confirmed"] == "pass"
    assert judged("close.satisfied", *answered, caller(17, 19, "好的，谢谢。"), bye)["confirmed"] == "pass"
    thanks = caller(17, 19, "That solves it.")
    assert judged("close.satisfied", *answered, thanks, bye)["confirmed"] == "pass"
    still = caller(23, 25, "还是打不开。")
    assert judged("close.satisfied", HELLO, still, agent(26, 27, "哦。"), until=3000) == {
        "unsolved": "breach"
    }
    ticket = fact(80, "ticket_opened", "agent", ticket="t", due_ms=at(9000))
    assert judged("close.satisfied", HELLO, still, ticket, until=3000) == {"unsolved": "pass"}
