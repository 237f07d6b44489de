"""What of all that is done over HTTP goes into the audit: one table, and the place that writes it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huawu.accounts.audit import Audit
from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.platform.database import DatabaseError

log = structlog.get_logger(__name__)

AUDITED: Final[dict[str, tuple[str, str]]] = {
    "setAgentState": ("state_set", "agent"),
    "recording": ("recording_heard", "call"),
    "comment": ("recording_heard", "call"),
    "transcript": ("transcript_read", "call"),
    "hearAgain": ("hearing_retried", "call"),
    "voicemailRecording": ("voicemail_heard", "voicemail"),
    "transferCall": ("call_moved", "call"),
    "consult": ("call_moved", "call"),
    "consultStep": ("call_moved", "call"),
    "addParty": ("call_moved", "call"),
    "removeParty": ("call_moved", "call"),
    "parkCall": ("call_moved", "call"),
    "endCall": ("call_ended", "call"),
    "holdRecording": ("recording_held", "call"),
    "supervise": ("supervised", "call"),
    "stopSupervising": ("supervision_ended", "call"),
    "takeHelp": ("help_taken", "request"),
    "closeHelp": ("help_closed", "request"),
    "sayUrgent": ("urgent", "call"),
    "alarmSeen": ("alarm_seen", "alarm"),
    "turnDoor": ("door_turned", "queue"),
    "divertQueue": ("queue_diverted", "queue"),
    "endDivert": ("divert_taken_back", "queue"),
    "moveWaiting": ("waiting_moved", "queue"),
    "moveAgent": ("agent_moved", "agent"),
    "moveAgentBack": ("agent_moved_back", "agent"),
    "callBackLost": ("lost_called_back", "call"),
    "setLostAside": ("lost_set_aside", "call"),
    "warningSeen": ("warning_seen", "warning"),
    "takeVoicemail": ("voicemail_taken", "voicemail"),
    "giveVoicemailBack": ("voicemail_given_back", "voicemail"),
    "finishVoicemail": ("voicemail_done", "voicemail"),
    "cancelCallback": ("callback_cancelled", "callback"),
    "takeCallback": ("callback_taken", "callback"),
    "putUpNotice": ("notice_put_up", ""),
    "switchNotice": ("notice_switched", "notice"),
    "recordNotice": ("notice_recorded", "notice"),
    "takeDownNotice": ("notice_taken_down", "notice"),
    "resetTolls": ("tolls_reset", ""),
    "exportMade": ("list_exported", ""),
    "setSimulation": ("simulation_set", ""),
    "changePassword": ("password_changed", ""),
    "signOut": ("signed_out", ""),
    "confirmTotp": ("second_factor_set", ""),
    "removeTotp": ("second_factor_removed", ""),
    "createPerson": ("person_created", ""),
    "changePerson": ("person_changed", "person"),
    "resetPassword": ("password_reset", "person"),
    "removePersonsTotp": ("second_factor_removed", "person"),
    "endSessions": ("sessions_ended", "person"),
    "saveConfiguration": ("configuration_changed", ""),
    "rollBackConfiguration": ("configuration_changed", ""),
    "recordPrompt": ("prompt_recorded", "prompt"),
    "renderPrompt": ("prompt_rendered", "prompt"),
    "rollBackPrompt": ("prompt_rolled_back", "prompt"),
    "removePrompt": ("prompt_removed", "prompt"),
    "judgeCall": ("call_judged_anew", "call"),
    "retryJudging": ("call_judged_anew", "call"),
    "inspectCall": ("inspection_made", ""),
    "saveInspection": ("inspection_saved", "inspection"),
    "submitInspection": ("inspection_submitted", "inspection"),
    "tellInspection": ("inspection_told", "inspection"),
    "reassignInspection": ("inspection_reassigned", "inspection"),
    "appealInspection": ("appeal_made", "inspection"),
    "appealCall": ("appeal_made", ""),
    "decideAppeal": ("appeal_decided", "inspection"),
    "createPlan": ("inspection_plan_made", ""),
    "startPlan": ("inspection_plan_started", "plan"),
    "removePlan": ("inspection_plan_removed", "plan"),
    "createRound": ("calibration_round_made", ""),
    "publishBook": ("book_published", ""),
    "rollBackBook": ("book_published", ""),
    "proposeBook": ("book_proposed", ""),
    "returnProposal": ("book_proposal_returned", "number"),
    "followUp": ("ticket_followed_up", "call"),
    "closeTicket": ("ticket_closed", "call"),
    "newPhoneSecret": ("phone_secret_made", "endpoint"),
}
"""Operation → what stands in the audit, and which part of the path is the subject."""
OWN_MOVES: Final = frozenset({"call_moved", "call_ended", "recording_held"})
"""Of agents' own calls these stand on the call's timeline, and are not repeated here."""
HEARD_AGAIN_MS: Final = 600_000
"""A player asks for a recording in many parts, a page for its transcript again and again: within this time
they are one hearing."""


class Auditing:
    """Writes a line for each audited operation that was done."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._heard: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, watched if scope["type"] == "http" else send)
        if scope["type"] == "http" and 200 <= status < 300:
            await self._note(scope)

    async def _note(self, scope: Scope) -> None:
        operation = getattr(scope.get("route"), "operation_id", None)
        principal: Principal | None = scope.get("state", {}).get("principal")
        audit: Audit | None = getattr(scope["app"].state, "audit", None) if "app" in scope else None
        if operation not in AUDITED or principal is None or audit is None:
            return
        what, part = AUDITED[operation]
        subject = str(scope.get("path_params", {}).get(part, "")) if part else principal.user
        if what == "state_set" and subject == principal.user:
            return
        if what in OWN_MOVES and not principal.may(Permission.MOVE_CALLS):
            return
        if what.endswith(("_heard", "_read")) and self._again(principal.user, f"{what}:{subject}", audit):
            return
        detail: dict[str, Any] = scope.get("state", {}).get("audited", {})
        subject = str(detail.get("subject", subject))
        try:
            await audit.write(
                what,
                by=principal.user,
                role=principal.role,
                address=scope["client"][0] if scope.get("client") else "",
                subject=subject,
                detail={name: value for name, value in detail.items() if name != "subject"},
            )
        except DatabaseError as error:
            log.error("not in the audit", what=what, by=principal.user, why=str(error))

    def _again(self, user: str, subject: str, audit: Audit) -> bool:
        now_ms = audit.now_ms()
        before = self._heard.pop((user, subject), None)
        self._heard[user, subject] = now_ms if before is None or now_ms - before > HEARD_AGAIN_MS else before
        while len(self._heard) > 10_000:
            self._heard.popitem(last=False)
        return before is not None and now_ms - before <= HEARD_AGAIN_MS
