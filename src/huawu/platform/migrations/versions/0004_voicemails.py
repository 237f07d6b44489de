"""Voicemails, surveys, and announcements with who changed them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voicemails",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("caller_name", sa.String(128), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("recording", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("length_ms", sa.BigInteger, nullable=False),
        sa.Column("taken_by", sa.String(64), nullable=False),
        sa.Column("taken_ms", sa.BigInteger, nullable=True),
        sa.Column("done_by", sa.String(64), nullable=False),
        sa.Column("done_ms", sa.BigInteger, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "voicemails", ["state", "queue"])
    op.create_index(None, "voicemails", ["created_ms", "id"])
    op.create_table(
        "surveys",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("comment_path", sa.Text, nullable=False),
        sa.Column("comment_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("call"),
    )
    op.create_index(None, "surveys", ["at_ms"])
    op.create_table(
        "notices",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "notice_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("notice", sa.String(64), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "notice_events", ["at_ms"])
