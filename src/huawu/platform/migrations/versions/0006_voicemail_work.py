"""Voicemails as work that is given to agents for a time, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("voicemails", sa.Column("result", sa.String(16), nullable=False, server_default=""))
    op.add_column("voicemails", sa.Column("until_ms", sa.BigInteger, nullable=True))
    op.add_column("voicemails", sa.Column("passed", sa.Text, nullable=False, server_default=""))
