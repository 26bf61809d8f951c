"""Every fault of `twat_fs.testing.faults`, met by specs and by Python providers, over HTTP and over TLS.

Judged from outside: how often the host was asked, whether the bytes were whole, and that neither the file nor the
secret went anywhere else.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import trustme

from tests.support import PLANTED
from twat_fs.environment import settings
from twat_fs.registry import Registry
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.faults import FAULTS, LARGE, SLOW
from twat_fs.testing.hosts import file_in
from twat_fs.upload import Outcome, UploadOptions, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from twat_fs.errors import UploadError
    from twat_fs.testing.fake_host import Script
    from twat_fs.testing.seen import Seen

URL = "https://host.example/a"
RIGHT = Play(200, URL.encode())
CONTENT = b"The file of the faults.\n" * 100

_SPEC = """\
spec: 1
name: yaml
title: A spec
retry: {{initial: 0s}}
credentials: {{FAULTS_KEY: {{help: Made up.}}}}
request:
  url: {url}/upload
  headers: {{Authorization: "Bearer {{{{ credentials.FAULTS_KEY }}}}"}}
  multipart: {{file: "{{{{ file }}}}"}}
result: {{url: {{text: true}}}}
"""
_CARD = """\
spec: 1
name: {name}
title: A module
kind: python
module: {name}_module
retry: {{initial: 0s}}
credentials: {{FAULTS_KEY: {{help: Made up.}}}}
"""
_MODULE = """\
from twat_fs.results import UploadResult
from twat_fs.upload_providers.core import BaseProvider, SimpleProvider

class Mine({base}):
    provider_name = "{name}"
    base_url = "{url}"

    def upload_file_impl(self, file):
        headers = {{"Authorization": "Bearer {secret}"}}
        reply = self.send("{method}", self.base_url + "/upload", headers=headers, {body})
        return UploadResult(reply.body.decode())

def get_provider():
    return Mine()
"""
_MODULES = {
    "simple": ("SimpleProvider", "POST", 'multipart={"file": file}'),
    "base": ("BaseProvider", "PUT", "raw=file"),
}


class Bench:
    """One provider, and the port where its host is."""

    def __init__(self, name: str, folder: Path, tls: ssl.SSLContext | None) -> None:
        self.name = name
        self.tls = tls
        with FakeHost() as free:
            self.port = free.port
        url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        if name == "yaml":
            (folder / "yaml.yaml").write_text(_SPEC.format(url=url))
        else:
            base, method, body = _MODULES[name]
            (folder / f"{name}.yaml").write_text(_CARD.format(name=name))
            text = _MODULE.format(name=name, base=base, url=url, method=method, body=body, secret=PLANTED)
            (folder / f"{name}_module.py").write_text(text)
        environ = {"FAULTS_KEY": PLANTED, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        authority = str(folder / "authority.pem")
        known = settings(environ, providers_d=[str(folder)], ca_file=authority)
        self.patient, self.quick = (Registry(known._replace(timeout=seconds)) for seconds in (20.0, 0.5))

    def host(self, script: Script, **changed: Any) -> FakeHost:
        return FakeHost(script, **{"tls": self.tls, "port": self.port, **changed})

    def upload(self, path: Path, *, quick: bool = False) -> Outcome:
        with Source(path) as source:
            registry = self.quick if quick else self.patient
            return upload(source, registry, [self.name], UploadOptions(check="none"))


class Certificates(NamedTuple):
    authority: trustme.CA

    def of(self, name: str, **more: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name, **more).configure_cert(context)
        return context


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates(trustme.CA())


@pytest.fixture(scope="module")
def benches(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Bench]:
    found = {}
    for way in ("yaml-http", "yaml-https", "simple-http", "simple-https", "base-https"):
        name, _, scheme = way.partition("-")
        folder = tmp_path_factory.mktemp(way)
        certificates.authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        found[way] = Bench(name, folder, certificates.of("127.0.0.1") if scheme == "https" else None)
    return found


@pytest.fixture(params=["yaml-http", "yaml-https", "simple-http", "base-https"])
def bench(request: pytest.FixtureRequest, benches: Mapping[str, Bench]) -> Bench:
    return benches[request.param]


@pytest.fixture(params=["yaml-https", "simple-https", "base-https"])
def secure(request: pytest.FixtureRequest, benches: Mapping[str, Bench]) -> Bench:
    return benches[request.param]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[FakeHost]:
    """A host that nobody named: it must never hear of anything."""
    with FakeHost() as host:
        yield host


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "small.txt"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "large.bin"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


def error_of(outcome: Outcome) -> UploadError | None:
    """The failure, whose words must neither show the secret nor move a cursor."""
    if not outcome.attempts:
        return None
    (error,) = outcome.attempts
    assert PLANTED not in f"{error} {error.hint}"
    assert f"{error}".isprintable(), repr(str(error))
    return error


@pytest.mark.parametrize("name", FAULTS, ids=[name.replace(" ", "-") for name in FAULTS])
def test_a_fault_is_survived(name: str, bench: Bench, elsewhere: FakeHost, small: Path, large: Path) -> None:
    fault = FAULTS[name]
    with bench.host(fault.script(RIGHT, elsewhere.url)) as host:
        outcome = bench.upload(large if fault.large else small, quick=name in SLOW)
        seen = host.wait_for(fault.tries)
    error = error_of(outcome)
    assert (error.kind if error else "") == fault.kind, error
    assert outcome.result == (None if fault.kind else URL)
    assert (error is not None and error.ambiguous) == fault.ambiguous
    assert len(seen) == fault.tries
    assert sum(each.complete for each in seen) == fault.wholes
    assert_the_file_and_the_secret_are_where_they_belong(seen, LARGE if fault.large else 0)
    assert elsewhere.connections == 0


def assert_the_file_and_the_secret_are_where_they_belong(seen: Sequence[Seen], large: int) -> None:
    for each in seen:
        assert each.header("Authorization") == f"Bearer {PLANTED}"
        assert each.header("Cookie") is None
        if each.complete:
            assert file_in(each) == (bytes(large) if large else CONTENT)


def test_an_echoed_secret_is_not_shown(bench: Bench, small: Path) -> None:
    with bench.host(lambda seen: Play(400, "; ".join(f"{name}={value}" for name, value in seen.headers).encode())):
        error = error_of(bench.upload(small))
    assert error is not None
    assert "<hidden>" in error.message


# TLS: no request is made to a host that cannot prove who it is.


@pytest.mark.parametrize("fault", ["another authority", "another host", "expired", "escapes", "none"])
def test_a_host_that_cannot_prove_who_it_is_hears_nothing(
    fault: str, secure: Bench, certificates: Certificates, small: Path
) -> None:
    import datetime as dt

    contexts: dict[str, Callable[[], ssl.SSLContext | None]] = {
        "another authority": lambda: Certificates(trustme.CA()).of("127.0.0.1"),
        "another host": lambda: certificates.of("other.example"),
        "escapes": lambda: Certificates(trustme.CA(organization_name="\x1b[31mE", organization_unit_name="\u202e")).of(
            "127.0.0.1", organization_name="\x1b[2JE", common_name="\x07\r\nE"
        ),
        "none": lambda: None,
        "expired": lambda: certificates.of("127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)),
    }
    with secure.host([RIGHT], tls=contexts[fault]()) as host:
        error = error_of(secure.upload(small))
    assert error is not None
    assert (error.kind, error.ambiguous, host.requests, host.connections) == ("tls", False, [], 1)
    assert host.authority in error.message


def test_a_connection_that_drops_before_tls_is_made_again(secure: Bench, small: Path) -> None:
    with secure.host([RIGHT], drop=1) as host:
        assert secure.upload(small).result == URL
    assert (len(host.requests), host.connections) == (1, 2)


def test_a_host_that_drops_every_connection_is_given_up(secure: Bench, small: Path) -> None:
    with secure.host([RIGHT], drop=99) as host:
        error = error_of(secure.upload(small))
    assert error is not None
    assert (error.kind, error.ambiguous, host.connections) == ("network", False, 3)
