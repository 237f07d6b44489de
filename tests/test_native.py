"""The wheel of a platform: what is compiled in it is asked all that its sources are asked."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSIDE = """
import sys
sys.path.insert(0, sys.argv[1])
from huawu.standard import course, judgement
from huawu.switch.media import path, talk, udp
for module in (course, judgement, path, talk, udp):
    assert module.__file__.startswith(sys.argv[1]), module.__file__
    assert not module.__file__.endswith(".py"), module.__file__
import pytest
sys.exit(pytest.main([
    "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "pythonpath=.",
    "tests/standard", "tests/switch/media",
]))
"""


def test_what_is_compiled_does_as_its_sources_do(tmp_path: Path) -> None:
    wheel = built(tmp_path / "dist")
    assert not wheel.name.endswith("-none-any.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "unpacked")
    done = run(sys.executable, "-c", INSIDE, str(tmp_path / "unpacked"))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def built(folder: Path) -> Path:
    """The wheel for this platform, as `make wheel` makes it."""
    done = run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), ".",
        HUAWU_NATIVE="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    (wheel,) = folder.iterdir()
    return wheel


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command from the project's folder, without what the tests around it were told."""
    told = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HUAWU_"))}
    return subprocess.run(
        command, cwd=ROOT, env={**told, **more}, capture_output=True, text=True, check=False
    )
