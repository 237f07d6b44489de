"""`huawu password USER`: for whoever has forgotten theirs, or never had one."""

from __future__ import annotations

import asyncio
import getpass
import sys

from rich.console import Console

from huawu.accounts.errors import AccountError
from huawu.accounts.service import Accounts
from huawu.cli.options import Options
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError


def set_password(user: str, options: Options) -> int:
    """Ask for it twice, set it, end the person's sessions; the exit code."""
    console = Console(stderr=True, highlight=False)
    if sys.stdin.isatty():
        word = getpass.getpass(f"New password for {user}: ")
        if getpass.getpass("The same again: ") != word:
            console.print("The two differ; nothing was changed.")
            return 1
    else:
        word = sys.stdin.readline().rstrip("\n")
    try:
        asyncio.run(_set(user, word, options))
    except (AccountError, DatabaseError) as error:
        console.print(str(error))
        return 1
    console.print(f"{user} has a new password; open sessions have ended.")
    return 0


async def _set(user: str, word: str, options: Options) -> None:
    db = Database(options.database_url)
    try:
        await db.migrate()
        await Accounts(db, SystemClock()).change_password(user, word)
    finally:
        await db.close()
