"""Loans of phones in the order in which they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0020_lent_ms"
down_revision = "0019_direct"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lent_phones", sa.Column("lent_ms", sa.BigInteger, nullable=False, server_default="0"))
