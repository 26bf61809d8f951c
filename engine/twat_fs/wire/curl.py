"""A planned request as a `curl` command for bash that sends the same; secrets stand as the variables that hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.expression.secrets import value_of, word
from twat_fs.messages import Content, FilePart, Held, Multipart, RawFile, Shell, TextPart, reveal
from twat_fs.tuples import NamedTuple
from twat_fs.wire.curl_words import by_hand, cut, opened, pieces_of

if TYPE_CHECKING:
    from twat_fs.messages import Request, Text

    Pieces = list[str | Shell]

#: A media type that `-F` takes as it is.
_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(; ?[\w-]+=[\w.-]+)*")
#: Bytes of one argument that any system takes; Linux stops at 128 KiB.
_ARGUMENT = 100_000
#: Bytes above which curl is not to hold the file in memory.
_STREAMS = 100_000_000


class Take(NamedTuple):
    """A shell variable that is filled from a reply.

    Attributes:
        variable: Its name.
        source: `body` or `headers`.
        command: Reads the source, writes the value; empty where none is known.
        default: The value where there is none, or None.
    """

    variable: str
    source: str
    command: str
    default: Text | None = None


class Aside:
    """What a command needs beside its request.

    Attributes:
        agent: What the transport calls itself.
        size: Bytes of the file.
        boundary: What separates the parts of a form that curl cannot make.
        notes: Comments before the command.
        takes: What is taken from its reply.
        reply: The step's name in the variables that hold its reply.
        jar: Whether cookies are kept for, or come from, another request.
        first: Whether it is the first request.
        follows: Whether a redirect is followed with GET.
    """

    def __init__(self, agent: str = "", size: int = 0, boundary: str = "twat-fs", reply: str = "request") -> None:
        self.agent = agent
        self.size = size
        self.boundary = boundary
        self.reply = reply
        self.notes: list[str] = []
        self.takes: list[Take] = []
        self.jar = False
        self.first = True
        self.follows = False


def as_curl(request: Request, path: str, aside: Aside) -> str:
    """A request as a shell command.

    Args:
        request: The plan.
        path: The file.
        aside: What else there is to know.
    """
    headers = {take for take in aside.takes if take.source == "headers"}
    words = [*_opening(request, aside), *_headers(request, aside), *_cookies(request, aside)]
    if headers:
        words.append(f'-D "${{headers_{aside.reply}}}"')
    feed, body = _body(request, path, aside)
    words += [*body, _address(request.url)]
    command = feed + " \\\n  ".join(words)
    lines = [f"# {' '.join(note.split())}" for note in aside.notes]
    lines += ["jar=$(mktemp)"] if aside.jar and aside.first else []
    lines += [f"headers_{aside.reply}=$(mktemp)"] if headers else []
    needs = " ".join(f'"{need}"' for need in needs_of(request))
    guard = f": {needs} &&\n" if needs else ""
    if not aside.takes:
        return "\n".join([*lines, guard + command])
    lines.append(f"{guard}reply_{aside.reply}=$({command})")
    return "\n".join([*lines, *(_taken(take, aside) for take in aside.takes)])


def _taken(take: Take, aside: Aside) -> str:
    source = f'printf %s "${{reply_{aside.reply}}}"'
    if take.source == "headers":
        source = f"tr -d '\\r' < \"${{headers_{aside.reply}}}\""
    if not take.command:
        return f"{take.variable}=  # fill it in by hand from: {source}"
    text = f"{take.variable}=$({source} | {take.command})"
    if take.default is not None:
        text += f'\n[ -n "${{{take.variable}}}" ] || {take.variable}={word(pieces_of(take.default))}'
    return text


def needs_of(request: Request) -> list[str]:
    """What a shell must have for a request: expressions such as `${API_KEY:?set API_KEY}`."""
    texts: list[Text | None] = [request.url, *(value for _, value in request.headers)]
    if isinstance(request.body, Content):
        texts.append(request.body.text)
    if isinstance(request.body, Multipart):
        for part in request.body.parts:
            texts += [part.filename, part.content_type, part.value if isinstance(part, TextPart) else None]
    shells = [piece for text in texts if text is not None for piece in pieces_of(text) if isinstance(piece, Shell)]
    return list(dict.fromkeys(need for shell in shells for need in shell.needs))


def _opening(request: Request, aside: Aside) -> list[str]:
    secret = any(isinstance(value, Held) for _, value in request.headers)
    leads = aside.follows and request.method == "POST" and request.body is not None and not secret
    if request.method == "HEAD" and request.body is None:
        words = ["curl -sS -I"]
    elif leads:
        words = ["curl -sS -L --max-redirs 5"]  # without -X, since curl would use it for the next request too
    else:
        words = [f"curl -sS -X {word([request.method])}"]
    url = reveal(request.url)
    unknown = isinstance(request.url, Held) and _begins_later(request.url)
    if unknown or re.search(r"[\[\]{}]", url):
        words[0] += " -g"
    if unknown or re.search(r"/\.\.?(/|$)", re.split("[?#]", url)[0].replace("%2e", ".").replace("%2E", ".")):
        words[0] += " --path-as-is"
    if aside.follows and not leads:
        aside.notes.append("A redirect 301, 302 or 303 of this one is followed with GET: do so by hand.")
    return words


def _begins_later(url: Held) -> bool:
    return isinstance(url.pieces[0], Shell) and url.pieces[0].later


def _headers(request: Request, aside: Aside) -> list[str]:
    words = []
    names = {name.lower() for name, _ in request.headers}
    if aside.agent and "user-agent" not in names:
        words.append(f"-A {word([aside.agent])}")
    for name, value in request.headers:
        if name.lower() == "content-type" and isinstance(request.body, Multipart):
            continue  # only the body knows its boundary
        words.append(_login(name, value) or _header(name, value))
    return words


def _header(name: str, value: Text) -> str:
    if not reveal(value).strip(" \t"):
        return f"-H {word([f'{name}:' if name.lower() == 'content-type' else f'{name};'])}"
    pieces = pieces_of(value) if isinstance(value, Held) else [value.strip(" \t")]
    return f"-H {word([f'{name}: ', *pieces])}"


def _login(name: str, value: Text) -> str:
    """A Basic login as curl's own option, or an empty text where it is none."""
    pieces = pieces_of(value)
    if name.lower() != "authorization" or len(pieces) != 2 or pieces[0] != "Basic ":
        return ""
    pair = pieces[1].plain if isinstance(pieces[1], Shell) else ()
    return f"-u {word(pair)}" if ":" in value_of(pair) else ""  # without a colon curl asks for the password


def _cookies(request: Request, aside: Aside) -> list[str]:
    if not aside.jar:
        return []
    own = any(name.lower() == "cookie" for name, _ in request.headers)
    return ['-c "${jar}"'] if own or aside.first else ['-b "${jar}" -c "${jar}"']


def _body(request: Request, path: str, aside: Aside) -> tuple[str, list[str]]:
    """What is piped into curl, and its options."""
    body = request.body
    if isinstance(body, RawFile):
        if body.piece is not None:
            return f"{cut(path, body.piece)} | ", ["--data-binary @-"]
        if aside.size > _STREAMS and not reveal(request.url).partition("?")[0].endswith("/"):
            return "", [f"-T {word([opened(path)])}"]
        return "", [f"--data-binary {word(['@' + opened(path)])}"]
    if isinstance(body, Content):
        text = reveal(body.text)
        if "\0" in text or len(text) > _ARGUMENT:
            return f"{_printed(pieces_of(body.text))} | ", ["--data-binary @-"]
        return "", [f"--data-raw {word(pieces_of(body.text))}"]
    if isinstance(body, Multipart):
        if all(_fits(part) for part in body.parts):
            feed = f"{cut(path, request.piece)} | " if request.piece is not None else ""
            return feed, [_part(part, path) for part in body.parts]
        kind = f"multipart/form-data; boundary={aside.boundary}"
        feed = "\n".join(["{", *by_hand(body, path, aside.boundary), "} | "])
        return feed, [f"-H {word([f'Content-Type: {kind}'])}", "--data-binary @-"]
    if request.method in ("POST", "PUT", "PATCH"):
        # An empty body of known length, as the transport sends, and no type for it.
        typed = any(name.lower() == "content-type" for name, _ in request.headers)
        return "", ["--data-raw ''", *([] if typed else ["-H 'Content-Type:'"])]
    return "", []


def _printed(pieces: Pieces) -> str:
    """A command that prints a text of any length; a shell's words cannot hold U+0000."""
    runs: list[Pieces] = [[]]
    for piece in pieces:
        first, *others = piece.split("\0") if isinstance(piece, str) else [piece]
        runs[-1].append(first)
        runs += [[other] for other in others]
    printed = [f"printf %s {word(run)}" for run in runs]
    return printed[0] if len(printed) == 1 else "{ " + "; printf '\\000'; ".join(printed) + "; }"


def _fits(part: TextPart | FilePart) -> bool:
    """Whether curl's own options make just this part."""
    if not part.name or "=" in part.name:
        return False
    typed = part.content_type is None or bool(_TYPE.fullmatch(_plain(part.content_type)))
    if isinstance(part, FilePart):
        return typed and bool(_plain(part.filename))
    if len(reveal(part.value)) > _ARGUMENT or "\0" in reveal(part.value):
        return False
    if part.filename is None and part.content_type is None:
        return True
    if part.content_type is None:
        return False  # curl would add a type of its own
    return typed and not isinstance(part.value, Held) and (part.filename is None or bool(_plain(part.filename)))


def _plain(text: Text) -> str:
    return "" if isinstance(text, Held) else text


def _part(part: TextPart | FilePart, path: str) -> str:
    extra = ""
    if part.filename is not None:
        extra += f";filename={_in_quotes(reveal(part.filename))}"
    if part.content_type is not None:
        extra += f";type={reveal(part.content_type)}"
    if isinstance(part, FilePart):
        content = "-" if part.piece is not None else _in_quotes(opened(path))
        return f"-F {word([f'{part.name}=@{content}{extra}'])}"
    if extra:
        return f"-F {word([f'{part.name}={_in_quotes(reveal(part.value))}{extra}'])}"
    return f"--form-string {word([f'{part.name}=', *pieces_of(part.value)])}"


def _in_quotes(text: str) -> str:
    """A value inside curl's own quotes, which keep `;` and `,` from meaning anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _address(url: Text) -> str:
    """The address; of what surrounds a secret in it, what is not ASCII is encoded as the transport would."""
    from urllib.parse import quote

    ascii_ = "".join(map(chr, range(0x21, 0x7F)))
    return word([piece if isinstance(piece, Shell) else quote(piece, safe=ascii_) for piece in pieces_of(url)])
