"""The prompts' use cases: list, record, render, go back, take away. What is kept is heard by the next caller.

    PromptError(Exception)
    ├── NoSuchPrompt   nothing says this
    └── PromptInUse    it would be silent where a flow or queue says it

Besides: `UnusableSound`, `BadPromptId`, `NoSuchVersion` and `VoiceError` of `assets`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from huawu.assets.catalogue import LANGUAGES, PRIMARY_LANGUAGE, PromptCatalogue, PromptId, UnknownPrompt
from huawu.assets.shelf import SHIPPED, BadPromptId, PromptVersion, Shelf
from huawu.assets.telephone_sound import Levels, length_ms, prompt_sound
from huawu.assets.voices import Voice
from huawu.config.prompt_use import PromptUse, of_the_machine, prompt_uses
from huawu.config.schema import Configuration
from huawu.platform.clock import Clock


class PromptError(Exception):
    """The base of all refusals here; nothing has changed when one is raised."""


class NoSuchPrompt(PromptError):
    def __init__(self, prompt: str, language: str) -> None:
        super().__init__(f"There is no prompt {prompt[:64]!r} in {language[:8]!r}. Look at the prompts.")


class PromptInUse(PromptError):
    """`uses` are where it is said."""

    def __init__(self, prompt: str, uses: list[PromptUse]) -> None:
        super().__init__(
            f"The prompt {prompt!r} is said in {len(uses)} places, and nothing would be heard there. "
            "Let those say something else first."
        )
        self.uses = uses


class PromptView(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt in a language. `version` 0 = the shipped one is heard, -1 = a file put there by hand.

    `fallback`: nobody recorded it in this language, the Chinese one is heard.
    """

    id: str
    language: str
    source: str
    text: str
    length_ms: int
    at_ms: int | None = None
    by: str = ""
    comment: str = ""
    version: int = 0
    versions: int = 0
    fallback: bool = False
    used_by: list[PromptUse] = []


class PromptDesk:
    """One for the centre; `configuration` gives what is in force."""

    def __init__(
        self,
        catalogue: PromptCatalogue,
        shelf: Shelf,
        voice: Voice,
        clock: Clock,
        configuration: Callable[[], Configuration],
    ) -> None:
        self._catalogue = catalogue
        self._shelf = shelf
        self._voice = voice
        self._clock = clock
        self._configuration = configuration
        self._lock = asyncio.Lock()

    @property
    def voice(self) -> Voice:
        """Who speaks here."""
        return self._voice

    # ── Looking ───────────────────────────────────────────────────────────────────────────────────

    def all(self) -> list[PromptView]:
        """Every prompt in every language, as heard now. Reads many files: for a thread."""
        uses = prompt_uses(self._configuration())
        return [
            self._view(prompt, language, uses) for prompt in self._catalogue.ids() for language in LANGUAGES
        ]

    def one(self, language: str, prompt: str) -> PromptView:
        """Raises `NoSuchPrompt`."""
        self._known(language, prompt)
        return self._view(prompt, language, prompt_uses(self._configuration()))

    def words(self, prompt: str, language: str) -> str:
        """What is said, as far as it is known."""
        try:
            now = self._shelf.now(language, prompt)
        except BadPromptId:
            return ""
        return (now.text if now is not None else "") or self._catalogue.text(prompt, language) or ""

    def versions(self, language: str, prompt: str) -> tuple[list[PromptVersion], int]:
        """Those of ours, the newest first, and which is heard now (0 = the shipped one)."""
        now = self._shelf.now(language, prompt)
        return self._shelf.versions(language, prompt), now.version if now is not None else SHIPPED

    def file(self, language: str, prompt: str, version: int | None) -> Path:
        """The recording that is heard, or a version; 0 = the shipped one. Raises `NoSuchPrompt`."""
        if language not in LANGUAGES:
            raise NoSuchPrompt(prompt, language)
        if version == SHIPPED:
            path = self._catalogue.root / "prompts" / language / f"{prompt}.wav"
            found = path if self._shipped(language, prompt) else None
        elif version is not None:
            found = self._shelf.file(language, prompt, version)
        else:
            try:
                found = self._catalogue.path(prompt, language)
            except UnknownPrompt:
                found = None
        if found is None or not found.is_file():
            raise NoSuchPrompt(prompt, language)
        return found

    # ── Changing ──────────────────────────────────────────────────────────────────────────────────

    async def record(
        self, language: str, prompt: str, sound: bytes, *, by: str, text: str, comment: str
    ) -> tuple[PromptView, Levels]:
        """A recording that somebody made."""
        return await self._keep(language, prompt, sound, by=by, text=text, comment=comment, rendered=False)

    async def render(
        self, language: str, prompt: str, text: str, voice: str, *, by: str, comment: str
    ) -> tuple[PromptView, Levels]:
        """The text spoken by a voice."""
        self._shelf.file(language, prompt)  # a bad name is told before anybody speaks
        sound = await self._voice.speak(text, language, voice)
        return await self._keep(language, prompt, sound, by=by, text=text, comment=comment, rendered=True)

    async def try_voice(self, language: str, text: str, voice: str) -> bytes:
        """How it would sound, in the house's form; nothing is kept."""
        sound, _ = await asyncio.to_thread(prompt_sound, await self._voice.speak(text, language, voice))
        return sound

    async def go_back(self, language: str, prompt: str, version: int) -> PromptView:
        """An earlier version is heard again; 0 = the shipped one."""
        self._known(language, prompt, kept=True)
        if version == SHIPPED and not self._shipped(language, prompt):
            raise NoSuchPrompt(prompt, language)
        async with self._lock:
            await asyncio.to_thread(self._shelf.go_back, language, prompt, version)
        return await asyncio.to_thread(self.one, language, prompt)

    async def remove(self, language: str, prompt: str) -> None:
        """Ours is heard no more; its versions are kept. Raises `PromptInUse` where nothing else says it."""
        self._known(language, prompt)
        elsewhere = self._shipped(language, prompt) or (
            language != PRIMARY_LANGUAGE and self._heard(PRIMARY_LANGUAGE, prompt)
        )
        uses = prompt_uses(self._configuration()).get(prompt, [])
        if uses and not elsewhere:
            raise PromptInUse(prompt, uses)
        async with self._lock:
            await asyncio.to_thread(self._shelf.go_back, language, prompt, SHIPPED)

    async def _keep(
        self, language: str, prompt: str, sound: bytes, *, by: str, text: str, comment: str, rendered: bool
    ) -> tuple[PromptView, Levels]:
        wav, levels = await asyncio.to_thread(prompt_sound, sound)
        async with self._lock:
            await asyncio.to_thread(
                self._shelf.put,
                language,
                prompt,
                wav,
                at_ms=self._clock.now_ms(),
                by=by,
                text=text,
                comment=comment,
                rendered=rendered,
            )
        return await asyncio.to_thread(self.one, language, prompt), levels

    # ── Looking closer ────────────────────────────────────────────────────────────────────────────

    def _view(self, prompt: str, language: str, uses: dict[str, list[PromptUse]]) -> PromptView:
        now = self._shelf.now(language, prompt)
        try:
            path = self._catalogue.path(prompt, language)
        except UnknownPrompt:
            path = None
        return PromptView(
            id=prompt,
            language=language,
            source="own" if now is not None else "shipped",
            text=self.words(prompt, language),
            length_ms=length_ms(path) if path is not None else 0,
            at_ms=now.at_ms if now is not None else None,
            by=now.by if now is not None else "",
            comment=now.comment if now is not None else "",
            version=now.version if now is not None else SHIPPED,
            versions=len(self._shelf.versions(language, prompt)),
            fallback=path is None or path.parent.name != language,
            used_by=[*uses.get(prompt, []), *of_the_machine(prompt)],
        )

    def _shipped(self, language: str, prompt: str) -> bool:
        return (PromptId(prompt), language) in self._catalogue.texts

    def _heard(self, language: str, prompt: str) -> bool:
        return self._shipped(language, prompt) or self._shelf.now(language, prompt) is not None

    def _known(self, language: str, prompt: str, *, kept: bool = False) -> None:
        """Raises `NoSuchPrompt` unless some language has it, or it is `kept` from before."""
        known = language in LANGUAGES and any(self._heard(each, prompt) for each in LANGUAGES)
        if not known and not (kept and language in LANGUAGES and self._shelf.versions(language, prompt)):
            raise NoSuchPrompt(prompt, language)
