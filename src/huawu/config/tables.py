"""The kept configurations: every version ever taken over, as text."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from huawu.platform.database import metadata

configurations = Table(
    "configurations",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("comment", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("changes", Integer, nullable=True),  # since the version before; null = nobody counted them yet
)
