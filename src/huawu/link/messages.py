"""The typed commands and events between centre and switch: all that the two know of each other.

No business word goes to the switch, no SIP word to the centre. Every message is a frozen, tagged
msgspec struct; `Command` and `Event` are the closed unions. Times named `at_ms` are Unix time in
milliseconds; lengths end in `_ms`; levels in dB relative to full scale (0 dBFS = loudest).
"""

from __future__ import annotations

from typing import Literal, NewType

import msgspec

LegId = NewType("LegId", str)
"""One party's line. The switch names incoming legs, the centre names the legs it originates."""
PlayId = NewType("PlayId", str)
CollectId = NewType("CollectId", str)
RecordingId = NewType("RecordingId", str)
EndpointId = NewType("EndpointId", str)
TrunkId = NewType("TrunkId", str)

Reason = Literal[
    "normal",  # ended in the ordinary way
    "cancelled",  # the caller gave up before the answer
    "busy",
    "declined",
    "no_answer",
    "unavailable",  # not registered, not reachable
    "not_found",
    "forbidden",
    "incompatible",  # no codec in common
    "congestion",
    "failed",  # the network or the peer broke
    "media_timeout",
    "shutdown",
]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The base of all that travels on the link."""


# ── What the switch is told of the world (sent whole; the newest replaces the one before) ──────────


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that may register or, with `contact`, sits at a fixed address such as `10.0.0.9:5060`."""

    endpoint: EndpointId
    user: str
    ha1_sha256: str = ""  # hex of SHA-256(user:realm:password), RFC 8760
    ha1_md5: str = ""  # hex of MD5(user:realm:password), RFC 7616
    contact: str = ""
    enabled: bool = True


class Trunk(msgspec.Struct, frozen=True, kw_only=True):
    """A line to a carrier or PBX; calls from one of its `sources` (addresses or networks) are its own."""

    trunk: TrunkId
    target: str  # host[:port] that outgoing calls are sent to
    transport: Literal["udp", "tcp"] = "udp"
    sources: tuple[str, ...] = ()
    user: str = ""
    password: str = ""
    register: bool = False  # keep `user` registered at the target


# ── Audio ─────────────────────────────────────────────────────────────────────────────────────────


class File(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A mono 8 kHz μ-law WAV file, played once."""

    path: str


class Tone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Sine waves together for a time."""

    hertz: tuple[float, ...]
    length_ms: int
    level_db: float = -15.0


class Silence(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    length_ms: int


class Music(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A file looped without end on the switch's own clock: after an announcement it goes on, not anew."""

    path: str


Clip = File | Tone | Silence | Music


# ── Commands: centre → switch ─────────────────────────────────────────────────────────────────────


class Configure(Message, frozen=True, kw_only=True):
    """Who may register, what strangers may call, where trunks lead."""

    realm: str
    endpoints: tuple[Endpoint, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    public_numbers: tuple[str, ...] = ()  # what unknown sources may call
    hold_music: str = ""  # path; heard by a party whose other side holds


class Ring(Message, frozen=True, kw_only=True):
    """Tell the caller of an offered leg that it rings."""

    leg: LegId


class Answer(Message, frozen=True, kw_only=True):
    """Accept an offered leg; media starts."""

    leg: LegId


class Reject(Message, frozen=True, kw_only=True):
    """Refuse an offered leg that was not answered."""

    leg: LegId
    reason: Reason


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
    ring_ms: int = 30_000


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
    | Echo
    | StartRecording
    | MoveRecording
    | PauseRecording
    | ResumeRecording
    | StopRecording
    | Shutdown
)


# ── Events: switch → centre ───────────────────────────────────────────────────────────────────────


class LegOffered(Message, frozen=True, kw_only=True):
    """Somebody calls. `endpoint` or `trunk` is set when the source proved who it is."""

    leg: LegId
    from_number: str
    from_name: str = ""
    to_number: str
    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    address: str = ""  # host:port, for the log


class LegRinging(Message, frozen=True, kw_only=True):
    """The far phone of an originated leg rings."""

    leg: LegId


class LegAnswered(Message, frozen=True, kw_only=True):
    """Both directions are agreed and media runs (for an offered leg too, after `Answer`)."""

    leg: LegId
    codec: str


class LegEnded(Message, frozen=True, kw_only=True):
    """The last word about a leg; nothing about it follows, and commands for it are ignored."""

    leg: LegId
    by: Literal["peer", "centre", "switch"]
    reason: Reason
    detail: str = ""  # for a person, e.g. "no RTP for 60 s"
    quality: Quality | None = None


class LegHeld(Message, frozen=True, kw_only=True):
    """The peer put us on hold; its bridged party hears hold music."""

    leg: LegId


class LegResumed(Message, frozen=True, kw_only=True):
    leg: LegId


class DigitPressed(Message, frozen=True, kw_only=True):
    leg: LegId
    digit: str


class PlayFinished(Message, frozen=True, kw_only=True):
    leg: LegId
    play: PlayId
    how: Literal["completed", "barged", "stopped", "failed"]
    detail: str = ""


class DigitsCollected(Message, frozen=True, kw_only=True):
    leg: LegId
    collect: CollectId
    digits: str
    how: Literal["complete", "end_key", "timeout", "nothing", "stopped"]
    spoke: bool = False  # the caller's voice was heard meanwhile


class TalkStarted(Message, frozen=True, kw_only=True):
    """Voice began at `began_ms` (told within 150 ms)."""

    leg: LegId
    began_ms: int


class TalkStopped(Message, frozen=True, kw_only=True):
    """Voice ended at `ended_ms`; `level_db` is its mean, `peak_db` its loudest 20 ms."""

    leg: LegId
    ended_ms: int
    level_db: float
    peak_db: float


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived from a leg's peer so far, and what the peer reported of ours (RFC 3550 §6.4)."""

    packets: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    mos: float = 0.0  # estimated, ITU-T G.107 simplified; 0 = unknown
    peer_loss: float = 0.0  # share 0–1
    round_trip_ms: float = 0.0


class QualityMeasured(Message, frozen=True, kw_only=True):
    """Every 10 s while media runs, and at once when it turns poor."""

    leg: LegId
    quality: Quality


class RecordingStarted(Message, frozen=True, kw_only=True):
    recording: RecordingId
    path: str


class RecordingStopped(Message, frozen=True, kw_only=True):
    recording: RecordingId
    path: str
    length_ms: int


class RecordingFailed(Message, frozen=True, kw_only=True):
    """What could be written is kept; the call goes on."""

    recording: RecordingId
    path: str
    detail: str


class EndpointReachable(Message, frozen=True, kw_only=True):
    """An endpoint has `contacts` live registrations (or a fixed contact)."""

    endpoint: EndpointId
    contacts: int


class EndpointUnreachable(Message, frozen=True, kw_only=True):
    endpoint: EndpointId


class TrunkRegistered(Message, frozen=True, kw_only=True):
    """A trunk with `register` is registered at its carrier."""

    trunk: TrunkId


class TrunkUnregistered(Message, frozen=True, kw_only=True):
    """A trunk could not be registered, or no longer is; it is tried again by itself."""

    trunk: TrunkId
    detail: str


class CommandFailed(Message, frozen=True, kw_only=True):
    """The command with this number could not be done; `detail` says why, for a person."""

    number: int
    command: str
    detail: str


Event = (
    LegOffered
    | LegRinging
    | LegAnswered
    | LegEnded
    | LegHeld
    | LegResumed
    | DigitPressed
    | PlayFinished
    | DigitsCollected
    | TalkStarted
    | TalkStopped
    | QualityMeasured
    | RecordingStarted
    | RecordingStopped
    | RecordingFailed
    | EndpointReachable
    | EndpointUnreachable
    | TrunkRegistered
    | TrunkUnregistered
    | CommandFailed
)


# ── The conversation itself ───────────────────────────────────────────────────────────────────────


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
    held: bool = False
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


class NumberedCommand(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    number: int
    command: Command


class NumberedEvent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    number: int
    at_ms: int
    event: Event


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The centre has stored all events up to this number; the switch may forget them."""

    last_event: int
