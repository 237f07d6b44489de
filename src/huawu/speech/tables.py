"""Recordings to be heard, and what was heard in them.

Words stand beside a call's timeline, not in it: workers write them whenever they are done, while the centre
goes on numbering the timeline's facts (docs/decisions/0034).
"""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from huawu.platform.database import metadata

hearings = Table(
    "hearings",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("recording", String(64), nullable=False),
    Column("path", Text, nullable=False),  # below the data folder
    Column("zero_ms", BigInteger, nullable=False),  # when the recording began
    Column("language", String(16), nullable=False),  # "" = not known
    Column("state", String(16), nullable=False),  # waiting | claimed | done | failed
    Column("claimed_by", String(64), nullable=False),
    Column("claim_until_ms", BigInteger, nullable=False),  # 0 = nobody's
    Column("attempts", Integer, nullable=False),
    Column("progress", Float, nullable=False),  # 0–1
    Column("created_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger, nullable=False),  # 0 = not yet; also when it failed
    Column("audio_ms", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),  # the recogniser
    Column("notes", Text, nullable=False),  # separated by spaces
    Column("error", Text, nullable=False),
    Column("cause", Text, nullable=False, server_default=""),  # JSON of why it failed
    Index(None, "state", "created_ms"),
    Index(None, "done_ms"),
    Index(None, "zero_ms"),
)

said = Table(
    "said",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("nth", Integer, primary_key=True, autoincrement=False),  # in the order of their beginnings
    Column("party", String(16), nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # its end
    Column("fields", Text, nullable=False),  # JSON of a `said` fact's fields
    sqlite_with_rowid=False,
)

utterances = Table(
    "utterances",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("zero_ms", BigInteger, nullable=False),
    Column("party", String(16), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("language", String(16), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # waiting | claimed | done
    Column("claimed_by", String(64), nullable=False),
    Column("fields", Text, nullable=False),  # JSON of a `said` fact's fields; "" = no words
    Index(None, "state", "created_ms"),
    Index(None, "created_ms"),
)
"""What was just said in calls that go on, to be heard at once; kept for minutes only."""

workers = Table(
    "speech_workers",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),
    Column("recogniser", String(64), nullable=False),
    Column("live", Integer, nullable=False),  # 1 = it has a core to spare for what is said just now
)
