"""Whose words they are: not one's own where another's are told, a name is read, or they are denied.

An agent who reads back 您说司机骂您“随便你”，对吗 has not said it to the caller. What the speaker says of
oneself (我跟您说…) stays the speaker's own. A sentence may announce the next (司机是这么说的。): that is a
mark of its own (`announced`), for the next may be another utterance.
"""

from __future__ import annotations

import re
from typing import Final

_STOPS: Final = ",。!?;，。！？；"
_OPENS: Final = "“”‘’\"'《「『：:，,、 "
_THIRD: Final = (
    "他|她|他们|她们|对方|客户|乘客|司机|师傅|同事|客服|坐席|专员|前台|物业|老板|保安|家人|朋友|邻居|医生|护士|老师|"
    "经理|主管|班长|店家|商家|[店队职服快驾驶业务送货递技导引]员|先生|女士|人家|那边"
)
_WHO: Final = f"(您|你|{_THIRD})"
_WHEN: Final = "(当时|刚才|刚刚|之前|昨天|今天|一直|就|还|也|又|直接|是|经常)*"
_TO_WHOM: Final = "((跟|对|向|冲|朝|和|给)?(您|你|他|她|咱们|大家))?"
_TOLD_ZH: Final = re.compile(
    rf"(?<![跟和对给同向听瞒与])(?<!告诉){_WHO}{_WHEN}{_TO_WHOM}"
    rf"(说|讲|骂|吼|喊|嚷|回答|回复|问|反映|提到|写)(的是|的|到|过|了|道|是|着)*{_TO_WHOM}[{_OPENS}]*"
    rf"(?![完话够清])[^{_STOPS}]{{0,3}}$"
)
_WENT_ON_ZH: Final = re.compile(
    rf"(^|[{_STOPS}])(还|又|接着|然后|后来|最后|之后|并且|而且)+{_TO_WHOM}(说|讲|骂|吼|喊|嚷)(的是|的|了|道|着)*{_TO_WHOM}[{_OPENS}]*"
    rf"(?![完话够清])[^{_STOPS}]{{0,3}}$"
)
_ANNOUNCED_ZH: Final = re.compile(
    rf"(?<![跟和对给同向听瞒与])({_THIRD})的?{_WHEN}(((这么|这样){_TO_WHOM}(说|讲|骂|吼|喊|嚷|回答|回复)|原话(就|是)*(这么|这样)?说?)(您|你)?(的|着)?"
    rf"|{_TO_WHOM}(说|讲|骂|吼|喊|嚷|回)了?(您|你|他|她)?(这么|这样)?[一几两这][句话]话?)(?=[。：:]|$)"
)
_ANNOUNCED_EN: Final = re.compile(
    r"\b(his|her|their|the driver's|the man's) (exact |very |own )?words( were| are)?(?=[.:]|$)"
    r"|\bwhat (he|she|they|the driver) said( to you)? was(?=[.:]|$)"
    r"|\b(he|she|they|the driver) (put it|said it) like this(?=[.:]|$)",
    re.IGNORECASE,
)
_A_SENTENCE_BEFORE_ZH: Final = re.compile(
    rf"({_THIRD}){_WHEN}{_TO_WHOM}(说|讲|骂|吼|喊|嚷|回答|回复)[^。!?！？]*[。!?！？][^{_STOPS}]{{0,2}}$"
)
_READ_BACK_ZH: Final = re.compile(
    r"[^。!?！？，,]{0,2}[。!?！？，,]*(对吗|是吗|是这样吗|是不是|没错吧)[。!?！？]*$"
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
    return any(pattern.search(before) for pattern in (_TOLD_ZH, _WENT_ON_ZH, _NAMED_ZH, _DENIED_ZH))


def read_back_zh(before: str, after: str) -> bool:
    """Whether a sentence after what another said is his, too, for the speaker has it confirmed (…，对吗)."""
    return bool(_READ_BACK_ZH.match(after) and _A_SENTENCE_BEFORE_ZH.search(before))


def announced(text: str) -> list[tuple[int, int]]:
    """Where it is said that another's words come next."""
    found = (*_ANNOUNCED_ZH.finditer(text), *_ANNOUNCED_EN.finditer(text))
    return [each.span() for each in found]


def anothers_en(before: str) -> bool:
    """The same of plain English words."""
    return bool(_TOLD_EN.search(before) or _DENIED_EN.search(before))
