"""`twat-fs upload`: one URL on standard output, or none; providers in turn; what each failure ends with."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

GOOD = "https://h.example/a"
ONCE = "retry: {attempts: 1}"
UNCHECKED = "capabilities: {check: none}"


def answering(status: int, body: bytes = b"", **more: object) -> FakeHost:
    return FakeHost([Play(status, body, **more)])  # type: ignore[arg-type]


@pytest.fixture
def good() -> Iterator[FakeHost]:
    """A host that stores what it is sent, and serves it."""
    with FakeHost(Store()) as host:
        yield host


# One that works


def test_the_url_alone_goes_to_standard_output(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    answer = run_cli.upload(run_cli.file(), provider="good")
    assert answer.url == f"{good.url}/stored/0/a.txt"
    assert answer.err == ""


def test_the_file_arrives_whole(run_cli: Cli, good: FakeHost) -> None:
    content = bytes(range(256)) * 5000
    run_cli.spec("good", form(good))
    run_cli.upload(run_cli.file("b.bin", content), provider="good")
    part = good.requests[0].part("file")
    assert (part.filename, hashlib.sha256(part.body).hexdigest()) == ("b.bin", hashlib.sha256(content).hexdigest())


def test_a_shell_can_take_the_url(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    run_cli.file()
    answer = run_cli.shell('url=$(twat_fs upload a.txt -p good) && printf "<%s>" "$url"')
    assert answer.out == f"<{good.url}/stored/0/a.txt>"


def test_the_client_says_who_it_is(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    run_cli.upload(run_cli.file(), provider="good")
    assert re.fullmatch(r"twat-fs/\S+ \(\+https://\S+\)", good.requests[0].header("User-Agent") or "")


def test_verbose_says_more_and_quiet_says_less(run_cli: Cli, good: FakeHost) -> None:
    with answering(500) as bad:
        run_cli.spec("bad", form(bad, more=UNCHECKED).replace("retry: {initial: 0s}", ONCE))
        run_cli.spec("good", form(good))
        path = run_cli.file()
        answers = [run_cli.upload(path, *more, provider="bad,good") for more in (["-q"], [], ["-v"], ["-vv"])]
    assert answers[0].err == ""
    lines = [len(answer.err.splitlines()) for answer in answers]
    assert lines == sorted(set(lines))
    assert len({answer.url.rpartition("/")[0].rpartition("/")[0] for answer in answers}) == 1


# Several providers


def test_the_next_provider_is_tried_when_one_fails(run_cli: Cli, good: FakeHost) -> None:
    with answering(413, b"too fat") as bad:
        run_cli.spec("bad", form(bad))
        run_cli.spec("good", form(good))
        answer = run_cli.upload(run_cli.file(), provider="bad,good")
    assert answer.url.startswith(good.url)
    (line,) = answer.err.splitlines()
    assert line.startswith("bad: ")
    assert "413" in line
    assert "too fat" in line
    assert "(too_large)" in line


def test_the_whole_file_is_sent_to_the_next_provider(run_cli: Cli, good: FakeHost) -> None:
    content = b"x" * 3_000_000
    with FakeHost([Play(401, after=100_000)]) as bad:
        run_cli.spec("bad", form(bad))
        run_cli.spec("good", form(good))
        assert run_cli.upload(run_cli.file("b", content), provider="bad,good").url
    assert good.requests[0].part("file").body == content


def test_providers_are_tried_in_the_order_that_was_given(run_cli: Cli) -> None:
    asked: list[str] = []

    def script(name: str) -> FakeHost:
        def play(_: object) -> Play:
            asked.append(name)
            return Play(404)

        return FakeHost(play)

    with script("a") as a, script("b") as b, script("c") as c:
        for name, host in (("a", a), ("b", b), ("c", c)):
            run_cli.spec(name, form(host))
        answer = run_cli.upload(run_cli.file(), provider="[c, a, b]")
    assert asked == ["c", "a", "b"]
    assert (answer.code, answer.out) == (4, "")
    told = [re.findall(rf"^ *({'|'.join('abc')}): ", line) for line in answer.err.splitlines()]
    assert [name for names in told for name in names][-3:] == ["c", "a", "b"]


def test_providers_can_be_named_one_by_one(run_cli: Cli, good: FakeHost) -> None:
    with answering(404) as bad:
        run_cli.spec("bad", form(bad))
        run_cli.spec("good", form(good))
        answer = run_cli("upload", run_cli.file(), "-p", "bad", "-p", "good")
    assert answer.url.startswith(good.url)


def test_a_provider_that_is_named_alone_falls_back_to_nothing(run_cli: Cli) -> None:
    with answering(404) as bad:
        run_cli.spec("bad", form(bad))
        answer = run_cli.upload(run_cli.file(), provider="bad")
        assert len(bad.requests) == 1
    assert (answer.code, answer.out) == (4, "")
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("fragile", [True, False])
def test_fragile_stops_at_the_first_failure(run_cli: Cli, good: FakeHost, fragile: bool) -> None:
    with answering(404) as bad:
        run_cli.spec("bad", form(bad))
        run_cli.spec("good", form(good))
        answer = run_cli.upload(run_cli.file(), *(["--fragile"] if fragile else []), provider="bad,good")
    assert (answer.code, len(good.requests) > 0) == ((4, False) if fragile else (0, True))


@pytest.mark.parametrize(
    ("statuses", "code"), [((404, 413), 4), ((404, 500), 5), ((500, 404), 5), ((429, 503), 5), ((200, 200), 4)]
)
def test_the_status_says_whether_trying_later_may_help(run_cli: Cli, statuses: tuple[int, int], code: int) -> None:
    with answering(statuses[0]) as one, answering(statuses[1]) as two:
        run_cli.spec("one", form(one).replace("retry: {initial: 0s}", ONCE))
        run_cli.spec("two", form(two).replace("retry: {initial: 0s}", ONCE))
        answer = run_cli.upload(run_cli.file(), provider="one,two")
    assert (answer.code, answer.out) == (code, "")
    assert f"answered {statuses[0]}" in answer.err
    assert f"answered {statuses[1]}" in answer.err
