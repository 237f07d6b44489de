"""Calls that the centre or an agent made have outcomes of their own, in calls of old too."""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0018_not_reached"
down_revision = "0017_causes"
branch_labels = None
depends_on = None

AT_ONCE = 500
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
    outgoing = calls.c.record.contains('"direction":"out"', autoescape=True)
    ended = sa.select(calls.c.id).where(calls.c.outcome.not_in(("", "answered")), outgoing)
    names = connection.execute(ended).scalars().all()
    for first in range(0, len(names), AT_ONCE):
        _derive_anew(connection, calls, facts, names[first : first + AT_ONCE])


def _derive_anew(connection: sa.Connection, calls: sa.Table, facts: sa.Table, names: Sequence[str]) -> None:
    """As `calls.record` does it: why the one called did not come says more than how the call ended."""
    why: dict[str, str] = {}
    failed = (
        sa.select(facts.c.call, facts.c.fields)
        .where(facts.c.call.in_(names), facts.c.kind == "transfer_failed")
        .order_by(facts.c.call, facts.c.seq)
    )
    for call, fields in connection.execute(failed):
        why[call] = str(json.loads(fields).get("reason") or "")
    for call, text in connection.execute(
        sa.select(calls.c.id, calls.c.record).where(calls.c.id.in_(names))
    ).all():
        record = json.loads(text)
        if record.get("direction") != "out" or record.get("bridged_ms") is not None:
            continue
        reason = why.get(call) or record.get("reason", "")
        record["outcome"] = outcome = OUTCOMES.get(reason, "cancelled")
        if why.get(call):
            record["not_reached"] = why[call]
        encoded = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        connection.execute(sa.update(calls).where(calls.c.id == call).values(outcome=outcome, record=encoded))
