"""Figures count one finding of a rule for each agent's part of a call, from an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0013_findings"
down_revision = "0012_speech"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("findings", sa.Column("counts", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE findings SET counts = latest")
    op.drop_index("ix_findings_latest_rule_ended_ms", "findings")
    columns = ["counts", "rule", "ended_ms", "verdict", "agent", "queue"]
    op.create_index("ix_findings_figures", "findings", columns)
