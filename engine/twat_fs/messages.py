"""A request and a reply as plain values, and the one type for a value that must not be shown.

The planner makes a `Request` without opening anything; the transport sends it and makes a `Reply`. Neither knows the
other. A text of a request is a `str`, or a `Held` where a secret went into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from twat_fs.text import REDACTOR
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Shell:
    """A piece of a shell command that stands for a value we do not print, such as `$API_KEY`.

    Args:
        expression: What a shell puts in, inside double quotes.
        value: The value that it stands for at present.
        label: What people are shown in its place; without it the expression.
        needs: Expressions such as `${API_KEY:?set API_KEY}`, which end a command that would send nothing.
        plain: Where the expression encodes with base64, the pieces that it encodes.
        json: The expression for the value as JSON, where only a reply says whether it is a text.
        later: Whether only a reply gives the value, so that the one here is made up.
    """

    __slots__ = ("expression", "json", "label", "later", "needs", "plain", "value")

    def __init__(
        self,
        expression: str,
        value: str = "",
        *,
        label: str = "",
        needs: tuple[str, ...] = (),
        plain: tuple[str | Shell, ...] = (),
        json: str = "",
        later: bool = False,
    ) -> None:
        self.expression = expression
        self.value = value
        self.label = label or expression
        self.needs = needs
        self.plain = plain
        self.json = json
        self.later = later

    def __repr__(self) -> str:
        return self.expression


class Held:
    """A value that must not be shown: a credential, or anything that was made from one.

    Args:
        value: The value itself; only the transport reads it.
        origins: What it was made from, as `credentials.NAME`, `options.NAME` or `saved.NAME`.
        pieces: How to write it in a shell: plain text and `Shell` expressions in turn.
    """

    __slots__ = ("origins", "pieces", "value")

    def __init__(self, value: Any, origins: frozenset[str], pieces: tuple[str | Shell, ...]) -> None:
        self.value = value
        self.origins = origins
        self.pieces = pieces
        for text in texts_in(value):
            REDACTOR.add(text, made=True)

    def __repr__(self) -> str:
        return f"<held {', '.join(sorted(self.origins))}>"


def texts_in(value: Any) -> Iterator[str]:
    """Every text in plain data, but for keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


Text = Union[str, Held]


def reveal(text: Text) -> str:
    """The text as it goes on the wire."""
    return str(text.value) if isinstance(text, Held) else text


def masked(text: Text) -> str:
    """The text as people may see it: each secret as the name of its variable."""
    if not isinstance(text, Held):
        return text
    return "".join(piece if isinstance(piece, str) else piece.label for piece in text.pieces)


def origins_of(value: Any) -> frozenset[str]:
    """The secrets that a value, however deep, was made from."""
    if isinstance(value, Held):
        return value.origins
    if isinstance(value, dict):
        return frozenset().union(*(origins_of(item) for pair in value.items() for item in pair))
    if isinstance(value, (list, tuple)):
        return frozenset().union(*(origins_of(item) for item in value))
    return frozenset()


class TextPart(NamedTuple):
    """A field of a multipart form."""

    name: str
    value: Text
    filename: Text | None = None
    content_type: Text | None = None


class Extent(NamedTuple):
    """Some bytes of the file: where they begin, and how many they are."""

    offset: int
    size: int


class FilePart(NamedTuple):
    """The place of a multipart form where the file's bytes go, or those of a piece of it."""

    name: str
    filename: Text
    content_type: Text
    piece: Extent | None = None


class Multipart(NamedTuple):
    """A `multipart/form-data` body (RFC 7578); parts keep their order."""

    parts: tuple[TextPart | FilePart, ...]


class RawFile(NamedTuple):
    """A body that is the file's bytes, or those of a piece of it, and nothing else."""

    piece: Extent | None = None


class Content(NamedTuple):
    """A body that is a text: JSON, a url-encoded form, or a template's output, sent as UTF-8."""

    text: Text


Body = Union[Multipart, RawFile, Content, None]


class Timeout(NamedTuple):
    """Seconds to wait for a connection, and for any progress after it; None waits for ever."""

    connect: float | None = 10.0
    read: float | None = 30.0


class Request(NamedTuple):
    """One HTTP request, complete.

    Attributes:
        provider: The provider's name, for messages.
        step: The step's name, for messages.
        url: An absolute http or https URL in ASCII, nothing left to encode.
        headers: Names and values in order, none of `Host`, `Content-Length`, `Transfer-Encoding`, `Connection`.
        expect: Statuses that count as success; empty means any 2xx.
        private: True where the address may be private or loopback, since the spec or the user named the host.
        idempotent: True where sending twice does no harm.
    """

    provider: str
    step: str
    method: str
    url: Text
    headers: tuple[tuple[str, Text], ...] = ()
    body: Body = None
    timeout: Timeout = Timeout()
    expect: tuple[int, ...] = ()
    private: bool = True
    idempotent: bool = False

    @property
    def carries_file(self) -> bool:
        """True where the file's bytes are streamed in the body."""
        body = self.body
        if isinstance(body, Multipart):
            return any(isinstance(part, FilePart) for part in body.parts)
        return isinstance(body, RawFile)

    @property
    def piece(self) -> Extent | None:
        """The piece of the file in the body, where it is not the whole."""
        if isinstance(self.body, RawFile):
            return self.body.piece
        parts = self.body.parts if isinstance(self.body, Multipart) else ()
        return next((part.piece for part in parts if isinstance(part, FilePart)), None)


class Reply(NamedTuple):
    """One HTTP reply, whole and within limits.

    Attributes:
        status: The status code.
        url: The URL that answered: the request's own, or where an allowed redirect ended.
        headers: Lower-case names; the values of a repeated name are joined with a comma and a space (RFC 9110, 5.3).
        body: The decoded body; empty for a 3xx, whose body is not read.
        framed: Whether something told where the body ends; else it may have been cut.
    """

    status: int
    url: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""
    framed: bool = True
