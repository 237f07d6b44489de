"""Whose words they are: not one's own where another's are told, a name is read, or they are denied.

An agent who reads back 您说司机骂您“随便你”，对吗 has not said it to the caller. What the speaker says of
oneself (我跟您说…) stays the speaker's own.
"""

from __future__ import annotations

import re
from typing import Final

_STOPS: Final = ",。!?;，。！？；"
_OPENS: Final = "“”‘’\"'《「『：:，,、 "
_WHO: Final = (
    "(您|你|他|她|他们|她们|对方|客户|乘客|司机|师傅|同事|客服|坐席|专员|前台|物业|老板|保安|家人|朋友|邻居|医生|护士|老师|"
    "经理|主管|班长|店家|商家|[店队职服快驾驶业务送货递技导引]员|先生|女士|人家|那边)"
)
_TO_WHOM: Final = "((跟|对|向|冲|朝|和|给)?(您|你|他|她|咱们|大家))?"
_TOLD_ZH: Final = re.compile(
    rf"(?<![跟和对给同向听瞒与])(?<!告诉){_WHO}(当时|刚才|刚刚|之前|昨天|今天|一直|就|还|也|又|直接|是|经常)*{_TO_WHOM}"
    rf"(说|讲|骂|吼|喊|嚷|回答|回复|问|反映|提到|写)(的是|的|到|过|了|道|是|着)*{_TO_WHOM}[{_OPENS}]*"
    rf"(?![完话够清])[^{_STOPS}]{{0,3}}$"
)
_NAMED_ZH: Final = re.compile(
    rf"(名(字|称)?(叫|是|为)|叫做|写(的是|着)|显示(的是|为|着)|备注(的?是|为)|标题(是|为|叫)|原话(就?是)?|[这那]句(话是?)?|[这那]个词)"
    rf"[{_OPENS}]*$|[“‘《「『]$"
)
_DENIED_ZH: Final = re.compile(
    rf"(不会|不能|不该|不应该|不敢|不想|不是|没有?|从不|从来不|绝不|绝不会)(跟|对|和|给)?(您|你)?(说|讲)(过|是|成)?[^{_STOPS}]{{0,3}}$"
)
_WHO_EN: Final = r"(?<!\bi )(?<!\bwe )\b(?!(?:i|we|already|have|just|then|and|as)\b)\w+"
_TOLD_EN: Final = re.compile(
    rf"({_WHO_EN} (said|says|shouted|answered|replied|wrote|(told|called) (you|me|him|her|them|us))"
    r"|\b(title|name|brand|shop|song|book|words?|sentence) (is|was|were)|\b(is|was) called)"
    r"( (that|to|you|him|her|it|this|is|was|a|an|the|are|just))* ?$"
)
_DENIED_EN: Final = re.compile(
    r"\b(never|not|cannot) (say|said|tell you|told you|mean)( (that|it|this|is|was))* ?$"
)


def anothers_zh(before: str) -> bool:
    """Whether what comes before makes what follows somebody else's words, a name, or denied."""
    return any(pattern.search(before) for pattern in (_TOLD_ZH, _NAMED_ZH, _DENIED_ZH))


def anothers_en(before: str) -> bool:
    """The same of plain English words."""
    return bool(_TOLD_EN.search(before) or _DENIED_EN.search(before))
