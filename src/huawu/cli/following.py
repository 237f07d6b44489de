"""What others save as the configuration comes into force here, without a restart."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import structlog

from huawu.accounts.audit import Audit
from huawu.config.desk import SettingsDesk
from huawu.config.diff import told
from huawu.config.load import ConfigurationInvalid
from huawu.platform.database import DatabaseError

log = structlog.get_logger(__name__)

LOOK_FOR_CHANGES_S: Final = 2.0


async def follow_changes(settings: SettingsDesk, audit: Audit) -> None:
    """Take over what `huawu config import` saved; what cannot be used is told."""
    while True:
        await asyncio.sleep(LOOK_FOR_CHANGES_S)
        with contextlib.suppress(DatabaseError):
            try:
                followed = await settings.follow()
            except ConfigurationInvalid as error:
                log.error("new configuration not taken over", version=settings.version, why=str(error))
                continue
            if followed is None:
                continue
            stored, changes = followed
            await audit.write(
                "configuration_changed",
                by=stored.by,
                subject=f"version {stored.version}",
                detail={"comment": stored.comment, **told(changes)},
            )
            log.info("new configuration taken over", version=stored.version)
