"""A port that hosts take one after another."""

from __future__ import annotations

from urllib.request import urlopen

from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.ports import ReservedPort


def test_hosts_one_after_another_have_one_address() -> None:
    port = ReservedPort()
    urls = set()
    for number in range(3):
        with FakeHost([Play(200, b"%d" % number)], reserved=port) as host:
            urls.add(host.url)
            with urlopen(host.url) as reply:
                assert reply.read() == b"%d" % number
    assert len(urls) == 1


def test_hosts_at_the_same_time_have_addresses_of_their_own() -> None:
    port = ReservedPort()
    with FakeHost([Play(200, b"one")], reserved=port) as one, FakeHost([Play(200, b"two")], reserved=port) as two:
        for host, name in ((one, b"one"), (two, b"two")):
            with urlopen(host.url) as reply:
                assert reply.read() == name
