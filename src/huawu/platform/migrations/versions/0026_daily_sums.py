"""For long times and long lists: verdicts summed by day, an agent's verdicts and what is asked of many calls
in indexes, and how much a version of the configuration changed kept with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026_daily_sums"
down_revision = "0025_missed_rings"
branch_labels = None
depends_on = None

_OF = "v.ended_ms / 86400000, a.book, v.counts, v.rule"
_SUMS = (
    "sum(CASE WHEN v.verdict IN ('pass', 'breach') THEN 1 ELSE 0 END), "
    "sum(CASE WHEN v.verdict = 'breach' THEN 1 ELSE 0 END), "
    "sum(CASE WHEN v.verdict = 'unsure' THEN 1 ELSE 0 END)"
)
_SAME = "v.call = a.call AND v.version = a.version"


def upgrade() -> None:
    op.create_table(
        "verdict_days",
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_verdict_days"),
    )
    op.create_table(
        "verdict_sums",
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("queue", sa.String(64), nullable=True),
        sa.Column("book", sa.Integer, nullable=False),
        sa.Column("counts", sa.Integer, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("breaches", sa.Integer, nullable=False),
        sa.Column("unsure", sa.Integer, nullable=False),
    )
    into = "INSERT INTO verdict_sums (queue, day, book, counts, rule, calls, breaches, unsure)"
    op.execute(
        f"{into} SELECT v.queue, {_OF}, {_SUMS} FROM assessments a JOIN rule_verdicts v ON {_SAME} "
        f"GROUP BY v.queue, {_OF}"
    )
    op.execute(
        f"{into} SELECT NULL, day, book, counts, rule, sum(calls), sum(breaches), sum(unsure) "
        "FROM verdict_sums GROUP BY day, book, counts, rule"
    )
    op.execute("INSERT INTO verdict_days (day, changed) SELECT DISTINCT day, 0 FROM verdict_sums")
    op.create_index("ix_verdict_sums_day", "verdict_sums", ["day"])
    op.create_index("ix_verdict_sums_queue_day", "verdict_sums", ["queue", "day"])
    columns = ["agent", "ended_ms", "rule", "verdict", "queue", "counts"]
    op.create_index("ix_rule_verdicts_of_agents", "rule_verdicts", columns)
    newest = ["latest", "ended_ms", "call", "agent", "queue", "total", "fatal", "words", "breaches", "unsure"]
    op.create_index("ix_assessments_newest", "assessments", newest)
    op.create_index(
        "ix_assessments_of_agents", "assessments", ["agent", "latest", "ended_ms", "call", "queue"]
    )
    for name in ("ix_assessments_latest_ended_ms", "ix_assessments_agent_ended_ms"):
        op.drop_index(name, "assessments")
    op.add_column("configurations", sa.Column("changes", sa.Integer, nullable=True))
