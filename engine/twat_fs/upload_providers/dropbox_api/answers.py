"""What an answer of Dropbox's that is not a success means: pure, from status, headers and text to an error."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from twat_fs.errors import (
    AuthError,
    BadRequest,
    Conflict,
    Forbidden,
    NetworkError,
    NonRetryableError,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Redirected,
    Rejected,
    TooLarge,
    Unavailable,
)
from twat_fs.messages import Reply
from twat_fs.text import printable
from twat_fs.tuples import NamedTuple
from twat_fs.wire.classify import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.errors import UploadError

NAME = "dropbox"

LOG_IN = (
    "Log in again: make a new token in the app console (https://www.dropbox.com/developers/apps) and set "
    "DROPBOX_ACCESS_TOKEN, or DROPBOX_REFRESH_TOKEN with DROPBOX_APP_KEY."
)


class TokenExpired(AuthError):
    """The access token is too old or was taken back; a refresh token may help."""


class SessionLost(NonRetryableError):
    """The upload session is not there any more."""

    kind = "unavailable"
    exit_code = 5


class WrongOffset(NonRetryableError):
    """The session has another number of bytes than was thought; `correct` says how many."""

    kind = "unavailable"
    exit_code = 5
    correct = -1


class LinkExists(Conflict):
    """The file has a link already; `url` is it, where the answer tells."""

    url = ""


class _Row(NamedTuple):
    error: type[UploadError]
    message: str
    hint: str = ""


_OTHER_NAME = "Name another with --remote-path, or use --unique, --force to overwrite it, or -o autorename=true."
_FULL = _Row(QuotaExceeded, "the Dropbox is full", "Free some space in it, or get a larger plan; then upload again.")
_FOLDER_RIGHT = "Upload into another folder: --remote-path or -o folder=..."
_NO_SETTINGS = "Leave out -o expires, -o password and -o audience, or get a plan that has them."

#: By words of Dropbox's `error_summary`; the first that begins as a row does, without `path` and `lookup_failed`.
_REFUSALS: dict[str, _Row] = {
    # Of a deletion that names a revision; that this is the word for another one is not certain.
    "path_write/conflict": _Row(
        Conflict, "the file is not what was uploaded any more", "It was left alone; delete it by hand if it is to go."
    ),
    "conflict/file_ancestor": _Row(
        Conflict, "a part of the folder's path is a file", "Name another folder with --remote-path."
    ),
    "conflict/folder": _Row(Conflict, "there is a folder of that name", "Name another with --remote-path."),
    "conflict": _Row(Conflict, "there is a file of that name with another content", _OTHER_NAME),
    "insufficient_space": _FULL,
    "team_folder_insufficient_space": _FULL,
    "member_folder_insufficient_space": _FULL,
    "insufficient_quota": _FULL,
    "upload_traffic_limit_reached": _Row(
        QuotaExceeded, "the account has uploaded as much as it may for now", "Wait, or get a larger plan."
    ),
    "malformed_path": _Row(
        BadRequest,
        "this is not a path that Dropbox takes",
        "Name another with --remote-path: parts of at most 255 characters, none of them . or ..",
    ),
    "disallowed_name": _Row(BadRequest, "Dropbox ignores files of that name", "Name another with --remote-path."),
    "no_write_permission": _Row(Forbidden, "the account may not write there", _FOLDER_RIGHT),
    "access_restricted": _Row(Forbidden, "the account may not write there", _FOLDER_RIGHT),
    "team_folder": _Row(Forbidden, "a team's folder cannot be changed that way", _FOLDER_RIGHT),
    "restricted_content": _Row(Forbidden, "Dropbox has locked the content for legal reasons"),
    "too_many_write_operations": _Row(RateLimited, "too many changes at once in this account"),
    "payload_too_large": _Row(TooLarge, "a request is larger than Dropbox takes", "Use a smaller -o chunk_mib."),
    "too_large": _Row(TooLarge, "the file is larger than Dropbox takes"),
    "content_hash_mismatch": _Row(NetworkError, "the bytes arrived other than they were sent"),
    "not_found": _Row(NotFound, "there is nothing at that path"),
    "email_not_verified": _Row(
        Forbidden, "no link is made before the account's e-mail address is verified", "Verify it at dropbox.com."
    ),
    "settings_error/not_authorized": _Row(
        Forbidden, "the account's plan or team does not allow a link with these settings", _NO_SETTINGS
    ),
    "settings_error": _Row(BadRequest, "Dropbox does not take these settings of a link", _NO_SETTINGS),
    "access_denied": _Row(Forbidden, "the account may not share this file", "Ask the folder's owner, or the team's."),
    "permission_denied": _Row(Forbidden, "the account may not share this file", "Ask the folder's owner."),
    "banned_member": _Row(Forbidden, "Dropbox has forbidden this account to share", "Ask Dropbox's support."),
    "too_many_shared_folders": _Row(QuotaExceeded, "the account shares as many folders as it may"),
}

_AUTH: dict[str, _Row] = {
    "expired_access_token": _Row(TokenExpired, "the access token has expired", LOG_IN),
    "invalid_access_token": _Row(TokenExpired, "the access token is not valid; it may have been revoked", LOG_IN),
    "user_suspended": _Row(AuthError, "the account is suspended", "Ask the team's administrator, or Dropbox."),
    "route_access_denied": _Row(AuthError, "the app may not make this request", LOG_IN),
}

_SCOPE = re.compile(r"required scope [\"'`]?([a-z_]+(?:\.[a-z_]+)+)")


class Answer(NamedTuple):
    """An answer as it came.

    Attributes:
        status: Its status.
        headers: Names in any case, and values.
        text: Its body.
        token_call: Whether it answers a request for a new access token.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    token_call: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """The body where it is a JSON object; else nothing."""
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}

    @property
    def tags(self) -> list[str]:
        """The tags of the error from the outside in, without the dots that Dropbox ends them with."""
        summary = str(self.data.get("error_summary") or _tag(self.data.get("error")))
        return [word for word in re.split(r"[/\s]+", summary) if word.strip(".")]


def problem_of(answer: Answer) -> UploadError | None:
    """What is wrong with an answer; None where it is a success."""
    if answer.status < 300:
        return None
    judge = _token_refused if answer.token_call and answer.status < 429 else _JUDGES.get(answer.status, _other)
    error = judge(answer)
    error.provider, error.status = NAME, answer.status
    return error


def _refused(answer: Answer) -> UploadError:
    """409, which is every error of a route's own: dispatched on its tags, never on the number."""
    tags = answer.tags
    inner = tags[1:] if tags[:1] in (["path"], ["lookup_failed"], ["path_lookup"], ["path_write"]) else tags
    if tags[:1] == ["shared_link_already_exists"]:
        exists = LinkExists("the file has a link already")
        exists.url = _found(answer.data, "url") or ""
        return exists
    if inner[:1] == ["incorrect_offset"]:
        wrong = WrongOffset("the upload session has another number of bytes than was sent")
        offset = _found(answer.data, "correct_offset")
        wrong.correct = offset if type(offset) is int else -1
        return wrong
    if inner[:1] in (["not_found"], ["closed"]) and tags[:1] not in (["path"], ["path_lookup"]):
        return SessionLost("the upload session is not there any more")
    said = [f"{'/'.join(words)}/" for words in (tags, inner)]
    row = next((row for key, row in _REFUSALS.items() if any(each.startswith(f"{key}/") for each in said)), None)
    if row is None:
        return Rejected(f"Dropbox refused: {_words(answer)}")
    return row.error(row.message, hint=row.hint)


def _unauthorized(answer: Answer) -> UploadError:
    tags = answer.tags
    if tags[:1] == ["missing_scope"]:
        return _missing_scope(str(_found(answer.data, "required_scope") or ""))
    row = _AUTH.get(tags[0] if tags else "")
    if row is None:
        return AuthError(f"Dropbox does not accept the access token: {_words(answer)}", hint=LOG_IN)
    return row.error(row.message, hint=row.hint)


def _missing_scope(scope: str) -> AuthError:
    named = printable(scope, 60) or "that it needs"
    return AuthError(
        f"the app lacks the permission {named}",
        hint=f"On the app's page in the console, tab Permissions, switch on {named}, press Submit, and log in again: "
        "tokens from before do not get it.",
    )


def _bad_request(answer: Answer) -> UploadError:
    scope = _SCOPE.search(answer.text)
    if scope:
        return _missing_scope(scope[1])
    if "access token" in answer.text or "Authorization" in answer.text:
        return AuthError("Dropbox does not accept the access token: it is malformed", hint=LOG_IN)
    return BadRequest(f"Dropbox does not understand the request: {_words(answer)}")


def _token_refused(answer: Answer) -> UploadError:
    if answer.data.get("error") == "invalid_grant":
        return AuthError("Dropbox refuses the refresh token: it was revoked, or is another app's", hint=LOG_IN)
    return AuthError(
        f"Dropbox gives no new access token: {_words(answer)}",
        hint="Check DROPBOX_APP_KEY and DROPBOX_APP_SECRET, which must be those of the app that the refresh token "
        "was made for.",
    )


def _forbidden(answer: Answer) -> UploadError:
    return Forbidden(f"Dropbox does not let this account do that: {_words(answer)}")


def _rate_limited(answer: Answer) -> UploadError:
    wait = retry_after(Reply(answer.status, headers={name.lower(): value for name, value in answer.headers.items()}))
    seconds = _found(answer.data, "retry_after")
    if wait is None and type(seconds) in (int, float):
        wait = float(seconds)
    return RateLimited(
        "too many requests for now" + (f"; Dropbox asks for a pause of {wait:.0f} s" if wait else ""),
        retry_after=wait,
        hint="Wait, then upload again.",
    )


def _other(answer: Answer) -> UploadError:
    if answer.status >= 500:
        return Unavailable(f"Dropbox is out of order for now: {answer.status}")
    if answer.status < 400:
        return Redirected(f"Dropbox answered with a redirect ({answer.status}), which is not followed")
    return BadRequest(f"Dropbox answered {answer.status}: {_words(answer)}")


_JUDGES = {
    400: _bad_request,
    401: _unauthorized,
    403: _forbidden,
    404: _refused,
    409: _refused,
    429: _rate_limited,
}


def _words(answer: Answer) -> str:
    """The host's own words on one line; of a page of HTML only the status."""
    error = answer.data.get("error")
    text = answer.data.get("error_summary") or answer.data.get("error_description") or _tag(error) or error
    if not isinstance(text, str):
        text = answer.text if "<" not in answer.text[:100] and not answer.data else ""
    return printable(text) or f"status {answer.status}"


def _tag(error: Any) -> str:
    """The tags of an error that comes without a summary; a member without content may be a plain text."""
    tags = []
    while isinstance(error, dict) and isinstance(error.get(".tag"), str):
        tags.append(error[".tag"])
        error = error.get(error[".tag"], error.get("reason"))
    return "/".join([*tags, error] if isinstance(error, str) else tags)


def _found(data: Any, key: str) -> Any:
    """The value of a key somewhere inside, or None."""
    if not isinstance(data, dict):
        return None
    if data.get(key) is not None:
        return data[key]
    return next((found for value in data.values() if (found := _found(value, key)) is not None), None)
