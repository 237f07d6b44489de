"""Transfers between link and SIP: what the centre may ask, what it is told, and when."""

from __future__ import annotations

from typing import Literal

from huawu.link.messages import (
    CommandFailed,
    HangUp,
    LegEnded,
    LegId,
    LegOffered,
    Refer,
    TellTransfer,
    TransferAsked,
    TransferProgressed,
)
from huawu.switch.sip.events import CallEnded, CallOffered
from tests.switch.fakes import PEER
from tests.switch.playbook import TRUNK, A, B, Line, sdp


def talking() -> Line:
    """A has called us, B was called by us; both talk."""
    line = Line()
    line.offered(A, sdp())
    line.answer(A)
    line.called(B)
    line.told()
    return line


def test_a_peers_wish_is_told_and_the_answer_passed_on() -> None:
    line = talking()
    wish = TransferAsked(leg=A, number="1002", replaces=B)
    assert line.news(wish) == [wish]
    assert line.do(TellTransfer(leg=A, state="failed", reason="busy")) == []
    assert line.calls.did[-1] == ("tell transfer", A, "failed", "busy")


def test_outcome_is_passed_on_after_the_leg_ended() -> None:
    line = talking()
    line.news(TransferAsked(leg=A, number="1002"))
    line.news(CallEnded(leg=A, by="peer", reason="normal"))
    assert line.do(TellTransfer(leg=A, state="done")) == []
    assert line.calls.did[-1] == ("tell transfer", A, "done", "normal")


def test_word_about_a_leg_that_never_was() -> None:
    line = talking()
    assert [type(one) for one in line.do(TellTransfer(leg=LegId("x"), state="done"))] == [CommandFailed]


def test_wish_on_a_leg_that_is_being_ended_is_refused() -> None:
    line = talking()
    line.calls.ends_at_once = False
    line.do(HangUp(leg=A))
    assert line.news(TransferAsked(leg=A, number="1002")) == []
    assert line.calls.did[-1] == ("tell transfer", A, "failed", "failed")
    assert line.news(TransferAsked(leg=B, number="1002", replaces=A)) == []
    assert line.calls.did[-1] == ("tell transfer", B, "failed", "failed")


def test_we_ask_for_one_transfer_of_a_leg_at_a_time() -> None:
    line = talking()
    assert line.do(Refer(leg=A, number="1002")) == []
    assert line.calls.did[-1:] == [("refer", A, "1002", None)]
    (failed,) = line.do(Refer(leg=A, number="1003"))
    assert isinstance(failed, CommandFailed)
    assert failed.detail == "a transfer of leg a is under way"
    states: tuple[Literal["accepted", "ringing", "failed"], ...] = ("accepted", "ringing", "failed")
    for state in states:
        news = TransferProgressed(leg=A, state=state)
        assert line.news(news) == [news]
    assert line.do(Refer(leg=A, number="", replaces=B)) == []
    assert line.calls.did[-1:] == [("refer", A, "", B)]


def test_transfers_that_cannot_be() -> None:
    line = talking()
    line.offered(LegId("new"), sdp())
    line.told()
    for wish in (
        Refer(leg=A, number=""),
        Refer(leg=A, number="", replaces=A),
        Refer(leg=A, number="", replaces=LegId("new")),
        Refer(leg=LegId("new"), number="1"),
        Refer(leg=LegId("x"), number="1"),
    ):
        assert [type(one) for one in line.do(wish)] == [CommandFailed]


def test_last_word_of_a_transfer_comes_before_the_legs_end() -> None:
    line = talking()
    line.do(Refer(leg=A, number="1002"))
    told = line.news(TransferProgressed(leg=A, state="failed"), CallEnded(leg=A, by="peer", reason="normal"))
    assert [type(one) for one in told] == [TransferProgressed, LegEnded]
    assert line.news(TransferProgressed(leg=A, state="failed")) == []


def test_offered_leg_tells_privacy_diversion_and_whom_it_replaces() -> None:
    line = talking()
    (offered,) = line.news(
        CallOffered(
            leg=LegId("new"), from_number="1", from_name="", to_number="2", endpoint=None, trunk=TRUNK,
            flow=PEER, offer=sdp(), private=True, diverted_from="3", replaces=A,
        )
    )  # fmt: skip
    assert isinstance(offered, LegOffered)
    assert (offered.private, offered.diverted_from, offered.replaces) == (True, "3", A)
