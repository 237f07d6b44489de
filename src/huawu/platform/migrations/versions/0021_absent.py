"""Verdicts on agents who never came to the call: found by agent, for there are few."""

import sqlalchemy as sa
from alembic import op

revision = "0021_absent"
down_revision = "0020_lent_ms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule_verdicts", sa.Column("scored", sa.Integer, nullable=False, server_default="1"))
    few = sa.text("scored = 0")
    op.create_index(
        "ix_rule_verdicts_absent", "rule_verdicts", ["agent"], sqlite_where=few, postgresql_where=few
    )
