"""Make the hold music: calm plucked chords, 48 seconds that loop without a seam.

    PYTHONPATH=src python -m tools.render_music

Ours from the first note to the last: a chord sequence in C, written below, played by plucked strings
(Karplus and Strong) over soft sustained chords. What rings past the end goes on at the beginning, so the loop
has no seam. Made for the telephone band: little below 200 Hz, nothing above 3.6 kHz.
"""

from pathlib import Path

import numpy as np
from tools.telephone_audio import write

from huawu.assets.telephone_sound import set_loudness, to_telephone_band
from huawu.assets.wav_reading import Audio
from huawu.switch.media import wav

MUSIC = Path(__file__).parents[1] / "src" / "huawu" / "assets" / "music" / "hold.wav"
RATE = 16_000
BEAT_S = 0.75
BEATS_A_BAR = 4
CHORDS = (
    (48, 64, 67, 71),  # Cmaj7
    (45, 60, 64, 67),  # Am7
    (53, 60, 65, 69),  # F
    (55, 62, 65, 71),  # G7
    (52, 59, 64, 67),  # Em
    (45, 60, 64, 69),  # Am
    (50, 60, 65, 69),  # Dm7
    (55, 62, 67, 71),  # G
) * 2
"""One chord a bar, as MIDI notes: the bass, then three to pluck."""
PATTERN = (1, 2, 3, 2, 3, 1, 2, 3)
"""Which of the chord's notes each half beat plucks."""
MELODY = {
    0: ((0, 76), (2, 79)),
    2: ((0, 77), (1.5, 76), (3, 74)),
    3: ((0, 74),),
    5: ((0, 72), (2, 76)),
    6: ((0, 74), (2, 77)),
    7: ((0, 79), (3, 74)),
    8: ((0, 76), (1, 79), (2, 83)),
    10: ((0, 81), (2, 77)),
    11: ((0, 79), (2, 74)),
    12: ((0, 76),),
    13: ((0, 72), (1.5, 74), (3, 76)),
    14: ((0, 77), (2, 74)),
    15: ((0, 71), (2, 74)),
}
"""Bar -> (beat, MIDI note)."""


def hertz(note: int) -> float:
    """The pitch of a MIDI note."""
    return 440.0 * 2 ** ((note - 69) / 12)


def pluck(note: int, seconds: float, chance: np.random.Generator) -> Audio:
    """A plucked string: noise that goes round a delay line and grows duller with each round."""
    period = RATE / hertz(note)
    size = int(period - 0.5)
    line = chance.uniform(-1, 1, size)
    for _ in range(2 + size // 12):  # a soft finger
        line = 0.5 * (line + np.roll(line, 1))
    line /= np.abs(line).max()
    count = int(seconds * RATE)
    rounds = np.empty((count // size + 1, size))
    for index in range(len(rounds)):
        rounds[index] = line
        line = 0.998 * 0.5 * (line + np.roll(line, 1))
    # By its averaging each round comes half a sample later; stretching makes the rest of the true period.
    string = np.interp(np.arange(count) * (size + 0.5) / period, np.arange(count), rounds.ravel()[:count])
    return np.asarray(string * _ends(count, 0.008, 0.6 * seconds))


def pad(note: int, seconds: float) -> Audio:
    """A soft sustained tone: a few partials, two voices slightly apart, slow to come and go."""
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(
        np.sin(2 * np.pi * hertz(note) * partial * detune * t) / partial**2
        for partial in (1, 2, 3)
        for detune in (0.9985, 1.0015)
    )
    return np.asarray(tone) * _ends(len(t), 0.8, 1.2)


def _ends(count: int, rise_s: float, fall_s: float) -> Audio:
    """An envelope that comes and goes as a raised cosine."""
    t = np.arange(count) / RATE
    nearest = np.minimum(t / rise_s, (count / RATE - t) / fall_s)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(nearest, 0, 1)))


def compose() -> Audio:
    """The whole loop at 16 kHz, level not yet set."""
    chance = np.random.default_rng(8)
    bar = BEAT_S * BEATS_A_BAR
    loop = np.zeros(round(len(CHORDS) * bar * RATE))

    def place(sound: Audio, at_s: float, level: float) -> None:
        start = round(at_s * RATE)
        np.add.at(loop, np.arange(start, start + len(sound)) % len(loop), level * sound)

    for number, chord in enumerate(CHORDS):
        start = number * bar
        for note in chord[1:]:
            place(pad(note, bar + 1.2), start, 0.05)
        place(pluck(chord[0] + 12, 3.0, chance), start, 0.5)
        for half_beat, which in enumerate(PATTERN):
            loudness = 0.42 if half_beat % 4 == 0 else 0.3
            place(pluck(chord[which], 2.0, chance), start + half_beat * BEAT_S / 2, loudness)
        for beat, note in MELODY.get(number, ()):
            place(pluck(note, 2.5, chance), start + beat * BEAT_S, 0.55)
    return loop


def looped(audio: Audio) -> Audio:
    """Band-limit as if the loop went on for ever: with its own end before it and its beginning after it."""
    edge = RATE
    wide = np.concatenate([audio[-edge:], audio, audio[:edge]])
    return to_telephone_band(wide, RATE)[wav.RATE : -wav.RATE]


def main() -> None:
    music = set_loudness(looped(compose()), wav.RATE)
    write(MUSIC, music)
    print(f"{len(music) / wav.RATE:.1f} s, {MUSIC.stat().st_size} octets: {MUSIC}")


if __name__ == "__main__":
    main()
