"""Part 2 of the book on calls: silent and unclear calls, their order and their times."""

from __future__ import annotations

from tests.standard.book_call import FAREWELL, HELLO, HOW_MUCH, MORE, NO_MORE, agent, caller, judged
from tests.standard.script import talk

FIRST = agent(4.5, 7, "您好！请问有什么可以帮助您？")
SECOND = agent(11, 14, "您好，听不到您的声音，请问有什么可以帮助您？")
THIRD = agent(18, 23, "对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！")


def test_a_silent_call_by_the_book() -> None:
    found = judged("silent.call", FIRST, SECOND, THIRD, end=26.5, by="agent")
    assert found == {"times": "pass", "sentences": "pass", "taboo": "pass"}


def test_a_silent_call_is_timed_without_words() -> None:
    assert judged("silent.call", FIRST, SECOND, THIRD, end=26.5, by="agent", wordless=True)["times"] == "pass"
    hasty = judged("silent.call", FIRST, SECOND, THIRD, end=24, by="agent", wordless=True)
    assert hasty["times"] == "breach"


def test_a_silent_call_too_hasty_too_slow_or_cut_short() -> None:
    hasty = agent(8.9, 11, "您好，听不到您的声音。")
    assert judged("silent.call", FIRST, hasty, end=26.5, by="agent")["times"] == "breach"
    slow = agent(15, 17, "您好，听不到您的声音。")
    assert judged("silent.call", FIRST, slow, end=26.5, by="caller")["times"] == "breach"
    assert (
        judged("silent.call", FIRST, SECOND, end=18, by="agent")["times"] == "breach"
    )  # the third is missing
    assert judged("silent.call", FIRST, SECOND, THIRD, end=24, by="agent")["times"] == "breach"


def test_a_sentence_with_a_short_pause_in_it_is_one() -> None:
    in_pieces = (talk("agent", 4.5, 5.1), talk("agent", 5.8, 7))
    found = judged("silent.call", *in_pieces, SECOND, THIRD, end=26.5, by="agent", wordless=True)
    assert found["times"] == "pass"


def test_a_caller_who_speaks_up_makes_it_no_silent_call() -> None:
    assert "times" not in judged("silent.call", HELLO, HOW_MUCH)
    late = caller(15, 16, "喂，听到了。")
    assert judged("silent.call", FIRST, SECOND, late, end=40)["times"] == "pass"
    assert "times" not in judged("silent.call", FIRST, end=9)  # hung up at once


def test_wrong_words_in_a_silent_call() -> None:
    rude = agent(11, 14, "喂，说话！再不说话我就挂了！")
    found = judged("silent.call", FIRST, rude, end=15, by="agent")
    assert found == {"times": "breach", "sentences": "breach", "taboo": "breach"}


UNCLEAR = (
    HELLO,
    caller(8.5, 9.5, "我想，那个。"),
    agent(10, 14, "对不起，听不清您的声音，请您把手机转个方向好吗？"),
)


def test_an_unclear_voice_by_the_book() -> None:
    close = agent(16, 21, "实在抱歉，还是听不清，请您换一部电话再次打过来，好吗？再见！")
    found = judged("unclear.voice", *UNCLEAR, close, end=25, by="agent")
    assert found == {"steps": "pass", "tries": "breach", "quiet-end": "pass", "polite": "pass"}
    again = agent(14.2, 15.8, "麻烦您换个位置，好吗？")
    assert judged("unclear.voice", *UNCLEAR, again, close, end=25, by="agent")["tries"] == "pass"
    hasty = judged("unclear.voice", *UNCLEAR, close, end=22, by="agent")
    assert hasty["quiet-end"] == "breach"


def test_an_unclear_voice_hung_up_on() -> None:
    found = judged("unclear.voice", *UNCLEAR, caller(14.5, 15.5, "车，我的。"), end=16, by="agent")
    assert found["steps"] == "breach"
    blunt = agent(10, 12, "我这边听不清。")
    assert judged("unclear.voice", HELLO, blunt)["polite"] == "breach"


def test_an_unclear_voice_that_becomes_clear_is_an_ordinary_call() -> None:
    found = judged(
        "unclear.voice",
        *UNCLEAR,
        caller(15, 22, "现在好了吗？我想约一辆明天早上去机场的车。"),
        MORE,
        FAREWELL,
        end=60,
        by="agent",
    )
    assert "steps" not in found


def test_what_was_not_caught_is_asked_for_politely() -> None:
    polite = agent(12, 16, "对不起，我没听清，麻烦您将刚才反映的问题再复述一遍，好吗？")
    assert judged("unclear.repeat", HELLO, HOW_MUCH, polite) == {
        "asks": "pass", "sorry": "pass", "taboo": "pass",
    }  # fmt: skip
    rude = agent(12, 14, "喂，什么？你说什么！")
    assert judged("unclear.repeat", HELLO, HOW_MUCH, rude)["taboo"] == "breach"
    flat = agent(12, 14, "我没听清。")
    assert judged("unclear.repeat", HELLO, HOW_MUCH, flat)["asks"] == "breach"
    asks = agent(12, 14, "请问您是什么时候上车的？")
    assert judged("unclear.repeat", HELLO, HOW_MUCH, asks)["taboo"] == "pass"


def test_a_dialect_by_the_book_and_hung_up_on() -> None:
    mandarin = agent(12, 15, "对不起，我听不懂您的方言，请您讲普通话，好吗？")
    other = agent(18, 22, "请问您旁边有会讲普通话的人吗？请他来听电话，好吗？")
    close = agent(26, 31, "非常抱歉，没能帮到您，请您谅解，再见。")
    replies = (caller(15.5, 17, "讲勿来个呀。"), caller(22.5, 25, "就我一个人。"))
    assert judged("unclear.dialect", HELLO, mandarin, other, close, *replies, end=35, by="agent") == {
        "steps": "pass"
    }
    assert judged("unclear.dialect", HELLO, mandarin, replies[0], end=19, by="agent") == {"steps": "breach"}
    assert judged("unclear.dialect", HELLO, mandarin, MORE, NO_MORE, FAREWELL, end=50, by="agent") == {}


def test_a_caller_who_cannot_hear() -> None:
    asks = caller(9, 12, "我听不清你的声音，大声一点好吗？")
    better = agent(13, 15, "对不起，请问现在声音好些了吗？")
    assert judged("unclear.louder", HELLO, asks, better) == {
        "asks": "pass", "polite": "pass", "taboo": "pass",
    }  # fmt: skip
    loud = agent(13, 15, "我已经很大声啦！")
    assert judged("unclear.louder", HELLO, asks, loud) == {
        "asks": "breach", "polite": "breach", "taboo": "breach",
    }  # fmt: skip


ENDED = (HELLO, HOW_MUCH, MORE, NO_MORE, FAREWELL)


def test_a_caller_who_stays_on_after_the_end() -> None:
    again = (agent(52, 54, "请问还有什么可以帮您？"), agent(58, 61, "感谢您的来电，祝您生活愉快，再见。"))
    assert judged("silent.after-end", *ENDED, *again, end=65, by="agent") == {
        "wait": "pass",
        "asks-again": "pass",
    }
    assert judged("silent.after-end", *ENDED, *again, end=62, by="agent")["wait"] == "breach"
    assert judged("silent.after-end", *ENDED, end=48, by="agent")["asks-again"] == "breach"


def test_a_caller_who_hangs_up_or_says_goodbye_does_not_stay_on() -> None:
    assert judged("silent.after-end", *ENDED, end=48) == {"wait": "pass"}
    assert "asks-again" not in judged(
        "silent.after-end", *ENDED, caller(47.5, 48, "再见。"), end=51.5, by="agent"
    )
