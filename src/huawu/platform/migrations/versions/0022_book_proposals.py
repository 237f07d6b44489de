"""Changes to the book that wait for somebody who may publish them."""

import sqlalchemy as sa
from alembic import op

revision = "0022_book_proposals"
down_revision = "0021_absent"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_proposals",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("from_number", sa.Integer, nullable=False),
        sa.Column("overrides", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("answered_by", sa.String(64), nullable=False),
        sa.Column("answered_ms", sa.BigInteger, nullable=True),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("became", sa.Integer, nullable=True),
    )
