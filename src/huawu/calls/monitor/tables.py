"""What leaders set for a while, what they did about lost callers, and which warnings they took note of."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from huawu.platform.database import metadata

steering = Table(
    "steering",
    metadata,
    Column("kind", String(16), primary_key=True),  # door | divert | move
    Column("subject", String(64), primary_key=True),  # the queue or the agent
    Column("at_ms", BigInteger, nullable=False),
    Column("record", Text, nullable=False),  # JSON of `steering.AnyRuling`
)

lost_calls = Table(
    "lost_calls",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),  # when somebody did something about it
    Column("record", Text, nullable=False),  # JSON of `monitor.views.LostCall`
    Index(None, "at_ms"),
)

seen_warnings = Table(
    "seen_warnings",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("about", String(64), primary_key=True),  # a queue, an agent, or "" = the centre
    Column("by", String(64), nullable=False),
    Column("by_name", String(200), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
