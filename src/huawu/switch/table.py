"""All legs of the switch, those that are over, and the recordings that run."""

from __future__ import annotations

from huawu.link.messages import LegId, RecordingId
from huawu.switch.legs import CommandRefused, Leg, LegOver, LegState, Recent, Step


class LegTable:
    """Finds a leg for a command, or says why there is none."""

    def __init__(self) -> None:
        self.legs: dict[LegId, Leg] = {}
        self.recordings: dict[RecordingId, LegId] = {}
        self._over: Recent[LegId] = Recent()
        self._written: Recent[RecordingId] = Recent()

    def get(self, leg: LegId) -> Leg:
        """The leg a command is for. Raises LegOver when it has ended, CommandRefused when it never was."""
        found = self.legs.get(leg)
        if found is None:
            if leg in self._over:
                raise LegOver
            raise CommandRefused(f"there is no leg {leg}")
        if found.state is LegState.ENDING:
            raise LegOver
        return found

    def used(self, leg: LegId) -> Leg:
        """As `get`, for a command that needs the leg's media. Raises CommandRefused until it speaks: once
        it is answered, or when its network sends early media."""
        found = self.get(leg)
        if found.state is not LegState.ANSWERED:
            found.step(Step.USE)
        return found

    def known(self, leg: LegId) -> bool:
        """Whether a leg has, or lately had, this name."""
        return leg in self.legs or leg in self._over

    def remove(self, leg: LegId) -> None:
        if self.legs.pop(leg, None) is not None:
            self._over.add(leg)

    def recording(self, recording: RecordingId) -> Leg | None:
        """The leg on the left of a running recording. Raises LegOver, CommandRefused as `get`."""
        if recording not in self.recordings:
            if recording in self._written:
                raise LegOver
            raise CommandRefused(f"there is no recording {recording}")
        return self.legs.get(self.recordings[recording])

    def recording_over(self, recording: RecordingId) -> None:
        leg = self.legs.get(self.recordings.pop(recording, LegId("")))
        self._written.add(recording)
        if leg is not None and leg.recording == recording:
            leg.recording = None
