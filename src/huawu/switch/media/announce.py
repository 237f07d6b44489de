"""Plays and collects on one leg: what starts, ends and barges, and what the centre is told of it."""

from __future__ import annotations

import logging
from typing import Literal

from huawu.link.messages import Collect, DigitPressed, DigitsCollected, Play, PlayFinished
from huawu.switch.media.digits import Collected, Collecting
from huawu.switch.media.leg import Leg
from huawu.switch.media.player import Row

log = logging.getLogger(__name__)


def start_play(leg: Leg, command: Play, at_ms: int) -> None:
    """A play takes the place of the one before, and of a collect's prompt."""
    end_play(leg, "stopped")
    end_prompt(leg, at_ms)
    leg.play = command
    leg.row = Row(command.clips, command.repeat, leg.shared.prompts)
    leg.reroute()


def end_play(leg: Leg, how: Literal["completed", "barged", "stopped"]) -> None:
    play, row = leg.play, leg.row
    if play is None or row is None:
        return
    leg.play = leg.row = None
    leg.reroute()
    if how == "completed" and row.failures:
        finished = PlayFinished(leg=leg.name, play=play.play, how="failed", detail="; ".join(row.failures))
    else:
        finished = PlayFinished(leg=leg.name, play=play.play, how=how)
    leg.tell(finished)


def start_collect(leg: Leg, command: Collect, at_ms: int) -> None:
    """Without a prompt of its own a collect leaves a running play alone."""
    stop_collect(leg)
    pressed = leg.type_ahead.take(at_ms)
    if command.prompt:
        end_play(leg, "stopped")
    leg.collect = command
    leg.collecting = collecting = Collecting(command, prompting=bool(command.prompt), at_ms=at_ms)
    leg.spoke = leg.talk_ear.talking
    leg.wake_ms = 0
    if command.barge_in:
        for index, digit in enumerate(pressed):
            result = collecting.press(digit, at_ms)
            if result is not None:
                for unused in pressed[index + 1 :]:
                    leg.type_ahead.press(unused, at_ms)
                _finish(leg, result)
                return
    if collecting.prompting:
        leg.row = Row(command.prompt, 1, leg.shared.prompts)
        leg.reroute()


def stop_collect(leg: Leg) -> None:
    if leg.collecting is not None:
        _finish(leg, leg.collecting.stop())


def _finish(leg: Leg, result: Collected) -> None:
    collect = leg.collect
    if collect is None:
        return
    leg.collect = leg.collecting = None
    if leg.row is not None and leg.play is None:
        leg.row = None
        leg.reroute()
    leg.tell(
        DigitsCollected(
            leg=leg.name, collect=collect.collect, digits=result.digits, how=result.how, spoke=leg.spoke
        )
    )


def end_prompt(leg: Leg, at_ms: int) -> None:
    """The collect's prompt is over; its digits' time begins."""
    if leg.play is None and leg.row is not None:
        for failure in leg.row.failures:
            log.warning("prompt not played", extra={"leg": leg.name, "why": failure})
        leg.row = None
        leg.reroute()
    if leg.collecting is not None:
        leg.collecting.prompt_ended(at_ms)


def row_ended(leg: Leg, at_ms: int) -> None:
    """The last clip was played to its end."""
    if leg.play is not None:
        end_play(leg, "completed")
    else:
        end_prompt(leg, at_ms)


def press(leg: Leg, digit: str, at_ms: int) -> None:
    """The leg's party pressed a key."""
    leg.tell(DigitPressed(leg=leg.name, digit=digit))
    if leg.play is not None and leg.play.barge_in:
        end_play(leg, "barged")
    collecting = leg.collecting
    if collecting is None:
        if leg.bridged is None and leg.conference is None:
            leg.type_ahead.press(digit, at_ms)
        return
    prompting = collecting.prompting
    result = collecting.press(digit, at_ms)
    if result is not None:
        _finish(leg, result)
    elif prompting and not collecting.prompting:
        leg.row = None
        leg.reroute()


def wait(leg: Leg, at_ms: int) -> None:
    """Time passes for a collect."""
    if leg.collecting is not None:
        result = leg.collecting.wait(at_ms)
        if result is not None:
            _finish(leg, result)


def end_all(leg: Leg) -> None:
    """A bridge ends what was played and gathered."""
    end_play(leg, "stopped")
    stop_collect(leg)
    leg.type_ahead.clear()
