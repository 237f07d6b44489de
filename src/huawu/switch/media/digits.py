"""The gathering of digits after a prompt, as a pure state machine: digits and time in, a result out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from huawu.link.messages import Collect

How = Literal["complete", "end_key", "timeout", "nothing", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    digits: str
    how: How


class Collecting:
    """One `Collect` under way. Each method returns the result when there is one; after it nothing counts."""

    __slots__ = ("_command", "_digits", "_due_ms", "_prompting")

    def __init__(self, command: Collect, *, prompting: bool, at_ms: int) -> None:
        self._command = command
        self._digits = ""
        self._prompting = prompting
        self._due_ms: int | None = None if prompting else at_ms + command.first_ms

    @property
    def prompting(self) -> bool:
        return self._prompting

    @property
    def wants_silence(self) -> bool:
        """A digit pressed now ends the prompt."""
        return self._prompting and self._command.barge_in

    def prompt_ended(self, at_ms: int) -> None:
        if self._prompting:
            self._prompting = False
            self._due_ms = at_ms + (self._command.between_ms if self._digits else self._command.first_ms)

    def press(self, digit: str, at_ms: int) -> Collected | None:
        if self._prompting:
            if not self._command.barge_in:
                return None
            self._prompting = False
        if digit == self._command.end_key:
            return Collected(digits=self._digits, how="end_key")
        self._digits += digit
        if len(self._digits) >= self._command.max_digits:
            return Collected(digits=self._digits, how="complete")
        self._due_ms = at_ms + self._command.between_ms
        return None

    def wait(self, at_ms: int) -> Collected | None:
        if self._due_ms is None or at_ms < self._due_ms:
            return None
        return Collected(digits=self._digits, how="timeout" if self._digits else "nothing")

    def stop(self) -> Collected:
        return Collected(digits=self._digits, how="stopped")


class TypeAhead:
    """Digits pressed while nobody gathers, for a `Collect` that follows within `KEPT_MS`."""

    KEPT_MS = 4_000
    LONGEST = 32
    __slots__ = ("_pressed",)

    def __init__(self) -> None:
        self._pressed: list[tuple[int, str]] = []

    def press(self, digit: str, at_ms: int) -> None:
        self._pressed.append((at_ms, digit))
        del self._pressed[: -self.LONGEST]

    def clear(self) -> None:
        self._pressed.clear()

    def take(self, at_ms: int) -> list[str]:
        """All that are fresh; hand back with `press` what was not used."""
        fresh = [digit for pressed_ms, digit in self._pressed if at_ms - pressed_ms <= self.KEPT_MS]
        self._pressed.clear()
        return fresh
