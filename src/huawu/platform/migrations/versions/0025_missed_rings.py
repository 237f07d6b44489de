"""For appeals of who let a call ring: a form of theirs beside that of the agent who had the call."""

import sqlalchemy as sa
from alembic import op

revision = "0025_missed_rings"
down_revision = "0024_counted_forms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inspections", sa.Column("missed", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("uq_inspections_call_round_inspector", "inspections")
    op.create_index(
        "uq_inspections_call_round_inspector_agent",
        "inspections",
        ["call", "round", "inspector", "agent"],
        unique=True,
    )
