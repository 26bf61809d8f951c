"""`twat-fs delete`, `verify` and `upload --skip-existing`: what can be done with an upload later."""

from __future__ import annotations

import signal
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from tests.leaks import planted_in, searched
from tests.support import PLANTED
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Answer, Cli
    from twat_fs.testing.seen import Seen

SPEC = """\
credentials: {{MINE_KEY: {{required: false}}}}
retry: {{initial: 0s}}
request:
  url: {url}/upload
  multipart: {{file: "{{{{ file }}}}"}}
  headers: {{X-Key: "{{{{ credentials.MINE_KEY }}}}"}}
result:
  url: {{text: true}}
  delete_token: {{header: X-Token}}
delete:
  method: DELETE
  url: "{{{{ result.url }}}}"
  headers: {{X-Token: "{{{{ result.delete_token }}}}", X-Key: "{{{{ credentials.MINE_KEY }}}}"}}
"""


class Deleting(Store):
    """Gives a token with every file, and removes none without it.

    Attributes:
        meeting: Where those who fetch wait for each other.
    """

    meeting: threading.Barrier | None = None

    def __call__(self, seen: Seen) -> Play:
        if seen.method == "GET" and self.meeting is not None:
            self.meeting.wait(20)
        if seen.method == "DELETE" and seen.header("X-Token") != PLANTED:
            return Play(403, b"wrong token")
        answer = super().__call__(seen)
        return answer if seen.method != "POST" else Play(201, answer.body, [*answer.headers, ("X-Token", PLANTED)])


@pytest.fixture
def store() -> Deleting:
    return Deleting()


@pytest.fixture
def host(store: Deleting) -> Iterator[FakeHost]:
    with FakeHost(store) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("mine", SPEC.format(url=host.url))
    run_cli.file()
    for suffix in ("", "-wal", "-shm"):  # a receipt holds what deletes the file, and only the user can read it
        planted_in(run_cli.home / "data" / "twat-fs" / "history" / f"receipts.sqlite3{suffix}")
    return run_cli


def sent(host: FakeHost, method: str) -> list[Seen]:
    return [seen for seen in host.requests if seen.method == method]


def upload(cli: Cli, *words: str) -> str:
    return cli("upload", "a.txt", "-p", "mine", *words).url


def states(cli: Cli) -> list[str]:
    return [receipt["state"] for receipt in cli("history", "--json").records]


# What is left of an upload that failed

STEPS = """\
retry: {{attempts: 1}}
steps:
  - {{name: create, url: "{url}/create", save: {{id: id, key: {{jmespath: key, secret: true}}}}}}
  - {{name: put, method: PUT, url: "{url}/put", raw: "{{{{ file }}}}"}}
  - {{name: finish, url: "{url}/finish"}}
result: {{url: url}}
delete: {{method: DELETE, url: "{url}/items/{{{{ saved.id }}}}", headers: {{X-Key: "{{{{ saved.key }}}}"}}}}
"""


class Failing:
    """Makes something that it knows by an id and a key, and then fails."""

    def __call__(self, seen: Seen) -> Play:
        created = b'{"id": 17, "key": "%s"}' % PLANTED.encode()
        return {"/create": Play(200, created), "/finish": Play(400)}.get(seen.target, Play(200, b"{}"))


@pytest.fixture
def failing() -> Iterator[FakeHost]:
    with FakeHost(Failing()) as found:
        yield found


def test_what_an_upload_has_left_that_failed_is_deleted_by_the_number_that_is_told(cli: Cli, failing: FakeHost) -> None:
    cli.spec("steps", STEPS.format(url=failing.url))
    failed = cli("upload", "a.txt", "-p", "steps")
    assert failed.code == 4
    assert "(create, put) may be left" in failed.err
    assert "(`twat-fs delete 1` removes it)" in failed.err
    assert states(cli) == ["pending"]
    deleted = cli("delete", "1")
    assert (deleted.code, deleted.out) == (0, "deleted: what was left of a.txt\n")
    last = failing.requests[-1]
    assert (last.method, last.target, last.header("X-Key")) == ("DELETE", "/items/17", PLANTED)
    assert states(cli) == ["deleted"]


@pytest.mark.parametrize("needed", ["{{ result.url }}", "{{ saved.late }}"])
def test_what_takes_more_to_delete_than_is_known_so_far_leaves_no_receipt(
    cli: Cli, failing: FakeHost, needed: str
) -> None:
    spec = STEPS.format(url=failing.url).replace('finish"}', 'finish", save: {late: late}}')
    cli.spec("steps", spec.replace("{method: DELETE, ", f'{{method: DELETE, query: {{id: "{needed}"}}, '))
    failed = cli("upload", "a.txt", "-p", "steps")
    assert "(create, put) may be left" in failed.err
    assert "twat-fs delete" not in failed.err
    assert states(cli) == []


def test_how_it_is_deleted_is_told_also_where_another_provider_takes_the_file(
    cli: Cli, failing: FakeHost, host: FakeHost
) -> None:
    cli.spec("steps", STEPS.format(url=failing.url))
    taken = cli("upload", "a.txt", "-p", "steps,mine")
    assert taken.url.startswith(host.url)
    assert "(`twat-fs delete 1` removes it)" in taken.err


def test_what_was_made_is_told_and_can_be_deleted_also_where_the_file_is_to_blame(cli: Cli) -> None:
    file = cli.file("changing", b"as it was")

    def script(seen: Seen) -> Play:
        if seen.target == "/create":
            file.write_bytes(b"shorter")
        return Failing()(seen)

    with FakeHost(script) as changing:
        cli.spec("steps", STEPS.format(url=changing.url))
        failed = cli("upload", "changing", "-p", "steps")
        assert failed.code == 1
        assert "(create) may be left" in failed.err
        assert cli("delete", "1").code == 0


def test_what_was_made_before_a_signal_came_is_told_and_can_be_deleted(cli: Cli) -> None:
    asked = threading.Event()

    def script(seen: Seen) -> Play:
        if seen.target == "/put":
            asked.set()
            return Play(mute=True)
        return Failing()(seen)

    with FakeHost(script) as silent:
        cli.spec("steps", STEPS.format(url=silent.url))
        process = cli.start("upload", "a.txt", "-p", "steps")
        assert asked.wait(60)
        process.send_signal(signal.SIGTERM)
        ended = cli.examined(process.wait(60), *process.communicate())
        assert ended.code == 143
        assert "(create) may be left" in ended.err
        assert "(`twat-fs delete 1` removes it)" in ended.err
        assert cli("delete", "1").code == 0
        assert silent.requests[-1].target == "/items/17"


RESUMED = """\
retry: {{attempts: 1}}
steps:
  - {{name: create, url: "{url}/create", save: {{id: id, to: url}}}}
  - name: put
    method: PUT
    url: "{{{{ saved.to }}}}"
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 64 KiB}}
    resume: {{method: HEAD, url: "{{{{ saved.to }}}}", offset: {{header: Upload-Offset}}}}
result: {{url: url}}
delete: {{method: DELETE, url: "{url}/items/{{{{ saved.id }}}}"}}
"""


def test_what_a_later_run_goes_on_with_is_not_said_to_be_deletable(cli: Cli) -> None:
    def script(seen: Seen) -> Play:
        created = b'{"id": 17, "url": "http://%s/put"}' % (seen.header("Host") or "").encode()
        return Play(200, created) if seen.target == "/create" else Play(503)

    with FakeHost(script) as busy:
        cli.spec("steps", RESUMED.format(url=busy.url))
        failed = cli("upload", "a.txt", "-p", "steps")
    assert "(create) may be left" in failed.err
    assert "twat-fs delete" not in failed.err


def test_without_receipts_what_was_left_is_told_alone(cli: Cli, failing: FakeHost) -> None:
    cli.spec("steps", STEPS.format(url=failing.url))
    failed = cli("upload", "a.txt", "-p", "steps", "--no-history")
    assert "(create, put) may be left" in failed.err
    assert "twat-fs delete" not in failed.err


# Deleting


def test_what_was_uploaded_is_gone_afterwards(cli: Cli, store: Deleting) -> None:
    url = upload(cli)
    answer = cli("delete", url)
    assert (answer.code, answer.out, store.files) == (0, f"deleted: {url}\n", {})
    assert states(cli) == ["deleted"]
    again = cli("delete", url)
    assert (again.code, again.out) == (0, f"gone already: {url}\n")


def test_what_the_host_has_let_go_of_counts_as_deleted(cli: Cli, store: Deleting) -> None:
    url = upload(cli)
    store.files.clear()
    found = cli("delete", "1", "--json").record
    assert (found["url"], found["state"], found["was_there"]) == (url, "deleted", False)


def test_a_deletion_is_rehearsed_without_its_secret(cli: Cli, host: FakeHost) -> None:
    upload(cli)
    answer = cli("delete", "1", "--dry-run")
    assert (answer.code, sent(host, "DELETE")) == (0, [])
    assert "-X DELETE" in answer.out
    assert "${result_delete_token}" in answer.out
    assert states(cli) == ["live"]


def test_no_command_shows_the_token(cli: Cli) -> None:
    upload(cli, "-vv")
    for words in (["history"], ["history", "--json"], ["verify", "1", "-vv"], ["delete", "1", "-vv"]):
        cli(*words)  # what it prints is searched


def test_a_secret_option_is_in_no_receipt_and_is_read_again_to_delete(run_cli: Cli, host: FakeHost) -> None:
    text = SPEC.format(url=host.url).replace("result.delete_token", "options.word")
    run_cli.spec("mine", text + "options: {word: {type: string, secret: true, env: MINE_WORD}}\n")
    run_cli.file()
    url = run_cli.upload("a.txt", provider="mine", env={"MINE_WORD": PLANTED}).url
    assert list(searched(run_cli.home / "data")) == []
    without = run_cli("delete", url)
    assert (without.code, sent(host, "DELETE")) == (3, [])
    assert "Set MINE_WORD to what it was" in without.err
    assert run_cli("delete", url, env={"MINE_WORD": PLANTED}).out == f"deleted: {url}\n"


def test_one_that_fails_does_not_stop_the_others(cli: Cli, store: Deleting) -> None:
    url = upload(cli)
    upload(cli, "--name", "b.txt")
    with sqlite3.connect(cli.home / "data" / "twat-fs" / "history" / "receipts.sqlite3") as database:
        database.execute("update receipts set recipe = replace(recipe, ?, 'other') where id = 2", (PLANTED,))
    answer = cli("delete", "2", "99", url)
    assert (answer.code, answer.out) == (6, f"deleted: {url}\n")
    assert "wrong token" in answer.err
    assert "no receipt of 99" in answer.err
    assert len(store.files) == 1
    assert cli("delete", "2").code == 4
    assert cli("delete", "99").code == 2


def test_a_host_without_a_way_to_delete_says_where_it_can_be_done_by_hand(cli: Cli, host: FakeHost) -> None:
    text = SPEC.format(url=host.url).replace(
        "delete_token: {header: X-Token}", "delete_url: https://h.example/remove/1"
    )
    cli.spec(
        "mine",
        text[: text.index("delete:\n")].replace(
            "https://h.example/remove/1", "{template: 'https://h.example/remove/1'}"
        ),
    )
    upload(cli)
    answer = cli("delete", "1")
    assert answer.code == 4
    assert "https://h.example/remove/1" in answer.err


def test_an_upload_that_is_pending_cannot_be_deleted(cli: Cli) -> None:
    with FakeHost([Play(mute=True, close=True)]) as deaf:
        cli.spec("mine", SPEC.format(url=deaf.url))
        assert cli("upload", "a.txt", "-p", "mine").code == 5
    answer = cli("delete", "1")
    assert answer.code == 4
    assert "not known whether" in answer.err


def test_a_file_of_the_local_provider_is_removed(cli: Cli) -> None:
    url = cli("upload", "a.txt", "-p", "local").url
    assert cli("verify", url).out == f"the same: {url}\n"
    assert cli("delete", url).out == f"deleted: {url}\n"
    assert cli("verify", url).code == 4


# Verifying


def verified(cli: Cli, *words: str) -> Answer:
    return cli("verify", *words)


def test_the_same_bytes_are_the_same(cli: Cli, host: FakeHost) -> None:
    url = upload(cli)
    for words in ([url], ["1", "--check", "size"], ["--all"]):
        answer = verified(cli, *words)
        assert (answer.code, answer.out) == (0, f"the same: {url}\n")
    assert verified(cli, "--all", "--json").record["verified"] is True


def test_other_bytes_of_the_same_size_are_noticed(cli: Cli, store: Deleting) -> None:
    url = upload(cli)
    store.files = dict.fromkeys(store.files, b"HELLO")
    assert verified(cli, url, "--check", "size").code == 0
    answer = verified(cli, url)
    assert (answer.code, answer.out) == (4, "")
    assert "other bytes" in answer.err
    found = verified(cli, "--all", "--json")
    assert (found.code, found.record["verified"], found.record["id"]) == (4, False, 1)


def test_a_link_that_may_not_be_followed_is_not(cli: Cli, host: FakeHost) -> None:
    cli.spec("mine", SPEC.format(url=host.url) + "capabilities: {single_download: true}\n")
    url = upload(cli)
    answer = verified(cli, url)
    assert (answer.code, answer.out, sent(host, "GET")) == (4, f"not looked at: {url}\n", [])
    assert verified(cli, "--all").code == 0


def test_several_are_looked_at_at_the_same_time_and_told_in_their_order(cli: Cli, store: Deleting) -> None:
    urls = [upload(cli, "--unique") for _ in range(3)]
    store.meeting = threading.Barrier(3)
    found = verified(cli, "--all", "-j", "3")
    assert (found.code, found.out.splitlines()) == (0, [f"the same: {url}" for url in reversed(urls)])


def test_one_at_a_time_is_one_at_a_time(cli: Cli) -> None:
    urls = [upload(cli, "--unique") for _ in range(2)]
    assert verified(cli, *urls, "--jobs", "1").out == "".join(f"the same: {url}\n" for url in urls)


def test_nothing_to_verify_is_wrong_usage(cli: Cli) -> None:
    assert verified(cli).code == verified(cli, "1", "--all").code == 2


# What is there already


def test_what_is_there_is_not_sent_again(cli: Cli, host: FakeHost) -> None:
    url = upload(cli)
    assert upload(cli, "--skip-existing", "--name", "other.txt") == url
    assert len(sent(host, "POST")) == 1
    assert len(states(cli)) == 1


@pytest.mark.parametrize(
    "what", ["it is gone", "it is other", "it was deleted", "the file is another", "another place"]
)
def test_what_is_not_there_as_it_was_is_sent(cli: Cli, host: FakeHost, store: Deleting, what: str) -> None:
    url = upload(cli)
    words = []
    if what == "it is gone":
        store.files.clear()
    elif what == "it is other":
        store.files = dict.fromkeys(store.files, b"hello, hello")
    elif what == "it was deleted":
        cli("delete", url)
    elif what == "the file is another":
        cli.file(content=b"other")
    else:
        words = ["--remote-path", "b.txt"]
    upload(cli, "--skip-existing", *words)
    assert len(sent(host, "POST")) == 2


def test_without_a_history_nothing_can_be_known(cli: Cli, host: FakeHost) -> None:
    answer = cli("upload", "a.txt", "-p", "mine", "--skip-existing", "--no-history")
    assert (answer.code, host.requests) == (2, [])
