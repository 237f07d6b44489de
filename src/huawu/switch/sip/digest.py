"""Digest authentication (RFC 7616, and RFC 8760 for SIP): challenging phones, answering trunks.

SHA-256 is offered before MD5; only qop=auth. Nonces are signed, not stored; what is stored is the highest
count of each nonce in use, at most `MAX_NONCES`: beyond that the oldest become stale.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from huawu.link.messages import Endpoint
from huawu.switch.sip.headers import quote

NONCE_LIFE: Final = 300.0
MAX_NONCES: Final = 10_000
MAX_CREDENTIALS: Final = 2_048
NOBODY: Final = "0" * 64
SPENT: Final = 0xFFFFFFFF
"""The count of a nonce that is good for nothing more."""
_PARAMETER: Final = re.compile(r'([A-Za-z0-9_*-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^ \t,"]+)[ \t]*(?:,|\Z)')
_COUNT: Final = re.compile(r"[0-9a-fA-F]{8}\Z")

Algorithm = Literal["SHA-256", "MD5"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("SHA-256", "MD5")
Outcome = Literal["accepted", "missing", "stale", "refused", "crowded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What came of a request's credentials: `endpoint` when accepted, `user` as claimed.

    A nonce is judged before the password, so `stale` says nothing about the password.
    """

    outcome: Outcome
    endpoint: Endpoint | None = None
    user: str = ""
    arrived: bool = False  # it names a nonce that we sent to where it comes from: that address is not forged


def parameters_of(value: str) -> dict[str, str]:
    """The parameters of a `Digest …` value, names in lower case. Raises ValueError."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest" or len(value) > MAX_CREDENTIALS:
        raise ValueError("not a Digest value")
    found: dict[str, str] = {}
    rest = rest.strip()
    position = 0
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if match is None:
            raise ValueError("Digest parameters are malformed")
        name, text = match.group(1).lower(), match.group(2)
        if name in found:
            raise ValueError("Digest parameter comes twice")
        found[name] = re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
        position = match.end()
        while position < len(rest) and rest[position] in " \t":
            position += 1
    return found


def hashed(algorithm: str, text: str) -> str:
    """Hex digest by the algorithm's name in the challenge."""
    raw = text.encode("utf-8", "surrogateescape")
    if algorithm.upper() == "SHA-256":
        return hashlib.sha256(raw).hexdigest()
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()


def algorithms_for(endpoints: list[Endpoint]) -> tuple[Algorithm, ...]:
    """What to challenge with: the same for everybody, so that it tells nothing about a name.

    Many phones (those on libre before 2, SIPp before 3.7) give up when they see SHA-256 at all. So a site
    that has an endpoint without its SHA-256 hash challenges by MD5 alone.
    """
    if any(one.ha1_md5 and not one.ha1_sha256 for one in endpoints):
        return ("MD5",)
    if endpoints and not any(one.ha1_md5 for one in endpoints):
        return ("SHA-256",)
    return ALGORITHMS


Form = Literal["strongest_first", "md5_first", "md5_alone"]
_KNOWS_MD5_ALONE = re.compile(r"baresip v?[01]\.|JsSIP ", re.I)


def form_for(user_agent: str) -> Form:
    """How to challenge a program so that it can answer, by the name it gives itself.

    The strongest comes first (RFC 8760 §2.3). libre before 2 (baresip 0.x, 1.x) fails at any mention of
    SHA-256; JsSIP knows MD5 alone and reads the last challenge; programs that give no name (SIPp before 3.7,
    old gateways) read the first only.
    """
    if not user_agent:
        return "md5_first"
    return "md5_alone" if _KNOWS_MD5_ALONE.match(user_agent) else "strongest_first"


def response_to(
    algorithm: str,
    ha1: str,
    method: str,
    uri: str,
    nonce: str,
    *,
    qop: str = "",
    nc: str = "",
    cnonce: str = "",
) -> str:
    """The `response` value (RFC 7616 §3.4.1; without qop the older form of RFC 2069)."""
    ha2 = hashed(algorithm, f"{method}:{uri}")
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return hashed(algorithm, f"{ha1}:{middle}:{ha2}")


class Challenger:
    """The server side: makes challenges and checks what comes back.

    A nonce is good for the source it was made for, for `NONCE_LIFE` seconds, with rising counts, and for one
    wrong answer: who guesses needs a challenge for each guess.
    """

    def __init__(self, token: Callable[[], str]) -> None:
        self.realm = ""
        self.algorithms = ALGORITHMS
        self._token = token
        self._secret = hashlib.sha256((token() + token()).encode()).digest()
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._floor = -1.0  # nonces made up to then are stale: their counts are no longer known

    def challenge(
        self, at: float, *, stale: bool = False, form: Form = "strongest_first", source: str = ""
    ) -> str:
        """The WWW-Authenticate lines of a 401, one for each of `algorithms`, in the given form."""
        nonce = self._nonce(at, source)
        tail = ", stale=true" if stale else ""
        algorithms = self.algorithms
        if form == "md5_alone" and "MD5" in algorithms:
            algorithms = ("MD5",)
        elif form == "md5_first":
            algorithms = tuple(reversed(algorithms))
        return "".join(
            [
                f'WWW-Authenticate: Digest realm={quote(self.realm)}, nonce="{nonce}", qop="auth", '
                f"algorithm={algorithm}{tail}\r\n"
                for algorithm in algorithms
            ]
        )

    def check(
        self,
        values: list[str],
        method: str,
        uri: str,
        find: Callable[[str], Endpoint | None],
        at: float,
        source: str = "",
    ) -> Check:
        """Judge Authorization values; `find` gives the endpoint of a user name. Equal work for all."""
        given = self.given(values)
        if given is None:
            return Check(outcome="missing")
        return self.judge(given, method, uri, find, at, source)

    def given(self, values: list[str]) -> dict[str, str] | None:
        """The parameters of the first value that is for our realm."""
        for value in values:
            try:
                given = parameters_of(value)
            except ValueError:
                continue
            if given.get("realm") == self.realm:
                return given
        return None

    def judge(
        self,
        given: dict[str, str],
        method: str,
        uri: str,
        find: Callable[[str], Endpoint | None],
        at: float,
        source: str,
    ) -> Check:
        """Judge what `given` found."""
        user = given.get("username", "")
        algorithm = given.get("algorithm", "MD5").upper()
        nonce, count = given.get("nonce", ""), given.get("nc", "")
        endpoint = find(user)
        known = ""
        if endpoint is not None and endpoint.enabled:
            known = endpoint.ha1_sha256 if algorithm == "SHA-256" else endpoint.ha1_md5
        expected = response_to(
            algorithm,
            known.lower() or NOBODY,
            method,
            given.get("uri", ""),
            nonce,
            qop="auth",
            nc=count,
            cnonce=given.get("cnonce", ""),
        )
        same = hmac.compare_digest(
            expected.encode(), given.get("response", "").lower().encode("utf-8", "replace")
        )
        sound = (
            algorithm in ALGORITHMS
            and given.get("qop", "") == "auth"
            and _COUNT.match(count) is not None
            and bool(given.get("cnonce"))
            and _same_resource(given.get("uri", ""), uri)
        )
        made = self._made(nonce, source)
        if made is None or not made <= at <= made + NONCE_LIFE or made <= self._floor:
            return Check(outcome="stale", user=user)  # old, another's, or of an earlier life of ours
        number = int(count, 16) if _COUNT.match(count) else SPENT
        if number <= self._counts.get(nonce, 0):
            return Check(outcome="stale", user=user)  # replayed, a phone that forgot its count, or spent
        right = same and bool(known) and sound
        self._count(nonce, number if right else SPENT)
        if not right:
            return Check(outcome="refused", user=user, arrived=True)
        return Check(outcome="accepted", endpoint=endpoint, user=user, arrived=True)

    def _count(self, nonce: str, number: int) -> None:
        self._counts[nonce] = number
        while len(self._counts) > MAX_NONCES:
            oldest, _ = self._counts.popitem(last=False)
            self._floor = max(self._floor, int(oldest[:12], 16) / 1000)

    def _nonce(self, at: float, source: str) -> str:
        head = f"{int(at * 1000):012x}{self._token()}"
        return f"{head}.{self._sign(head, source)}"

    def _made(self, nonce: str, source: str) -> float | None:
        head, _, sign = nonce.rpartition(".")
        if not hmac.compare_digest(self._sign(head, source).encode(), sign.encode("utf-8", "replace")):
            return None
        return int(head[:12], 16) / 1000

    def _sign(self, head: str, source: str) -> str:
        key = f"{source} {head}".encode("utf-8", "surrogateescape")
        return hmac.new(self._secret, key, hashlib.sha256).hexdigest()[:32]


def answer_challenge(
    headers: dict[str, list[str]],
    method: str,
    uri: str,
    *,
    user: str,
    password: str,
    cnonce: str,
    proxy: bool = False,
    nonce: str = "",
) -> str | None:
    """The Authorization line that answers a 401 (or 407), by its first challenge we can do; None = none.

    `nonce` replaces the challenge's: the next one, as its giver told (RFC 7616 §3.5).
    """
    for value in headers.get("proxy-authenticate" if proxy else "www-authenticate", []):
        try:
            given = parameters_of(value)
        except ValueError:
            continue
        algorithm = given.get("algorithm", "MD5").upper()
        offered = [one.strip().lower() for one in given.get("qop", "").split(",") if one.strip()]
        if algorithm not in ALGORITHMS or "nonce" not in given or (offered and "auth" not in offered):
            continue
        realm, nonce = given.get("realm", ""), nonce or given["nonce"]
        ha1 = hashed(algorithm, f"{user}:{realm}:{password}")
        parts = [
            f"username={quote(user)}",
            f"realm={quote(realm)}",
            f"nonce={quote(nonce)}",
            f"uri={quote(uri)}",
        ]
        if offered:
            proof = response_to(algorithm, ha1, method, uri, nonce, qop="auth", nc="00000001", cnonce=cnonce)
            parts += ["qop=auth", "nc=00000001", f"cnonce={quote(cnonce)}"]
        else:
            proof = response_to(algorithm, ha1, method, uri, nonce)
        parts += [f'response="{proof}"', f"algorithm={algorithm}"]
        if "opaque" in given:
            parts.append(f"opaque={quote(given['opaque'])}")
        return f"{'Proxy-' if proxy else ''}Authorization: Digest {', '.join(parts)}\r\n"
    return None


def _same_resource(told: str, uri: str) -> bool:
    """Whether the digest's uri means the request's: the same address, parameters and case aside."""
    return told.partition(";")[0].lower() == uri.partition(";")[0].lower()
