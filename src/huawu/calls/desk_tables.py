"""What people write about calls, and what they ask their shift leader."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from huawu.platform.database import metadata

call_notes = Table(
    "call_notes",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("version", Integer, nullable=False),  # from 1, one more each time
    Column("text", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

wrap_ups = Table(
    "wrap_ups",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("agent", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("disposition", String(200), nullable=False),  # complaint.attitude
    Column("summary", Text, nullable=False),
    Column("deadline_ms", BigInteger, nullable=True),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "disposition", "at_ms"),
    Index(None, "deadline_ms"),
)

help_requests = Table(
    "help_requests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("agent", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("record", Text, nullable=False),  # JSON of `desk_views.HelpRequest`
    Index(None, "at_ms"),
    Index(None, "agent", "at_ms"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("call", String(64), nullable=False),
    Column("seen", Integer, nullable=False),
    Column("record", Text, nullable=False),  # JSON of `help_desk.Alarm`
    Index(None, "at_ms"),
    Index(None, "call"),
)
