"""Calls on record: the facts as they came, and rows derived from them to search by."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from huawu.platform.database import metadata

facts = Table(
    "facts",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("party", String(16), nullable=False),
    Column("fields", Text, nullable=False),  # JSON
    sqlite_with_rowid=False,
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("began_ms", BigInteger, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("number", String(64), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),  # "" while the call lasts
    Column("record", Text, nullable=False),  # JSON of `CallRecord`: all there is to show
    Index("ix_calls_newest", "began_ms", "id", "caller", "number", "agent"),  # all that is searched for text
    Index(None, "agent", "began_ms"),
    Index(None, "queue", "began_ms"),
    Index(None, "outcome", "began_ms"),
    Index(None, "caller", "began_ms"),
)

call_agents = Table(
    "call_agents",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("agent", String(64), primary_key=True),
    Index(None, "agent"),
)
"""Who had a call and sent the caller on, or dialled it: among their own, though `calls.agent` is another."""

recordings = Table(
    "recordings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call", String(64), nullable=False),
    Column("path", Text, nullable=False),  # below the data folder
    Column("began_ms", BigInteger, nullable=False),
    Column("length_ms", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("state", String(16), nullable=False),  # running | complete | partial | failed
    Index(None, "call"),
    Index(None, "began_ms"),
    Index(None, "path"),
)

kept = Table(
    "kept",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)
"""What a centre puts aside for its next life; see `kept.py`."""

toll_events = Table(
    "toll_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("what", String(16), nullable=False),  # stop | reset
    Column("by", String(64), nullable=False),  # who reset it; whose call set the alarm off
    Column("detail", Text, nullable=False),  # JSON of `tolls.Stop`; words for a reset
)
"""Every time costly calls were stopped, and every time somebody let them go again."""
