"""What is said that no list of phrases holds: numbers, the caller's surname, how somebody is addressed."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from huawu.speech.sounds import syllable

LEAST_DIGITS: Final = 4
# By how many people bear them: of surnames that sound alike the first is taken.
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚"
    "沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
    "温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申詹欧耿关焦左柳甘祝包宁尚符舒阮纪梅童凌毕单裴霍成苗谷盛"
    "曲冉蓝路游靳管柴蒙鲍华喻祁蒲房滕屈饶牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑党宫费卜冷晏席卫米"
    "柏宗桂全佟应臧闵苟邬边卞姬师和仇栾丘沙寇巫明习"
)
_DOUBLE: Final = (
    "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|端木|南宫|西门|独孤|司徒|长孙|宇文|夏侯|轩辕|闻人|"
    "申屠|赫连"
)
_TITLES: Final = r"先生|女士|小姐|太太|师傅|老师|同学|阿姨|大哥|经理|总"
_SURNAME: Final = re.compile(
    rf"(?:免贵姓|我姓|敝姓|姓)({_DOUBLE}|[一-鿿])|我(?:的名字)?(?:叫|是)({_DOUBLE}|[一-鿿])(?:{_TITLES})|"
    rf"我(?:的名字)?叫({_DOUBLE}|[一-鿿])[一-鿿]{{1,2}}(?![一-鿿])"
)
_ADDRESS: Final = re.compile(rf"(?:({_DOUBLE})|([一-鿿]))(?:{_TITLES})")
_NO_SURNAMES: Final = set("们名什啥氏甚这那位名各个的和跟与给找是叫对请问为老大小女男几多贵每某该")
_SURNAME_EN: Final = re.compile(
    r"\b(?:my (?:last |family |sur)?name is|my (?:last |family |sur)?name's|my surname is)\s+"
    r"(?:mr\.?|mrs\.?|ms\.?|miss)?\s*([A-Z][\w'-]*(?:\s+[A-Z][\w'-]*)?)",
    re.IGNORECASE,
)
_ADDRESS_EN: Final = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mister)\.?\s+([A-Za-z][\w'-]*)", re.IGNORECASE)
_DIGIT: Final = dict(zip("零〇一二三四五六七八九幺两", "0012345678912", strict=True))
_WORD_DIGIT: Final = dict(
    zip(
        ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        "00123456789",
        strict=True,
    )
)
_REPEATED: Final = {"double": 2, "triple": 3}
_SPOKEN_DIGITS: Final = re.compile(
    r"[零〇一二三四五六七八九幺两\d](?:[ ,，、.\-—]{0,2}[零〇一二三四五六七八九幺两\d])+"
)
_ENGLISH_DIGITS: Final = re.compile(
    r"\b(?:(?:double|triple)\s+)?(?:{0})(?:[\s,.\-]+(?:(?:double|triple)\s+)?(?:{0}))+\b".format(
        "|".join((*_WORD_DIGIT, r"\d+"))
    ),
    re.IGNORECASE,
)
_PLATE: Final = re.compile(
    r"(?<=[一-鿿])[·\s]?([A-Z][·\s]?(?=[A-Z]*\d)[A-Z0-9]{5,6})(?![A-Z0-9])", re.IGNORECASE
)
"""A number plate after its province: 沪A12345, 京B8D62K, of eight signs for electric cars."""

Named = tuple[str, int, int, float, str]
"""The mark's name, from where to where in the text, its score and value."""


def named(text: str) -> list[Named]:
    """Numbers of four digits and more, number plates, surnames told, surnames people are addressed by."""
    return [*_numbers(text), *_surnames(text), *_addresses(text)]


def digits_of(said: str) -> str:
    """The digits of a number said digit by digit, in Chinese or English words or written."""
    digits, times = "", 1
    for token in re.findall(r"[a-z]+|[\d零〇一二三四五六七八九幺两]", said.lower()):
        if token in _REPEATED:
            times = _REPEATED[token]
            continue
        digits += _WORD_DIGIT.get(token, _DIGIT.get(token, token if token.isdigit() else "")) * times
        times = 1
    return digits


def _numbers(text: str) -> list[Named]:
    found: list[Named] = []
    for each in _PLATE.finditer(text):
        plate = "".join(filter(str.isalnum, each.group(1))).upper()
        found.append(("number", each.start(1), each.end(1), 1.0, plate))
    for pattern in (_SPOKEN_DIGITS, _ENGLISH_DIGITS):
        for each in pattern.finditer(text):
            digits = digits_of(each.group())
            after = text[each.end() : each.end() + 1]
            year = len(digits) == 4 and after == "年"
            overlaps = any(start < each.end() and each.start() < end for _, start, end, _, _ in found)
            if len(digits) >= LEAST_DIGITS and not year and not overlaps:
                found.append(("number", each.start(), each.end(), 1.0, digits))
    return found


def _surnames(text: str) -> list[Named]:
    found: list[Named] = []
    for each in _SURNAME.finditer(text):
        surname = _surname(next(filter(None, each.groups())))
        if surname and not text[: each.start()].endswith(("贵", "您", "请问", "你")):
            found.append(("surname", each.start(), each.end(), 1.0, surname))
    for each in _SURNAME_EN.finditer(text):
        found.append(("surname", each.start(), each.end(), 1.0, each.group(1).split()[-1].lower()))
    return found


def _addresses(text: str) -> list[Named]:
    found: list[Named] = []
    for each in _ADDRESS.finditer(text):
        double, single = each.groups()
        if text[: each.start()].endswith(("我叫", "我是", "我姓", "贵姓")):
            continue
        surname = _surname(double or single)
        if surname:
            found.append(("address", each.start(), each.end(), 1.0, surname))
    for each in _ADDRESS_EN.finditer(text):
        found.append(("address", each.start(), each.end(), 1.0, each.group(1).lower()))
    return found


def _surname(written: str) -> str:
    """The commonest surname that sounds so: recognisers write surnames by their sound. "" for none."""
    if len(written) > 1:
        return written
    return "" if written in _NO_SURNAMES else _by_sound().get(syllable(written), "")


@cache
def _by_sound() -> dict[tuple[str, str], str]:
    sounds: dict[tuple[str, str], str] = {}
    for surname in _SURNAMES:
        sounds.setdefault(syllable(surname), surname)
    return sounds
