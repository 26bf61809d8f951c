"""A server whose certificate is signed by an authority of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers import hosts
from tests.servers.command import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers

SPEC = """
options:
  base: {type: url, default: "https://127.0.0.1:9"}
request:
  url: "{{ options.base }}/upload"
  multipart: {files: "{{ file }}"}
result:
  url: "{{ options.base }}/{{ file.name }}"
retry: {attempts: 1}
"""


def base(host: Host) -> tuple[str, str]:
    return "-o", f"base={host.url}"


def netloc(host: Host) -> str:
    return host.url.partition("//")[2]


def test_an_authority_that_the_user_names_is_trusted(tls_host: Host, user: User) -> None:
    file = user.file("trusted.bin", 300_000)
    user.spec("box", SPEC)
    url = user.upload(file, *base(tls_host), "--ca-file", str(tls_host.ca_file), provider="box").url
    assert url == f"{tls_host.url}/trusted.bin"
    assert tls_host.fetch(url) == file.read_bytes()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_from_the_environment_is_trusted(tls_host: Host, user: User, variable: str) -> None:
    user.spec("box", SPEC)
    environment = {variable: str(tls_host.ca_file)}
    answer = user.upload(user.file(f"{variable}.bin"), *base(tls_host), provider="box", **environment)
    assert answer.url == f"{tls_host.url}/{variable}.bin"


def test_an_unknown_authority_is_a_tls_error(tls_host: Host, user: User) -> None:
    user.spec("box", SPEC)
    user.refused(
        Refusal("tls", None, 4), user.file("unknown.bin"), *base(tls_host), provider="box", by=netloc(tls_host)
    )
    assert not (tls_host.folder / "unknown.bin").exists()


def test_a_certificate_for_another_host_is_a_tls_error(tmp_path: Path, authority: trustme.CA, user: User) -> None:
    home = tmp_path / "other"
    home.mkdir()
    certificate, ca_file = home / "server.pem", home / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("other.example").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    user.spec("box", SPEC)
    with hosts.uploadserver(home, certificate, ca_file) as host:
        user.refused(
            Refusal("tls", None, 4),
            user.file("other.bin"),
            *base(host),
            "--ca-file",
            str(ca_file),
            provider="box",
            by=netloc(host),
        )


def test_plain_http_on_the_port_is_a_tls_error(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC)
    user.refused(
        Refusal("tls", None, 4),
        user.file("plain.bin"),
        "-o",
        f"base=https://{netloc(uploadserver)}",
        provider="box",
        by=netloc(uploadserver),
    )
