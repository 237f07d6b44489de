"""Our own registrations: a trunk that wants it is kept registered at its carrier (RFC 3261 §10.2)."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote as percent

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.core import Core
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.events import TrunkChanged
from huawu.switch.sip.headers import NameAddr, parameter
from huawu.switch.sip.message import Response
from huawu.switch.sip.registrar import fixed_target
from huawu.switch.sip.transaction import ClientTransaction, Failure

EXPIRES_S: Final = 300
RENEW_AT: Final = 0.8
"""A registration is renewed after this share of its life."""
PAUSES_S: Final = (1.0, 5.0, 15.0, 30.0, 60.0)
"""How long to wait after the first, second … failure in a row."""


class Enrolments:
    """One `Enrolment` for each trunk with `register`."""

    def __init__(self, core: Core) -> None:
        self._core = core
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
                self._running[name] = Enrolment(self._core, trunk)
                self._running[name].begin(at)


class Enrolment:
    """Keeps one trunk registered; tells `TrunkChanged` when that begins or ends to be so."""

    def __init__(self, core: Core, trunk: Trunk) -> None:
        self.trunk = trunk
        self._core = core
        self._number = core.enter(self)
        self._call_id = core.token()
        self._tag = core.token()
        self._cseq = 0
        self._seconds = EXPIRES_S  # asked for; 0 = we take it back
        self._tried_credentials = False
        self._failures = 0
        self._up: bool | None = None

    def begin(self, at: float) -> None:
        """Register now."""
        self._tried_credentials = False
        self._send("", at)

    def end(self, at: float) -> None:
        """Take the registration back; nothing is told any more."""
        self._core.stop("enrol", self._number)
        self._core.leave(self._number)
        self._seconds = 0
        if self._up:
            self.begin(at)

    def fire(self, name: str, at: float) -> None:
        if name == "enrol":
            self.begin(at)

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        if response.code < 200:
            return
        if response.code < 300:
            self._registered(response, at)
            return
        proof = authorisation(self._core, self.trunk, transaction.request, response)
        if proof is not None and not self._tried_credentials:
            self._tried_credentials = True
            self._send(proof, at)
            return
        self._failed(f"{response.code} {response.phrase}", at)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        self._failed("no answer" if failure == "timeout" else "not reachable", at)

    # ── inside ──

    def _registered(self, response: Response, at: float) -> None:
        if self._seconds:
            self._failures = 0
            self._tell(True, "")
            self._again(at, max(10.0, RENEW_AT * self._granted(response)))

    def _send(self, credentials: str, at: float) -> None:
        core, trunk = self._core, self.trunk
        user = percent(trunk.user, safe="+*-_.!~")
        target = fixed_target(trunk.user, trunk.target, trunk.transport, trunk.trunk)
        if target is None:
            self._failed(f"the target {trunk.target} is not an IP address", at)
            return
        self._cseq += 1
        who = f"<{target.uri.partition(';')[0]}>"
        registrar = target.uri.replace(f"{user}@", "", 1)
        request = core.prepare(
            "REGISTER",
            registrar,
            target.flow,
            from_value=f"{who};tag={self._tag}",
            to_value=who,
            call_id=self._call_id,
            cseq=self._cseq,
        )
        contact = core.contact(target.flow).replace("sip:huawu@", f"sip:{user}@", 1)
        lines = f"{contact}Expires: {self._seconds}\r\n{credentials}"
        core.send(request, self, at, lines)

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

    def _failed(self, detail: str, at: float) -> None:
        if not self._seconds:
            return
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1
        self._tell(False, detail)
        self._again(at, pause_s)

    def _again(self, at: float, after_s: float) -> None:
        self._core.start("enrol", self._number, at + after_s)

    def _tell(self, up: bool, detail: str) -> None:
        if up is not self._up:
            self._up = up
            self._core.out.append(TrunkChanged(trunk=self.trunk.trunk, up=up, detail=detail))
