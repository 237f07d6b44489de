"""What the centre commands the switch to do."""

from __future__ import annotations

from typing import Literal

import msgspec

from huawu.link.base import (
    Clip,
    CollectId,
    ConferenceId,
    Endpoint,
    EndpointId,
    GuestPass,
    LegId,
    LentSecret,
    Message,
    PlayId,
    Reason,
    RecordingId,
    Registration,
    Trunk,
    TrunkId,
)


class Configure(Message, frozen=True, kw_only=True):
    """Who may register, what strangers may call, where trunks lead."""

    realm: str
    endpoints: tuple[Endpoint, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    public_numbers: tuple[str, ...] = ()  # what unknown sources may call
    emergency_numbers: tuple[str, ...] = ()  # as dialled; our phones' calls there pass when others are shed
    hold_music: str = ""  # path; heard by a party whose other side holds
    shares_registrations: bool = False  # there are other switches: tell `RegistrationChanged`
    proxies: tuple[str, ...] = ()  # addresses and networks of our own SIP proxies: whom they name is believed
    web_origins: tuple[str, ...] = ()  # pages elsewhere that may connect by WebSocket: those of guests


class LearnRegistrations(Message, frozen=True, kw_only=True):
    """Registrations made at other switches: they count here too until they run out or are made anew."""

    registrations: tuple[Registration, ...]


class LendSecrets(Message, frozen=True, kw_only=True):
    """Lend these, prolong them or take them back; with `whole` every other loan is over."""

    secrets: tuple[LentSecret, ...]
    whole: bool = False


class AdmitGuests(Message, frozen=True, kw_only=True):
    """Each of these may make its one call. Who has no pass reaches nothing by WebSocket."""

    passes: tuple[GuestPass, ...]


class Ring(Message, frozen=True, kw_only=True):
    """Tell the caller of an offered leg that it rings.

    With `early_media` it is to hear us before the answer: `LegRinging` for this leg tells whether it does.
    Then its media may be used as an answered leg's, and `Reject` still refuses the call.
    """

    leg: LegId
    early_media: bool = False


class Answer(Message, frozen=True, kw_only=True):
    """Accept an offered leg; media starts."""

    leg: LegId


class Reject(Message, frozen=True, kw_only=True):
    """Refuse an offered leg that was not answered; `words` may be shown to the caller."""

    leg: LegId
    reason: Reason
    words: str = ""


class HangUp(Message, frozen=True, kw_only=True):
    """End a leg in whatever state it is."""

    leg: LegId
    reason: Reason = "normal"


class Originate(Message, frozen=True, kw_only=True):
    """Call an endpoint, or a number through a trunk. Exactly one of `endpoint` and `trunk` is set."""

    leg: LegId
    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    number: str = ""  # dialled through the trunk
    caller_number: str = ""
    caller_name: str = ""
    private: bool = False  # the callee is not to see the caller's number
    diverted_from: str = ""  # the number that was dialled first, when the call is sent on
    ring_ms: int = 30_000
    emergency: bool = False  # help is called: told to the network, goes before all others
    label: str = ""  # told to the phone when it is in a page, so that the page knows what rings


class Play(Message, frozen=True, kw_only=True):
    """Play clips in a row to a leg, instead of what it heard before; `PlayFinished` follows exactly once.

    On a bridged leg the clips stand in for the other party until they end.
    """

    leg: LegId
    play: PlayId
    clips: tuple[Clip, ...]
    repeat: int = 1  # 0 = until stopped
    barge_in: bool = False  # a digit ends it


class StopPlay(Message, frozen=True, kw_only=True):
    leg: LegId


class Collect(Message, frozen=True, kw_only=True):
    """Play a prompt and gather digits; `DigitsCollected` follows exactly once.

    `first_ms` runs from the end of the prompt, `between_ms` from each digit. With `barge_in` the first
    digit silences the prompt; without it digits during the prompt are thrown away.
    """

    leg: LegId
    collect: CollectId
    prompt: tuple[Clip, ...] = ()
    barge_in: bool = True
    max_digits: int = 1
    end_key: str = "#"  # "" = none; is not part of the digits
    first_ms: int = 5_000
    between_ms: int = 3_000


class StopCollect(Message, frozen=True, kw_only=True):
    leg: LegId


class SendDigits(Message, frozen=True, kw_only=True):
    leg: LegId
    digits: str


class Bridge(Message, frozen=True, kw_only=True):
    """Let two answered legs hear each other; their plays and collects end, earlier bridges are undone."""

    a: LegId
    b: LegId


class Unbridge(Message, frozen=True, kw_only=True):
    """Part a leg from the one it is bridged with; both hear silence until told otherwise."""

    leg: LegId


class Hold(Message, frozen=True, kw_only=True):
    """The leg hears hold music and is not heard; the bridge stays."""

    leg: LegId


class Resume(Message, frozen=True, kw_only=True):
    leg: LegId


class Mute(Message, frozen=True, kw_only=True):
    """The leg is not heard by its bridged party, and not recorded, until `Unmute`."""

    leg: LegId


class Unmute(Message, frozen=True, kw_only=True):
    leg: LegId


class Hears(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a conference's gain matrix: `listener` hears `speaker`, so loud (1 = as it comes)."""

    listener: LegId
    speaker: LegId
    gain: float = 1.0


class Mix(Message, frozen=True, kw_only=True):
    """Let legs hear each other by one gain matrix: conference, listening in, whispering, barging in.

    The matrix replaces the one before; a leg in no cell leaves the conference and hears silence, an empty
    matrix ends it. Joining ends a leg's bridge, plays and collects; `Bridge` takes it out again. `Hold`,
    `Mute` and plays act within a conference as on a bridge. While the left leg of a recording is in a
    conference, the right channel holds all that this leg's party hears, so a whisper to another is not on it.
    """

    conference: ConferenceId
    hears: tuple[Hears, ...] = ()


class Refer(Message, frozen=True, kw_only=True):
    """Ask an answered leg's peer to call `number` instead (a transfer carried out by the far side).

    With `replaces` it is to take the place of that leg of ours. `TransferProgressed` follows, at the end
    with `done` or `failed`; the leg itself is not ended by that.
    """

    leg: LegId
    number: str
    replaces: LegId | None = None


class TellTransfer(Message, frozen=True, kw_only=True):
    """Tell a peer who asked for a transfer (`TransferAsked`) how it goes; `done` and `failed` are last words.

    The first of these accepts the wish, `failed` as the first refuses it.
    """

    leg: LegId
    state: Literal["trying", "ringing", "done", "failed"]
    reason: Reason = "normal"  # of a failure


class TellLevels(Message, frozen=True, kw_only=True):
    """Tell each second how loud this leg's party speaks (`TalkLevel`), until the leg ends."""

    leg: LegId


class Echo(Message, frozen=True, kw_only=True):
    """Send the leg's own voice back to it."""

    leg: LegId


class StartRecording(Message, frozen=True, kw_only=True):
    """Write two channels to a μ-law WAV file as they come: `left` is the caller, `right` the agent.

    The folder is made if missing. Ends with `StopRecording` or when `left` ends.
    """

    recording: RecordingId
    path: str
    left: LegId
    right: LegId | None = None


class MoveRecording(Message, frozen=True, kw_only=True):
    """Another party now speaks on the right channel (after a transfer); None = silence."""

    recording: RecordingId
    right: LegId | None


class PauseRecording(Message, frozen=True, kw_only=True):
    """Silence is written in place of both voices, so that time in the file stays true."""

    recording: RecordingId


class ResumeRecording(Message, frozen=True, kw_only=True):
    recording: RecordingId


class StopRecording(Message, frozen=True, kw_only=True):
    recording: RecordingId


class Shutdown(Message, frozen=True, kw_only=True):
    """End all calls politely within `grace_ms`, then stop the process."""

    grace_ms: int = 2_000


Command = (
    Configure
    | LearnRegistrations
    | LendSecrets
    | AdmitGuests
    | Ring
    | Answer
    | Reject
    | HangUp
    | Originate
    | Play
    | StopPlay
    | Collect
    | StopCollect
    | SendDigits
    | Bridge
    | Unbridge
    | Hold
    | Resume
    | Mute
    | Unmute
    | Mix
    | Refer
    | TellTransfer
    | TellLevels
    | Echo
    | StartRecording
    | MoveRecording
    | PauseRecording
    | ResumeRecording
    | StopRecording
    | Shutdown
)
