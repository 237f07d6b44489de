"""What a call was about: the tree of dispositions (小结), by default that of the service book, part 8.

Deadlines are those of part 7: an undecided enquiry 24 h, a complaint first contacted within 3 working days
(taken here as 72 h), another department's answer 24 h, what is urgent at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from huawu.config.schema import Configuration, Disposition

DAY_MS: Final = 24 * 3_600_000


def _leaf(name: str, name_en: str, deadline_ms: int = 0) -> Disposition:
    return Disposition(name=name, name_en=name_en, deadline_ms=deadline_ms)


def _branch(name: str, name_en: str, **children: Disposition) -> Disposition:
    return Disposition(name=name, name_en=name_en, children=children)


DEFAULT: Final[dict[str, Disposition]] = {
    "enquiry": _branch(
        "咨询",
        "Enquiry",
        answered=_leaf("已答复", "Answered"),
        undecided=_leaf("待核实答复", "To be answered", DAY_MS),
        other_department=_leaf("转其他部门", "For another department", DAY_MS),
        out_of_scope=_leaf("不属业务范围", "Out of our scope"),
    ),
    "help": _branch(
        "求助",
        "Help",
        solved=_leaf("已解决", "Solved"),
        to_follow_up=_leaf("需跟进", "To be followed up", DAY_MS),
    ),
    "complaint": _branch(
        "投诉",
        "Complaint",
        attitude=_leaf("服务态度", "Attitude", 3 * DAY_MS),
        overcharge=_leaf("收费问题", "Charge", 3 * DAY_MS),
        detour=_leaf("绕路", "Detour", 3 * DAY_MS),
        refusal=_leaf("拒绝服务", "Refusal of service", 3 * DAY_MS),
        our_error=_leaf("我方差错", "Our error", DAY_MS),
        hard_to_reach=_leaf("线路难接通", "Hard to reach"),
        other=_leaf("其他投诉", "Other complaint", 3 * DAY_MS),
    ),
    "suggestion": _branch(
        "提议",
        "Suggestion",
        service=_leaf("服务建议", "About the service"),
        product=_leaf("产品建议", "About a product"),
        praise=_leaf("表扬", "Praise"),
    ),
    "harassment": _branch(
        "骚扰",
        "Harassment",
        nuisance=_leaf("骚扰来电", "Nuisance call"),
        silent=_leaf("无声电话", "Silent call"),
        wrong_number=_leaf("打错电话", "Wrong number"),
    ),
    "lost_property": _branch(
        "失物",
        "Lost property",
        searching=_leaf("查找中", "Being searched for", DAY_MS),
        found=_leaf("已找到", "Found"),
        not_found=_leaf("未找到", "Not found"),
    ),
    "emergency": _branch(
        "紧急",
        "Emergency",
        medical=_leaf("急救 120", "Medical", 1),
        fire=_leaf("火警 119", "Fire", 1),
        crime=_leaf("报警 110", "Crime", 1),
        incident=_leaf("重大事件", "Major incident", 1),
    ),
}
"""A deadline of 1 ms is at once."""


def tree_of(configuration: Configuration) -> Mapping[str, Disposition]:
    """The centre's own tree, or the default one."""
    return configuration.dispositions or DEFAULT


def leaves_of(tree: Mapping[str, Disposition], above: str = "") -> Iterator[tuple[str, Disposition]]:
    """Whatever can be filed, by its whole id: `complaint.attitude`."""
    for name, disposition in tree.items():
        path = f"{above}.{name}" if above else name
        if disposition.children:
            yield from leaves_of(disposition.children, path)
        else:
            yield path, disposition
