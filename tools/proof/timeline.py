"""A scripted call's timeline as the centre writes it: what happened on the line, who spoke when, every word.

Kinds, fields and order of facts are those of `huawu.calls`. Words are the script's own: what a recogniser
would write that hears everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import msgspec
from tools.proof.layout import Placed, PlacedLine, answered_ms, laid_out, over_ms
from tools.proof.mixing import SHOUTING_DB, USUAL_DB
from tools.proof.script import Call, Happening, Speaker

from huawu.switch.media.talk import HANGOVER_MS

BEGAN_MS: Final = int(datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=8))).timestamp() * 1000)
"""A Monday morning: deadlines of working days are counted from it."""
AGENT: Final = {"zf_xiaoxiao": "8016", "zm_yunxi": "8023", "zf_xiaoyi": "8031"}
ENGLISH_AGENT: Final = "8042"
BY: Final = "script"
_HOUSE_LEVEL_DB: Final = -17.0
"""Of prompts, as the switch measures it."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """As `huawu.calls.facts.Fact`."""

    call: str
    seq: int
    at_ms: int
    kind: str
    party: str = "centre"
    fields: dict[str, Any] = {}


@dataclass(slots=True)
class _Writer:
    """Facts in the making."""

    call: Call
    placed: tuple[Placed, ...]
    facts: list[tuple[int, int, str, str, dict[str, Any]]] = field(default_factory=list)
    agent: str = ""
    held: bool = False
    consulted: str = ""
    handed_to: str = ""
    over: bool = False

    def write(self, at_ms: int, kind: str, party: str = "centre", **fields: Any) -> None:
        self.facts.append((at_ms, len(self.facts), kind, party, fields))

    def done(self) -> tuple[Fact, ...]:
        """Numbered in the order in which the centre would have written them."""
        return tuple(
            Fact(
                call=self.call.id,
                seq=seq,
                at_ms=BEGAN_MS + at_ms,
                kind=kind,
                party=party,
                fields=fields,
            )
            for seq, (at_ms, _, kind, party, fields) in enumerate(sorted(self.facts, key=lambda f: f[:2]), 1)
        )


def happened(call: Call) -> tuple[Fact, ...]:
    """The timeline without talk and words: line, hand-overs, work. Raises `NoSound`."""
    writer = _begun(call)
    for one in writer.placed:
        if one.what.act is not None:
            _act(writer, one.what, one.from_ms)
    return writer.done()


def perfect(call: Call) -> tuple[Fact, ...]:
    """The timeline with every word at its true time. Raises `NoSound`."""
    writer = _begun(call)
    for one in writer.placed:
        if one.what.act is not None:
            _act(writer, one.what, one.from_ms)
    for side in ("caller", "agent"):
        for talk in _talks(writer.placed, side):
            _write_talk(writer, side, talk)
    for one in writer.placed:
        if isinstance(one, PlacedLine) and one.by is not None:
            _write_words(writer, one, one.by)
    over = over_ms(writer.placed)
    for side in ("caller", "agent"):
        writer.write(over + 1, "heard", side, until_ms=BEGAN_MS + over, by=BY, final=True)
    return writer.done()


def judged_at_ms(call: Call) -> int:
    """When the script is over, work afterwards and all."""
    return BEGAN_MS + laid_out(call)[-1].to_ms + 60_000


def began_ms(call: Call) -> int:
    """The recording's first instant on the clock of the facts."""
    return BEGAN_MS + answered_ms(laid_out(call))


# ── The line, and the work around the call ────────────────────────────────────────────────────────


def _begun(call: Call) -> _Writer:
    writer = _Writer(call, laid_out(call), agent=AGENT.get(call.voices.agent, ENGLISH_AGENT))
    writer.write(0, "offered", "caller", leg="in1", caller="01307000", caller_name="", number="4001",
                 language=call.language)  # fmt: skip
    writer.write(0, "answered", "caller", codec="PCMU")
    writer.write(0, "queued", queue=call.queue, priority=0, skills={})
    return writer


def _act(writer: _Writer, what: Happening, at: int) -> None:
    write, agent, to = writer.write, writer.agent, what.to
    match what.act:
        case "ring":
            if not writer.handed_to:
                write(at, "offer_made", agent=agent, queue=writer.call.queue, waited_ms=at)
            write(at, "agent_ringing", "agent", agent=writer.handed_to or agent)
        case "answered":
            if writer.handed_to:
                writer.agent, writer.handed_to = writer.handed_to, ""
                write(at, "agent_answered", "agent", leg="a2", codec="PCMU", agent=writer.agent)
                write(at, "bridged", leg="a2", agent=writer.agent)
            else:
                write(at, "agent_answered", "agent", leg="a1", codec="PCMU", agent=agent)
                write(at, "bridged", leg="a1", agent=agent)
                write(at, "recording_started", recording="r1", path=f"{writer.call.id}.wav")
        case "hold":
            writer.held = True
            write(at, "held", "agent")
        case "resume":
            writer.held = False
            write(at, "resumed", "agent")
        case "mute":
            write(at, "muted", "agent", agent=agent)
        case "unmute":
            write(at, "unmuted", "agent", agent=agent)
        case "consult":
            writer.consulted = to
            write(at, "consult", "agent", by=agent, agent=to)
            write(at, "held", "agent")
            write(at, "party_rung", agent=to, purpose="consult", by=agent)
            write(at + 50, "party_ringing", "agent", agent=to)
        case "consult_answered":
            write(at, "agent_answered", "agent", leg="a2", codec="PCMU", agent=to or writer.consulted)
            write(at, "consult_answered", "agent", agent=to or writer.consulted)
        case "consult_ended":
            write(at, "consult_ended", "agent", agent=writer.consulted, reason="normal", by=agent)
            write(at, "resumed", "agent")
            writer.consulted = ""
        case "transfer":
            _transfer(writer, to, at)
        case "urgent":
            write(at, "urgent", "agent", agent=agent, urgency=to, text="")
        case "help_asked":
            write(at, "help_asked", "agent", agent=agent, help="h1")
        case "agent_hangs_up" | "caller_hangs_up" | "line_drops":
            _end(writer, what.act, at)
        case "redial":
            write(at, "redialled", "agent", agent=agent, leg="a9", callee="01307000", attempt=1)
        case "redial_missed":
            write(at, "redial_missed", agent=agent, reason="redial_missed")
        case _:
            _work(writer, what, at)


def _transfer(writer: _Writer, to: str, at: int) -> None:
    """The caller is handed on: to whom the agent talked with, a colleague, a number outside, a queue."""
    write, agent = writer.write, writer.agent
    if writer.consulted:
        write(at, "transfer", "agent", agent=to, by=agent, of=agent, how="attended")
        write(at, "parted", "agent", reason="normal", by="centre", agent=agent)
        write(at, "wrap_up_began", "agent", agent=agent)
        write(at, "resumed", "agent")
        write(at, "bridged", leg="a2", agent=to)
        writer.agent, writer.consulted = to, ""
        return
    writer.held = False
    write(at, "parted", "agent", reason="normal", by="centre", agent=agent)
    write(at, "wrap_up_began", "agent", agent=agent)
    how: dict[str, Any] = {"by": agent, "of": agent, "how": "blind"}
    if not to.isdigit():
        write(at, "transfer", "agent", queue=to, **how)
        write(at, "queued", queue=to, priority=0, skills={})
    elif len(to) < 4:
        write(at, "transfer", number=to, **how)
        write(at, "outside", number=to, trunk="carrier", rule="emergency", cost="emergency", asker="transfer",
              person=agent)  # fmt: skip
    else:
        write(at, "transfer", agent=to, **how)
        writer.handed_to = to


def _end(writer: _Writer, act: str, at: int) -> None:
    write, agent = writer.write, writer.agent
    if act == "agent_hangs_up":
        write(at, "parted", "agent", reason="normal", by="peer", agent=agent)
        write(at, "ended", "agent", by="agent", reason="normal", detail="")
    elif act == "caller_hangs_up":
        write(at, "ended", "caller", by="caller", reason="normal", detail="")
        write(at, "parted", "agent", reason="normal", by="centre", agent=agent)
    else:
        write(at, "dropped", "caller", reason="media_timeout", agent=agent)
        write(at, "redial_offered", agent=agent, redial="next", until_ms=BEGAN_MS + at + 120_000)
        write(at, "ended", "centre", by="centre", reason="media_timeout", detail="")
        write(at, "parted", "agent", reason="normal", by="centre", agent=agent)
    write(at + 20, "recording_stopped", recording="r1", length_ms=at - answered_ms(writer.placed))
    writer.over = True


def _work(writer: _Writer, what: Happening, at: int) -> None:
    """What is done after the call: the form, tickets, promises, and what became of them."""
    write, agent, to = writer.write, writer.agent, what.to
    due = {"due_ms": None if what.due is None else BEGAN_MS + at + round(what.due * 1000)}
    which = {"ticket" if what.id.startswith("T") else "promise": what.id}
    match what.act:
        case "wrap_up":
            write(at, "wrap_up_began", "agent", agent=agent)
        case "wrapped_up":
            write(at, "wrap_up_ended", "agent", agent=agent)
        case "filed":
            write(at, "filed", "agent", disposition=to, agent=agent)
        case "ticket":
            write(at, "ticket_opened", "agent", ticket=what.id, disposition=to, agent=agent, **due)
        case "promise":
            write(at, "promised", "agent", promise=what.id, what=to, ticket="T1", agent=agent, **due)
        case "follow_up":
            write(at, "followed_up", "agent", agent=agent, how=to, **which)
        case "closed":
            write(at, "ticket_closed", "agent", ticket=what.id, agent=agent, outcome=to)
        case _:
            pass


# ── Who spoke, and what ───────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Talk:
    from_ms: int
    to_ms: int
    levels_db: list[float]
    level_db: float


def _talks(placed: tuple[Placed, ...], side: str) -> Iterator[_Talk]:
    """The stretches of a party's voice; what the switch would not tell apart is one."""
    last: _Talk | None = None
    for one in placed:
        if not isinstance(one, PlacedLine) or one.by != side:
            continue
        gain = USUAL_DB + one.what.louder
        for stretch in one.measure.stretches:
            begins, ends = one.from_ms + stretch.from_ms, one.from_ms + stretch.to_ms
            levels = [round(_evened(level, one.what) + gain, 1) for level in stretch.levels_db]
            if last is not None and begins - last.to_ms < HANGOVER_MS:
                last.to_ms = ends
                last.levels_db += levels
                continue
            if last is not None:
                yield last
            last = _Talk(begins, ends, levels, round(stretch.level_db + gain, 1))
    if last is not None:
        yield last


def _evened(level_db: float, what: Happening) -> float:
    """Who shouts is as loud from word to word (see `mixing`)."""
    return (level_db + _HOUSE_LEVEL_DB) / 2 if what.louder >= SHOUTING_DB else level_db


def _write_talk(writer: _Writer, side: Speaker, talk: _Talk) -> None:
    over = over_ms(writer.placed)
    ended = min(talk.to_ms, over)
    if ended > talk.from_ms:
        writer.write(
            min(ended + HANGOVER_MS, over),
            "talk",
            side,
            began_ms=BEGAN_MS + talk.from_ms,
            ended_ms=BEGAN_MS + ended,
            level_db=talk.level_db,
            peak_db=round(talk.level_db + 6, 1),
            levels_db=talk.levels_db,
        )


def _write_words(writer: _Writer, one: PlacedLine, side: Speaker) -> None:
    """One utterance; the words share the time of its voice by their lengths, pauses left out."""
    zero_ms = BEGAN_MS + one.from_ms
    voice = [(zero_ms + each.from_ms, zero_ms + each.to_ms) for each in one.measure.stretches]
    voice = voice or [(zero_ms, BEGAN_MS + one.to_ms)]
    begins, ends = voice[0][0], voice[-1][1]
    writer.write(
        ends - BEGAN_MS,
        "said",
        side,
        from_ms=begins,
        to_ms=ends,
        text=one.what.text,
        words=_words(one.what.text, writer.call.language, voice),
        confidence=1.0,
        by=BY,
    )


def _words(text: str, language: str, voice: list[tuple[int, int]]) -> list[list[Any]]:
    """Each in the stretch of voice in which its middle is, and no longer than that."""
    pieces = text.split() if language == "en" else [piece for piece in text if piece.isalnum()]
    total = sum(map(len, pieces)) or 1
    spoken_ms = sum(to_ms - from_ms for from_ms, to_ms in voice)
    words, at = [], 0
    for piece in pieces:
        begins, ends = spoken_ms * at // total, spoken_ms * (at + len(piece)) // total
        at += len(piece)
        words.append([piece, *_placed(begins, ends, voice), 1.0])
    return words


def _placed(begins: int, ends: int, voice: list[tuple[int, int]]) -> tuple[int, int]:
    """When a part of what is spoken is heard, if it is counted without pauses from the voice's beginning."""
    from_ms, to_ms = voice[0]
    length = to_ms - from_ms
    if (begins + ends) // 2 < length or len(voice) == 1:
        return from_ms + max(begins, 0), from_ms + min(ends, length)
    return _placed(begins - length, ends - length, voice[1:])
