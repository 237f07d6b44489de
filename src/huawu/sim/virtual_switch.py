"""A switch that is only pretended, in virtual time: legs, bridges, recordings; commands in, events out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from huawu.link import messages as link
from huawu.link.messages import EndpointId, Event, LegId, RecordingId
from huawu.sim.virtual_people import Caller, Phone

CLIP_MS = 2_000
"""How long every prompt lasts here."""


@dataclass(slots=True)
class Leg:
    leg: LegId
    caller: Caller | None = None
    phone: Phone | None = None
    answered: bool = False
    early: bool = False  # its media may be used before it is
    peer: LegId | None = None
    conference: link.ConferenceId | None = None
    met: bool = False  # talked with somebody
    held: bool = False  # its phone holds: whoever hears nobody else hears music
    ending: bool = False  # the centre ended it; the last word is on its way
    music: bool = False
    play: link.PlayId | None = None
    collect: link.CollectId | None = None


class VirtualSwitch:
    """Callers and phones behave as they are told to, and commands do what a switch would do.

    `report` hears its events, `at` has something done at an instant, `now_ms` is the clock of both.
    """

    def __init__(
        self,
        report: Callable[[Event], None],
        at: Callable[[int, Callable[[], None]], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._report = report
        self._at = at
        self._now_ms = now_ms
        self.trunks: dict[str, Phone] = {}  # how whoever is called through a trunk behaves
        self.phones: dict[EndpointId, Phone] = {}
        self.outside: dict[str, Phone] = {}  # how single numbers behave there
        self.legs: dict[LegId, Leg] = {}
        self.recordings: dict[RecordingId, tuple[link.StartRecording, int]] = {}
        self.mixes: dict[link.ConferenceId, tuple[link.Hears, ...]] = {}
        self.told: dict[LegId, list[link.TellTransfer]] = {}  # to phones that asked for a transfer
        self.dropped: list[link.Command] = []  # commands for legs that had ended
        self.wrong: list[str] = []  # commands that a switch would refuse
        self._names = itertools.count(1)

    # ── What people do ────────────────────────────────────────────────────────────────────────────

    def call(self, caller: Caller) -> LegId:
        """A caller dials, now."""
        leg = LegId(f"in{next(self._names)}")
        self.legs[leg] = Leg(leg, caller=caller)
        phone = EndpointId(caller.endpoint) if caller.endpoint else None
        self._at(self._now_ms() + caller.patience_ms, lambda: self._impatient(leg))
        self._report(
            link.LegOffered(
                leg=leg,
                from_number="" if caller.page else caller.caller,
                to_number=caller.number,
                endpoint=phone,
                guest=caller.guest,
                page=caller.page,
            )
        )
        return leg

    def plug_in(self, endpoint: str, phone: Phone | None = None) -> None:
        """A phone registers."""
        self.phones[EndpointId(endpoint)] = phone or Phone()
        self._report(link.EndpointReachable(endpoint=EndpointId(endpoint), contacts=1))

    def hang_up(self, leg: LegId) -> None:
        """The person at this leg hangs up."""
        self.end(leg, "peer", "normal")

    def drop(self, leg: LegId, reason: link.Reason = "media_timeout") -> None:
        """The line breaks."""
        self.end(leg, "switch", reason)

    def hold(self, leg: LegId, held: bool = True) -> None:
        """The person at this leg presses hold, or takes the other back."""
        self.legs[leg].held = held
        self._report(link.LegHeld(leg=leg) if held else link.LegResumed(leg=leg))

    def refer(self, leg: LegId, number: str, replaces: LegId | None = None) -> None:
        """The person at this leg presses transfer."""
        self.told[leg] = []
        self._report(link.TransferAsked(leg=leg, number=number, replaces=replaces))

    def replace(self, old: LegId, endpoint: str, caller: str = "") -> LegId:
        """A phone calls to take the place of an old leg."""
        leg = LegId(f"in{next(self._names)}")
        self.legs[leg] = Leg(leg, caller=Caller(number="", caller=caller, endpoint=endpoint, talk_ms=0))
        phone = EndpointId(endpoint) if endpoint else None
        offered = link.LegOffered(leg=leg, from_number=caller, to_number="", replaces=old, endpoint=phone)
        self._report(offered)
        return leg

    def hears(self, leg: LegId) -> set[LegId]:
        """The audible graph: whose voices reach this leg. A play stands in for all of them."""
        listener = self.legs[leg]
        if listener.play is not None or listener.collect is not None:
            return set()
        return {speaker for speaker in self.with_whom(leg) if not self.legs[speaker].held}

    def with_whom(self, leg: LegId) -> set[LegId]:
        """Whose voices reach this leg when none of their phones holds."""
        listener = self.legs[leg]
        if listener.conference is not None:
            cells = self.mixes[listener.conference]
            return {cell.speaker for cell in cells if cell.listener == leg and cell.gain > 0}
        return {listener.peer} if listener.peer is not None else set()

    def _soon(self, length_ms: int, leg: LegId, act: Callable[[Leg], None]) -> None:
        """Do something to a leg later, if it still stands."""

        def when_due() -> None:
            if (standing := self.legs.get(leg)) is not None:
                act(standing)

        self._at(self._now_ms() + length_ms, when_due)

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────

    def obey(self, command: link.Command) -> None:
        match command:
            case link.Originate():
                self._originate(command)
            case link.StartRecording():
                if any(before.left == command.left for before, _ in self.recordings.values()):
                    self.wrong.append(f"{command.left} is recorded already")
                self.recordings[command.recording] = (command, self._now_ms())
                self._speak(command)
            case link.StopRecording():
                self._at(self._now_ms(), partial(self._recorded, command.recording))
            case (
                link.Configure()
                | link.LearnRegistrations()
                | link.LendSecrets()
                | link.AdmitGuests()
                | link.Shutdown()
            ):
                pass
            case link.Mix():
                self._mix(command)
            case link.Bridge():
                self._bridge(command)
            case link.MoveRecording():
                self._move_recording(command)
            case link.PauseRecording() | link.ResumeRecording():
                pass
            case _:
                leg = self.legs.get(command.leg)
                if leg is None:
                    self.dropped.append(command)
                else:
                    self._obey_for(leg, command)

    def _obey_for(self, leg: Leg, command: link.Command) -> None:
        match command:
            case link.Ring() if command.early_media:
                leg.early = leg.caller is not None and leg.caller.hears_early
                self._soon(0, leg.leg, self._rings)
            case link.Answer():
                leg.answered = True
                self._soon(0, leg.leg, self._picked_up)
            case link.HangUp() | link.Reject():
                reason, leg.ending = command.reason, True
                self._soon(0, leg.leg, lambda leg: self.end(leg.leg, "centre", reason))
            case link.TellTransfer():
                if leg.leg not in self.told:
                    self.wrong.append(f"{leg.leg} was told of a transfer it did not ask for")
                self.told.setdefault(leg.leg, []).append(command)
            case link.Unbridge():
                self._part(leg)
            case link.StopPlay():
                leg.play = None
            case link.Play():
                leg.play, leg.collect = command.play, None
                leg.music = any(isinstance(clip, link.Music) for clip in command.clips)
                if command.repeat and not any(isinstance(clip, link.Music) for clip in command.clips):
                    play = command.play
                    length_ms = CLIP_MS * len(command.clips)
                    self._soon(length_ms, leg.leg, lambda leg: self._played(leg, play))
            case link.Collect():
                leg.collect, leg.play = command.collect, None
                self._press(leg, command)
            case _:
                pass

    def _press(self, leg: Leg, command: link.Collect) -> None:
        caller = leg.caller
        keys = caller.keys.pop(0) if caller is not None and caller.keys else ""
        spoke = caller is not None and caller.speaks and not keys
        endless = any(isinstance(clip, link.Music) for clip in command.prompt)
        if endless and not keys:
            return
        lengths = [each.length_ms if isinstance(each, link.Silence) else CLIP_MS for each in command.prompt]
        barged = bool(keys) and all(isinstance(each, link.Silence) for each in command.prompt)
        prompt_ms = 0 if barged else sum(lengths)
        length_ms = prompt_ms + (500 if keys else command.first_ms)

        def done(leg: Leg) -> None:
            if leg.collect == command.collect:
                leg.collect = None
                self._report(
                    link.DigitsCollected(
                        leg=leg.leg,
                        collect=command.collect,
                        digits=keys[: command.max_digits],
                        how="complete" if keys else "nothing",
                        spoke=spoke,
                    )
                )

        self._soon(length_ms, leg.leg, done)

    def _played(self, leg: Leg, play: link.PlayId) -> None:
        if leg.play == play:
            leg.play = None
            self._report(link.PlayFinished(leg=leg.leg, play=play, how="completed"))

    def _originate(self, command: link.Originate) -> None:
        if command.endpoint:
            phone = self.phones.get(command.endpoint)
        else:
            phone = self.outside.get(command.number) or self.trunks.get(command.trunk or "") or Phone()
        leg = self.legs[command.leg] = Leg(command.leg, phone=phone)
        if phone is None or phone.refuses is not None:
            reason = phone.refuses if phone is not None and phone.refuses is not None else "unavailable"
            self._soon(20, leg.leg, lambda leg: self.end(leg.leg, "peer", reason))
            return
        leg.early = phone.early_media
        self._soon(phone.rings_after_ms, leg.leg, self._rings)
        if phone.answers_after_ms is not None:
            self._soon(phone.rings_after_ms + phone.answers_after_ms, leg.leg, self._picked_up)
        else:
            self._soon(command.ring_ms, leg.leg, lambda leg: self.end(leg.leg, "switch", "no_answer"))

    def _rings(self, leg: Leg) -> None:
        self._report(link.LegRinging(leg=leg.leg, early_media=leg.early))

    def _picked_up(self, leg: Leg) -> None:
        leg.answered = True
        self._meet_peer(leg)
        self._report(link.LegAnswered(leg=leg.leg, codec="PCMA"))

    def _bridge(self, command: link.Bridge) -> None:
        a, b = self.legs.get(command.a), self.legs.get(command.b)
        if a is None or b is None:
            self.dropped.append(command)
            return
        for leg in (a, b):
            if not (leg.answered or leg.early):
                self.wrong.append(f"{leg.leg} was bridged before it was answered")
            self._part(leg)
            self._leave(leg)
            leg.play = leg.collect = None
        a.peer, b.peer = b.leg, a.leg
        self._meet_peer(a)

    def _mix(self, command: link.Mix) -> None:
        """Legs named come in, legs of before that are not named go out and hear silence."""
        names = {cell.listener for cell in command.hears} | {cell.speaker for cell in command.hears}
        if names - self.legs.keys():
            self.dropped.append(command)
            return
        for leg in self.legs.values():
            if leg.conference == command.conference and leg.leg not in names:
                leg.conference = None
        for name in names:
            leg = self.legs[name]
            if not leg.answered:
                self.wrong.append(f"{name} was mixed before it was answered")
            self._part(leg)
            if leg.conference != command.conference:
                self._leave(leg)
                leg.conference = command.conference
                self._meet(leg)
        if names:
            self.mixes[command.conference] = command.hears
        else:
            self.mixes.pop(command.conference, None)

    def _meet_peer(self, leg: Leg) -> None:
        """Two on a bridge talk once both are answered."""
        peer = self.legs.get(leg.peer) if leg.peer is not None else None
        if peer is not None and leg.answered and peer.answered:
            self._meet(leg)
            self._meet(peer)

    def _meet(self, leg: Leg) -> None:
        """The leg's plays end; its person talks now, for as long as it wants to."""
        leg.play = leg.collect = None
        if leg.met:
            return
        leg.met = True
        if leg.caller is not None and leg.caller.talk_ms:
            self._soon(leg.caller.talk_ms, leg.leg, lambda leg: self.hang_up(leg.leg))
        if leg.phone is not None and leg.phone.hangs_up_after_ms is not None:
            self._soon(leg.phone.hangs_up_after_ms, leg.leg, lambda leg: self.hang_up(leg.leg))

    def _part(self, leg: Leg) -> None:
        if leg.peer is not None and (peer := self.legs.get(leg.peer)) is not None:
            peer.peer = None
        leg.peer = None

    def _leave(self, leg: Leg) -> None:
        """Out of the conference; the cells of those who stay remain."""
        if leg.conference is None:
            return
        cells = self.mixes.get(leg.conference, ())
        left = tuple(cell for cell in cells if leg.leg not in (cell.listener, cell.speaker))
        self.mixes[leg.conference] = left
        leg.conference = None

    def _move_recording(self, command: link.MoveRecording) -> None:
        if command.recording not in self.recordings:
            self.dropped.append(command)
            return
        started, began_ms = self.recordings[command.recording]
        moved = msgspec.structs.replace(started, right=command.right)
        self.recordings[command.recording] = (moved, began_ms)

    # ── Ends ──────────────────────────────────────────────────────────────────────────────────────

    def _impatient(self, name: LegId) -> None:
        leg = self.legs.get(name)
        if leg is not None and not leg.met:
            self.hang_up(name)

    def end(self, name: LegId, by: str, reason: link.Reason) -> None:
        leg = self.legs.pop(name, None)
        if leg is None:
            return
        ends = [recording for recording, (command, _) in self.recordings.items() if command.left == name]
        self._part(leg)
        self._leave(leg)
        quality = link.Quality(packets=100, mos=4.4) if leg.answered else None
        self._report(
            link.LegEnded(
                leg=name,
                by="peer" if by == "peer" else "switch" if by == "switch" else "centre",
                reason=reason,
                quality=quality,
            )
        )
        for recording in ends:
            self._recorded(recording)

    def _recorded(self, recording: RecordingId) -> None:
        if recording in self.recordings:
            command, began_ms = self.recordings.pop(recording)
            length_ms = self._now_ms() - began_ms
            self._report(link.RecordingStopped(recording=recording, path=command.path, length_ms=length_ms))

    def _speak(self, command: link.StartRecording) -> None:
        """Who is recorded alone says what there is to say."""
        leg = self.legs.get(command.left)
        if command.right is not None or leg is None or leg.caller is None or not leg.caller.speech_ms:
            return
        began_ms = self._now_ms() + 300
        ended_ms = began_ms + leg.caller.speech_ms
        started = link.TalkStarted(leg=leg.leg, began_ms=began_ms)
        stopped = link.TalkStopped(leg=leg.leg, ended_ms=ended_ms, level_db=-20.0, peak_db=-10.0)
        self._soon(300, leg.leg, lambda leg: self._report(started))
        self._soon(300 + leg.caller.speech_ms, leg.leg, lambda leg: self._report(stopped))
