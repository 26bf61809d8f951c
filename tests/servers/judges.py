"""The real servers as judges: for each the spec that drives it, and all that it says no to, as data.

A spec is a file of `specs/`, or one that comes with the program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

SPECS = Path(__file__).with_name("specs")
WRONG = "wrong-4711"

#: Names of files that need care on the way.
NAMES = [
    "two words & more.txt",
    "it's.txt",
    'a "quoted" name.txt',
    "ünï ☃ 日本.txt",
    "100% sure %41 %22.txt",
    "-dash.txt",
    "semi;colon=1,+#?.txt",
    "back\\slash.txt",
    ".hidden",
    "<a>|{b}^`~[c]@!$*().txt",
    "{{ file.size }}.txt",
]


class Failure(NamedTuple):
    """What a server says no to, and how the upload must fail.

    Attributes:
        title: What it says no to.
        kind: The error's name.
        status: That of the reply, or None where there was none that counts.
        step: The step that fails, where there are several.
        size: Bytes of the file.
        name: The file's.
        options: On top of the judge's.
        path: In place of the judge's.
        password: In place of the right one.
        edits: What is otherwise in the spec: pairs of a text and what takes its place.
    """

    title: str
    kind: str
    status: int | None
    step: str = "request"
    size: int = 2_000
    name: str = "refused.bin"
    options: dict[str, Any] = {}  # noqa: RUF012
    path: str | None = None
    password: str | None = None
    edits: tuple[tuple[str, str], ...] = ()


class Judge(NamedTuple):
    """A server, driven by one spec.

    Attributes:
        server: The fixture that runs it.
        spec: The spec's name.
        failures: What it says no to.
        options: On top of the address.
        again: What becomes of a second file of a name: it `replaces` the first, gets a URL `beside` it, or ends with an
            error of that kind.
        deletes: Whether it can be asked to.
        undeletable: The error, and its status, where a deletion has the wrong password.
        sizes: Of files that it takes.
        unserved: Whether it serves no files, so that they are looked for in its folder.
        texts: Whether it takes nothing but UTF-8.
        tells_gone: Whether it tells that there was nothing to delete.
        unlinked: Names that it puts into a link as they are, though no link that is printed may hold them.
        path: What follows the server's address in the option.
        address: The option that takes it.
        secret: The credential that takes the password of the server's user.
    """

    server: str
    spec: str
    failures: tuple[Failure, ...] = ()
    options: dict[str, Any] = {}  # noqa: RUF012
    again: str = "beside"
    deletes: bool = True
    undeletable: tuple[str, int] | None = None
    sizes: tuple[int, ...] = (0, 1, 300_000)
    unserved: bool = False
    texts: bool = False
    tells_gone: bool = True
    unlinked: tuple[str, ...] = ()
    path: str = ""
    address: str = "base"
    secret: str = "SERVER_PASSWORD"


FORM = 'multipart: {f: "{{ file }}"}'
FORM_OF_NOTHING = 'query: {x: "{{ file.text }}"}\n  multipart: {act: bput}'
COPYPARTY = (
    Failure("a wrong password", "forbidden", 403, password=WRONG),
    Failure("a folder where nobody may write", "forbidden", 403, options={"folder": "shut"}),
    Failure("a folder that is not there", "forbidden", 403, options={"folder": "nowhere"}),
    Failure("a file over its limit", "too_large", 400, size=300_000, options={"folder": "lim"}),
)
DAV = (
    Failure("a wrong password", "auth", 401, password=WRONG),
    Failure("no password", "auth", 401, password=""),
)
NO_FOLDER = Failure("a folder that is not there", "conflict", 409, options={"folder": "no/where/"})
TOO_LARGE = Failure("a file over its limit", "too_large", 413, size=3_000_000)
SAYING = Judge(
    "nginx",
    "dav_says",
    (*(failure._replace(step="folder") for failure in DAV), TOO_LARGE),
    {"user": "dav"},
    "replaces",
    undeletable=("auth", 401),
    unlinked=("it's.txt",),
)
WEBDAV = Judge(
    "rclone",
    "webdav",
    (DAV[0], Failure("a folder that is not there", "conflict", 409, path="/no/where")),
    {"user": "u"},
    "replaces",
    undeletable=("auth", 401),
    address="url",
    secret="WEBDAV_PASSWORD",
)
BEPASTY = (Failure("a wrong token", "forbidden", 403, password=WRONG),)
AT_ONCE = ("result:\n", "retry: {initial: 0s}\nresult:\n")
TUS = (
    # Which the server is asked about, and then it is tried again.
    Failure("a piece at the wrong place", "unavailable", 409, "send", edits=(('"{{ chunk.offset }}"', '"7"'), AT_ONCE)),
    Failure("no version", "bad_request", 412, "create", edits=(("{Tus-Resumable: 1.0.0, Auth", "{Auth"),)),
    Failure(
        "an upload that is not there",
        "not_found",
        404,
        "send",
        edits=(('PATCH\n    url: "{{ saved.location }}"', 'PATCH\n    url: "{{ saved.location }}0"'),),
    ),
)

JUDGES = (
    Judge(
        "copyparty",
        "party",
        (
            *COPYPARTY,
            # A success that holds no link.
            Failure("a form without a file", "bad_reply", 201, size=0, edits=((FORM, FORM_OF_NOTHING),)),
            Failure("a body that is no form", "bad_request", 400, edits=((FORM, 'raw: "{{ file }}"'),)),
        ),
        undeletable=("auth", 401),
    ),
    Judge("copyparty", "party_put", COPYPARTY, undeletable=("auth", 401)),
    Judge(
        "copyparty",
        "copyparty",
        (
            Failure("a wrong password", "auth", 403, password=WRONG),
            Failure("a folder where nobody may write", "auth", 403, path="/shut"),
            Failure("a folder that is not there", "auth", 403, path="/nowhere"),
            Failure("a file over its limit", "too_large", 400, size=300_000, path="/lim"),
        ),
        undeletable=("auth", 401),
        path="/priv",
        address="url",
        secret="COPYPARTY_PASSWORD",
    ),
    Judge(
        "bepasty",
        "paste_rest",
        (
            *BEPASTY,
            Failure("no place in the file", "bad_request", 400, edits=(("    Content-Range:", "    X-Range:"),)),
            Failure("a place that is not the next one", "conflict", 409, edits=(("bytes 0-", "bytes 7-"),)),
            Failure("a file over its limit", "too_large", 413, size=1_000_001),
        ),
        undeletable=("forbidden", 403),
        sizes=(1, 180_000),
    ),
    Judge("bepasty", "paste_form", BEPASTY, deletes=False),
    Judge(
        "agent_file_bridge",
        "bridge",
        (
            Failure("a file over the session's limit", "too_large", 413, "send", size=1_100_000),
            Failure(
                "a type that the session does not take", "unsupported_type", 415, "send", options={"takes": ".pdf"}
            ),
            Failure("a field of another name", "bad_request", 422, "send", edits=(("{files: ", "{file: "),)),
            Failure(
                "a session that is not there",
                "not_found",
                404,
                "send",
                edits=(("saved.upload }}", "saved.upload }}0"),),
            ),
            Failure(
                "a file of somebody else", "forbidden", 403, "share", edits=(("{{ saved.path }}", "/etc/hostname"),)
            ),
        ),
        deletes=False,
    ),
    Judge(
        "pinnwand",
        "pinn",
        (
            Failure("a lifetime that it does not know", "bad_request", 400, edits=(("1d: 1day", "1d: 9days"),)),
            Failure("no text", "bad_request", 400, edits=(("{raw: ", "{text: "),)),
            Failure("a text over the limit of the spec", "too_large", None, "", size=66_000),
            # It has no better word for a text that is too large than that it is out of order.
            Failure("a text over its limit", "unavailable", 500, size=300_000, edits=(("64 KiB", "64 MiB"),)),
        ),
        sizes=(1, 60_000),
        texts=True,
    ),
    Judge(
        "pinnwand",
        "pinn_json",
        (
            Failure("a language that it does not know", "bad_request", 400, edits=(("lexer: text", "lexer: no such"),)),
            Failure("a text over its limit", "too_large", 400, size=300_000),
        ),
        sizes=(1, 60_000),
        texts=True,
    ),
    Judge(
        "gcs",
        "google",
        (
            Failure("a bucket that is not there", "not_found", 404, options={"bucket": "nowhere"}),
            # It closes the connection without a word.
            Failure("no name", "network", None, edits=(('name: "{{ remote_path }}"', "other: x"),)),
        ),
        again="replaces",
        sizes=(1, 300_000),  # of nothing it closes the connection
    ),
    Judge("rclone", "dav", (*DAV, NO_FOLDER), {"user": "u"}, "replaces", undeletable=("auth", 401)),
    Judge(
        "wsgidav",
        "dav",
        (
            *DAV,
            NO_FOLDER._replace(options={"folder": "guarded/no/where/"}),
            Failure("a share that is not there", "not_found", 404, options={"folder": "nowhere/"}),
        ),
        {"user": "dav", "folder": "guarded/"},
        "replaces",
        undeletable=("auth", 401),
    ),
    Judge("wsgidav", "dav", (), {"folder": "open/", "once": "true"}, "conflict"),
    SAYING._replace(server="apache", failures=(*SAYING.failures, NO_FOLDER)),
    SAYING,
    WEBDAV,
    WEBDAV._replace(server="apache", options={"user": "dav"}),
    WEBDAV._replace(server="nginx", options={"user": "dav"}, failures=(DAV[0],)),
    WEBDAV._replace(
        server="wsgidav",
        options={"user": "dav"},
        path="/guarded",
        failures=(DAV[0], Failure("a folder that is not there", "conflict", 409, path="/guarded/no/where")),
    ),
    Judge(
        "uploadserver",
        "box",
        (
            Failure("a wrong password", "auth", 401, password=WRONG),
            Failure("no password", "auth", 401, password=""),
            Failure("a field of another name", "bad_request", 400, edits=(("{files: ", "{file: "),)),
            Failure("another path", "not_found", 404, edits=(("/upload", "/up"),)),
        ),
        again="verify",
        deletes=False,
    ),
    Judge(
        "tuspyserver",
        "tus",
        (*TUS, Failure("a wrong token", "auth", 401, "create", password=WRONG, path="/guarded")),
        unserved=True,
        path="/files",
        address="url",
        secret="TUS_TOKEN",
    ),
    Judge(
        "tus_node",
        "tus",
        (*TUS, Failure("a file over its limit", "too_large", 413, "create", size=17 << 20)),
        unserved=True,
        path="/files",
        address="url",
        secret="TUS_TOKEN",
    ),
    Judge(
        "moto_host",
        "store",
        (Failure("a bucket that is not there", "not_found", 404, options={"bucket": "nowhere"}),),
        {"bucket": "twat"},
        "replaces",
        tells_gone=False,
    ),
    Judge(
        "s3rver",
        "store",
        (Failure("a bucket that is not there", "not_found", 404, options={"bucket": "nowhere"}),),
        {"bucket": "bkt"},
        "replaces",
        tells_gone=False,
    ),
)
