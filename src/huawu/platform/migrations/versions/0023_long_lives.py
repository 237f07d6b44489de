"""Which known recording began last is asked for every few seconds, whose a file is at each start."""

from alembic import op

revision = "0023_long_lives"
down_revision = "0022_book_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_hearings_zero_ms", "hearings", ["zero_ms"])
    op.create_index("ix_recordings_path", "recordings", ["path"])
