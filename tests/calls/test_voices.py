"""A third party in a conference: who speaks on the agent's side, in the transcript and before the book."""

from __future__ import annotations

from typing import Any

from huawu.calls.dialled import as_the_book_sees
from huawu.calls.facts import Fact, Kind, Party
from huawu.calls.spoken import speakers
from huawu.speech.backlog import Words
from huawu.standard import load_standard
from tests.calls.assist.house import House

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


COLLEAGUE = "1002"


def with_a_colleague() -> list[Fact]:
    """A leader barges into a call that an agent dialled."""
    return [
        *in_conference(dialled=True)[:4],
        fact(9, "supervised", "agent", agent=COLLEAGUE, mode="barge", by=COLLEAGUE),
        talk(10, 12, number="0139"),
        talk(12, 14, agent=COLLEAGUE),
    ]


def test_a_colleague_in_a_dialled_call_is_not_the_customer() -> None:
    heard = [words(10, "什么时候明天到货")]
    spoke = list(speakers(with_a_colleague(), heard))
    assert [one.fields["text"] for _, one in spoke] == ["什么时候", "明天到货"]
    said = [fact(14, "said", party, **one.fields) for party, one in spoke]
    seen = as_the_book_sees([*with_a_colleague(), *said])
    assert [each.party for each in seen if each.kind == "talk"] == ["caller", "caller", "agent"]
    told = [(each.party, each.fields.get("agent")) for each in seen if each.kind == "said"]
    assert told == [("caller", None), ("agent", COLLEAGUE)]


def test_whom_the_customer_leaves_behind_has_nobody_to_greet() -> None:
    left = [fact(20, "parted", "agent", number="0139"), fact(20, "bridged", agent=COLLEAGUE)]
    seen = as_the_book_sees([*with_a_colleague(), *left])
    assert [each.kind for each in seen if each.at_ms >= 20_000] == ["parted"]


def test_a_leader_whom_the_caller_does_not_hear_is_no_voice_of_the_call() -> None:
    facts = [
        *in_conference()[:3],
        fact(9, "supervised", "agent", agent=COLLEAGUE, mode="whisper", by=COLLEAGUE),
        talk(10, 12, agent="1001"),
        talk(11, 13, agent=COLLEAGUE),
        fact(14, "supervised", "agent", agent=COLLEAGUE, mode="barge", by=COLLEAGUE),
        talk(15, 17, agent=COLLEAGUE),
        fact(20, "taken_over", "agent", agent=COLLEAGUE, of="1001", by=COLLEAGUE),
        fact(20, "bridged", agent=COLLEAGUE),
    ]
    seen = as_the_book_sees(facts)
    spoke = [(each.fields["began_ms"], each.fields.get("agent")) for each in seen if each.kind == "talk"]
    assert spoke == [(2_000, None), (10_000, "1001"), (15_000, COLLEAGUE)]
    assert seen[-1].fields["there"], "who was heard before does not begin anew"


def test_a_hold_is_before_the_book_of_who_holds() -> None:
    holds = [
        fact(15, "held", "agent", number="0139"),
        fact(16, "held", "agent", agent=COLLEAGUE),
        fact(17, "held", "outsider", number=GARAGE),
        fact(18, "held", "caller"),
    ]
    seen = as_the_book_sees([*with_a_colleague(), *holds])
    assert [each.party for each in seen if each.kind == "held"] == ["caller", "agent", "outsider", "agent"]


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


def live_and_after(house: House) -> list[Any]:
    """The verdicts of a call that is told to an end: the same as it went on."""
    found: dict[str, Any] = {}
    house.assist.judged = found.__setitem__
    house.run_to(16)
    house.ended()
    house.run(5)
    house.over()
    after = house.assist.standard.judge(  # type: ignore[union-attr]
        as_the_book_sees(house.stored["c"]), now_ms=house.now
    )
    key = lambda each: (each.rule, each.check, each.from_ms, each.to_ms, each.verdict, each.agent)  # noqa: E731
    assert sorted(map(key, found["c"])) == sorted(map(key, after))
    return [each for each in after if each.verdict == "breach"]


def test_a_third_party_is_judged_live_as_afterwards() -> None:
    house = House("novice")
    house.answered("1001")
    house.talk("agent", 0.5, 2)
    house.talk("caller", 3, 5)
    house.talk("agent", 5.5, 12, number=GARAGE)
    house.talk("agent", 12.5, 14, agent="1001")
    assert "wait.announce" not in {each.rule for each in live_and_after(house)}


def test_two_agents_at_once_are_judged_live_as_afterwards() -> None:
    house = House("novice")
    house.assist.standard = load_standard()
    house.answered("1001")
    house.talk("agent", 0.5, 2)
    house.run_to(2.5)
    house.fact("agent_answered", "agent", agent=COLLEAGUE)
    house.fact("joined", "agent", agent=COLLEAGUE)
    house.talk("caller", 3, 12, (-20.0,) * 9)
    house.talk("agent", 4, 8, (-30.0,) * 4, agent="1001")
    house.talk("agent", 5, 7, (-20.0,) * 2, agent=COLLEAGUE)
    house.talk("agent", 9, 11, agent=COLLEAGUE)
    house.talk("agent", 12.5, 14, agent="1001")
    live_and_after(house)


def test_a_colleague_in_a_dialled_call_is_judged_live_as_afterwards() -> None:
    house = House("novice")
    house.assist.standard = load_standard()
    house.fact("offered", "caller", caller="1001", number="0139", direction="out", endpoint="1001")
    house.fact("outside", number="0139", trunk="city", rule="city", person="1001")
    house.fact("agent_answered", "agent", leg="c.a1", number="0139")
    house.fact("bridged", "centre", leg="c.a1", number="0139")
    house.talk("caller", 0.5, 2)
    house.run_to(2.5)
    house.fact("agent_answered", "agent", agent=COLLEAGUE)
    house.fact("supervised", "agent", agent=COLLEAGUE, mode="barge", by=COLLEAGUE)
    house.talk("agent", 3, 5.5, number="0139")
    house.talk("agent", 6, 14, agent=COLLEAGUE)
    house.run_to(14.5)
    assert {each.rule for each in live_and_after(house)}.isdisjoint({"wait.announce", "listen.interrupt"})
