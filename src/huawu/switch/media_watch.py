"""Looks now and then whether peers still send: a phone that lost its network says no BYE."""

from __future__ import annotations

from typing import Final

from huawu.switch.call_control import CallControl
from huawu.switch.legs import Leg, LegState
from huawu.switch.ports import Media, Surroundings
from huawu.switch.table import LegTable

MEDIA_CHECK_S: Final = 5.0
"""How often silent legs are looked for, at most; with a short time-out four times within it."""
KEY: Final = "core:media"
"""The timer of the next look."""


class MediaWatch:
    """Ends legs that sent neither RTP nor RTCP for `timeout_s` while they should; 0 = never.

    A caller whose sound comes after our answer has got it, though its ACK was lost.
    """

    def __init__(
        self, *, table: LegTable, media: Media, around: Surroundings, control: CallControl, timeout_s: float
    ) -> None:
        self._legs = table.legs
        self._media = media
        self._around = around
        self._control = control
        self._timeout_ms = int(timeout_s * 1000)
        if self._timeout_ms:
            self._later()

    def fire(self) -> None:
        """The timer is due."""
        self._later()
        now = self._around.now_ms()
        for leg in list(self._legs.values()):
            if leg.state is LegState.CONFIRMING and self._heard_since(leg):
                self._control.heard(leg)
            if leg.agreed is None or leg.answered_ms is None or leg.agreed.direction != "sendrecv":
                continue
            if leg.away:  # it has its own time
                continue
            silent_ms = now - max(self._media.last_packet_ms(leg.leg) or 0, leg.expected_ms)
            if silent_ms > self._timeout_ms and leg.state is LegState.ANSWERED:
                self._control.end(leg, "media_timeout", f"no RTP for {silent_ms // 1000} s")

    def _later(self) -> None:
        within_s = min(MEDIA_CHECK_S, self._timeout_ms / 4_000)
        self._around.start_timer(KEY, self._around.at() + within_s)

    def _heard_since(self, leg: Leg) -> bool:
        """Whether the leg's peer sent anything since we answered."""
        return (self._media.last_packet_ms(leg.leg) or 0) > leg.expected_ms
