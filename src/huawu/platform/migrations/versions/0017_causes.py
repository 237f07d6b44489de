"""Why a call cannot be judged or heard, as a code with values beside the text."""

import sqlalchemy as sa
from alembic import op

revision = "0017_causes"
down_revision = "0016_called_back"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("judging", "hearings"):
        op.add_column(table, sa.Column("cause", sa.Text, nullable=False, server_default=""))
