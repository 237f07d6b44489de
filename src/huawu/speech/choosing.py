"""Which recogniser hears here: the model named in the settings, or the one that comes with the extra."""

from __future__ import annotations

from pathlib import Path

from huawu.speech.recogniser import NoRecogniser, Recogniser
from huawu.speech.sherpa import Sherpa, looks_like_sherpa
from huawu.speech.whisper import Whisper, packaged_model


def choose(model: str, data: Path) -> Recogniser:
    """By a model folder: sherpa-onnx or faster-whisper, as its files say; "" = Whisper base of the packages.

    Raises `NoRecogniser` with what to do.
    """
    if not model:
        return Whisper(packaged_model(data))
    folder = Path(model)
    if not folder.is_dir():
        raise NoRecogniser(f"The speech model's folder {folder} is not there. Name one that is, or none.")
    if looks_like_sherpa(folder):
        return Sherpa(folder)
    if (folder / "model.bin").is_file():
        return Whisper(folder)
    raise NoRecogniser(
        f"{folder} holds no speech model that is known: model.bin is one of faster-whisper, "
        "*.onnx with tokens.txt one of sherpa-onnx."
    )
