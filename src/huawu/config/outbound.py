"""Numbers outside: what a dialled number means, what it costs, and who may call it by which trunks.

Pure and without memory; how much was called already is counted in `calls/tolls.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import msgspec
import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from huawu.config.schema import Configuration
from huawu.config.trunks import Asker, AskerCaps, Caps, Cost, NumberForm, NumberKind, TollAlarm
from huawu.link.messages import TrunkId

Barred = Literal["no_rule", "country", "kind", "no_number"]
"""Why a number cannot be called at all: no rule for the asker, a blocked country or kind, no such number."""

SPACING: Final = str.maketrans("", "", " -()./")
"""What people write between digits."""
SATELLITES: Final = frozenset({870, 878, 881, 882, 883, 888, 979})
"""Country codes that belong to no country: satellite and global networks (ITU-T E.164)."""
LONGEST_SHORT: Final = 6
"""Numbers of so few digits that no numbering plan knows whole: services, or extensions of an exchange."""
LONGEST_NUMBER: Final = 20
_KINDS: Final[Mapping[int, NumberKind]] = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.VOIP: "internet",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "company",
    PhoneNumberType.PAGER: "pager",
}
_COSTS: Final[Mapping[NumberKind, Cost]] = {
    "premium": "premium",
    "satellite": "premium",
    "personal": "premium",
    "toll_free": "free",
    "short": "local",
    "mobile": "mobile",
}


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a number is. `e164` and `national` are "" for short numbers.

    `countries` holds several when a number that no numbering plan has could be of each of them.
    """

    kind: NumberKind
    cost: Cost
    countries: tuple[str, ...] = ()
    e164: str = ""
    national: str = ""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A number that may be called: how it is sent, and by which trunks in which order."""

    rule: str
    number: str
    trunks: tuple[TrunkId, ...]
    meaning: Meaning
    costly: bool = False
    emergency: bool = False


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, compiled."""

    rule: str
    who: frozenset[Asker]
    trunks: tuple[TrunkId, ...]
    strip: int
    form: NumberForm
    prepend: str
    kinds: frozenset[NumberKind]


@dataclass(frozen=True, kw_only=True)
class OutboundPlan:
    """All that is settled about calls outside."""

    home: str = "CN"
    ways: tuple[tuple[str, Way], ...] = ()  # by prefix, the longest first
    emergency: frozenset[str] = frozenset()
    emergency_trunks: tuple[TrunkId, ...] = ()
    countries: frozenset[str] | None = frozenset()  # None = any
    blocked_countries: frozenset[str] = frozenset()
    blocked_kinds: frozenset[NumberKind] = frozenset()
    costs: tuple[tuple[str, Cost], ...] = ()  # by prefix with +, the longest first
    costly: frozenset[Cost] = frozenset()
    caps: Mapping[Asker, AskerCaps] = field(default_factory=dict)
    caps_of: Mapping[str, Caps] = field(default_factory=dict)
    longest_call_ms: int = 0  # 0 = no bound
    alarm: TollAlarm = field(default_factory=TollAlarm)

    def leads_out(self, dialled: str) -> bool:
        """Whether this can mean a number outside at all: some rule's prefix, or an emergency number."""
        return self.emergency_number(dialled) is not None or any(
            dialled.startswith(prefix) and len(dialled) > max(way.strip, len(prefix) - 1)
            for prefix, way in self.ways
        )

    def emergency_number(self, dialled: str) -> str | None:
        """The emergency number dialled, with or without an access code of the centre; None = it is none."""
        if dialled in self.emergency:
            return dialled
        for prefix, way in self.ways:
            if way.strip and dialled.startswith(prefix) and dialled[way.strip :] in self.emergency:
                return dialled[way.strip :]
        return None

    def emergency_dialled(self) -> tuple[str, ...]:
        """All that `emergency_number` takes for one."""
        codes = {prefix[: way.strip] for prefix, way in self.ways if way.strip and len(prefix) >= way.strip}
        spelled = {code + number for code in ("", *codes) for number in self.emergency}
        return tuple(sorted(dialled for dialled in spelled if self.emergency_number(dialled) is not None))

    def passage(self, dialled: str, asker: Asker) -> Passage | Barred:
        """The way out for a number as it was dialled, on the wish of `asker`.

        The longest prefix of all rules decides; of rules with the same one, the first that names the asker.
        """
        dialled = dialled.translate(SPACING)
        emergency = self.emergency_number(dialled)
        if emergency is not None:
            if asker in ("flow", "overflow"):
                return "no_rule"  # help is called by people
            return Passage(
                rule="emergency",
                number=emergency,
                trunks=self.emergency_trunks,
                meaning=Meaning(kind="short", cost="free", countries=(self.home,)),
                emergency=True,
            )
        digits = dialled.removeprefix("+")
        if not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST_NUMBER:
            return "no_number"  # * and # steer a carrier's exchange: forwarding, for one
        fitting = [(prefix, way) for prefix, way in self.ways if dialled.startswith(prefix)]
        for prefix, way in fitting:
            if asker in way.who and prefix == fitting[0][0] and len(dialled) > way.strip:
                return self._by(way, dialled[way.strip :])
        return "no_rule"  # also when a shorter prefix would let it pass: 00 is not 0 and another 0

    def _by(self, way: Way, number: str) -> Passage | Barred:
        meaning = self.meaning(number)
        if meaning is None:
            return "no_number"
        if meaning.kind in self.blocked_kinds and meaning.kind not in way.kinds:
            return "kind"
        if self.blocked_countries.intersection(meaning.countries):
            return "country"
        if self.countries is not None and not self.countries.issuperset(meaning.countries):
            return "country"
        form = {"as_dialled": number, "e164": meaning.e164, "national": meaning.national}[way.form] or number
        return Passage(
            rule=way.rule,
            number=way.prepend + form,
            trunks=way.trunks,
            meaning=meaning,
            costly=meaning.cost in self.costly,
        )

    def meaning(self, number: str) -> Meaning | None:
        """What a number means that is dialled at the centre's place; None = no numbering plan has it."""
        found = meaning_of(number, self.home)
        if found is None:
            return None
        for prefix, cost in self.costs:
            if found.e164.startswith(prefix) or (not found.e164 and number.startswith(prefix)):
                return msgspec.structs.replace(found, cost=cost)
        return found


@lru_cache(maxsize=4_096)
def meaning_of(number: str, home: str) -> Meaning | None:
    """The kind, country and usual cost of a number dialled in the country `home`; None = it cannot be one."""
    try:
        parsed = phonenumbers.parse(number, home)
    except phonenumbers.NumberParseException:
        return _short(number, home)
    if not phonenumbers.is_possible_number(parsed):
        return _short(number, home)
    code = parsed.country_code or 0
    if code in SATELLITES:
        return _meaning(parsed, "premium" if code == 979 else "satellite", (), home)
    if phonenumbers.is_valid_number(parsed):
        kind = _KINDS.get(phonenumbers.number_type(parsed), "unknown")
        return _meaning(parsed, kind, (phonenumbers.region_code_for_number(parsed) or "",), home)
    if len(number) <= LONGEST_SHORT:
        return _short(number, home)
    return _meaning(parsed, "unknown", tuple(phonenumbers.region_codes_for_country_code(code)), home)


def _short(number: str, home: str) -> Meaning | None:
    if number.startswith("+") or len(number) > LONGEST_SHORT:
        return None
    return Meaning(kind="short", cost="local", countries=(home,))


def _meaning(parsed: PhoneNumber, kind: NumberKind, countries: tuple[str, ...], home: str) -> Meaning:
    form = phonenumbers.PhoneNumberFormat
    ours = countries == (home,)
    cost = _COSTS.get(kind, "national")
    if not ours and cost != "premium":
        cost = "international"
    e164 = phonenumbers.format_number(parsed, form.E164)
    national = phonenumbers.format_number(parsed, form.NATIONAL) if ours else e164
    return Meaning(
        kind=kind,
        cost=cost,
        countries=countries,
        e164=e164,
        national="".join(one for one in national if one.isdigit()) if ours else e164,
    )


def outbound_plan(configuration: Configuration) -> OutboundPlan:
    """The plan of a configuration that passed the check."""
    told = configuration.outbound
    home = configuration.company.country.upper()
    ways = [
        (
            prefix,
            Way(
                rule=rule.rule,
                who=frozenset(rule.who),
                trunks=tuple(TrunkId(trunk) for trunk in rule.trunks),
                strip=rule.strip,
                form=rule.form,
                prepend=rule.prepend,
                kinds=frozenset(rule.kinds),
            ),
        )
        for rule in told.rules
        for prefix in rule.prefixes
    ]
    countries = frozenset(country.upper() for country in told.countries) or frozenset({home})
    every = told.emergency_trunks or tuple(trunk.trunk for trunk in configuration.trunks)
    return OutboundPlan(
        home=home,
        ways=tuple(sorted(ways, key=lambda entry: -len(entry[0]))),
        emergency=frozenset(told.emergency),
        emergency_trunks=tuple(TrunkId(trunk) for trunk in every),
        countries=None if "ANY" in countries else countries,
        blocked_countries=frozenset(country.upper() for country in told.blocked_countries),
        blocked_kinds=frozenset(told.blocked_kinds),
        costs=tuple(sorted(((one.prefix, one.cost) for one in told.costs), key=lambda entry: -len(entry[0]))),
        costly=frozenset(told.costly),
        caps=told.caps,
        caps_of=told.caps_of,
        longest_call_ms=told.longest_call_ms,
        alarm=told.alarm,
    )
