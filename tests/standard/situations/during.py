"""What happens in calls: parts 3 and 4 of the service book."""

from __future__ import annotations

from tests.standard.script import at
from tests.standard.situations.telling import BYE, HELLO, Pair, Said, Turn, call, do

LOOK = "a 这个问题需要查询，请您稍等，好吗？"
THANKED = ("a 感谢您的耐心等待。", "c 嗯。")
CONSULT = (
    do("consult", agent="1002", by="1001"),
    2.0,
    do("consult_answered", agent="1002"),
)
BACK = (do("consult_ended", agent="1002", by="1001", reason="normal"), *THANKED)
HANDED_OVER = (
    do("transfer", agent="1002", by="1001", how="attended"),
    do("parted", agent="1001"),
    do("bridged", "centre", agent="1002"),
)
BILL = "c 我上周的账单多扣了二十元。"
TO_FINANCE = "a 这件事由财务部负责，我帮您转接过去，请您稍等，好吗？"


def consulted(*said: Turn) -> tuple[Turn, ...]:
    """The agent asks a colleague, who and whom says this, and comes back to the caller."""
    return (HELLO, BILL, "a 我问一下财务的同事，请您稍等，好吗？", "c 好。", *CONSULT, *said, *BACK)


PAIRS = [
    Pair(
        "the caller says never mind before the agent can look",
        "close.farewell answers",
        call(HELLO, "c 帮我查一下订单，算了，不用查了，再见。", "a 好的，感谢来电，再见。"),
        call(HELLO, "c 帮我查一下订单，算了，不用查了，再见。", 4.0, "a 哦。", 3.0),
    ),
    Pair(
        "a hold longer than told, with the caller's leave",
        "wait.announce hold",
        call(
            HELLO, BILL, "a 我需要两分钟查一下，请您稍等，好吗？", "c 好。", do("held"), 120.0, do("resumed"),
            "a 感谢您的耐心等待，还需要一分钟，请您再稍等一下，可以吗？", "c 可以。", do("held"), 50.0,
            do("resumed"),
            *THANKED, "a 查到了，今天退给您。", *BYE,
        ),
        call(
            HELLO, BILL, "a 我需要两分钟查一下，请您稍等，好吗？", "c 好。", do("held"), 120.0, do("resumed"),
            *THANKED, do("held"), 50.0, do("resumed"),
            *THANKED, "a 查到了，今天退给您。", *BYE,
        ),
    ),
    Pair(
        "the caller hangs up on hold, and one who is not thanked",
        "wait.thank thanks",
        call(HELLO, BILL, LOOK, "c 好。", do("held"), 30.0),
        call(
            HELLO, BILL, LOOK, "c 好。", do("held"), 30.0, do("resumed"),
            "a 查到了，今天退给您，请您放心。", *BYE,
        ),
    ),
    Pair(
        "the caller looks for a number",
        "wait.announce unanswered",
        call(HELLO, "c 您稍等，我去拿一下单子。", 12.0, "a 好的，您慢慢找。", "c 不用了，我改天再说。", *BYE),
        call(HELLO, "c 我的单子怎么还没有送到。", 12.0, "a 好的，我看看。", "c 不用了，我改天再说。", *BYE),
    ),
    Pair(
        "a wait in silence",
        "wait.music quiet",
        call(HELLO, "c 你等一下，我去拿个笔。", 15.0, "a 好的，不着急。", "c 我改天再说。", *BYE),
        call(HELLO, BILL, LOOK, "c 好。", 15.0, *THANKED, "a 今天退给您。", *BYE),
    ),
    Pair(
        "the caller writes down a number",
        "wait.announce pause",
        call(
            HELLO, "c 车队电话是多少？", "a 麻烦您拿笔记录一下。", "c 好了。",
            "a 六四八二。", 3.5, "a 七零一五。", "c 记好了。", *BYE,
        ),
        call(
            HELLO, "c 车队电话是多少？", "a 麻烦您拿笔记录一下。", "c 好的，我去拿个笔，准备好了。",
            "a 车队在东门，白天有人。", 3.5, "a 白天打六四八二。", "c 记好了。", *BYE,
        ),
    ),
    Pair(
        "a long story",
        "listen.ack sound",
        call(
            HELLO, "c " + "我在东门看见一辆白车" * 5, "a 嗯。", "c 就是这样。", "a 好的，马上为您安排。",
            *BYE,
        ),
        call(HELLO, "c " + "我在东门看见一辆白车" * 8, "a 好的，马上为您安排。", *BYE),
    ),
    Pair(
        "spoken up for who hears badly, and shouted at",
        "voice.loudness raised",
        call(
            HELLO, "c 大声点，我听不清。", Said("a 对不起，现在能听清吗？请问您从哪里出发？", 5, -21),
            "c 东门。",
            "a 好的，马上为您安排。", *BYE,
        ),
        call(
            HELLO, "c 大声点，我听不清。", Said("a 对不起，现在能听清吗？请问您从哪里出发？", 5, -15),
            "c 东门。",
            "a 好的，马上为您安排。", *BYE,
        ),
    ),
    Pair(
        "a number for an old person who writes it down",
        "voice.pace writing",
        call(
            HELLO, "c 车队电话是多少？", "a 麻烦您拿笔记录一下。", "c 好了。",
            Said("a 号码是六四八二七零一五。", 4), "c 记好了。", *BYE,
        ),
        call(
            HELLO, "c 车队电话是多少？", "a 麻烦您拿笔记录一下。", "c 好了。",
            Said("a 号码是六四八二七零一五。", 1.5), "c 记好了。", *BYE,
        ),
    ),
    Pair(
        "handed on unasked, in an emergency and without one",
        "handoff.first asked",
        call(
            "a 您好，这里是云程出行。", "c 救命，有人晕倒了！", "a 您别着急，您在什么位置？",
            do("urgent", urgency="medical"),
            do("transfer", number="120", by="1001", how="blind"), do("parted", agent="1001"), 9.0,
        ),
        call(
            "a 您好，这里是云程出行。", "c 你好，我要改一下发票。", "a 好的，我帮您转接过去，请您稍等。",
            do("transfer", queue="finance", by="1001", how="blind"), do("parted", agent="1001"), 9.0,
        ),
    ),
    Pair(
        "what cannot be done",
        "cannot.do sorry",
        call(HELLO, "c 能查我邻居的行程吗？", "a 很抱歉，这超出我们的服务范围。", "c 好吧。", *BYE),
        call(
            HELLO, "c 能查我邻居的行程吗？", "a 这超出我们的服务范围。", "c 好吧，那就算了，我自己问他去。",
            *BYE,
        ),
    ),
    Pair(
        "a number, told before the call is handed on",
        "verify.readback number",
        call(
            HELLO, BILL, TO_FINANCE, "c 好，我的电话是13800138000。",
            do("transfer", queue="finance", by="1001", how="blind"), do("parted", agent="1001"), 40.0,
        ),
        call(HELLO, BILL, "c 我的电话是13800138000。", "a 好，记下了，今天退给您。", 8.0, *BYE),
    ),
    Pair(
        "an old person did not understand",
        "verify.understood taboo",
        call(
            HELLO, "c 我还是不懂怎么弄。", "a 没关系，您先点右上角，再点保存。不知我这样解释，您能明白吗？",
            "c 明白了。", *BYE,
        ),
        call(HELLO, "c 我还是不懂怎么弄。", "a 您先点右上角，再点保存，你明白吗？", "c 明白了。", *BYE),
    ),
    Pair(
        "an emergency is handed on at once",
        "handoff.tell told",
        call(
            HELLO, "c 有人晕倒了！", "a 您别着急，您现在在哪里？", "c 东门。",
            do("urgent", urgency="medical"),
            do("transfer", number="120", by="1001", how="blind"), do("parted", agent="1001"), 20.0,
        ),
        call(
            HELLO, "c 我要改发票。", "a 您别着急，请问您在哪里？", "c 东门。",
            do("transfer", number="120", by="1001", how="blind"), do("parted", agent="1001"), 20.0,
        ),
    ),
    Pair(
        "transferred in, the caller need not tell it again",
        "handoff.tell told-again",
        call(
            HELLO, BILL, TO_FINANCE, "c 好。", *CONSULT, 6.0, *HANDED_OVER,
            "a 您好，我是财务部的，多扣二十元的事我已经了解了，今天退给您。", "c 好的。", *BYE,
        ),
        call(
            HELLO, BILL, TO_FINANCE, "c 好。", *CONSULT, 6.0, *HANDED_OVER,
            "a 您好，请问有什么可以帮您？", "c 我刚才都说了，账单多扣了二十元。", "a 今天退给您。", *BYE,
        ),
        whose="1002",
    ),
    Pair(
        "a colleague who is asked for is on the telephone",
        "handoff.busy offers",
        call(
            HELLO, "c 帮我找一下刘静。", "a 她正在接电话，请问您有什么事情，我可以帮您吗？", "c 不用了。",
            *BYE,
        ),
        call(
            HELLO, "c 帮我找一下刘静。", "a 她正在接电话，请问您是谁呀？", "c 朋友。", "a 哦，好的好的。",
            6.0, *BYE,
        ),
    ),
    Pair(
        "somebody looks for a colleague, and somebody only ran to the telephone",
        "private.call matter",
        call(HELLO, "c 我刚才在做饭，然后我去接电话，车就走了。", "a 抱歉，我马上帮您再派一辆。", *BYE),
        call(HELLO, "c 请让王师傅接电话。", "a 抱歉，我马上帮您再派一辆。", 6.0, *BYE),
    ),
    Pair(
        "a wrong number",
        "wrong.number taboo",
        call(HELLO, "c 不好意思，我打错了。", "a 没关系，再见。"),
        call(HELLO, "c 是供电局吗？", "a 不是，您打错电话了。"),
    ),
    Pair(
        "a wrong number that is told where to call",
        "wrong.number number",
        call(
            HELLO, "c 我家停电了。", "a 对不起，这里是云程出行，不属于我们的业务，建议您拨打95598。",
            "c 好，打错了。", "a 没关系，再见。",
        ),
        call(
            HELLO, "c 我家停电了。", "a 对不起，不属于我们的业务。", "c 好，打错了。", "a 没关系，再见。",
            8.0,
        ),
    ),
    Pair(
        "a compliment, and harassment",
        "nuisance steps",
        call(
            HELLO, "c 你声音真好听，我要一辆车。", "a 谢谢您，请问您从哪里出发？", "c 东门。",
            "a 马上为您安排。", *BYE,
        ),
        call(
            HELLO, "c 你声音真好听，陪我聊聊天。", "a 谢谢您，请问您从哪里出发？", "c 东门。",
            "a 马上为您安排。", 10.0, *BYE,
        ),
    ),
    Pair(
        "a joke",
        "ban.retort words",
        call(
            HELLO, "c 你猜我是谁？", "a 先生您好，请问有什么可以帮您？", "c 逗你玩的，再见。",
            "a 好的，感谢来电，再见。",
        ),
        call(HELLO, "c 你猜我是谁？", "a 你有病吧？", "c 逗你玩的，再见。", "a 好的，感谢来电，再见。"),
    ),
    Pair(
        "said to a colleague while the caller is on hold, and to the caller",
        "ban.blame words",
        call(*consulted("a 小李，他的账单是怎么回事？", "b 什么？这不是我的错。"), "a 今天退给您。", *BYE),
        call(*consulted("a 小李，他的账单是怎么回事？", "b 我看看。"), "a 这不是我的错。", *BYE),
    ),
    Pair(
        "a driver in the conference, and the agent",
        "ban.shift words",
        call(
            HELLO, "c 我要跟司机说。", "a 我请司机一起通话，请您稍等。", "c 好。",
            do("joined", number="139", by="1001"), do("conference", by="1001"),
            "o 这不关我的事，你有病啊。", "c 你绕路。", "a 两位先别急，我来核实。", *BYE,
        ),
        call(
            HELLO, "c 我要跟司机说。", "a 我请司机一起通话，请您稍等。", "c 好。",
            do("joined", number="139", by="1001"), do("conference", by="1001"),
            "o 我没有绕路。", "c 你绕路。", "a 这不关我的事。", *BYE,
        ),
    ),
    Pair(
        "hurried out of a burning car, and merely hurried",
        "ban.impatience words",
        call(
            HELLO, "c 车里冒烟了！", "a 您别着急，请您快点下车，您在哪里？", do("urgent", urgency="fire"),
            "c 东门。",
            "a 我帮您报119。", do("transfer", number="119", by="1001", how="blind"),
            do("parted", agent="1001"), 5.0,
        ),
        call(HELLO, "c 我想想啊。", "a 你快点说。", "c 去东门。", "a 好的。", *BYE),
    ),
    Pair(
        "a quotation that was announced a sentence before",
        "ban.profanity words",
        call(
            HELLO, "c 那个司机骂人。", "a 非常抱歉，司机是这么说的。", "a 混蛋。",
            "a 对吗？请您告诉我详细情况。", "c 对。",
            do("ticket_opened", ticket="t"), "a 请问您的联系电话是来电号码吗？", "c 是。", *BYE,
        ),
        call(
            HELLO, "c 那个司机骂人。", "a 非常抱歉，请您告诉我详细情况。", "a 混蛋。", "a 对吗？", "c 对。",
            do("ticket_opened", ticket="t"), "a 请问您的联系电话是来电号码吗？", "c 是。", *BYE,
        ),
    ),
    Pair(
        "the line is lost, and is called back or not",
        "ban.dropped redialled",
        call(
            HELLO, "c 我要改订单。", do("dropped", "caller", agent="1001"),
            do("redial_offered", agent="1001"), by="centre",
        ),
        call(
            HELLO, "c 我要改订单。", do("dropped", "caller", agent="1001"),
            do("redial_missed", agent="1001", reason="too_late"), by="centre",
        ),
    ),
    Pair(
        "a caller falls silent amid the call",
        "ban.hangup first",
        call(
            HELLO, "c 我想问一下路。", "a 请问您从哪里出发？", 4.0,
            "a 您好，听不到您的声音，请问您还在吗？", 4.0,
            "a 对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！", by="agent", after=3,
        ),
        call(
            HELLO, "c 我想问一下路。", "a 请问您从哪里出发？", 4.0, "a 听不到，再见。", by="agent", after=0.5,
        ),
    ),
    Pair(
        "a promise",
        "ban.follow-up promise",
        call(
            HELLO, BILL, "a 我核实以后给您回电话。", "c 好。",
            do("promised", promise="p", what="callback", due_ms=at(3600)), *BYE,
            1200.0, do("followed_up", promise="p", how="called"),
        ),
        call(HELLO, BILL, "a 我核实以后给您回电话。", "c 好。", *BYE),
        until=7200,
    ),
]  # fmt: skip
