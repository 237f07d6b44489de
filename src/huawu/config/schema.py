"""The one file that describes a centre, as values: what may be written, under which name, with which default.

Lists are tuples; what is named by an id in the file is a dict in the file's order. Secrets (passwords) may
be given on import, are kept apart (`without_secrets`, `secrets_of`) and never printed.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from huawu.acd.events import Strategy
from huawu.config.terms import Count, Dial, Id, Level, OptionalDial, Part, Role, Share
from huawu.config.trunks import Outbound, Trunk
from huawu.config.warnings import Warnings
from huawu.ivr.schema import Calendar, Flow, LengthMs
from huawu.link.messages import CodecName, SrtpUse

HintLevel = Literal["novice", "normal", "veteran", "off"]
"""How much an agent is told during a call: everything, what is due soon, warnings and procedures, nothing."""


class Company(Part, frozen=True, kw_only=True):
    """Who answers here."""

    name: str
    name_en: str = ""
    language: str = "zh"
    time_zone: str = "Asia/Shanghai"
    country: str = "CN"


class Number(Part, frozen=True, kw_only=True):
    """A number callers dial and where it leads: to exactly one of flow, queue, agent, echo.

    `public`: strangers may call it; others only phones of the centre and trunks.
    """

    number: Dial
    name: str = ""
    flow: str = ""
    queue: str = ""
    agent: str = ""
    echo: bool = False
    public: bool = False


class Way(Part, frozen=True, kw_only=True):
    """Where a caller goes who cannot wait (longer): exactly one of these."""

    queue: str = ""
    number: str = ""
    flow: str = ""
    hang_up: bool = False


class CallbackTerms(Part, frozen=True, kw_only=True):
    """Callers who wait may press `key`, hang up and keep their place; `true` alone takes all as it stands.

    When their turn comes an agent is offered the call and the number is dialled: at most `tries` times,
    `pause` apart, until `expires` after the wish, and only while `calendar` says open (none: at any hour).
    With `other_number` the caller may key another number, if it begins with one of `allowed`. `prefix` goes
    before a caller's number when the number plan wants one to lead out.
    """

    key: Annotated[str, msgspec.Meta(pattern=r"[0-9*]", extra={"like": "1"})] = "1"
    tries: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3
    pause_ms: LengthMs = msgspec.field(default=300_000, name="pause")
    expires_ms: LengthMs = msgspec.field(default=12 * 3_600_000, name="expires")
    calendar: str = ""
    prefix: OptionalDial = ""
    other_number: bool = False
    allowed: tuple[Dial, ...] = ()


class LastAgentTerms(Part, frozen=True, kw_only=True):
    """Who talked with an agent `within` this time waits for them first, for up to `wait`; `true` will do."""

    within_ms: LengthMs = msgspec.field(default=24 * 3_600_000, name="within")
    wait_ms: LengthMs = msgspec.field(default=20_000, name="wait")


class StepByTime(Part, frozen=True, kw_only=True):
    """What changes for a caller who has waited so long in the queue; steps add up.

    `skills` are asked instead of the levels so far (0 = no longer), agents of `queues` serve as well,
    `priority` is added, `say` is told. With `then` the caller leaves the queue: no step comes after.
    """

    after_ms: LengthMs = msgspec.field(name="after")
    skills: dict[str, Annotated[int, msgspec.Meta(ge=0, le=10)]] = {}
    queues: tuple[str, ...] = ()
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    say: tuple[str, ...] = ()
    then: Way | None = None


class Queue(Part, frozen=True, kw_only=True):
    """How a line of callers is served; becomes `acd.events.QueuePolicy`."""

    name: str
    skills: dict[str, Level] = {}
    strategy: Strategy = "longest_idle"
    weight: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    ring_ms: LengthMs = msgspec.field(default=15_000, name="ring")
    wrap_up_ms: LengthMs = msgspec.field(default=20_000, name="wrap_up")
    wrap_up_form: Literal["optional", "required"] = "optional"  # required: no next call before it is filed
    ageing_ms: LengthMs = msgspec.field(default=60_000, name="ageing")
    longest_line: Annotated[int, msgspec.Meta(ge=0)] = 0
    line_full: Way | None = None
    longest_wait_ms: LengthMs = msgspec.field(default=0, name="longest_wait")
    wait_over: Way | None = None
    no_agent: Way | None = None
    steps: tuple[StepByTime, ...] = ()
    callback: CallbackTerms | None = None
    last_agent: LastAgentTerms | None = None
    survey: str = ""  # the flow into which callers are led when the agent hangs up
    announce: tuple[str, ...] = ()  # said to each caller before the line, in full
    redial_ms: LengthMs = msgspec.field(default=120_000, name="redial")  # 0 = dropped calls are not taken up
    voicemail_ms: LengthMs = msgspec.field(default=600_000, name="voicemail")
    """So long a message is an agent's to do before it goes back to the queue; 0 = only listed."""
    announce_every_ms: LengthMs = msgspec.field(default=30_000, name="announce_every")
    goal_share: Share = 0.8
    goal_ms: LengthMs = msgspec.field(default=20_000, name="goal")


class Person(Part, frozen=True, kw_only=True):
    """Somebody who works here. `user` signs in; an agent is reached at `extension`."""

    user: Id
    name: str
    role: Role = "agent"
    extension: OptionalDial = ""
    queues: tuple[str, ...] = ()
    skills: dict[str, Level] = {}
    hints: Literal["", HintLevel] = ""  # "" = as the part `assist` says
    password: str = ""


class Endpoint(Part, frozen=True, kw_only=True):
    """A SIP phone: it registers as `user`, or sits at a fixed `contact` such as `10.0.0.9:5060`."""

    endpoint: Id
    user: str = ""  # "" = as the endpoint
    person: str = ""  # whose phone it is; "" = nobody's, or whoever signs in there
    sip_password: str = ""
    contact: str = ""
    enabled: bool = True
    srtp: SrtpUse = "never"
    codecs: tuple[CodecName, ...] = ()  # the best first; () = the switch's own, PCMA and PCMU


class Sip(Part, frozen=True, kw_only=True):
    """What stands between us and those who call: `proxies` are our own, by address or network.

    `websocket` is where pages' phones connect, when a proxy with another address stands there.
    """

    proxies: tuple[str, ...] = ()
    websocket: Annotated[
        str, msgspec.Meta(pattern=r"(wss?://[^\s/]+(/\S*)?)?", extra={"like": "wss://desk.example.com/sip"})
    ] = ""


StunUrl = Annotated[
    str, msgspec.Meta(pattern=r"stuns?:[^\s/?:]+(:\d{1,5})?", extra={"like": "stun:turn.example.com:3478"})
]
TurnUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"turns?:[^\s/?:]+(:\d{1,5})?(\?transport=(udp|tcp))?",
        extra={"like": "turns:turn.example.com:5349?transport=tcp"},
    ),
]


class WebRtc(Part, frozen=True, kw_only=True):
    """Servers that help browsers to reach the switch. Those of `turn` share a secret with us (coturn's
    `static-auth-secret`); it stands in the environment under `turn_secret_env`. Each page is told a password
    that is good for `turn_for`.
    """

    stun: tuple[StunUrl, ...] = ()
    turn: tuple[TurnUrl, ...] = ()
    turn_secret_env: str = ""
    turn_for_ms: LengthMs = msgspec.field(default=12 * 3_600_000, name="turn_for")


class LookupService(Part, frozen=True, kw_only=True):
    """A service that flows may ask. It gets the secret of `secret_env` in `header` (`Bearer …` by default).

    `internal`: it may lie on this machine or in a private network; else such an address is not called, even
    when the name comes to mean one.
    """

    url: str
    method: Literal["get", "post"] = "get"
    timeout_ms: LengthMs = msgspec.field(default=2_000, name="timeout")
    header: Annotated[str, msgspec.Meta(pattern=r"[A-Za-z0-9-]{1,64}", extra={"like": "X-Api-Key"})] = (
        "Authorization"
    )
    secret_env: str = ""  # the environment variable that holds the secret: it is not kept here
    internal: bool = False


class Lookup(Part, frozen=True, kw_only=True):
    """What flows may ask over HTTP, and at which hosts (`crm.example.com`, `crm.example.com:8443`) at all."""

    hosts: tuple[str, ...] = ()
    at_once: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    services: dict[Id, LookupService] = {}


class Break(Part, frozen=True, kw_only=True):
    """A reason to be away."""

    id: Id
    name: str
    name_en: str = ""


DispositionId = Annotated[str, msgspec.Meta(pattern=r"[\w-]{1,40}", extra={"like": "complaint or lost_bag"})]
"""Without a dot: dots part the levels of the tree."""


class Disposition(Part, frozen=True, kw_only=True):
    """What a call can have been about. Only those without children are filed.

    `deadline`: so long after the call's end what was asked for is due; 0 = nothing is owed.
    """

    name: str
    name_en: str = ""
    deadline_ms: LengthMs = msgspec.field(default=0, name="deadline")
    children: dict[DispositionId, Disposition] = {}


class FeatureCodes(Part, frozen=True, kw_only=True):
    """What agents and leaders dial. The break code may be followed by a break's place in the list.

    `listen`, `whisper`, `barge` are followed by an agent's extension, `pick_up` may be. A caller sent to
    `park` waits in the first free of `park_slots`; dialling the slot takes the call. `park_for` 0: no end.
    """

    ready: Dial = "*11"
    break_: Dial = msgspec.field(default="*12", name="break")
    sign_out: Dial = "*13"
    pick_up: Dial = "*8"
    listen: Dial = "*21"
    whisper: Dial = "*22"
    barge: Dial = "*23"
    park: Dial = "*70"
    park_slots: tuple[Dial, ...] = tuple(str(slot) for slot in range(701, 710))
    park_for_ms: LengthMs = msgspec.field(default=120_000, name="park_for")


class PerAddress(Part, frozen=True, kw_only=True):
    """So many calls from one address, in any minute and any hour."""

    minute: Count = 3
    hour: Count = 20


class WebCallers(Part, frozen=True, kw_only=True):
    """Pages elsewhere from which visitors may call, and what: nobody and nothing by default.

    `hours`: a calendar, outside of which the button says that nobody is here. `longest_call` 0: no end.
    """

    origins: tuple[str, ...] = ()
    numbers: tuple[Dial, ...] = ()
    at_once: Count = 10
    per_address: PerAddress = PerAddress()
    longest_call_ms: LengthMs = msgspec.field(default=1_800_000, name="longest_call")
    hours: str = ""


class Security(Part, frozen=True, kw_only=True):
    """How people sign in: these roles need a code of an app besides the password."""

    second_factor: tuple[Role, ...] = ()


class Recordings(Part, frozen=True, kw_only=True):
    """How long recordings and messages are kept, in whole days of the company's time; 0 = for ever."""

    keep_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0


class Assist(Part, frozen=True, kw_only=True):
    """What agents are told by the service book while they talk; a person may be given more or less."""

    hints: HintLevel = "normal"


class Configuration(Part, frozen=True, kw_only=True):
    """A whole centre."""

    company: Company
    numbers: tuple[Number, ...] = ()
    flows: dict[Id, Flow] = {}
    calendars: dict[Id, Calendar] = {}
    queues: dict[Id, Queue] = {}
    skills: dict[Id, str] = {}  # id → name
    people: tuple[Person, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    outbound: Outbound = Outbound()
    sip: Sip = Sip()
    webrtc: WebRtc = WebRtc()
    web_callers: WebCallers = WebCallers()
    security: Security = Security()
    recordings: Recordings = Recordings()
    lookup: Lookup = Lookup()
    breaks: tuple[Break, ...] = ()
    dispositions: dict[DispositionId, Disposition] = {}  # none named = those of the service book
    feature_codes: FeatureCodes = FeatureCodes()
    warnings: Warnings = Warnings()
    assist: Assist = Assist()


class Secrets(Part, frozen=True, kw_only=True):
    """Passwords given in a file, by user and by endpoint; they go elsewhere than the file's text."""

    people: dict[str, str] = {}
    endpoints: dict[str, str] = {}


def secrets_of(configuration: Configuration) -> Secrets:
    """The passwords in a configuration as it was written."""
    return Secrets(
        people={person.user: person.password for person in configuration.people if person.password},
        endpoints={
            phone.endpoint: phone.sip_password for phone in configuration.endpoints if phone.sip_password
        },
    )


def without_secrets(configuration: Configuration) -> Configuration:
    """The same centre without any password."""
    replace = msgspec.structs.replace
    return replace(
        configuration,
        people=tuple(replace(person, password="") for person in configuration.people),
        endpoints=tuple(replace(phone, sip_password="") for phone in configuration.endpoints),
    )
