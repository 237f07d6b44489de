"""What the command line may say of a centre: each flag with its variable, and the `Options` made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from huawu.cli.options import WEBRTC_PORT, BadAddress, Options, split_address


def option(flag: str, form: str, variable: str, words: str) -> typer.models.OptionInfo:
    """An option that the environment may give as well."""
    option: typer.models.OptionInfo = typer.Option(
        flag, metavar=form, envvar=f"HUAWU_{variable}", help=words, show_envvar=False
    )
    return option


Data = Annotated[Path, option("--data", "DIR", "DATA", "Where everything is kept.")]
Http = Annotated[str, option("--http", "HOST:PORT", "HTTP", "Where pages are served.")]
Sip = Annotated[
    list[str], option("--sip", "HOST:PORT", "SIP", "Where phones call; once for IPv4, once for IPv6.")
]
SipTls = Annotated[
    list[str] | None, option("--sip-tls", "HOST:PORT", "SIP_TLS", "Where phones and trunks call by TLS.")
]
SipWs = Annotated[
    list[str] | None, option("--sip-ws", "HOST:PORT", "SIP_WS", "Where browsers call by WebSocket.")
]
SipWss = Annotated[
    list[str] | None, option("--sip-wss", "HOST:PORT", "SIP_WSS", "The same over TLS, for pages by https.")
]
WebRtc = Annotated[
    list[str] | None,
    option(
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
    str, option("--tls-cert", "FILE", "TLS_CERT", "Certificate and chain, PEM; without it one is made.")
]
TlsKey = Annotated[str, option("--tls-key", "FILE", "TLS_KEY", "Its key, when it is not in that file.")]
WsOrigin = Annotated[
    list[str] | None,
    option("--ws-origin", "URL", "WS_ORIGIN", "Pages that may connect by WebSocket; else of this host."),
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
Rtp = Annotated[str, option("--rtp-ports", "LOW-HIGH", "RTP_PORTS", "UDP ports for voice.")]
RtpEngine = Annotated[
    list[str] | None,
    option("--rtpengine", "HOST:PORT", "RTPENGINE", "rtpengine's ng address: it relays ordinary bridges."),
]
PublicAddress = Annotated[
    list[str] | None, option("--public-address", "IP", "PUBLIC_ADDRESS", "Told to phones, behind NAT.")
]
NameServers = Annotated[
    list[str] | None, option("--dns", "HOST[:PORT]", "DNS", "Name server for trunks; else the system's.")
]
DatabaseUrl = Annotated[
    str, option("--database", "URL", "DATABASE", "postgresql://…; without it SQLite in DIR.")
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
    option(
        "--speech-model",
        "DIR",
        "SPEECH_MODEL",
        "A model of faster-whisper or sherpa-onnx; else Whisper base of huawu[speech].",
    ),
]
LogLevel = Annotated[str, option("--log-level", "LEVEL", "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR.")]

DEFAULT_DATA = Path("data")


def _addresses(given: list[str] | None) -> tuple[str, ...]:
    """These, once each is one that can be listened on. Raises `typer.BadParameter`."""
    try:
        for address in given or ():
            split_address(address)
    except BadAddress as error:
        raise typer.BadParameter(str(error)) from None
    return tuple(given or ())


def options_of(
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
    """What every centre is started with."""
    _addresses([http])
    return Options(
        data=data,
        http=http,
        sip=_addresses(sip),
        rtp_ports=rtp_ports,
        public_address=tuple(public_address or ()),
        database=database,
        demo=demo,
        simulate=simulate,
        log_level=log_level.upper(),
    )


def with_ways(
    options: Options,
    sip_tls: list[str] | None,
    sip_ws: list[str] | None,
    sip_wss: list[str] | None,
    tls_cert: str,
    tls_key: str,
    ws_origin: list[str] | None,
) -> Options:
    """The same with the further ways SIP may come by."""
    return replace(
        options,
        sip_tls=_addresses(sip_tls),
        sip_ws=_addresses(sip_ws),
        sip_wss=_addresses(sip_wss),
        tls_cert=tls_cert and str(Path(tls_cert).absolute()),
        tls_key=tls_key and str(Path(tls_key).absolute()),
        ws_origin=tuple(ws_origin or ()),
    )


def with_webrtc(options: Options, addresses: list[str] | None) -> Options:
    """The same with where browsers' media goes."""
    return replace(options, webrtc=_addresses(addresses))


def with_rtpengine(options: Options, addresses: list[str] | None) -> Options:
    """The same with what relays ordinary bridges."""
    return replace(options, rtpengine=_addresses(addresses))
