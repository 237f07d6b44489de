"""What arrived and how well: loss and jitter (RFC 3550 appendix A), and a mean opinion score (G.107)."""

from __future__ import annotations

from typing import Final

from huawu.link.messages import Quality

_KNOWN_GAPS = 512
_RESTART = 3_000  # a jump this far is a sender that began anew (RFC 3550 A.1, MAX_DROPOUT)
_LATE = 100  # and this far back, a late packet (MAX_MISORDER)


class Arrivals:
    """Counts one source's packets. `note` returns whether the packet counts: not sent twice, no stray.

    Lost = expected - received, where a late packet counts as received and one sent twice only once.
    """

    __slots__ = (
        "_gaps",
        "_highest",
        "_last_at_ms",
        "_last_timestamp",
        "_restart",
        "cycles",
        "expected",
        "jitter",
        "received",
        "repeated",
        "ssrc",
    )

    def __init__(self) -> None:
        self.ssrc: int | None = None
        self._highest = 0
        self._last_at_ms = 0
        self._last_timestamp = 0
        self._gaps: dict[int, None] = {}
        self._restart = -1
        self.cycles = 0
        self.expected = 0
        self.received = 0
        self.repeated = 0
        self.jitter = 0.0
        """In timestamp units."""

    @property
    def lost(self) -> int:
        return self.expected - self.received

    @property
    def extended_highest(self) -> int:
        return (self.cycles << 16 | self._highest) & 0xFFFFFFFF

    def note(self, ssrc: int, sequence: int, timestamp: int, at_ms: int, *, audio: bool = True) -> bool:
        """Jitter is taken of audio only: the packets of one key all bear the time of its press."""
        if ssrc == self.ssrc and sequence - self._highest == 1:  # nearly always
            self.expected += 1
        elif ssrc != self.ssrc:
            self._begin(ssrc, sequence, timestamp, at_ms)
            return True
        else:
            ahead = ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
            if ahead > _RESTART or ahead < -_LATE:
                if sequence != self._restart:  # a stray; only the next in its sequence proves a new start
                    self._restart = (sequence + 1) & 0xFFFF
                    return False
                self._begin(ssrc, sequence, timestamp, at_ms)
                return True
            if ahead <= 0:
                return self._late(sequence)
            self._skip(sequence, ahead)
        self._highest = sequence
        self.received += 1
        if audio:
            moved = (timestamp - self._last_timestamp) & 0xFFFFFFFF
            if moved >= 0x80000000:
                moved -= 0x100000000
            strayed = (at_ms - self._last_at_ms) * 8 - moved
            if -80_000 < strayed < 80_000:  # beyond ten seconds it is a new clock, not jitter
                self.jitter += ((strayed if strayed >= 0 else -strayed) - self.jitter) / 16
            self._last_at_ms = at_ms
            self._last_timestamp = timestamp
        return True

    def _late(self, sequence: int) -> bool:
        """Behind the newest: it fills a gap, or came before."""
        if sequence not in self._gaps:
            self.repeated += 1
            return False
        del self._gaps[sequence]
        self.received += 1
        return True

    def _skip(self, sequence: int, ahead: int) -> None:
        """The newest, beyond a gap or the turn of the counter."""
        for gap in range(1, min(ahead, _KNOWN_GAPS)):
            self._gaps[(sequence - gap) & 0xFFFF] = None
        while len(self._gaps) > _KNOWN_GAPS:
            del self._gaps[next(iter(self._gaps))]
        self.expected += ahead
        if sequence < self._highest:
            self.cycles = (self.cycles + 1) & 0xFFFF
            self._gaps = {gap: None for gap in self._gaps if gap > 0x8000}

    def _begin(self, ssrc: int, sequence: int, timestamp: int, at_ms: int) -> None:
        self.ssrc = ssrc
        self._highest = sequence
        self._restart = -1
        self._gaps.clear()
        self.cycles = 0
        self._last_at_ms, self._last_timestamp = at_ms, timestamp
        self.expected += 1
        self.received += 1


def mean_opinion(loss: float, jitter_ms: float = 0.0, round_trip_ms: float = 0.0) -> float:
    """The score (1 to 4.5) of G.711 with concealment: ITU-T G.107 with all other terms at default.

    `loss` is a share 0 to 1. One-way delay is taken as half the round trip plus a jitter buffer of
    twice the jitter and a packet. Ie = 0, Bpl = 25.1 (G.113 appendix I).
    """
    delay = round_trip_ms / 2 + 2 * jitter_ms + 20
    impairment = 0.024 * delay + (0.11 * (delay - 177.3) if delay > 177.3 else 0.0)
    percent = 100 * min(max(loss, 0.0), 1.0)
    rating = 93.2 - impairment - 95 * percent / (percent + 25.1)
    if rating <= 0:
        return 1.0
    rating = min(rating, 100.0)
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)


class QualityWatch:
    """Says when to tell of a leg's quality: each `EVERY_MS`, and at once when it turns poor.

    Poor is a score below 3.1 or more than 5 % lost, over the last `WINDOW` looks (one a second); it is over
    when the score is above 3.4 and loss below 3 %.
    """

    EVERY_MS: Final = 10_000
    WINDOW: Final = 5
    __slots__ = ("_due_ms", "_looks", "loss", "mos", "poor")

    def __init__(self, at_ms: int) -> None:
        self._due_ms = at_ms + self.EVERY_MS
        self._looks: list[tuple[int, int]] = [(0, 0)]
        self.poor = False
        self.loss = 0.0
        """Share lost over the window."""
        self.mos = 0.0
        """Score over the window; 0 = nothing heard."""

    def look(self, at_ms: int, arrivals: Arrivals, round_trip_ms: float) -> bool:
        """To be called once a second; True when the quality is to be told now."""
        looks = self._looks
        looks.append((arrivals.expected, arrivals.received))
        if len(looks) > self.WINDOW + 1:
            del looks[0]
        expected = looks[-1][0] - looks[0][0]
        received = looks[-1][1] - looks[0][1]
        tell = at_ms >= self._due_ms
        if tell:
            self._due_ms = max(self._due_ms + self.EVERY_MS, at_ms)
        if expected <= 0:
            return tell and arrivals.received > 0
        self.loss = min(max(1 - received / expected, 0.0), 1.0)
        self.mos = mean_opinion(self.loss, arrivals.jitter / 8, round_trip_ms)
        if not self.poor and (self.mos < 3.1 or self.loss > 0.05) and expected >= 25:
            self.poor = True
            return True
        if self.poor and self.mos > 3.4 and self.loss < 0.03:
            self.poor = False
        return tell

    def quality(
        self, arrivals: Arrivals, *, peer_loss: float, round_trip_ms: float, whole: bool = False
    ) -> Quality:
        """What arrived so far; the score is of the window, or with `whole` of the whole call."""
        jitter_ms = arrivals.jitter / 8
        score = self.mos
        if (whole or not score) and arrivals.expected:
            score = mean_opinion(arrivals.lost / arrivals.expected, jitter_ms, round_trip_ms)
        return Quality(
            packets=arrivals.received,
            lost=max(0, arrivals.lost),
            jitter_ms=round(jitter_ms, 2),
            mos=round(score, 2),
            peer_loss=round(peer_loss, 4),
            round_trip_ms=round(round_trip_ms, 1),
        )
