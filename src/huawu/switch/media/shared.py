"""What all legs of a media engine share: whom they tell, the clock, prompts, and what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from huawu.link.messages import Event, LegId
from huawu.switch.media.player import QUIET
from huawu.switch.media.prompts import NoPrompt, Prompts
from huawu.switch.webrtc.news import PathNews

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Shared:
    """What all legs share."""

    emit: Callable[[Event], None]
    now_ms: Callable[[], int]
    pressed: Callable[[Leg, str, int], None]
    rerouted: Callable[[LegId], None] | None = None
    """Is told each leg that may hear something else now, while its change is still under way."""
    path_news: Callable[[LegId, PathNews], None] | None = None
    """Is told when a browser goes, comes back, or is lost; likewise."""
    prompts: Prompts = field(default_factory=Prompts)
    hold_music: str = ""
    malformed: int = 0
    troubles: int = 0

    def hold_audio(self) -> bytes:
        """The hold music; silence when there is none."""
        if not self.hold_music:
            return QUIET
        try:
            return self.prompts.load(self.hold_music)
        except NoPrompt as error:
            log.warning("hold music cannot be played", extra={"path": error.path, "why": error.why})
            return QUIET
