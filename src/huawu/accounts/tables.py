"""People, their sessions and tokens, failed sign-ins, and what phones prove themselves with."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from huawu.platform.database import metadata

people = Table(
    "people",
    metadata,
    Column("user", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("role", String(32), nullable=False),
    Column("language", String(16), nullable=False),
    Column("password_hash", String(200), nullable=False),  # argon2id
    Column("must_change", Boolean(create_constraint=False), nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # hex of SHA-256(token): the token itself is not kept
    Column("user", String(64), ForeignKey("people.user", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index(None, "user"),
    Index(None, "expires_ms"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # permissions, parted by spaces
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("expires_ms", BigInteger, nullable=True),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(160), primary_key=True),  # user:… or address:…
    Column("failures", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("locked_until_ms", BigInteger, nullable=False),
)

endpoint_secrets = Table(
    "endpoint_secrets",
    metadata,
    Column("endpoint", String(64), primary_key=True),
    Column("user", String(64), nullable=False),
    Column("realm", String(120), nullable=False),
    Column("ha1_sha256", String(64), nullable=False),
    Column("ha1_md5", String(32), nullable=False),
    Column("password", String(200), nullable=False),  # "" unless the demo must print it
    Column("updated_ms", BigInteger, nullable=False),
)

lent_phones = Table(
    "lent_phones",
    metadata,
    Column("user", String(64), primary_key=True),  # one page at a time has a person's phone
    Column("loan", String(100), nullable=False),
    Column("endpoint", String(64), nullable=False),
    Column("session", String(64), nullable=False),  # `sessions.token_hash`; with it the loan ends
    Column("ha1_sha256", String(64), nullable=False),
    Column("ha1_md5", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("browser", String(200), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("lent_ms", BigInteger, nullable=False, server_default="0"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String(100), nullable=False),
    Column("role", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Index(None, "at_ms"),
    Index(None, "by", "at_ms"),
    Index(None, "subject", "at_ms"),
    Index(None, "what", "id"),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user", String(64), primary_key=True),
    Column("secret", String(64), nullable=False),  # base32; "" = not enrolled (yet)
    Column("pending", String(64), nullable=False),  # shown, and not confirmed by a code yet
    Column("last_step", BigInteger, nullable=False),  # of the last code taken: none counts twice
    Column("recovery", Text, nullable=False),  # JSON: hashes of the codes not used yet
)

people_here = Table(
    "people_here",
    metadata,
    Column("user", String(64), primary_key=True),
    Column("made_here", Boolean(create_constraint=False), nullable=False),  # not by the configuration
    Column("blocked", Boolean(create_constraint=False), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
"""What administrators decided about people here, beside what the configuration says."""
