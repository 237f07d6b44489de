"""Who calls, and for whom the call was meant at first: what of it is believed, and what we tell others."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote as percent

import msgspec

from huawu.link.messages import Originate, Trunk
from huawu.switch.sip.headers import NameAddr, clean, number_of, parse_uri, quote
from huawu.switch.sip.message import Request
from huawu.switch.sip.replaces import headers_of

HIDING: Final = frozenset({"id", "user", "header"})
"""Privacy that means: others are not to see who calls (RFC 3323 §4.2, RFC 3325 §9.3)."""
PROVIDED: Final = HIDING | {"session", "history", "none", "critical"}
"""What is kept here. Headers and media never pass through us as they are, so `header` and `session` too."""
MAX_ENTRIES: Final = 50
ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'

_INDEX: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,20}\Z")
_SEPARATORS: Final = re.compile(r"[-.()]")


class Caller(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is told of a caller; `private` = the number is for the record, not for others' eyes."""

    number: str
    name: str
    private: bool = False
    diverted_from: str = ""  # the number that was dialled first


def read_caller(request: Request, sender: NameAddr, to_number: str, *, proven: bool, trusted: bool) -> Caller:
    """Who calls with this INVITE; `sender` is its From.

    `proven`: the source is a phone or a trunk of ours, so what it says of diversions counts. `trusted`: a
    trunk within our trust domain (RFC 3325), so its word about the caller counts. P-Preferred-Identity is
    for proxies and counts nowhere. What is malformed is passed over. Raises ValueError for a bad From only.
    """
    headers = request.headers
    number, name = number_of(parse_uri(sender.uri)), clean(sender.name)
    hidden = is_anonymous(sender.uri, number)
    private = hidden or ("privacy" in headers and not HIDING.isdisjoint(privacy_of(request)))
    if trusted and "p-asserted-identity" in headers:
        number, name = _asserted(request, number, "" if hidden else name)
    elif trusted and "remote-party-id" in headers:
        found = _remote_party(request)
        if found is not None:
            address, number = found
            name = clean(address.name)
            private = private or (address.parameter("privacy") or "off").strip('"').lower() != "off"
    diverted = ""
    if proven and ("history-info" in headers or "diversion" in headers):
        diverted = _first_dialled(request, to_number)
    return Caller(number=number, name=name, private=private, diverted_from=diverted)


def privacy_of(request: Request) -> frozenset[str]:
    """The values of Privacy (RFC 3323 §4.2); commas part them as well as semicolons."""
    text = ";".join(request.headers.get("privacy", ())).replace(",", ";").lower()
    return frozenset(word for part in text.split(";") if (word := part.strip()))


def lacks_privacy(request: Request) -> bool:
    """Whether privacy is asked as `critical` that nobody here provides: such a call is refused (§5)."""
    if "privacy" not in request.headers:
        return False
    asked = privacy_of(request)
    return "critical" in asked and not asked <= PROVIDED


def is_anonymous(uri: str, number: str) -> bool:
    """Whether an address tells nobody (RFC 3323 §4.1.1.3)."""
    return number.lower() == "anonymous" or uri.lower().endswith("@anonymous.invalid")


# ── What we tell ──────────────────────────────────────────────────────────────────────────────────


def from_value(originate: Originate, host: str, trunk: Trunk | None, tag: str, *, sips: bool = False) -> str:
    """Our From value: the name and number to show, or nobody's; with `sips` a SIPS URI."""
    if originate.private:
        return f"{ANONYMOUS};tag={tag}"
    user = originate.caller_number or (trunk.user if trunk is not None else "") or "anonymous"
    name = f"{quote(originate.caller_name)} " if originate.caller_name else ""
    address = _address(user, host)
    return f"{name}{address.replace('<sip:', '<sips:', 1) if sips else address};tag={tag}"


def identity_lines(originate: Originate, host: str, trunk: Trunk | None, target: str) -> str:
    """Header lines about caller and first callee for an INVITE to `target`; none for most calls.

    A private caller's number is told to trusted trunks alone, marked `Privacy: id`. The number dialled first
    goes to trunks as Diversion (RFC 5806) and History-Info (RFC 7044), whose second entry is the target.
    """
    if trunk is None or not (originate.private or originate.diverted_from):
        return ""
    lines = ""
    if originate.private and trunk.trusted:
        user = originate.caller_number or trunk.user
        asserted = f"P-Asserted-Identity: {_address(user, host)}\r\n" if user else ""
        lines = f"{asserted}Privacy: id\r\n"
    if originate.diverted_from:
        first, second = _address(originate.diverted_from, host), f"<{target.partition(';')[0]}>"
        lines += f"Diversion: {first};reason=unknown;counter=1\r\n"
        lines += f"History-Info: {first};index=1, {second};index=1.1;mp=1\r\n"
    return lines


def _address(user: str, host: str) -> str:
    return f"<sip:{percent(user, safe='+*-_.!~')}@{host}>"


# ── What peers tell ───────────────────────────────────────────────────────────────────────────────


def _number(address: NameAddr) -> str:
    """The number an address names, "" for a malformed one; its URI may carry headers."""
    try:
        uri = parse_uri(headers_of(address.uri)[0])
    except ValueError:
        return ""
    number = number_of(uri)
    return _SEPARATORS.sub("", number) if uri.scheme.lower() == "tel" else number


def _addresses(request: Request, header: str) -> list[NameAddr]:
    found: list[NameAddr] = []
    for item in request.items(header)[:MAX_ENTRIES]:
        try:
            found.append(NameAddr.parse(item))
        except ValueError:
            continue
    return found


def _asserted(request: Request, number: str, name: str) -> tuple[str, str]:
    """Number and name asserted: the first value with a number, and the first with a name (RFC 3325 §9.1)."""
    told = [(one, _number(one)) for one in _addresses(request, "p-asserted-identity")]
    told = [(one, found) for one, found in told if found and not is_anonymous(one.uri, found)]
    if not told:
        return number, name
    names = [clean(one.name) for one, _ in told if one.name]
    return told[0][1], names[0] if names else name


def _remote_party(request: Request) -> tuple[NameAddr, str] | None:
    """The calling party of Remote-Party-ID (draft-ietf-sip-privacy-04), which carriers still send."""
    for one in _addresses(request, "remote-party-id"):
        number = _number(one)
        if number and (one.parameter("party") or "calling").lower() == "calling":
            return one, number
    return None


def _first_dialled(request: Request, to_number: str) -> str:
    """The number dialled first when the call was sent on; "" when it was not, or nobody is to know."""
    entries = [
        (tuple(int(part) for part in index.split(".")), one)
        for one in _addresses(request, "history-info")
        if _INDEX.match(index := one.parameter("index") or "")
    ]
    if entries:
        first = min(entries, key=lambda entry: entry[0])[1]
        if "history" in ";".join(headers_of(first.uri)[1].get("privacy", ())).lower():
            return ""
        number = _number(first)
        if number and number != to_number:
            return number
    diversions = _addresses(request, "diversion")
    if not diversions:
        return ""
    last = diversions[-1]  # the newest stands first (RFC 5806 §4)
    if (last.parameter("privacy") or "off").strip('"').lower() != "off":
        return ""
    number = _number(last)
    return number if number != to_number else ""
