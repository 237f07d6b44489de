"""The audit, second factors, and people who are not in the configuration."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "audit", ["at_ms"])
    op.create_index(None, "audit", ["by", "at_ms"])
    op.create_index(None, "audit", ["subject", "at_ms"])
    op.create_table(
        "second_factors",
        sa.Column("user", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("pending", sa.String(64), nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("recovery", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    op.create_table(
        "people_here",
        sa.Column("user", sa.String(64), nullable=False),
        sa.Column("made_here", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("blocked", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
