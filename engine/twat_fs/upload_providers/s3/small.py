"""Small files, each in one request: what boto3 makes of the first is the pattern for those after it.

Half of the processor time of `put_object` goes into what is the same for all files of a run: where the bucket is, which
headers the parameters become, which hooks there are. That is done once, by boto3. What is left for each file is its
name, its checksum, the signature (botocore's signer, so that credentials renew themselves) and the sending (botocore's
session, with its connections, certificates and proxies).

Whatever comes of it that is no plain success, boto3 is given as the answer to its own first try of the same request.
What follows, be it another try, another region or an error, is therefore what `put_object` does, and counts as it does.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
from botocore.hooks import first_non_none_response  # type: ignore[import-untyped]

from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_OK = 200
#: What a key keeps as it is in a URL, beside letters, digits and `_.-` (S3 user guide, SigV4 requests).
_SAFE = "/~"
#: Patterns that are kept: a run has one, seldom more.
_KEPT = 16
#: The headers that parameters become which each file has of its own (S3 API reference, PutObject).
_HEADERS = {"ContentType": "Content-Type", "ChecksumCRC32": "x-amz-checksum-crc32"}
_OF_EACH = {"Key", "Body", *_HEADERS}
#: Headers that say something of one request alone; what has them is no pattern.
_OF_ONE = {"content-md5", "x-amzn-trace-id"}
#: What botocore notes of one request beside it.
_NOTES = {"s3_redirect", "input_params", "retries", "timestamp"}
#: What an answer says in its headers.
_SAID = {
    "ETag": "ETag",
    "VersionId": "x-amz-version-id",
    "ChecksumCRC32": "x-amz-checksum-crc32",
    "ServerSideEncryption": "x-amz-server-side-encryption",
}


class _Pattern(NamedTuple):
    """A request without what is one file's own, and who sends such."""

    base: str
    headers: dict[str, str]
    context: dict[str, Any]
    endpoint: Any
    operation: Any


class _Own(local):
    """What a thread has under way: the file that is to be learnt from, and what came of a first try."""

    wanted: tuple[Any, Mapping[str, Any]] | None = None
    first: Any = None


class SmallFiles:
    """Puts small files by a client, from several threads.

    Args:
        client: Of boto3.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._patterns: dict[Any, _Pattern] = {}
        self._signer: Any = None
        self._own = _Own()
        self._events = client.meta.events
        self._events.register("before-call.s3.PutObject", self._called)
        self._events.register_first("before-send.s3.PutObject", self._answered)
        self._events.register_last("needs-retry.s3.PutObject", self._judged)
        # In that mode botocore counts every request, so as to keep a pace.
        self._learns = (client.meta.config.retries or {}).get("mode") != "adaptive"

    def put_object(self, **parameters: Any) -> dict[str, Any]:
        """Put one file.

        Args:
            **parameters: Those of boto3's `put_object`; `Body` is the content itself.

        Returns:
            What the host says of the object, by boto3's names.

        Raises:
            BotoCoreError: There is no answer.
            ClientError: The host refuses it.
        """
        kind = tuple((name, None if name in _OF_EACH else str(value)) for name, value in parameters.items())
        pattern = self._patterns.get(kind)
        answer = None if pattern is None else self._tried(pattern, parameters)
        if answer is not None:
            return answer
        if pattern is None and self._learns and len(self._patterns) < _KEPT:
            self._own.wanted = (kind, parameters)
        try:
            said: dict[str, Any] = self._client.put_object(**parameters)
        finally:
            self._own.wanted = self._own.first = None
        return said

    def _tried(self, pattern: _Pattern, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a first try, if it is a plain success; else None, and boto3 will be given what came of it."""
        own = {header: parameters[name] for name, header in _HEADERS.items() if name in parameters}
        url = pattern.base + quote(parameters["Key"], safe=_SAFE)
        request = AWSRequest("PUT", url, {**pattern.headers, **own}, parameters["Body"])
        request.context = dict(pattern.context)
        self._signer.sign("PutObject", request)
        try:
            response = self._sent(pattern, pattern.endpoint.prepare_request(request))
        except BotoCoreError as error:
            self._own.first = error
            return None
        if response.status_code != _OK or response.content:
            self._own.first = response
            return None
        said = {name: response.headers.get(header) for name, header in _SAID.items()}
        answer = {name: value for name, value in said.items() if value is not None}
        self._events.emit(
            "after-call.s3.PutObject",
            http_response=response,
            parsed=answer,
            model=pattern.operation,
            context=request.context,
        )
        return answer

    def _sent(self, pattern: _Pattern, request: Any) -> Any:
        """What the host answers, or whoever answers in its place."""
        answers = self._events.emit("before-send.s3.PutObject", request=request)
        instead = first_non_none_response(answers)
        return pattern.endpoint.http_session.send(request) if instead is None else instead

    def _called(self, request_signer: Any, **_: Any) -> None:
        self._signer = request_signer

    def _answered(self, **_: Any) -> Any:
        """To boto3's first try, what came of it already."""
        first, self._own.first = self._own.first, None
        if isinstance(first, BotoCoreError):
            raise first
        return first

    def _judged(
        self, response: Any, endpoint: Any, operation: Any, attempts: int, request_dict: Mapping[str, Any], **_: Any
    ) -> None:
        """A request that is taken at once may be the pattern; one that was tried again has traces of that."""
        if self._own.wanted is not None and attempts == 1 and response and response[0].status_code == _OK:
            kind, parameters = self._own.wanted
            found = _pattern(request_dict, parameters)
            if found is not None:
                self._patterns[kind] = _Pattern(*found, endpoint, operation)


def _pattern(
    request: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[str, dict[str, str], dict[str, Any]] | None:
    """What boto3 made of the parameters, without the file's own; None where that is not where it is looked for."""
    headers, key = dict(request["headers"]), "/" + quote(parameters["Key"], safe=_SAFE)
    known = all(headers.get(header) == parameters.get(name) for name, header in _HEADERS.items())
    if not known or not request["url"].endswith(key) or _OF_ONE & {name.lower() for name in headers}:
        return None
    context = {name: value for name, value in request["context"].items() if name not in _NOTES}
    return request["url"].removesuffix(key) + "/", headers, context
