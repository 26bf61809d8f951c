"""Dropbox on loopback: speaks its wire, and notes whatever it is sent that Dropbox would not take."""

from __future__ import annotations

import hashlib
import json
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import trustme

from tests.support import PLANTED
from twat_fs.testing.fake_host import FakeHost, Play, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BLOCK = 4 * 1024 * 1024
LARGEST = 150 * 1024 * 1024

#: Routes as they are called in `faults` and `asked`.
UPLOAD = "files/upload"
START = "files/upload_session/start"
APPEND = "files/upload_session/append_v2"
FINISH = "files/upload_session/finish"
METADATA = "files/get_metadata"
DELETE = "files/delete_v2"
LINK = "sharing/create_shared_link_with_settings"
LINKS = "sharing/list_shared_links"
TOKEN = "oauth2/token"


def content_hash(data: bytes) -> str:
    """Dropbox's hash, in the plainest words."""
    digests = b"".join(hashlib.sha256(data[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK))
    return hashlib.sha256(digests).hexdigest()


def reply(data: Any, status: int = 200, **headers: str) -> Play:
    """A reply in JSON, with headers such as `retry_after`."""
    more = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Play(status, json.dumps(data).encode(), headers=[("Content-Type", "application/json"), *more])


def refusal(summary: str, error: Any, status: int = 409) -> Play:
    """An error as Dropbox words it."""
    return reply({"error_summary": f"{summary}/..", "error": error}, status)


def write_refusal(reason: str, *, finish: bool = False) -> Play:
    """An upload that is refused for its path, or for the room that is left."""
    first, _, second = reason.partition("/")
    union: dict[str, Any] = {".tag": first, **({first: {".tag": second}} if second else {})}
    inner: dict[str, Any] = {"path": union} if finish else {"reason": union, "upload_session_id": "s"}
    return refusal(f"path/{reason}", {".tag": "path", **inner})


def denial(tag: str, **more: str) -> Play:
    """A token that is not accepted."""
    return refusal(tag, {".tag": tag, **more}, 401)


@dataclass
class Dropbox:
    """The script of a fake host.

    Attributes:
        faults: Replies by route, each played once before the route works again; a function may do the work too.
        token: The access token that is accepted.
        link: What a new link looks like; `{}` is its number.
        files: Content by path.
        links: Links by path.
        asked: The routes in order.
        wrong: What was sent that Dropbox would not take.
    """

    faults: dict[str, list[Play | Callable[[Dropbox, Seen], Play]]] = field(default_factory=dict)
    token: str = PLANTED
    refresh: str = f"refresh-{PLANTED}"
    link: str = "https://www.dropbox.com/scl/fi/{}/a.txt?rlkey=k{}&dl=0"
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, bytearray] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    arguments: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        route = seen.target.removeprefix("/2/").removeprefix("/")
        self.asked.append(route)
        self._expect(seen.method == "POST", f"{route}: method {seen.method}")
        self._expect(seen.complete, f"{route}: {seen.length} of {seen.expected} bytes")
        waiting = self.faults.get(route)
        if waiting:
            fault = waiting.pop(0)
            return fault(self, seen) if callable(fault) else fault
        return self.answer(route, seen)

    def answer(self, route: str, seen: Seen) -> Play:
        """What the route does when nothing goes wrong."""
        if route == TOKEN:
            return self._renew(seen)
        if seen.header("Authorization") != f"Bearer {self.token}":
            return denial("expired_access_token")
        work = {
            UPLOAD: self._upload,
            START: self._start,
            APPEND: self._append,
            FINISH: self._finish,
            METADATA: self._metadata,
            DELETE: self._delete,
            LINK: self._link,
            LINKS: self._links,
        }
        return work[route](self._argument(route, seen), seen.body)

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)

    def _renew(self, seen: Seen) -> Play:
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        self._expect(seen.header("Authorization") is None, "a token call with an Authorization")
        self._expect(form.get("grant_type") == "refresh_token", f"grant_type {form.get('grant_type')}")
        self._expect(form.get("client_id") == "key", f"client_id {form.get('client_id')}")
        if form.get("refresh_token") != self.refresh:
            return reply({"error": "invalid_grant", "error_description": "refresh token is invalid"}, 400)
        self.token = f"fresh-{PLANTED}"
        return reply({"access_token": self.token, "expires_in": 14400, "token_type": "bearer"})

    def _argument(self, route: str, seen: Seen) -> dict[str, Any]:
        kind = seen.header("Content-Type")
        if not route.startswith(("files/upload", APPEND)):
            self._expect(kind == "application/json", f"{route}: Content-Type {kind}")
            argument: dict[str, Any] = json.loads(seen.body)
        else:
            text = seen.header("Dropbox-API-Arg") or "{}"
            self._expect(text.isascii() and text.isprintable(), f"{route}: the header's JSON is not ASCII: {text!r}")
            self._expect(kind == "application/octet-stream", f"{route}: Content-Type {kind}")
            self._expect(seen.length <= LARGEST, f"{route}: {seen.length} bytes in one request")
            argument = json.loads(text)
            given = argument.get("content_hash")
            self._expect(given == content_hash(seen.body), f"{route}: content_hash {given}")
        self.arguments.append(argument)
        return argument

    def _upload(self, argument: dict[str, Any], body: bytes) -> Play:
        return self._commit(argument, body, finish=False)

    def _start(self, _argument: dict[str, Any], body: bytes) -> Play:
        self._expect(len(body) % BLOCK == 0, f"a first piece of {len(body)} bytes")
        name = f"pid_upload_session:{len(self.sessions)}"
        self.sessions[name] = bytearray(body)
        return reply({"session_id": name})

    def _append(self, argument: dict[str, Any], body: bytes) -> Play:
        refused = self._cursor_problem(argument)
        if refused:
            return refusal(refused[".tag"], refused)
        session = self.sessions[argument["cursor"]["session_id"]]
        session += body
        self._expect(len(session) % BLOCK == 0, f"a piece that ends at {len(session)}")
        return reply(None)

    def _finish(self, argument: dict[str, Any], body: bytes) -> Play:
        refused = self._cursor_problem(argument)
        if refused:
            tag = f"lookup_failed/{refused['.tag']}"
            return refusal(tag, {".tag": "lookup_failed", "lookup_failed": refused})
        session = self.sessions[argument["cursor"]["session_id"]]
        session += body
        done = self._commit(argument["commit"], bytes(session), finish=True)
        if done.status == 200:
            del self.sessions[argument["cursor"]["session_id"]]
        return done

    def _cursor_problem(self, argument: dict[str, Any]) -> dict[str, Any] | None:
        cursor = argument["cursor"]
        session = self.sessions.get(cursor["session_id"])
        if session is None:
            return {".tag": "not_found"}
        if cursor["offset"] != len(session):
            return {".tag": "incorrect_offset", "correct_offset": len(session)}
        return None

    def _commit(self, argument: dict[str, Any], content: bytes, *, finish: bool) -> Play:
        path, mode = argument["path"], argument["mode"][".tag"]
        there = self.files.get(path, content)
        if mode == "add" and there != content:
            if not argument["autorename"]:
                return write_refusal("conflict/file", finish=finish)
            stem, dot, suffix = path.rpartition(".")
            path = f"{stem} (1){dot}{suffix}"
        self.files[path] = content
        return reply(self.metadata(path))

    def _delete(self, argument: dict[str, Any], _body: bytes) -> Play:
        path = next((path for path in self.files if argument["path"] in (path, self.metadata(path)["id"])), None)
        if path is None:
            return refusal("path_lookup/not_found", {".tag": "path_lookup", "path_lookup": {".tag": "not_found"}})
        told = self.metadata(path)
        if argument.get("parent_rev") not in (None, told["rev"]):
            conflict = {".tag": "conflict", "conflict": {".tag": "file"}}
            return refusal("path_write/conflict/file", {".tag": "path_write", "path_write": conflict})
        del self.files[path]
        self.links.pop(path, None)
        return reply({"metadata": {".tag": "file", **told}})

    def metadata(self, path: str) -> dict[str, Any]:
        """What Dropbox says of a file."""
        content = self.files[path]
        return {
            "name": path.rpartition("/")[2],
            "id": f"id:{content_hash(path.encode())[:22]}",
            "client_modified": "2015-05-12T15:50:38Z",
            "server_modified": "2015-05-12T15:50:38Z",
            "rev": content_hash(content)[:12],
            "size": len(content),
            "path_lower": path.lower(),
            "path_display": path,
            "is_downloadable": True,
            "content_hash": content_hash(content),
        }

    def _metadata(self, argument: dict[str, Any], _body: bytes) -> Play:
        path = argument["path"]
        if path not in self.files:
            return refusal("path/not_found", {".tag": "path", "path": {".tag": "not_found"}})
        return reply({".tag": "file", **self.metadata(path)})

    def _link(self, argument: dict[str, Any], _body: bytes) -> Play:
        path = argument["path"]
        self._expect(path in self.files, f"a link to {path}, which is not there")
        if path in self.links:
            exists: dict[str, Any] = {".tag": "shared_link_already_exists"}
            if not argument.get("settings"):
                exists["shared_link_already_exists"] = {".tag": "metadata", "metadata": self.shared(path)}
            return refusal("shared_link_already_exists", exists)
        number = len(self.links)
        self.links[path] = self.link.format(number, number)
        return reply(self.shared(path))

    def _links(self, argument: dict[str, Any], _body: bytes) -> Play:
        self._expect(argument.get("direct_only") is True, "links of the folders too")
        return reply({"links": [self.shared(argument["path"])], "has_more": False})

    def shared(self, path: str) -> dict[str, Any]:
        """What Dropbox says of a link."""
        permissions = {"can_revoke": True, "resolved_visibility": {".tag": "public"}, **_RIGHTS}
        return {
            ".tag": "file",
            "url": self.links[path],
            "id": "id:a4ayc_80_OEAAAAAAAAAXw",
            "name": path.rpartition("/")[2],
            "path_lower": path.lower(),
            "link_permissions": permissions,
            "client_modified": "2015-05-12T15:50:38Z",
            "server_modified": "2015-05-12T15:50:38Z",
            "rev": "a1c10ce0dd78",
            "size": len(self.files.get(path, b"")),
        }


_RIGHTS = {
    "visibility_policies": [],
    **dict.fromkeys(("can_set_expiry", "can_remove_expiry", "can_allow_download", "can_disallow_download"), False),
    "allow_download": True,
    "allow_comments": True,
    "team_restricts_comments": False,
}


@dataclass
class Place:
    """A fake Dropbox that runs, and the variables that lead a command to it."""

    dropbox: Dropbox
    host: FakeHost
    ca_file: str

    @property
    def hosts(self) -> dict[str, str]:
        """Variables that lead the SDK here, and nothing else."""
        names = ("DROPBOX_API_HOST", "DROPBOX_API_CONTENT_HOST", "DROPBOX_API_NOTIFY_HOST")
        return {**dict.fromkeys(names, self.host.authority), "REQUESTS_CA_BUNDLE": self.ca_file}

    @property
    def env(self) -> dict[str, str]:
        """The same, with a token."""
        return {**self.hosts, "DROPBOX_ACCESS_TOKEN": PLANTED}

    @property
    def renewable(self) -> dict[str, str]:
        """The same, with a refresh token and an app's key."""
        return {**self.hosts, "DROPBOX_REFRESH_TOKEN": f"refresh-{PLANTED}", "DROPBOX_APP_KEY": "key"}


def place(folder: Path) -> Iterator[Place]:
    """A fake Dropbox with a certificate of its own, until the test ends; what it was sent must have been right."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    dropbox = Dropbox()
    with FakeHost(dropbox, tls=context, keep=64 * 1024 * 1024) as host:
        yield Place(dropbox, host, str(ca_file))
    assert not dropbox.wrong, dropbox.wrong
