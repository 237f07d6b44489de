"""The disks that a centre writes to: found wherever its folders lie, each told once."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from huawu.platform.disks import Disk, disks_of, places_of, readable, standing

OTHER = Path("/dev")
"""A disk of its own on every Linux."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose recordings lead to another disk."""
    folder = tmp_path / "data"
    (folder / "logs").mkdir(parents=True)
    (folder / "link.token").touch()
    (folder / "recordings").symlink_to(OTHER)
    return folder


def test_every_folder_of_the_centre_is_a_place_and_so_is_that_of_its_database(data: Path) -> None:
    away = data.parent / "away"
    away.mkdir()
    (data / "huawu.db").symlink_to(away / "huawu.db")
    assert places_of(data) == [data, data / "logs", data / "recordings"]
    assert places_of(data, data / "huawu.db")[1] == away.resolve()
    assert places_of(data / "new") == [data / "new"]


def test_each_disk_is_told_once_by_the_folders_on_it(data: Path) -> None:
    own, other = disks_of(places_of(data))
    assert own.places == (data, data / "logs")
    assert other.places == (data / "recordings",)
    assert own.size == os.statvfs(data).f_blocks * os.statvfs(data).f_frsize
    assert disks_of([data / "not" / "yet"])[0].size == own.size
    assert standing(data / "not" / "yet") == data


def test_the_fullest_disk_has_the_least_share_free(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {data: (100, 40), data / "recordings": (50, 1)}
    monkeypatch.setattr(
        "shutil.disk_usage", lambda place: SimpleNamespace(total=sizes[place][0], free=sizes[place][1])
    )
    own, other = disks_of(places_of(data))
    assert (own.free, own.share, other.free, other.share) == (40, 0.4, 1, 0.02)


def test_a_disk_without_a_size_is_never_full() -> None:
    assert Disk(places=(Path("/proc"),), free=0, size=0).share == 1


def test_room_is_told_in_the_unit_that_fits() -> None:
    sizes = [0, 52_000, 3_276_800, 999_499_999, 999_500_000, 1_987_654_321, 46e9, 12.5e12, 4e15]
    told = ["0 kB", "52 kB", "3.28 MB", "999 MB", "1 GB", "1.99 GB", "46 GB", "12.5 TB", "4,000 TB"]
    assert [readable(size) for size in sizes] == told
