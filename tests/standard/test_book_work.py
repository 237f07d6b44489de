"""The book on what is done around a call, part 7 among it: promises, tickets, leaders, deadlines."""

from __future__ import annotations

from typing import Any

import pytest

from huawu.standard import Happened
from tests.standard.book_call import HELLO, HOW_MUCH, MORE, agent, caller, judged
from tests.standard.script import at, fact


def promised(what: str, due: float, **fields: Any) -> Happened:
    return fact(
        70, "promised", "agent", promise="p", ticket="t", what=what, due_ms=at(due), agent="1001", **fields
    )


@pytest.mark.parametrize("what", ["answer", "contact", "closing", "callback"])
def test_promises_are_kept_by_their_due_instant(what: str) -> None:
    rule = {"answer": "promise.enquiry"}.get(what, f"promise.{what}")
    promise = promised(what, 3600)
    in_time = fact(3000, "followed_up", "agent", promise="p")
    by_ticket = fact(3000, "ticket_closed", "agent", ticket="t", outcome="solved")
    late = fact(3700, "followed_up", "agent", promise="p")
    for judged_rule in (rule, "ban.follow-up"):
        assert judged(judged_rule, HELLO, promise, in_time, until=4000) == {"kept": "pass"}
        assert judged(judged_rule, HELLO, promise, by_ticket, until=4000) == {"kept": "pass"}
        assert judged(judged_rule, HELLO, promise, late, until=4000) == {"kept": "breach"}
        assert judged(judged_rule, HELLO, promise, until=3000) == {}  # nobody knows yet


def test_what_is_promised_or_complained_of_gets_a_ticket() -> None:
    says = (HELLO, HOW_MUCH, agent(13, 16, "明天上午给您回电话。"))
    ticket = fact(90, "ticket_opened", "agent", ticket="t", due_ms=None)
    assert judged("ban.follow-up", *says, ticket, until=3000) == {"promise": "pass"}
    assert judged("ban.follow-up", *says, until=3000) == {"promise": "breach"}
    complains = (HELLO, caller(9, 12, "我要投诉你们的司机，他态度太差了。"))
    for rule, check in (
        ("complaint.record", "ticket"),
        ("ban.follow-up", "complaint"),
        ("complaint.attitude", "handed-on"),
    ):
        assert judged(rule, *complains, ticket, until=3000)[check] == "pass"
        assert judged(rule, *complains, until=3000)[check] == "breach"


def test_who_complains_of_manners_is_asked_how_to_be_reached() -> None:
    complains = (HELLO, caller(9, 12, "你们的司机骂我。"), agent(13, 15, "请您原谅。"))
    asked = agent(20, 23, "我们用这个号码联系您，可以吗？")
    assert judged("complaint.attitude", *complains, asked, MORE)["contact"] == "pass"
    told = caller(20, 23, "电话是64827015。")
    assert judged("complaint.attitude", *complains, told, MORE)["contact"] == "pass"
    assert judged("complaint.attitude", *complains, MORE)["contact"] == "breach"
    assert "contact" not in judged("complaint.attitude", *complains)  # the caller left before the end


def test_the_leader_is_called() -> None:
    asks = (HELLO, caller(9, 12, "叫你们领导来听电话。"))
    help_asked = fact(20, "help_asked", "agent", agent="1001")
    assert judged("promise.urgent", *asks, help_asked, until=3000) == {"leader": "pass"}
    assert judged("promise.urgent", *asks, until=3000) == {"leader": "breach"}
    abused = [caller(9 + 5 * n, 11 + 5 * n, "你们这帮混蛋！") for n in range(4)]
    assert judged("complaint.abuse", HELLO, *abused, until=3000)["leader"] == "breach"
    assert (
        judged("complaint.abuse", HELLO, *abused, fact(26, "help_asked", "agent", agent="1001"))["leader"]
        == "pass"
    )


def test_other_departments_and_what_is_not_accepted() -> None:
    complains = (HELLO, caller(9, 12, "我要投诉停车场。"))
    away = agent(13, 16, "停车场不归我们管。")
    answer = agent(13, 18, "很抱歉，这件事由管理处负责，我们二十四小时之内给您明确的答复。")
    assert judged("complaint.other-dept", *complains, answer) == {"answer": "pass", "sorry": "pass"}
    assert judged("complaint.other-dept", *complains, away) == {"answer": "breach", "sorry": "breach"}
    refuses = (
        HELLO,
        caller(9, 12, "你们把我的地址记错了。"),
        agent(13, 15, "非常抱歉，马上核实。"),
        caller(16, 18, "我不接受。"),
    )
    assert (
        judged("complaint.error", *refuses, agent(19, 22, "请留下您的联系电话，我马上请班长与您联系。"))[
            "not-accepted"
        ]
        == "pass"
    )
    assert judged("complaint.error", *refuses, agent(19, 20, "哦。"))["not-accepted"] == "breach"


def test_a_deadline_is_not_moved_silently() -> None:
    moved = fact(9000, "ticket_closed", "agent", ticket="t", outcome="refiled")
    corrected = fact(90, "ticket_closed", "agent", ticket="t", outcome="refiled")
    assert judged("promise.moved", HELLO, moved) == {"refiled": "breach"}
    assert judged("promise.moved", HELLO, corrected) == {"refiled": "pass"}


def test_a_dropped_line_is_called_back() -> None:
    dropped = fact(30, "dropped", "caller", reason="lost", agent="1001")
    missed = fact(90, "redial_missed", agent="1001", reason="redial_missed")
    nobody = fact(30.1, "redial_missed", agent="1001", reason="no_number")
    assert judged("ban.dropped", HELLO, dropped, missed, end=30, by="centre") == {"redialled": "breach"}
    assert judged("ban.dropped", HELLO, dropped, nobody, end=30, by="centre") == {"redialled": "pass"}


def test_an_emergency_is_reported_and_stayed_with() -> None:
    alarm = (HELLO, caller(9, 12, "车上有人晕倒了！"))
    urgent = fact(20, "urgent", "agent", agent="1001", urgency="medical", text="")
    assert judged("emergency.report", *alarm, urgent, until=3000)["reported"] == "pass"
    assert judged("emergency.report", *alarm, until=3000)["reported"] == "breach"
    assert judged("emergency.stay", *alarm, urgent, end=40, by="agent")["stays"] == "breach"
    assert (
        judged("emergency.stay", *alarm, urgent, end=40, by="agent", wordless=True)["urgent-stays"]
        == "breach"
    )
    assert judged("emergency.stay", *alarm, urgent, end=40)["stays"] == "pass"
