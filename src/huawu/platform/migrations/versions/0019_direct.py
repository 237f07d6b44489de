"""Calls straight to a person, and those of our own phones that lead nowhere, say what became of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019_direct"
down_revision = "0018_not_reached"
branch_labels = None
depends_on = None

AT_ONCE = 500
TOLD_BY = ("offered", "transfer", "transfer_failed")
FAILED = ("failed", "congestion", "media_timeout", "incompatible", "shutdown", "switch_lost", "recovered")
UNANSWERED = (
    *("no_answer", "unavailable", "unreachable", "phone_lost"),
    *("redial_missed", "no_agent", "wait_over", "line_full"),
)
OUTCOMES = (
    dict.fromkeys(FAILED, "failed")
    | dict.fromkeys(UNANSWERED, "unanswered")
    | {"busy": "busy", "not_found": "not_found"}
    | dict.fromkeys(("declined", "forbidden", "not_allowed"), "refused")
)


def upgrade() -> None:
    connection = op.get_bind()
    calls, facts = (sa.Table(name, sa.MetaData(), autoload_with=connection) for name in ("calls", "facts"))
    may_be = calls.c.outcome.in_(("self_service", "refused", "abandoned", "failed"))
    names = connection.execute(sa.select(calls.c.id).where(may_be, calls.c.queue == "")).scalars().all()
    for first in range(0, len(names), AT_ONCE):
        _derive_anew(connection, calls, facts, names[first : first + AT_ONCE])


def _derive_anew(connection: sa.Connection, calls: sa.Table, facts: sa.Table, names: Sequence[str]) -> None:
    """As `calls.record` does it."""
    told: dict[str, dict[str, Any]] = {name: {} for name in names}
    for call, kind, fields in connection.execute(
        sa.select(facts.c.call, facts.c.kind, facts.c.fields)
        .where(facts.c.call.in_(names), facts.c.kind.in_(TOLD_BY))
        .order_by(facts.c.call, facts.c.seq)
    ):
        told[call][kind] = json.loads(fields)
    for call, text in connection.execute(
        sa.select(calls.c.id, calls.c.record).where(calls.c.id.in_(names))
    ).all():
        record = json.loads(text)
        if (changed := _changed(record, told[call])) is None:
            continue
        encoded = json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
        now = sa.update(calls).where(calls.c.id == call)
        connection.execute(now.values(outcome=changed["outcome"], record=encoded))


def _changed(record: dict[str, Any], told: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The record as it would be derived today; None: as it is."""
    if record.get("direction") == "out" or any(
        record.get(each) for each in ("flow", "queued_ms", "bridged_ms")
    ):
        return None
    internal = bool(told.get("offered", {}).get("endpoint"))
    direct = "transfer" in told
    if internal:
        record["internal"] = True
    if direct:
        record["direct"] = True
        why = str(told.get("transfer_failed", {}).get("reason") or "")
        if why:
            record["not_reached"] = why
        outcome = OUTCOMES.get(why or record.get("reason", ""), "cancelled")
        record["outcome"] = "abandoned" if outcome == "cancelled" and not internal else outcome
    elif internal and record.get("answered_ms") is None:
        record["outcome"] = OUTCOMES.get(record.get("reason", ""), "cancelled")
    return record if internal or direct else None
