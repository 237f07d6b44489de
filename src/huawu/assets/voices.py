"""Who speaks a prompt's text: a port, and the programme that speaks for it in a process of its own.

A voice is loaded with hundreds of megabytes and keeps a core busy, so it never lives in the centre's process.
What it is, is said by whoever starts the centre, not by the configuration: else whoever may change that could
have any programme run.

    VoiceError(Exception)
    ├── NoVoice      nothing is set up that could speak
    └── VoiceFailed  it was asked and gave no sound
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

import msgspec

from huawu.assets.telephone_sound import LARGEST

COMMAND, MODEL = "HUAWU_VOICE_COMMAND", "HUAWU_VOICE_MODEL"
SPEAKS_WITHIN_S: Final = 180.0
LONGEST_TEXT: Final = 1_000
MOST_SAID_WRONG: Final = 300
KOKORO_NEEDS: Final = ("onnx", "onnxruntime", "kokoro_onnx", "misaki")


class VoiceError(Exception):
    """The base of what can go wrong here."""


class NoVoice(VoiceError):
    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing here can speak a text: {why}. Record the prompt, or upload a WAV file.")


class VoiceFailed(VoiceError):
    def __init__(self, why: str) -> None:
        super().__init__(f"The voice gave no sound: {why}. Try again, or record the prompt.")


class VoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the voices that can be chosen."""

    id: str
    language: str
    name: str


class Voice(Protocol):
    """Whoever can speak."""

    def voices(self) -> Sequence[VoiceView]:
        """Those that can be chosen, the usual one of each language first; none = nothing can speak."""

    def why_none(self) -> str:
        """Why there is none; "" when there is one."""

    async def speak(self, text: str, language: str, voice: str) -> bytes:
        """A WAV file that says the text. Raises `VoiceError`."""


class CommandVoice:
    """A programme that reads a text (UTF-8) and writes a WAV file, one call a text.

    It is told language and voice by `HUAWU_VOICE_LANGUAGE` and `HUAWU_VOICE_NAME`.
    """

    def __init__(
        self, command: Sequence[str], voices: Sequence[VoiceView], *, within_s: float = SPEAKS_WITHIN_S
    ) -> None:
        self._command = command
        self._voices = voices
        self._within_s = within_s
        self._one = asyncio.Lock()

    def voices(self) -> Sequence[VoiceView]:
        return self._voices

    def why_none(self) -> str:
        return ""

    async def speak(self, text: str, language: str, voice: str) -> bytes:
        """One at a time: others work on the same machine."""
        chosen = next(
            (one for one in self._voices if one.language == language and voice in ("", one.id)), None
        )
        if chosen is None:
            raise VoiceFailed(f"it has no voice {voice!r} for {language!r}")
        environment = {**os.environ, "HUAWU_VOICE_LANGUAGE": language, "HUAWU_VOICE_NAME": chosen.id}
        async with self._one:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env=environment,
                )
            except OSError as error:
                raise VoiceFailed(f"{self._command[0]} cannot be started ({error.strerror})") from error
            try:
                async with asyncio.timeout(self._within_s):
                    sound, said = await process.communicate(text.encode())
            except TimeoutError:
                raise VoiceFailed(f"it took longer than {self._within_s:.0f} s") from None
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode or not sound:
            words = said.decode(errors="replace").strip().splitlines()
            why = words[-1][:MOST_SAID_WRONG] if words else f"it ended with {process.returncode}"
            raise VoiceFailed(why)
        if len(sound) > LARGEST:
            raise VoiceFailed("what it wrote is too large")
        return sound


class Silent:
    """No voice is set up."""

    def __init__(self, why: str) -> None:
        self._why = why

    def voices(self) -> Sequence[VoiceView]:
        return ()

    def why_none(self) -> str:
        return str(NoVoice(self._why))

    async def speak(self, _text: str, _language: str, _voice: str) -> bytes:
        raise NoVoice(self._why)


def voice_of(environment: Mapping[str, str]) -> Voice:
    """The voice that whoever started the centre named."""
    if command := environment.get(COMMAND, "").strip():
        try:
            words = shlex.split(command)
        except ValueError as error:
            return Silent(f"{COMMAND} cannot be read ({error})")
        both = [VoiceView(id="", language=language, name=Path(words[0]).name) for language in ("zh", "en")]
        return CommandVoice(words, both)
    if model := environment.get(MODEL, "").strip():
        return _kokoro(Path(model))
    return Silent(f"neither {COMMAND} nor {MODEL} is set where the centre was started")


def _kokoro(folder: Path) -> Voice:
    """Kokoro-82M in a folder: `*.onnx`, and `<voice>.bin` there or in `voices`."""
    models = sorted(folder.glob("*.onnx"))
    voices = sorted({path.stem for path in (*folder.glob("*.bin"), *folder.glob("voices/*.bin"))})
    if not models or not voices:
        return Silent(f"{folder} holds no model (*.onnx) or no voices (*.bin, voices/*.bin)")
    if missing := [name for name in KOKORO_NEEDS if find_spec(name) is None]:
        return Silent(
            f"{', '.join(missing)} are not installed (tools/requirements-voice.txt), or name a {COMMAND}"
        )
    usual = ("zf_xiaoxiao", "af_heart")
    ordered = sorted(voices, key=lambda name: (name not in usual, name))
    known = [
        VoiceView(id=name, language="zh" if name[0] == "z" else "en", name=name)
        for name in ordered
        if name[:1] in ("z", "a", "b")
    ]
    return CommandVoice([sys.executable, "-m", "huawu.assets.kokoro", str(models[0])], known)
