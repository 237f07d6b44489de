"""The words of the scripted calls as a recogniser makes them out, kept in `.proof/heard`: hearing takes long.

Whoever changes the pipeline from sound to words deletes that folder; a change of the sound is noticed.

PYTHONPATH=src:. nice python -m tools.proof.hearing        # hears what has not been heard yet
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.progress import track
from tools.proof.mixing import mixed, recording
from tools.proof.script import Call, load_all
from tools.proof.shelf import NoSound
from tools.proof.sound import heard_talk, numbered
from tools.proof.timeline import Fact, began_ms

from huawu.speech.hearing import Hearer, open_sound
from huawu.speech.recogniser import NoRecogniser
from huawu.speech.whisper import Whisper, packaged_model

ROOT: Final = Path(__file__).parents[2]
HEARD: Final = ROOT / ".proof" / "heard"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What was made out of one call: the fields of `said` facts with their parties, from 0 on."""

    by: str
    said: tuple[tuple[str, dict[str, Any]], ...]
    duration_ms: int
    took_cpu_ms: int


def usual_hearer() -> Hearer:
    """The recogniser that comes with the packages. Raises `NoRecogniser`."""
    return Hearer(Whisper(packaged_model(ROOT / ".proof" / "models")))


def words_of(call: Call, hearer: Hearer | None = None) -> Heard | None:
    """What is heard in a call; None when it was not heard yet and there is nobody to hear it.

    Raises `NoSound`.
    """
    file = HEARD / f"{call.id}-{_key(call)}.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=Heard)
    if hearer is None:
        return None
    with tempfile.TemporaryDirectory(prefix="huawu-proof") as folder:
        wav = Path(folder) / f"{call.id}.wav"
        wav.write_bytes(recording(call))
        began = time.process_time()
        heard = hearer.hear(open_sound(wav), language=call.language)
        took = time.process_time() - began
    found = Heard(
        by=hearer.name,
        said=tuple((turn.party, turn.fields(0, hearer.name)) for turn in heard.turns),
        duration_ms=heard.duration_ms,
        took_cpu_ms=round(took * 1000),
    )
    HEARD.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(msgspec.json.encode(found))
    unfinished.replace(file)
    return found


def from_sound(call: Call, heard: Heard | None) -> tuple[Fact, ...]:
    """The timeline with talk and words as they were made out of the sound. Raises `NoSound`."""
    facts = list(heard_talk(call))
    if heard is None:
        return tuple(facts)
    zero = began_ms(call)
    for party, fields in heard.said:
        moved = _moved(fields, zero)
        facts.append(Fact(call=call.id, seq=0, at_ms=moved["to_ms"], kind="said", party=party, fields=moved))
    ended = next(fact.at_ms for fact in facts if fact.kind == "ended")
    for party in ("caller", "agent"):
        whole = {"until_ms": ended, "by": heard.by, "final": True}
        facts.append(Fact(call=call.id, seq=0, at_ms=ended + 1, kind="heard", party=party, fields=whole))
    return numbered(facts)


def _moved(fields: dict[str, Any], by_ms: int) -> dict[str, Any]:
    words = [[text, begins + by_ms, ends + by_ms, sure] for text, begins, ends, sure in fields["words"]]
    return {
        **fields,
        "from_ms": fields["from_ms"] + by_ms,
        "to_ms": fields["to_ms"] + by_ms,
        "words": words,
    }


def _key(call: Call) -> str:
    digest = hashlib.sha256()
    for channel in mixed(call):
        digest.update(channel)
    return digest.hexdigest()[:12]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        hearer = usual_hearer()
    except NoRecogniser as error:
        print(error)
        return 1
    for call in track(load_all(), description="Hearing", disable=not sys.stdout.isatty()):
        try:
            heard = words_of(call, hearer)
        except NoSound as error:
            print(f"{call.id}: {error}")
            continue
        if heard is not None:
            factor = heard.took_cpu_ms / heard.duration_ms
            print(f"{call.id}: {len(heard.said)} utterances, {factor:.2f} of its length", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
