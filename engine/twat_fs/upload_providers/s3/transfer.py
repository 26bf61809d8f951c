"""Sends one file to S3: in one request, or in parts of which several go at once.

boto3's own transfer manager is not used. It does not compare what the host answers with what was sent, has no
`If-None-Match`, and when it is interrupted waits for the parts that are under way before it gives the upload up.
"""

from __future__ import annotations

import time
from collections import deque
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from twat_fs.environment import current
from twat_fs.errors import Conflict, VerifyError
from twat_fs.interruption import Interrupted
from twat_fs.logs import logger
from twat_fs.upload_providers.s3.body import BLOCK, Part, Stopped, Tally, check_whole, crc32
from twat_fs.upload_providers.s3.errors import met_itself
from twat_fs.upload_providers.s3.options import part_size_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call
    from twat_fs.upload_providers.s3.client import Ways
    from twat_fs.upload_providers.s3.options import Options

#: Seconds that are waited for parts under way to stop, and for the host to forget the upload: after a failure, and
#: after an interruption, which must end within a second.
_PATIENCE = 20.0
_HURRY = 0.3

_NOT_FOUND = 404

_log = logger()


class Transfer:
    """One file on its way.

    Args:
        ways: The ways to the target of the options.
        options: Of the upload.
        key: The object's.
        source: The file.
        call: What the caller wants.

    Attributes:
        may_be_there: Whether what was sent is enough for the host to have the file, answer or not.
    """

    def __init__(self, ways: Ways, options: Options, key: str, source: Source, call: Call) -> None:
        self._client, self._small = ways
        self._options = options
        self._where = {"Bucket": options.bucket, "Key": key}
        self._source = source
        self._tally = Tally(source.size, call.progress, current().left)
        self._unless_there = {} if call.force else {"IfNoneMatch": "*"}
        self._asks_for_sums = {"ChecksumMode": "ENABLED"} if options.checksum else {}
        self.may_be_there = self._taken = False
        self._parameters = {"ContentType": source.type, **options.parameters}

    def run(self) -> dict[str, Any]:
        """Send it; gives the host's last answer.

        Raises:
            SourceError: The file cannot be read, or changed meanwhile.
            UploadError: The host has something else than was sent, or had something of that name before.
        """
        several = self._source.size > self._options.part_size
        # The one request of a small file asks by itself. A large one would be sent whole before the host says no.
        if self._unless_there and (several or self._options.look_first):
            self._look()
        try:
            answer = self._in_parts() if several else self._at_once()
        except Stopped:
            if self._tally.broken is None:
                raise
            self._tally.broken.ambiguous = self._taken
            raise self._tally.broken from None
        return answer

    def _at_once(self) -> dict[str, Any]:
        part = Part(self._source, 0, self._source.size, self._tally)
        # Bytes are sent with the head; before what is a file boto3 asks first, which is a second journey.
        small = len(part) <= BLOCK
        body = part.content() if small else part
        put = self._small.put_object if small else self._client.put_object
        sums = {}
        if self._options.checksum:
            sums["ChecksumCRC32"] = body.crc32() if isinstance(body, Part) else crc32([body])
        self._source.check_unchanged(self._source.size)
        self.may_be_there = True
        answer = self._last(
            lambda: put(Body=body, **self._where, **self._parameters, **sums, **self._unless_there),
            lambda found: part.check(found, sums.get("ChecksumCRC32")),
        )
        if small:
            self._tally.add(len(part))
        self._confirm(answer, lambda found: part.check(found, sums.get("ChecksumCRC32")))
        return answer

    def _last(self, request: Callable[[], dict[str, Any]], is_ours: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The answer to what makes the object appear; where its first answer was lost, what the host then has."""
        try:
            return request()
        except ClientError as error:
            found = self._there(is_ours) if met_itself(error.response) else None
            if found is None:
                raise
            return found

    def _there(self, is_ours: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """What the host has under the key, if it is what was sent, as far as that may be asked."""
        try:
            found: dict[str, Any] = self._client.head_object(**self._where, **self._asks_for_sums)
            return found if found.get("ContentLength") == self._source.size and is_ours(found) else None
        except (ClientError, VerifyError):
            return None

    def _in_parts(self) -> dict[str, Any]:
        upload = self._begun()
        try:
            parts = self._send_all(upload)
            self._source.check_unchanged(self._source.size)
            self.may_be_there = True
            answer = self._last(
                lambda: self._client.complete_multipart_upload(
                    **upload, MultipartUpload={"Parts": parts}, **self._unless_there
                ),
                lambda found: check_whole(found, parts),
            )
        except BaseException as error:
            left = self._abort(upload, _PATIENCE if isinstance(error, Exception) else _HURRY)
            if isinstance(error, Interrupted):
                error.left = self._at_the_end(left)
            elif left:
                _log.warning("s3: %s", left)
            raise
        self._confirm(answer, lambda found: check_whole(found, parts))
        return answer

    def _begun(self) -> dict[str, str]:
        """Begin an upload in parts, in a thread of its own, so that after an interruption it can be given up."""
        sums = {"ChecksumAlgorithm": "CRC32"} if self._options.checksum else {}
        outcomes: SimpleQueue[dict[str, Any] | BaseException] = SimpleQueue()

        def begin() -> None:
            try:
                begun = self._client.create_multipart_upload(**self._where, **self._parameters, **sums)
                outcomes.put({**self._where, "UploadId": begun["UploadId"]})
            except BaseException as error:  # it is raised again where it was waited for
                outcomes.put(error)

        Thread(target=begin, daemon=True).start()
        try:
            return _good(outcomes.get())
        except Interrupted as end:
            end.left = self._hardly_begun(outcomes)
            raise

    def _hardly_begun(self, outcomes: SimpleQueue[dict[str, Any] | BaseException]) -> str:
        """Give up an upload whose beginning was not waited for, if that is known in a moment; what is left of it."""
        try:
            outcome = outcomes.get(timeout=_HURRY)
        except Empty:
            words = f"an upload of {self._where['Key']} without parts may be left in {self._where['Bucket']}"
            return f"{words}; a lifecycle rule of the bucket can remove it"
        left = "" if isinstance(outcome, BaseException) else self._abort(outcome, _HURRY)
        return left or "s3 was sent nothing of the file"

    def _send_all(self, upload: dict[str, str]) -> list[dict[str, Any]]:
        size = part_size_for(self._source.size, self._options.part_size)
        waiting = deque((offset // size + 1, offset) for offset in range(0, self._source.size, size))
        count = len(waiting)
        outcomes: SimpleQueue[dict[str, Any] | BaseException] = SimpleQueue()
        # Daemons: a connection that hangs may not keep an interrupted program from ending.
        workers = [
            Thread(target=self._work, args=(upload, size, waiting, outcomes), daemon=True)
            for _ in range(min(self._options.parallel, count))
        ]
        for worker in workers:
            worker.start()
        try:
            parts = [_good(outcomes.get()) for _ in range(count)]
        except BaseException as error:
            self._tally.stopped = True
            _wait(workers, _PATIENCE if isinstance(error, (Exception, Stopped)) else _HURRY)
            raise
        return sorted(parts, key=lambda part: int(part["PartNumber"]))

    def _work(
        self,
        upload: dict[str, str],
        size: int,
        waiting: deque[tuple[int, int]],
        outcomes: SimpleQueue[dict[str, Any] | BaseException],
    ) -> None:
        while not self._tally.stopped:
            try:
                number, offset = waiting.popleft()
            except IndexError:
                return
            part = Part(self._source, offset, min(size, self._source.size - offset), self._tally)
            try:
                outcomes.put(self._send(upload, number, part))
            except BaseException as error:  # it is raised again where the upload was begun
                outcomes.put(error)

    def _send(self, upload: dict[str, str], number: int, part: Part) -> dict[str, Any]:
        sums = {"ChecksumCRC32": part.crc32()} if self._options.checksum else {}
        answer = self._client.upload_part(**upload, PartNumber=number, Body=part, **sums)
        part.check(answer, sums.get("ChecksumCRC32"))
        return {"PartNumber": number, "ETag": answer["ETag"], **sums}

    def _abort(self, upload: dict[str, str], patience: float) -> str:
        """Have the host forget what it has of the upload, which would be paid for; says what may be left."""
        reasons: SimpleQueue[str] = SimpleQueue()
        Thread(target=lambda: reasons.put(self._forget(upload)), daemon=True).start()
        try:
            why = reasons.get(timeout=patience)
        except Empty:
            why = "no answer came in time"
        if not why:
            return ""
        words = f"parts of {upload['Key']} may be left in {upload['Bucket']}, and are paid for: {why}"
        return f"{words}; a lifecycle rule of the bucket can remove them"

    def _forget(self, upload: dict[str, str]) -> str:
        try:
            self._client.abort_multipart_upload(**upload)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            return "" if code == "NoSuchUpload" else f"the host says {code}"
        except BotoCoreError as error:
            return type(error).__name__
        return ""

    def _at_the_end(self, left: str) -> str:
        if self.may_be_there:
            return "s3 may have stored the file"
        return left or "s3 has let go of the parts that it had"

    def _look(self) -> None:
        """Refuse to overwrite where that can be known; who may not ask is told by the host in the end."""
        try:
            self._client.head_object(**self._where)
        except ClientError:
            return
        raise Conflict(
            f"`{self._where['Key']}` is there already",
            "s3",
            hint="Name another with --remote-path, or use --unique, or --force to overwrite it.",
        )

    def _confirm(self, answer: dict[str, Any], is_ours: Callable[[dict[str, Any]], bool]) -> None:
        """Compare the whole with what was sent: by the last answer, else by asking, where the credentials may ask.

        Raises:
            VerifyError: The host has something else.
        """
        self._taken = True
        if is_ours(answer):
            return
        try:
            found = self._client.head_object(**self._where, **self._asks_for_sums)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_FOUND:
                raise VerifyError("the host took the file, and says that it has none of that name", "s3") from error
            _log.info("s3: the host does not tell what it stored")
            return
        size = found.get("ContentLength")
        if size != self._source.size:
            raise VerifyError(f"the host holds {size} bytes, and {self._source.size} were sent", "s3")
        is_ours(found)


def _good(outcome: dict[str, Any] | BaseException) -> dict[str, Any]:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _wait(workers: list[Thread], patience: float) -> None:
    end = time.monotonic() + patience
    for worker in workers:
        worker.join(max(0.0, end - time.monotonic()))
