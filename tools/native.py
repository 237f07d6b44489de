"""The judge, and the way of voice through the switch, as C extensions made by mypyc (decision 47).

    python -m tools.native FOLDER     a copy of the package there, with the extensions beside their sources

`make wheel` puts them into a wheel for this platform (`NativeModules`, asked for by HUAWU_NATIVE=1). Where an
extension stands beside its source, Python takes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path(__file__).resolve().parents[1] / "src"
COMPILED = {
    "standard": (
        "apart",
        "awaiting",
        "checks",
        "course",
        "deciding",
        "happening",
        "judgement",
        "leading",
        "loudness",
        "measuring",
        "ordering",
        "settling",
        "signals",
        "summing",
        "unrecorded",
    ),
    "switch/media": ("path", "quality", "recorder", "socket_watch", "source", "stream", "talk", "udp"),
}
"""By folder of the package. They hold no structs: of what a class is told, mypyc hands on its bases alone."""


class CannotCompile(Exception):
    """What is missing for it, or what the compiler said."""


def what_is_missing() -> str:
    """Of what compiling needs beside Python's packages, in words; "" = nothing."""
    if shutil.which(os.environ.get("CC", "gcc")) is None:
        return "a C compiler (Debian: gcc, libc6-dev)"
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return f"Python's headers (Debian: python{sys.version_info[0]}.{sys.version_info[1]}-dev)"
    return ""


def build(folder: Path) -> list[Path]:
    """A copy of the package in a folder, compiled in a minute; its extensions. Raises CannotCompile."""
    if missing := what_is_missing():
        raise CannotCompile(f"to compile {missing} must be there")
    shutil.copytree(
        SOURCE / "huawu", folder / "huawu", ignore=shutil.ignore_patterns("__pycache__", "static", "*.so")
    )
    modules = [f"huawu/{place}/{name}.py" for place, names in COMPILED.items() for name in names]
    (folder / "mypy.ini").write_text("[mypy]\nignore_missing_imports = true\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypyc", *modules], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotCompile(f"mypyc could not compile:\n{(done.stdout + done.stderr)[-4000:]}")
    shutil.rmtree(folder / "build")
    return sorted(folder.rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}"))


class NativeModules(BuildHookInterface[Any]):
    """Puts the extensions into a wheel, which is then one for this platform and this Python."""

    PLUGIN_NAME = "custom"
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or os.environ.get("HUAWU_NATIVE") != "1":
            return
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        for file in build(folder):
            build_data["force_include"][str(file)] = str(file.relative_to(folder))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self._folder is not None:
            self._folder.cleanup()


if __name__ == "__main__":
    try:
        print(*build(Path(sys.argv[1])), sep="\n")
    except CannotCompile as error:
        sys.exit(f"huawu: {error}")
