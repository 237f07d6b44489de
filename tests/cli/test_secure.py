"""One certificate for pages and phones: ours is made once, for all names; a given one is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.cli.options import Options
from huawu.cli.secure import DEFAULT_HTTPS, addresses_to_open, secured
from huawu.switch.certificates import CertificateUnusable, now, read_identity, self_signed


def test_our_own_certificate_is_made_once_for_all_names(tmp_path: Path) -> None:
    options = secured(Options(data=tmp_path, tls=True))
    assert options.http == DEFAULT_HTTPS, "without --http the pages are for the network"
    found = read_identity(Path(options.tls_cert), Path(options.tls_key), now())
    assert {"localhost", "127.0.0.1", "::1"} <= set(found.names)
    before = Path(options.tls_cert).read_bytes()
    assert secured(Options(data=tmp_path, tls=True)).tls_cert == options.tls_cert
    assert Path(options.tls_cert).read_bytes() == before
    assert Path(options.tls_cert).stat().st_mode & 0o077 == 0, "the key is the owner's alone"


def test_an_address_that_is_given_is_kept(tmp_path: Path) -> None:
    assert secured(Options(data=tmp_path, tls=True, http="127.0.0.1:9443")).http == "127.0.0.1:9443"


def test_a_given_certificate_is_used_and_an_unfit_one_refused(tmp_path: Path) -> None:
    certificate, key = self_signed(["desk.example"], now())
    (tmp_path / "c.pem").write_bytes(certificate)
    (tmp_path / "k.pem").write_bytes(key)
    given = Options(
        data=tmp_path, tls=True, tls_cert=str(tmp_path / "c.pem"), tls_key=str(tmp_path / "k.pem")
    )
    assert secured(given).tls_cert == given.tls_cert
    _, other = self_signed(["desk.example"], now())
    (tmp_path / "k.pem").write_bytes(other)
    with pytest.raises(CertificateUnusable):
        secured(given)


@pytest.mark.parametrize(
    ("options", "ws", "wss"),
    [
        (Options(data=Path()), ("127.0.0.1:5066",), ()),
        (Options(data=Path(), tls=True, http="0.0.0.0:8443"), (), ("0.0.0.0:5067",)),
        (Options(data=Path(), sip=("127.0.0.1:5090",)), ("127.0.0.1:0",), ()),
        (Options(data=Path(), sip_ws=("127.0.0.1:7000",)), ("127.0.0.1:7000",), ()),
    ],
)
def test_phones_in_pages_find_the_switch_where_the_pages_are(
    options: Options, ws: tuple[str, ...], wss: tuple[str, ...]
) -> None:
    found = options.with_pages()
    assert (found.sip_ws, found.sip_wss) == (ws, wss)


def test_the_addresses_to_open_are_told() -> None:
    told = addresses_to_open(Options(data=Path(), http="[::1]:8443"), 8443)
    assert told == ["https://[::1]:8443"]
    assert all(
        place.startswith("https://")
        for place in addresses_to_open(Options(data=Path(), http=DEFAULT_HTTPS), 1)
    )
