from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from tests.holding import black_hole
from twat_fs.errors import BadReply, NetworkError, NotConfigured, ProxyError, TlsError, TrustError, UploadTimeout
from twat_fs.http.address import check_address, check_name
from twat_fs.http.proxies import proxy_for
from twat_fs.http.session import tls_context
from twat_fs.http.transport import Transport
from twat_fs.messages import RawFile, Request, Timeout
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Timeout(0.5, 0.5)


def req(method: str, url: str, **more: Any) -> Request:
    return Request("prov", "step", method, url, **more)


def get(url: str, transport_options: dict[str, Any] | None = None, **more: Any) -> bytes:
    with Transport(user_agent="t", **(transport_options or {})) as transport:
        return transport.send(req("GET", url, **more)).body


# Addresses

NEVER = [
    "0.0.0.0",
    "169.254.169.254",
    "169.254.0.1",
    "224.0.0.1",
    "::",
    "ff02::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "::169.254.169.254",
    "192.0.0.192",
    "168.63.129.16",
    "100.100.100.200",
]
PRIVATE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:127.0.0.1"]
PRIVATE += ["::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "fec0::1"]


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("private", [True, False])
def test_some_addresses_are_never_contacted(address: str, private: bool) -> None:
    with pytest.raises(TrustError, match="never contacted") as caught:
        check_address("host.example", address, private=private)
    assert "host.example" in str(caught.value)
    assert address in str(caught.value)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_contacted_where_the_user_named_the_host(address: str) -> None:
    check_address("host.example", address, private=True)
    with pytest.raises(TrustError, match="private"):
        check_address("host.example", address, private=False)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_contacted(address: str) -> None:
    check_address("host.example", address, private=False)


@pytest.mark.parametrize("name", ["localhost", "a.localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "::1"])
def test_a_name_for_a_proxy_is_judged_as_far_as_it_tells(name: str) -> None:
    check_name("host.example", private=False)
    with pytest.raises(TrustError):
        check_name(name, private=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_a_url_from_a_reply_does_not_lead_to_this_machine(host: str) -> None:
    with FakeHost() as fake, pytest.raises(TrustError, match=r"127\.0\.0\.1|::1") as caught:
        get(f"http://{host}:{fake.port}/", private=False)
    assert not fake.connections
    assert (caught.value.provider, caught.value.ambiguous) == ("prov", False)


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[::]", "2852039166", "[::ffff:169.254.169.254]"])
def test_metadata_is_never_asked(host: str) -> None:
    with pytest.raises(TrustError):
        get(f"http://{host}/latest/meta-data", private=True)


def test_a_kept_connection_is_judged_again() -> None:
    with FakeHost() as host, Transport(user_agent="t") as transport:
        transport.send(req("GET", host.url, private=True))
        with pytest.raises(TrustError):
            transport.send(req("GET", host.url, private=False))
        assert len(host.requests) == 1


def test_the_address_that_was_judged_is_the_one_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])
    asked: list[Any] = []

    def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(self: socket.socket, address: Any) -> None:
        asked.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NetworkError):
        get("http://rebind.example/", private=False)
    assert asked == ["93.184.215.14"]


def test_the_next_address_is_tried_where_one_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeHost([Play(200, b"x")]) as host:
        found = [(socket.AF_INET, 1, 6, "", ("127.0.0.2", 1)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", host.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert get("http://host.example/") == b"x"


def test_a_name_that_is_looked_up_for_too_long_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: never.wait(20))
    try:
        with pytest.raises(UploadTimeout, match=r"cannot find h.example:80: no answer in 0.5 seconds"):
            get("http://h.example/", timeout=QUICK)
    finally:
        never.set()


def test_a_name_is_looked_up_where_there_is_no_room_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with FakeHost([Play(200, b"x")]) as host:
        monkeypatch.setattr("twat_fs.http.resolving.Thread", Refused)
        assert get(host.url.replace("127.0.0.1", "localhost")) == b"x"


# Connections


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NetworkError) as caught:
        get(f"http://127.0.0.1:{port}/?key=s3cret")
    assert str(caught.value) == f"cannot connect to 127.0.0.1:{port}: connection refused"


def test_a_black_hole_ends_after_the_time_to_connect() -> None:
    with black_hole() as port, pytest.raises(UploadTimeout, match=r"no connection in 0\.5 seconds"):
        get(f"http://127.0.0.1:{port}/", timeout=QUICK)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".example", "a..b"])
def test_a_host_that_does_not_exist_is_a_network_error(host: str) -> None:
    with pytest.raises(NetworkError, match="cannot find"):
        get(f"http://{host}/")


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, str(path)


def server(ca: trustme.CA, *names: str, **more: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **more).configure_cert(context)
    return context


@pytest.fixture
def https(authority: tuple[trustme.CA, str]) -> Iterator[FakeHost]:
    with FakeHost([Play(200, b"hi")], tls=server(authority[0], "localhost"), name="localhost") as host:
        yield host


def test_a_host_with_a_good_certificate_is_talked_to(https: FakeHost, authority: tuple[trustme.CA, str]) -> None:
    with Transport(user_agent="t", ca_file=authority[1]) as transport:
        assert transport.send(req("GET", https.url)).body == b"hi"
        assert transport.send(req("GET", https.url)).body == b"hi"


def test_a_file_goes_through_tls_whole(https: FakeHost, authority: tuple[trustme.CA, str], tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789" * 300_000)
    with Transport(user_agent="t", ca_file=authority[1]) as transport, Source(path) as source:
        transport.send(req("PUT", https.url, body=RawFile()), source)
    assert (https.requests[0].complete, https.requests[0].body == path.read_bytes()) == (True, True)


def test_an_early_error_over_tls_is_reported(authority: tuple[trustme.CA, str], tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(24 * 1024 * 1024)
    play = Play(413, b"no", after=65536, interim=[100], interim_after=1024)
    with (
        FakeHost([play], tls=server(authority[0], "localhost"), name="localhost") as host,
        Transport(user_agent="t", ca_file=authority[1]) as transport,
        Source(path) as source,
    ):
        reply = transport.send(req("PUT", host.url, body=RawFile()), source)
    assert (reply.status, reply.body) == (413, b"no")
    assert host.requests[0].length < 24 * 1024 * 1024


def test_a_close_in_the_middle_over_tls_is_a_network_error(authority: tuple[trustme.CA, str], tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(24 * 1024 * 1024)
    with (
        FakeHost(
            [Play(after=65536, mute=True, close=True)], tls=server(authority[0], "localhost"), name="localhost"
        ) as host,
        Transport(user_agent="t", ca_file=authority[1]) as transport,
        Source(path) as source,
        pytest.raises(NetworkError) as caught,
    ):
        transport.send(req("PUT", host.url, body=RawFile()), source)
    assert not caught.value.ambiguous


def test_an_unknown_authority_is_refused(https: FakeHost) -> None:
    with pytest.raises(TlsError, match=rf"{https.authority}.*unable to get local issuer certificate"):
        get(https.url)
    assert not https.requests


def test_a_certificate_for_another_host_is_refused(authority: tuple[trustme.CA, str]) -> None:
    with (
        FakeHost(tls=server(authority[0], "other.example"), name="localhost") as host,
        pytest.raises(TlsError, match=r"localhost:\d+: .*[Hh]ostname mismatch"),
    ):
        get(host.url, {"ca_file": authority[1]})


def test_a_certificate_that_expired_is_refused(authority: tuple[trustme.CA, str]) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
    with (
        FakeHost(tls=server(authority[0], "localhost", not_after=past), name="localhost") as host,
        pytest.raises(TlsError, match="expired"),
    ):
        get(host.url, {"ca_file": authority[1]})


def test_tls_before_1_2_is_not_spoken() -> None:
    assert tls_context(None).minimum_version is ssl.TLSVersion.TLSv1_2


def test_plain_http_where_tls_was_expected_is_a_tls_error() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address, pytest.raises(TlsError, match="no TLS connection"):
        get(f"https://{address}/")


def test_a_connection_that_drops_in_the_handshake_may_be_tried_again() -> None:
    with answering(b"") as address, pytest.raises(NetworkError, match=r"connection broke|closed the connection"):
        get(f"https://{address}/")


def test_a_handshake_without_answer_ends_after_the_time_to_connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(UploadTimeout):
        get(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout=QUICK)


@pytest.mark.parametrize("content", [None, "no certificates here"])
def test_authorities_that_cannot_be_read_are_a_matter_of_settings(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(NotConfigured, match=r"ca\.pem"):
        get("https://127.0.0.1:1/", {"ca_file": str(path)})


def test_no_keys_are_written_to_the_key_log(
    https: FakeHost, authority: tuple[trustme.CA, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    get(https.url, {"ca_file": authority[1]})
    assert not (tmp_path / "keys").exists()


# Proxies


def test_a_plain_proxy_is_told_the_whole_url_and_its_credentials() -> None:
    with FakeHost([Play(200, b"via")]) as proxy:
        options = {"proxies": {"http": f"http://me:s%40crt@{proxy.authority}"}}
        assert get("http://host.example/a/../b?q=%2f", options, private=False) == b"via"
    seen = proxy.requests[0]
    assert (seen.target, seen.header("host")) == ("http://host.example/a/../b?q=%2f", "host.example")
    assert seen.header("proxy-authorization") == "Basic bWU6c0BjcnQ="


def test_https_goes_through_a_tunnel(https: FakeHost, authority: tuple[trustme.CA, str]) -> None:
    with relay() as (address, heads):
        options = {"proxies": {"https": f"http://me:s3cret@{address}"}, "ca_file": authority[1]}
        assert get(https.url + "/a", options) == b"hi"
    assert heads[0].startswith(f"CONNECT {https.authority} HTTP/1.".encode())
    assert b"Proxy-Authorization: Basic bWU6czNjcmV0" in heads[0]
    assert https.requests[0].target == "/a"
    assert https.requests[0].header("proxy-authorization") is None


def test_a_file_goes_through_tls_inside_tls(https: FakeHost, authority: tuple[trustme.CA, str], tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789" * 100_000)
    with relay(server(authority[0], "127.0.0.1")) as (address, _), Source(path) as source:
        options: dict[str, Any] = {"proxies": {"https": f"https://{address}"}, "ca_file": authority[1]}
        with Transport(user_agent="t", **options) as transport:
            assert transport.send(req("PUT", https.url, body=RawFile()), source).body == b"hi"
    assert https.requests[0].body == path.read_bytes()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_asks_who_we_are_is_a_proxy_error(scheme: str) -> None:
    with FakeHost([Play(407, close=True)]) as proxy, pytest.raises(ProxyError) as caught:
        get(f"{scheme}://host.example/", {"proxies": {scheme: f"http://me:s3cret@{proxy.authority}"}})
    assert caught.value.status == 407
    assert "s3cret" not in str(caught.value)
    assert caught.value.hint


def test_a_proxy_that_refuses_a_tunnel_is_a_proxy_error() -> None:
    with FakeHost([Play(403, close=True)]) as proxy, pytest.raises(ProxyError, match="status 403"):
        get("https://host.example/", {"proxies": {"all": proxy.url}})


def test_a_proxy_that_does_not_reach_the_host_may_be_tried_again() -> None:
    with (
        FakeHost([Play(502, close=True)]) as proxy,
        pytest.raises(NetworkError, match=r"cannot reach host\.example:443"),
    ):
        get("https://host.example/", {"proxies": {"https": proxy.url}})


def test_a_proxy_that_does_not_speak_http_is_a_proxy_error() -> None:
    with FakeHost([Play(raw=b"garbage\r\n\r\n")]) as proxy, pytest.raises(ProxyError, match="not HTTP"):
        get("https://host.example/", {"proxies": {"https": proxy.url}})


def test_a_file_that_a_proxy_did_not_pass_on_is_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with (
        FakeHost([Play(407)]) as proxy,
        Source(path) as source,
        Transport(user_agent="t", proxies={"http": proxy.url}) as transport,
        pytest.raises(ProxyError) as caught,
    ):
        transport.send(req("PUT", "http://host.example/", body=RawFile()), source)
    assert not caught.value.ambiguous


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_silent_proxy_is_given_up(scheme: str) -> None:
    with FakeHost([Play(mute=True)]) as proxy, pytest.raises(UploadTimeout):
        get(f"{scheme}://host.example/", {"proxies": {scheme: proxy.url}}, timeout=QUICK)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_may_be_tried_again(scheme: str) -> None:
    with pytest.raises(NetworkError, match=r"cannot connect to the proxy 127\.0\.0\.1:1: connection refused") as caught:
        get(f"{scheme}://host.example/", {"proxies": {scheme: "http://me:s3cret@127.0.0.1:1"}})
    assert "s3cret" not in str(caught.value)


def test_a_proxy_is_not_a_way_to_private_addresses() -> None:
    with FakeHost() as proxy, pytest.raises(TrustError):
        get("http://10.0.0.1/", {"proxies": {"http": proxy.url}}, private=False)
    assert not proxy.connections


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "ftp://a", "http://a:b:c"])
def test_a_proxy_of_another_kind_is_refused(proxy: str) -> None:
    with pytest.raises(ProxyError, match="address"):
        get("http://host.example/", {"proxies": {"http": proxy}})


@pytest.mark.parametrize(
    ("url", "exceptions", "proxied"),
    [
        ("http://host.example/", "", True),
        ("http://host.example/", "*", False),
        ("http://host.example/", "host.example", False),
        ("http://a.host.example/", ".host.example, x", False),
        ("http://a.host.example/", "*.host.example", False),
        ("http://nothost.example/", "host.example", True),
        ("http://host.example:8080/", "host.example:8080", False),
        ("http://host.example:8080/", "host.example:80", True),
        ("http://10.1.2.3/", "10.0.0.0/8", False),
        ("http://11.1.2.3/", "10.0.0.0/8", True),
        ("http://[::1]/", "::1", False),
        ("http://HOST.example./", "host.EXAMPLE", False),
    ],
)
def test_no_proxy_is_honoured(url: str, exceptions: str, proxied: bool) -> None:
    found = proxy_for(url, {"http": "http://p.example", "no_proxy": exceptions})
    assert found == ("http://p.example" if proxied else None)


def test_a_proxy_without_a_scheme_is_an_http_proxy() -> None:
    assert proxy_for("http://host.example/", {"all": "p.example:3128"}) == "http://p.example:3128"
    assert proxy_for("https://host.example/", {"http": "p.example:3128"}) is None


def test_a_407_without_a_proxy_is_a_reply() -> None:
    with FakeHost([Play(407)]) as host, Transport(user_agent="t") as transport:
        assert transport.send(req("GET", host.url)).status == 407


def test_garbage_from_a_plain_proxy_is_a_bad_reply() -> None:
    with FakeHost([Play(raw=b"garbage\r\n\r\n")]) as proxy, pytest.raises(BadReply):
        get("http://host.example/", {"proxies": {"http": proxy.url}})


@contextlib.contextmanager
def answering(data: bytes) -> Iterator[str]:
    """A host that reads once, says something and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            client.recv(65536)
            client.sendall(data)
            client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def relay(tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that makes one tunnel, whatever it is asked for a name that is this machine."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            client = tls.wrap_socket(client, server_side=True) if tls else client
            heads.append(client.recv(65536))
            port = int(heads[0].split(b" ")[1].rpartition(b":")[2])
            host = socket.create_connection(("127.0.0.1", port))
            client.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
            threading.Thread(target=pump, args=(client, host), daemon=True).start()
            pump(host, client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heads


def pump(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
