"""A file in pieces: what is sent, what is kept of the answers, what happens when one goes wrong."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.pieces_host import TUS, lost, refused
from twat_fs.errors import UploadFailed
from twat_fs.testing.fake_host import Play

if TYPE_CHECKING:
    from tests.piecewise import Place
    from twat_fs.testing.fake_host import Seen


def only(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("place", kinds, indirect=True)


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 5000])
def test_a_file_in_pieces_is_the_file(place: Place, size: int) -> None:
    path = place.file(size)
    assert place.taken(place.upload(path)) == path.read_bytes()
    sizes = [seen.length for seen in place.host.requests if seen.target.startswith(("/part", "/send", "/files/0"))]
    assert [each for each in sorted(sizes, reverse=True) if each] == [1024] * (size // 1024) + [size % 1024] * bool(
        size % 1024
    )


@only("tus", "parts")
def test_a_file_without_bytes_is_one_piece_without_bytes(place: Place) -> None:
    assert place.taken(place.upload(place.file(0))) == b""


@only("tus", "ranges")
def test_pieces_in_order_share_one_connection(place: Place) -> None:
    place.upload(place.file())
    assert place.host.connections == 1


@only("parts")
def test_pieces_at_the_same_time_have_a_connection_for_each_worker(place: Place) -> None:
    place.upload(place.file(20_000))
    assert place.host.connections <= 5
    assert len({seen.connection for seen in place.sent("PUT")}) > 1


@only("parts")
def test_as_many_pieces_are_under_way_as_the_spec_says(place: Place) -> None:
    together = threading.Barrier(4)

    def wait(seen: Seen, answer: Play) -> Play:
        together.wait(10)
        return answer

    place.pieces.mishaps = [wait] * 4
    path = place.file(4096)
    assert place.taken(place.upload(path)) == path.read_bytes()


def test_a_piece_that_is_refused_is_sent_again_and_no_other(place: Place) -> None:
    place.pieces.mishaps = [None, refused]
    path = place.file()
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert len([seen for seen in place.host.requests if seen.length > 900]) == 6


@only("tus", "parts")
def test_a_piece_whose_answer_is_lost_does_no_harm(place: Place) -> None:
    place.pieces.mishaps = [None, lost]
    path = place.file()
    assert place.taken(place.upload(path)) == path.read_bytes()


@only("tus")
def test_a_host_that_loses_again_and_again_what_it_had_is_given_up(place: Place) -> None:
    def loses(seen: Seen, answer: Play) -> Play:
        (taken,) = place.pieces.files.values()
        taken.clear()
        return Play(503)

    place.pieces.mishaps = [None, loses] * 20
    with pytest.raises(UploadFailed):
        place.upload(place.file())
    assert len(place.sent("PATCH")) == 6


@only("tus")
def test_what_was_never_sent_no_host_has(place: Place) -> None:
    def boasts(seen: Seen, answer: Play) -> Play:
        (taken,) = place.pieces.files.values()
        taken[:] = bytes(5000)
        return Play(503)

    place.pieces.mishaps = [None, boasts]
    with pytest.raises(UploadFailed, match="has 5000 bytes, and was sent 2048 at most") as failed:
        place.upload(place.file(5000), check="none")
    assert failed.value.attempts[0].kind == "bad_reply"


@only("tus")
def test_what_the_host_has_of_a_piece_is_not_sent_again(place: Place) -> None:
    def half(seen: Seen, answer: Play) -> Play:
        (taken,) = place.pieces.files.values()
        del taken[-500:]
        return Play(mute=True, reset=True)

    place.pieces.mishaps = [None, half]
    path = place.file()
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert [seen.length for seen in place.sent("PATCH")] == [1024, 1024, 500, 1024, 1024, 904]


@only("ranges")
def test_a_lost_answer_whose_values_are_needed_ends_the_upload(place: Place) -> None:
    place.pieces.mishaps = [None, lost]
    with pytest.raises(UploadFailed) as failed:
        place.upload(place.file())
    assert failed.value.attempts[0].step == "send"


def test_a_piece_that_is_refused_for_good_fails_with_its_step(place: Place) -> None:
    place.pieces.mishaps = [None, *[refused] * 99]
    with pytest.raises(UploadFailed) as failed:
        place.upload(place.file())
    assert (failed.value.attempts[0].kind, failed.value.attempts[0].step) == ("unavailable", "send")


@only("parts")
def test_the_first_failure_stops_the_other_pieces(place: Place) -> None:
    place.pieces.mishaps = [None, lambda *_: Play(403), *[lambda *_: Play(mute=True)] * 9]
    with pytest.raises(UploadFailed) as failed:
        place.upload(place.file(100_000))
    assert failed.value.attempts[0].kind == "forbidden"
    assert len(place.sent("PUT")) < 12


def test_progress_goes_over_the_whole_file_and_never_back(place: Place) -> None:
    told: list[tuple[int, int]] = []
    place.pieces.mishaps = [None, refused, None, refused]
    place.upload(place.file(), progress=lambda *call: told.append(call))
    assert [sent for sent, _ in told] == sorted({sent for sent, _ in told})
    assert told[-1] == (5000, 5000)
    assert {total for _, total in told} == {5000}


@only("tus", "ranges")
def test_a_file_that_changes_between_two_pieces_is_not_sent_on(place: Place) -> None:
    path = place.file()

    def change(seen: Seen, answer: Play) -> Play:
        path.write_bytes(b"x" * 5000)
        return answer

    place.pieces.mishaps = [None, change]
    with pytest.raises(Exception, match="changed while it was being sent"):
        place.upload(path)
    assert not place.pieces.complete(next(iter(place.pieces.files)))


@only("tus")
def test_only_the_first_piece_asks_whether_it_may_come(place: Place) -> None:
    place.write(TUS.replace("1 KiB", "2 MiB"))
    path = place.file(5 << 20)
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert [seen.header("Expect") for seen in place.sent("PATCH")] == ["100-continue", None, None]


@only("parts")
def test_cookies_are_those_of_the_upload_on_every_connection(place: Place) -> None:
    begin = place.pieces.answer

    def answer(seen: Seen, path: str) -> Play:
        played = begin(seen, path)
        return Play(200, played.body, [("Set-Cookie", "session=s1; Path=/")]) if path == "/begin" else played

    place.pieces.answer = answer  # type: ignore[method-assign]
    place.upload(place.file())
    assert {seen.header("Cookie") for seen in place.sent("PUT")} == {"session=s1"}
