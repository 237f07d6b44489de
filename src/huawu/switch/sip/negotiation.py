"""The offer/answer rules (RFC 3264, SRTP keys by RFC 4568) for one audio stream of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from huawu.link.messages import CodecName, SrtpUse
from huawu.switch.codecs import CODECS, USUAL
from huawu.switch.sip.choosing import Incompatible, address_trouble, chosen
from huawu.switch.sip.keying import SECURE, accept_keys, answer_keys
from huawu.switch.sip.sdes import OFFERED, Crypto, Keys, Unusable, fresh, usable
from huawu.switch.sip.sdp import (
    MIRRORED,
    WEB_PROFILES,
    Direction,
    Line,
    Sdp,
    Stream,
    is_number,
)
from huawu.switch.sip.webrtc import (
    NoWeb,
    WebAgreed,
    WebMedia,
    bundles,
    read_web,
    session_lines,
    web_lines,
)

OUR_DIGITS_TYPE: Final = 101
PROFILES: Final = SECURE | {"RTP/AVP", "RTP/AVPF"}


class LocalMedia(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our side of one audio stream: the IP address peers shall send to, and its ports.

    With `web` it is for a browser, and speaks to nobody else.
    """

    host: str
    rtp_port: int
    rtcp_port: int
    web: WebMedia | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is set for a phone or trunk. `never`: we do not offer SRTP, but take it when the peer offers."""

    srtp: SrtpUse = "never"
    codecs: tuple[CodecName, ...] = ()  # the best first; empty = those of `USUAL`, as the peer likes them


NO_TERMS: Final = Terms()


class AgreedMedia(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What both sides agreed on for one leg: all that media needs to know."""

    codec: CodecName
    payload_type: int
    digits_type: int | None  # payload type of telephone-event at 8 kHz, None = not agreed
    remote_host: str  # where the peer wants RTP; may be 0.0.0.0 when it holds (RFC 2543 style)
    remote_port: int
    remote_rtcp_port: int  # equals remote_port when rtcp_mux
    rtcp_mux: bool
    direction: Direction  # ours: sendonly = the peer only listens; recvonly/inactive = the peer holds us
    ptime_ms: int = 20
    srtp: Keys | None = None  # None = plain RTP, or keys by DTLS
    web: WebAgreed | None = None  # the peer is a browser; its `remote_host` is "" then: ICE finds the way


def make_offer(
    local: LocalMedia, previous: Sdp | None = None, *, rtcp_mux: bool = False, terms: Terms = NO_TERMS
) -> Sdp:
    """Offer codecs and telephone-event; with `previous` (our last description) as a change to it.

    SRTP is offered beside plain RTP, or with `require` alone. Keys that `previous` names stay.
    """
    offered = {str(CODECS[name].payload_type): CODECS[name].encoding for name in terms.codecs or USUAL}
    offered[str(OUR_DIGITS_TYPE)] = "telephone-event/8000"
    if local.web is not None:
        return _web_offer(local, local.web, previous, offered)
    crypto = _our_crypto(previous)
    if not crypto and terms.srtp != "never":
        crypto = [fresh(number, suite) for number, suite in enumerate(OFFERED, 1)]
    protocol = "RTP/SAVP" if terms.srtp == "require" else "RTP/AVP"
    audio: Stream | None = _our_stream(local, protocol, offered, "sendrecv", rtcp_mux, crypto)
    streams: list[Stream] = []
    for stream in previous.streams if previous is not None else ():
        if audio is not None and stream.kind == "audio" and stream.port:
            streams.append(replace(audio, protocol=stream.protocol))
            audio = None
        else:
            streams.append(_refused(stream))
    if audio is not None:
        streams.append(audio)
    return _ours(local, tuple(streams), previous)


def negotiate(
    local: LocalMedia,
    offer: Sdp,
    previous: Sdp | None = None,
    terms: Terms = NO_TERMS,
    *,
    before: AgreedMedia | None = None,
) -> tuple[Sdp, AgreedMedia]:
    """Answer an offer: its first audio stream that we can speak is taken, all others are refused.

    `previous` is our last description in this dialog; o= counts up only when ours changes, and our key stays
    while the suite does. `before` is what was agreed so far. Raises Incompatible (488) when nothing fits.
    """
    if local.web is not None:
        return _answer_web(local, local.web, offer, previous, terms, before)
    why = "no audio stream"
    for place, stream in enumerate(offer.streams):
        if stream.kind != "audio" or not stream.port:
            continue
        try:
            _check_protocol(stream)
            srtp = answer_keys(
                stream.protocol,
                stream.crypto_lines(),
                _our_crypto(previous),
                required=terms.srtp == "require",
            )
            mux = stream.attribute("rtcp-mux") is not None
            agreed = _agree(offer, stream, terms.codecs, rtcp_mux=mux, srtp=srtp)
        except (Incompatible, Unusable) as error:
            why = str(error)
            continue
        taken = {str(agreed.payload_type): CODECS[agreed.codec].encoding}
        if agreed.digits_type is not None:
            taken[str(agreed.digits_type)] = "telephone-event/8000"
        crypto = [srtp.ours] if srtp is not None else []
        ours = _our_stream(local, stream.protocol, taken, agreed.direction, agreed.rtcp_mux, crypto)
        streams = tuple(
            ours if index == place else _refused(other) for index, other in enumerate(offer.streams)
        )
        return _ours(local, streams, previous), agreed
    raise Incompatible(why)


def accept(
    offer: Sdp, answer: Sdp, terms: Terms = NO_TERMS, *, local: LocalMedia | None = None
) -> AgreedMedia:
    """What the peer's answer to our offer means. Raises Incompatible when it refused or broke the rules.

    `local` is what the offer was made of; only a browser's needs it.
    """
    if len(answer.streams) != len(offer.streams):
        raise Incompatible("the answer has another number of streams than the offer")
    for ours, theirs in zip(offer.streams, answer.streams, strict=True):
        if ours.kind == "audio" and ours.port and theirs.port:
            if theirs.kind != "audio":
                raise Incompatible("the answer has its streams in another order")
            if ours.protocol in WEB_PROFILES:
                assert local is not None
                assert local.web is not None
                return _agree_web(answer, theirs, local.web, ours, answers=True, active=None)
            both = ours.attribute("rtcp-mux") is not None and theirs.attribute("rtcp-mux") is not None
            secure = terms.srtp == "require" or bool(SECURE & {ours.protocol, theirs.protocol})
            try:
                srtp = accept_keys(ours.crypto_lines(), theirs.crypto_lines(), required=secure)
            except Unusable as error:
                raise Incompatible(str(error)) from None
            return _agree(answer, theirs, ours, rtcp_mux=both, srtp=srtp)
    raise Incompatible("the answer refuses the audio stream")


# ── Browsers ──────────────────────────────────────────────────────────────────────────────────────


def _web_offer(local: LocalMedia, web: WebMedia, previous: Sdp | None, codecs: dict[str, str]) -> Sdp:
    streams: list[Stream] = []
    mid = "0"
    for stream in previous.streams if previous is not None else ():
        if stream.kind == "audio" and stream.port:
            mid = stream.attribute("mid") or ""
            streams.append(_web_stream(local, web, stream.protocol, codecs, "sendrecv", mid, "actpass"))
        else:
            streams.append(_refused(stream))
    if previous is None:
        streams.append(_web_stream(local, web, "UDP/TLS/RTP/SAVPF", codecs, "sendrecv", mid, "actpass"))
    bundle = previous is None or bundles(previous, mid)
    return _ours(local, tuple(streams), previous, session_lines(mid, bundle=bundle))


def _answer_web(
    local: LocalMedia,
    web: WebMedia,
    offer: Sdp,
    previous: Sdp | None,
    terms: Terms,
    before: AgreedMedia | None,
) -> tuple[Sdp, AgreedMedia]:
    why = "no audio stream"
    active = before.web.active if before is not None and before.web is not None else None
    for place, stream in enumerate(offer.streams):
        if stream.kind != "audio" or not stream.port:
            continue
        try:
            agreed = _agree_web(offer, stream, web, terms.codecs, answers=False, active=active)
        except Incompatible as error:
            why = str(error)
            continue
        assert agreed.web is not None
        taken = {str(agreed.payload_type): CODECS[agreed.codec].encoding}
        if agreed.digits_type is not None:
            taken[str(agreed.digits_type)] = "telephone-event/8000"
        mid = stream.attribute("mid") or ""
        setup = "active" if agreed.web.active else "passive"
        ours = _web_stream(local, web, stream.protocol, taken, agreed.direction, mid, setup)
        streams = tuple(
            ours if index == place else _refused(other) for index, other in enumerate(offer.streams)
        )
        session = session_lines(mid, bundle=bundles(offer, mid))
        return _ours(local, streams, previous, session), agreed
    raise Incompatible(why)


def _agree_web(
    sdp: Sdp,
    stream: Stream,
    web: WebMedia,
    limit: Stream | tuple[CodecName, ...],
    *,
    answers: bool,
    active: bool | None,
) -> AgreedMedia:
    if stream.protocol not in WEB_PROFILES:
        raise Incompatible(f"the call is a browser's, and its peer wants to go on by {stream.protocol}")
    try:
        told = read_web(sdp, stream, web, answers=answers, active=active)
    except NoWeb as error:
        raise Incompatible(str(error)) from None
    number, codec, digits = chosen(stream, limit)
    return AgreedMedia(
        codec=codec.name,
        payload_type=number,
        digits_type=digits,
        remote_host="",
        remote_port=0,
        remote_rtcp_port=0,
        rtcp_mux=True,
        direction=MIRRORED[sdp.direction_of(stream)],
        web=told,
    )


def _web_stream(
    local: LocalMedia,
    web: WebMedia,
    protocol: str,
    codecs: dict[str, str],
    direction: Direction,
    mid: str,
    setup: str,
) -> Stream:
    stream = _our_stream(local, protocol, codecs, direction, True, [])
    return replace(stream, lines=(*stream.lines, *web_lines(web, mid, setup)))


def _our_crypto(previous: Sdp | None) -> list[Crypto]:
    """The keys our last description named."""
    for stream in previous.streams if previous is not None else ():
        if stream.kind == "audio" and stream.port:
            return usable(stream.crypto_lines())[0]
    return []


def _check_protocol(stream: Stream) -> None:
    if stream.protocol not in PROFILES:
        raise Incompatible(f"transport {stream.protocol} is not supported")


def _agree(
    sdp: Sdp,
    stream: Stream,
    limit: Stream | tuple[CodecName, ...],
    *,
    rtcp_mux: bool,
    srtp: Keys | None,
) -> AgreedMedia:
    """What `stream` of the peer's `sdp` gives us; `limit`: our offer, or the list that is set."""
    _check_protocol(stream)
    host = sdp.host_of(stream)
    trouble = address_trouble(host)
    if trouble:
        raise Incompatible(trouble)
    number, codec, digits = chosen(stream, limit)
    rtcp_port = stream.port if rtcp_mux else min(stream.port + 1, 65_535)
    told = (stream.attribute("rtcp") or "").split(" ")[0]
    if not rtcp_mux and is_number(told) and 0 < int(told[:6]) < 65_536:
        rtcp_port = int(told)
    return AgreedMedia(
        codec=codec.name,
        payload_type=number,
        digits_type=digits,
        remote_host=host,
        remote_port=stream.port,
        remote_rtcp_port=rtcp_port,
        rtcp_mux=rtcp_mux,
        direction=MIRRORED[sdp.direction_of(stream)],
        srtp=srtp,
    )


def _our_stream(
    local: LocalMedia,
    protocol: str,
    codecs: dict[str, str],
    direction: Direction,
    rtcp_mux: bool,
    crypto: list[Crypto],
) -> Stream:
    lines: list[Line] = [("a", f"crypto:{one}") for one in crypto]
    lines += [("a", f"rtpmap:{number} {encoding}") for number, encoding in codecs.items()]
    lines += [("a", f"fmtp:{number} 0-15") for number, name in codecs.items() if name[0] == "t"]
    lines.append(("a", "ptime:20"))
    if rtcp_mux:
        lines.append(("a", "rtcp-mux"))
    lines += [("a", f"rtcp:{local.rtcp_port}"), ("a", direction)]
    return Stream(
        kind="audio", port=local.rtp_port, protocol=protocol, formats=tuple(codecs), lines=tuple(lines)
    )


def _ours(
    local: LocalMedia, streams: tuple[Stream, ...], previous: Sdp | None, session: Sequence[Line] = ()
) -> Sdp:
    """Our description; o= is the one of `previous` when nothing changed, else its next version."""
    address = f"IN {'IP6' if ':' in local.host else 'IP4'} {local.host}"
    identity, version = f"huawu {local.rtp_port}", 1
    if previous is not None:
        identity, version = " ".join(previous.lines[1][1].split(" ")[:2]), previous.version
    rest: tuple[Line, ...] = (("s", "-"), ("c", address), ("t", "0 0"), *session)
    sdp = Sdp(lines=(("v", "0"), ("o", f"{identity} {version} {address}"), *rest), streams=streams)
    if previous is None or sdp == previous:
        return sdp
    return Sdp(lines=(("v", "0"), ("o", f"{identity} {version + 1} {address}"), *rest), streams=streams)


def _refused(stream: Stream) -> Stream:
    mid = stream.attribute("mid")
    lines = (("a", f"mid:{mid}"),) if mid else ()  # browsers want their name for it back (RFC 9143 §7.3.3)
    return Stream(kind=stream.kind, port=0, protocol=stream.protocol, formats=stream.formats, lines=lines)
