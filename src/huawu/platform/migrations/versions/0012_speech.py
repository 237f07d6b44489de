"""Recordings to be heard, what was heard, and the workers who hear."""

import sqlalchemy as sa
from alembic import op

revision = "0012_speech"
down_revision = "0011_quality"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hearings",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("recording", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("zero_ms", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("claimed_by", sa.String(64), nullable=False),
        sa.Column("claim_until_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("done_ms", sa.BigInteger, nullable=False),
        sa.Column("audio_ms", sa.BigInteger, nullable=False),
        sa.Column("took_ms", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call"),
    )
    op.create_index(None, "hearings", ["state", "created_ms"])
    op.create_index(None, "hearings", ["done_ms"])
    op.create_table(
        "said",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("nth", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("party", sa.String(16), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call", "nth"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "utterances",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("zero_ms", sa.BigInteger, nullable=False),
        sa.Column("party", sa.String(16), nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("claimed_by", sa.String(64), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "utterances", ["state", "created_ms"])
    op.create_index(None, "utterances", ["created_ms"])
    op.create_table(
        "speech_workers",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.Column("recogniser", sa.String(64), nullable=False),
        sa.Column("live", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
