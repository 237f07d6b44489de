"""Trying a flow over HTTP: the caller's acts go in, what is heard and what is waited for comes out."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator

from huawu.assets.catalogue import PromptCatalogue
from huawu.assets.telephone_sound import length_ms
from huawu.calls.playing import Act, AgentAct, PlayResult, Scene, play
from huawu.config.desk import Draft
from huawu.config.load import ConfigurationInvalid
from huawu.config.prompt_desk import PromptDesk
from huawu.config.schema import Configuration
from huawu.config.tree import LARGEST_TEXT
from huawu.web.administration import Administrator
from huawu.web.api import Centre
from huawu.web.configuration import Desk
from huawu.web.errors import json
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["configuration"])
MOST_ACTS: Final = 200
LATEST_MS: Final = 4_102_444_800_000
"""The year 2100."""


class ActGiven(BaseModel):
    """Exactly one of these; `into` goes with `press`: so many ms into the prompt, which the keys stop."""

    press: str = Field(default="", max_length=32, pattern=r"^[0-9*#A-D]*$")
    into: int | None = Field(default=None, ge=0, le=3_600_000)
    wait: int = Field(default=0, ge=0, le=24 * 3_600_000)
    nothing: bool = False
    speak: int = Field(default=0, ge=0, le=3_600_000)
    hang_up: bool = False
    agent: AgentAct | None = None
    lookup: dict[str, Any] | Literal["not_found", "fails"] | None = None

    @model_validator(mode="after")
    def one(self) -> ActGiven:
        acts = [name for name in type(self).model_fields if name != "into"]
        if len([name for name in acts if getattr(self, name) not in ("", 0, None)]) != 1:
            raise ValueError("an act is exactly one of press, wait, nothing, speak, hang_up, agent, lookup")
        if self.into is not None and not self.press:
            raise ValueError("into goes with press")
        return self


class PlayWanted(BaseModel):
    """A draft, or what is in force; a flow or a number of it."""

    text: str | None = Field(default=None, max_length=LARGEST_TEXT)
    parts: dict[str, Any] | None = None
    flow: str = Field(default="", max_length=64)
    number: str = Field(default="", max_length=64)
    caller: str = Field(default="13800000000", max_length=64)
    language: str = Field(default="", pattern=r"^(zh|en|)$")
    at_ms: int | None = Field(default=None, ge=0, lt=LATEST_MS)
    acts: list[ActGiven] = Field(default=[], max_length=MOST_ACTS)

    @model_validator(mode="after")
    def one_of_both(self) -> PlayWanted:
        if bool(self.flow) == bool(self.number):
            raise ValueError("give either flow or number")
        if self.text is not None and self.parts is not None:
            raise ValueError("give either text or parts, or neither for what is in force")
        return self


@router.post("/play", operation_id="play", responses=gives(PlayResult))
async def try_flow(
    request: Request, centre: Centre, desk: Desk, _who: Administrator, wanted: PlayWanted
) -> Response:
    """Try a flow without a phone. The whole list of acts is played anew each time; nothing is kept."""
    prompts: PromptDesk = request.app.state.prompts
    scene = Scene(
        flow=wanted.flow,
        number=wanted.number,
        caller=wanted.caller,
        language=wanted.language,
        at_ms=centre.now_ms() if wanted.at_ms is None else wanted.at_ms,
        words=prompts.words,
        length_ms=length_ms,
    )
    voice: PromptCatalogue = request.app.state.voice
    acts = [Act(**{name: getattr(act, name) for name in ActGiven.model_fields}) for act in wanted.acts]
    in_force = centre.configuration

    def played() -> PlayResult:
        return play(_configuration(desk, wanted, in_force), voice, scene, acts)

    return json(await asyncio.to_thread(played))


def _configuration(desk: Any, wanted: PlayWanted, in_force: Configuration) -> Configuration:
    if wanted.text is None and wanted.parts is None:
        return in_force
    parsed = desk.parse(Draft(text=wanted.text, parts=wanted.parts))
    if parsed.configuration is None:
        raise ConfigurationInvalid(parsed.errors)
    configuration: Configuration = parsed.configuration
    return configuration
