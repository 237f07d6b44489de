"""The hotline's voice, found by name: spoken prompts, hold music, and the demo calls' recordings.

All audio is 8 kHz mono μ-law in WAV files. The texts are in `prompts.yaml` and `dialogues.yaml` beside this
module; `tools/render_prompts.py` speaks them.

    AssetError(Exception)
    ├── UnknownPrompt     nothing to play for this prompt id
    └── AssetsUnreadable  a file that ships with the package is missing or malformed
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NewType, TypeVar, get_args

import yaml

PromptId = NewType("PromptId", str)
Language = Literal["zh", "en"]
Speaker = Literal["caller", "agent"]
DialogueKind = Literal["enquiry", "help", "complaint", "suggestion", "lost"]
"""The caller's kind: the service book, part 8."""

_Choice = TypeVar("_Choice", bound=str)

PRIMARY_LANGUAGE: Language = "zh"
LANGUAGES: tuple[Language, ...] = get_args(Language)

_ASSETS = Path(__file__).parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROMPT_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_TURN_KEYS = frozenset({"by", "pause_ms_before", "text"})


class AssetError(Exception):
    """Something of the hotline's voice cannot be had."""


class UnknownPrompt(AssetError):
    """No recording has this prompt id, in the language asked for or in Chinese."""

    def __init__(self, prompt_id: str, language: str, folders: tuple[Path, ...]) -> None:
        self.prompt_id = prompt_id
        self.language = language
        self.folders = folders
        looked_in = ", ".join(str(folder) for folder in folders)
        super().__init__(
            f"There is no prompt {prompt_id!r} in {language!r} or {PRIMARY_LANGUAGE!r} "
            f"(looked in {looked_in}). "
            f"Choose an id from the prompt list, or put a recording at <language>/{prompt_id}.wav "
            "in your own prompt folder."
        )


class AssetsUnreadable(AssetError):
    """A file of the package is missing or does not have the promised shape."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}. Reinstall the package, or repair the file.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenText:
    """A text, the voice that speaks it, and what the voice is told to say where that differs."""

    text: str
    voice: str
    say: str | None = None
    followed_by: str = ""
    """Spoken after it and cut off again, so that a single syllable is not swallowed."""

    @property
    def spoken(self) -> str:
        """The words given to the voice."""
        return self.text if self.say is None else self.say

    @property
    def hash(self) -> str:
        """16 hex digits that change when the recording must be rendered again."""
        return hashlib.sha256(f"{self.voice}\n{self.spoken}\n{self.followed_by}".encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptCatalogue:
    """Which recording says a prompt id in a language.

    The customer's own folder, if given, is laid over the shipped one: a recording there wins over the shipped
    one of the same language, and may bring an id of its own.
    """

    root: Path
    """The assets folder: holds `prompts.yaml` and `prompts/<language>/<id>.wav`."""
    overlay: Path | None = None
    """The customer's own prompts, `<language>/<id>.wav`. Looked into each time: a new file counts at once."""
    texts: Mapping[tuple[PromptId, str], SpokenText] = field(repr=False)
    """Every shipped prompt's text by id and language, in the order of `prompts.yaml`."""

    @classmethod
    def load(cls, root: Path | None = None, *, overlay: Path | None = None) -> "PromptCatalogue":
        """Read `prompts.yaml` of an assets folder (the package's own by default).

        Raises AssetsUnreadable if the file is missing or malformed. The overlay folder need not exist.
        """
        root = _ASSETS if root is None else root
        path = root / "prompts.yaml"
        page = _read_yaml(path)
        texts: dict[tuple[PromptId, str], SpokenText] = {}
        try:
            voices = page["voices"]
            followers = page.get("followed_by", {})
            for prompt_id, entry in page["prompts"].items():
                if not _PROMPT_ID.fullmatch(prompt_id):
                    raise AssetsUnreadable(path, f"{prompt_id!r} is no prompt id (a-z, 0-9, dots and dashes)")
                followed_by: Mapping[str, str] = next(
                    (f for start, f in followers.items() if prompt_id.startswith(start)), {}
                )
                for language in LANGUAGES:
                    texts[PromptId(prompt_id), language] = SpokenText(
                        text=_text(entry[language]),
                        voice=_text(voices[language]),
                        say=entry.get(f"say_{language}"),
                        followed_by=followed_by.get(language, ""),
                    )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise AssetsUnreadable(path, f"not the shape of a prompt catalogue ({error!r})") from error
        return cls(root=root, overlay=overlay, texts=texts)

    def ids(self) -> tuple[PromptId, ...]:
        """Every prompt id: the shipped ones in the catalogue's order, then the overlay's own, sorted."""
        shipped = dict.fromkeys(prompt_id for prompt_id, _ in self.texts)
        own: set[PromptId] = set()
        if self.overlay is not None:
            own = {
                PromptId(wav.stem) for wav in self.overlay.glob("*/*.wav") if _PROMPT_ID.fullmatch(wav.stem)
            }
        return (*shipped, *sorted(own - shipped.keys()))

    def text(self, prompt_id: str, language: str) -> str | None:
        """A prompt's shipped text, in Chinese where the language has none; None for an overlay's own id."""
        for candidate in _languages(language):
            if spoken := self.texts.get((PromptId(prompt_id), candidate)):
                return spoken.text
        return None

    def path(self, prompt_id: str, language: str) -> Path:
        """The WAV file that says a prompt: the language's own, else the Chinese one; the overlay before ours.

        `language` is a tag as `zh`, `en` or `en-GB`; a language nobody recorded falls back to Chinese.
        Raises UnknownPrompt if there is neither, or if `prompt_id` is not an id at all.
        """
        folders = self._folders(language)
        if _PROMPT_ID.fullmatch(prompt_id):
            for folder in folders:
                wav = folder / f"{prompt_id}.wav"
                if wav.is_file():
                    return wav
        raise UnknownPrompt(prompt_id, language, folders)

    def number(self, n: int, language: str) -> tuple[PromptId, ...]:
        """The prompts that say a count of things, to be played one after the other.

        Counts to 99 are exact, and so is 100; a larger one is "more than a hundred". A Chinese 2 is 两.
        Raises ValueError for a negative count.
        """
        if n < 0:
            raise ValueError(f"{n} is no count: nothing can be said of fewer than none.")
        if n > 100:
            return (PromptId("number.over-100"),)
        whole = PromptId(f"number.{n}")
        if n > 20 and n % 10:
            try:
                self.path(whole, language)
            except UnknownPrompt:
                # 62, 72, 82 and 92 are recorded whole: 七十二 ends in 二, where number.2 says 两.
                return PromptId(f"number.{n - n % 10}"), PromptId(f"number.{n % 10}")
        return (whole,)

    def _folders(self, language: str) -> tuple[Path, ...]:
        roots = (self.root / "prompts",) if self.overlay is None else (self.overlay, self.root / "prompts")
        return tuple(root / candidate for candidate in _languages(language) for root in roots)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One party's words in a demo call."""

    by: Speaker
    text: str
    path: Path
    """The recording: `dialogues/<dialogue>/<nn>-<caller|agent>.wav`, numbered from 01."""
    pause_ms_before: int
    """Silence since the end of the turn before; of the first turn, since the answer."""
    spoken: SpokenText = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """A demo call, from the agent's answer on. The caller hangs up first, after the last turn."""

    id: str
    title: str
    language: Language
    kind: DialogueKind
    menu_key: str
    """The key that the caller presses in the menu: one of 0-9."""
    faults: tuple[str, ...]
    """Service-book rule ids that the agent breaks on purpose."""
    turns: tuple[Turn, ...]


def hold_music(overlay: Path | None = None) -> Path:
    """The WAV file to loop for a caller on hold: `<overlay>/hold.wav` if there, else the shipped one."""
    own = None if overlay is None else overlay / "hold.wav"
    return own if own is not None and own.is_file() else _ASSETS / "music" / "hold.wav"


def load_dialogues(root: Path | None = None) -> tuple[Dialogue, ...]:
    """Every demo call of an assets folder (the package's own by default), in the order of `dialogues.yaml`.

    Raises AssetsUnreadable if the file is missing or malformed. That the recordings exist is not checked.
    """
    root = _ASSETS if root is None else root
    path = root / "dialogues.yaml"
    page = _read_yaml(path)
    try:
        return tuple(_dialogue(entry, root / "dialogues") for entry in page)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise AssetsUnreadable(path, f"not the shape of a list of dialogues ({error!r})") from error


def _dialogue(entry: Any, folder: Path) -> Dialogue:
    dialogue_id = _text(entry["id"])
    return Dialogue(
        id=dialogue_id,
        title=_text(entry["title"]),
        language=_one_of(LANGUAGES, entry["language"]),
        kind=_one_of(_DIALOGUE_KINDS, entry["kind"]),
        menu_key=_text(entry["menu_key"]),
        faults=tuple(_text(rule) for rule in entry["faults"]),
        turns=tuple(
            _turn(turn, number, entry["voices"], folder / dialogue_id)
            for number, turn in enumerate(entry["turns"], start=1)
        ),
    )


def _turn(entry: Any, number: int, voices: Any, folder: Path) -> Turn:
    if unknown := entry.keys() - _TURN_KEYS - {"say"}:
        raise ValueError(f"turn {number} has unknown fields {sorted(unknown)}")
    by = _one_of(_SPEAKERS, entry["by"])
    pause = entry["pause_ms_before"]
    if not isinstance(pause, int) or pause < 0:
        raise ValueError(f"turn {number} has the pause {pause!r}, not a number of milliseconds")
    text = _text(entry["text"])
    return Turn(
        by=by,
        text=text,
        path=folder / f"{number:02}-{by}.wav",
        pause_ms_before=pause,
        spoken=SpokenText(text=text, voice=_text(voices[by]), say=entry.get("say")),
    )


_DIALOGUE_KINDS: tuple[DialogueKind, ...] = get_args(DialogueKind)
_SPEAKERS: tuple[Speaker, ...] = get_args(Speaker)


def _one_of(choices: tuple[_Choice, ...], value: object) -> _Choice:
    for choice in choices:
        if choice == value:
            return choice
    raise ValueError(f"{value!r} is not one of {', '.join(choices)}")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value


def _languages(language: str) -> tuple[str, ...]:
    """The folders to try for a language tag, best first; what is no language tag is tried as Chinese."""
    primary = language.lower().replace("_", "-").split("-")[0]
    if not primary.isalpha() or primary == PRIMARY_LANGUAGE:
        return (PRIMARY_LANGUAGE,)
    return primary, PRIMARY_LANGUAGE


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise AssetsUnreadable(path, f"cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise AssetsUnreadable(path, f"is not YAML ({error})") from error
