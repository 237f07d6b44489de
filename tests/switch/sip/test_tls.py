"""The TLS layer in memory: cut anywhere it carries everything, and garbage breaks it in one way only."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.switch.sip.tls import TlsBroken, TlsLayer
from tests.support.authority import Authority


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's, and that of a client who believes it."""
    authority = Authority(tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority.issue("a.example"))
    client = ssl.create_default_context(cafile=str(authority.file))
    client.check_hostname = False
    return server, client


def carried(source: TlsLayer, target: TlsLayer, cut: int) -> bytes:
    """All that one end has to send, brought to the other in pieces; what it says in the clear."""
    data = source.to_network()
    step = cut or len(data) or 1
    return b"".join(target.receive(data[start : start + step]) for start in range(0, len(data), step))


def joined(server: ssl.SSLContext, client: ssl.SSLContext, cut: int = 0) -> tuple[TlsLayer, TlsLayer]:
    ours, theirs = TlsLayer(server, server_side=True), TlsLayer(client, server_side=False)
    theirs.begin()
    for _ in range(3):
        assert carried(theirs, ours, cut) + carried(ours, theirs, cut) == b""
    assert ours.ready
    assert theirs.ready
    return ours, theirs


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_everything_arrives_in_order_however_it_is_cut(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], cut: int
) -> None:
    ours, theirs = joined(*contexts, cut)
    theirs.send(b"one")
    theirs.send(b"two" * 10_000)
    assert carried(theirs, ours, cut) == b"one" + b"two" * 10_000
    ours.send(b"three")
    assert carried(ours, theirs, cut) == b"three"
    theirs.close()
    assert carried(theirs, ours, cut) == b""
    assert ours.over


def test_a_certificate_that_is_not_believed_is_told_to_both(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    ours = TlsLayer(contexts[0], server_side=True)
    doubting = ssl.create_default_context()
    doubting.check_hostname = False
    theirs = TlsLayer(doubting, server_side=False)
    theirs.begin()
    carried(theirs, ours, 0)
    with pytest.raises(TlsBroken, match="its certificate is not believed: unable to get local issuer"):
        carried(ours, theirs, 0)
    with pytest.raises(TlsBroken, match="unknown ca"):
        carried(theirs, ours, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pieces=st.lists(st.binary(max_size=200), max_size=6), begun=st.booleans(), standing=st.booleans())
def test_garbage_breaks_it_in_one_way_only(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], pieces: list[bytes], begun: bool, standing: bool
) -> None:
    ours = joined(*contexts)[0] if standing else TlsLayer(contexts[0], server_side=True)
    try:
        if begun:
            ours.receive(b"\x16\x03\x01")
        for piece in pieces:
            ours.receive(piece)
    except TlsBroken:
        pass
    ours.close()
    ours.to_network()
