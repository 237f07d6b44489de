"""Guests of web pages: one call by one pass to one number from one address, no more by WebSocket."""

from __future__ import annotations

import hashlib

import pytest

from huawu.switch.sip.events import CallOffered
from huawu.switch.sip.message import Response
from huawu.switch.sip.passes import MAX_PASSES, Pass, Passes
from tests.switch.sip.playbook import REALM, Agent, Peer, Playbook, credentials, endpoint, sdp_of

NUMBER = "10000"
URI = f"sip:{NUMBER}@10.0.0.1"
PAGE = "https://shop.example"


def a_pass(
    name: str = "web.1", *, number: str = NUMBER, address: str = "10.0.0.9", until: float = 60.0
) -> Pass:
    plain = f"{name}:{REALM}:once".encode()
    return Pass(
        guest=name, number=number, address=address, page=PAGE, until=until,
        ha1_sha256=hashlib.sha256(plain).hexdigest(),
        ha1_md5=hashlib.md5(plain, usedforsecurity=False).hexdigest(),
    )  # fmt: skip


class Stage:
    """A switch that knows one phone and one public number, and a page."""

    def __init__(self, *passes: Pass) -> None:
        self.book = Playbook()
        self.ours: Agent = self.book.agent()
        self.ours.configure(endpoint("bob"), public=(NUMBER, "10001"))
        self.page: Peer = self.book.peer()
        self.ours.ua.admit(passes, self.book.now)
        self._cseq = 0

    def calls(
        self, uri: str = URI, *lines: str, guest: str = "web.1", password: str = "once", transport: str = "WS"
    ) -> Response:
        """INVITE, challenged, INVITE again; the last answer that is not provisional or the first one."""
        asked = self.invite(uri, *lines, transport=transport)
        if asked.code != 401:
            return asked
        proof = credentials(asked, "INVITE", uri, guest, password)
        return self.invite(uri, *lines, proof, transport=transport)

    def invite(self, uri: str = URI, *lines: str, transport: str = "WS") -> Response:
        self._cseq += 1
        self.page.heard.clear()
        self.page.request(
            self.ours, "INVITE", uri, *lines, body=str(sdp_of(self.page)), cseq=str(self._cseq),
            branch=f"i{self._cseq}", transport=transport, from_="<sip:4711@page.test>;tag=g",
            call_id=f"call-{self._cseq}",
        )  # fmt: skip
        self.book.run(10)
        answer = self.page.heard[-1]
        assert isinstance(answer, Response)
        return answer

    def offered(self) -> list[CallOffered]:
        return [one for one in self.ours.news if isinstance(one, CallOffered)]


def test_who_has_a_pass_calls_once_as_nobody_with_a_page() -> None:
    stage = Stage(a_pass())
    assert stage.calls().code in (100, 180)
    (call,) = stage.offered()
    assert (call.guest, call.page, call.endpoint, call.trunk) == ("web.1", PAGE, None, None)
    assert (call.from_number, call.from_name) == ("", ""), "what it says of itself counts for nothing"
    assert stage.calls().code == 401, "the pass is spent"
    assert len(stage.offered()) == 1


def test_without_a_pass_not_even_a_public_number_is_reached_by_websocket() -> None:
    stage = Stage()
    assert stage.invite().code == 401
    assert stage.invite(transport="WSS").code == 401
    assert stage.invite(transport="UDP").code in (100, 180), "others reach it as ever"


@pytest.mark.parametrize("uri", ["sip:10001@10.0.0.1", "sip:bob@10.0.0.1", "sip:0013800138000@10.0.0.1"])
def test_a_pass_is_for_its_number_alone_and_stays_good_for_that(uri: str) -> None:
    stage = Stage(a_pass())
    refused = stage.calls(uri)
    assert refused.code == 403
    assert "another number" in refused.headers["warning"][0]
    assert stage.offered() == []
    assert stage.calls().code in (100, 180)


def test_a_pass_is_for_its_address_alone() -> None:
    stage = Stage(a_pass(address="10.0.0.8"))
    assert stage.calls().code == 403
    assert stage.offered() == []


def test_behind_a_proxy_a_pass_may_come_from_anywhere() -> None:
    stage = Stage(a_pass(address=""))
    assert stage.calls().code in (100, 180)


def test_a_wrong_secret_an_unknown_pass_and_one_that_is_over_are_refused_alike() -> None:
    stage = Stage(a_pass(), a_pass("web.late", until=-1.0))
    answers = [
        stage.calls(password="guessed"), stage.calls(guest="web.none"), stage.calls(guest="web.late"),
    ]  # fmt: skip
    assert [one.code for one in answers] == [401, 401, 401]
    assert len({tuple(sorted(one.headers)) for one in answers}) == 1
    assert stage.offered() == []


def test_a_pass_runs_out() -> None:
    stage = Stage(a_pass(until=5.0))
    stage.book.run(6)
    assert stage.calls().code == 401


@pytest.mark.parametrize("to", ["<sip:bob@huawu.test>", "<sip:web.1@huawu.test>", "<sip:huawu.test>"])
def test_a_pass_registers_nobody(to: str) -> None:
    stage = Stage(a_pass())
    lines: tuple[str, ...] = ()
    for cseq in ("1", "2"):
        stage.page.heard.clear()
        stage.page.request(
            stage.ours, "REGISTER", "sip:huawu.test", *lines, from_=f"{to};tag=r", to_=to, cseq=cseq,
            branch=f"r{cseq}", call_id="r", transport="WS",
        )  # fmt: skip
        stage.book.run(10)
        answer = stage.page.hears_response("401 REGISTER")
        lines = (credentials(answer, "REGISTER", "sip:huawu.test", "web.1", "once"),)


def test_a_pass_takes_over_no_call() -> None:
    stage = Stage(a_pass())
    refused = stage.calls(URI, "Replaces: x;to-tag=a;from-tag=b")
    assert refused.code == 403
    assert stage.offered() == []


def test_of_too_many_passes_the_oldest_go() -> None:
    passes = Passes()
    passes.admit([a_pass(f"web.{n}") for n in range(MAX_PASSES + 5)], 0.0)
    assert len(passes) == MAX_PASSES
    assert passes.find("web.0", 0.0) is None
    passes.admit([], 61.0)
    assert len(passes) == 0, "what is over is forgotten"
