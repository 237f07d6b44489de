"""A recording from elsewhere as a timeline: who talked when, by the switch's own ear, and what was said.

What the switch would have told of the line is not in a recording. It is taken to begin when the agent answers
and to end with the call; who hung up nobody knows, and rules that ask for it have nothing to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from huawu.assets.telephone_sound import RATE, ulaw
from huawu.speech.guessing import guess_speakers, voiceprint
from huawu.speech.hearing import Hearing
from huawu.speech.recogniser import Samples
from huawu.speech.sound_files import SoundFile
from huawu.standard import Happened
from huawu.switch.media.talk import TalkEar
from huawu.switch.media.talk_facts import Began, Ended

PACKET: Final = 160
PACKET_MS: Final = 20
STRETCH_MS: Final = 20_000


def talks(sound: SoundFile, parties: Sequence[str], hearing: Hearing | None = None) -> list[Happened]:
    """`talk` facts of a recording, ms from its beginning, as the switch tells them of a call.

    Of one channel each talk is his whose turn it is; without turns it is guessed by the voice.
    """
    ears = [TalkEar() for _ in range(sound.channels)]
    begun = [0] * sound.channels
    found: list[tuple[int, dict[str, Any]]] = []

    def told(channel: int, what: object) -> None:
        if isinstance(what, Began):
            begun[channel] = what.at_ms
        elif isinstance(what, Ended):
            fields = {
                "began_ms": begun[channel],
                "ended_ms": what.at_ms,
                "level_db": what.level_db,
                "peak_db": what.peak_db,
                "levels_db": list(what.levels_db),
            }
            found.append((channel, fields))

    for at_ms, samples in sound.stretches(STRETCH_MS, RATE):
        for channel, values in enumerate(samples):
            octets = _packets(values)
            for first in range(0, len(octets), PACKET):
                packet = octets[first : first + PACKET]
                told(channel, ears[channel].hear(packet, False, at_ms + first * 1000 // RATE))
    for channel, ear in enumerate(ears):
        told(channel, ear.end())
    whose = _of_one_channel(sound, parties, found, hearing) if sound.channels == 1 else None
    facts = [
        Happened(
            at_ms=fields["ended_ms"],
            kind="talk",
            party=parties[channel] if whose is None else whose[nth],
            fields=fields,
        )
        for nth, (channel, fields) in enumerate(found)
    ]
    return sorted(facts, key=lambda fact: fact.at_ms)


def timeline(sound: SoundFile, parties: Sequence[str], hearing: Hearing | None) -> list[Happened]:
    """All that can be told of a recording; without a hearing its words are missing."""
    facts = [
        Happened(at_ms=0, kind="agent_answered", fields={"agent": "agent"}),
        Happened(at_ms=0, kind="bridged", fields={"agent": "agent"}),
        *talks(sound, parties, hearing),
    ]
    if hearing is not None:
        facts += [
            Happened(at_ms=turn.to_ms, kind="said", party=turn.party, fields=turn.fields(0, hearing.by))
            for turn in hearing.turns
        ]
        over = {"until_ms": sound.length_ms, "by": hearing.by, "final": True}
        facts += [
            Happened(at_ms=sound.length_ms, kind="heard", party=party, fields=over)
            for party in ("caller", "agent")
        ]
    facts.append(Happened(at_ms=sound.length_ms, kind="ended", fields={"by": "", "reason": ""}))
    return facts


def _packets(values: Samples) -> bytes:
    """μ-law, the last packet filled up with silence."""
    octets = ulaw(values.astype("float64"))
    return octets + b"\xff" * (-len(octets) % PACKET)


def _of_one_channel(
    sound: SoundFile,
    parties: Sequence[str],
    found: Sequence[tuple[int, dict[str, Any]]],
    hearing: Hearing | None,
) -> list[str]:
    spans = [(fields["began_ms"], fields["ended_ms"]) for _, fields in found]
    if hearing is not None and hearing.turns:
        return [
            max(hearing.turns, key=lambda turn: _shared(span, (turn.from_ms, turn.to_ms))).party
            for span in spans
        ]
    prints = [voiceprint(sound.stretch(*span)[0]) for span in spans]
    return guess_speakers(prints, first=parties[-1], other=parties[0])


def _shared(one: tuple[int, int], other: tuple[int, int]) -> int:
    """How long both last together; negative: how far apart they are."""
    return min(one[1], other[1]) - max(one[0], other[0])
