"""Bytes to Dropbox: a small file in one request, a large one by a session that goes on where the host says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.errors import BadReply, RateLimited, RetryableError, Unavailable, UploadError
from twat_fs.upload_providers.dropbox_api.answers import NAME, SessionLost, WrongOffset
from twat_fs.upload_providers.dropbox_api.client import Unreached

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.upload_providers.dropbox_api.client import Client
    from twat_fs.upload_providers.dropbox_api.content import Commit, Content, Stored

    Progress = Callable[[int], None]

#: Corrections of the offset before more is sent than ever.
_CORRECTIONS = 3


class Transfer:
    """One file on its way.

    Args:
        client: Sends requests.
        content: The file.
        commit: Where it is to go.
        told: Told how many bytes are there.
    """

    def __init__(self, client: Client, content: Content, commit: Commit, told: Progress) -> None:
        self._client = client
        self._content = content
        self._commit = commit
        self._told = told

    def whole(self) -> Stored:
        """The file in one request."""
        data, content_hash = self._content.piece(0)
        self._content.check()
        return self._committed(lambda: self._client.upload(data, content_hash, self._commit))

    def by_session(self) -> Stored:
        """The file in pieces; a session that is lost is begun again once."""
        try:
            return self._session()
        except SessionLost:
            pass
        try:
            return self._session()
        except SessionLost as error:
            raise Unavailable("Dropbox lost the upload session twice", NAME, status=error.status) from None

    def _session(self) -> Stored:
        data, content_hash = self._content.piece(0)
        name = self._client.repeated(lambda: self._client.start(data, content_hash))
        sent = offset = len(data)
        corrections = 0
        self._told(offset)
        while True:
            data, content_hash = self._content.piece(offset)
            if offset + len(data) > sent:  # else it has lost what it had, perhaps again and again
                sent, corrections = offset + len(data), 0
            try:
                if offset + len(data) == self._content.size:
                    return self._finished(name, offset, data, content_hash)
                self._append(name, offset, data, content_hash)
            except WrongOffset as wrong:
                corrections += 1
                if corrections > _CORRECTIONS or not 0 <= wrong.correct <= sent:
                    raise BadReply(
                        f"Dropbox wants the upload to go on at byte {wrong.correct}, after {sent} bytes were sent", NAME
                    ) from None
                offset = wrong.correct
            else:
                offset += len(data)
            self._told(offset)

    def _append(self, name: str, offset: int, data: bytes, content_hash: str) -> None:
        # Sent twice, it is refused with the offset behind it, and the session goes on there.
        self._client.repeated(lambda: self._client.append(name, offset, data, content_hash))

    def _finished(self, name: str, offset: int, data: bytes, content_hash: str) -> Stored:
        self._content.check()
        return self._committed(lambda: self._client.finish(name, offset, data, content_hash, self._commit))

    def _committed(self, commit: Callable[[], Stored]) -> Stored:
        """Do what makes the file appear; where no answer tells whether it did, look before doing it again."""
        unsure = False

        def attempt() -> Stored:
            nonlocal unsure
            try:
                return (self._landed() if unsure else None) or commit()
            except UploadError as error:
                unsure = error.ambiguous = unsure or _may_be_done(error)
                raise

        # A file that Dropbox has renamed is not found at its path, and would be renamed again.
        return self._client.repeated(attempt, idempotent=not self._commit.autorename)

    def _landed(self) -> Stored | None:
        found = self._client.stored(self._commit.path)
        return found if found is not None and found.content_hash == self._content.hash else None


def _may_be_done(error: UploadError) -> bool:
    """Whether a request that failed may have done its work: not where Dropbox said no, or there was no connection."""
    return isinstance(error, (RetryableError, BadReply)) and not isinstance(error, (RateLimited, Unreached))
