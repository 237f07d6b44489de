"""A third party in a conference: who speaks on the agent's side, in the transcript and before the book."""

from __future__ import annotations

from typing import Any

from huawu.calls.dialled import as_the_book_sees
from huawu.calls.facts import Fact, Kind, Party
from huawu.calls.spoken import speakers
from huawu.speech.backlog import Words
from huawu.standard import load_standard
from tests.calls.assist.house import House, standard

GARAGE = "013911112222"


def fact(at_s: float, kind: Kind, party: Party = "centre", **fields: Any) -> Fact:
    return Fact(call="c", seq=0, at_ms=round(at_s * 1000), kind=kind, party=party, fields=fields)


def talk(begins: float, ends: float, party: Party = "agent", **whom: str) -> Fact:
    return fact(ends, "talk", party, began_ms=round(begins * 1000), ended_ms=round(ends * 1000), **whom)


def words(begins: float, text: str) -> Words:
    """Heard on the agent's side, a sign each half second."""
    signs: list[list[Any]] = [
        [sign, round((begins + nth / 2) * 1000), round((begins + nth / 2 + 0.5) * 1000), 0.9]
        for nth, sign in enumerate(text)
    ]
    fields: dict[str, Any] = {"from_ms": signs[0][1], "to_ms": signs[-1][2], "text": text, "words": signs}
    return Words(party="agent", at_ms=signs[-1][2], fields=fields)


def in_conference(*, dialled: bool = False) -> list[Fact]:
    """The agent talks, then a garage, both with the caller; or with the customer whom the agent dialled."""
    begun = [fact(0, "offered", "caller")]
    led: dict[str, Any] = {"agent": "1001"}
    if dialled:
        begun = [
            fact(0, "offered", "caller", direction="out", endpoint="1001"),
            fact(0, "outside", number="0139", person="1001", rule="city"),
        ]
        led = {"number": "0139"}
    return [
        *begun,
        fact(1, "bridged", **led),
        talk(2, 4),
        fact(9, "joined", "agent", number=GARAGE),
        talk(10, 12, **led),
        talk(12, 14, number=GARAGE),
    ]


def test_each_word_is_of_who_spoke_it() -> None:
    heard = [words(2, "您好"), words(10, "请讲一下明天到货")]
    spoke = [(party, one.fields["text"]) for party, one in speakers(in_conference(), heard)]
    assert spoke == [("agent", "您好"), ("agent", "请讲一下"), ("outsider", "明天到货")]


def test_a_customer_whom_an_agent_dialled_is_no_third_party() -> None:
    facts = in_conference(dialled=True)
    heard = [words(10, "什么时候"), words(12, "明天到货")]
    assert [party for party, _ in speakers(facts, heard)] == ["agent", "outsider"]
    seen = as_the_book_sees(facts)
    assert [each.party for each in seen if each.kind == "talk"] == ["caller", "caller", "outsider"]


def test_a_third_party_is_before_the_book_neither_agent_nor_caller() -> None:
    said = [
        fact(12, "said", "agent", from_ms=10_000, to_ms=12_000, text="请讲"),
        fact(14, "said", "agent", from_ms=12_000, to_ms=14_000, text="你有病吧"),
    ]
    seen = as_the_book_sees([*in_conference(), *said])
    assert [each.party for each in seen if each.kind == "said"] == ["agent", "outsider"]
    assert [each.party for each in seen if each.kind == "talk"] == ["agent", "agent", "outsider"]


def let_wait(*meanwhile: Fact) -> bool:
    """Whether the agent lets the caller wait in silence: for ten seconds after the caller has spoken."""
    facts = [
        *in_conference(),
        talk(14.1, 20, "caller"),
        *meanwhile,
        talk(31, 34, agent="1001"),
        fact(35, "ended", "caller", by="caller", reason="normal"),
    ]
    judged = load_standard().judge(as_the_book_sees(facts))
    return "breach" in {one.verdict for one in judged if one.rule == "wait.announce"}


def test_while_a_third_party_speaks_the_agent_lets_nobody_wait_in_silence() -> None:
    assert let_wait()
    assert not let_wait(talk(20.5, 30.5, number=GARAGE))


def test_a_third_party_is_judged_live_as_afterwards() -> None:
    house = House("novice")
    found: dict[str, Any] = {}
    house.assist.judged = found.__setitem__
    house.answered("1001")
    house.talk("agent", 0.5, 2)
    house.talk("caller", 3, 5)
    house.talk("agent", 5.5, 12, number=GARAGE)
    house.talk("agent", 12.5, 14, agent="1001")
    house.run_to(16)
    house.ended()
    house.run(5)
    house.over()
    after = standard().judge(as_the_book_sees(house.stored["c"]), now_ms=house.now)
    key = lambda each: (each.rule, each.check, each.from_ms, each.to_ms, each.verdict)  # noqa: E731
    assert sorted(map(key, found["c"])) == sorted(map(key, after))
    assert "wait.announce" not in {each.rule for each in after if each.verdict == "breach"}
