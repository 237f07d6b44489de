"""The lines to carriers and what may leave by them: the parts `trunks` and `outbound` of the file."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from huawu.config.terms import Count, Dial, Id, Part
from huawu.ivr.schema import LengthMs
from huawu.link.messages import CodecName, SrtpUse

Asker = Literal[
    "agent", "shift_leader", "inspector", "trainer", "manager", "support", "administrator",
    "phone",  # of the centre, but nobody's
    "flow", "overflow",  # callers whom a flow or a full queue sends on
    "transfer",  # callers whom somebody here sends on
]  # fmt: skip
"""On whose wish a call leaves the centre."""
Prefix = Annotated[str, msgspec.Meta(pattern=r"\+?[0-9]{1,16}|\+", extra={"like": "0, 00 or +86"})]
OptionalPrefix = Annotated[str, msgspec.Meta(pattern=r"(\+?[0-9]{1,16}|\+)?", extra={"like": "17909"})]
NumberForm = Literal["as_dialled", "e164", "national"]
"""As it was dialled behind the access code; +861012345678; 01012345678."""
NumberKind = Literal[
    "fixed", "mobile", "toll_free", "premium", "shared_cost", "personal", "internet", "company", "pager",
    "satellite", "short", "unknown",
]  # fmt: skip
Cost = Literal["free", "local", "national", "mobile", "international", "premium"]


class TrunkTls(Part, frozen=True, kw_only=True):
    """How the far end of a trunk proves itself by TLS; as `link.TrunkTls`."""

    ca: Annotated[
        str, msgspec.Meta(pattern=r"(/.+)?", extra={"like": "/etc/huawu/carrier-ca.pem (a whole path)"})
    ] = ""
    fingerprint: Annotated[
        str,
        msgspec.Meta(
            pattern=r"([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}|",
            extra={"like": "AB:CD:… : the 32 pairs that `openssl x509 -fingerprint -sha256` prints"},
        ),
    ] = ""
    name: str = ""
    client_certificate: bool = False


class Trunk(Part, frozen=True, kw_only=True):
    """A line to a carrier or PBX; which numbers go out here say the rules of `outbound`.

    `targets` are tried after `target`, in order; each is `host`, `host:port` or a name that DNS knows.
    `register` keeps `user` registered at the carrier.
    """

    trunk: Id
    target: str
    targets: tuple[str, ...] = ()
    name: str = ""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    tls: TrunkTls = TrunkTls()
    sources: tuple[str, ...] = ()
    trusted: bool = True  # what it says of callers is believed, and it is told who a private caller is
    user: str = ""
    password_env: str = ""  # the environment variable that holds the password: it is not kept here
    register: bool = False
    srtp: SrtpUse = "never"
    codecs: tuple[CodecName, ...] = ()


class Caps(Part, frozen=True, kw_only=True):
    """How much may be called outside; 0 = no bound. `hour` is any 60 minutes, `day` the centre's own."""

    at_once: Count = 0
    hour: Count = 0
    day: Count = 0
    minutes: Count = 0  # of conversation a day


class AskerCaps(Caps, frozen=True, kw_only=True):
    """What all of a kind may call together, and in `each` what one person of them may."""

    each: Caps = Caps()


class OutboundRule(Part, frozen=True, kw_only=True):
    """Who may call numbers that begin with one of the `prefixes`, by which trunks in which order.

    The first `strip` digits are an access code: the number meant begins behind them. It is sent in the
    given `form`, with `prepend` in front. `kinds` allows this rule what `blocked_kinds` keeps from others.
    """

    rule: Id
    who: tuple[Asker, ...]
    prefixes: tuple[Prefix, ...]
    trunks: tuple[str, ...]
    strip: Annotated[int, msgspec.Meta(ge=0, le=8)] = 0
    form: NumberForm = "as_dialled"
    prepend: OptionalPrefix = ""
    kinds: tuple[NumberKind, ...] = ()


class CostOf(Part, frozen=True, kw_only=True):
    """What numbers cost whose international form (+861012345678) begins so; the longest prefix wins."""

    prefix: Prefix
    cost: Cost


class TollAlarm(Part, frozen=True, kw_only=True):
    """When costly calls look like fraud: more than `calls` within `window` (0 = none may be made).

    While the calendar `hours` is not open, `calls_outside_hours` counts instead.
    """

    calls: Count = 10
    window_ms: LengthMs = msgspec.field(default=600_000, name="window")
    hours: str = ""
    calls_outside_hours: Count = 2


class Outbound(Part, frozen=True, kw_only=True):
    """What may leave the centre. Nothing does but by a rule; emergency numbers always do."""

    rules: tuple[OutboundRule, ...] = ()
    emergency: tuple[Dial, ...] = ()
    emergency_trunks: tuple[str, ...] = ()  # in order; none named = all trunks as they are listed
    countries: tuple[str, ...] = ()  # that may be called, or `any`; none named = the company's own
    blocked_countries: tuple[str, ...] = ()
    blocked_kinds: tuple[NumberKind, ...] = ("premium", "short", "satellite", "personal")
    costs: tuple[CostOf, ...] = ()
    costly: tuple[Cost, ...] = ("international", "premium")
    caps: dict[Asker, AskerCaps] = {}
    caps_of: dict[str, Caps] = {}  # of single people, by user; goes before `each`
    longest_call_ms: LengthMs = msgspec.field(default=7_200_000, name="longest_call")
    alarm: TollAlarm = TollAlarm()
