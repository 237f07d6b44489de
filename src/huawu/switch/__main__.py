"""`python -m huawu.switch`: the switch as a process of its own. Exit code 78 = it cannot start as told."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from huawu.link import memory
from huawu.link.codec import LinkError
from huawu.switch.log import set_up
from huawu.switch.process import serve
from huawu.switch.settings import BadSettings, parse_arguments

EXIT_CONFIG = 78
"""EX_CONFIG of sysexits.h."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; the exit code."""
    try:
        settings = parse_arguments(sys.argv[1:] if arguments is None else arguments)
        set_up(settings.log_format, settings.log_level)
        if sys.platform == "win32":
            import asyncio as runner
        else:
            import uvloop as runner
        runner.run(serve(settings, memory.settle))
    except (BadSettings, LinkError, OSError, ValueError) as error:
        print(f"huawu switch: {error}", file=sys.stderr)
        return EXIT_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
