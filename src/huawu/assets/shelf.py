"""The centre's own recordings of prompts, with every version there was, in the data folder.

    prompts/<language>/<id>.wav                  what is heard now (the overlay of the catalogue)
    prompt-versions/<language>/<id>/0003.wav     a version, and beside it 0003.json: its text, who, when
    prompt-versions/<language>/<id>/now.json     which version is heard

A file that somebody put into `prompts` by hand is heard too; it becomes a version before it is replaced. A
new recording takes the place of the old in one step: who hears the old one hears it to its end.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import msgspec

from huawu.assets.catalogue import LANGUAGES
from huawu.assets.telephone_sound import length_ms

PROMPT_ID: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
LONGEST_ID: Final = 64
SHIPPED: Final = 0
"""The version that comes with the package."""


class PromptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One recording of ours. `by` "" = it was found in the folder."""

    version: int
    at_ms: int
    by: str = ""
    text: str = ""
    comment: str = ""
    length_ms: int = 0
    rendered: bool = False


class _Now(msgspec.Struct, frozen=True, kw_only=True):
    """What is heard, and the file's size and time, by which one put there by hand is known."""

    version: int
    size: int
    mtime_ns: int


class BadPromptId(Exception):
    """No name for a prompt."""

    def __init__(self, prompt: str) -> None:
        super().__init__(
            f"{prompt[:LONGEST_ID]!r} is no name for a prompt. Use a-z, 0-9, dots and dashes, such as "
            "summer-hours."
        )


class NoSuchVersion(Exception):
    """This version of a prompt never was."""

    def __init__(self, prompt: str, version: int) -> None:
        super().__init__(f"There is no version {version} of the prompt {prompt!r}. Look at its versions.")


class Shelf:
    """The files. Whoever changes something holds a lock of their own: one change at a time."""

    def __init__(self, data: Path) -> None:
        self._heard = data / "prompts"
        self._kept = data / "prompt-versions"

    def versions(self, language: str, prompt: str) -> list[PromptVersion]:
        """All that are kept, the newest first."""
        folder = self._folder(language, prompt)
        found = (
            msgspec.json.decode(path.read_bytes(), type=PromptVersion) for path in folder.glob("[0-9]*.json")
        )
        return sorted(found, key=lambda each: each.version, reverse=True)

    def now(self, language: str, prompt: str) -> PromptVersion | None:
        """What is heard of ours; None: the shipped one, or nothing. One put there by hand has version -1."""
        file = self.file(language, prompt)
        try:
            facts = file.stat()
        except FileNotFoundError:
            return None
        pointed = self._pointer(language, prompt)
        if pointed is not None and (pointed.size, pointed.mtime_ns) == (facts.st_size, facts.st_mtime_ns):
            path = self._folder(language, prompt) / f"{pointed.version:04}.json"
            return _entry(path)
        return PromptVersion(version=-1, at_ms=facts.st_mtime_ns // 1_000_000, length_ms=length_ms(file))

    def file(self, language: str, prompt: str, version: int | None = None) -> Path:
        """Where a version is, by default the one that is heard. It need not exist. Raises `BadPromptId`."""
        if version is None:
            self._check(language, prompt)
            return self._heard / language / f"{prompt}.wav"
        return self._folder(language, prompt) / f"{version:04}.wav"

    def put(
        self,
        language: str,
        prompt: str,
        sound: bytes,
        *,
        at_ms: int,
        by: str,
        text: str = "",
        comment: str = "",
        rendered: bool = False,
    ) -> PromptVersion:
        """A new recording, in the house's form, is heard from now on. Raises `BadPromptId`."""
        self._adopt(language, prompt)
        return self._place(
            language, prompt, sound, at_ms=at_ms, by=by, text=text, comment=comment, rendered=rendered
        )

    def go_back(self, language: str, prompt: str, version: int) -> None:
        """An earlier version is heard again; `SHIPPED` = ours no more. Raises `NoSuchVersion`."""
        self._adopt(language, prompt)
        if version == SHIPPED:
            self.file(language, prompt).unlink(missing_ok=True)
            (self._folder(language, prompt) / "now.json").unlink(missing_ok=True)
            return
        path = self.file(language, prompt, version)
        if not path.exists():
            raise NoSuchVersion(prompt, version)
        self._hear(language, prompt, path.read_bytes(), version)

    def _adopt(self, language: str, prompt: str) -> None:
        """What was put there by hand is kept as a version."""
        found = self.now(language, prompt)
        if found is not None and found.version < 0:
            sound = self.file(language, prompt).read_bytes()
            self._place(language, prompt, sound, at_ms=found.at_ms, by="")

    def _place(
        self, language: str, prompt: str, sound: bytes, *, at_ms: int, by: str, **more: object
    ) -> PromptVersion:
        folder = self._folder(language, prompt)
        folder.mkdir(parents=True, exist_ok=True)
        number = max((each.version for each in self.versions(language, prompt)), default=0) + 1
        path = folder / f"{number:04}.wav"
        _write(path, sound)
        entry = msgspec.convert(
            {"version": number, "at_ms": at_ms, "by": by, "length_ms": length_ms(path), **more}, PromptVersion
        )
        _write(path.with_suffix(".json"), msgspec.json.encode(entry))
        self._hear(language, prompt, sound, number)
        return entry

    def _hear(self, language: str, prompt: str, sound: bytes, version: int) -> None:
        file = self.file(language, prompt)
        _write(file, sound)
        facts = file.stat()
        pointer = _Now(version=version, size=facts.st_size, mtime_ns=facts.st_mtime_ns)
        _write(self._folder(language, prompt) / "now.json", msgspec.json.encode(pointer))

    def _pointer(self, language: str, prompt: str) -> _Now | None:
        path = self._folder(language, prompt) / "now.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Now)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def _folder(self, language: str, prompt: str) -> Path:
        self._check(language, prompt)
        return self._kept / language / prompt

    @staticmethod
    def _check(language: str, prompt: str) -> None:
        if language not in LANGUAGES or len(prompt) > LONGEST_ID or not PROMPT_ID.fullmatch(prompt):
            raise BadPromptId(prompt)


def _entry(path: Path) -> PromptVersion:
    return msgspec.json.decode(path.read_bytes(), type=PromptVersion)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".new")
    half.write_bytes(data)
    os.replace(half, path)
