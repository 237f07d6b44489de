"""Who took note of a warning, for the centre's next life."""

import sqlalchemy as sa
from alembic import op

revision = "0015_seen_warnings"
down_revision = "0014_packed_findings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seen_warnings",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("by_name", sa.String(200), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", "about"),
    )
