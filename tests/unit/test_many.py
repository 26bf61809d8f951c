"""Many files from a program: in threads, by executors, from an event loop; what each becomes, and how all are ended."""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, form
from twat_fs import Cancellation, FileResult, Named, UploadOptions, async_upload_files, errors, upload_files
from twat_fs.errors import SourceNotFound, UploadError, UploadFailed, UsageError
from twat_fs.events import Begun, Sent, Took
from twat_fs.file_results import Cancelled, WorkerLost
from twat_fs.testing.fake_host import FakeHost, Play, Store
from twat_fs.workers import handed_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twat_fs.testing.fake_host import Seen

COUNT = 12


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def host(store: Store) -> Iterator[FakeHost]:
    with FakeHost(store) as found:
        yield found


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    for number in range(COUNT):
        (tmp_path / f"{number}.txt").write_bytes(b"file %d" % number)
    return [str(tmp_path / f"{number}.txt") for number in range(COUNT)]


def options(tmp_path: Path, host: FakeHost, more: str = "") -> UploadOptions:
    folder = tmp_path / "specs"
    folder.mkdir(exist_ok=True)
    text = f"spec: 1\nname: mine\ntitle: Mine\n{form(host, more=more)}"
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return UploadOptions(providers_d=[str(folder)], check="none")


def processes() -> Executor:
    """Two processes that know nothing of this one, as those on other machines."""
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


EXECUTORS: dict[str, Callable[[], Executor | None]] = {
    "own threads": lambda: None,
    "threads": lambda: ThreadPoolExecutor(3),
    "processes": processes,
}


@pytest.mark.parametrize("kind", EXECUTORS)
def test_each_file_is_uploaded_once_and_told_in_the_order_of_the_files(
    tmp_path: Path, host: FakeHost, store: Store, paths: list[str], kind: str
) -> None:
    executor = EXECUTORS[kind]()
    results = list(upload_files(paths, "mine", options(tmp_path, host), executor=executor))
    if executor is not None:
        executor.shutdown()
    assert [result.source for result in results] == paths
    assert [result.size for result in results] == [len(b"file %d" % number) for number in range(COUNT)]
    assert [result.url.rpartition("/")[2] for result in results] == [f"{number}.txt" for number in range(COUNT)]
    assert all(result.url.metadata["provider"] == "mine" and result.seconds > 0 for result in results)
    assert sorted(store.files.values()) == sorted(b"file %d" % number for number in range(COUNT))


@pytest.mark.parametrize("kind", EXECUTORS)
def test_a_file_that_fails_stops_no_other(tmp_path: Path, host: FakeHost, paths: list[str], kind: str) -> None:
    executor = EXECUTORS[kind]()
    results = list(upload_files([paths[0], "gone.txt", paths[1]], "mine", options(tmp_path, host), executor=executor))
    if executor is not None:
        executor.shutdown()
    assert [result.result is None for result in results] == [False, True, False]
    assert isinstance(results[1].error, SourceNotFound)
    assert not results[1].ambiguous
    with pytest.raises(SourceNotFound, match=r"gone\.txt"):
        _ = results[1].url


@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize("wrong", [b"without a name", "nosuch://a/b"])
def test_what_cannot_be_uploaded_stops_no_other(
    tmp_path: Path, host: FakeHost, store: Store, paths: list[str], jobs: int, wrong: Any
) -> None:
    results = list(upload_files([wrong, *paths], "mine", options(tmp_path, host), jobs=jobs))
    assert isinstance(results[0].error, UsageError)
    assert [result.source for result in results if result.result] == paths
    assert len(store.files) == COUNT


@pytest.mark.parametrize("kind", EXECUTORS)
def test_what_each_provider_said_comes_back(tmp_path: Path, paths: list[str], kind: str) -> None:
    executor = EXECUTORS[kind]()
    with FakeHost(lambda _: Play(403, b"no")) as host:
        (result,) = upload_files(paths[:1], "mine", options(tmp_path, host), executor=executor)
    if executor is not None:
        executor.shutdown()
    assert isinstance(result.error, UploadFailed)
    said = [(attempt.provider, attempt.kind, attempt.status) for attempt in result.attempts]
    assert said == [("mine", "forbidden", 403)]


def test_bytes_and_open_files_go_by_the_name_that_they_are_given(tmp_path: Path, host: FakeHost, store: Store) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(b"from a file")
    begun = io.BytesIO(b"..stream")
    begun.seek(2)
    with path.open("rb") as file:
        sources = (Named(b"hello", "a.txt"), Named(begun, "b.txt"), file)
        results = list(upload_files(sources, "mine", options(tmp_path, host)))
        assert not file.closed
    assert [result.url.rpartition("/")[2] for result in results] == ["a.txt", "b.txt", "own.txt"]
    assert sorted(store.files.values()) == [b"from a file", b"hello", b"stream"]


def test_a_pipe_is_read_to_its_end_first(tmp_path: Path, host: FakeHost, store: Store) -> None:
    ours, theirs = os.pipe()
    with open(theirs, "wb") as file:
        file.write(b"through a pipe")
    with open(ours, "rb") as file:
        (result,) = upload_files([Named(file, "p.txt")], "mine", options(tmp_path, host))
    assert result.size == 14
    assert list(store.files.values()) == [b"through a pipe"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"hello", "bytes have no name"),
        (io.BytesIO(b"hello"), "the open file has no name"),
        (Named(io.StringIO("hello"), "a.txt"), "is open as text"),  # type: ignore[arg-type]
        (Named(3, "a.txt"), "a int cannot be uploaded"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_uploaded_is_a_wrong_call(tmp_path: Path, host: FakeHost, given: Any, words: str) -> None:
    (result,) = upload_files([given], "mine", options(tmp_path, host))
    assert isinstance(result.error, UsageError)
    assert words in str(result.error)


def test_one_name_is_not_for_several_files(tmp_path: Path, host: FakeHost) -> None:
    with pytest.raises(UsageError, match="not for several"):
        upload_files(["a"], "mine", UploadOptions(name="x"))
    with pytest.raises(UsageError, match="jobs=0"):
        upload_files(["a"], "mine", jobs=0)


def test_sources_are_taken_as_they_are_needed(tmp_path: Path, host: FakeHost, paths: list[str]) -> None:
    taken = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(1)
            yield paths[0]

    results = upload_files(endless(), "mine", options(tmp_path, host), jobs=2)
    assert next(results).result
    assert len(taken) < 20
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", EXECUTORS)
def test_events_tell_what_happens_to_which_file(tmp_path: Path, host: FakeHost, paths: list[str], kind: str) -> None:
    told: dict[object, list[object]] = {}
    far: list[tuple[int, int]] = []
    heard: list[object] = []
    lock = threading.Lock()

    def on_event(source: object, event: object) -> None:
        with lock:
            told.setdefault(source, []).append(event)

    given = options(tmp_path, host)._replace(progress=lambda *sent: far.append(sent), on_event=heard.append)
    executor = EXECUTORS[kind]()
    list(upload_files(paths, "mine", given, executor=executor, on_event=on_event))
    if executor is not None:
        executor.shutdown()
    assert set(told) == set(paths)
    assert sorted(far) == sorted(
        (event.sent, event.total) for each in told.values() for event in each if isinstance(event, Sent)
    )
    assert len(heard) == sum(not isinstance(event, Sent) for each in told.values() for event in each)
    for path, events in told.items():
        size = os.path.getsize(str(path))
        assert [type(event) for event in events if isinstance(event, (Begun, Took))] == [Begun, Took]
        assert Sent(size, size) in events


def test_a_thread_of_an_executor_tells_while_it_uploads(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held
    begun = threading.Event()

    def on_event(_source: object, event: object) -> None:
        if isinstance(event, Begun):
            begun.set()
        if isinstance(event, Sent) and event.sent == event.total:
            holding.leave.set()

    with ThreadPoolExecutor(1) as pool:
        (done,) = upload_files(paths[:1], "mine", options(tmp_path, host), executor=pool, on_event=on_event)
    assert done.result
    assert begun.is_set()


def test_a_process_of_an_executor_tells_of_its_progress_where_it_ended(tmp_path: Path, host: FakeHost) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(5_000_000))
    told: list[object] = []
    with processes() as executor:
        (done,) = upload_files(
            [path], "mine", options(tmp_path, host), executor=executor, on_event=lambda _, event: told.append(event)
        )
    assert done.result
    assert [event for event in told if isinstance(event, Sent)] == [Sent(5_000_000, 5_000_000)]


@pytest.mark.parametrize("kind", EXECUTORS)
def test_what_a_listener_raises_is_the_callers(tmp_path: Path, host: FakeHost, paths: list[str], kind: str) -> None:
    def on_event(_source: object, _event: object) -> None:
        raise LookupError("of the caller's own")

    executor = EXECUTORS[kind]()
    with pytest.raises(LookupError, match="of the caller's own"):
        list(upload_files(paths, "mine", options(tmp_path, host), executor=executor, on_event=on_event))
    if executor is not None:
        executor.shutdown()


def test_several_threads_upload_at_once(tmp_path: Path, host: FakeHost, store: Store, paths: list[str]) -> None:
    given = options(tmp_path, host)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(lambda: list(upload_files(paths, "mine", given))) for _ in range(4)]
        assert all(result.result for run in runs for result in run.result())
    assert len(store.files) == 4 * COUNT


# Cancelling


class Holding:
    """A host that keeps the answer of each upload until it may go on."""

    def __init__(self) -> None:
        self.arrived, self.leave = threading.Semaphore(0), threading.Event()
        self.count = 0

    def __call__(self, _seen: Seen) -> Play:
        self.count += 1
        self.arrived.release()
        self.leave.wait(20)
        return Play(200, b"https://host.example/f")


@pytest.fixture
def held() -> Iterator[tuple[FakeHost, Holding]]:
    holding = Holding()
    with FakeHost(holding) as host:
        yield host, holding
        holding.leave.set()


def test_what_is_cancelled_ends_and_the_rest_is_not_begun(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held
    cancel = Cancellation()

    def later() -> None:
        holding.arrived.acquire()
        holding.arrived.acquire()
        cancel.cancel()
        cancel.cancel()

    threading.Thread(target=later).start()
    results = list(upload_files(paths, "mine", options(tmp_path, host), jobs=2, cancel=cancel))
    assert [type(result.error) for result in results] == [Cancelled] * COUNT
    assert holding.count == 2
    assert ["as it was sent" in str(result.error) for result in results] == [True, True, *[False] * (COUNT - 2)]


def test_what_was_cancelled_before_begins_nothing(tmp_path: Path, host: FakeHost, paths: list[str]) -> None:
    cancel = Cancellation()
    cancel.cancel()
    for executor in (None, ThreadPoolExecutor(1)):
        results = list(upload_files(paths, "mine", options(tmp_path, host), cancel=cancel, executor=executor))
        assert [type(result.error) for result in results] == [Cancelled] * COUNT
    assert host.requests == []


def test_a_task_that_is_cancelled_ends_its_uploads(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held

    async def work() -> None:
        async for _ in async_upload_files(paths, "mine", options(tmp_path, host), jobs=2):
            pass

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.to_thread(holding.arrived.acquire)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert holding.count <= 2


def test_an_event_loop_gets_the_same_results(tmp_path: Path, host: FakeHost, paths: list[str]) -> None:
    async def main() -> list[FileResult]:
        return [result async for result in async_upload_files(paths, "mine", options(tmp_path, host))]

    assert [result.source for result in asyncio.run(main()) if result.result] == paths


def test_a_loop_that_is_left_ends_the_uploads(tmp_path: Path, host: FakeHost, paths: list[str]) -> None:
    async def main() -> None:
        results = async_upload_files(paths, "mine", options(tmp_path, host), jobs=1)
        async for result in results:
            assert result.result
            break
        await results.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
    assert len(host.requests) < COUNT


# Workers


def test_a_worker_that_is_killed_loses_its_file_and_it_is_not_sent_again(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:

        def kill() -> None:
            holding.arrived.acquire()
            for process in list(executor._processes):
                os.kill(process, signal.SIGKILL)

        threading.Thread(target=kill).start()
        results = list(upload_files(paths[:3], "mine", options(tmp_path, host), executor=executor))
    assert [type(result.error) for result in results] == [WorkerLost] * 3
    assert all(result.ambiguous for result in results)
    assert holding.count == 1


def test_each_file_is_told_though_the_executor_breaks_before_all_were_given_to_it(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:

        def kill() -> None:
            holding.arrived.acquire()
            for process in list(executor._processes):
                os.kill(process, signal.SIGKILL)

        threading.Thread(target=kill).start()
        results = list(upload_files(paths, "mine", options(tmp_path, host), executor=executor, jobs=1))
    assert [result.source for result in results] == paths
    assert [type(result.error) for result in results] == [WorkerLost] * COUNT
    assert results[0].ambiguous
    assert not results[-1].ambiguous
    assert "not begun" in str(results[-1].error)
    assert holding.count == 1


class _Unsure(Executor):
    """Its futures can be cancelled while they are worked on, as those of clusters can."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def submit(self, work: Any, /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def tell(done: Future[Any]) -> None:
            if future.set_running_or_notify_cancel():
                future.set_result(done.result())

        self._pool.submit(work, *given, **named).add_done_callback(tell)
        return future


def test_what_a_cluster_cancels_may_be_at_the_host(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held
    cancel = Cancellation()

    def later() -> None:
        holding.arrived.acquire()
        holding.arrived.acquire()
        cancel.cancel()
        holding.leave.set()

    with ThreadPoolExecutor(2) as pool:
        threading.Thread(target=later).start()
        results = list(upload_files(paths, "mine", options(tmp_path, host), executor=_Unsure(pool), cancel=cancel))
    assert [type(result.error) for result in results] == [Cancelled] * COUNT
    assert all(result.ambiguous for result in results)


def test_what_was_cancelled_as_it_was_sent_may_be_at_the_host(
    tmp_path: Path, paths: list[str], held: tuple[FakeHost, Holding]
) -> None:
    host, holding = held
    cancel = Cancellation()

    def later() -> None:
        holding.arrived.acquire()
        cancel.cancel()

    threading.Thread(target=later).start()
    results = list(upload_files(paths[:2], "mine", options(tmp_path, host), jobs=1, cancel=cancel))
    assert [result.ambiguous for result in results] == [True, False]
    assert isinstance(results[0].error, Cancelled)
    assert results[0].error.ambiguous


def test_an_executor_that_would_send_files_twice_is_refused(paths: list[str]) -> None:
    from distributed.cfexecutor import ClientExecutor

    with pytest.raises(UsageError, match="may send a file twice") as caught:
        upload_files(paths, "mine", executor=ClientExecutor.__new__(ClientExecutor))
    assert "OnceExecutor" in caught.value.hint


def test_what_cannot_be_sent_to_a_worker_is_told(tmp_path: Path, host: FakeHost) -> None:
    with processes() as executor:
        lock = Named(_Unsendable(b"hello"), "a.txt")
        (result,) = upload_files([lock], "mine", options(tmp_path, host), executor=executor)
    assert isinstance(result.error, WorkerLost)
    assert host.requests == []


class _Unsendable(io.BytesIO):
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("not this one")


class _Recording(ThreadPoolExecutor):
    """Keeps what would go to another process."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sent: list[bytes] = []
        self.answers: list[bytes] = []

    def submit(self, work: Any, /, *given: Any, **named: Any) -> Any:
        self.sent.append(pickle.dumps((work, given, named)))
        future = super().submit(work, *given, **named)
        future.add_done_callback(lambda done: self.answers.append(pickle.dumps(done.result())))
        return future


def test_no_secret_is_sent_to_a_worker(
    tmp_path: Path, host: FakeHost, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE_KEY", PLANTED)
    given = options(tmp_path, host, more="credentials: {MINE_KEY: {}}\n").providers_d
    with _Recording() as executor:
        more = UploadOptions(providers_d=given, check="none", progress=print, on_event=print)
        (result,) = upload_files(paths[:1], "mine", more, executor=executor)
    assert result.result
    assert len(executor.sent) == 1
    assert PLANTED.encode() not in executor.sent[0]


def test_what_deletes_a_file_stays_with_the_receipt(
    tmp_path: Path, host: FakeHost, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    more = """\
options: {pin: {type: string, default: ""}}
delete: {url: "{{ result.url }}", query: {pin: "{{ options.pin }}"}}
"""
    given = options(tmp_path, host, more=more)._replace(history=True, options={"pin": "hidden-by-the-receipt"})
    with _Recording() as executor:
        (result,) = upload_files(paths[:1], "mine", given, executor=executor)
    assert result.result
    assert b"hidden-by-the-receipt" in executor.sent[0]
    assert len(executor.answers) == 1
    assert b"hidden-by-the-receipt" not in executor.answers[0]


def test_a_generator_that_is_closed_hands_nothing_more_out(tmp_path: Path, host: FakeHost, paths: list[str]) -> None:
    with ThreadPoolExecutor(1) as executor:
        results = handed_out(paths, ["mine"], options(tmp_path, host), executor, 2, Cancellation())
        next(results)
        results.close()
    assert len(host.requests) <= 3


def _all_errors(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _all_errors(below)


@pytest.mark.parametrize("kind", sorted(set(_all_errors(errors.TwatFsError)), key=repr))
def test_every_error_comes_whole_out_of_another_process(kind: type[Any]) -> None:
    if kind is UploadFailed:
        error: Any = UploadFailed([UploadError("no", "mine", status=403, hint="Ask.", ambiguous=True)])
    elif issubclass(kind, UploadError):
        error = kind("no", "mine", status=403, retry_after=2.0, hint="Ask.", step="one", ambiguous=True)
    else:
        error = kind("no", hint="Ask.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.hint, again.exit_code) == (str(error), error.hint, error.exit_code)
    if kind is UploadFailed:
        assert vars(again.attempts[0]) == vars(error.attempts[0])
    else:
        assert vars(again) == vars(error)
