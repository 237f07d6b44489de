"""Kamailio on the loopback as `deploy/kamailio` configures it, with only what is a site's to set set anew."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

DEPLOYED = Path(__file__).resolve().parents[1] / "deploy" / "kamailio" / "kamailio.cfg"
HOST = "127.0.0.1"


def configured(text: str, **values: object) -> str:
    """The deployed configuration with these values in place of its own. Raises KeyError for others."""
    for name, value in values.items():
        found = re.search(rf'^#!substdef "!{name}!.*!g"$', text, re.M)
        if found is None:
            raise KeyError(name)
        text = text.replace(found.group(), f'#!substdef "!{name}!{value}!g"')
    return text


def kamailio_command(
    folder: Path,
    switches: Sequence[str],
    *,
    port: int,
    ws_port: int,
    workers: int = 1,
    carriers: Sequence[str] = (),
) -> list[str]:
    """Write its files and say how to start it in front of switches (`host:port`); it stays in the foreground.

    Calls to trunks go to the first of `carriers` that is well.

    Raises FileNotFoundError when it is not installed.
    """
    program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin")
    if program is None:
        raise FileNotFoundError("kamailio is missing: install the packages that `tools/setup test` names")
    lines = [f"1 sip:{one} 8\n" for one in switches]
    lines += [f"2 sip:{one} 0 {100 - place}\n" for place, one in enumerate(carriers)]
    (folder / "dispatcher.list").write_text("".join(lines))
    text = configured(
        DEPLOYED.read_text(encoding="utf-8"),
        EDGE_ADDRESS=HOST,
        SIP_PORT=port,
        WS_PORT=ws_port,
        SWITCHES_FILE=folder / "dispatcher.list",
        FLOW_SECRET="for-tests",
        WORKERS=workers,
    )
    (folder / "kamailio.cfg").write_text(text, encoding="utf-8")
    command = [program, "-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", "64", "-M", "4"]
    return [*command, "-w", str(folder), "-Y", str(folder), "-P", str(folder / "kamailio.pid")]
