"""An upload that was broken off goes on where the host says that it stopped, and never with another file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.pieces_host import RANGES, TUS, denied, lost, refused
from twat_fs.digests import RunningDigest
from twat_fs.errors import UploadFailed
from twat_fs.testing.fake_host import Play
from twat_fs.upload_providers.resumption import KEPT_FOR

if TYPE_CHECKING:
    from pathlib import Path

    from tests.piecewise import Place
    from twat_fs.testing.fake_host import Seen

#: Hosts that can be asked how far an upload came.
both = pytest.mark.parametrize("place", ["tus", "ranges"], indirect=True)
tus = pytest.mark.parametrize("place", ["tus"], indirect=True)
FOR_GOOD = [refused] * 99

KEY = """
credentials: {{HOST_KEY: {{}}}}
defaults: {{headers: {{X-Key: "{{{{ credentials.HOST_KEY }}}}"}}}}
"""
TICKET = TUS.replace(
    "save: {{location: {{header: Location}}}}",
    "save: {{location: {{header: Location}}, ticket: {{header: X-Ticket, secret: true}}}}",
).replace("      Content-Type", "      X-Ticket: '{{{{ saved.ticket }}}}'\n      Content-Type")
ONCE = "retry: {{attempts: 1}}"


def broken(place: Place, path: Path, *, after: int = 2, **more: Any) -> None:
    """An upload that ends after so many pieces; what follows works again."""
    place.pieces.mishaps = [*[None] * after, *FOR_GOOD]
    with pytest.raises(UploadFailed):
        place.upload(path, **more)
    place.pieces.mishaps = []
    place.host.requests.clear()


def kept(place: Place) -> list[Path]:
    folder = place.folder / "data" / "twat-fs" / "unfinished"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def begun_anew(place: Place) -> bool:
    return bool(place.sent("POST"))


@both
def test_a_second_run_sends_what_is_left(place: Place) -> None:
    path = place.file()
    broken(place, path)
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert not begun_anew(place)
    assert [seen.length for seen in place.host.requests if seen.length] == [1024, 1024, 904]


@both
def test_nothing_is_kept_of_an_upload_that_is_done(place: Place) -> None:
    path = place.file()
    broken(place, path)
    assert [each.suffix for each in kept(place)] == [".json"]
    place.upload(path)
    assert kept(place) == []


@both
def test_what_is_kept_is_the_users_alone_whatever_the_umask(place: Place) -> None:
    before = os.umask(0)
    try:
        broken(place, place.file())
    finally:
        os.umask(before)
    (state,) = kept(place)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700
    assert state.stat().st_size < 2000


@both
def test_what_others_could_write_is_not_used(place: Place) -> None:
    path = place.file()
    broken(place, path)
    kept(place)[0].chmod(0o622)
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@both
def test_a_file_that_was_moved_is_the_same_file(place: Place) -> None:
    path = place.file()
    broken(place, path)
    (place.folder / "elsewhere").mkdir()
    moved = path.rename(place.folder / "elsewhere" / path.name)
    assert place.taken(place.upload(moved)) == moved.read_bytes()
    assert not begun_anew(place)


@both
def test_so_is_one_that_was_moved_to_another_disk(place: Place) -> None:
    path = place.file()
    broken(place, path)
    (place.folder / "elsewhere").mkdir()
    copied = place.folder / "elsewhere" / path.name
    shutil.copy2(path, copied)  # what mv does there
    path.unlink()
    assert place.taken(place.upload(copied)) == copied.read_bytes()
    assert not begun_anew(place)


@both
def test_it_may_be_moved_again_and_again(place: Place) -> None:
    path = place.file()
    for number in range(3):
        broken(place, path, after=1)
        folder = place.folder / str(number)
        folder.mkdir()
        path = path.rename(folder / path.name)
        if number:
            assert not begun_anew(place)
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert not begun_anew(place)
    assert [seen.length for seen in place.host.requests if seen.length] == [1024, 904]


@both
@pytest.mark.parametrize("at", [0, 1024, 2048])
def test_what_a_moved_file_holds_is_compared_with_all_that_was_sent(place: Place, at: int) -> None:
    path = place.file()
    broken(place, path, after=1)
    broken(place, path, after=2)  # what an earlier run has read is not read again
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@tus
def test_an_offset_beyond_what_is_known_begins_anew(place: Place) -> None:
    path = place.file()
    broken(place, path)
    (state,) = kept(place)
    data = json.loads(state.read_text())
    known = hashlib.sha256(path.read_bytes()[:100]).hexdigest()
    state.write_text(json.dumps({**data, "parts": [[100, known]]}))
    (place.folder / "elsewhere").mkdir()
    moved = path.rename(place.folder / "elsewhere" / path.name)
    assert place.taken(place.upload(moved)) == moved.read_bytes()
    assert begun_anew(place)


@tus
def test_a_piece_of_any_size_is_covered_before_it_is_sent(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_turn(self: RunningDigest) -> None:
        pass

    monkeypatch.setattr(RunningDigest, "_follow", no_turn)  # however long the thread waits for its turn
    place.write(place.spec.replace("size: 1 KiB", "size: 20 MiB"))
    path = place.file(12 << 20)
    size = path.stat().st_size
    covered = []

    def half(seen: Seen, played: Play) -> Play:
        location = next(iter(place.pieces.files))
        (state,) = [each for each in kept(place) if each.suffix == ".json"]
        covered.append(sum(count for count, _ in json.loads(state.read_text())["parts"]))
        del place.pieces.files[location][size // 2 :]
        return Play(503)

    place.pieces.mishaps = [half, *FOR_GOOD]
    with pytest.raises(UploadFailed):
        place.upload(path)
    place.pieces.mishaps = []
    place.host.requests.clear()
    (place.folder / "elsewhere").mkdir()
    moved = path.rename(place.folder / "elsewhere" / path.name)
    assert place.taken(place.upload(moved)) == moved.read_bytes()
    assert covered == [size]
    assert not begun_anew(place)
    assert [seen.length for seen in place.sent("PATCH")] == [size // 2]


@both
def test_a_file_of_another_name_is_another_upload(place: Place) -> None:
    path = place.file()
    broken(place, path)
    place.upload(path.rename(path.with_name("b.bin")))
    assert begun_anew(place)


@both
@pytest.mark.parametrize("at", [0, 4000])
def test_a_file_that_was_written_to_begins_anew(place: Place, at: int) -> None:
    path = place.file()
    broken(place, path)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"other")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@both
def test_a_change_that_hides_its_time_is_found_by_what_the_file_holds(place: Place) -> None:
    path = place.file()
    broken(place, path)
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@both
def test_a_spec_that_was_changed_begins_anew(place: Place) -> None:
    path = place.file()
    broken(place, path)
    place.write(place.spec + "description: Other bytes.\n")
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@both
def test_another_version_of_the_program_begins_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place.file()
    broken(place, path)
    monkeypatch.setattr("twat_fs.upload_providers.resumption.__version__", "3.0.1")
    place.upload(path)
    assert begun_anew(place)


@tus
def test_another_option_is_another_upload(place: Place) -> None:
    path = place.file()
    broken(place, path)
    place.upload(path, options={"endpoint": f"{place.host.url}/other"})
    assert begun_anew(place)


@both
def test_another_key_is_another_upload(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(f"{place.spec}{KEY}")
    path = place.file()
    monkeypatch.setenv("HOST_KEY", "one-of-them")
    broken(place, path)
    assert "one-of-them" not in kept(place)[0].read_text()
    monkeypatch.setenv("HOST_KEY", "the-other")
    place.upload(path)
    assert begun_anew(place)


@both
def test_an_upload_that_the_host_has_forgotten_begins_anew(place: Place) -> None:
    path = place.file()
    broken(place, path)
    place.pieces.files = {"/other": bytearray()}
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@tus
def test_an_upload_that_goes_wrong_when_it_goes_on_begins_anew(place: Place) -> None:
    path = place.file()
    broken(place, path)
    place.pieces.mishaps = [lambda *_: Play(409)]
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)
    assert kept(place) == []


@both
def test_a_key_that_is_refused_does_not_lose_the_upload(place: Place) -> None:
    path = place.file()
    broken(place, path)
    place.pieces.mishaps = [denied]
    with pytest.raises(UploadFailed):
        place.upload(path)
    place.host.requests.clear()
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert not begun_anew(place)


@tus
def test_an_upload_that_the_host_refuses_is_not_gone_on_with(place: Place) -> None:
    path = place.file()
    place.pieces.mishaps = [None, lambda *_: Play(400)]
    with pytest.raises(UploadFailed):
        place.upload(path)
    assert kept(place) == []


@tus
def test_a_whole_file_whose_last_answer_was_lost_is_done(place: Place) -> None:
    path = place.file()
    place.write(TUS.replace("retry: {{initial: 0s}}", ONCE))
    place.pieces.mishaps = [*[None] * 4, lost]
    with pytest.raises(UploadFailed):
        place.upload(path)
    place.host.requests.clear()
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert [seen.method for seen in place.host.requests] == ["HEAD"]


@pytest.mark.parametrize("place", ["ranges"], indirect=True)
def test_what_is_missing_of_the_answers_makes_it_begin_anew(place: Place) -> None:
    path = place.file()
    place.write(RANGES.replace("retry: {{initial: 0s}}", ONCE))
    place.pieces.mishaps = [None, lost]
    with pytest.raises(UploadFailed):
        place.upload(path)
    place.host.requests.clear()
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert begun_anew(place)


@both
def test_progress_begins_where_the_upload_goes_on(place: Place) -> None:
    path = place.file()
    broken(place, path)
    told: list[int] = []
    place.upload(path, progress=lambda sent, _: told.append(sent))
    assert told[0] == 2048
    assert told == sorted(set(told))
    assert told[-1] == 5000


@both
def test_a_second_process_does_not_go_on_with_what_is_under_way(place: Place) -> None:
    path = place.file()
    urls: list[str] = []

    def meanwhile(seen: Seen, answer: Play) -> Play:
        place.pieces.mishaps = []
        urls.append(place.upload(path))
        return answer

    place.pieces.mishaps = [None, meanwhile]
    urls.append(place.upload(path))
    assert len(set(urls)) == 2
    assert [place.taken(url) for url in urls] == [path.read_bytes()] * 2
    assert kept(place) == []


@both
def test_what_is_old_is_thrown_away(place: Place) -> None:
    broken(place, place.file())
    (state,) = kept(place)
    (state.parent / f"{state.stem}.json.77.part").write_text("{")
    for each in kept(place):
        os.utime(each, (0, time.time() - KEPT_FOR - 60))
    place.upload(place.file(100, "other.bin"))
    assert kept(place) == []


@both
@pytest.mark.parametrize("text", ["", "{", "[]", '{"file": 1}', "\0" * 100])
def test_what_cannot_be_read_is_no_reason_to_fail(place: Place, text: str) -> None:
    path = place.file()
    broken(place, path)
    kept(place)[0].write_text(text)
    assert place.taken(place.upload(path)) == path.read_bytes()


@both
def test_where_nothing_can_be_kept_the_file_goes_up_all_the_same(place: Place) -> None:
    (place.folder / "data").write_text("no folder")
    path = place.file()
    assert place.taken(place.upload(path)) == path.read_bytes()


@tus
def test_what_is_kept_cannot_lead_the_file_elsewhere(place: Place) -> None:
    path = place.file()
    broken(place, path)
    (state,) = kept(place)
    state.write_text(state.read_text().replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(UploadFailed) as failed:
        place.upload(path)
    assert failed.value.attempts[0].kind == "trust"
    assert kept(place) == []


@tus
def test_a_secret_that_the_host_gave_is_a_secret_again(place: Place) -> None:
    place.write(TICKET)
    answer = place.pieces.answer

    def with_ticket(seen: Seen, path: str) -> Play:
        played = answer(seen, path)
        more = [("X-Ticket", "t1cket-of-the-session")] if seen.method == "POST" else []
        return Play(played.status, b"", [*played.headers, *more])

    place.pieces.answer = with_ticket  # type: ignore[method-assign]
    path = place.file()
    broken(place, path)
    assert place.taken(place.upload(path)) == path.read_bytes()
    assert not begun_anew(place)
    assert {seen.header("X-Ticket") for seen in place.sent("PATCH")} == {"t1cket-of-the-session"}
