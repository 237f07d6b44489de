"""A small book that judges finished calls by a few rules, for tests of what is done with verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from huawu.calls.facts import Fact
from huawu.quality.assessment import Wording
from huawu.quality.ports import StandardLike


class SmallRule(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    part: str
    title: Wording
    severity: str
    points: int
    looks_at: frozenset[str]
    source: str = "S1"
    reason: Wording = Wording(zh="因", en="because")
    hint: Wording = Wording()
    say: tuple[Wording, ...] = ()
    version: str = "1"
    within_ms: int = 0


class SmallVerdict(msgspec.Struct, frozen=True, kw_only=True):
    rule: str
    version: str = "1"
    verdict: str
    from_ms: int
    to_ms: int
    expected: Wording = Wording(zh="应", en="should")
    found: Wording = Wording(zh="是", en="is")
    confidence: float = 1.0
    hint: Wording = Wording()
    party: str = "agent"


class Kept(msgspec.Struct, frozen=True):
    points_kept: float
    points_possible: float


class SmallScore(msgspec.Struct, frozen=True):
    total: float | None
    parts: dict[str, Kept]
    fatal: bool


class WrongBook(Exception):
    def __init__(self, path: list[str], message: str) -> None:
        self.problems = [WrongPlace(path, message)]
        super().__init__(message)


class WrongPlace(msgspec.Struct, frozen=True):
    path: list[str]
    message: str


def _rule(
    name: str, part: str, points: int, looks_at: str, severity: str = "minor", ms: int = 0
) -> SmallRule:
    title = Wording(zh=f"规则 {name}", en=f"Rule {name}")
    return SmallRule(
        id=name,
        part=part,
        title=title,
        severity=severity,
        points=points,
        looks_at=frozenset(looks_at),
        within_ms=ms,
    )


RULES = (
    _rule("open.third-ring", "opening", 4, "T", ms=10_000),
    _rule("open.greeting", "opening", 6, "P"),
    _rule("ban.hangup", "bans", 20, "T", severity="fatal"),
    _rule("ban.follow-up", "promises", 10, "W"),
    _rule("plain.words", "during", 5, "H"),
)


class SmallBook:
    """Answered in time, greeted, hung up by the caller, ticket followed up; plain words judge people."""

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        self.version = f"t.1+{len(str(overrides)):08x}" if overrides else "t.1"
        rules = {rule.id: rule for rule in RULES}
        for name, changed in dict((overrides or {}).get("rules", {})).items():
            if name not in rules:
                raise WrongBook(["rules", name], f"there is no rule {name}")
            rules[name] = msgspec.structs.replace(rules[name], version="2", **changed)
        self.rules: Mapping[str, SmallRule] = rules
        self.phrases: Mapping[str, Any] = {}

    def judge(
        self, facts: Sequence[Fact], marks: Callable[[Any], tuple[Any, ...]], now_ms: int
    ) -> list[SmallVerdict]:
        at = {fact.kind: fact for fact in facts}
        if "broken" in at["offered"].fields:
            raise ArithmeticError("this timeline goes back in time")
        bridged, ended = at.get("bridged"), at["ended"]
        if bridged is None:
            return [
                SmallVerdict(rule=name, verdict="not_applicable", from_ms=0, to_ms=0) for name in self.rules
            ]
        late = bridged.at_ms - at["offered"].at_ms > self.rules["open.third-ring"].within_ms
        said = [fact for fact in facts if str(fact.kind) == "said"]
        heard = any(str(fact.kind) == "heard" for fact in facts)
        greeted = "pass" if any("您好" in fact.fields["text"] for fact in said) else "breach"
        found = [
            self._says("open.third-ring", "breach" if late else "pass", bridged.at_ms, bridged.at_ms),
            self._says("open.greeting", greeted if heard else "unsure", bridged.at_ms, bridged.at_ms + 3_000),
            self._says(
                "ban.hangup",
                "breach" if ended.fields.get("by") == "agent" else "pass",
                ended.at_ms,
                ended.at_ms,
            ),
        ]
        tickets = [fact for fact in facts if fact.kind == "ticket_opened"]
        followed = {
            fact.fields.get("ticket") for fact in facts if fact.kind in ("followed_up", "ticket_closed")
        }
        for fact in tickets:
            done, due_ms = fact.fields["ticket"] in followed, fact.fields["due_ms"]
            if done or now_ms > due_ms:
                found.append(self._says("ban.follow-up", "pass" if done else "breach", fact.at_ms, due_ms))
        return found

    def _says(self, rule: str, verdict: str, from_ms: int, to_ms: int) -> SmallVerdict:
        return SmallVerdict(
            rule=rule, version=self.rules[rule].version, verdict=verdict, from_ms=from_ms, to_ms=to_ms
        )

    def score(self, verdicts: Iterable[Any]) -> SmallScore:
        kept: dict[str, float] = {}
        possible: dict[str, float] = {}
        worst: dict[str, str] = {}
        for each in verdicts:
            if each.verdict in ("pass", "breach") and worst.get(each.rule) != "breach":
                worst[each.rule] = each.verdict
        for name, verdict in worst.items():
            rule = self.rules[name]
            possible[rule.part] = possible.get(rule.part, 0) + rule.points
            kept[rule.part] = kept.get(rule.part, 0) + (rule.points if verdict == "pass" else 0)
        total = 100 * sum(kept.values()) / sum(possible.values()) if possible else None
        fatal = any(worst[name] == "breach" and self.rules[name].severity == "fatal" for name in worst)
        parts = {name: Kept(kept[name], possible[name]) for name in possible}
        return SmallScore(0.0 if fatal else total, parts, fatal)


def load_small_book(overrides: Mapping[str, Any] | None) -> StandardLike:
    """As `load_standard` does."""
    return SmallBook(overrides)
