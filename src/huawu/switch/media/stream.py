"""What we send to one peer: a single RTP stream without a seam, whatever feeds it by turns."""

from __future__ import annotations

import secrets

from huawu.switch.media.rtp import HEADER, PLAIN

_FRAME = 160
_STEP_MS = 20
_GAP_MS = 60
"""A longer pause moves the timestamp on by its length; a shorter one is the jitter of a relayed source."""
_RESTART = 3_000  # a source's sequence that jumps this far began anew
_EARLIER = 80_000  # timestamp units that a key's packets may lie behind the voice beside them


class OutStream:
    """Sequence numbers, timestamps and SSRC towards one peer.

    Frames of ours follow each other: sequence +1, timestamp +160. A relayed source keeps the distances
    of its own packets (so the peer sees what was lost and in which order), moved to follow what we sent
    before. `feed` is whatever object fed the last packet: another one means a new talkspurt.
    """

    __slots__ = (
        "_anchor_packets",
        "_event_timestamp",
        "_in_at_ms",
        "_in_sequence",
        "_in_ssrc",
        "_in_timestamp",
        "_move_sequence",
        "_move_timestamp",
        "_next_timestamp",
        "feed",
        "last_at_ms",
        "octets",
        "packets",
        "sequence",
        "ssrc",
    )

    def __init__(self) -> None:
        drawn = secrets.randbits(79)  # each draw is a question to the system
        self.ssrc = drawn & 0xFFFFFFFF
        self.sequence = (drawn >> 32) & 0x7FFF
        """Of the newest packet sent."""
        self._next_timestamp = drawn >> 47
        self._event_timestamp = 0
        self.feed: object = None
        self.last_at_ms = 0
        self.packets = 0
        self.octets = 0
        self._in_ssrc = 0
        self._in_sequence = 0
        self._in_timestamp = 0
        self._in_at_ms = 0
        self._anchor_packets = 0
        self._move_sequence = 0
        self._move_timestamp = 0

    def renew_ssrc(self) -> None:
        """The peer uses the same (RFC 3550 §8.2); sequence and time go on."""
        self.ssrc = secrets.randbits(32)

    @property
    def next_timestamp(self) -> int:
        """Where the next voice goes, if it follows at once."""
        return self._next_timestamp

    def frame(
        self, feed: object, payload_type: int, payload: bytes, at_ms: int, *, spurt: bool = True
    ) -> bytes:
        """A packet of ours, one 20 ms frame. `spurt`: the marker is set when the feed is new."""
        marker = 0
        if feed is not self.feed or at_ms - self.last_at_ms > _GAP_MS:
            self._catch_up(at_ms)
            self.feed = feed
            marker = 0x80 if spurt else 0
        timestamp = self._next_timestamp
        self._next_timestamp = (timestamp + len(payload)) & 0xFFFFFFFF
        return self._own(payload_type | marker, timestamp, payload, at_ms)

    def event(self, feed: object, payload_type: int, payload: bytes, at_ms: int, *, first: bool) -> bytes:
        """A packet of a key of ours (RFC 4733): all of one key bear the time of its first."""
        if first:
            if feed is not self.feed or at_ms - self.last_at_ms > _GAP_MS:
                self._catch_up(at_ms)
                self.feed = feed
            self._event_timestamp = self._next_timestamp
        self._next_timestamp = (self._next_timestamp + _FRAME) & 0xFFFFFFFF
        return self._own(payload_type | (0x80 if first else 0), self._event_timestamp, payload, at_ms)

    def relay(
        self,
        feed: object,
        kind: int,
        ssrc: int,
        sequence: int,
        timestamp: int,
        payload: bytes,
        at_ms: int,
        key_length: int = -1,
    ) -> bytes | None:
        """A packet of another's stream under our numbers; None when it is too late to have a place.

        `kind` is the payload type to send with the marker as it came. `key_length` >= 0: the packet is a
        key's, pressed for so many timestamp units.
        """
        moved = timestamp - self._in_timestamp
        if (
            feed is not self.feed
            or ssrc != self._in_ssrc
            or sequence - self._in_sequence != 1
            or moved > 480
            or moved < 0
            or key_length >= 0
        ):
            if feed is self.feed and ssrc == self._in_ssrc:
                ahead = (sequence - self._in_sequence) & 0xFFFF
                behind = 0x10000 - ahead
                if behind < _RESTART or ahead == 0:  # late, or the same again
                    if ahead == 0 or behind >= self.packets - self._anchor_packets:
                        return None
                    self.last_at_ms = at_ms
                    return self._relayed(kind, sequence, timestamp, payload)
                anew = ahead > _RESTART or self._leaps(moved & 0xFFFFFFFF, at_ms, key_length)
            else:
                anew = True
            if anew:
                self._anchor(feed, ssrc, sequence, timestamp, at_ms)
                if key_length < 0:
                    kind |= 0x80
        size = len(payload)
        moved_timestamp = (timestamp + self._move_timestamp) & 0xFFFFFFFF
        self._in_sequence = sequence
        self.last_at_ms = at_ms
        self.sequence = moved_sequence = (sequence + self._move_sequence) & 0xFFFF
        if key_length < 0:
            self._in_timestamp = timestamp
            self._in_at_ms = at_ms
            self._next_timestamp = (moved_timestamp + size) & 0xFFFFFFFF
        else:
            ending = (moved_timestamp + key_length) & 0xFFFFFFFF
            if ((ending - self._next_timestamp) & 0xFFFFFFFF) < 0x80000000:
                self._next_timestamp = ending
        self.packets += 1
        self.octets += size
        return HEADER.pack(PLAIN, kind, moved_sequence, moved_timestamp, self.ssrc) + payload

    def _leaps(self, moved: int, at_ms: int, key_length: int) -> bool:
        """A timestamp that runs away from time by more than two seconds, or back, is that of a new start."""
        if moved <= 480 or (key_length >= 0 and 0x100000000 - moved < _EARLIER):
            return False
        return moved > (at_ms - self._in_at_ms) * 8 + 2 * 8000

    def skip(self, feed: object, sequence: int) -> None:
        """A packet of the relayed source is not sent on: the next one takes its number."""
        if feed is self.feed and ((sequence - self._in_sequence) & 0xFFFF) == 1:
            self._in_sequence = sequence
            self._move_sequence -= 1

    def _relayed(self, kind: int, sequence: int, timestamp: int, payload: bytes) -> bytes:
        self.packets += 1
        self.octets += len(payload)
        return (
            HEADER.pack(
                PLAIN,
                kind,
                (sequence + self._move_sequence) & 0xFFFF,
                (timestamp + self._move_timestamp) & 0xFFFFFFFF,
                self.ssrc,
            )
            + payload
        )

    def _own(self, kind: int, timestamp: int, payload: bytes, at_ms: int) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.last_at_ms = at_ms
        self.packets += 1
        self.octets += len(payload)
        return HEADER.pack(PLAIN, kind, self.sequence, timestamp, self.ssrc) + payload

    def _anchor(self, feed: object, ssrc: int, sequence: int, timestamp: int, at_ms: int) -> None:
        self._catch_up(at_ms)
        self.feed = feed
        self._in_ssrc = ssrc
        self._in_timestamp, self._in_at_ms = timestamp, at_ms
        self._anchor_packets = self.packets
        self._move_sequence = self.sequence + 1 - sequence
        self._move_timestamp = self._next_timestamp - timestamp

    def _catch_up(self, at_ms: int) -> None:
        """Time went on since the last packet; after one of ours, which has no jitter, to the very frame."""
        paused = at_ms - self.last_at_ms
        relayed = self.last_at_ms == self._in_at_ms
        if self.packets and paused > (_GAP_MS if relayed else _STEP_MS):
            self._next_timestamp = (self._next_timestamp + (paused // _STEP_MS - 1) * _FRAME) & 0xFFFFFFFF
