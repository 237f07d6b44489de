"""Complaints, endings, promises, emergencies and outages: parts 5 to 9 of the service book."""

from __future__ import annotations

from tests.standard.script import at
from tests.standard.situations.telling import BYE, HELLO, Pair, call, dialled, do

TICKET = do("ticket_opened", ticket="t")
AGREED = "a 王先生，登记好了，三个工作日内与您联系，十五日内办结。"
SORRY = "a 非常抱歉，我是投诉专员8016号，请问您贵姓，具体是什么情况？"
ORDER = "c 帮我查一下订单。"
HANDED_ON = (
    HELLO,
    "c 我要投诉。",
    "a 非常抱歉，我是8016号，具体是什么情况？",
    "c 司机绕路。",
    "a 我帮您转接投诉专员，请您稍等。",
    do("consult", agent="1002", by="1001"),
    2.0,
    do("consult_answered", agent="1002"),
    6.0,
    do("transfer", agent="1002", by="1001", how="attended"),
    do("parted", agent="1001"),
    do("bridged", "centre", agent="1002"),
    "a 您好，我是投诉专员，您的情况我了解了，请问您贵姓？",
)

PAIRS = [
    Pair(
        "the caller curses, and tells how another cursed",
        "complaint.abuse calm",
        call(
            HELLO, "c 那个司机骂我混蛋。", "a 非常抱歉，请您告诉我详细情况。", "c 就是昨天。",
            "a 您的联系电话是来电号码吗？",
            TICKET, "c 是。", "a 登记好了。", *BYE,
        ),
        call(HELLO, "c 你们这帮混蛋！", "a 说完了吗？", 8.0, "c 完了。", "a 好的。", *BYE),
    ),
    Pair(
        "a caller who curses again and again",
        "complaint.abuse leader",
        call(
            HELLO, "c 你们这帮混蛋！", "a 对不起，请问有什么可以帮助您？", "c 王八蛋！",
            "a 先生，我理解您的心情。",
            "c 混蛋！", "a 我马上请班长来接听。", do("help_asked", help="leader"), "c 混蛋！",
            "a 对不起，请您稍等。", 3.0,
        ),
        call(
            HELLO, "c 你们这帮混蛋！", "a 对不起，请问有什么可以帮助您？", "c 王八蛋！",
            "a 先生，我理解您的心情。",
            "c 混蛋！", "a 对不起，请问是什么事情？", "c 混蛋！", "a 对不起，请您稍等。", 25.0,
        ),
    ),
    Pair(
        "a caller who had to try for long",
        "complaint.busy-line sorry",
        call(
            HELLO, "c 你们电话怎么这么难打。", "a 对不起，刚才线路忙，让您久等了。", "c 我要一辆车。",
            "a 好的。", *BYE,
        ),
        call(
            HELLO, "c 你们电话怎么这么难打。", "a 嗯，什么事呢？", "c 我要一辆车去机场。",
            "a 好的，马上安排。", *BYE,
        ),
    ),
    Pair(
        "the same caller again, for the same thing",
        "complaint.slow sorry",
        call(
            HELLO, "c 又是我，怎么还没有派车？", "a 对不起，让您久等了，您的情况有记录，我马上帮您催。",
            "c 好。", *BYE,
        ),
        call(
            HELLO, "c 又是我，怎么还没有派车？", "a 您刚打过，在派了，您再看看手机。",
            "c 好吧，我再看看手机。", "a 嗯。", *BYE,
        ),
    ),
    Pair(
        "manners complained of to who can hand it to the leader at once",
        "complaint.attitude handed-on",
        call(
            HELLO, "c 你们的司机态度太差了。", "a 给您添麻烦了，请您原谅，您能将详细情况告诉我吗？",
            "c 他骂人。",
            "a 我请班长来接听，请您稍等。", do("transfer", agent="1002", by="1001", how="blind"),
            do("parted", agent="1001"), 9.0,
        ),
        call(
            HELLO, "c 你们的司机态度太差了。", "a 给您添麻烦了，请您原谅，您能将详细情况告诉我吗？",
            "c 他骂人。",
            "a 您的联系电话是来电号码吗？", "c 是。", *BYE,
        ),
        until=3600,
    ),
    Pair(
        "an error of ours, and one of the caller's",
        "complaint.error sorry",
        call(HELLO, "c 对不起，是我看错了。", "a 没关系。", "c 我要一辆车。", "a 好的。", *BYE),
        call(
            HELLO, "c 你们把我的地址记错了。", "a 我马上核实，您稍等一下。", "c 我等着呢，快点核实。",
            "a 改好了。", *BYE,
        ),
    ),
    Pair(
        "a complaint of another department, handed on",
        "complaint.other-dept answer",
        call(
            HELLO, "c 我要投诉停车场。", "a 非常抱歉，我姓李，停车场不归我们管，请问具体是什么情况？",
            "c 乱收费，我姓王。",
            "a 王先生，我帮您转接过去。", do("transfer", queue="parking", by="1001", how="blind"),
            do("parted", agent="1001"), 9.0,
        ),
        call(
            HELLO, "c 我要投诉停车场。", "a 非常抱歉，我姓李，停车场不归我们管，请问具体是什么情况？",
            "c 乱收费，我姓王。",
            "a 王先生，您去问问停车场的人吧。", 15.0, TICKET, *BYE,
        ),
    ),
    Pair(
        "a complaint on record, and one without its deadline",
        "complaint.close deadline",
        call(HELLO, "c 我要投诉。", SORRY, "c 我姓王，绕路。", AGREED, TICKET, *BYE),
        call(HELLO, "c 我要投诉。", SORRY, "c 我姓王，绕路。", "a 王先生，我马上帮您处理。", TICKET, *BYE),
    ),
    Pair(
        "a complaint that is taken seriously",
        "complaint.steps acknowledge",
        call(HELLO, "c 我要投诉。", SORRY, "c 我姓王，绕路。", AGREED, TICKET, *BYE),
        call(
            HELLO, "c 我要投诉。", "a 我是8016号，请问您贵姓，具体是什么情况？",
            "c 我姓王，他绕路，多收我二十块。", 1.0,
            AGREED, TICKET, *BYE,
        ),
    ),
    Pair(
        "a complaint that the colleague writes down who took over",
        "complaint.record ticket",
        call(
            HELLO, "c 我要投诉。", "a 非常抱歉，我是8016号，我帮您转接投诉专员，请您稍等。",
            do("transfer", queue="complaints", by="1001", how="blind"), do("parted", agent="1001"), 9.0,
        ),
        call(
            HELLO, "c 我要投诉。", SORRY, "c 我姓王，绕路。", AGREED,
            do("promised", promise="p", what="contact"), *BYE,
        ),
        until=3600,
    ),
    Pair(
        "a complaint that was handed on is the colleague's",
        "complaint.close taken-over",
        call(*HANDED_ON, "c 我姓王。", AGREED, TICKET, *BYE),
        call(*HANDED_ON, "c 我姓王。", "a 王先生，登记好了。", TICKET, *BYE),
        until=3600,
        whose="1002",
    ),
    Pair(
        "who took a complaint over writes it down",
        "complaint.record taken-over",
        call(*HANDED_ON, "c 我姓王。", AGREED, TICKET, *BYE),
        call(*HANDED_ON, "c 我姓王。", AGREED, *BYE),
        until=3600,
        whose="1002",
    ),
    Pair(
        "a deadline put right after the call, and moved without a word",
        "promise.moved refiled",
        call(
            HELLO, ORDER, "a 查到了。", *BYE, 600.0, do("ticket_closed", ticket="t", outcome="refiled"),
            after=-600,
        ),
        call(
            HELLO, ORDER, "a 查到了。", *BYE, 6e3, do("ticket_closed", ticket="t", outcome="refiled"),
            after=-6e3,
        ),
        until=9000,
    ),
    Pair(
        "a complaint is asked about",
        "ask.open-closed open",
        call(HELLO, "c 我要投诉。", SORRY, "c 我姓王，绕路。", AGREED, TICKET, *BYE),
        call(
            HELLO, "c 我要投诉。", "a 非常抱歉，我是投诉专员8016号，请问您贵姓？",
            "c 我姓王，他绕路，多收我二十块。",
            AGREED, TICKET, 3.0, *BYE,
        ),
    ),
    Pair(
        "a suggestion",
        "suggestion.thank thanks",
        call(HELLO, "c 我建议你们多派几辆车。", "a 谢谢您提出的宝贵建议，我们将及时反馈。", "c 好。", *BYE),
        call(
            HELLO, "c 我建议你们多派几辆车。", "a 嗯，知道了。", "c 好吧，反正就是这么一个意思，你记着。",
            *BYE,
        ),
    ),
    Pair(
        "thanks, and an agent who has handed on",
        "apology.accept thanks",
        call(
            HELLO, "c 我要改发票。", "a 发票由财务部负责，我帮您转接过去，请您稍等。", "c 好的，谢谢。",
            do("transfer", queue="finance", by="1001", how="blind"), do("parted", agent="1001"), 9.0,
        ),
        call(HELLO, "c 我要改发票。", "a 改好了。", "c 好的，谢谢。", "a 嗯。", 5.0, *BYE),
    ),
    Pair(
        "something lost",
        "lost.property care",
        call(
            HELLO, "c 我的手机丢在车上了！", "a 您别着急，我马上帮您联系司机。", "c 好。", "a 找到了。",
            *BYE,
        ),
        call(
            HELLO, "c 我的手机丢在车上了！", "a 哪辆车，车牌记得吗？", "c 不记得，我就是从东门上的车。",
            "a 嗯。", 3.0, *BYE,
        ),
    ),
    Pair(
        "who was dialled is not asked for more",
        "close.more before-farewell",
        call(
            "c 喂？", "a 您好，我是云程出行的，您的车到楼下了。", "c 好的，马上来。",
            "a 好的，祝您出行愉快，再见。", opening=dialled,
        ),
        call(
            HELLO, "c 车到楼下了吗？", "a 您的车到楼下了。", "c 好的，马上来。",
            "a 好的，祝您出行愉快，再见。",
        ),
    ),
    Pair(
        "a farewell at a holiday",
        "close.farewell no-more",
        call(HELLO, "c 我要去机场。", "a 好的。", *BYE[:2], "a 不客气，祝您中秋快乐。"),
        call(HELLO, "c 我要去机场。", "a 好的。", *BYE[:2], "a 不客气，中秋了。", 5.0),
    ),
    Pair(
        "the agent hangs up on who stays on, in time and too early",
        "close.caller-first first",
        call(HELLO, "c 打错了，再见。", "a 没关系，再见。", by="agent", after=3),
        call(HELLO, "c 打错了，再见。", "a 没关系，再见。", by="agent", after=1),
    ),
    Pair(
        "solved, or left open",
        "close.satisfied unsolved",
        call(HELLO, "c 软件还是打不开。", "a 抱歉，我登记工单。", TICKET, "c 好。", *BYE),
        call(HELLO, "c 软件还是打不开。", "a 哦，那没办法了。", "c 好吧。", *BYE),
        until=3600,
    ),
    Pair(
        "a caller who wants the leader",
        "promise.urgent leader",
        call(
            HELLO, "c 叫你们经理来。", "a 我马上请主管接听，请您稍等。", do("help_asked", help="leader"),
            "c 好。", 5.0, *BYE,
        ),
        call(HELLO, "c 叫你们经理来。", "a 他现在忙，我帮您。", "c 好吧。", *BYE),
        until=600,
    ),
    *(
        Pair(
            f"promised: {what}",
            f"{rule} kept",
            call(
                HELLO, ORDER, "a 查到了。", do("promised", promise="p", what=what, due_ms=at(3600)), *BYE,
                1e3, do("followed_up", promise="p"),
            ),
            call(
                HELLO, ORDER, "a 查到了。", do("promised", promise="p", what=what, due_ms=at(3600)), *BYE,
                4e3, do("followed_up", promise="p"),
            ),
            until=9000,
        )
        for rule, what in (
            ("promise.enquiry", "answer"),
            ("promise.contact", "contact"),
            ("promise.closing", "closing"),
            ("promise.callback", "callback"),
        )
    ),
    Pair(
        "a fire, and one of yesterday",
        "emergency.transfer at-once",
        call(HELLO, "c 昨天着火了的那个小区能叫车吗？", "a 可以的，马上为您安排。", *BYE),
        call(
            HELLO, "c 我家着火了，能叫车吗？", "a 您别着急，您现在在哪里？", "c 东门。", 9.0, "a 可以的。",
            *BYE,
        ),
    ),
    Pair(
        "somebody who wants to die, and somebody who says so of the heat",
        "emergency.stay calm",
        call(HELLO, "c 热得不想活了，快派辆车。", "a 马上为您安排。", *BYE),
        call(
            HELLO, "c 我不想活了，我站在楼顶。", "a 请问您在哪里？", do("urgent", urgency="threat"),
            "c 西楼。",
            "a 我帮您报110。", 9.0, do("transfer", number="110", by="1001", how="blind"),
            do("parted", agent="1001"), 9.0,
        ),
    ),
    Pair(
        "a gas leak",
        "emergency.report played-down",
        call(
            HELLO, "c 我闻到好大的煤气味。", "a 您别着急，请您开窗，到外面去，您在什么位置？",
            do("urgent", urgency="other"), "c 东门。",
            "a 我马上报警，您别挂机。", do("transfer", number="119", by="1001", how="blind"),
            do("parted", agent="1001"), 9.0,
        ),
        call(
            HELLO, "c 我闻到好大的煤气味。", "a 您别着急，没什么大不了，您在什么位置？",
            do("urgent", urgency="other"), "c 东门。",
            "a 我马上报警，您别挂机。", do("transfer", number="119", by="1001", how="blind"),
            do("parted", agent="1001"), 9.0,
        ),
    ),
    Pair(
        "the system is slow, and it is down",
        "outage.announce sorry",
        call(HELLO, ORDER, "a 系统有点慢，请您稍等。", "c 好。", "a 查到了。", *BYE),
        call(
            HELLO, ORDER, "a 系统坏了，我先帮您记下来。", "c 好，那你记一下，我要去机场。", "a 记好了。",
            *BYE,
        ),
    ),
    Pair(
        "the system is down",
        "outage.other-way offered",
        call(HELLO, ORDER, "a 很抱歉，系统打不开，我先帮您记下来。", "c 好。", "a 记好了。", *BYE),
        call(
            HELLO, ORDER, "a 很抱歉，系统打不开，查不了。", "c 那怎么办，我就要去机场了。", "a 不知道。",
            *BYE,
        ),
    ),
]  # fmt: skip
