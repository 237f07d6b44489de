"""The typed commands and events between centre and switch: all that the two know of each other.

No business word goes to the switch, no SIP word to the centre. Every message is a frozen, tagged
msgspec struct; `Command` and `Event` are the closed unions. Times named `at_ms` are Unix time in
milliseconds; lengths end in `_ms`; levels in dB relative to full scale (0 dBFS = loudest).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from huawu.link.base import (
    Clip,
    CodecName,
    CollectId,
    ConferenceId,
    Endpoint,
    EndpointId,
    File,
    GuestPass,
    LegId,
    LentSecret,
    Message,
    Music,
    PlayId,
    Reason,
    RecordingId,
    Registration,
    Silence,
    SrtpUse,
    Tone,
    Trunk,
    TrunkId,
    TrunkTls,
)
from huawu.link.commands import (
    AdmitGuests,
    Answer,
    Bridge,
    Collect,
    Command,
    Configure,
    Echo,
    HangUp,
    Hears,
    Hold,
    LearnRegistrations,
    LendSecrets,
    Mix,
    MoveRecording,
    Mute,
    Originate,
    PauseRecording,
    Play,
    Refer,
    Reject,
    Resume,
    ResumeRecording,
    Ring,
    SendDigits,
    Shutdown,
    StartRecording,
    StopCollect,
    StopPlay,
    StopRecording,
    TellLevels,
    TellTransfer,
    Unbridge,
    Unmute,
)
from huawu.link.events import (
    CommandFailed,
    DigitPressed,
    DigitsCollected,
    EndpointReachable,
    EndpointUnreachable,
    Event,
    LegAnswered,
    LegAway,
    LegBack,
    LegEnded,
    LegHeld,
    LegOffered,
    LegResumed,
    LegRinging,
    LoanUsed,
    PlayFinished,
    Quality,
    QualityMeasured,
    RecordingFailed,
    RecordingStarted,
    RecordingStopped,
    RegistrationChanged,
    TalkLevel,
    TalkStarted,
    TalkStopped,
    TransferAsked,
    TransferProgressed,
    TrunkReachable,
    TrunkRegistered,
    TrunkUnreachable,
    TrunkUnregistered,
)

__all__ = [
    "AdmitGuests",
    "Answer",
    "Bridge",
    "Clip",
    "CodecName",
    "Collect",
    "CollectId",
    "Command",
    "CommandFailed",
    "ConferenceId",
    "Configure",
    "DigitPressed",
    "DigitsCollected",
    "Echo",
    "Endpoint",
    "EndpointId",
    "EndpointReachable",
    "EndpointUnreachable",
    "Event",
    "File",
    "GuestPass",
    "HangUp",
    "Hears",
    "Hello",
    "Hold",
    "LearnRegistrations",
    "LegAnswered",
    "LegAway",
    "LegBack",
    "LegEnded",
    "LegHeld",
    "LegId",
    "LegOffered",
    "LegResumed",
    "LegRinging",
    "LegView",
    "LendSecrets",
    "LentSecret",
    "LoanUsed",
    "Message",
    "Mix",
    "MoveRecording",
    "Music",
    "Mute",
    "NumberedCommand",
    "NumberedEvent",
    "Originate",
    "PauseRecording",
    "Play",
    "PlayFinished",
    "PlayId",
    "Quality",
    "QualityMeasured",
    "Reason",
    "RecordingFailed",
    "RecordingId",
    "RecordingStarted",
    "RecordingStopped",
    "Refer",
    "Registration",
    "RegistrationChanged",
    "Reject",
    "Resume",
    "ResumeRecording",
    "Ring",
    "Seen",
    "SendDigits",
    "Shutdown",
    "Silence",
    "SrtpUse",
    "StartRecording",
    "StopCollect",
    "StopPlay",
    "StopRecording",
    "TalkLevel",
    "TalkStarted",
    "TalkStopped",
    "TellLevels",
    "TellTransfer",
    "Tone",
    "TransferAsked",
    "TransferProgressed",
    "Trunk",
    "TrunkId",
    "TrunkReachable",
    "TrunkRegistered",
    "TrunkTls",
    "TrunkUnreachable",
    "TrunkUnregistered",
    "Unbridge",
    "Unmute",
    "Welcome",
]


class LegView(msgspec.Struct, frozen=True, kw_only=True):
    """A leg as it stands, in a snapshot."""

    leg: LegId
    incoming: bool
    state: Literal["offered", "ringing", "answered"]
    from_number: str
    to_number: str
    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    bridged_with: LegId | None = None
    conference: ConferenceId | None = None
    held: bool = False
    away: bool = False
    recording: RecordingId | None = None
    began_ms: int
    answered_ms: int | None = None


class Hello(Message, frozen=True, kw_only=True):
    """First from the centre: which switch life it knew, and the last event it has."""

    token: str
    centre: str = ""  # a new name for each life of the centre's link; commands are numbered within it
    switch: str = ""  # "" = none known
    last_event: int = 0


class Welcome(Message, frozen=True, kw_only=True):
    """The switch's reply, with its legs and phones as of `last_event`.

    The missed events up to it follow when `replays`; else the snapshot is all there is.
    """

    switch: str  # a new name for each life of the switch process
    replays: bool
    last_event: int  # the snapshot's truth is as of this event
    last_command: int = 0  # the newest command of this life of the centre that the switch has taken
    sip_addresses: tuple[str, ...] = ()  # where SIP is heard, e.g. "udp:127.0.0.1:5060", "tcp:[::1]:5060"
    legs: tuple[LegView, ...] = ()
    endpoints: tuple[EndpointReachable, ...] = ()
    trunks_down: tuple[TrunkId, ...] = ()  # those that no target answers for
    registrations: tuple[Registration, ...] = ()  # those made here that other switches can use
    loans: tuple[str, ...] = ()  # lent secrets by which phones are registered here


class NumberedCommand(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    number: int
    command: Command


class NumberedEvent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    number: int
    at_ms: int
    event: Event


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The centre has stored all events up to this number; the switch may forget them.

    `taken`: it has come as far as this one in its work. Told a few times a second by a centre that keeps up.
    """

    last_event: int
    taken: int = 0
