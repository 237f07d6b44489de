"""Who had a call and sent the caller on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_agents",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("call", "agent"),
    )
    op.create_index(None, "call_agents", ["agent"])
