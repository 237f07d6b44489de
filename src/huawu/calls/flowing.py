"""A caller in a flow: prompts, keys, and where the flow leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, Literal, Protocol, assert_never, cast, get_args

from huawu.calls.announcing import Announcing
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.floor import Floor
from huawu.calls.looking_up import LookingUp
from huawu.calls.outside import Outside
from huawu.calls.queueing import OverflowCause, Queueing, SentOnBy
from huawu.calls.reaching import Reaching
from huawu.calls.surveying import Surveying
from huawu.calls.tape import Purpose
from huawu.calls.taping import How, Taping
from huawu.config.plan import ToAgent, ToEcho, ToFeature, ToFlow, ToOutside, ToQueue, ToSlot
from huawu.ivr import events as flow
from huawu.ivr.model import FlowRun
from huawu.link.messages import (
    Answer,
    Clip,
    Collect,
    CollectId,
    DigitsCollected,
    Echo,
    HangUp,
    Music,
    Play,
    PlayFinished,
    PlayId,
    Reason,
    Silence,
    Tone,
)

OPENING_SILENCE = Silence(length_ms=300)
"""Played before the first words: phones cut the first moments after an answer."""
BEEP = Tone(hertz=(880.0,), length_ms=300)
"""After it the caller hears itself."""
MOST_LEADS = 20
"""A call led from number to number more often than this goes in a circle and is ended."""


class Transfers(Protocol):
    """Who is told that a caller whom an agent sent on did not arrive; satisfied by `Moving`."""

    def came_to_nothing(self, call: Conversation, reason: str) -> None: ...


BEFORE_ANSWER: Final = (flow.Note, flow.Language, flow.Say, flow.LookUp, flow.HangUp)
"""What a flow that answers late may ask for before it does; all else needs the caller's line."""


class Flowing:
    """Leads callers through flows and to the places of the number plan."""

    transfers: Transfers

    def __init__(self, floor: Floor, queueing: Queueing, reaching: Reaching, way_out: Outside) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching
        self._way_out = way_out
        self.taping = Taping(floor)
        self.taping.speaker = self
        self.looking_up = LookingUp(floor)
        self.looking_up.wait_to = self._wait_to
        self.looking_up.go_on = self._looked_up
        self.announcing = Announcing(floor)
        self.announcing.play = self._play
        self.surveying = Surveying(floor)
        self.surveying.start = self.start

    def announce(self, call: Conversation, queue: str, then: Callable[[], None]) -> bool:
        """Say what stands before a queue, then do `then`; False: there is nothing to be said."""
        return self.announcing.before_queue(call, queue, then)

    def lead_to(self, call: Conversation, number: str, by: SentOnBy = "caller") -> None:
        """Bring the caller to a number of the plan, as it was dialled or as a flow or a queue wants."""
        call.leads += 1
        then = partial(self.lead_to, call, number)
        if by == "caller" and self.announcing.before_number(call, number, then):
            return
        place = self._floor.centre.numbers.find(number) if call.leads <= MOST_LEADS else None
        match place:
            case ToFlow():
                self.start(call, place.flow)
            case ToQueue():
                self._queueing.join(call, place.queue)
            case ToAgent():
                self._reaching.agent(call, place.agent)
            case ToOutside() if by != "caller":
                self._reaching.outside(call, place.number, by)
            case ToOutside() if (whose := self._way_out.asker_of(call)) is not None:
                self._reaching.outside(call, place.number, *whose)
            case ToEcho():
                self._echo(call, ("echo",))
            case ToFeature() | ToSlot() | ToOutside() | None:
                self.say_and_end(call, ("unavailable",), "not_found")
            case _:
                assert_never(place)

    def start(self, call: Conversation, flow_id: str, *, at: str = "") -> None:
        """Begin a flow anew for this caller, at its first step or another."""
        variables = {"caller": call.caller, "number": call.number, "language": call.language}
        call.phase = Phase.FLOW
        call.run = FlowRun(self._floor.centre.flows, flow_id, variables, at=at)
        self._perform(call, call.run.step(flow.Started(at_ms=self._floor.now_ms)))

    def play_finished(self, call: Conversation, event: PlayFinished) -> None:
        """A prompt of this call is over, in whatever way."""
        if event.play != call.play:
            return
        call.play = None
        if event.how == "failed":
            self._floor.fact(call, "prompt", failed=event.detail)
        if call.ending is not None:
            self.end(call, call.ending)
        elif self.taping.play_finished(call, event) or self.announcing.play_finished(call):
            pass
        elif call.phase is Phase.FLOW and call.run is not None and call.run.waiting == "say":
            self._perform(call, call.run.step(flow.PromptEnded(at_ms=self._floor.now_ms)))
        elif call.phase is Phase.ECHO:
            self._floor.do(Echo(leg=call.leg))

    def digits_collected(self, call: Conversation, event: DigitsCollected) -> None:
        """The caller's keys, or their absence."""
        if event.collect != call.collect or self.taping.digits_collected(call, event):
            return
        call.collect = None
        digits = "•" * len(event.digits) if call.private else event.digits
        self._floor.fact(call, "keys", "caller", digits=digits, how=event.how, spoke=event.spoke)
        if call.run is not None and call.run.waiting == "ask":
            collected = flow.Collected(
                at_ms=self._floor.now_ms, digits=event.digits, how=event.how, spoke=event.spoke
            )
            self._perform(call, call.run.step(collected))

    def transfer_failed(self, call: Conversation, reason: str) -> None:
        """The party did not answer: the flow goes on, or the caller is told and let go."""
        if call.unanswered and call.run is None:
            self.end(call, leg_reason(reason))  # the caller's own phone says busy
        elif call.run is not None and call.run.waiting == "transfer":
            call.phase = Phase.FLOW
            failed = flow.TransferFailed(at_ms=self._floor.now_ms, reason=reason)
            self._perform(call, call.run.step(failed))
        else:
            self.say_and_end(call, ("transfer-failed",), "no_answer")

    def given_back(self, call: Conversation, why: OverflowCause) -> None:
        """A queue could not keep the caller and named no other place."""
        if call.transfer is not None:
            self.transfers.came_to_nothing(call, why)
        elif call.run is not None and call.run.waiting == "queue":
            call.phase = Phase.FLOW
            back = flow.Overflowed(at_ms=self._floor.now_ms, why=flow_cause(why))
            self._perform(call, call.run.step(back))
        else:
            prompt = {"line_full": "queue-full", "wait_over": "overflow"}.get(why, "no-agent")
            self.say_and_end(call, (prompt, "try-later", "goodbye"), "congestion")

    def turned_away(self, call: Conversation) -> None:
        """A leader closed the queue: the flow goes on as in closed hours."""
        if call.run is not None:
            self._perform(call, call.run.step(flow.Overflowed(at_ms=self._floor.now_ms, why="closed")))

    def say_and_go_on(self, call: Conversation, prompts: Sequence[str], then: Callable[[], None]) -> None:
        """Tell the caller something, then do `then`."""
        call.phase = Phase.FLOW
        call.run, call.then = None, then
        self._say(call, prompts)

    def recorded(self, call: Conversation, purpose: Purpose, how: How) -> None:
        """A message is over: the flow goes on, or the caller is thanked and let go."""
        if call.run is not None and call.run.waiting == "record":
            self._perform(call, call.run.step(flow.Recorded(at_ms=self._floor.now_ms, how=how)))
            return
        kept = ("voicemail-saved",) if purpose == "voicemail" else ("survey-thanks",)
        self.say_and_end(call, (*(kept if how == "kept" else ()), "goodbye"), "normal")

    def say_and_end(self, call: Conversation, prompts: Sequence[str], reason: Reason) -> None:
        """Tell the caller something, then hang up."""
        call.phase = Phase.FLOW
        call.run = None
        call.ending = reason
        self._say(call, prompts)

    def end(self, call: Conversation, reason: Reason) -> None:
        """Hang up on the caller."""
        call.closing = reason
        self._floor.do(HangUp(leg=call.leg, reason=reason))

    # ── What a flow asks for ──────────────────────────────────────────────────────────────────────

    def go_on(self, call: Conversation) -> None:
        """The caller's line stands: what the flow wanted of it is done."""
        commands, call.held_back = call.held_back, ()
        self._perform(call, commands)

    def _perform(self, call: Conversation, commands: Sequence[flow.FlowCommand]) -> None:
        for index, command in enumerate(commands):
            if call.unanswered and not isinstance(command, BEFORE_ANSWER):
                call.held_back = tuple(commands[index:])
                self._floor.do(Answer(leg=call.leg))
                return
            match command:
                case flow.Note():
                    self._floor.fact(call, "step", flow=command.flow, step=command.step, text=command.text)
                case flow.Language():
                    call.language = command.language
                    self._floor.fact(call, "language", language=command.language)
                case flow.Rated():
                    self.surveying.rated(call, command.score)
                case flow.LookUp():
                    self.looking_up.ask(call, command)
                case flow.Record():
                    self.taping.begin(call, command)
                case flow.Say():
                    self._say(call, command.prompts)
                case flow.Ask():
                    self._ask(call, command)
                case flow.Queue():
                    self._queueing.join(
                        call,
                        command.queue,
                        priority=command.priority,
                        skills=command.skills,
                        prompts=command.prompts,
                    )
                case flow.Transfer():
                    self._transfer(call, command)
                case flow.Echo():
                    self._echo(call, ())
                case flow.HangUp():
                    self.end(call, flow_reason(command.reason))
                case _:
                    assert_never(command)

    def _looked_up(self, call: Conversation, event: flow.LookedUp) -> None:
        if call.run is not None and call.run.waiting == "look":
            self._perform(call, call.run.step(event))

    def say(self, call: Conversation, prompts: Iterable[str], tail: tuple[Tone, ...] = ()) -> None:
        """Say prompts and a tone behind them."""
        self._say(call, tuple(prompts), tail)

    def _wait_to(self, call: Conversation, prompts: Sequence[str]) -> None:
        """Prompts, then music until something else is to be heard."""
        self._say(call, prompts, (Music(path=self._floor.hold_music),))

    def _play(self, call: Conversation, clips: tuple[Clip, ...]) -> None:
        call.play = PlayId(self._floor.name(call, "p"))
        opening = () if call.greeted else (OPENING_SILENCE,)
        call.greeted = True
        self._floor.do(Play(leg=call.leg, play=call.play, clips=(*opening, *clips)))

    def _transfer(self, call: Conversation, command: flow.Transfer) -> None:
        if command.agent:
            agent = self._floor.centre.agent(command.agent)
            if agent is None:
                self.transfer_failed(call, "not_found")
            else:
                self._reaching.agent(call, agent.agent, command.ring_ms)
        else:
            self._floor.fact(call, "transfer", number=command.number)
            self.lead_to(call, command.number, "flow")

    def _echo(self, call: Conversation, prompts: Sequence[str]) -> None:
        call.phase = Phase.ECHO
        if prompts:
            self._say(call, prompts, (BEEP,))
        else:
            self._floor.do(Echo(leg=call.leg))

    def _say(self, call: Conversation, prompts: Sequence[str], tail: tuple[Clip, ...] = ()) -> None:
        call.play = PlayId(self._floor.name(call, "p"))
        if prompts:
            self._floor.fact(call, "prompt", prompts=list(prompts))
        self._floor.do(Play(leg=call.leg, play=call.play, clips=(*self._clips(call, prompts), *tail)))

    def _ask(self, call: Conversation, ask: flow.Ask) -> None:
        call.collect = CollectId(self._floor.name(call, "k"))
        call.private = ask.private
        self._floor.fact(call, "prompt", prompts=list(ask.prompts))
        self._floor.do(
            Collect(
                leg=call.leg,
                collect=call.collect,
                prompt=self._clips(call, ask.prompts),
                barge_in=ask.barge_in,
                max_digits=ask.max_digits,
                end_key=ask.end_key,
                first_ms=ask.first_ms,
                between_ms=ask.between_ms,
            )
        )

    def _clips(self, call: Conversation, prompts: Sequence[str]) -> tuple[Clip, ...]:
        clips = self._floor.clips(prompts, call.language)
        if call.greeted:
            return clips or (Silence(length_ms=20),)
        call.greeted = True
        return (OPENING_SILENCE, *clips)


def leg_reason(reason: str) -> Reason:
    """Why another leg ended, as a reason for this one."""
    return cast("Reason", reason) if reason in get_args(Reason) else "failed"


def flow_cause(why: OverflowCause) -> Literal["line_full", "wait_over", "no_agent"]:
    """Why a queue gave a caller back, as flows know it: a redial is never theirs."""
    match why:
        case "redial_missed" | "declined":
            return "no_agent"
        case _:
            return why


def flow_reason(reason: str) -> Reason:
    """A flow's word for the end, as the switch takes it; what it does not know is an ordinary end."""
    match reason:
        case "busy" | "declined" | "unavailable" | "not_found" | "forbidden" | "congestion" | "failed":
            return reason
        case _:
            return "normal"
