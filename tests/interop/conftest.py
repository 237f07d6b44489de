"""A centre of two switches behind a real Kamailio, shared by the tests of this folder that need it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import psutil
import pytest
from tools.kamailio import HOST

from huawu.cli.demo import demo_text
from tests.sip import conftest as sip
from tests.support.centre import Api, RunningCentre, describe, running_centre
from tests.support.kamailio import Kamailio, running_kamailio
from tests.support.tools import free_port

switch, centre, phone, ear = sip.switch, sip.centre, sip.phone, sip.ear
"""One real switch and a scripted centre, for peers that need no more."""


CARRIER = "127.0.0.4"
TRUNK = f"""
trunks:
  - {{{{trunk: city, target: "{HOST}:{{port}}", sources: [{CARRIER}]}}}}
outbound:
  rules:
    - {{{{rule: city, who: [agent, phone], prefixes: "0", strip: 1, trunks: city, form: national}}}}
"""
"""A trunk behind Kamailio: called by Kamailio's address, known by its own."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The centre, its switches by name, and what stands before them."""

    centre: RunningCentre
    kamailio: Kamailio
    carriers: tuple[int, int]
    """Ports of `CARRIER`: where the two carriers of the trunk `city` are looked for, in this order."""

    @property
    def edge(self) -> tuple[str, int]:
        """Where phones call."""
        return HOST, self.kamailio.port

    def switch(self, name: str) -> psutil.Process:
        """The process of a switch that runs now."""
        for child in psutil.Process(self.centre.process.pid).children():
            with contextlib.suppress(psutil.Error):
                words = child.cmdline()
                if "huawu.switch" in words and any(one.endswith(f"/link-{name}.sock") for one in words):
                    return child
        raise LookupError(f"there is no switch {name}")

    def log(self, name: str) -> str:
        """What a switch logged."""
        return (self.centre.folder / "logs" / f"switch-{name}.log").read_text(errors="replace")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    port, carriers = free_port(), (free_port(CARRIER), free_port(CARRIER))
    describe(folder / "data", f"{demo_text()}\nsip:\n  proxies: [{HOST}]\n{TRUNK.format(port=port)}")
    with (
        running_centre(folder / "data", arguments=["--switches", "2"]) as centre,
        running_kamailio(
            folder,
            [centre.sip_port, centre.sip_port + 2],
            port=port,
            carriers=[f"{CARRIER}:{one}" for one in carriers],
        ) as kamailio,
    ):
        cluster = Cluster(centre=centre, kamailio=kamailio, carriers=carriers)
        yield cluster
        for name in ("1", "2"):
            assert "level=error" not in cluster.log(name), cluster.log(name)[-6000:]
            assert "Traceback" not in cluster.log(name), cluster.log(name)[-6000:]


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[Api]:
    """The interface of a quiet centre."""
    api = Api(cluster.centre)
    async with api.http:
        await api.quiet()
        yield api
