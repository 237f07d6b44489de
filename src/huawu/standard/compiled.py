"""A written standard made ready to judge: lengths in ms, names looked up, events with signals and sieves.

What cannot be meant (an event without a kind, a threshold that is not there) is told with the rule's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from huawu.standard.checks import Gauge, Near, Order, Stage, Test
from huawu.standard.happening import Happening, Sieve, both_of, chosen, field_is_not, is_faster, raised_by
from huawu.standard.model import FOREVER, BookError, RulePlace
from huawu.standard.schema import Beside, Book, Check, Event, Measure, Procedure, Rule
from huawu.standard.signals import Span

_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_KINDS: Final = (
    "event", "fact", "said", "words", "speaks", "talk", "turn", "silence", "overlap", "hold", "conversation",
    "raised", "any",
)  # fmt: skip
_NEEDS_MORE: Final = re.compile(rb'\$|"event":"|"any":\[')
"""A threshold, or other events in which there may be one."""
_FORMS: Final = ("never", "count", "total", "procedure", "measure")
_FOUND_BY_ITSELF: Final = ("number", "surname", "address", "abusive", "quoting")


Pair = tuple[str, "Sieve | None"]


class _Compiler:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[bytes, Happening] = {}
        self._where = ""
        self._rule = ""
        self._thresholds: Mapping[str, Any] = {}
        self.places: list[RulePlace] = []

    def wrong(self, message: str, code: str = "other", **about: str) -> None:
        self.places.append(RulePlace("standard", 0, self._where, message, code, about))

    def rule(self, rule: Rule, first: int) -> list[Test]:
        tests = []
        self._rule, self._thresholds = rule.id, rule.thresholds
        if not set(rule.looks_at) <= set("TPVWH") or not rule.looks_at:
            self._where = rule.id
            self.wrong("`looks_at` is one or more of the letters T, P, V, W, H", "looks_at")
        if not rule.checks and rule.looks_at != "H":
            self._where = rule.id
            self.wrong("a rule that is not for people alone (H) needs at least one check", "no_check")
        for index, check in enumerate(rule.checks):
            self._where = f"{rule.id}.{check.name or index}"
            tests.append(self._test(rule, check, first + index))
        return [test for test in tests if test is not None]

    def _test(self, rule: Rule, check: Check, number: int) -> Test | None:
        form = next((each for each in _FORMS if getattr(check, each)), None)
        if check.when is not None and check.must is not None:
            form = "must" if form is None else None
        if form is None:
            self.wrong(f"exactly one is needed of: `when` with `must`, {', '.join(_FORMS)}", "one_form")
            return None
        if check.whose and form not in ("must", "never"):
            self.wrong("`whose` goes with `when` or `never` only: it names a field of that fact", "whose")
        procedure = self._procedure(check.procedure) if check.procedure else None
        gauge = self._gauge(check.measure) if check.measure else None
        looked_at = {"must": check.when, "never": check.never, "count": check.count, "total": check.total}
        if procedure is not None:
            event = procedure.starts
        elif gauge is not None:
            event = self._event(Event(conversation=True))
        else:
            event = self._event(looked_at[form])
        must = self._event(check.must) if form == "must" else None
        only_if = tuple(self._near(beside) for beside in check.only_if)
        unless = tuple(self._near(beside) for beside in check.unless)
        used = [event, must, *(near.event for near in only_if + unless)]
        if procedure is not None:
            used += [procedure.leaves, procedure.cuts, *(stage.do for stage in procedure.stages)]
        events = [each for each in used if each is not None]
        length = form == "total"
        return Test(
            number=number,
            rule=rule,
            written=check,
            name=check.name,
            expected=check.expected or rule.title,
            looks_at=check.looks_at or rule.looks_at,
            form=form,
            event=event,
            must=must,
            back=check.earlier is not None and check.later is None,
            first=check.first,
            same=check.same,
            due=check.due or None,
            whose=check.whose,
            goes_on=check.cut == "goes-on",
            later_ms=self._later(check.later),
            earlier_ms=None if check.earlier is None else self._later(check.earlier),
            apart_ms=self._length(check.apart) if check.apart else 0,
            cut_ms=self._cut(check.cut),
            only_if=only_if,
            unless=unless,
            at_most=self._number(check.at_most, length),
            at_least=self._number(check.at_least, length),
            warn_after_ms=None if check.warn_after is None else self._length(check.warn_after),
            procedure=procedure,
            gauge=gauge,
            signals=frozenset(signal for each in events for signal in each.signals),
            sides=frozenset[str]().union(*(each.sides for each in events))
            | ({gauge.party} if gauge is not None and gauge.of == "pace" else frozenset()),
        )

    def _procedure(self, written: Procedure) -> Order:
        stages = tuple(
            Stage(
                do=self._event(step.do),
                written=step,
                not_before_ms=self._length(step.not_before) if step.not_before else 0,
                within_ms=None if step.within is None else self._length(step.within),
            )
            for step in written.steps
        )
        return Order(
            starts=self._event(written.starts),
            stages=stages,
            leaves=None if written.leaves is None else self._event(written.leaves),
            cuts=None if written.cuts is None else self._event(written.cuts),
            from_step=written.from_step,
            left_before=written.left_before,
        )

    def _gauge(self, written: Measure) -> Gauge:
        return Gauge(
            of=written.of,
            party=written.party,
            at_most=self._float(written.at_most),
            at_least=self._float(written.at_least),
            of_at_least_ms=self._length(written.of_at_least),
        )

    def _near(self, written: Beside) -> Near:
        return Near(
            event=self._event(written.event),
            earlier_ms=self._later(written.earlier),
            later_ms=self._later(written.later),
            same=written.same,
            around=written.around,
        )

    # events

    def _event(self, written: Event | str | None) -> Happening:
        """The compiled event; checks that name the same share it, and what it found in a call."""
        spelled = self._spelled(written)
        known = self._known.get(spelled)
        if known is not None:
            return known
        pairs, event = self._pairs(written, 0)
        happening = Happening(len(self._known), tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))
        if event is not None:
            happening.nth = event.nth or 0
            happening.after = event.after or ""
            happening.lasting_ms = self._length(event.longer) if event.longer else 0
        self._known[spelled] = happening
        return happening

    def _spelled(self, written: Event | str | None) -> bytes:
        """What tells an event from others, the rule's thresholds with it if they play a part."""
        named = self._book.events.get(written) if isinstance(written, str) else written
        spelled = msgspec.json.encode(named if named is not None else written)
        return spelled + msgspec.json.encode(self._thresholds) if _NEEDS_MORE.search(spelled) else spelled

    def _pairs(
        self, written: Event | str | None, depth: int
    ) -> tuple[list[tuple[str, Sieve | None]], Event | None]:
        if isinstance(written, str):
            named = self._book.events.get(written)
            if named is None:
                self.wrong(f"there is no event named {written}", "no_event", name=written)
                return [], None
            written = named
        if written is None or depth > 8:
            if written is None:
                self.wrong("an event is needed here", "event_missing")
            else:
                self.wrong("events name each other in a circle", "circle")
            return [], None
        kinds = [name for name in _KINDS if getattr(written, name) is not None]
        if len(kinds) != 1:
            self.wrong(f"an event is exactly one of: {', '.join(_KINDS)}", "one_kind")
            return [], None
        if kinds[0] in ("event", "any"):
            inner = [written.event] if kinds[0] == "event" else list(written.any or ())
            pairs = [pair for each in inner for pair in self._pairs(each, depth + 1)[0]]
            return [(signal, both_of(sieve, self._sieve(written))) for signal, sieve in pairs], written
        sieve = self._sieve(written)
        return [(signal, sieve) for signal in self._signals(written, kinds[0])], written

    def _signals(self, event: Event, kind: str) -> list[str]:
        if kind == "fact":
            return [f"fact:{name}" for name in _several(event.fact)]
        if kind == "said":
            if event.by is None:
                self.wrong("`said` needs `by: agent` or `by: caller`", "said_by")
            for name in _several(event.said):
                if name not in self._book.phrases and name not in _FOUND_BY_ITSELF:
                    self.wrong(f"there is no phrase named {name}", "no_phrase", name=name)
            return [f"said:{event.by}:{name}" for name in _several(event.said)]
        if kind in ("silence", "hold", "conversation"):
            return [kind]
        return [f"{kind}:{getattr(event, kind)}"]

    def _sieve(self, event: Event) -> Sieve | None:
        """What a span must be like; None = any will do."""
        longer = self._length(event.longer) if event.longer else 0
        if event.raised is not None:
            return raised_by(self._float(event.by_db) or 6.0, longer)
        shorter = self._length(event.shorter) if event.shorter else FOREVER
        fields: list[tuple[str, frozenset[Any] | None]] = []
        for name, wanted in (("after", event.after), ("before", event.before), ("party", event.party)):
            if wanted is not None:
                fields.append((name, frozenset((wanted,))))
        for name, value in (event.where or {}).items():
            allowed = value if isinstance(value, tuple) else (value,)
            fields.append((name, None if allowed == ("*",) else frozenset(allowed)))
        tests: list[Callable[[Span], bool]] = []
        for name, value in (event.but or {}).items():
            tests.append(field_is_not(name, value if isinstance(value, tuple) else (value,)))
        if event.digits is not None:
            least = event.digits
            tests.append(lambda span: len(span.value) >= least)
        if event.pace_over is not None:
            fastest = self._float(event.pace_over) or 0.0
            tests.append(lambda span: is_faster(span, fastest))
        if not (longer or fields or tests or shorter != FOREVER):
            return None
        return chosen(longer, shorter, tuple(fields), tuple(tests))

    # numbers

    def _threshold(self, written: Any) -> Any:
        if isinstance(written, str) and written.startswith("$"):
            if written[1:] not in self._thresholds:
                name = written[1:]
                self.wrong(f"the rule has no threshold named {name}", "threshold_missing", name=name)
                return "0s"
            return self._thresholds[written[1:]]
        return written

    def _length(self, written: Any) -> int:
        value = str(self._threshold(written))
        parts = _LENGTH.findall(value)
        if not parts or "".join(number + unit for number, unit in parts) != value:
            message = f'"{value}" is no length; write it like 3s, 500ms, 2m, 24h, 3d'
            self._wrong_value(written, message, "no_length", value)
            return 0
        return round(sum(float(number) * _UNITS[unit] for number, unit in parts))

    def _later(self, written: str | None) -> int:
        if written is None:
            return 0
        return FOREVER if written in ("end", "start") else self._length(written)

    def _cut(self, written: str) -> int:
        names = {"excused": FOREVER, "breach": 0, "goes-on": 0}
        return names[written] if written in names else self._length(written)

    def _number(self, written: Any, length: bool) -> int | None:
        if written is None:
            return None
        value = self._threshold(written)
        return (
            self._length(written)
            if length
            else int(float(value))
            if _is_number(value)
            else self._wrong_number(written, value)
        )

    def _float(self, written: Any) -> float | None:
        if written is None:
            return None
        value = self._threshold(written)
        return float(value) if _is_number(value) else self._wrong_number(written, value)

    def _wrong_number(self, written: Any, value: Any) -> int:
        self._wrong_value(written, f'"{value}" is no number', "no_number", str(value))
        return 0

    def _wrong_value(self, written: Any, message: str, code: str, given: str) -> None:
        """A threshold is wrong where it is set, not where a check uses it."""
        before = self._where
        if isinstance(written, str) and written.startswith("$"):
            self._where = f"rules.{self._rule}.thresholds.{written[1:]}"
        place = RulePlace("standard", 0, self._where, message, code, {"given": given})
        if place not in self.places:  # several checks use it
            self.places.append(place)
        self._where = before


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _several(names: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names or ()


def compile_book(book: Book) -> tuple[Test, ...]:
    """All checks of the rules that are on. Raises `BookError` with all that cannot be meant."""
    compiler = _Compiler(book)
    tests: list[Test] = []
    for rule in book.rules:
        if not rule.off:
            tests += compiler.rule(rule, len(tests))
    if compiler.places:
        raise BookError(tuple(compiler.places))
    return tuple(tests)
