"""The HTTP interface of docs/api.md, except sound and the live socket."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.audit import Audit
from huawu.accounts.errors import LockedOut, WrongCredentials
from huawu.accounts.roles import Permission
from huawu.accounts.second_factor import CodeNeeded
from huawu.accounts.service import Accounts, Principal
from huawu.calls.call_papers import CallPapers
from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter
from huawu.calls.old_recordings import Keeping, as_kept
from huawu.calls.record import CallRecord
from huawu.calls.toll_desk import TollsView
from huawu.platform.metrics import CONTENT_TYPE, Metrics
from huawu.web import views
from huawu.web.auth import COOKIE, forbidden, may, principal_of, same_origin, signed_in
from huawu.web.errors import Refused, json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1")
SEES_CALLS = (Permission.SEE_CALLS, Permission.SEE_OWN_CALLS)


class SignIn(BaseModel):
    user: str = Field(max_length=64)
    password: str = Field(max_length=256)
    code: str = Field(default="", max_length=32)


class PasswordWanted(BaseModel):
    old: str = Field(max_length=256)
    new: str = Field(max_length=256)


class StateWanted(BaseModel):
    state: Literal["ready", "break", "signed_out"]
    reason: str = Field(default="", max_length=64)


class ResetWanted(BaseModel):
    why: str = Field(default="", max_length=200)


class SimulationWanted(BaseModel):
    on: bool


def centre_of(request: Request) -> CentrePort:
    centre: CentrePort = request.app.state.centre
    return centre


Centre = Annotated[CentrePort, Depends(centre_of)]
Anybody = Annotated[Principal, Depends(signed_in)]
Watcher = Annotated[Principal, Depends(may(Permission.WATCH))]
Caller = Annotated[Principal, Depends(may(*SEES_CALLS))]


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────


@router.post("/session", tags=["session"], operation_id="signIn", responses=gives(views.Me))
async def sign_in(request: Request, wanted: SignIn) -> Response:
    """Sign in; the session is kept in a cookie."""
    if not same_origin(request):
        raise Refused(
            403, "other_origin", "This page does not belong to this centre. Open the centre's own page."
        )
    accounts: Accounts = request.app.state.accounts
    address = request.client.host if request.client else ""
    audit: Audit | None = getattr(request.app.state, "audit", None)
    try:
        session = await accounts.sign_in(wanted.user, wanted.password, address=address, code=wanted.code)
    except (WrongCredentials, LockedOut) as refusal:
        if audit is not None and not isinstance(refusal, CodeNeeded):
            why = type(refusal).__name__
            await audit.write("sign_in_failed", by=wanted.user, address=address, detail={"why": why})
        raise
    if audit is not None:
        role = session.principal.role
        await audit.write("signed_in", by=wanted.user, role=role, address=address, subject=wanted.user)
    answer = json(_me(request, session.principal))
    answer.set_cookie(
        COOKIE, session.token, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
    return answer


@router.get("/session", tags=["session"], operation_id="whoAmI", responses=gives(views.Me))
async def session(request: Request, who: Anybody) -> Response:
    """Who is signed in."""
    return json(_me(request, who))


@router.delete("/session", tags=["session"], operation_id="signOut", status_code=204)
async def sign_out(request: Request, _who: Anybody) -> Response:
    """End the session."""
    accounts: Accounts = request.app.state.accounts
    await accounts.sign_out(request.cookies.get(COOKIE, ""))
    await request.app.state.sessions_ended()
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.put("/session/password", tags=["session"], operation_id="changePassword", status_code=204)
async def change_password(request: Request, who: Anybody, wanted: PasswordWanted) -> Response:
    """Change one's own password; one's other sessions end."""
    if not who.csrf:
        raise forbidden()  # a programme has none
    accounts: Accounts = request.app.state.accounts
    await accounts.change_own_password(
        who.user,
        wanted.old,
        wanted.new,
        session=request.cookies.get(COOKIE, ""),
        address=request.client.host if request.client else "",
    )
    await request.app.state.sessions_ended()
    return Response(status_code=204)


# ── The centre, queues, agents ────────────────────────────────────────────────────────────────────


@router.get("/centre", tags=["centre"], operation_id="centre", responses=gives(views.CentreView))
async def about(centre: Centre, _who: Anybody) -> Response:
    """What this centre is."""
    return json(centre.about())


@router.get("/queues", tags=["queues"], operation_id="queues", responses=gives(views.Queues))
async def queues(centre: Centre, _who: Watcher) -> Response:
    """All queues now."""
    return json(views.Queues(queues=list(centre.queues())))


@router.get("/agents", tags=["agents"], operation_id="agents", responses=gives(views.Agents))
async def agents(centre: Centre, who: Watcher) -> Response:
    """All agents now."""
    return json(views.Agents(agents=[_agent(agent, who) for agent in centre.agents()]))


@router.post(
    "/agents/{agent}/state", tags=["agents"], operation_id="setAgentState", responses=gives(views.AgentView)
)
async def set_state(
    request: Request, centre: Centre, who: Anybody, agent: str, wanted: StateWanted
) -> Response:
    """Ready, break or signed out: one's own state, or anybody's with the right to."""
    own = agent == who.user and who.may(Permission.SET_OWN_STATE)
    if not own and not who.may(Permission.SET_STATES):
        raise forbidden()
    view = await centre.set_agent_state(agent, wanted.state, wanted.reason, who.user)
    request.state.audited = {"state": wanted.state, "reason": wanted.reason}
    return json(_agent(view, who))


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────


@router.get("/calls", tags=["calls"], operation_id="calls", responses=gives(views.Calls))
async def calls(
    request: Request,
    centre: Centre,
    who: Caller,
    query: Annotated[str, Query(max_length=64)] = "",
    state: Annotated[str, Query(max_length=16)] = "",
    queue: Annotated[str, Query(max_length=64)] = "",
    agent: Annotated[str, Query(max_length=64)] = "",
    outcome: Annotated[str, Query(max_length=16)] = "",
    from_ms: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    to_ms: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    disposition: Annotated[str, Query(max_length=200)] = "",
    urgent: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Calls on record, newest first; agents see those they took."""
    if not who.may(Permission.SEE_CALLS):
        agent = who.user
    wanted = CallFilter(
        query=query,
        state=state,
        queue=queue,
        agent=agent,
        outcome=outcome,
        from_ms=from_ms,
        to_ms=to_ms,
        disposition=disposition,
        urgent=urgent,
    )
    page = await centre.find_calls(wanted, limit=limit, cursor=cursor or None)
    found = await _as_kept(request, centre, page.calls)
    names = {one.id: one.name for one in centre.agents()}
    whole = who.may(Permission.SEE_NUMBERS)
    filed = await papers_of(request).dispositions([record.id for record in found])
    shown = [
        views.Call(
            **views.fields_of(record, names, whole_number=whole),
            disposition=filed.get(record.id, ""),
        )
        for record in found
    ]
    return json(views.Calls(calls=shown, next=page.next))


@router.get("/calls/{call}", tags=["calls"], operation_id="call", responses=gives(views.CallWithFacts))
async def one_call(request: Request, centre: Centre, who: Caller, call: str) -> Response:
    """One call with its timeline."""
    record, facts = await call_seen_by(centre, who, call)
    [record] = await _as_kept(request, centre, [record])
    names = {one.id: one.name for one in centre.agents()}
    whole = who.may(Permission.SEE_NUMBERS)
    fields = views.fields_of(record, names, whole_number=whole)
    over = record.ended_ms is not None
    shown = [views.fact_view(fact, whole_number=whole) for fact in facts if over or fact.kind != "rated"]
    papers = papers_of(request)
    note, filed = await papers.note(call), await papers.wrap_ups(call)
    filed = [msgspec.structs.replace(one, agent_name=names.get(one.agent, one.agent)) for one in filed]
    return json(
        views.CallWithFacts(
            **fields,
            disposition=filed[-1].disposition if filed else "",
            facts=shown,
            note=note if note.version else None,
            wrap_ups=filed,
        )
    )


async def _as_kept(request: Request, centre: CentrePort, records: Sequence[CallRecord]) -> list[CallRecord]:
    """Telling whose recordings are kept no longer."""
    return await as_kept(records, Keeping.of(centre.configuration), centre.now_ms(), request.app.state.data)


async def call_seen_by(centre: CentrePort, who: Principal, call: str) -> tuple[CallRecord, list[Fact]]:
    """The call, if there is one and this viewer may see it; raises 404 else."""
    found = await centre.call(call)
    if found is None or not (who.may(Permission.SEE_CALLS) or found[0].talked_to(who.user)):
        raise Refused(404, "not_found", f"There is no call {call[:64]!r} that you may see.")
    return found


# ── Calls outside ─────────────────────────────────────────────────────────────────────────────────


@router.get("/tolls", tags=["tolls"], operation_id="tolls", responses=gives(TollsView))
async def tolls(
    centre: Centre, _who: Annotated[Principal, Depends(may(Permission.SEE_CALLS, Permission.RESET_TOLLS))]
) -> Response:
    """What was called outside today, and whether costly calls are stopped."""
    return json(await centre.tolls())


@router.post("/tolls/reset", tags=["tolls"], operation_id="resetTolls", responses=gives(TollsView))
async def reset_tolls(
    centre: Centre, who: Annotated[Principal, Depends(may(Permission.RESET_TOLLS))], wanted: ResetWanted
) -> Response:
    """Let costly calls leave again; on record with who did it and why. 409 when they are not stopped."""
    return json(await centre.reset_tolls(who.user, wanted.why))


# ── The demo's traffic ────────────────────────────────────────────────────────────────────────────


@router.get(
    "/simulation", tags=["simulation"], operation_id="simulation", responses=gives(views.SimulationView)
)
async def simulation(centre: Centre, _who: Watcher) -> Response:
    """Whether simulated callers call."""
    return json(centre.simulation())


@router.post(
    "/simulation", tags=["simulation"], operation_id="setSimulation", responses=gives(views.SimulationView)
)
async def set_simulation(
    centre: Centre, _who: Annotated[Principal, Depends(may(Permission.SIMULATE))], wanted: SimulationWanted
) -> Response:
    """Let simulated callers call, or stop them."""
    if not centre.simulation().available:
        raise Refused(
            409, "no_simulation", "There are no simulated callers here. Start the centre as a demo."
        )
    return json(await centre.set_simulation(wanted.on))


# ── For those who run it ──────────────────────────────────────────────────────────────────────────


@router.get("/health", tags=["operation"], operation_id="health", responses=gives(views.Health))
async def health(centre: Centre) -> Response:
    """200 while the database answers and takes what is written."""
    await centre.check()
    writing = centre.writing
    told = views.Health(
        status="ok" if writing.state == "writing" else "not_writing",
        switch="up" if centre.switch_up else "down",
        facts_waiting=writing.waiting,
        facts_lost=writing.lost,
    )
    return json(told, 200 if told.status == "ok" else 503)


@router.get("/metrics", tags=["operation"], operation_id="metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Figures in Prometheus' text form: for this machine itself, or with a token that may `measure`."""
    if not _on_this_machine(request):
        who = await principal_of(request)
        if who is None or not who.may(Permission.MEASURE):
            raise forbidden()
    kept: Metrics = request.app.state.metrics
    return Response(kept.text(), media_type=CONTENT_TYPE)


def _on_this_machine(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def papers_of(request: Request) -> CallPapers:
    """What people wrote about calls."""
    papers: CallPapers = request.app.state.papers
    return papers


def _me(request: Request, who: Principal) -> views.Me:
    return views.Me(
        user=who.user,
        name=who.name,
        role=who.role,
        language=who.language,
        csrf=who.csrf,
        permissions=sorted(who.permissions),
        agent=any(agent.id == who.user for agent in centre_of(request).agents()),
        phone=request.app.state.phone_of(who.user),
        must_change=who.must_change,
        second_factor=views.SecondFactor(enrolled=who.second_factor, required=who.second_factor_required),
    )


def _agent(agent: views.AgentView, who: Principal) -> views.AgentView:
    return agent if who.may(Permission.SEE_NUMBERS) else views.without_number(agent)
