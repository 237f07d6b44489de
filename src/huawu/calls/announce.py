"""How a caller's place and estimated wait are put into words: prompt ids in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

LONGEST_SPOKEN_MINUTES = 30


def place_and_wait(
    place: int, estimate_ms: int | None, number: Callable[[int], Sequence[str]]
) -> tuple[str, ...]:
    """Prompt ids that tell the place in line (1 = next) and, when known, the wait in whole minutes.

    `number` gives the prompts that say a count.
    """
    ahead = place - 1
    prompts = ["position-next"] if ahead == 0 else ["position-before", *number(ahead), "position-after"]
    if estimate_ms is not None:
        prompts += _wait(estimate_ms, number)
    return tuple(prompts)


def _wait(estimate_ms: int, number: Callable[[int], Sequence[str]]) -> list[str]:
    minutes = round(estimate_ms / 60_000)
    if minutes < 1:
        return ["wait-under-minute"]
    if minutes > LONGEST_SPOKEN_MINUTES:
        return ["wait-long"]
    return ["wait-before", *number(minutes), "wait-after"]
