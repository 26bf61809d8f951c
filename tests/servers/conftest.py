from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from tests.servers import environment, hosts
from tests.servers.command import User

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def installed() -> Path:
    """First of all: pip may need the settings of this machine, which tests do not see."""
    return environment.prepared()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of everybody here, so that the same spec is compiled once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def user(tmp_path: Path, compiled: Path) -> User:
    return User(tmp_path, compiled)


@pytest.fixture(scope="session")
def copyparty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.copyparty(tmp_path_factory.mktemp("copyparty")) as host:
        yield host


@pytest.fixture(scope="session")
def uploadserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.uploadserver(tmp_path_factory.mktemp("uploadserver")) as host:
        yield host


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.rclone(tmp_path_factory.mktemp("rclone")) as host:
        yield host


@pytest.fixture(scope="session")
def wsgidav(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.wsgidav(tmp_path_factory.mktemp("wsgidav")) as host:
        yield host


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls_host(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[hosts.Host]:
    """uploadserver over TLS, with a certificate for 127.0.0.1 of an authority that nobody knows."""
    home = tmp_path_factory.mktemp("tls")
    ca_file, certificate = home / "ca.pem", home / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with hosts.uploadserver(home, certificate, ca_file) as host:
        yield host


@pytest.fixture(scope="session")
def tuspyserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.tuspyserver(tmp_path_factory.mktemp("tuspyserver")) as host:
        yield host


@pytest.fixture(scope="session")
def tus_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    environment.need_npm()
    with hosts.tus_node(tmp_path_factory.mktemp("tus")) as host:
        yield host


@pytest.fixture(scope="session")
def gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.gcs(tmp_path_factory.mktemp("gcs")) as host:
        yield host


@pytest.fixture(scope="session")
def moto_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Host]:
    with hosts.moto(tmp_path_factory.mktemp("moto")) as host:
        yield host
