"""sherpa-onnx: SenseVoice, Paraformer or a zipformer transducer from a folder of the centre's own.

Which kind it is, its files say: `model*.onnx` with `tokens.txt` (SenseVoice where the folder's name or a file
says so, else Paraformer), or `encoder*`, `decoder*` and `joiner*`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from huawu.speech.recogniser import LANGUAGES, RATE, NoRecogniser, Samples, Word, plain

WORD_MS: Final = 400
"""No sign lasts longer, whatever silence follows it."""
_UNSURE: Final = 0.8
"""sherpa-onnx tells no confidence for words."""


class Sherpa:
    """Satisfies `Recogniser`. Raises `NoRecogniser`."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        made, self._kind = _recogniser(folder, threads)
        self._recogniser: Any = made
        self.name = f"sherpa-onnx {folder.name}"

    def hear(self, samples: Samples, language: str) -> Sequence[Word]:
        stream = self._recogniser.create_stream()
        stream.accept_waveform(RATE, plain(samples))
        self._recogniser.decode_stream(stream)
        told = stream.result
        return words_of(list(told.tokens), list(told.timestamps), len(samples) * 1000 // RATE)

    def language_of(self, samples: Samples) -> dict[str, float]:
        """By the signs of what is heard: these models hear both languages at once."""
        text = "".join(word.text for word in self.hear(samples, ""))
        chinese = len(re.findall(r"[一-鿿]", text))
        english = len(re.findall(r"[A-Za-z]+", text))
        total = max(chinese + english, 1)
        return dict(zip(LANGUAGES, (chinese / total, english / total), strict=True))


def words_of(tokens: Sequence[str], begins_s: Sequence[float], length_ms: int) -> list[Word]:
    """Tokens with the instants they begin at as words: pieces of one English word become one.

    A piece that begins a word has a mark or space before it (`▁`); Chinese signs are words of their own.
    """
    begins = [round(each * 1000) for each in begins_s] + [length_ms]
    words: list[Word] = []
    for nth, token in enumerate(tokens):
        text = token.replace("▁", " ")
        from_ms, to_ms = begins[nth], max(begins[nth], min(begins[nth + 1], begins[nth] + WORD_MS))
        if text.startswith("<") or not text:
            continue
        last = words[-1] if words else None
        goes_on = (
            last is not None and re.fullmatch(r"[A-Za-z']+", text) and re.search(r"[A-Za-z']$", last.text)
        )
        if last is not None and goes_on:
            text, from_ms = last.text + text, last.from_ms
            words.pop()
        words.append(Word(text=text, from_ms=from_ms, to_ms=to_ms, confidence=_UNSURE))
    return words


def looks_like_sherpa(folder: Path) -> bool:
    """Whether the folder holds a model of sherpa-onnx."""
    return folder.is_dir() and any(folder.glob("*.onnx"))


def _recogniser(folder: Path, threads: int) -> tuple[Any, str]:
    tokens = folder / "tokens.txt"
    if not tokens.is_file() or not looks_like_sherpa(folder):
        raise NoRecogniser(
            f"There is no model of sherpa-onnx in {folder}: it needs tokens.txt and model.onnx (SenseVoice, "
            "Paraformer), or encoder, decoder and joiner (transducer)."
        )
    try:
        from sherpa_onnx import OfflineRecognizer
    except ImportError as error:
        raise NoRecogniser(
            f"sherpa-onnx is not installed ({error}). Install it with `pip install huawu[speech]`."
        ) from error
    common = {"tokens": str(tokens), "num_threads": threads, "sample_rate": RATE}
    try:
        if (joiner := _file(folder, "joiner")) is not None:
            pieces = {name: str(_file(folder, name) or "") for name in ("encoder", "decoder")}
            made = OfflineRecognizer.from_transducer(**pieces, joiner=str(joiner), **common)
            return made, "transducer"
        model = _file(folder, "model")
        if model is None:
            raise NoRecogniser(f"There is no model*.onnx in {folder}.")
        if "sense" in folder.name.lower() or "sense" in model.name.lower():
            made = OfflineRecognizer.from_sense_voice(
                model=str(model), use_itn=False, language="auto", **common
            )
            return made, "sense_voice"
        return OfflineRecognizer.from_paraformer(paraformer=str(model), **common), "paraformer"
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise NoRecogniser(f"The model in {folder} cannot be loaded by sherpa-onnx: {error}.") from error


def _file(folder: Path, name: str) -> Path | None:
    """The smaller of the model's forms (int8), where there are several."""
    found = sorted(folder.glob(f"{name}*.onnx"), key=lambda path: path.stat().st_size)
    return next((path for path in found if path.stat().st_size), None)
