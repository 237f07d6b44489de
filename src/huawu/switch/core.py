"""The switch without sockets: the centre's commands and SIP's news in; calls, media and events out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from huawu.link.messages import (
    AdmitGuests,
    Answer,
    Command,
    CommandFailed,
    Configure,
    EndpointId,
    EndpointReachable,
    EndpointUnreachable,
    Event,
    HangUp,
    LearnRegistrations,
    LegId,
    LendSecrets,
    LoanUsed,
    Originate,
    RecordingFailed,
    RecordingStopped,
    Registration,
    RegistrationChanged,
    Reject,
    Ring,
    Shutdown,
    StartRecording,
    Welcome,
)
from huawu.switch.anchoring import KEY as ANCHORING
from huawu.switch.anchoring import Anchoring
from huawu.switch.call_control import CallControl
from huawu.switch.legs import CommandRefused, Leg, LegOver, LegState
from huawu.switch.letting_in import bindings_of, loans_of, passes_of, registration_of
from huawu.switch.media_commands import MediaCommands
from huawu.switch.media_watch import KEY as WATCH
from huawu.switch.media_watch import MediaWatch
from huawu.switch.peers import Peers
from huawu.switch.ports import Calls, Media, Surroundings
from huawu.switch.presence import KEY as PRESENCE
from huawu.switch.presence import Presence
from huawu.switch.rtpengine.relays import Relays
from huawu.switch.sip.events import (
    BindingChanged,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    ContactsChanged,
    DigitReceived,
    Flow,
    Found,
    LoanTold,
    LookUp,
    OfferAnswered,
    OfferReceived,
    Output,
    SendPacket,
    StartTimer,
    StopTimer,
    Suspicion,
    TrunkChanged,
    TrunkReach,
)
from huawu.switch.table import LegTable
from huawu.switch.transfer_control import TransferControl
from huawu.switch.trunk_news import TrunkNews

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
"""What callers refused with 503 are told to wait."""
ORPHAN_GRACE_S = 5.0
"""Without a centre, a party left alone by the others is hung up after this time."""
AWAY_LIMIT_S = 600.0
"""Without a centre for this long, every leg that talks with nobody is hung up."""

_ORPHAN = "core:orphan:"
_AWAY = "core:away"
_SHUTDOWN = "core:shutdown"


class SwitchCore:
    """Legs and what becomes of them.

    `on_suspicion` logs. `relays` take over the media of ordinary bridges; None = all media is ours. A leg
    that sends neither RTP nor RTCP for `media_timeout_s` (0 = never mind) while it should is ended; one whose
    browser went away waits for `away_grace_s`. Until a centre is there, new calls are refused with 503;
    bridged parties and conferences go on, waiting ones keep what they hear.
    """

    def __init__(
        self,
        *,
        calls: Calls,
        media: Media,
        around: Surroundings,
        on_suspicion: Callable[[Suspicion], None] = lambda suspicion: None,
        media_timeout_s: float = 60.0,
        relays: Relays | None = None,
        away_grace_s: float = 30.0,
        sip_addresses: tuple[str, ...] = (),
    ) -> None:
        self._calls = calls
        self._media = media
        self._around = around
        self._on_suspicion = on_suspicion
        self._sip_addresses = sip_addresses
        self._table = LegTable()
        self._legs = self._table.legs
        self._contacts: dict[EndpointId, int] = {}
        self._trunks = TrunkNews(around)
        self._peers = Peers(calls.host_of)
        self._source: Flow | None = None  # where the packet comes from that is being taken
        control = self._control = CallControl(
            table=self._table,
            calls=calls,
            media=media,
            around=around,
            peers=self._peers,
            do=self._do,
            on_ended=self._left,
        )
        self.anchoring = (
            None
            if relays is None
            else Anchoring(
                table=self._table,
                calls=calls,
                media=media,
                relays=relays,
                around=around,
                do=self._do,
                end=control.end,
            )
        )
        self.presence = Presence(
            table=self._table, media=media, around=around, end=control.end, grace_s=away_grace_s
        )
        transfers = TransferControl(table=self._table, calls=calls, around=around, do=self._do)
        self._centre = False
        self._overloaded = False
        self._stopping = False
        self._stopped = False
        self._commands: dict[type[Command], Callable[[Any], None]] = {
            Configure: self._configure,
            Ring: control.ring,
            Answer: control.answer,
            Reject: control.reject,
            HangUp: control.hang_up,
            LearnRegistrations: self._learn,
            LendSecrets: self._lend,
            AdmitGuests: self._admit,
            Originate: control.originate,
            Shutdown: lambda command: self.shutdown(command.grace_ms),
            **MediaCommands(self._table, media).handlers(),
            **transfers.commands(),
        }
        self._outputs: dict[type[Output], Callable[[Any], None]] = {
            SendPacket: around.send,
            StartTimer: lambda timer: around.start_timer(timer.key, timer.due),
            StopTimer: lambda timer: around.stop_timer(timer.key),
            CallOffered: control.offered,
            CallRinging: control.rings,
            CallAnswered: control.answered,
            CallConfirmed: control.confirmed,
            CallEnded: self._ended,
            OfferReceived: control.changes.reoffered,
            OfferAnswered: self._offer_answered,
            DigitReceived: lambda digit: media.digit(digit.leg, digit.digit, digit.length_ms),
            ContactsChanged: self._contacts_changed,
            LoanTold: lambda news: around.emit(LoanUsed(loan=news.loan, used=news.used)),
            BindingChanged: lambda news: around.emit(RegistrationChanged(registration=self._told(news))),
            TrunkChanged: self._trunks.changed,
            TrunkReach: self._trunks.reach,
            LookUp: lambda wanted: around.look_up(wanted.place),
            Suspicion: self._on_suspicion,
            **transfers.news(),
        }
        calls.overloaded(RETRY_AFTER_S)
        self._watch = MediaWatch(
            table=self._table, media=media, around=around, control=control, timeout_s=media_timeout_s
        )

    # ── From outside ──────────────────────────────────────────────────────────────────────────────

    def execute(self, number: int, command: Command) -> None:
        """Do a command of the centre; what cannot be done is told by CommandFailed."""
        try:
            if self._stopping and isinstance(command, Originate):
                raise CommandRefused("the switch shuts down")
            self._commands[type(command)](command)
        except LegOver:
            self._not_recorded(command, "the line was over before it began")
        except CommandRefused as refused:
            self._fail(number, command, str(refused))
        except Exception:  # a fault of ours must not take the other calls down
            log.exception("command broke", extra={"command": type(command).__name__})
            self._fail(number, command, "the switch failed; its log says how")

    def receive(self, data: bytes, flow: Flow) -> None:
        """A SIP packet came."""
        self._source = flow
        self._do(self._calls.receive(data, flow, self._around.at()))

    def connection_lost(self, flow: Flow) -> None:
        """A SIP connection is gone."""
        self._do(self._calls.connection_lost(flow, self._around.at()))

    def looked_up(self, found: Found) -> None:
        """What `Surroundings.look_up` found."""
        self._do(self._calls.looked_up(found, self._around.at()))

    def fire(self, key: str) -> None:
        """A timer that was started by `Surroundings.start_timer` is due."""
        if not key.startswith("core:"):
            self._do(self._calls.fire(key, self._around.at()))
        elif key.startswith(ANCHORING):
            if self.anchoring is not None:
                self.anchoring.fire(key)
        elif key.startswith(PRESENCE):
            self.presence.fire(key)
        elif key == WATCH:
            self._watch.fire()
        elif key == _AWAY:
            for leg in self._waiting():
                self._control.end(leg, "unavailable", f"no centre for {AWAY_LIMIT_S:.0f} s")
        elif key == _SHUTDOWN:
            self._finish()
        elif (orphan := self._legs.get(LegId(key.removeprefix(_ORPHAN)))) is not None:
            self._control.end(orphan, "normal", "the other party left while no centre was there")

    def media_event(self, event: Event) -> None:
        """The media engine tells something."""
        match event:
            case RecordingStopped() | RecordingFailed(goes_on=False):
                self._table.recording_over(event.recording)
            case _:
                pass
        self._around.emit(event)

    def centre_present(self, present: bool) -> None:
        """The centre came or went."""
        self._centre = present
        self._decide_on_calls()
        if present:
            self._around.stop_timer(_AWAY)
            for leg in self._legs:
                self._around.stop_timer(_ORPHAN + leg)
        else:
            self._around.start_timer(_AWAY, self._around.at() + AWAY_LIMIT_S)

    def overloaded(self, overloaded: bool) -> None:
        """The process cannot keep up, or can again: new calls are refused meanwhile, running ones go on."""
        self._overloaded = overloaded
        self._decide_on_calls()

    def welcome(self, bare: Welcome) -> Welcome:
        """The Welcome for a centre: with all legs as they stand now, that is after the events it missed."""
        return msgspec.structs.replace(
            bare,
            sip_addresses=self._sip_addresses,
            legs=tuple(
                leg.view(self._media.bridged_with(leg.leg), self._media.conference_of(leg.leg))
                for leg in self._legs.values()
                if leg.state is not LegState.ENDING
            ),
            endpoints=tuple(
                EndpointReachable(endpoint=endpoint, contacts=contacts)
                for endpoint, contacts in self._contacts.items()
            ),
            trunks_down=self._trunks.down,
            registrations=tuple(map(self._told, self._calls.shared(self._around.at()))),
            loans=tuple(self._calls.loans_used()),
        )

    def shutdown(self, grace_ms: int) -> None:
        """Refuse new calls, end all others; `Surroundings.stopped` follows once, within `grace_ms`."""
        if self._stopping:
            return
        self._stopping = True
        self._decide_on_calls()
        self._around.start_timer(_SHUTDOWN, self._around.at() + grace_ms / 1000)
        for leg in list(self._legs.values()):
            self._control.end(leg, "shutdown", "the switch shuts down")
        self._do(self._calls.leave(self._around.at()))
        if not self._legs:
            self._finish()

    # ── The centre's commands; see also call_control.py and media_commands.py ─────────────────────

    def _configure(self, command: Configure) -> None:
        self._peers.configure(command)
        self._trunks.configure(command)
        self._media.set_hold_music(command.hold_music)
        self._do(self._calls.configure(command, self._around.at()))

    def _decide_on_calls(self) -> None:
        helps = self._centre and not self._stopping
        accept = helps and not self._overloaded
        self._control.accepting, self._control.helping = accept, helps
        self._calls.overloaded(None if accept else RETRY_AFTER_S, helps=helps)

    def _not_recorded(self, command: Command, why: str) -> None:
        """Whoever asked for a recording waits for its end: one that never begins ends with this."""
        if isinstance(command, StartRecording) and command.recording not in self._table.recordings:
            failed = RecordingFailed(recording=command.recording, path=command.path, detail=why)
            self._around.emit(failed)

    def _fail(self, number: int, command: Command, detail: str) -> None:
        self._around.emit(CommandFailed(number=number, command=type(command).__name__, detail=detail))

    # ── SIP's news ────────────────────────────────────────────────────────────────────────────────

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            self._outputs[type(output)](output)

    def _contacts_changed(self, news: ContactsChanged) -> None:
        if news.contacts:
            source = news.source or self._source
            if source is not None:
                self._peers.registered(news.endpoint, source, news.via)
            if self._contacts.get(news.endpoint) == news.contacts:
                return
            self._contacts[news.endpoint] = news.contacts
            self._around.emit(EndpointReachable(endpoint=news.endpoint, contacts=news.contacts))
        elif self._contacts.pop(news.endpoint, None) is not None:
            self._around.emit(EndpointUnreachable(endpoint=news.endpoint))

    def _learn(self, command: LearnRegistrations) -> None:
        self._source = None
        self._do(self._calls.learn(bindings_of(command, self._around.now_ms()), self._around.at()))

    def _lend(self, command: LendSecrets) -> None:
        at = self._around.at()
        self._source = None
        self._do(self._calls.lend(loans_of(command, at, self._around.now_ms()), at, whole=command.whole))

    def _admit(self, command: AdmitGuests) -> None:
        at = self._around.at()
        self._calls.admit(passes_of(command, at, self._around.now_ms()), at)

    def _told(self, news: BindingChanged) -> Registration:
        return registration_of(news, self._around.now_ms())

    def _offer_answered(self, news: OfferAnswered) -> None:
        self._control.changes.offer_answered(news)
        if self.anchoring is not None:
            self.anchoring.offer_answered(news)

    # ── The end of legs ───────────────────────────────────────────────────────────────────────────

    def _ended(self, news: CallEnded) -> None:
        self._around.stop_timer(_ORPHAN + news.leg)
        self._control.ended(news)
        self.presence.ended(news.leg)
        if self.anchoring is not None:
            self.anchoring.ended(news.leg)

    def _left(self, others: tuple[LegId, ...]) -> None:
        for other in others if not self._centre else ():
            if not self._media.in_talk(other):
                self._around.start_timer(_ORPHAN + other, self._around.at() + ORPHAN_GRACE_S)
        if self._stopping and not self._legs:
            self._finish()

    def _finish(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._around.stop_timer(_SHUTDOWN)
            self._around.stopped()

    def _waiting(self) -> list[Leg]:
        return [leg for leg in self._legs.values() if not self._media.in_talk(leg.leg)]
