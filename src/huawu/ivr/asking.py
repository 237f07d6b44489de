"""What a step asks a caller for, as a command, and whether what they gave answers it."""

from __future__ import annotations

import re

from huawu.ivr import events as out
from huawu.ivr.events import Collected
from huawu.ivr.schema import CollectStep, CommentStep, MenuStep, RateStep, VoicemailStep

Question = MenuStep | CollectStep | RateStep


def ask(step: Question, first: tuple[str, ...]) -> out.Ask:
    """Say `first` and the step's own prompts, and collect keys."""
    if isinstance(step, RateStep):
        most, end_key = 1, ""
    elif isinstance(step, MenuStep):
        most = max(map(len, step.keys), default=1)
        end_key = "#" if most > 1 and "#" not in "".join(step.keys) else ""
    else:
        most, end_key = step.most, step.end_key
    return out.Ask(
        prompts=first + step.say,
        barge_in=isinstance(step, RateStep) or step.barge_in,
        max_digits=most,
        end_key=end_key,
        first_ms=step.wait_ms,
        between_ms=1_000 if isinstance(step, RateStep) else step.between_ms,
        private=isinstance(step, CollectStep) and step.private,
    )


def is_answer(step: CollectStep, given: Collected) -> bool:
    """As many digits as are asked for, of the form asked for; none only by the end key."""
    fits = step.least <= len(given.digits) <= step.most and (
        not step.pattern or re.fullmatch(step.pattern, given.digits) is not None
    )
    return fits and bool(given.digits or given.how == "end_key")


def score_of(step: RateStep, given: Collected) -> int | None:
    """The score, if it is one of those asked for."""
    if len(given.digits) != 1 or not given.digits.isdigit():
        return None
    score = int(given.digits)
    return score if step.lowest <= score <= step.highest else None


def record(step: VoicemailStep | CommentStep, prompts: tuple[str, ...]) -> out.Record:
    """Say the prompts and record what comes."""
    return out.Record(
        purpose="voicemail" if isinstance(step, VoicemailStep) else "comment",
        queue=step.queue if isinstance(step, VoicemailStep) else "",
        prompts=prompts,
        longest_ms=step.longest_ms,
        shortest_ms=step.shortest_ms,
        silence_ms=step.silence_ms,
    )
