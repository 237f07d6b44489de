"""For questions that went through years of calls: which known recording began last, whose file it is, and
in whose number these digits are.
"""

from alembic import op

revision = "0023_long_lives"
down_revision = "0022_book_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_hearings_zero_ms", "hearings", ["zero_ms"])
    op.create_index("ix_recordings_path", "recordings", ["path"])
    op.create_index("ix_calls_newest", "calls", ["began_ms", "id", "caller", "number", "agent"])
    op.drop_index("ix_calls_began_ms_id", "calls")
