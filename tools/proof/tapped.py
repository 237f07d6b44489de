"""A centre as it runs in earnest that also writes down what live assist found of each call.

    python -m tools.proof.tapped VERDICTS.jsonl centre --data … --http …

The rest of the line is that of `huawu`. When a call has ended, live assist is told that all words are known,
as by a recogniser that kept up; the words themselves come the usual way (`speech/live.py`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from huawu.calls.facts import Fact
from huawu.calls.service import CallService
from huawu.calls.store import CallStore
from huawu.cli import centre as process
from huawu.config.schema import Configuration
from huawu.standard import Verdict
from huawu.web.centre import LiveCentre

KEPT_UP_S: Final = 2.0
"""After a call's end: its last words are there by then."""


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """What live assist found of a call by the time the centre forgot it."""

    call: str
    now_ms: int
    verdicts: tuple[Verdict, ...]


class TappedCentre(process.CentreProcess):
    """Writes each call's verdicts to `file`, a line each."""

    file = Path("verdicts.jsonl")

    async def _put_together(
        self, store: CallStore, configuration: Configuration
    ) -> tuple[CallService, LiveCentre]:
        service, centre = await super()._put_together(store, configuration)
        out = self.file.open("ab", buffering=0)
        service.assist.judged = lambda call, verdicts: self._write(out, service.now_ms(), call, verdicts)
        words = service.words

        def told(facts: Sequence[Fact]) -> None:
            words(facts)
            for fact in facts:
                if fact.kind == "ended":
                    asyncio.get_running_loop().call_later(KEPT_UP_S, service.assist.heard, _all_known(fact))

        service.words = told
        return service, centre

    @staticmethod
    def _write(out: Any, now_ms: int, call: str, verdicts: Sequence[Verdict]) -> None:
        out.write(msgspec.json.encode(Live(call=call, now_ms=now_ms, verdicts=tuple(verdicts))) + b"\n")


def _all_known(ended: Fact) -> list[Fact]:
    fields = {"until_ms": ended.at_ms, "by": "script", "final": True}
    return [
        Fact(call=ended.call, seq=0, at_ms=ended.at_ms, kind="heard", party=party, fields=fields)
        for party in ("caller", "agent")
    ]


def read(file: Path) -> dict[str, Live]:
    """What was written so far, by call."""
    if not file.exists():
        return {}
    whole = file.read_bytes().rpartition(b"\n")[0]
    found = [msgspec.json.decode(line, type=Live) for line in whole.splitlines()]
    return {each.call: each for each in found}


def main() -> None:
    from huawu.cli.main import app

    TappedCentre.file = Path(sys.argv.pop(1))
    process.CentreProcess = TappedCentre  # type: ignore[misc]
    app()


if __name__ == "__main__":
    main()
