"""faster-whisper: the recogniser that comes with the extra `huawu[speech]`, Whisper base of two packages.

The model's file is too large for one package, so it comes in two parts, is joined and checked once, and kept
in the data folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import structlog

from huawu.speech.installed import INSTALL, PARTS
from huawu.speech.recogniser import LANGUAGES, NoRecogniser, Samples, Word, plain

log = structlog.get_logger(__name__)

BESIDE: Final = ("config.json", "tokenizer.json", "vocabulary.txt")
SHA256: Final = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of the joined model.bin."""
MOST_REPEATED: Final = 2.4
"""Text that can be packed further than so is the model repeating itself."""
UNSURE_LOG: Final = -1.0
NOBODY: Final = 0.6
_NEVER_SAID: Final = (
    "请不吝点赞", "订阅转发", "打赏支持", "明镜与点点", "字幕by", "字幕由", "字幕志愿者",
    "谢谢观看", "感谢观看", "thanksforwatching", "thankyouforwatching", "subtitlesby",
)  # fmt: skip
"""What Whisper writes of noise: its teachers were films' subtitles."""


class Whisper:
    """Satisfies `Recogniser`. Raises `NoRecogniser`."""

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise NoRecogniser(f"Speech recognition is not installed ({error}). {INSTALL}.") from error
        try:
            self._model: Any = WhisperModel(
                str(model), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise NoRecogniser(
                f"The speech model in {model} cannot be loaded: {error}. It must be a folder of "
                "faster-whisper (CTranslate2) with model.bin, config.json, tokenizer.json and vocabulary.txt."
            ) from error
        self.name = f"faster-whisper {model.name}"

    def hear(self, samples: Samples, language: str) -> Sequence[Word]:
        segments, _ = self._model.transcribe(
            plain(samples),
            language=language if language in LANGUAGES else LANGUAGES[0],
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
        )
        words: list[Word] = []
        for segment in segments:
            if _was_said(segment):
                words += [
                    Word(
                        text=word.word,
                        from_ms=round(word.start * 1000),
                        to_ms=round(word.end * 1000),
                        confidence=round(float(word.probability), 3),
                    )
                    for word in segment.words or ()
                    if word.word.strip()
                ]
        return words

    def language_of(self, samples: Samples) -> dict[str, float]:
        _, _, every = self._model.detect_language(audio=plain(samples))
        known = dict(every)
        return {name: float(known.get(name, 0.0)) for name in LANGUAGES}


def _was_said(segment: Any) -> bool:
    """Not what the model makes up where there is nothing to hear."""
    text = "".join(sign for sign in segment.text.lower() if sign.isalnum())
    if not text or any(never in text for never in _NEVER_SAID):
        return False
    if segment.no_speech_prob > NOBODY and segment.avg_logprob < UNSURE_LOG:
        return False
    return bool(segment.compression_ratio <= MOST_REPEATED)


def packaged_model(data: Path) -> Path:
    """The model of the packages, joined in the data folder. Raises `NoRecogniser`.

    Several workers may ask at once: each joins beside and puts in place whole.
    """
    folder = data / "speech" / "whisper-base"
    if (folder / "checked").is_file():
        return folder
    missing = [name for name, _ in PARTS if find_spec(name) is None]
    if missing:
        raise NoRecogniser(f"The speech model is not installed ({', '.join(missing)} missing). {INSTALL}.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix="whisper-"))
    except OSError as error:
        raise NoRecogniser(
            f"The speech model cannot be unpacked to {folder.parent}: {error.strerror}."
        ) from error
    try:
        _join(made)
        try:
            os.rename(made, folder)
        except OSError:
            if not (folder / "checked").is_file():  # a half-made one of a worker that died
                shutil.rmtree(folder, ignore_errors=True)
                os.rename(made, folder)
    except OSError as error:
        raise NoRecogniser(f"The speech model cannot be unpacked to {folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    log.info("speech model unpacked", path=str(folder))
    return folder


def _join(folder: Path) -> None:
    checked = hashlib.sha256()
    with (folder / "model.bin").open("wb") as model:
        for package, name in PARTS:
            with (resources.files(package) / "data" / name).open("rb") as part:
                while piece := part.read(1 << 20):
                    checked.update(piece)
                    model.write(piece)
    if checked.hexdigest() != SHA256:
        raise NoRecogniser(
            "The speech model in the installed packages is not the one that is known (its sha256 differs). "
            f"Remove {' and '.join(name for name, _ in PARTS)} and install them again."
        )
    for name in BESIDE:
        shutil.copyfile(str(resources.files(PARTS[0][0]) / "data" / name), folder / name)
    (folder / "checked").write_text(SHA256 + "\n")
