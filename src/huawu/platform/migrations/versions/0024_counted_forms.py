"""For questions that read every form that was ever made, or every line of the audit: how many of a plan and
of a round stand where, and who did some one thing.
"""

from alembic import op

revision = "0024_counted_forms"
down_revision = "0023_long_lives"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_inspections_plan_state", "inspections", ["plan", "state"])
    op.create_index("ix_inspections_round_inspector_state", "inspections", ["round", "inspector", "state"])
    op.drop_index("ix_inspections_plan", "inspections")
    op.create_index("ix_audit_what_id", "audit", ["what", "id"])
