"""Uploads into Dropbox by the real command, against a Dropbox on loopback that checks what it is sent."""

from __future__ import annotations

import os
import re
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests import dropbox_host as wire
from tests.dropbox_host import denial, refusal, reply, write_refusal
from tests.support import PLANTED, ROOT
from twat_fs.environment import settings
from twat_fs.errors import NotConfigured, SourceError, UploadFailed, UploadTimeout
from twat_fs.factory import ProviderFactory
from twat_fs.source import Source
from twat_fs.testing.cassettes import replay
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload import UploadOptions, upload_file
from twat_fs.upload_providers.dropbox import get_credentials
from twat_fs.upload_providers.dropbox_api.answers import Answer as Said
from twat_fs.upload_providers.dropbox_api.content import Commit, Content
from twat_fs.upload_providers.dropbox_api.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Answer, Cli
    from twat_fs.testing.fake_host import Seen

MIB = 1024 * 1024
#: Three pieces of 4 MiB, the last of them not whole.
LARGE = b"".join(bytes([number]) * MIB for number in range(10)) + b"end"
PIECES = ("-o", "chunk_mib=4")
#: Runs in a command before it begins: pauses take no time.
UNPAUSED = "import time\ntime.sleep = lambda _: None\n"
DIRECT = "https://www.dropbox.com/scl/fi/0/a.txt?rlkey=k0&dl=1"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[wire.Place]:
    yield from wire.place(tmp_path)


@pytest.fixture
def dropbox(place: wire.Place) -> wire.Dropbox:
    return place.dropbox


def put(run_cli: Cli, place: wire.Place, *words: str, content: bytes = b"hello", name: str = "a.txt") -> Answer:
    return run_cli.upload(run_cli.file(name, content), *words, provider="dropbox", env=place.env)


def lost_answer(host: wire.Dropbox, seen: Seen) -> Play:
    """The work is done, and 500 is said."""
    route = seen.target.removeprefix("/2/")
    assert host.answer(route, seen).status == 200
    return Play(500, b"out of order")


def test_a_small_file_is_sent_in_one_request_and_its_link_gives_the_file(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    assert put(run_cli, place).url == DIRECT
    assert dropbox.asked == [wire.UPLOAD, wire.LINK]
    assert dropbox.files == {"/a.txt": b"hello"}
    assert dropbox.arguments[1] == {"path": "/a.txt"}


def test_a_file_without_content_is_uploaded(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    assert put(run_cli, place, content=b"").url == DIRECT
    assert dropbox.files == {"/a.txt": b""}


def test_a_file_of_exactly_one_piece_needs_no_session(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    assert put(run_cli, place, *PIECES, content=bytes(4 * MIB)).code == 0
    assert dropbox.asked == [wire.UPLOAD, wire.LINK]


def test_a_large_file_goes_up_in_pieces(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    assert put(run_cli, place, *PIECES, content=LARGE).url == DIRECT
    assert dropbox.asked == [wire.START, wire.APPEND, wire.FINISH, wire.LINK]
    assert dropbox.files == {"/a.txt": LARGE}
    assert [entry["cursor"]["offset"] for entry in dropbox.arguments[1:3]] == [4 * MIB, 8 * MIB]


def test_the_finest_log_of_any_library_has_no_token(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    code = "import logging, sys, twat_fs; logging.basicConfig(level=1); print(twat_fs.upload_file(*sys.argv[1:]))"
    answer = run_cli.run([sys.executable, "-c", code, str(run_cli.file()), "dropbox"], env=place.env)
    assert answer.url == DIRECT
    assert "DEBUG:" in answer.err
    assert any(PLANTED in (seen.header("authorization") or "") for seen in place.host.requests)
    assert PLANTED not in answer.err


@pytest.mark.parametrize("route", [wire.APPEND, wire.FINISH])
def test_a_piece_whose_answer_is_lost_is_not_stored_twice(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, route: str
) -> None:
    def stored_but(host: wire.Dropbox, seen: Seen) -> Play:
        next(iter(host.sessions.values())).extend(seen.body)
        return Play(503, b"busy")

    dropbox.faults[route] = [stored_but]
    assert put(run_cli, place, *PIECES, content=LARGE).url == DIRECT
    assert dropbox.files == {"/a.txt": LARGE}


@pytest.mark.parametrize("offset", [0, 5, 4 * MIB, 5 * MIB + 7])
def test_a_session_goes_on_at_the_offset_that_dropbox_says(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, offset: int
) -> None:
    def forgets(host: wire.Dropbox, seen: Seen) -> Play:
        del next(iter(host.sessions.values()))[offset:]
        return host.answer(wire.FINISH, seen)

    dropbox.faults[wire.FINISH] = [forgets]
    assert put(run_cli, place, *PIECES, content=LARGE).url == DIRECT
    assert dropbox.files == {"/a.txt": LARGE}


def test_an_offset_that_leads_nowhere_ends_the_upload(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    beyond = refusal("incorrect_offset", {".tag": "incorrect_offset", "correct_offset": 99 * MIB})
    dropbox.faults[wire.APPEND] = [beyond]
    answer = put(run_cli, place, *PIECES, content=LARGE)
    assert answer.code == 4
    assert "go on at byte 103809024, after 8388608 bytes" in answer.err


def test_the_same_wrong_offset_again_and_again_ends_the_upload(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    same = refusal("incorrect_offset", {".tag": "incorrect_offset", "correct_offset": 4 * MIB})
    dropbox.faults[wire.APPEND] = [same] * 9
    assert put(run_cli, place, *PIECES, content=LARGE).code == 4
    assert dropbox.asked.count(wire.APPEND) == 4


def test_a_session_that_loses_again_and_again_what_it_had_ends_the_upload(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    def loses(host: wire.Dropbox, seen: Seen) -> Play:
        del next(iter(host.sessions.values()))[4 * MIB :]
        return host.answer(wire.FINISH, seen)

    dropbox.faults[wire.FINISH] = [loses] * 20
    assert put(run_cli, place, *PIECES, content=LARGE).code == 4
    assert dropbox.asked.count(wire.FINISH) == 4


@pytest.mark.parametrize("route", [wire.APPEND, wire.FINISH])
def test_a_session_that_is_lost_is_begun_again(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, route: str
) -> None:
    def loses(host: wire.Dropbox, seen: Seen) -> Play:
        host.sessions.clear()
        return host.answer(route, seen)

    dropbox.faults[route] = [loses]
    assert put(run_cli, place, *PIECES, content=LARGE).url == DIRECT
    assert dropbox.asked.count(wire.START) == 2
    assert dropbox.files == {"/a.txt": LARGE}


def test_a_session_that_is_lost_twice_ends_the_upload(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    dropbox.faults[wire.APPEND] = [refusal("not_found", {".tag": "not_found"})] * 2
    answer = put(run_cli, place, *PIECES, content=LARGE)
    assert answer.code == 5
    assert "lost the upload session twice (unavailable)" in answer.err
    assert dropbox.asked.count(wire.START) == 2


def test_a_finish_that_is_answered_500_but_done_is_not_done_again(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.FINISH] = [lost_answer]
    assert put(run_cli, place, *PIECES, content=LARGE).url == DIRECT
    assert dropbox.asked == [wire.START, wire.APPEND, wire.FINISH, wire.METADATA, wire.LINK]


def test_a_finish_that_failed_is_tried_again_after_a_look(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.FINISH] = [Play(500, b"out of order")]
    assert put(run_cli, place, *PIECES, content=LARGE).url == DIRECT
    assert dropbox.asked[2:] == [wire.FINISH, wire.METADATA, wire.FINISH, wire.LINK]
    assert dropbox.files == {"/a.txt": LARGE}


def test_a_finish_that_never_works_tells_that_the_file_may_be_there(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.UPLOAD] = [Play(500)]
    dropbox.faults[wire.METADATA] = [Play(503)] * 9
    answer = put(run_cli, place)
    assert answer.code == 5
    assert "503 (unavailable); it may hold the file all the same" in answer.err
    assert dropbox.asked == [wire.UPLOAD, *[wire.METADATA] * 3]


def test_an_upload_that_may_be_renamed_is_not_repeated_blindly(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.UPLOAD] = [Play(500, b"out of order")]
    answer = put(run_cli, place, "-o", "autorename=true")
    assert answer.code == 5
    assert "it may hold the file all the same" in answer.err
    assert dropbox.asked == [wire.UPLOAD]


@pytest.mark.parametrize(
    "play",
    [
        reply({"error_summary": "too_many_requests/..", "error": {"reason": {".tag": "too_many_requests"}}}, 429),
        reply({"error": {"reason": {".tag": "too_many_requests"}, "retry_after": 1}}, 429, retry_after="1"),
        Play(429, b"slow down", headers=[("Retry-After", "1")]),
        write_refusal("too_many_write_operations"),
        write_refusal("content_hash_mismatch"),
        refusal("content_hash_mismatch", {".tag": "content_hash_mismatch"}),
        Play(503, b"<html>busy</html>"),
        Play(mute=True, close=True),
    ],
)
def test_what_passes_is_waited_for(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, play: Play) -> None:
    dropbox.faults[wire.UPLOAD] = [play]
    assert put(run_cli, place).url == DIRECT
    assert dropbox.asked.count(wire.UPLOAD) == 2


def test_a_pause_of_more_than_a_minute_is_not_waited_for(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.UPLOAD] = [reply({"error": {"retry_after": 300}}, 429, retry_after="300")]
    answer = put(run_cli, place)
    assert answer.code == 5
    assert "Dropbox asks for a pause of 300 s (rate_limited)" in answer.err
    assert dropbox.asked == [wire.UPLOAD]


def test_a_pause_that_would_take_all_that_is_left_is_not_begun(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.UPLOAD] = [reply({"error": {"retry_after": 50}}, 429, retry_after="50")]
    answer = put(run_cli, place, "--max-time", "40")
    assert answer.code == 5
    assert "Dropbox asks for a pause of 50 s (rate_limited)" in answer.err
    assert dropbox.asked == [wire.UPLOAD]


def test_no_piece_is_sent_when_the_time_for_all_is_over() -> None:
    from twat_fs.upload_providers.dropbox_api.client import Client

    late = settings({}, max_time=60.0)._replace(ends=time.monotonic() - 1)
    with Client({"DROPBOX_ACCESS_TOKEN": "token"}, late) as client, pytest.raises(UploadTimeout):
        client.repeated(lambda: pytest.fail("it was sent"))


@pytest.mark.parametrize("words", [(), PIECES])
def test_a_file_of_that_name_is_a_conflict(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, words: tuple[str, ...]
) -> None:
    dropbox.files["/a.txt"] = b"of old"
    answer = put(run_cli, place, *words, content=LARGE if words else b"hello")
    assert answer.code == 4
    assert "there is a file of that name with another content (conflict)" in answer.err
    assert "--force" in answer.err
    assert dropbox.files == {"/a.txt": b"of old"}


@pytest.mark.parametrize("words", [(), PIECES])
def test_force_overwrites(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, words: tuple[str, ...]) -> None:
    content = LARGE if words else b"hello"
    dropbox.files["/a.txt"] = b"of old"
    assert put(run_cli, place, "--force", *words, content=content).code == 0
    assert dropbox.files == {"/a.txt": content}


def test_the_same_content_is_no_conflict(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    dropbox.files["/a.txt"] = b"hello"
    assert put(run_cli, place).url == DIRECT


def test_a_free_name_is_taken_where_that_is_asked_for(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    dropbox.files["/a.txt"] = b"of old"
    assert put(run_cli, place, "-o", "autorename=true").code == 0
    assert dropbox.files == {"/a.txt": b"of old", "/a (1).txt": b"hello"}
    assert dropbox.arguments[1] == {"path": "/a (1).txt"}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("--remote-path", "x/y/"), "/x/y/a.txt"),
        (("--remote-path", "x//b.txt"), "/x/b.txt"),
        (("-o", "folder=/up/load/"), "/up/load/a.txt"),
        (("-o", "folder=up", "--remote-path", "x/b.txt"), "/up/x/b.txt"),
    ],
)
def test_folders_come_from_the_path_and_the_option(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, words: tuple[str, ...], path: str
) -> None:
    assert put(run_cli, place, *words).code == 0
    assert list(dropbox.files) == [path]


def test_a_folder_option_may_not_climb(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    assert put(run_cli, place, "-o", "folder=a/../b").code == 2
    assert not dropbox.asked


@pytest.mark.parametrize("name", ["grün é.txt", "日本語.txt", "a 🎉 b.txt", 'it\'s "quoted".txt', "a\x7fb.txt"])
def test_a_name_of_any_script_travels_in_an_ascii_header(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, name: str
) -> None:
    assert put(run_cli, place, name=name).code == 0
    assert list(dropbox.files) == [f"/{name}"]


def test_the_link_that_a_file_has_is_returned(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    dropbox.links["/a.txt"] = "https://www.dropbox.com/s/abc/a.txt?dl=0"
    assert put(run_cli, place).url == "https://www.dropbox.com/s/abc/a.txt?dl=1"
    assert dropbox.asked == [wire.UPLOAD, wire.LINK]


@pytest.mark.parametrize(
    "exists",
    [
        {".tag": "shared_link_already_exists"},
        {".tag": "shared_link_already_exists", "shared_link_already_exists": {".tag": "other"}},
    ],
)
def test_a_link_that_is_not_told_is_looked_up(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, exists: dict[str, object]
) -> None:
    dropbox.links["/a.txt"] = "https://www.dropbox.com/scl/fi/x/a.txt?rlkey=q&st=z&dl=0"
    dropbox.faults[wire.LINK] = [refusal("shared_link_already_exists", exists)]
    assert put(run_cli, place).url == "https://www.dropbox.com/scl/fi/x/a.txt?rlkey=q&st=z&dl=1"
    assert dropbox.asked[1:] == [wire.LINK, wire.LINKS]


def test_the_page_is_given_where_it_is_asked_for(run_cli: Cli, place: wire.Place) -> None:
    assert put(run_cli, place, "-o", "link=page").url.endswith("?rlkey=k0&dl=0")


def test_a_link_gets_the_settings_that_are_asked_for(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    words = ("-o", "expires=1d", "-o", f"password={PLANTED}", "-o", "audience=team")
    assert put(run_cli, place, *words).code == 0
    settings = dropbox.arguments[1]["settings"]
    expires = settings.pop("expires")
    assert settings == {"require_password": True, "link_password": PLANTED, "audience": {".tag": "team"}}
    assert expires.endswith("Z")
    assert len(expires) == len("2015-05-12T15:50:38Z")


def test_an_open_link_is_not_passed_off_as_one_with_a_password(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.links["/a.txt"] = "https://www.dropbox.com/s/abc/a.txt?dl=0"
    answer = put(run_cli, place, "-o", f"password={PLANTED}")
    assert answer.code == 4
    assert "/a.txt was uploaded, but it has a link already" in answer.err
    assert answer.out == ""


def test_a_token_that_has_expired_is_renewed_once(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    env = {**place.renewable, "DROPBOX_ACCESS_TOKEN": "of-yesterday", "DROPBOX_APP_SECRET": PLANTED}
    assert run_cli.upload(run_cli.file(), provider="dropbox", env=env).url == DIRECT
    assert dropbox.asked == [wire.UPLOAD, wire.TOKEN, wire.UPLOAD, wire.LINK]


def test_a_refresh_token_alone_gets_its_access_token_first(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    assert run_cli.upload(run_cli.file(), provider="dropbox", env=place.renewable).url == DIRECT
    assert dropbox.asked == [wire.TOKEN, wire.UPLOAD, wire.LINK]


def test_a_token_that_expires_on_the_way_is_renewed_without_beginning_again(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults[wire.APPEND] = [denial("expired_access_token")]
    env = {**place.renewable, "DROPBOX_ACCESS_TOKEN": PLANTED}
    answer = run_cli.upload(run_cli.file("a.txt", LARGE), *PIECES, provider="dropbox", env=env)
    assert answer.url == DIRECT
    assert dropbox.asked == [wire.START, wire.APPEND, wire.TOKEN, wire.APPEND, wire.FINISH, wire.LINK]


def test_a_token_that_expires_again_and_again_is_renewed_once(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.faults = {wire.APPEND: [denial("expired_access_token")], wire.FINISH: [denial("expired_access_token")]}
    env = {**place.renewable, "DROPBOX_ACCESS_TOKEN": PLANTED}
    answer = run_cli.upload(run_cli.file("a.txt", LARGE), *PIECES, provider="dropbox", env=env)
    assert (answer.code, dropbox.asked.count(wire.TOKEN)) == (4, 1)
    assert "Log in again" in answer.err


def test_a_refresh_token_that_is_refused_says_to_log_in_again(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    dropbox.refresh = "another"
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env=place.renewable)
    assert answer.code == 4
    assert "Dropbox refuses the refresh token" in answer.err
    assert "Log in again" in answer.err
    assert dropbox.asked == [wire.TOKEN]


def test_an_app_key_that_is_wrong_is_named(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    words = {"error": "invalid_client", "error_description": f"no app {PLANTED}"}
    dropbox.faults[wire.TOKEN] = [reply(words, 400)]
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env={**place.renewable, "DROPBOX_APP_SECRET": PLANTED})
    assert answer.code == 4
    assert "gives no new access token: no app <hidden> (auth)" in answer.err
    assert "Check DROPBOX_APP_KEY and DROPBOX_APP_SECRET" in answer.err


PERMISSIONS = "switch on files.content.write"
OLD_WORDS = (
    b'Error in call to API function "files/upload": Your app (ID: 1) is not permitted to access this endpoint '
    b'because it does not have the required scope "files.content.write".'
)


@pytest.mark.parametrize(
    ("play", "kind", "says"),
    [
        (denial("expired_access_token"), "auth", "the access token has expired"),
        (denial("invalid_access_token"), "auth", "it may have been revoked"),
        (denial("missing_scope", required_scope="files.content.write"), "auth", PERMISSIONS),
        (Play(400, OLD_WORDS), "auth", PERMISSIONS),
        (Play(400, b"The given OAuth 2 access token is malformed."), "auth", "Log in again"),
        (Play(400, b"Error in call to API function: bad JSON"), "bad_request", "bad JSON"),
        (Play(401, b"<html>no</html>", headers=[("Content-Type", "text/html")]), "auth", "Log in again"),
        (denial("user_suspended"), "auth", "the account is suspended"),
        (denial("brand_new"), "auth", "brand_new"),
        (refusal("invalid_account_type", {".tag": "invalid_account_type"}, 403), "forbidden", "invalid_account_type"),
        (write_refusal("insufficient_space"), "quota", "Free some space"),
        (write_refusal("malformed_path"), "bad_request", "255 characters"),
        (write_refusal("disallowed_name"), "bad_request", "Name another"),
        (write_refusal("no_write_permission"), "forbidden", "another folder"),
        (write_refusal("conflict/folder"), "conflict", "there is a folder of that name"),
        (write_refusal("conflict/file_ancestor"), "conflict", "a part of the folder's path is a file"),
        (write_refusal("brand_new"), "rejected", "path/brand_new"),
        (refusal("payload_too_large", {".tag": "payload_too_large"}), "too_large", "chunk_mib"),
        (reply({"error": {".tag": "path", "reason": "disallowed_name"}}, 409), "bad_request", "ignores files"),
        (Play(422, b"bad root"), "bad_request", "bad root"),
        (Play(307, b"", headers=[("Location", "https://elsewhere.example/")]), "redirected", "not followed"),
        (Play(200, b"<html></html>", headers=[("Content-Type", "text/html")]), "bad_reply", "may hold the file"),
        (reply({"name": "a.txt"}), "bad_reply", "not what Dropbox documents"),
        (Play(200, b"{", headers=[("Content-Type", "application/json")]), "bad_reply", "may hold the file"),
    ],
)
def test_a_refusal_names_the_fix(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, play: Play, kind: str, says: str
) -> None:
    dropbox.faults[wire.UPLOAD] = [play]
    answer = put(run_cli, place)
    assert answer.code == 4
    assert f"({kind})" in answer.err
    assert says in answer.err
    assert dropbox.asked == [wire.UPLOAD]


@pytest.mark.parametrize("reason", ["insufficient_space", "conflict/file"])
def test_a_session_is_refused_in_the_same_words(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, reason: str
) -> None:
    dropbox.faults[wire.FINISH] = [write_refusal(reason, finish=True)]
    answer = put(run_cli, place, *PIECES, content=LARGE)
    assert answer.code == 4
    assert "(quota)" in answer.err or "(conflict)" in answer.err


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("email_not_verified", "forbidden"),
        ("settings_error/not_authorized", "forbidden"),
        ("access_denied", "forbidden"),
    ],
)
def test_a_link_that_is_refused_tells_that_the_file_is_there(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, tag: str, kind: str
) -> None:
    dropbox.faults[wire.LINK] = [refusal(tag, {".tag": tag.partition("/")[0]})]
    answer = put(run_cli, place)
    assert answer.code == 4
    assert f"({kind}); it may hold the file all the same" in answer.err


@pytest.mark.parametrize("words", [(), PIECES])
def test_other_content_than_was_sent_is_an_error(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox, words: tuple[str, ...]
) -> None:
    def damages(host: wire.Dropbox, seen: Seen) -> Play:
        host.files["/a.txt"] = b"damaged"
        return reply(host.metadata("/a.txt"))

    dropbox.faults[wire.FINISH if words else wire.UPLOAD] = [damages]
    answer = put(run_cli, place, *words, content=LARGE if words else b"hello!!")
    assert answer.code == 4
    assert "Dropbox holds other content at /a.txt than was sent" in answer.err
    assert "(verify)" in answer.err
    assert wire.LINK not in dropbox.asked


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "neither DROPBOX_ACCESS_TOKEN nor DROPBOX_REFRESH_TOKEN is set"),
        ({"DROPBOX_ACCESS_TOKEN": " "}, "neither DROPBOX_ACCESS_TOKEN nor DROPBOX_REFRESH_TOKEN is set"),
        ({"DROPBOX_REFRESH_TOKEN": PLANTED}, "DROPBOX_APP_KEY is not"),
        ({"DROPBOX_ACCESS_TOKEN": f"{PLANTED}\nx"}, "DROPBOX_ACCESS_TOKEN holds a line break"),
        ({"DROPBOX_ACCESS_TOKEN": f"{PLANTED}ü"}, "DROPBOX_ACCESS_TOKEN holds a character that no token has"),
    ],
)
def test_without_a_log_in_nothing_is_sent(run_cli: Cli, place: wire.Place, given: dict[str, str], says: str) -> None:
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env={**place.hosts, **given})
    assert answer.code == 3
    assert says in answer.err
    assert place.host.connections == 0


def test_a_token_from_a_file_may_end_in_a_line_break(run_cli: Cli, place: wire.Place) -> None:
    env = {**place.env, "DROPBOX_ACCESS_TOKEN": f"{PLANTED}\n"}
    assert run_cli.upload(run_cli.file(), provider="dropbox", env=env).url == DIRECT


def test_a_piece_is_a_multiple_of_four(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    answer = put(run_cli, place, "-o", "chunk_mib=6")
    assert answer.code == 2
    assert "`6` is not a multiple of 4" in answer.err
    assert not dropbox.asked


def test_a_certificate_of_nobody_we_know_is_refused(run_cli: Cli, place: wire.Place) -> None:
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env={**place.env, "REQUESTS_CA_BUNDLE": None})
    assert answer.code == 4
    assert "the TLS certificate is not valid" in answer.err
    assert not place.host.requests


def test_a_folder_of_authorities_that_is_not_there_is_a_matter_of_settings(run_cli: Cli, place: wire.Place) -> None:
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env={**place.env, "REQUESTS_CA_BUNDLE": "/no/such"})
    assert answer.code == 3
    assert "the certificate authorities in /no/such cannot be read" in answer.err


def test_where_nobody_listens_nothing_is_claimed(run_cli: Cli, place: wire.Place) -> None:
    nowhere = {"DROPBOX_API_HOST": "127.0.0.1:9", "DROPBOX_API_CONTENT_HOST": "127.0.0.1:9"}
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env={**place.env, **nowhere})
    assert answer.code == 5
    assert "127.0.0.1:9: cannot connect" in answer.err
    assert "may hold" not in answer.err


def test_the_most_talkative_log_holds_no_token(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    dropbox.faults[wire.UPLOAD] = [Play(400, f"bad header: Bearer {PLANTED}".encode())]
    answer = put(run_cli, place, "--verbose", "--verbose")
    assert answer.code == 4
    assert "Bearer <hidden>" in answer.err


def test_a_proxy_is_used_where_one_is_set(run_cli: Cli, place: wire.Place) -> None:
    answer = run_cli.upload(run_cli.file(), provider="dropbox", env={**place.env, "HTTPS_PROXY": "http://127.0.0.1:9"})
    assert answer.code == 5
    assert "cannot connect" in answer.err
    assert place.host.connections == 0


@pytest.mark.parametrize(
    ("status", "code", "kind", "tries"), [(407, 4, "proxy", 1), (403, 4, "proxy", 1), (502, 5, "network", 4)]
)
def test_a_proxy_that_refuses_is_told_as_one(
    run_cli: Cli, place: wire.Place, status: int, code: int, kind: str, tries: int
) -> None:
    with FakeHost([Play(status, close=True)]) as proxy:
        env = {**place.env, **run_cli.before(UNPAUSED), "HTTPS_PROXY": f"http://me:{PLANTED}@{proxy.authority}"}
        answer = run_cli.upload(run_cli.file(), provider="dropbox", env=env)
    assert (answer.code, len(proxy.requests), place.host.connections) == (code, tries, 0), answer
    assert f"({kind})" in answer.err
    assert "may hold" not in answer.err


def test_a_proxy_that_hangs_up_leaves_no_doubt(run_cli: Cli, place: wire.Place) -> None:
    with FakeHost([Play(mute=True, close=True)]) as proxy:
        env = {**place.env, **run_cli.before(UNPAUSED), "HTTPS_PROXY": f"http://{proxy.authority}"}
        answer = run_cli.upload(run_cli.file(), provider="dropbox", env=env)
    assert (answer.code, place.host.connections) == (5, 0), answer
    assert "(network)" in answer.err
    assert "may hold" not in answer.err


def test_a_proxy_is_passed_by_where_that_is_set(run_cli: Cli, place: wire.Place) -> None:
    env = {**place.env, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    assert run_cli.upload(run_cli.file(), provider="dropbox", env=env).url == DIRECT


def test_a_password_file_in_the_home_is_not_used(run_cli: Cli, place: wire.Place) -> None:
    netrc = run_cli.file(".netrc", b"machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    assert put(run_cli, place).url == DIRECT


def test_the_sdk_is_loaded_by_an_upload_and_by_nothing_else(run_cli: Cli) -> None:
    script = "import sys, twat_fs, twat_fs.upload_providers.dropbox; print('dropbox' in sys.modules)"
    assert run_cli.run([sys.executable, "-c", script]).out == "False\n"


def test_without_the_sdk_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPBOX_ACCESS_TOKEN", PLANTED)
    monkeypatch.setitem(sys.modules, "dropbox", None)
    with pytest.raises(NotConfigured) as raised:
        ProviderFactory.create_provider("dropbox")
    assert raised.value.hint == "pip install 'twat-fs[dropbox]'"


def test_what_the_environment_has_is_told_only_where_it_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPBOX_REFRESH_TOKEN", "r")
    assert get_credentials() is None
    monkeypatch.setenv("DROPBOX_APP_KEY", "k")
    assert get_credentials() == {"DROPBOX_REFRESH_TOKEN": "r", "DROPBOX_APP_KEY": "k"}


@pytest.mark.parametrize("offset", [0, 1, 4 * MIB, 4 * MIB + 1, 8 * MIB, len(LARGE)])
def test_the_hash_of_the_whole_does_not_depend_on_where_pieces_begin(tmp_path: Path, offset: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(LARGE)
    with Source(path) as source:
        content = Content(source, 8 * MIB)
        content.piece(0)
        content.piece(8 * MIB)
        data, its_hash = content.piece(offset)
    assert LARGE[offset:].startswith(data)
    assert its_hash == wire.content_hash(data)
    assert content.hash == wire.content_hash(LARGE)


@pytest.mark.parametrize("size", [3, 4 * MIB + 3])
def test_a_file_that_shrinks_is_not_sent_as_if_it_were_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(size))
    with Source(path) as source:
        os.truncate(path, size - 1)
        with pytest.raises(SourceError, match="shrank"):
            Content(source, 8 * MIB).piece(0)


@pytest.mark.parametrize("mib", [8, 4])
def test_a_file_that_changes_while_it_is_read_is_not_stored(tmp_path: Path, mib: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(6 * MIB))
    client: Any = SimpleNamespace(
        repeated=lambda attempt, **_: attempt(),
        start=lambda *_: "session",
        upload=lambda *_: pytest.fail("it was sent"),
        finish=lambda *_: pytest.fail("it was finished"),
    )
    with Source(path) as source:
        transfer = Transfer(client, Content(source, mib * MIB), Commit("/a"), lambda _: None)
        os.truncate(path, 7 * MIB)
        with pytest.raises(SourceError, match="changed"):
            transfer.whole() if mib == 8 else transfer.by_session()


CASSETTES = sorted((ROOT / "cassettes" / "dropbox").glob("*.yaml"))


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_a_cassette_is_played_to_its_end_and_gives_what_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = [line[2:].split(": ", 1) for line in path.read_text().splitlines() if line.startswith("# ")]
    pairs = [(key, *value.split("=", 1)) for key, value in facts if key in ("env", "option")]
    for key, name, value in pairs:
        if key == "env":
            monkeypatch.setenv(name, value)
    options = {name: value for key, name, value in pairs if key == "option"}
    known = dict(facts)
    found = re.fullmatch(r'(\S+) "(.*?)"(?: x (\d+))?', known["file"])
    assert found is not None
    (tmp_path / found[1]).write_text(found[2] * int(found[3] or 1))
    sent: list[Any] = []
    told: list[tuple[int, int]] = []
    with replay(path) as tape:
        play = tape.play_response

        def remembered(request: Any) -> Any:
            sent.append(request)
            return play(request)

        tape.play_response = remembered
        chosen = UploadOptions(options=options, progress=lambda done, size: told.append((done, size)))
        outcome = _outcome(tmp_path / found[1], chosen)
        assert tape.all_played
        recorded = list(tape.requests)
    assert outcome == known["expect"]
    assert told == sorted(set(told))
    size = len(found[2]) * int(found[3] or 1)
    assert told[-1:] == ([(size, size)] if outcome.startswith("url") else [])
    assert len(sent) == len(recorded)
    for actual, expected in zip(sent, recorded):  # noqa: B905  as many, as was seen
        _compare(actual, expected)


def _outcome(path: Path, options: UploadOptions) -> str:
    try:
        return f"url {upload_file(path, 'dropbox', options)}"
    except UploadFailed as failed:
        return f"error {failed.headline.kind}"


def _compare(actual: Any, recorded: Any) -> None:
    """What was sent is what stands on the cassette, where that does not hide it."""
    assert (actual.method, actual.uri) == (recorded.method, recorded.uri)
    assert {"Authorization"} & set(actual.headers) == {"Authorization"} & set(recorded.headers)
    for name, value in recorded.headers.items():
        assert value in (actual.headers[name], "<hidden>"), name
    body, wanted = _text(actual.body), _text(recorded.body)
    if "content_hash" in recorded.headers.get("Dropbox-API-Arg", "") and not wanted:
        return  # a piece of some MiB, which the header's hash stands for
    assert re.fullmatch(re.escape(wanted).replace("<hidden>", "[^&]+"), body)


def _text(body: bytes | str | None) -> str:
    return body.decode() if isinstance(body, bytes) else body or ""


# Deleting


def deleted(run_cli: Cli, place: wire.Place, url: str) -> Answer:
    return run_cli("delete", url, env=place.env)


def test_what_was_uploaded_is_deleted_by_its_id_and_revision(
    run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox
) -> None:
    url = put(run_cli, place).url
    told = dropbox.metadata("/a.txt")
    answer = deleted(run_cli, place, url)
    assert (answer.code, answer.out, dropbox.files) == (0, f"deleted: {url}\n", {})
    assert dropbox.arguments[-1] == {"path": told["id"], "parent_rev": told["rev"]}
    assert deleted(run_cli, place, url).out == f"gone already: {url}\n"


def test_what_its_owner_has_removed_is_gone_already(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    url = put(run_cli, place).url
    dropbox.files.clear()
    answer = deleted(run_cli, place, url)
    assert (answer.code, answer.out) == (0, f"gone already: {url}\n")


def test_what_holds_something_else_by_now_is_left_alone(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    url = put(run_cli, place).url
    dropbox.files["/a.txt"] = b"edited since"
    answer = deleted(run_cli, place, url)
    assert (answer.code, answer.out, dropbox.files) == (4, "", {"/a.txt": b"edited since"})
    assert "not what was uploaded any more" in answer.err
    assert "left alone" in answer.err


def test_a_deletion_whose_answer_was_lost_is_one(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    url = put(run_cli, place).url
    dropbox.faults[wire.DELETE] = [lost_answer]
    answer = deleted(run_cli, place, url)
    assert (answer.code, answer.out, dropbox.files) == (0, f"deleted: {url}\n", {})


def test_a_token_that_may_not_write_deletes_nothing(run_cli: Cli, place: wire.Place, dropbox: wire.Dropbox) -> None:
    url = put(run_cli, place).url
    dropbox.faults[wire.DELETE] = [denial("missing_scope", required_scope="files.content.write")]
    answer = deleted(run_cli, place, url)
    assert (answer.code, list(dropbox.files)) == (4, ["/a.txt"])
    assert "files.content.write" in answer.err


def test_the_receipt_names_the_file_and_holds_no_token(run_cli: Cli, place: wire.Place) -> None:
    put(run_cli, place)
    receipts = (run_cli.home / "data" / "twat-fs" / "history").rglob("*")
    assert not any(PLANTED.encode() in path.read_bytes() for path in receipts if path.is_file())


@pytest.mark.parametrize("text", ["", "<html>", "[" * 200_000, "[1]", "9" * 5000])
def test_an_answer_that_is_no_object_says_nothing(text: str) -> None:
    assert Said(409, {}, text).data == {}
