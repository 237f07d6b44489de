"""What the switch tells the centre."""

from __future__ import annotations

from typing import Literal

import msgspec

from huawu.link.base import (
    CollectId,
    EndpointId,
    LegId,
    Message,
    PlayId,
    Reason,
    RecordingId,
    Registration,
    TrunkId,
)


class LegOffered(Message, frozen=True, kw_only=True):
    """Somebody calls. `endpoint` or `trunk` is set when the source proved who it is.

    With `replaces` the caller is to take the place of that leg of ours (RFC 3891), whatever it dialled.
    """

    leg: LegId
    from_number: str
    from_name: str = ""
    private: bool = False  # the caller asked that others do not see the number
    to_number: str
    diverted_from: str = ""  # the number that was dialled first, when the call was sent on to us
    replaces: LegId | None = None
    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    address: str = ""  # host:port, for the log
    guest: str = ""  # the pass that let it in
    page: str = ""  # … and the page it was given to


class LegRinging(Message, frozen=True, kw_only=True):
    """The far phone of an originated leg rings, or (`early_media`) its network speaks already.

    A leg with early media may be bridged before its answer, so that the caller hears the far network. Of an
    offered leg: whether its caller hears us before the answer, as `Ring` with `early_media` wanted.
    """

    leg: LegId
    early_media: bool = False


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


class LegAway(Message, frozen=True, kw_only=True):
    """An answered leg's browser left its page (`left`), or nothing comes from it any more (`silent`).

    The others hear hold music, and the leg waits: `LegBack`, `LegEnded`, or somebody who `replaces` it
    follows.
    """

    leg: LegId
    why: Literal["left", "silent"]


class LegBack(Message, frozen=True, kw_only=True):
    """A leg that was away is there again, by the same line."""

    leg: LegId


class TransferAsked(Message, frozen=True, kw_only=True):
    """An answered leg's peer asks that the party it talks with be connected with `number` (REFER).

    With `replaces` they are to be connected with the party of that leg of ours instead (attended).
    `TellTransfer` accepts or refuses.
    """

    leg: LegId
    number: str
    replaces: LegId | None = None


class TransferProgressed(Message, frozen=True, kw_only=True):
    """How a transfer that we asked for by `Refer` goes; `done` and `failed` are the last words."""

    leg: LegId
    state: Literal["accepted", "ringing", "done", "failed"]
    detail: str = ""


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
    """Voice ended at `ended_ms`; `level_db` is its mean, `peak_db` its loudest 20 ms.

    `levels_db` has the mean of what was loud in each full second since it began.
    """

    leg: LegId
    ended_ms: int
    level_db: float
    peak_db: float
    levels_db: tuple[float, ...] = ()


class TalkLevel(Message, frozen=True, kw_only=True):
    """A second of a talk that goes on, from `from_ms`: one of what will be its `levels_db`.

    Told of a leg for which the centre asked (`TellLevels`).
    """

    leg: LegId
    from_ms: int
    level_db: float


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
    """It is written: from its beginning on, or again after `RecordingFailed`."""

    recording: RecordingId
    path: str


class RecordingStopped(Message, frozen=True, kw_only=True):
    recording: RecordingId
    path: str
    length_ms: int


class RecordingFailed(Message, frozen=True, kw_only=True):
    """What could be written is kept; the call goes on.

    `goes_on`: writing is tried again, and the recording ends as ever. Otherwise nothing can be heard of it,
    and this is its end.
    """

    recording: RecordingId
    path: str
    detail: str
    goes_on: bool = False


class EndpointReachable(Message, frozen=True, kw_only=True):
    """An endpoint has `contacts` live registrations (or a fixed contact)."""

    endpoint: EndpointId
    contacts: int


class EndpointUnreachable(Message, frozen=True, kw_only=True):
    endpoint: EndpointId


class RegistrationChanged(Message, frozen=True, kw_only=True):
    """A phone registered here, anew or no longer; told when `Configure.shares_registrations`."""

    registration: Registration


class LoanUsed(Message, frozen=True, kw_only=True):
    """A phone is registered by this lent secret now, or (not `used`) none is any more."""

    loan: str
    used: bool


class TrunkRegistered(Message, frozen=True, kw_only=True):
    """A trunk with `register` is registered at its carrier."""

    trunk: TrunkId


class TrunkUnregistered(Message, frozen=True, kw_only=True):
    """A trunk could not be registered, or no longer is; it is tried again by itself."""

    trunk: TrunkId
    detail: str


class TrunkReachable(Message, frozen=True, kw_only=True):
    """A trunk that was unreachable has a target again that answers."""

    trunk: TrunkId


class TrunkUnreachable(Message, frozen=True, kw_only=True):
    """No target of a trunk answers; calls to it end as `unavailable` until one does; they are asked."""

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
    | LegAway
    | LegBack
    | TransferAsked
    | TransferProgressed
    | DigitPressed
    | PlayFinished
    | DigitsCollected
    | TalkStarted
    | TalkStopped
    | TalkLevel
    | QualityMeasured
    | RecordingStarted
    | RecordingStopped
    | RecordingFailed
    | EndpointReachable
    | EndpointUnreachable
    | RegistrationChanged
    | LoanUsed
    | TrunkRegistered
    | TrunkUnregistered
    | TrunkReachable
    | TrunkUnreachable
    | CommandFailed
)
