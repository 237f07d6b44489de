"""The scripted calls through a real switch, as a part of the page that tells how well the standard judges.

PYTHONPATH=src:. nice python -m tools.proof.switched [--write] [--lanes 14]    # plays all calls: ten minutes

The machine must have nothing else to do: where it falls behind, calls break off and nothing is written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from tools.measure.spoken import BY_TIMING, Found, played
from tools.proof.judging import Tally
from tools.proof.report import PAGE, SWITCHED, by_words, cells, section_of, share
from tools.proof.script import load_all

from huawu.standard import Standard, load_standard

LANES: Final = 14


class Switched(msgspec.Struct, kw_only=True):
    """What was found while calls went on (live), and what their stored timelines say (after)."""

    date: str
    version: str
    calls: int
    of: int
    verdicts: int
    """Compared: live with afterwards."""
    alike: int
    shares: dict[str, tuple[float | None, float | None]]
    """Precision and recall of all rules of a kind, by what is said of them."""
    live: dict[str, Tally] = {}
    """By rule; none where they were not kept."""
    after: dict[str, Tally] = {}


def of(found: Found) -> Switched:
    """What a run of the calls came to."""
    standard = load_standard()
    live, after = (_without_forms(standard, tallies) for tallies in (found.live, found.after))
    wholes = {
        f"{letters}, {name}": _together(standard, tallies, words=letters == "P")
        for letters in ("T and V", "P")
        for name, tallies in (("live", live), ("afterwards", after))
    }
    return Switched(
        date=time.strftime("%Y-%m-%d"),
        version=standard.version,
        calls=len(found.calls) - len(found.troubles),
        of=len(found.calls) + len(found.left_out),
        verdicts=found.verdicts,
        alike=found.verdicts - len(found.differences),
        shares={name: (whole.precision, whole.recall) for name, whole in wholes.items()},
        live=live,
        after=after,
    )


def section(standard: Standard, found: Switched) -> str:
    """The figures as Markdown, under a heading of their own."""
    lines = [
        SWITCHED,
        "",
        f"On {found.date}, by standard {found.version}: {found.calls} of the {found.of} calls as live calls",
        "through a real switch (part q of [performance](performance.md)), the words as they stand in the",
        "scripts. *Live* is what was found while the calls went on, *afterwards* what the stored timelines",
        f"say: {found.alike:,} of {found.verdicts:,} verdicts are alike. Forms and deadlines after a call's",
        "end are not played, so rules that look at W are left out.",
        "",
    ]
    for name, (precision, recall) in found.shares.items():
        lines.append(f"- Rules that look at {name}: precision {share(precision)}, recall {share(recall)}.")
    if not found.live:
        return "\n".join(lines) + "\n"
    lines += [
        "",
        "| rule | looks at | live: precision | recall | kept | afterwards: precision | recall | kept |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rule in standard.book.rules:
        live, after = found.live.get(rule.id), found.after.get(rule.id)
        if live is not None or after is not None:
            both = f"{cells(live or Tally())} | {cells(after or Tally())}"
            lines.append(f"| {rule.id} | {rule.looks_at} | {both} |")
    for name, tallies in (("live", found.live), ("afterwards", found.after)):
        for rule_id, tally in sorted(tallies.items()):
            lines += [f"- {rule_id}, {name}, missed: {one}" for one in tally.missed]
            lines += [f"- {rule_id}, {name}, false alarm: {one}" for one in tally.false]
    return "\n".join(_parted(lines)) + "\n"


def _together(standard: Standard, tallies: Mapping[str, Tally], *, words: bool) -> Tally:
    """Rules that look at words, or those of timing and voice alone, as one."""
    whole = Tally()
    for rule, tally in tallies.items():
        if by_words(standard, rule) if words else set(standard.rules[rule].looks_at) <= BY_TIMING:
            whole.add(tally)
    return whole


def _without_forms(standard: Standard, tallies: Mapping[str, Tally]) -> dict[str, Tally]:
    return {rule: tally for rule, tally in tallies.items() if "W" not in standard.rules[rule].looks_at}


def _parted(lines: list[str]) -> list[str]:
    """An empty line between a table and the list after it."""
    parted: list[str] = []
    for line in lines:
        if line.startswith("- ") and parted and parted[-1].startswith("|"):
            parted.append("")
        parted.append(line)
    return parted


def written_into(page: str, text: str) -> str:
    """The page with this section, its last, in place of the one it had."""
    before = page.removesuffix(section_of(page)).rstrip()
    return f"{before}\n\n{text}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help=f"write them into {PAGE.name}")
    parser.add_argument("--lanes", type=int, default=LANES, help="calls at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = played(Path(folder), load_all(), options.lanes)
    for name, why in run.troubles.items():
        print(f"{name}: {why}", file=sys.stderr)
    text = section(load_standard(), of(run))
    if options.write and not run.troubles:
        PAGE.write_text(written_into(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    else:
        print(text)
    return 1 if run.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
