"""Callers who left to be called back have an outcome of their own, in calls of old too."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0016_called_back"
down_revision = "0015_seen_warnings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    calls, facts = (sa.Table(name, sa.MetaData(), autoload_with=connection) for name in ("calls", "facts"))
    agreed = sa.exists().where(facts.c.call == calls.c.id, facts.c.kind == "callback_agreed")
    otherwise = calls.c.outcome.in_(("refused", "abandoned", "failed"))
    rows = connection.execute(sa.select(calls.c.id, calls.c.record).where(otherwise, agreed)).all()
    for call, record in rows:
        changed = json.loads(record) | {"outcome": "callback", "callback_agreed": True}
        connection.execute(
            sa.update(calls)
            .where(calls.c.id == call)
            .values(outcome="callback", record=json.dumps(changed, ensure_ascii=False, separators=(",", ":")))
        )
