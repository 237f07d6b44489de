"""Findings of a call in one compressed piece, what rules say kept once, a line for each rule that counts."""

import hashlib
import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0014_packed_findings"
down_revision = "0013_findings"
branch_labels = None
depends_on = None

_WORST = ("breach", "pass", "unsure")
_OF_THE_RULE = (
    *("rule", "title", "part", "source", "severity", "points", "version"),
    *("expected", "hint", "reason"),
)
_OF_THE_CALL = ("verdict", "party", "agent", "from_ms", "to_ms", "found", "confidence")


def upgrade() -> None:
    connection = op.get_bind()
    op.drop_index("ix_findings_figures", "findings")
    op.rename_table("findings", "findings_before")
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE findings_before RENAME CONSTRAINT pk_findings TO pk_findings_before")
    op.create_table(
        "findings",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("call", "version", name="pk_findings"),
    )
    op.create_table(
        "wordings",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_wordings"),
    )
    op.create_table(
        "rule_verdicts",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("counts", sa.Integer, nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("call", "version", "rule", "agent", name="pk_rule_verdicts"),
    )
    _carry_over(connection)
    columns = ["counts", "rule", "ended_ms", "verdict", "agent", "queue"]
    op.create_index("ix_rule_verdicts_figures", "rule_verdicts", columns)
    op.drop_table("findings_before")


def _carry_over(connection: sa.Connection) -> None:
    before, packed, verdicts, wordings = (
        sa.Table(name, sa.MetaData(), autoload_with=connection)
        for name in ("findings_before", "findings", "rule_verdicts", "wordings")
    )
    said: dict[str, str] = {}
    calls = connection.execute(sa.select(before.c.call).distinct()).scalars().all()
    for start in range(0, len(calls), 200):
        some = before.c.call.in_(calls[start : start + 200])
        found: dict[tuple[str, str], list[sa.RowMapping]] = {}
        for row in connection.execute(sa.select(before).where(some)).mappings():
            found.setdefault((row["call"], row["version"]), []).append(row)
        for (call, version), rows in found.items():
            piece = {"call": call, "version": version, "packed": _packed(rows, said)}
            connection.execute(packed.insert(), piece)
            connection.execute(verdicts.insert(), list(map(_counted, _worst(rows))))
    if said:
        rows_of_it = [{"name": name, "record": text} for name, text in said.items()]
        connection.execute(wordings.insert(), rows_of_it)


def _packed(rows: list[sa.RowMapping], said: dict[str, str]) -> bytes:
    """The findings of a call, what their rules say put into `said`."""
    records = [json.loads(row["record"]) for row in rows]
    records.sort(key=lambda record: (record["from_ms"], record["id"]))
    pieces = []
    for record in records:
        text = _json({name: record[name] for name in _OF_THE_RULE})
        name = hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
        said[name] = text
        pieces.append([record["id"], name, *(record[own] for own in _OF_THE_CALL)])
    return zlib.compress(_json(pieces).encode(), 1)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _worst(rows: list[sa.RowMapping]) -> list[sa.RowMapping]:
    """One of a rule for each agent's part of a call."""
    worst: dict[tuple[str, str], sa.RowMapping] = {}
    for row in sorted(rows, key=lambda row: _WORST.index(row["verdict"])):
        worst.setdefault((row["rule"], row["agent"]), row)
    return list(worst.values())


def _counted(row: sa.RowMapping) -> dict[str, object]:
    names = ("call", "version", "rule", "agent", "verdict", "queue", "ended_ms")
    return {**{name: row[name] for name in names}, "counts": row["latest"]}
