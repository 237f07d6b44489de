"""`huawu`: the command line of a call centre that runs by the book.

What a command works with is imported inside it: the process that only looks after the others stays small, and
no command waits for what another one needs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from huawu import __version__
from huawu.cli import config, standard, tolls
from huawu.cli.flags import (
    DEFAULT_DATA,
    AwayGrace,
    Data,
    DatabaseUrl,
    Http,
    LogLevel,
    NameServers,
    PerHost,
    PublicAddress,
    Rtp,
    RtpEngine,
    Sip,
    SipTls,
    SipWs,
    SipWss,
    SpeechModel,
    Switches,
    Tls,
    TlsCert,
    TlsKey,
    WebRtc,
    WsOrigin,
    option,
    options_of,
    with_rtpengine,
    with_ways,
    with_webrtc,
)
from huawu.cli.options import (
    DEFAULT_CONNECTIONS,
    DEFAULT_GRACE_S,
    DEFAULT_HTTP,
    DEFAULT_RTP,
    DEFAULT_SIP,
    JUDGE_NICE,
    SPARE_CORES,
    Options,
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
    from huawu.cli.run import run_until_told

    options = options_of(data, http, sip, rtp_ports, public_address, database, demo, simulate, log_level)
    options = with_ways(options, sip_tls, sip_ws, sip_wss, tls_cert, tls_key, ws_origin)
    options = replace(
        with_webrtc(with_rtpengine(options, rtpengine), webrtc),
        away_grace_s=away_grace,
        connections_per_host=connections_per_host,
        dns=tuple(dns or ()),
        switches=switches,
        tls=tls,
        hear=hear,
        speech_model=speech_model and str(Path(speech_model).absolute()),
    )
    raise typer.Exit(run_until_told(options))


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
    from huawu.cli.doctor import tell_findings

    options = options_of(data, http, sip, rtp_ports, public_address, database, False, False, "INFO")
    options = with_ways(options, sip_tls, sip_ws, sip_wss, tls_cert, tls_key, ws_origin)
    options = with_webrtc(with_rtpengine(options, rtpengine), webrtc)
    raise typer.Exit(tell_findings(options))


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
        option("--switch", "NAME=SOCKET", "SWITCH", "Each switch, if there are several."),
    ] = None,
    tls_cert: TlsCert = "",
    tls_key: TlsKey = "",
    judge: Annotated[bool, typer.Option("--judge/--no-judge")] = True,
    log_level: LogLevel = "INFO",
) -> None:
    """The centre's own process; `huawu run` starts it."""
    from huawu.cli.centre import run_process

    options = options_of(data, http, [DEFAULT_SIP], DEFAULT_RTP, None, database, demo, simulate, log_level)
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


if __name__ == "__main__":
    app()
