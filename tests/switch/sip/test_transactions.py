"""The four transaction tables, each walked as RFC 3261 §17 draws them."""

from __future__ import annotations

from typing import cast

import pytest

from huawu.switch.sip.events import Flow, Output, SendPacket, StartTimer, StopTimer
from huawu.switch.sip.transaction import (
    CLIENT_INVITE,
    CLIENT_OTHER,
    SERVER_INVITE,
    SERVER_OTHER,
    Happening,
    State,
    Table,
    Transaction,
)

TABLES = {
    "client INVITE": (CLIENT_INVITE, "trying"),
    "client other": (CLIENT_OTHER, "trying"),
    "server INVITE": (SERVER_INVITE, "proceeding"),
    "server other": (SERVER_OTHER, "trying"),
}
TIMERS = set("ABDEFGHIJKLM")


def make(table: Table, state: str, transport: str = "udp") -> Transaction:
    flow = Flow(transport="tcp" if transport == "tcp" else "udp", host="h", port=1)
    return Transaction(
        number=1, table=table, state=cast(State, state), flow=flow, packet=b"message", acknowledgement=b"ack"
    )


def walk(transaction: Transaction, happenings: str) -> list[str]:
    """What each happening brought, in short: state, sent packets, owner's deeds, timers with their length."""
    said = []
    for happening in happenings.split(", "):
        out: list[Output] = []
        theirs = transaction.step(cast(Happening, happening), 0.0, out)
        words = [transaction.state, *theirs]
        for one in out:
            if isinstance(one, SendPacket):
                words.append(one.data.decode())
            elif isinstance(one, StartTimer):
                words.append(f"{one.key[0]}={one.due:g}")
            elif isinstance(one, StopTimer):
                words.append(f"-{one.key[0]}")
        said.append(" ".join(words))
    return said


WALKS = [
    (
        "client INVITE", "udp", "A, A, A, 1xx, 1xx, 2xx, 2xx, final, M, 2xx",
        ["trying message A=0.5", "trying message A=1", "trying message A=2", "proceeding tell -A -B",
         "proceeding tell", "accepted tell -B M=32", "accepted tell", "accepted", "terminated", "terminated"],
    ),
    (
        "client INVITE", "udp", "final, final, lost",
        ["completed tell -A -B ack D=32", "completed ack", "terminated"],
    ),
    (
        "client INVITE", "tcp", "A, 1xx, final",
        ["trying message", "proceeding tell -A -B", "terminated tell -B ack"],
    ),
    ("client INVITE", "udp", "B", ["terminated timeout"]),
    ("client INVITE", "tcp", "lost", ["terminated unreachable"]),
    ("client INVITE", "udp", "2xx", ["accepted tell -A -B M=32"]),
    (
        "client other", "udp", "E, E, E, E, E, 1xx, E, 2xx, 2xx, K",
        ["trying message E=0.5", "trying message E=1", "trying message E=2", "trying message E=4",
         "trying message E=4", "proceeding tell", "proceeding message E=4", "completed tell -E -F K=5",
         "completed", "terminated"],
    ),
    ("client other", "tcp", "final", ["terminated tell -E -F"]),
    ("client other", "udp", "F", ["terminated timeout"]),
    ("client other", "udp", "1xx, F", ["proceeding tell", "terminated timeout"]),
    ("client other", "udp", "lost", ["terminated unreachable"]),
    (
        "server INVITE", "udp", "request, send 1xx, send final, G, G, G, G, G, request, ack, request, ack, I",
        ["proceeding message", "proceeding message", "completed message G=0.5 H=32", "completed message G=1",
         "completed message G=2", "completed message G=4", "completed message G=4", "completed message G=4",
         "completed message", "confirmed -G -H I=5", "confirmed", "confirmed", "terminated"],
    ),
    ("server INVITE", "tcp", "send final, ack", ["completed message H=32", "terminated -G -H"]),
    ("server INVITE", "udp", "send final, H", ["completed message G=0.5 H=32", "terminated -G"]),
    (
        "server INVITE", "udp", "send 2xx, request, send 2xx, ack, L",
        ["accepted message L=32", "accepted", "accepted message", "accepted tell", "terminated"],
    ),
    (
        "server other", "udp", "request, send 1xx, request, send 2xx, request, J",
        ["trying", "proceeding message", "proceeding message", "completed message J=32", "completed message",
         "terminated"],
    ),
    ("server other", "tcp", "send final", ["terminated message"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "transport", "happenings", "expected"), WALKS)
def test_walk(name: str, transport: str, happenings: str, expected: list[str]) -> None:
    table, state = TABLES[name]
    assert walk(make(table, state, transport), happenings) == expected


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reached_and_left_by_a_timer(name: str) -> None:
    """No state may keep a transaction for ever, whatever the peer does not say."""
    table, start = TABLES[name]
    reached, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for (origin, _), (target, _) in table.items():
            if origin == state and target not in reached:
                reached.add(target)
                todo.append(target)
    assert reached == {state for state, _ in table} | {"terminated"}
    for state in reached - {"terminated", "trying", "proceeding"}:
        ends = [
            happening for (origin, happening), (target, _) in table.items()
            if origin == state and target == "terminated" and happening in TIMERS
        ]  # fmt: skip
        assert ends, f"{state} is left by no timer"


@pytest.mark.parametrize("name", TABLES)
def test_timers_started_are_known_to_the_state_they_end_in(name: str) -> None:
    table, _ = TABLES[name]
    for (_, happening), (target, deeds) in table.items():
        for deed in deeds:
            if deed[0] == "+":
                assert (target, deed[1]) in table, (name, happening, deed)
