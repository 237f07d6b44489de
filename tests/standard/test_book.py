"""The shipped book is whole: every id of the service book, in both languages, with its words in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from huawu.standard import Rule, Text, load_standard
from huawu.standard.schema import Check

BOOK = load_standard().book
SERVICE_BOOK = [
    "open.third-ring",
    "open.greeting",
    "open.greeting-back",
    "open.surname",
    "open.taboo",
    "open.own-name",
    "silent.call",
    "unclear.voice",
    "unclear.repeat",
    "unclear.dialect",
    "unclear.louder",
    "silent.after-end",
    "wait.announce",
    "wait.thank",
    "wait.music",
    "listen.interrupt",
    "listen.ack",
    "voice.loudness",
    "voice.pace",
    "verify.readback",
    "verify.understood",
    "ask.open-closed",
    "plain.words",
    "handoff.first",
    "handoff.tell",
    "handoff.busy",
    "private.call",
    "wrong.number",
    "cannot.do",
    "nuisance",
    "ban.hangup",
    "ban.dropped",
    "ban.retort",
    "ban.blame",
    "ban.shift",
    "ban.profanity",
    "ban.follow-up",
    "complaint.busy-line",
    "complaint.abuse",
    "complaint.slow",
    "complaint.attitude",
    "complaint.error",
    "complaint.other-dept",
    "complaint.close",
    "complaint.steps",
    "complaint.record",
    "suggestion.thank",
    "apology.accept",
    "lost.property",
    "close.more",
    "close.farewell",
    "close.caller-first",
    "close.satisfied",
    "promise.enquiry",
    "promise.contact",
    "promise.closing",
    "promise.callback",
    "promise.urgent",
    "promise.moved",
    "emergency.transfer",
    "emergency.stay",
    "emergency.report",
    "outage.announce",
    "outage.other-way",
    "outage.plan",
]
OF_OUR_OWN = {"ban.impatience", "ban.argue"}  # bans that the service book names without an id
BY_ID = pytest.mark.parametrize("rule", BOOK.rules, ids=[rule.id for rule in BOOK.rules])


def test_every_rule_of_the_service_book_is_there_once() -> None:
    ids = [rule.id for rule in BOOK.rules]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(SERVICE_BOOK) | OF_OUR_OWN


@BY_ID
def test_a_rule_is_told_in_both_languages(rule: Rule) -> None:
    assert rule.source
    for text in (rule.title, rule.reason, rule.hint):
        assert text.zh, text
        assert text.en, text
    for written in _texts(msgspec.to_builtins(rule)):
        assert bool(written["zh"]) == bool(written["en"]), written


@BY_ID
def test_a_rule_weighs_something_sensible(rule: Rule) -> None:
    least, most = {"minor": (1, 6), "major": (4, 8), "fatal": (10, 10)}[rule.severity]
    assert least <= rule.points <= most


@BY_ID
def test_timing_is_judged_apart_from_words(rule: Rule) -> None:
    names = [check.name for check in rule.checks]
    assert len(names) == len(set(names))
    looked_at = "".join(check.looks_at or rule.looks_at for check in rule.checks)
    assert set(looked_at) | {"H"} >= set(rule.looks_at)
    assert bool(rule.checks) == (rule.looks_at != "H")
    for test in load_standard().tests:
        if test.rule.id == rule.id and set(test.looks_at) == {"T"}:
            assert not test.event.sides
            assert not (test.sides and test.written.unheard != "judge")


def test_points_of_the_parts() -> None:
    points = {part.id: sum(rule.points for rule in BOOK.rules if rule.part == part.id) for part in BOOK.parts}
    assert all(points.values())
    assert max(points.values()) <= sum(points.values()) / 4
    assert points["bans"] >= sum(points.values()) / 5


def test_every_phrase_is_said_in_both_languages_and_used() -> None:
    used = set(_used(BOOK.rules)) | set(_used(tuple(BOOK.events.values())))
    assert set(BOOK.phrases) - used == set()
    chinese_only = {"hello-taboo", "plain-you"}
    for name, phrase in BOOK.phrases.items():
        assert phrase.zh, name
        assert phrase.en or name in chinese_only, name
        assert len(set(phrase.zh)) == len(phrase.zh), name
        assert len(set(phrase.en)) == len(phrase.en), name


def test_every_event_and_threshold_is_used() -> None:
    spelled = msgspec.json.encode(BOOK.rules).decode() + msgspec.json.encode(BOOK.events).decode()
    for name in BOOK.events:
        assert f'"{name}"' in spelled, name
    for rule in BOOK.rules:
        own = msgspec.json.encode(rule.checks).decode() + msgspec.json.encode(BOOK.events).decode()
        for name in rule.thresholds:
            assert f'"${name}"' in own, f"{rule.id}: {name}"


def test_what_a_rule_bans_it_looks_for() -> None:
    for rule in BOOK.rules:
        assert set(rule.banned) <= set(_used((rule,))), rule.id


def test_a_hint_is_short_enough_for_mid_call() -> None:
    for rule in BOOK.rules:
        assert len(rule.hint.zh) <= 30, rule.id
        assert len(rule.hint.en) <= 80, rule.id


def _texts(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if set(value) == set(msgspec.to_builtins(Text("a", "b"))):
            yield value
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _used(values: tuple[Any, ...]) -> Iterator[str]:
    """Names of phrases in the events of rules and checks."""
    for value in values:
        if isinstance(value, Rule):
            yield from _used(value.checks)
        elif isinstance(value, Check | msgspec.Struct):
            said = getattr(value, "said", None)
            yield from (said,) if isinstance(said, str) else said or ()
            yield from _used(tuple(getattr(value, name) for name in value.__struct_fields__))
        elif isinstance(value, tuple):
            yield from _used(value)
