"""Our own registrations: a trunk that wants it is kept registered at its carrier (RFC 3261 §10.2)."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote as percent

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.core import Core
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.digest import answer_challenge, parameters_of
from huawu.switch.sip.events import Flow, TrunkChanged
from huawu.switch.sip.headers import NameAddr, parameter
from huawu.switch.sip.lines import IN_TROUBLE, LONGEST_REST_S, Lines, retry_after
from huawu.switch.sip.message import Response
from huawu.switch.sip.transaction import ClientTransaction, Failure

EXPIRES_S: Final = 300
LONGEST_EXPIRES_S: Final = 86_400
"""A carrier that wants longer registrations than this is refused."""
FIRST_WORD_S: Final = 5.0
"""A target that says nothing to REGISTER for so long is given up for the next."""
MOST_ROUNDS: Final = 3
"""So many challenges are answered for one registration."""
RENEW_AT: Final = 0.8
"""A registration is renewed after this share of its life."""
PAUSES_S: Final = (1.0, 5.0, 15.0, 30.0, 60.0)
"""How long to wait after the first, second … failure in a row."""


class Enrolments:
    """One `Enrolment` for each trunk with `register`."""

    def __init__(self, core: Core, lines: Lines) -> None:
        self._core = core
        self._lines = lines
        self._running: dict[TrunkId, Enrolment] = {}

    def __len__(self) -> int:
        return len(self._running)

    def configure(self, trunks: tuple[Trunk, ...], at: float) -> None:
        """Begin what is new, end what is gone, leave alone what is as it was."""
        wanted = {trunk.trunk: trunk for trunk in trunks if trunk.register}
        for name, enrolment in list(self._running.items()):
            if wanted.get(name) != enrolment.trunk:
                enrolment.end(at)
                del self._running[name]
        for name, trunk in wanted.items():
            if name not in self._running:
                self._running[name] = Enrolment(self._core, self._lines, trunk)
                self._running[name].begin(at)

    def looked_up(self, at: float) -> None:
        """A name leads somewhere now: whoever waits for that goes on."""
        for enrolment in self._running.values():
            enrolment.looked_up(at)


class Enrolment:
    """Keeps one trunk registered; tells `TrunkChanged` when that begins or ends to be so."""

    def __init__(self, core: Core, lines: Lines, trunk: Trunk) -> None:
        self.trunk = trunk
        self._core = core
        self._lines = lines
        self._number = core.enter(self)
        self._call_id = core.token()
        self._tag = core.token()
        self._cseq = 0
        self._seconds = EXPIRES_S  # asked for; 0 = we take it back
        self._rounds = 0  # challenges answered for this registration
        self._tried: list[Flow] = []  # targets that failed this time
        self._sent: ClientTransaction | None = None
        self._challenge: Response | None = None  # the last one answered
        self._next_nonce = ""
        self._failures = 0
        self._up: bool | None = None
        self._at_a_loss = False  # no target is known
        self._uri = ""  # of ourselves at the target tried last

    def begin(self, at: float) -> None:
        """Register now, at the first target that is there."""
        self._rounds = 0
        self._tried.clear()
        self._try(at)

    def end(self, at: float) -> None:
        """Take the registration back; nothing is told any more."""
        self._core.stop("enrol", self._number)
        self._core.stop("word", self._number)
        self._core.leave(self._number)
        self._seconds = 0
        if self._up:
            self.begin(at)

    def looked_up(self, at: float) -> None:
        """A name was asked for: go on, or say that it leads nowhere, without waiting out the pause."""
        if self._at_a_loss:
            self.begin(at)

    def fire(self, name: str, at: float) -> None:
        if name == "enrol":
            self.begin(at)
        elif self._sent is not None:
            self._elsewhere(self._sent, f"no answer within {FIRST_WORD_S:.0f} s", at)

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        if transaction is not self._sent or response.code < 200:
            return
        self._core.stop("word", self._number)
        if response.code in IN_TROUBLE:
            self._elsewhere(transaction, f"{response.code} {response.phrase}", at, retry_after(response))
            return
        self._lines.worked(self.trunk.trunk, transaction.request.flow)
        if response.code < 300:
            self._registered(response, at)
        elif response.code in (401, 407):
            self._challenged(transaction, response, at)
        elif response.code == 423 and self._longer(response):
            self._send(transaction.request.flow, "", at)
        elif response.code < 400:
            self._failed(f"{response.code}: sent elsewhere, which is not followed", at)
        else:
            self._failed(f"{response.code} {response.phrase}", at)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        if transaction is self._sent:
            self._elsewhere(transaction, "no answer" if failure == "timeout" else "not reachable", at)

    # ── inside ──

    def _try(self, at: float) -> None:
        """At the first target that has not failed this time."""
        targets, trouble = self._lines.targets(self.trunk, self.trunk.user, even_resting=True)
        left = [one for one in targets if one.flow not in self._tried]
        self._at_a_loss = not targets
        if left:
            self._uri = left[0].uri
            self._send(left[0].flow, self._beforehand(), at)
        elif not targets and trouble:
            self._failed(trouble, at)

    def _elsewhere(
        self, transaction: ClientTransaction, detail: str, at: float, rest_s: float | None = None
    ) -> None:
        """This target failed: the next, or later all over again."""
        flow = transaction.request.flow
        self._sent = None
        self._core.stop("word", self._number)
        self._lines.failed(self.trunk.trunk, flow, detail, at, rest_s)
        self._tried.append(flow)
        self._try(at)
        if self._sent is None and not self._at_a_loss:
            self._failed(detail, at, rest_s)

    def _challenged(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        """Answer a challenge; a second one only if it says that ours was too old (RFC 7616 §3.3)."""
        proof = authorisation(self._core, self.trunk, transaction.request, response)
        stale = "stale=true" in " ".join(
            response.headers.get("www-authenticate", []) + response.headers.get("proxy-authenticate", [])
        ).lower().replace(" ", "").replace('"', "")
        if proof is None:
            self._failed(f"{response.code}: it asks for a proof we cannot give", at)
        elif self._rounds == 0 or (stale and self._rounds < MOST_ROUNDS):
            self._rounds += 1
            self._challenge = response
            self._send(transaction.request.flow, proof, at)
        else:
            self._failed(f"{response.code} {response.phrase}", at)

    def _beforehand(self) -> str:
        """The proof for the nonce that the carrier gave us for the next time; "" = it gave none."""
        challenge, nonce, self._next_nonce = self._challenge, self._next_nonce, ""
        if challenge is None or not nonce:
            return ""
        proof = answer_challenge(
            challenge.headers, "REGISTER", self._registrar(),
            user=self.trunk.user, password=self.trunk.password, cnonce=self._core.token(),
            proxy=challenge.code == 407, nonce=nonce,
        )  # fmt: skip
        return proof or ""

    def _longer(self, response: Response) -> bool:
        """423: it wants longer registrations (RFC 3261 §10.2.8)."""
        try:
            least = response.number("min-expires")
        except ValueError:
            return False
        if not self._seconds or least is None or not self._seconds < least <= LONGEST_EXPIRES_S:
            return False
        self._seconds = least
        return True

    def _registered(self, response: Response, at: float) -> None:
        self._next_nonce = _next_nonce(response)
        if self._seconds:
            self._failures = 0
            self._tell(True, "")
            self._again(at, max(10.0, RENEW_AT * self._granted(response)))

    def _registrar(self) -> str:
        user = percent(self.trunk.user, safe="+*-_.!~")
        return self._uri.replace(f"{user}@", "", 1)

    def _send(self, flow: Flow, credentials: str, at: float) -> None:
        core = self._core
        user = percent(self.trunk.user, safe="+*-_.!~")
        self._cseq += 1
        who = f"<{self._uri.partition(';')[0]}>"
        request = core.prepare(
            "REGISTER",
            self._registrar(),
            flow,
            from_value=f"{who};tag={self._tag}",
            to_value=who,
            call_id=self._call_id,
            cseq=self._cseq,
        )
        contact = core.contact(flow).replace("sip:huawu@", f"sip:{user}@", 1)
        lines = f"{contact}Expires: {self._seconds}\r\n{credentials}"
        self._sent = core.send(request, self, at, lines)
        if self._seconds:
            core.start("word", self._number, at + FIRST_WORD_S)

    def _granted(self, response: Response) -> float:
        """For how many seconds, by our contact's own word, else by Expires."""
        for contact in response.items("contact"):
            try:
                told = parameter(NameAddr.parse(contact).parameters, "expires")
            except ValueError:
                continue
            if told is not None and told.isdecimal():
                return float(told)
        try:
            return float(response.number("expires") or EXPIRES_S)
        except ValueError:
            return EXPIRES_S

    def _failed(self, detail: str, at: float, rest_s: float | None = None) -> None:
        if not self._seconds:
            return
        pause_s = max(PAUSES_S[min(self._failures, len(PAUSES_S) - 1)], min(rest_s or 0.0, LONGEST_REST_S))
        self._failures += 1
        self._tell(False, detail)
        self._again(at, pause_s)

    def _again(self, at: float, after_s: float) -> None:
        self._core.start("enrol", self._number, at + after_s)

    def _tell(self, up: bool, detail: str) -> None:
        if up is not self._up:
            self._up = up
            self._core.out.append(TrunkChanged(trunk=self.trunk.trunk, up=up, detail=detail))


def _next_nonce(response: Response) -> str:
    """The nonce that Authentication-Info gives for the next request (RFC 7616 §3.5); "" = none."""
    for value in response.headers.get("authentication-info", []):
        try:
            given = parameters_of(f"Digest {value}")
        except ValueError:
            continue
        if given.get("nextnonce"):
            return given["nextnonce"]
    return ""
