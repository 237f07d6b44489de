"""Phrases in what recognisers wrote: found although misheard, not found where they are not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.calls.facts import Fact
from huawu.speech.spotting import Spotter
from huawu.standard import Mark, Phrase, load_standard

BOOK = {
    "offer": Phrase(
        zh=("很高兴为您服务", "请问有什么可以帮您", "请问有什么可以帮助您"), en=("how can I help you",)
    ),
    "opening": Phrase(zh=("您好，这里是{公司}，工号{工号}",), en=("thank you for calling {company}",)),
    "thank-wait": Phrase(zh=("感谢您的耐心等待",), en=("thank you for your patience",)),
    "no-sound": Phrase(zh=("您好，听不到您的声音",)),
    "louder": Phrase(zh=("麻烦您声音大一点",)),
    "repeat": Phrase(zh=("麻烦您将刚才反映的问题再复述一遍",)),
    "more": Phrase(zh=("请问还有什么可以帮您",), en=("is there anything else I can help you with",)),
    "farewell": Phrase(zh=("祝您生活愉快", "感谢您的来电"), en=("have a nice day",)),
    "moment": Phrase(zh=("请稍等",)),
    "never": Phrase(zh=("绝对不行", "不行"), en=("no way",), how="exact", negatable=True),
    "your-fault": Phrase(zh=("这又不是我的错",), en=("it's not my fault",), negatable=True),
    "bye-bye": Phrase(zh=("拜拜",), en=("bye bye",), how="word"),
    "you": Phrase(zh=("你",), how="word"),
    "what": Phrase(zh=("什么事", "喂"), en=("what do you want",), how="opening"),
    "hey": Phrase(zh=("喂",), how="whole"),
    "welcome": Phrase(zh=("不客气",)),
}
SPOTTER = Spotter(BOOK)


def said(text: str, words: list[list[object]] | None = None, party: str = "agent") -> Fact:
    fields = {"from_ms": 1_000, "to_ms": 3_000, "text": text, "words": words or [], "confidence": 0.8}
    return Fact(call="c", seq=9, at_ms=3_000, kind="said", party=party, fields=fields)  # type: ignore[arg-type]


def marks(text: str) -> set[str]:
    return {mark.phrase for mark in SPOTTER.spot(said(text))}


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("您好,很高兴为您服务。", "offer"),
        ("您好,很高兴微您服务", "offer"),  # another sign of the same sound
        ("你好,很高心为您服雾", "offer"),  # another final
        ("请问有什么可以帮住您?", "offer"),
        ("请问 有什么 可以 帮您", "offer"),
        ("干谢您的耐心等待。", "thank-wait"),
        ("感谢您的奈心等代", "thank-wait"),
        ("您好,停不到您的身音。", "no-sound"),  # in/ing, sh/s
        ("嗯,您好,听不到你的声音", "no-sound"),
        ("麻烦您将刚才反应的问题在复数一遍好吗", "repeat"),
        ("请问嗨有什么可以帮你", "more"),
        ("祝您生活鱼快,再见", "farewell"),
        ("那请稍等一下", "moment"),
        ("您好,这里是华务出租,工号一零零一", "opening"),
        ("不客气的", "welcome"),
        ("Hello, how can I help you today?", "offer"),
        ("How may I help you?", "offer"),
        ("Thank you for calling Huawu Travel.", "opening"),
        ("It is not my fault, sir", "your-fault"),
        ("Is there anything else I could help you with?", "more"),
    ],
)
def test_a_phrase_is_found_although_misheard(heard: str, meant: str) -> None:
    assert meant in marks(heard)


@pytest.mark.parametrize(
    "heard",
    [
        "我想问一下昨天那辆车的车牌",
        "我的声音您能听到吗",
        "您的问题我们会在三个工作日内答复",
        "麻烦您提供一下订单号",
        "我们生活里经常遇到",
        "这件事情跟我没有关系我只想退款",
        "不可以",
        "还有什么",
        "您好",
        "I would like to help my mother",
        "What a nice day that was",
        "",
        "……",
    ],
)
def test_nothing_is_found_where_nothing_was_said(heard: str) -> None:
    assert not marks(heard) - {"you"}


@pytest.mark.parametrize(
    ("heard", "phrase", "there"),
    [
        ("这绝对不行。", "never", True),
        ("我不是说不行,我帮您问一下。", "never", False),
        ("您刚才说不行,是指哪一点?", "never", False),
        ("我没有说不行", "never", False),
        ("我不是这个意思。不行就是不行。", "never", True),
        ("这又不是我的错", "your-fault", True),
        ("我不会说这又不是我的错", "your-fault", False),
        ("I didn't say no way.", "never", False),
        ("No way.", "never", True),
    ],
)
def test_what_is_taken_back_or_quoted_is_not_said(heard: str, phrase: str, there: bool) -> None:
    assert (phrase in marks(heard)) is there


@pytest.mark.parametrize(
    ("heard", "phrase", "there"),
    [
        ("喂", "hey", True),
        ("喂,喂?", "hey", True),
        ("嗯,喂。", "hey", True),
        ("位", "hey", True),  # heard by its sound alone, and nothing else was said
        ("喂您好请讲", "hey", False),
        ("为您查询", "hey", False),
        ("喂,你说吧", "what", True),
        ("为您查询一下", "what", False),
        ("什么事?", "what", True),
        ("嗯,什么事你说", "what", True),
        ("请问您有什么事", "what", False),
        ("So, what do you want?", "what", True),
        ("Tell me what do you want", "what", False),
        ("好的,拜拜。", "bye-bye", True),
        ("再见", "bye-bye", False),
        ("Okay, bye bye!", "bye-bye", True),
        ("你的电话是多少", "you", True),
        ("你们的服务", "you", False),
        ("您的电话是多少", "you", False),
    ],
)
def test_short_words_count_by_where_they_stand(heard: str, phrase: str, there: bool) -> None:
    assert (phrase in marks(heard)) is there


@pytest.mark.parametrize(
    ("heard", "kind", "value"),
    [
        ("我姓王", "surname", "王"),
        ("免贵姓欧阳", "surname", "欧阳"),
        ("我叫李小明", "surname", "李"),
        ("我是张先生", "surname", "张"),
        ("我姓汪", "surname", "王"),  # by its sound: 王 and 汪 cannot be told apart by ear
        ("My name is Peter Smith.", "surname", "smith"),
        ("王先生您好", "address", "王"),
        ("好的,汪先生", "address", "王"),
        ("欧阳女士,感谢您的耐心等待", "address", "欧阳"),
        ("Thank you, Mr. Smith", "address", "smith"),
        ("我的电话是一三八零零幺三八零零零", "number", "13800138000"),
        ("电话是138-0013-8000", "number", "13800138000"),
        ("车牌是京A12345", "number", "A12345"),
        ("车牌号沪B·8D62K。", "number", "B8D62K"),
        ("是粤AD12345的电动车", "number", "AD12345"),
        ("it's one double two five, zero", "number", "12250"),
        ("你他妈的", "abusive", "他妈的"),
        ("You idiot!", "abusive", "idiot"),
    ],
)
def test_names_numbers_and_abuse_are_marked_with_what_they_are(heard: str, kind: str, value: str) -> None:
    assert [mark.value for mark in SPOTTER.spot(said(heard)) if mark.phrase == kind] == [value]


@pytest.mark.parametrize(
    "heard",
    [
        "您贵姓", "请问您姓什么", "这位先生", "有位女士", "二零二六年", "一百二十三块", "姓名",
        "在T3航站楼等", "用vivo手机",
        "我叫了一辆车", "我妈的电话", "祝你全家幸福", "体操", "今日你们", "assess the classic",
    ],
)  # fmt: skip
def test_neither_names_numbers_nor_abuse(heard: str) -> None:
    own = {"number", "surname", "address", "abusive"}
    assert not marks(heard) & own


def test_a_mark_has_the_time_of_its_words() -> None:
    words: list[list[object]] = [
        ["您好", 1_000, 1_400, 0.9],
        ["祝您", 2_000, 2_200, 0.9],
        ["生活", 2_200, 2_500, 0.9],
        ["愉快", 2_500, 2_900, 0.9],
    ]
    found = SPOTTER.spot(said("您好,祝您生活愉快。", words))
    assert found == (Mark(phrase="farewell", from_ms=2_000, to_ms=2_900, score=1.0),)


def test_without_words_times_are_spread_evenly() -> None:
    (mark,) = SPOTTER.spot(said("祝您生活愉快祝您生活愉快"))[:1]
    assert (mark.from_ms, mark.to_ms) == (1_000, 2_000)


def test_other_facts_have_no_marks() -> None:
    fact = Fact(call="c", seq=1, at_ms=0, kind="talk", fields={"text": "祝您生活愉快"})
    assert SPOTTER.spot(fact) == ()


@pytest.mark.parametrize("heard", ["二十四小时之内给您答复", "24小时之内给您答复", "24 小时内给您答复"])
def test_numbers_sound_alike_however_they_are_written(heard: str) -> None:
    written = Spotter({"answer": Phrase(zh=("24小时之内给您答复",))})
    spoken = Spotter({"answer": Phrase(zh=("二十四小时之内给您答复",))})
    for spotter in (written, spoken):
        assert [found.phrase for found in spotter.find(heard)] == ["answer"]


def test_every_phrase_of_the_shipped_book_is_found_in_its_own_words() -> None:
    phrases = load_standard().phrases
    spotter = Spotter(phrases)
    lost = [
        (name, text)
        for name, phrase in phrases.items()
        for text in (*phrase.zh, *phrase.en)
        if name not in {found.phrase for found in spotter.find(re.sub(r"\{[^}]*\}", "", text))}
    ]
    assert not lost


def test_a_phrase_may_ask_for_more_likeness() -> None:
    heard = "很高心为您服雾"
    strict = Spotter({"offer": Phrase(zh=("很高兴为您服务",), least=1.0)})
    assert SPOTTER.find(heard)
    assert not strict.find("很高心为您复古")
    assert strict.find("狠高兴为您服务")


@given(st.text(max_size=60))
def test_any_text_is_borne_and_marks_lie_within_it(text: str) -> None:
    for found in SPOTTER.find(text):
        assert 0 <= found.start < found.end <= len(text)
        assert 0 < found.score <= 1


@given(st.text(alphabet="你好请问有什么可以帮您喂,。不行是说姓王先生0138 ab", max_size=40))
def test_marks_lie_within_what_was_said(text: str) -> None:
    for mark in SPOTTER.spot(said(text)):
        assert 1_000 <= mark.from_ms <= mark.to_ms <= 3_000
