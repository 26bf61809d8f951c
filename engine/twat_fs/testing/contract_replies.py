"""The contract about replies: what each status means, and what is no reply."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from twat_fs.errors import NonRetryableError, RateLimited, RetryableError, UploadError
from twat_fs.source import Source
from twat_fs.testing.bench import CONTENT, Bench
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from twat_fs.results import UploadResult

_PAGE = b"<!doctype html><title>Welcome</title><p>https://elsewhere.example/advertisement"


class ReplyContract(Bench):
    """What holds for every reply; of a provider without a host, that no reply matters."""

    def refused(self, *faults: Play | None, attempts: int = 1) -> UploadError:
        """The error that an upload to a host that answers so ends with."""
        with pytest.raises(UploadError) as caught:
            self.answered(*faults, attempts=attempts)
        assert caught.value.provider
        return caught.value

    def check(self, play: Play, kind: type[UploadError]) -> None:
        """A reply means an error of a class; to a provider without a host, nothing."""
        if not self.traits.network:
            assert self.answered(play)
            assert self.bodies == []
            return
        assert isinstance(self.refused(play), self.traits.meanings.get(play.status, kind))
        assert len(self.bodies) == 1 or (self.traits.repeats and issubclass(kind, RetryableError))

    def test_the_status_201_is_success(self) -> None:
        if not self.takes(201):
            with self.serve(self.right(status=201)) as host, pytest.raises(UploadError):
                self.send(host.url, Source(self.file()))
            return
        with self.serve(self.right(status=201)) as host:
            assert self.fetch(self.send(host.url, Source(self.file()))) == CONTENT

    def test_the_status_204_is_success_where_the_url_is_known_without_a_reply(self) -> None:
        self.without_url(Play(204))

    def test_a_page_in_place_of_a_reply_gives_no_url(self) -> None:
        self.without_url(Play(200, _PAGE, (("Content-Type", "text/html"),)))

    def test_json_without_a_url_gives_none(self) -> None:
        self.without_url(Play(200, b'{"success": false}', (("Content-Type", "application/json"),)))

    def test_a_url_of_another_kind_gives_none(self) -> None:
        self.without_url(Play(200, b"javascript:alert(1)", (("Content-Type", "text/plain"),)))

    def without_url(self, play: Play) -> None:
        """A success without the URL: not one, where the URL comes from the reply; and never tried again."""
        if self.traits.network and (self.traits.reads_reply or not self.takes(play.status)):
            assert isinstance(self.refused(play, attempts=3), NonRetryableError)
            assert len(self.bodies) == 1
        else:
            assert self.answered(play)

    def takes(self, status: int) -> bool:
        """Whether a status means success."""
        return status in self.traits.takes if self.traits.takes else 200 <= status < 300

    def test_a_redirect_is_not_followed_with_the_file(self) -> None:
        with FakeHost() as other:
            self.check(Play(302, headers=[("Location", f"{other.url}/")]), NonRetryableError)
        assert other.connections == 0

    def test_a_307_is_not_followed_either(self) -> None:
        with FakeHost() as other:
            self.check(Play(307, headers=[("Location", f"{other.url}/")]), NonRetryableError)
        assert other.connections == 0

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415])
    def test_a_status_that_will_not_change_is_not_tried_again(self, status: int) -> None:
        self.check(Play(status, b"no"), NonRetryableError)

    def test_after_429_the_time_that_the_host_asks_for_is_kept(self) -> None:
        play = Play(429, headers=[("Retry-After", "3600")])
        self.check(play, RateLimited)
        if self.traits.network:
            assert self.refused(play).retry_after == 3600

    def test_a_host_out_of_order_may_be_asked_again(self) -> None:
        self.check(Play(503, headers=[("Retry-After", "3600")]), RetryableError)

    def test_a_500_and_then_success_is_success(self) -> None:
        assert self.recovered(Play(500))

    def test_a_retry_sends_the_whole_file_again(self) -> None:
        self.recovered(Play(500))
        assert len(self.bodies) == (2 if self.traits.network else 0)

    def recovered(self, fault: Play) -> UploadResult:
        """The result of an upload whose first try fails."""
        return self.answered(fault, None, attempts=3)

    def test_a_host_that_hangs_up_after_the_file_is_not_sent_it_again(self) -> None:
        self.unanswered(Play(mute=True, close=True))

    def test_a_host_that_says_nothing_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWAT_FS_TIMEOUT", "0.4")
        self.unanswered(Play(mute=True))
        assert not self.outlasted

    def unanswered(self, play: Play) -> None:
        """The host may hold the file: the error says so, and the file is not sent twice."""
        if not self.traits.network:
            assert self.answered(play)
            return
        assert self.refused(play, attempts=3).ambiguous
        assert len(self.bodies) == 1 or self.traits.idempotent

    def test_a_host_that_is_not_there_is_worth_another_try(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            source = Source(self.file())
            if not self.traits.network:
                assert self.send(url, source)
                return
            with pytest.raises(RetryableError) as caught:
                self.send(url, source)
        assert not caught.value.ambiguous
