"""A screen of many parts that are kept elsewhere: changes are told, the whole is put together when asked."""

from __future__ import annotations

from typing import Any

import msgspec

from huawu.platform.live import Screen


class Board(msgspec.Struct, frozen=True):
    parts: tuple[int, ...] = ()


class Part(msgspec.Struct, frozen=True):
    part: int


class House:
    """Keeps the parts, and counts how often the whole was put together."""

    def __init__(self) -> None:
        self.parts: list[int] = []
        self.made = 0
        self.screen: Screen[Board, Part] = Screen(
            "parts",
            Board(),
            apply=lambda board, change: Board((*board.parts, change.part)),
            key=lambda change: str(change.part),
            backlog=5,
        )

    def whole(self) -> Board:
        self.made += 1
        return Board(tuple(self.parts))

    def add(self, part: int) -> None:
        self.parts.append(part)
        self.screen.tell(Part(part), self.whole)


async def frame(viewer: Any) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(await viewer.frame())
    return told


async def test_who_watches_is_told_each_change_and_who_comes_sees_the_whole() -> None:
    house = House()
    early = house.screen.subscribe()
    assert (await frame(early))["state"] == {"parts": []}
    house.add(1)
    house.add(2)
    assert house.made == 0, "nobody asked for the whole"
    told = (await frame(early))["events"]
    assert [(one["seq"], one["part"]) for one in told] == [(1, 1), (2, 2)]
    late = house.screen.subscribe()
    first = await frame(late)
    assert (first["seq"], first["state"]) == (2, {"parts": [1, 2]})
    assert house.screen.snapshot() == Board((1, 2))
    assert house.made == 1


async def test_who_fell_behind_gets_the_whole_as_it_is_now() -> None:
    house = House()
    viewer = house.screen.subscribe()
    await frame(viewer)
    for part in range(9):
        house.add(part)
    told = await frame(viewer)
    assert (told["type"], told["seq"], len(told["state"]["parts"])) == ("snapshot", 9, 9)


def test_a_reset_to_what_is_shown_already_is_no_news() -> None:
    house = House()
    house.add(1)
    house.screen.reset(Board((1,)))
    assert house.screen.seq == 1
    house.screen.reset(Board())
    assert house.screen.seq == 2
