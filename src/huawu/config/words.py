"""Every sentence that the checks of a configuration say: its code, its English, its Chinese.

`{name}` stands for what varies. The first row that fits counts, so narrow sentences stand before wide ones.
"""

from __future__ import annotations

from typing import Final

NOUNS: Final = {
    "step": "步骤", "prompt": "提示音", "queue": "技能组", "flow": "流程", "agent": "坐席", "person": "人员",
    "calendar": "日历", "skill": "技能", "service": "查询服务", "language": "语言", "host": "主机",
    "trunk": "中继", "number": "号码", "user": "用户名", "endpoint": "话机", "SIP user": "SIP 用户名",
    "public number": "公开的接入号", "person with a phone": "话机的使用人", "break": "小休原因",
}  # fmt: skip

WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    # The text as such
    ("empty", 'the file is empty; begin with "company:"', "文件是空的；请从“company：”写起"),
    ("no_yaml", "this is no YAML: {said}", "不是正确的 YAML：{said}"),
    ("too_long", "the text is longer than {most} characters", "文本超过 {most} 个字符"),
    (
        "second_document",
        "there is a second document; one file describes one centre",
        "文件里有第二份文档；一个文件只描述一个中心",
    ),
    (
        "name_needed",
        "a name must stand before the colon, not a list or mapping",
        "冒号前应当是名称，不能是列表或映射",
    ),
    (
        "key_twice",
        '"{name}" is given twice; the first is in line {line}',
        "“{name}”写了两次；第一次在第 {line} 行",
    ),
    (
        "anchor",
        "anchors and aliases (& and *) are not used here; write it out",
        "这里不用锚点和别名（& 和 *）；请写全",
    ),
    ("too_deep", "this is nested too deeply", "嵌套太深"),
    # Values
    (
        "unknown_key",
        '"{name}" is not known here; possible: {possible}',
        "这里没有“{name}”这一项；可写：{possible}",
    ),
    ("missing", '"{name}" is missing; it is one of {possible}', "缺少“{name}”；可选：{possible}"),
    ("missing", '"{name}" is missing', "缺少“{name}”"),
    ("one_value", "one value is needed here, not a {found}", "这里要填一个值，不能是列表或映射"),
    ("no_value", "nothing is given; write a value or take the line out", "没有填值；请填写，或删去这一行"),
    ("no_choice", '"{value}" is not one of {possible}', "“{value}”不在可选之列：{possible}"),
    ("not_like", '"{value}" cannot stand here; write it like {like}', "“{value}”不合格式；例如：{like}"),
    ("no_bool", '"{value}" is neither true nor false', "“{value}”既不是 true 也不是 false"),
    (
        "no_length",
        '"{value}" is no length of time; write it like 20s, 3m or 1h30m',
        "“{value}”不是时长；请写成 20s、3m 或 1h30m",
    ),
    ("no_whole_number", '"{value}" is no whole number', "“{value}”不是整数"),
    ("no_number", '"{value}" is no number', "“{value}”不是数字"),
    (
        "out_of_range",
        "{value} does not fit; write a number from {low} to {high}",
        "{value} 超出范围；请填 {low} 到 {high} 之间的数",
    ),
    (
        "too_small",
        "{value} does not fit; write a number of at least {low}",
        "{value} 太小；请填不小于 {low} 的数",
    ),
    (
        "list_needed",
        "a list is needed here: lines that begin with a dash, or [a, b]",
        "这里要填列表：以短横开头的各行，或 [a, b]",
    ),
    (
        "names_needed",
        "names with values are needed here: lines like name: value",
        "这里要填带值的名称：如“名称: 值”的各行",
    ),
    (
        "step_needed",
        "a step is needed here: {field}: {first} and what belongs to it",
        "这里要填一个步骤：{field}: {first} 及其各项",
    ),
    # Names that must exist, things given twice
    (
        "host_not_allowed",
        'there is no host "{name}"; name it in lookup.hosts if it may be asked',
        "主机“{name}”不在 lookup.hosts 之列；允许查询的话请先列入",
    ),
    (
        "not_public",
        'there is no {what} "{name}"; strangers call it: write public: true',
        "没有{what}“{name}”；陌生来电要能拨它：请写 public: true",
    ),
    ("not_known", 'there is no {what} "{name}"', "没有名为“{name}”的{what}"),
    (
        "twice",
        "the {what} {name} is given twice; it is also at {first}",
        "{what} {name} 重复；另一处在 {first}",
    ),
    ("queue_twice", "a queue is named twice", "同一技能组写了两次"),
    (
        "no_time_zone",
        '"{name}" is no time zone; write it like Asia/Shanghai',
        "“{name}”不是时区；例如 Asia/Shanghai",
    ),
    # Calendars
    ("never_open", "this calendar is never open", "这个日历从不开放"),
    (
        "no_span",
        '"{value}" is no span of time; write it like 09:00-18:00',
        "“{value}”不是时段；请写成 09:00-18:00",
    ),
    (
        "no_weekday",
        '"{value}" is no weekday; write mon, tue, … sun, mon-fri, sat,sun or every',
        "“{value}”不是星期；请写 mon、tue……sun、mon-fri、sat,sun 或 every",
    ),
    ("day_twice", "the hours of {day} are given twice", "{day} 的时间写了两次"),
    (
        "no_country_of_holidays",
        'the holidays of "{country}" are not known; write a country such as CN or DE-BY',
        "不知道“{country}”的节假日；请写国家代码，如 CN 或 DE-BY",
    ),
    ("no_date", '"{value}" is no date; write it like 2026-10-01', "“{value}”不是日期；请写成 2026-10-01"),
    ("overlap", "these spans of time overlap", "这些时段互相重叠"),
    # Numbers, people, queues
    (
        "number_target",
        "a number leads to exactly one of flow, queue, agent and echo: true",
        "一个接入号只能通向流程、技能组、坐席、回声（echo: true）之一",
    ),
    (
        "no_phone",
        "serves a queue but has no phone; add one with this person in endpoints",
        "属于技能组却没有话机，接不到电话；请在“话机”里加一部，使用人选此人",
    ),
    (
        "no_extension",
        "serves a queue but has no extension, so no colleague can reach them",
        "属于技能组却没有分机号，同事无法呼叫",
    ),
    ("never_full", 'never happens without "longest_line"', "没有“longest_line”时永远不会发生"),
    ("never_over", 'never happens without "longest_wait"', "没有“longest_wait”时永远不会发生"),
    (
        "unserved",
        "nobody serves this queue; name it in a person's queues",
        "没有坐席服务此技能组；请在人员的技能组中写上它",
    ),
    (
        "unskilled",
        "nobody who serves this queue has {skill} at level {level}, so nobody gets its calls",
        "服务此技能组的人中没有 {skill} 达到 {level} 级的，来电无人可接",
    ),
    ("ring_too_short", "a phone must ring for at least 1s", "振铃至少 1s"),
    (
        "no_time_for_form",
        "without wrap_up there is no time to file the form; give one, such as wrap_up: 20s",
        "没有话后时间就来不及填小结；请设置，如 wrap_up: 20s",
    ),
    (
        "allowed_needed",
        'callers may key another number: say with "allowed" how it may begin',
        "来电者可以另输号码：请用“allowed”写明号码开头",
    ),
    (
        "allowed_in_vain",
        'has no meaning without "other_number: true"',
        "没有“other_number: true”时不起作用",
    ),
    (
        "step_after_end",
        "the caller has left the queue then, so no step can follow",
        "此时来电者已离开技能组，后面不能再有步骤",
    ),
    (
        "steps_in_order",
        "steps follow each other in time: write a longer time",
        "各步骤按时间先后排列：请写更长的时间",
    ),
    (
        "one_way",
        "say exactly one of queue, number, flow and hang_up: true",
        "请只写 queue、number、flow、hang_up: true 之一",
    ),
    ("leads_nowhere", "the number {number} leads nowhere", "号码 {number} 不通向任何地方"),
    (
        "round",
        "callers go round: {way}; let one of them lead elsewhere or hang up",
        "来电者会在这里转圈：{way}；请让其中之一通向别处或挂断",
    ),
    (
        "bare_bound",
        'the queue {queue} has a bound but no "{field}": the caller is hung up on; say where to go here or in the '
        'queue with "{field}"',
        "技能组 {queue} 设了上限却没有“{field}”：来电者会被挂断；请在此处或技能组里用“{field}”写明去向",
    ),
    (
        "dials_out",
        "callers could dial out through a trunk by what they press; begin with digits that no rule of outbound "
        'lets flows call, or allow it with "outside: true"',
        "来电者可能凭按键经中继外呼；请以外呼规则不允许流程拨打的数字开头，或用“outside: true”允许",
    ),
    # Flows
    (
        "recursion",
        "this flow comes back to itself through its sub-flows; lead on with next instead",
        "此流程经子流程又回到自身；请改用 next 往下走",
    ),
    ("unreachable", "nothing leads to this step", "没有任何去向通到这一步"),
    ("no_keys", "a menu needs at least one key", "菜单至少要有一个按键"),
    ("no_key", '"{key}" is no key; keys are 0–9, * and #', "“{key}”不是按键；按键为 0–9、* 和 #"),
    (
        "least_most",
        "at least {least} and at most {most} cannot be",
        "至少 {least} 位、至多 {most} 位，两者矛盾",
    ),
    (
        "end_key_needed",
        "0 digits need an end_key, or they are taken for silence",
        "允许 0 位时须有结束键（end_key），否则会当作没有按键",
    ),
    ("score_range", "a score from {low} to {high} is no choice", "评分从 {low} 到 {high}，没有可选余地"),
    (
        "returns_nowhere",
        "a number leads to this flow, so returning means hanging up",
        "接入号直接通向此流程，返回即挂断",
    ),
    ("number_or_agent", 'name one of "number" and "agent"', "请写“number”“agent”之一"),
    (
        "no_way_when_failed",
        'nobody answers and the caller is hung up on; say where to go with "failed"',
        "无人接听时来电者会被挂断；请用“failed”写明去向",
    ),
    ("variable_needed", 'say which "variable" to look at', "请用“variable”写明看哪个变量"),
    (
        "test_needed",
        'say what {name} must be: "equals", "starts" or "matches"',
        "请写明 {name} 须如何：“equals”“starts”或“matches”",
    ),
    ("never_set", 'nothing sets the variable "{name}"', "没有任何步骤设置变量“{name}”"),
    ("always_holds", 'this case always holds; use "otherwise" for that', "此条件总是成立；请改用“otherwise”"),
    (
        "no_way_out",
        'a caller who does not answer has nowhere to go; give the flow a "person" (a step that leads to one) or '
        'this step an "otherwise"',
        "不按键的来电者无处可去；请给流程设“person”（通向人工的步骤），或给此步骤设“otherwise”",
    ),
    (
        "person_is_nobody",
        '"{name}" leads to nobody; it must come to a queue or transfer step',
        "“{name}”不通向任何人；须走到技能组或转接步骤",
    ),
    (
        "flow_round",
        "{way} goes round without the caller doing anything; let one of them end",
        "{way} 会自己转圈，无需来电者操作；请让其中之一结束",
    ),
    ("message_length", "a message may last from 1s to 10m", "留言时长可为 1s 到 10m"),
    (
        "message_never_kept",
        "no message could be kept: this must be less than longest",
        "没有留言能保留：须小于 longest",
    ),
    (
        "silence_too_short",
        "callers pause to think; allow at least 1s of silence",
        "来电者会停顿思考；静音至少 1s",
    ),
    (
        "no_variable",
        '"{name}" is no name for a variable; use letters, digits and _',
        "“{name}”不能作变量名；请用字母、数字和 _",
    ),
    ("no_pattern", '"{pattern}" is no regular expression: {why}', "“{pattern}”不是正则表达式：{why}"),
    # Look-ups
    (
        "lookup_time",
        "the caller waits for it on the line; write from 100ms to 10s",
        "来电者在线等候；请写 100ms 到 10s",
    ),
    ("no_service_address", '"{url}" is no address of a service', "“{url}”不是服务地址"),
    (
        "no_service_address",
        '"{url}" cannot be asked; write it like https://crm.example.com/caller',
        "“{url}”无法查询；请写成 https://crm.example.com/caller",
    ),
    (
        "password_in_address",
        'a password does not belong here; put it into the environment and name it with "secret_env"',
        "密码不该写在这里；请放进环境变量并用“secret_env”写明变量名",
    ),
    (
        "internal_address",
        'this lies on this machine or in a private network; if that is meant, say "internal: true"',
        "此地址在本机或内网；确实如此请写“internal: true”",
    ),
    (
        "open_address",
        "callers' numbers travel there for everybody to read; use https",
        "来电号码会以明文传送；请用 https",
    ),
    # Outbound
    ("rule_twice", "the rule {rule} is given twice", "规则 {rule} 重复"),
    (
        "rule_empty",
        'name at least one in "{field}", or take the rule out',
        "“{field}”至少写一项，或删去此规则",
    ),
    (
        "strip_too_long",
        "drops more digits than a prefix has: digits of the number itself; write a longer prefix",
        "去掉的位数多于前缀，会去掉号码本身；请写更长的前缀",
    ),
    (
        "rule_in_vain",
        "the rule {rule} already says where {who} goes with {prefix}: never applies",
        "规则 {rule} 已规定 {who} 拨 {prefix} 的去向：此条永不生效",
    ),
    (
        "emergency_taken",
        "{number} is a number or extension of the centre as well; give that another one",
        "{number} 同时是本中心的接入号或分机；请给后者换号",
    ),
    (
        "no_emergency_trunk",
        "there is no trunk to call for help by; add one to trunks",
        "没有可用于紧急呼叫的中继；请添加中继",
    ),
    (
        "no_emergency",
        'phones may call outside but no emergency number; list them in "emergency" (110, 119 …)',
        "话机可以外呼却没有紧急号码；请在“emergency”中列出（110、119……）",
    ),
    (
        "no_country",
        '"{country}" is no country; write it like CN: numbers are read as dialled there',
        "“{country}”不是国家代码；请写成 CN：号码按该国拨法理解",
    ),
    (
        "no_country",
        '"{country}" is no country; write it like CN or HK{more}',
        "“{country}”不是国家代码；例如 CN、HK",
    ),
    # Lines and servers
    (
        "certificate_authority",
        'client_certificate needs "ca": the file of the authority that signs the trunk\'s certificates, or that '
        "certificate itself",
        "client_certificate 需要“ca”：签发该中继证书的机构文件，或该证书本身",
    ),
    (
        "tls_in_vain",
        "nothing is made of this: the trunk's transport is not tls",
        "此项不起作用：该中继的传输方式不是 tls",
    ),
    (
        "no_proxy",
        "{place} is neither an IP address nor a network such as 10.0.0.0/28",
        "{place} 既不是 IP 地址也不是网段（如 10.0.0.0/28）",
    ),
    (
        "proxy_everybody",
        "everybody would be believed about where calls come from: name the proxies alone",
        "这样等于相信所有人所说的来电来源：请只写代理的地址",
    ),
    (
        "turn_secret",
        "TURN servers let nobody in without a secret: name the environment variable that holds coturn's "
        "static-auth-secret",
        "TURN 服务器没有密钥不放行：请写明存放 coturn static-auth-secret 的环境变量名",
    ),
    (
        "no_origin",
        '"{value}" is no origin of pages; write scheme, host and port alone: {like}',
        "“{value}”不是网页来源；只写协议、主机和端口：{like}",
    ),
    (
        "page_without_microphone",
        "browsers give pages opened by http no microphone; use https",
        "浏览器不给 http 网页麦克风；请用 https",
    ),
    ("no_web_call", "nobody can call from a page without {missing}", "没有 {missing}，就没有人能从网页呼叫"),
    ("turn_time", "a call may last longer; write at least 5m", "通话可能更久；请写至少 5m"),
)
