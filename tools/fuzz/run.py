"""The coverage-guided fuzzer, each target in a process of its own: `make fuzz ARGS="--seconds 600 agent"`.

It wants the virtual environment that `tools/setup fuzz` makes. What it learns stays in .fuzz/corpus; what
breaks a promise becomes a file in tests/switch/crashes, which a test replays for ever.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CORPUS: Final = ROOT / ".fuzz" / "corpus"
SEEDS: Final = ROOT / ".fuzz" / "seeds"
CRASHES: Final = ROOT / "tests" / "switch" / "crashes"
WORDS: Final = Path(__file__).with_name("words.txt")
LONGEST: Final = {"message": 4096, "agent": 8192, "sdp": 4096, "websocket": 4096, "stream": 4096}
SLOW_S: Final = 10
"""An input that takes longer is a finding too: somebody could keep us busy with it."""


def main() -> int:
    wish = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wish.add_argument("targets", nargs="*", help="message, agent, sdp … (all)")
    wish.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    wish.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options, further = wish.parse_known_args()
    if options.inside:
        return _fuzz(options.targets[0], options.targets[1:] + further)
    from tools.fuzz.targets import TARGETS

    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        wish.error(f"no such target: {', '.join(sorted(unknown))} (there are {', '.join(TARGETS)})")
    failed = [name for name in options.targets or TARGETS if not _run(name, options.seconds)]
    if failed:
        print(f"broken: {', '.join(failed)}; mend, and keep the inputs in {CRASHES.relative_to(ROOT)}")
    return bool(failed)


def _run(target: str, seconds: int) -> bool:
    """One target for its time; says what was seen."""
    corpus, crashes = CORPUS / target, CRASHES / target
    for folder in (corpus, crashes, SEEDS / target):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    command = [sys.executable, "-m", "tools.fuzz.run", "--inside", target, str(corpus), str(SEEDS / target)]
    command += [f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/", f"-timeout={SLOW_S}"]
    command += [f"-max_len={LONGEST.get(target, 1024)}", f"-dict={WORDS}", "-print_final_stats=1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    said = ended.stderr + ended.stdout
    runs = re.findall(r"stat::number_of_executed_units: +(\d+)", said)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", said)
    edges, features = covered[-1] if covered else ("0", "0")
    found = set(crashes.iterdir()) - before
    if not before and not found:
        crashes.rmdir()
    print(
        f"{target:10} {runs[-1] if runs else '?':>9} runs  {edges:>6} edges  {features:>6} features  "
        f"{len(list(corpus.iterdir())):>5} inputs kept  {len(found)} broken",
        flush=True,
    )
    if found or ended.returncode:
        print(said[-3000:])
    return not found and not ended.returncode


def _fuzz(target: str, arguments: list[str]) -> int:
    import atheris

    with atheris.instrument_imports(include=["huawu", "websockets", "sipmessage"]):
        from tools.fuzz.targets import TARGETS
    import logging

    logging.disable(logging.CRITICAL)
    atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
