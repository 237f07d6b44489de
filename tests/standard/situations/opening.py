"""How calls begin: parts 1 and 2 of the service book."""

from __future__ import annotations

from functools import partial

from huawu.standard import Happened
from tests.standard.script import fact
from tests.standard.situations.telling import BYE, HELLO, Over, Pair, call, called_back, dialled, do

REDIAL = partial(called_back, "redial")
CALLBACK = partial(called_back, "callback")
SILENT = (
    "a 您好！请问有什么可以帮助您？",
    2.8,
    "a 您好，听不到您的声音，请问有什么可以帮助您？",
    2.8,
    "a 对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！",
)


def rang(seconds: float) -> list[Happened]:
    """An agent's phone rings so long, and is answered."""
    return [
        fact(0, "offered", "caller", number="4000"),
        fact(4 - seconds, "agent_ringing", "agent", agent="1001"),
        fact(4, "agent_answered", "agent", agent="1001"),
        fact(4, "bridged", "agent", agent="1001"),
    ]


PAIRS = [
    Pair(
        "a phone that is answered at the second ring, and at the third",
        "open.third-ring in-time",
        call(HELLO, "c 我要去机场。", "a 好的，马上为您安排。", *BYE, opening=partial(rang, 9)),
        call(HELLO, "c 我要去机场。", "a 好的，马上为您安排。", *BYE, opening=partial(rang, 11)),
    ),
    Pair(
        "hung up amid the greeting",
        "open.greeting at-once",
        call("a 您好，这里是云程", after=0),
        call(4.5, "a 您好，这里是云程", after=0),
    ),
    Pair(
        "a call of a second",
        "open.greeting at-once",
        call(after=0.8),
        call(after=5),
    ),
    Pair(
        "a greeting at a holiday",
        "open.greeting words",
        call("a 新年快乐，这里是云程出行，工号8016。", "c 我要去机场。", "a 好的。", *BYE),
        call("a 新年快乐啊，过年好。", "c 我要去机场。", "a 好的。", *BYE),
    ),
    Pair(
        "a greeting at night",
        "open.greeting words",
        call("a 晚上好，云程出行8016为您服务。", "c 我要去机场。", "a 好的。", *BYE),
        call("a 这么晚了，讲。", "c 我要去机场。", "a 好的。", *BYE),
    ),
    Pair(
        "the line was lost, and the agent calls back",
        "open.greeting introduced",
        call(
            "a 您好，刚才线路中断了，非常抱歉，请您接着说。",
            "c 我要去机场。",
            "a 好的。",
            *BYE,
            opening=REDIAL,
        ),
        call(
            "a 哎，断了。", "c 我要去机场，明早八点从东门走。", "a 好的，马上为您安排。", *BYE, opening=REDIAL
        ),
    ),
    Pair(
        "a callback that was asked for",
        "open.greeting introduced",
        call("a 王先生您好，您刚才预约了回电。", "c 对，我要去机场。", "a 好的。", *BYE, opening=CALLBACK),
        call(
            "a 王先生吗？讲。",
            "c 对，我要去机场，明早八点走。",
            "a 好的，马上为您安排。",
            *BYE,
            opening=CALLBACK,
        ),
    ),
    Pair(
        "an agent dials a customer",
        "open.greeting introduced",
        call(
            "c 喂？",
            "a 您好，请问是王先生吗？我是云程出行的客服，请问您现在方便吗？",
            "c 方便，你说。",
            "a 您预约的车明早八点到。",
            "c 好的，谢谢。",
            "a 不客气，打扰您了，再见。",
            "c 再见。",
            opening=dialled,
        ),
        call(
            "c 喂？",
            "a 王强吗？",
            "c 是的。",
            "a 明早八点的车，别忘了。",
            3.0,
            "c 哦。",
            "a 再见。",
            "c 再见。",
            opening=dialled,
        ),
    ),
    Pair(
        "a customer who was dialled has no time, or wants no calls",
        "close.farewell answers",
        call(
            "c 喂？",
            "a 您好，这里是云程出行，请问您现在方便吗？",
            "c 不方便，以后别打了，再见。",
            "a 好的，非常抱歉打扰您，不再来电，再见。",
            opening=dialled,
        ),
        call(
            "c 喂？",
            "a 您好，这里是云程出行，请问您现在方便吗？",
            "c 不方便，以后别打了，再见。",
            "a 我们有优惠活动，充一百送二十。",
            4.0,
            opening=dialled,
        ),
    ),
    Pair(
        "the caller greets first",
        "open.greeting-back back",
        call("c 小姐您好。", "a 您好，很高兴为您服务，请问有什么可以帮您？", "c 去机场。", "a 好的。", *BYE),
        call(HELLO, "c 你好。", "a 嗯。", 5.0, "c 去机场。", "a 好的。", *BYE),
    ),
    Pair(
        "a surname told, and handed on at once",
        "open.surname used",
        call(
            HELLO,
            "c 我姓王，我要改发票。",
            "a 王先生，发票由财务部负责，我帮您转接过去，请您稍等。",
            do("transfer", queue="finance", how="blind", by="1001"),
            do("parted", agent="1001"),
            30.0,
        ),
        call(
            HELLO,
            "c 我姓王，我要改发票。",
            "a 发票由财务部负责，我帮您转接过去，请您稍等。",
            do("transfer", queue="finance", how="blind", by="1001"),
            do("parted", agent="1001"),
            30.0,
        ),
    ),
    Pair(
        "a child calls",
        "open.taboo you",
        call(
            HELLO,
            "c 阿姨，我找我妈妈。",
            "a 小朋友，请问是什么事情呀？你妈妈叫什么？",
            "c 叫李红。",
            "a 你别着急，你等一下，我帮你联系她。",
            "c 好。",
            "a 你妈妈马上给你打回去，我已经登记了。",
            do("promised", promise="p", what="callback", due_ms=None),
            *BYE,
        ),
        call(
            HELLO,
            "c 先生，我找李红。",
            "a 你找李红有什么事情？",
            "c 有个快递。",
            "a 你别着急，你等一下，我看看。",
            "c 好。",
            "a 你放在门口，你看行吗？",
            *BYE,
        ),
    ),
    Pair(
        "a complaint is taken by the colleague to whom it was handed on",
        "open.own-name own",
        call(
            HELLO,
            "c 我要投诉一个司机。",
            "a 非常抱歉，我是投诉专员8016号，请问您贵姓，具体是什么情况？",
            "c 我姓王，他绕路。",
            "a 王先生，我登记好了，三个工作日内与您联系，十五日内办结。",
            do("ticket_opened", ticket="t"),
            *BYE,
        ),
        call(
            "a 您好，请问有什么可以帮您？",
            "c 我要投诉一个司机。",
            "a 非常抱歉，请问您贵姓，具体是什么情况？",
            "c 我姓王，他绕路。",
            "a 王先生，我登记好了，三个工作日内与您联系，十五日内办结。",
            10.0,
            do("ticket_opened", ticket="t"),
            *BYE,
        ),
    ),
    Pair(
        "nobody speaks",
        "silent.call times",
        call(*SILENT, by="agent", after=3),
        call(*SILENT[:1], by="agent", after=3),
    ),
    Pair(
        "a cough, and nobody speaks",
        "wait.announce silence",
        call("a 您好！请问有什么可以帮助您？", "c 咳", 2.7, *SILENT[2:], by="agent", after=3),
        call("a 您好！请问有什么可以帮助您？", "c 在", 2.7, "a 嗯，请讲。", "c 去机场。", "a 好的。", *BYE),
    ),
    Pair(
        "who was dialled does not speak",
        "open.greeting at-once",
        call("a 您好，这里是云程出行。", 2.5, "a 您好，听得到吗？", opening=dialled, by="agent", after=3),
        call(4.0, "a 您好，这里是云程出行。", 2.5, opening=dialled, by="agent", after=3),
    ),
    Pair(
        "a voice that is not clear",
        "unclear.voice quiet-end",
        call(
            HELLO,
            "c 滋滋去滋滋。",
            "a 对不起，听不清您的声音，请您把手机转个方向好吗？",
            "c 滋滋滋。",
            "a 抱歉，麻烦您再说一遍，好吗？",
            "c 滋滋。",
            "a 实在抱歉，还是听不清，请您换一部电话再次打过来，好吗？再见！",
            by="agent",
            after=3,
        ),
        call(
            HELLO,
            "c 滋滋去滋滋。",
            "a 对不起，听不清您的声音，请您把手机转个方向好吗？",
            "c 滋滋滋。",
            "a 抱歉，麻烦您再说一遍，好吗？",
            "c 滋滋。",
            "a 实在抱歉，还是听不清，请您换一部电话再次打过来，好吗？再见！",
            by="agent",
            after=1,
        ),
    ),
    Pair(
        "an old person does not catch it",
        "unclear.repeat taboo",
        call(
            HELLO,
            "c 去哪个哪个那里。",
            "a 大爷，对不起，我没听清，麻烦您再说一遍，好吗？",
            "c 医院。",
            "a 好的，医院。",
            *BYE,
        ),
        call(HELLO, "c 去哪个哪个那里。", "a 你说什么？", "c 医院。", "a 好的，医院。", *BYE),
    ),
    Pair(
        "a caller who speaks dialect",
        "unclear.dialect steps",
        call(
            HELLO,
            "c 俺搁东头咧。",
            "a 对不起，我听不懂您的方言，请您讲普通话，好吗？",
            "c 俺不会咧。",
            "a 请问您旁边有会讲普通话的人吗？请他来听电话，好吗？",
            "c 没得。",
            "a 非常抱歉，没能帮到您，请您谅解，再见。",
            by="agent",
            after=3,
        ),
        call(
            HELLO,
            "c 俺搁东头咧。",
            "a 对不起，我听不懂您的方言，请您讲普通话，好吗？",
            "c 俺不会咧。",
            "a 非常抱歉，没能帮到您，请您谅解，再见。",
            by="agent",
            after=3,
        ),
    ),
    Pair(
        "a caller who speaks English is put through",
        "ban.hangup first",
        call(
            HELLO,
            "c Hello, do you speak English?",
            "a One moment please, I will transfer you to a colleague.",
            "c Thank you.",
            do("transfer", queue="english", how="blind", by="1001"),
            do("parted", agent="1001"),
            30.0,
        ),
        call(HELLO, "c Hello, do you speak English?", "a Sorry, goodbye.", by="agent", after=0.5),
    ),
    Pair(
        "an old person hears badly",
        "unclear.louder taboo",
        call(
            HELLO,
            "c 姑娘，我听不清，大声点。",
            "a 对不起，大爷，现在能听清吗？",
            "c 能了，我去医院。",
            "a 好的，去医院。",
            *BYE,
        ),
        call(
            HELLO,
            "c 姑娘，我听不清，大声点。",
            "a 对不起，我已经很大声了，现在能听清吗？",
            "c 能了，我去医院。",
            "a 好的，去医院。",
            *BYE,
        ),
    ),
    Pair(
        "a caller who has said goodbye and does not hang up",
        "silent.after-end asks-again",
        call(
            HELLO,
            "c 车到了，再见。",
            "a 好的，感谢您的来电，祝您生活愉快，再见。",
            by="agent",
            after=3,
        ),
        call(
            HELLO,
            "c 车到了。",
            "a 好的。",
            "a 请问还有什么可以帮您？",
            "c 没有了。",
            "a 感谢您的来电，祝您生活愉快，再见。",
            by="agent",
            after=3,
        ),
    ),
    Pair(
        "a fire, and the agent must interrupt",
        "listen.interrupt overlap",
        call(
            HELLO,
            "c 着火了，我家着火了！",
            Over("我刚才在做饭，然后去阳台收衣服，回来一看全是烟。", "您别着急，请问您在什么位置？", 2),
            do("urgent", urgency="fire"),
            Over("我不知道怎么办，我想去把火浇灭，我去拿一盆水来。", "请您马上离开，不要灭火！", 1.5),
            Over("可是我的东西都在里面，我的钱包和手机都在那里。", "请您马上离开，我帮您转119。", 1.5),
            do("transfer", number="119", how="blind", by="1001"),
            do("parted", agent="1001"),
            5.0,
        ),
        call(
            HELLO,
            "c 我要说一件事。",
            Over("我刚才在做饭，然后去阳台收衣服，回来一看车不见了。", "您别着急，请问您在什么位置？", 2),
            Over("我不知道怎么办，我想去找一找，我去楼下问一下。", "请您马上离开，不要找了！", 1.5),
            Over("可是我的东西都在里面，我的书包和衣服都在那里。", "请您马上离开，我帮您转过去。", 1.5),
            *BYE,
        ),
    ),
]
