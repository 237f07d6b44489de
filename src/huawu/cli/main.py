"""`huawu`: the command line of a call centre that runs by the book."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from huawu import __version__
from huawu.cli import config, standard, tolls
from huawu.cli.doctor import examine
from huawu.cli.options import (
    DEFAULT_CONNECTIONS,
    DEFAULT_GRACE_S,
    DEFAULT_HTTP,
    DEFAULT_RTP,
    DEFAULT_SIP,
    JUDGE_NICE,
    SPARE_CORES,
    WEBRTC_PORT,
    BadAddress,
    Options,
    split_address,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Huawu 话务: a call centre that runs by the book.\n\n"
    "Start one with [bold]huawu run --demo[/bold], look at the page it names, "
    "and call 4000 with any SIP phone.",
)
app.add_typer(config.app, name="config")
app.add_typer(standard.app, name="standard")
app.add_typer(tolls.app, name="tolls")


def _option(flag: str, form: str, variable: str, words: str) -> typer.models.OptionInfo:
    """An option that the environment may give as well."""
    option: typer.models.OptionInfo = typer.Option(
        flag, metavar=form, envvar=f"HUAWU_{variable}", help=words, show_envvar=False
    )
    return option


Data = Annotated[Path, _option("--data", "DIR", "DATA", "Where everything is kept.")]
Http = Annotated[str, _option("--http", "HOST:PORT", "HTTP", "Where pages are served.")]
Sip = Annotated[
    list[str], _option("--sip", "HOST:PORT", "SIP", "Where phones call; once for IPv4, once for IPv6.")
]
SipTls = Annotated[
    list[str] | None, _option("--sip-tls", "HOST:PORT", "SIP_TLS", "Where phones and trunks call by TLS.")
]
SipWs = Annotated[
    list[str] | None, _option("--sip-ws", "HOST:PORT", "SIP_WS", "Where browsers call by WebSocket.")
]
SipWss = Annotated[
    list[str] | None, _option("--sip-wss", "HOST:PORT", "SIP_WSS", "The same over TLS, for pages by https.")
]
WebRtc = Annotated[
    list[str] | None,
    _option(
        "--webrtc",
        "HOST:PORT",
        "WEBRTC",
        f"UDP port of all browsers' media; with --sip-ws or --sip-wss else {WEBRTC_PORT} beside them.",
    ),
]
AwayGrace = Annotated[
    float,
    typer.Option(
        "--away-grace",
        min=0,
        metavar="SECONDS",
        envvar="HUAWU_AWAY_GRACE",
        help="How long a call waits for a browser that was loaded anew or lost its network.",
        show_envvar=False,
    ),
]
Tls = Annotated[
    bool,
    typer.Option(
        "--tls",
        envvar="HUAWU_TLS",
        help="Pages by https for the whole network, with a certificate of yours or one made here.",
        show_envvar=False,
    ),
]
TlsCert = Annotated[
    str, _option("--tls-cert", "FILE", "TLS_CERT", "Certificate and chain, PEM; without it one is made.")
]
TlsKey = Annotated[str, _option("--tls-key", "FILE", "TLS_KEY", "Its key, when it is not in that file.")]
WsOrigin = Annotated[
    list[str] | None,
    _option("--ws-origin", "URL", "WS_ORIGIN", "Pages that may connect by WebSocket; else of this host."),
]
PerHost = Annotated[
    int,
    typer.Option(
        "--connections-per-host",
        min=1,
        metavar="N",
        envvar="HUAWU_CONNECTIONS_PER_HOST",
        help="TCP, TLS and WebSocket connections of one address; more for phones behind one proxy.",
        show_envvar=False,
    ),
]
Rtp = Annotated[str, _option("--rtp-ports", "LOW-HIGH", "RTP_PORTS", "UDP ports for voice.")]
RtpEngine = Annotated[
    list[str] | None,
    _option("--rtpengine", "HOST:PORT", "RTPENGINE", "rtpengine's ng address: it relays ordinary bridges."),
]
PublicAddress = Annotated[
    list[str] | None, _option("--public-address", "IP", "PUBLIC_ADDRESS", "Told to phones, behind NAT.")
]
NameServers = Annotated[
    list[str] | None, _option("--dns", "HOST[:PORT]", "DNS", "Name server for trunks; else the system's.")
]
DatabaseUrl = Annotated[
    str, _option("--database", "URL", "DATABASE", "postgresql://…; without it SQLite in DIR.")
]
Switches = Annotated[
    int,
    typer.Option(
        "--switches",
        metavar="N",
        envvar="HUAWU_SWITCHES",
        help="Several, each two ports on from the one before, behind a SIP proxy.",
        show_envvar=False,
        min=1,
        max=16,
    ),
]
SpeechModel = Annotated[
    str,
    _option(
        "--speech-model",
        "DIR",
        "SPEECH_MODEL",
        "A model of faster-whisper or sherpa-onnx; else Whisper base of huawu[speech].",
    ),
]
LogLevel = Annotated[str, _option("--log-level", "LEVEL", "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR.")]

DEFAULT_DATA = Path("data")
MARKS = {"good": ("✓", "green"), "doubt": ("!", "yellow"), "bad": ("✗", "red")}


@app.command()
def run(
    data: Data = DEFAULT_DATA,
    http: Http = DEFAULT_HTTP,
    sip: Sip = [DEFAULT_SIP],  # noqa: B006 - typer copies it
    sip_tls: SipTls = None,
    sip_ws: SipWs = None,
    sip_wss: SipWss = None,
    webrtc: WebRtc = None,
    away_grace: AwayGrace = DEFAULT_GRACE_S,
    tls: Tls = False,
    tls_cert: TlsCert = "",
    tls_key: TlsKey = "",
    ws_origin: WsOrigin = None,
    connections_per_host: PerHost = DEFAULT_CONNECTIONS,
    rtp_ports: Rtp = DEFAULT_RTP,
    rtpengine: RtpEngine = None,
    public_address: PublicAddress = None,
    database: DatabaseUrl = "",
    switches: Switches = 1,
    demo: Annotated[bool, typer.Option("--demo", help="Begin with a travel company's hotline.")] = False,
    simulate: Annotated[
        bool, typer.Option(help="In the demo: callers and agents 1007–1010 are simulated.")
    ] = True,
    dns: NameServers = None,
    hear: Annotated[
        bool,
        typer.Option(
            "--hear/--no-hear",
            envvar="HUAWU_HEAR",
            help="Recognise what is said in recordings, where speech recognition is installed.",
            show_envvar=False,
        ),
    ] = True,
    speech_model: SpeechModel = "",
    log_level: LogLevel = "INFO",
) -> None:
    """Start a call centre: switch, centre and pages, kept running until Ctrl-C."""
    from huawu.cli.run import run_centre

    options = _options(data, http, sip, rtp_ports, public_address, database, demo, simulate, log_level)
    options = _with_ways(options, sip_tls, sip_ws, sip_wss, tls_cert, tls_key, ws_origin)
    options = replace(
        _with_webrtc(_with_rtpengine(options, rtpengine), webrtc),
        away_grace_s=away_grace,
        connections_per_host=connections_per_host,
        dns=tuple(dns or ()),
        switches=switches,
        tls=tls,
        hear=hear,
        speech_model=speech_model and str(Path(speech_model).absolute()),
    )
    raise typer.Exit(asyncio.run(run_centre(options)))


@app.command()
def worker(
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = "",
    speech_model: SpeechModel = "",
    live: Annotated[
        bool, typer.Option("--live/--no-live", help="Also hear what is being said, when a core is free.")
    ] = True,
    spare_cores: Annotated[
        float,
        typer.Option(
            min=0,
            envvar="HUAWU_SPARE_CORES",
            show_envvar=False,
            help="So many cores must have nothing to do for that.",
        ),
    ] = SPARE_CORES,
    nice: Annotated[
        int,
        typer.Option(
            min=0,
            max=19,
            envvar="HUAWU_SPEECH_NICE",
            show_envvar=False,
            help="How far it stands back behind everything else; less on a machine of its own.",
        ),
    ] = 19,
    log_level: LogLevel = "INFO",
) -> None:
    """Hear recordings; `huawu run` starts one, more may run beside it or on other machines (PostgreSQL)."""
    from huawu.cli.worker import run_worker

    options = Options(data=data, database=database, log_level=log_level.upper())
    raise typer.Exit(run_worker(options, model=speech_model, live=live, spare_cores=spare_cores, nice=nice))


@app.command()
def judge(
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = "",
    nice: Annotated[
        int,
        typer.Option(
            min=0,
            max=19,
            envvar="HUAWU_JUDGE_NICE",
            show_envvar=False,
            help="How far it stands back behind calls under way.",
        ),
    ] = JUDGE_NICE,
    log_level: LogLevel = "INFO",
) -> None:
    """Judge calls that are over; `huawu run` starts one, more may run on other machines (PostgreSQL)."""
    from huawu.cli.judge import run_judge

    raise typer.Exit(run_judge(Options(data=data, database=database, log_level=log_level.upper()), nice=nice))


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A WAV file of one or two channels.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    channels: Annotated[
        str, typer.Option(help="Who is left and right.", metavar="LEFT,RIGHT")
    ] = "caller,agent",
    language: Annotated[str, typer.Option(help="zh or en; else by its first utterances.")] = "",
    speech_model: SpeechModel = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Judge a recording from anywhere by the service standard: what was said, findings, score."""
    from huawu.cli.inspect import inspect_file

    raise typer.Exit(
        inspect_file(
            file, as_json=as_json, channels=channels, language=language, model=speech_model, data=data
        )
    )


@app.command()
def doctor(
    data: Data = DEFAULT_DATA,
    http: Http = DEFAULT_HTTP,
    sip: Sip = [DEFAULT_SIP],  # noqa: B006
    sip_tls: SipTls = None,
    sip_ws: SipWs = None,
    sip_wss: SipWss = None,
    webrtc: WebRtc = None,
    tls_cert: TlsCert = "",
    tls_key: TlsKey = "",
    ws_origin: WsOrigin = None,
    rtp_ports: Rtp = DEFAULT_RTP,
    rtpengine: RtpEngine = None,
    public_address: PublicAddress = None,
    database: DatabaseUrl = "",
) -> None:
    """Say what is missing or in the way, and how to mend it; exit code 1 when a centre could not start."""
    options = _options(data, http, sip, rtp_ports, public_address, database, False, False, "INFO")
    options = _with_ways(options, sip_tls, sip_ws, sip_wss, tls_cert, tls_key, ws_origin)
    options = _with_webrtc(_with_rtpengine(options, rtpengine), webrtc)
    console = Console()
    worst = 0
    for finding in examine(options):
        mark, colour = MARKS[finding.grade]
        console.print(Text(f" {mark} ", style=colour) + Text(finding.what))
        if finding.mend:
            console.print(Text(f"   → {finding.mend}", style="dim"))
        worst += finding.grade == "bad"
    raise typer.Exit(1 if worst else 0)


@app.command()
def simulate(
    data: Data = DEFAULT_DATA,
    rate: Annotated[float, typer.Option(help="New callers a minute.", min=0.1, max=60)] = 3.0,
    day: Annotated[
        int, typer.Option(help="Instead: this many calls of one day in virtual time, laws checked.", min=0)
    ] = 0,
) -> None:
    """Make traffic for a running demo: real SIP calls with speech, and agents 1007–1010 who answer."""
    if day:
        from huawu.cli.day import replay_day

        raise typer.Exit(replay_day(day))
    from huawu.sim.process import main

    raise typer.Exit(main(data.absolute(), rate))


@app.command(hidden=True)
def centre(
    data: Data = DEFAULT_DATA,
    http: Http = DEFAULT_HTTP,
    database: DatabaseUrl = "",
    demo: Annotated[bool, typer.Option("--demo")] = False,
    simulate: Annotated[bool, typer.Option()] = True,
    switch: Annotated[
        list[str] | None,
        _option("--switch", "NAME=SOCKET", "SWITCH", "Each switch, if there are several."),
    ] = None,
    tls_cert: TlsCert = "",
    tls_key: TlsKey = "",
    judge: Annotated[bool, typer.Option("--judge/--no-judge")] = True,
    log_level: LogLevel = "INFO",
) -> None:
    """The centre's own process; `huawu run` starts it."""
    from huawu.cli.centre import run_process

    options = _options(data, http, [DEFAULT_SIP], DEFAULT_RTP, None, database, demo, simulate, log_level)
    if any("=" not in each for each in switch or ()):
        raise typer.BadParameter("--switch takes NAME=SOCKET, such as 1=/run/huawu/link-1.sock")
    options = replace(options, switch=tuple(switch or ()), tls_cert=tls_cert, tls_key=tls_key, judge=judge)
    raise typer.Exit(run_process(options))


@app.command()
def password(
    user: Annotated[str, typer.Argument(help="Whose.", show_default=False)],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = "",
) -> None:
    """Give somebody a new password for the pages; it is asked for, or read from standard input."""
    from huawu.cli.password import set_password

    raise typer.Exit(set_password(user, Options(data=data, database=database)))


@app.command()
def version() -> None:
    """Say which Huawu this is."""
    typer.echo(f"huawu {__version__}")


def _options(
    data: Path,
    http: str,
    sip: list[str],
    rtp_ports: str,
    public_address: list[str] | None,
    database: str,
    demo: bool,
    simulate: bool,
    log_level: str,
) -> Options:
    try:
        for address in (http, *sip):
            split_address(address)
    except BadAddress as error:
        raise typer.BadParameter(str(error)) from None
    return Options(
        data=data,
        http=http,
        sip=tuple(sip),
        rtp_ports=rtp_ports,
        public_address=tuple(public_address or ()),
        database=database,
        demo=demo,
        simulate=simulate,
        log_level=log_level.upper(),
    )


def _with_ways(
    options: Options,
    sip_tls: list[str] | None,
    sip_ws: list[str] | None,
    sip_wss: list[str] | None,
    tls_cert: str,
    tls_key: str,
    ws_origin: list[str] | None,
) -> Options:
    """The same with the further ways SIP may come by."""
    try:
        for address in (*(sip_tls or ()), *(sip_ws or ()), *(sip_wss or ())):
            split_address(address)
    except BadAddress as error:
        raise typer.BadParameter(str(error)) from None
    return replace(
        options,
        sip_tls=tuple(sip_tls or ()),
        sip_ws=tuple(sip_ws or ()),
        sip_wss=tuple(sip_wss or ()),
        tls_cert=tls_cert and str(Path(tls_cert).absolute()),
        tls_key=tls_key and str(Path(tls_key).absolute()),
        ws_origin=tuple(ws_origin or ()),
    )


def _with_webrtc(options: Options, addresses: list[str] | None) -> Options:
    """The same with where browsers' media goes."""
    try:
        for address in addresses or ():
            split_address(address)
    except BadAddress as error:
        raise typer.BadParameter(str(error)) from None
    return replace(options, webrtc=tuple(addresses or ()))


def _with_rtpengine(options: Options, addresses: list[str] | None) -> Options:
    """The same with what relays ordinary bridges."""
    try:
        for address in addresses or ():
            split_address(address)
    except BadAddress as error:
        raise typer.BadParameter(str(error)) from None
    return replace(options, rtpengine=tuple(addresses or ()))


if __name__ == "__main__":
    app()
