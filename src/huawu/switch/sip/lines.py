"""Where a trunk's calls can go at this instant: its targets in order, those that failed resting (RFC 3263).

A target that failed is asked by OPTIONS until it answers; `TrunkReach` tells when a trunk has none left.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote as percent

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.addresses import DEFAULT_PORTS, ip_literal, join_host_port, split_host_port
from huawu.switch.sip.bindings import Target
from huawu.switch.sip.core import CONTACT_TAILS, Core
from huawu.switch.sip.events import Address, Flow, Found, Place, TrunkReach
from huawu.switch.sip.message import Response
from huawu.switch.sip.names import Names
from huawu.switch.sip.transaction import ClientTransaction, Failure

MOST_TARGETS: Final = 8
"""So many targets are tried for one call."""
PAUSES_S: Final = (2.0, 5.0, 10.0, 30.0)
"""How long to wait before the first, second … question whether a target is there again."""
LONGEST_REST_S: Final = 600.0
"""A longer Retry-After is taken as this."""
IN_TROUBLE: Final = frozenset({408, 502, 503, 504})
"""Answers that say something about the target, not about who was called."""


class Lines:
    """The targets of all trunks."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.names = Names(core)
        self.names.on_change = self._changed
        self._trunks: dict[TrunkId, Trunk] = {}
        self._resting: dict[tuple[TrunkId, Flow], Resting] = {}
        self._down: dict[TrunkId, str] = {}

    @property
    def machines(self) -> int:
        """How many of the core's machines are ours."""
        return 1 + len(self._resting)

    def configure(self, trunks: tuple[Trunk, ...], at: float) -> None:
        """These trunks are to be used; of those that did not change all is remembered."""
        before, self._trunks = self._trunks, {one.trunk: one for one in trunks}
        for key, resting in list(self._resting.items()):
            if before.get(key[0]) != self._trunks.get(key[0]):
                resting.end()
                del self._resting[key]
        for gone in [trunk for trunk in self._down if self._trunks.get(trunk) != before.get(trunk)]:
            del self._down[gone]
        wanted = {place for trunk in trunks for place in places_of(trunk)}
        self.names.want({place for place in wanted if ip_literal(place.name) is None}, at)
        self._judge_all()

    def found(self, found: Found, at: float) -> None:
        """A name was looked up."""
        self.names.found(found, at)

    def targets(self, trunk: Trunk, user: str, *, even_resting: bool = False) -> tuple[list[Target], str]:
        """Where to send a request for `user`, the best first; and, when there is nowhere, why."""
        there: list[Target] = []
        resting: list[Target] = []
        for target in self._all(trunk, user):
            (resting if (trunk.trunk, target.flow) in self._resting else there).append(target)
        found = there + resting if even_resting else there
        return found[:MOST_TARGETS], "" if found else self._trouble(trunk)

    def host_of(self, trunk: TrunkId) -> str:
        """The IP address that its next call goes to; "" = unknown."""
        known = self._trunks.get(trunk)
        if known is None:
            return ""
        found, _ = self.targets(known, "", even_resting=True)
        return found[0].flow.host if found else ""

    def addresses_of(self, source: str) -> tuple[str, ...]:
        """The IP addresses that a name among a trunk's sources stands for."""
        return tuple(
            address.host
            for trunk in self._trunks.values()
            for place in places_of(trunk)
            if place.name == source.lower()
            for address in self.names.addresses(place)
        )

    def worked(self, trunk: TrunkId, flow: Flow) -> None:
        """A target answered: it rests no longer."""
        if self._resting and (resting := self._resting.pop((trunk, _path(flow)), None)) is not None:
            resting.end()
            self._judge(trunk)

    def failed(self, trunk: TrunkId, flow: Flow, detail: str, at: float, rest_s: float | None = None) -> None:
        """A target did not do its part: let it rest, for `rest_s` (Retry-After) at least."""
        key = trunk, _path(flow)
        known = self._trunks.get(trunk)
        if known is None or all(target.flow != key[1] for target in self._all(known, "")):
            return  # where a target had sent us, perhaps
        if key not in self._resting:
            self._resting[key] = Resting(self._core, self, trunk, key[1])
        self._resting[key].rest(detail, at, rest_s)
        self._judge(trunk)

    # ── inside ──

    def _all(self, trunk: Trunk, user: str) -> Iterator[Target]:
        for text in (trunk.target, *trunk.targets):
            place = place_of(text, trunk.transport)
            if place is None:
                continue
            literal = ip_literal(place.name)
            if literal is not None:
                addresses: tuple[Address, ...] = (
                    Address(host=literal, port=place.port or DEFAULT_PORTS[place.transport]),
                )
                shown = join_host_port(literal, addresses[0].port)
            else:
                addresses = self._in_order(self.names.addresses(place))
                shown = f"{place.name}:{place.port}" if place.port else place.name
            who = f"{percent(user, safe='+*-_.!~')}@" if user else ""
            uri = f"sip:{who}{shown}{CONTACT_TAILS[trunk.transport]}"
            for address in addresses:
                proved = trunk.trunk if trunk.transport == "tls" else ""
                flow = Flow(transport=trunk.transport, host=address.host, port=address.port, trunk=proved)
                yield Target(uri=uri, flow=flow, pinned=False)

    def _in_order(self, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        """By priority, and within one by chance as the weights say (RFC 2782)."""
        if len(addresses) < 2:
            return addresses

        def place(address: Address) -> tuple[int, float]:
            drawn = hashlib.blake2s(self._core.token().encode(), digest_size=4).digest()
            chance = (int.from_bytes(drawn) + 1) / 2**32
            return address.priority, -math.log(chance) / (address.weight or 0.01)

        return tuple(sorted(addresses, key=place))

    def _changed(self, at: float) -> None:
        self._judge_all()

    def _judge_all(self) -> None:
        for trunk in self._trunks:
            self._judge(trunk)

    def _judge(self, name: TrunkId) -> None:
        """Tell when a trunk has lost its last target, or has one again."""
        trunk = self._trunks[name]
        there, trouble = self.targets(trunk, "")
        if there and self._down.pop(name, None) is not None:
            self._core.out.append(TrunkReach(trunk=name, up=True))
        elif not there and trouble and name not in self._down:
            self._down[name] = trouble
            self._core.out.append(TrunkReach(trunk=name, up=False, detail=trouble))

    def _trouble(self, trunk: Trunk) -> str:
        """Why there is no target; "" while a name is being looked up for the first time."""
        said = [
            f"{join_host_port(flow.host, flow.port)}: {resting.detail}"
            for (name, flow), resting in self._resting.items()
            if name == trunk.trunk
        ]
        for text in (trunk.target, *trunk.targets):
            place = place_of(text, trunk.transport)
            if place is None:
                said.append(f"{text} is no address")
            elif trouble := self.names.trouble(place):
                said.append(f"{place.name}: {trouble}")
        return "; ".join(said)


class Resting:
    """One target that failed, asked by OPTIONS until it answers."""

    def __init__(self, core: Core, lines: Lines, trunk: TrunkId, flow: Flow) -> None:
        self._core = core
        self._lines = lines
        self._trunk = trunk
        self._flow = flow
        self._number = core.enter(self)
        self._asked = 0
        self._asking = False
        self._over = False
        self.detail = ""

    def rest(self, detail: str, at: float, rest_s: float | None = None) -> None:
        """It failed (again)."""
        self.detail = detail
        if self._asking:
            return
        pause_s = PAUSES_S[min(self._asked, len(PAUSES_S) - 1)]
        self._asked += 1
        self._core.start("probe", self._number, at + max(pause_s, min(rest_s or 0.0, LONGEST_REST_S)))

    def end(self) -> None:
        self._over = True
        self._core.stop("probe", self._number)
        self._core.leave(self._number)

    def fire(self, name: str, at: float) -> None:
        core, flow = self._core, self._flow
        self._asking = True
        uri = f"sip:{join_host_port(flow.host, flow.port)}{CONTACT_TAILS[flow.transport]}"
        request = core.prepare(
            "OPTIONS", uri, flow,
            from_value=f"<sip:huawu@{core.address(flow)}>;tag={core.token()}", to_value=f"<{uri}>",
            call_id=core.token(), cseq=1,
        )  # fmt: skip
        core.send(request, self, at, core.contact(flow))

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        if response.code < 200 or self._over:
            return
        self._asking = False
        if response.code in IN_TROUBLE:
            self.rest(f"{response.code} to OPTIONS", at, retry_after(response))
        else:
            self._lines.worked(self._trunk, self._flow)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        self._asking = False
        if not self._over:
            self.rest("no answer" if failure == "timeout" else "not reachable", at)


def place_of(text: str, transport: str) -> Place | None:
    """`host[:port]` as a place; port 0 = the name may be looked up by SRV. None = it is neither."""
    try:
        host, port = split_host_port(text.strip(), 1)
    except ValueError:
        return None
    told = port if port != 1 or text.rstrip().endswith(":1") else 0
    return Place(name=host.lower().rstrip("."), port=told, transport=transport)  # type: ignore[arg-type]


def places_of(trunk: Trunk) -> list[Place]:
    """Every place whose addresses matter: targets, and sources given by name."""
    places = [place_of(text, trunk.transport) for text in (trunk.target, *trunk.targets)]
    places += [place_of(source, trunk.transport) for source in trunk.sources if "/" not in source]
    return [place for place in places if place is not None]


def retry_after(response: Response) -> float | None:
    """The seconds of Retry-After (RFC 3261 §20.33), less its comment and parameters; None = not told."""
    values = response.headers.get("retry-after")
    digits = values[0].strip().split("(")[0].split(";")[0].strip() if values else ""
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else None


def _path(flow: Flow) -> Flow:
    """The flow as targets have it: not of one connection."""
    return Flow(transport=flow.transport, host=flow.host, port=flow.port, trunk=flow.trunk)
