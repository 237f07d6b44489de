"""What inspection keeps: verdicts, what people say of them, plans, rounds, and versions of the book."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, String, Table, Text, text

from huawu.platform.database import metadata

assessments = Table(
    "assessments",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),  # of the book, centre's own changes included
    Column("book", Integer, nullable=False),  # the centre's number of it; 0 = as shipped
    Column("latest", Integer, nullable=False),  # 1 = judged last; figures count only these
    Column("judged_ms", BigInteger, nullable=False),
    Column("began_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("total", Float, nullable=True),  # 0–100; null = nothing applied
    Column("lost", Float, nullable=False),  # points
    Column("fatal", Integer, nullable=False),
    Column("words", Integer, nullable=False),  # 1 = what was said is judged too
    Column("breaches", Integer, nullable=False),
    Column("unsure", Integer, nullable=False),
    Column("complaint", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("record", Text, nullable=False),  # JSON of `assessment.Rest`
    Index(
        "ix_assessments_newest",  # with all that lists and figures ask for of many: none of them is read
        *("latest", "ended_ms", "call", "agent", "queue", "total", "fatal", "words", "breaches", "unsure"),
    ),
    Index("ix_assessments_of_agents", "agent", "latest", "ended_ms", "call", "queue"),
)

findings = Table(
    "findings",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("packed", LargeBinary, nullable=False),  # all of an assessment: see `packing`
)

wordings = Table(
    "wordings",
    metadata,
    Column("name", String(16), primary_key=True),  # a digest of the record
    Column("record", Text, nullable=False),  # JSON of `packing.Wording`
)
"""What rules said in findings: a hundred or so for each version of the book."""

rule_verdicts = Table(
    "rule_verdicts",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("rule", String(64), primary_key=True),
    Column("agent", String(64), primary_key=True),
    Column("verdict", String(16), nullable=False),  # pass | breach | unsure: the worst, see `counting`
    Column("counts", Integer, nullable=False),  # 1 = of the latest assessment
    Column("queue", String(64), nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("scored", Integer, nullable=False, server_default="1"),  # 0 = of who never came to the call
    Index(
        "ix_rule_verdicts_absent",
        "agent",
        sqlite_where=text("scored = 0"),
        postgresql_where=text("scored = 0"),
    ),
    Index("ix_rule_verdicts_figures", "counts", "rule", "ended_ms", "verdict", "agent", "queue"),
    Index("ix_rule_verdicts_of_agents", "agent", "ended_ms", "rule", "verdict", "queue", "counts"),
)
"""What figures count: one line for each rule that applied to an agent's part of a call."""

verdict_days = Table(
    "verdict_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # of UTC, since 1970; calls ended in it
    Column("changed", Integer, nullable=False),  # 1 = to be summed anew before its sums are read
)
"""The days that have verdicts, and which of them changed since they were summed: see `daily_sums`."""

verdict_sums = Table(
    "verdict_sums",
    metadata,
    Column("day", Integer, nullable=False),
    Column("queue", String(64), nullable=True),  # null = all queues together
    Column("book", Integer, nullable=False),  # the centre's number of it
    Column("counts", Integer, nullable=False),  # as of `rule_verdicts`
    Column("rule", String(64), nullable=False),
    Column("calls", Integer, nullable=False),  # in which it was kept or broken
    Column("breaches", Integer, nullable=False),
    Column("unsure", Integer, nullable=False),
    Index(None, "day"),
    Index(None, "queue", "day"),
)
"""`rule_verdicts` of a day added up, whosever they are."""

judging = Table(
    "judging",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # waiting | broken
    Column("why", String(16), nullable=False),  # ended | words | deadline | asked
    Column("due_ms", BigInteger, nullable=False),
    Column("wanted", Integer, nullable=False),  # one more each time somebody asks
    Column("claimed_by", String(64), nullable=False),
    Column("claimed_until_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("cause", Text, nullable=False, server_default=""),  # JSON of why it is broken
    Index(None, "state", "due_ms"),
)
"""Calls to be judged: one line each, claimed by whoever judges it, gone when it is done."""

inspections = Table(
    "inspections",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call", String(64), nullable=False),
    Column("plan", String(64), nullable=False),  # "" = by hand
    Column("round", String(64), nullable=False),  # "" = none
    Column("inspector", String(64), nullable=False),  # "" = the machine
    Column("agent", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=True),
    Column("wakes_ms", BigInteger, nullable=True),  # when it closes by itself
    Column("decided_by", String(64), nullable=False),
    Column("record", Text, nullable=False),  # JSON of `forms.Form`
    Column("missed", Integer, nullable=False, server_default="0"),  # 1 = the agent never came to the call
    Index("uq_inspections_call_round_inspector_agent", "call", "round", "inspector", "agent", unique=True),
    Index(None, "inspector", "state"),
    Index(None, "agent", "state"),
    Index(None, "plan", "state"),
    Index(None, "round", "inspector", "state"),
    Index(None, "wakes_ms"),
)

inspection_plans = Table(
    "inspection_plans",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # draft | started
    Column("by", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger, nullable=True),
    Column("record", Text, nullable=False),  # JSON of `plans.Drawn`
    Index(None, "at_ms"),
)

calibration_rounds = Table(
    "calibration_rounds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # open | complete
    Column("by", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("record", Text, nullable=False),  # JSON of `rounds.RoundTerms`
    Index(None, "at_ms"),
)

book_versions = Table(
    "book_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, only growing
    Column("version", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("rolled_back_to", Integer, nullable=True),
    Column("overrides", Text, nullable=False),  # JSON, as the centre wrote them
)

book_proposals = Table(
    "book_proposals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, only growing
    Column("from_number", Integer, nullable=False),  # the version that was changed
    Column("overrides", Text, nullable=False),  # JSON, as of `book_versions`
    Column("why", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # open | published | returned; one at most is open
    Column("answered_by", String(64), nullable=False),
    Column("answered_ms", BigInteger, nullable=True),
    Column("word", Text, nullable=False),  # to whoever proposed
    Column("became", Integer, nullable=True),  # the version it was published as
)
