"""What a process is told from outside: environment variables `HUAWU_…`, or the command line instead."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One centre's settings; every field may be given as `HUAWU_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="HUAWU_", extra="ignore")

    data_dir: Path = Path("data")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65_535)
    sip: tuple[str, ...] = ("0.0.0.0:5060",)
    rtp_first: int = Field(default=20_000, ge=1_024, le=65_534)
    rtp_last: int = Field(default=29_999, ge=1_025, le=65_535)
    public_address: str = ""
    database_url: str = ""
    demo: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @field_validator("rtp_last")
    @classmethod
    def _range(cls, last: int, values: object) -> int:
        first = getattr(values, "data", {}).get("rtp_first", 0)
        if last <= first:
            raise ValueError(f"the last RTP port {last} must lie beyond the first, {first}")
        return last

    @property
    def database(self) -> str:
        """The database's address: SQLite in the data folder unless another is given."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'huawu.db').absolute()}"
