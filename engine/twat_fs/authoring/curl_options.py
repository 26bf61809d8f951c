"""The options of curl's command line: which take a word, and which mean nothing for what is sent.

Source of names and meanings: curl's manual, https://curl.se/docs/manpage.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.authoring.shells import Word

#: Short letters of options that take a word, with their long names.
_WITH_WORD = {
    "A": "user-agent",
    "b": "cookie",
    "c": "cookie-jar",
    "C": "continue-at",
    "d": "data",
    "D": "dump-header",
    "e": "referer",
    "E": "cert",
    "F": "form",
    "H": "header",
    "K": "config",
    "m": "max-time",
    "o": "output",
    "r": "range",
    "T": "upload-file",
    "u": "user",
    "U": "proxy-user",
    "w": "write-out",
    "x": "proxy",
    "X": "request",
    "Y": "speed-limit",
    "y": "speed-time",
    "z": "time-cond",
}
#: Short letters of options that stand alone.
_ALONE = {
    "0": "http1.0",
    "1": "tlsv1",
    "2": "sslv2",
    "3": "sslv3",
    "4": "ipv4",
    "6": "ipv6",
    "#": "progress-bar",
    "f": "fail",
    "g": "globoff",
    "G": "get",
    "i": "include",
    "I": "head",
    "j": "junk-session-cookies",
    "J": "remote-header-name",
    "k": "insecure",
    "L": "location",
    "n": "netrc",
    "N": "no-buffer",
    "O": "remote-name",
    "p": "proxytunnel",
    "q": "disable",
    "s": "silent",
    "S": "show-error",
    "v": "verbose",
    "Z": "parallel",
}
_LONG_WITH_WORD = {
    *_WITH_WORD.values(),
    "aws-sigv4",
    "cacert",
    "capath",
    "connect-timeout",
    "data-ascii",
    "data-binary",
    "data-raw",
    "data-urlencode",
    "form-string",
    "json",
    "key",
    "limit-rate",
    "max-redirs",
    "oauth2-bearer",
    "output-dir",
    "resolve",
    "connect-to",
    "retry",
    "retry-delay",
    "retry-max-time",
    "stderr",
    "trace",
    "trace-ascii",
    "url",
    "url-query",
    "variable",
}
_LONG_ALONE = {
    *_ALONE.values(),
    "anyauth",
    "basic",
    "compressed",
    "create-dirs",
    "fail-early",
    "fail-with-body",
    "http1.1",
    "http2",
    "http3",
    "location-trusted",
    "no-progress-meter",
    "no-keepalive",
    "path-as-is",
    "post301",
    "post302",
    "post303",
    "retry-all-errors",
    "retry-connrefused",
    "ssl-reqd",
    "styled-output",
    "tcp-nodelay",
    "tlsv1.2",
    "tlsv1.3",
}


#: Options that change nothing in what is sent, or only how curl reports.
SILENT = {
    "url",
    "upload-file",
    "request",
    "get",
    "head",
    "silent",
    "show-error",
    "fail",
    "fail-early",
    "fail-with-body",
    "include",
    "verbose",
    "progress-bar",
    "no-progress-meter",
    "no-buffer",
    "output",
    "output-dir",
    "remote-name",
    "remote-header-name",
    "write-out",
    "dump-header",
    "cookie-jar",
    "compressed",
    "http1.0",
    "http1.1",
    "http2",
    "http3",
    "ipv4",
    "ipv6",
    "trace",
    "trace-ascii",
    "stderr",
    "create-dirs",
    "styled-output",
    "tcp-nodelay",
    "no-keepalive",
    "globoff",
    "tlsv1",
    "tlsv1.2",
    "tlsv1.3",
    "ssl-reqd",
    "basic",
    "disable",
    "path-as-is",
    "parallel",
    "limit-rate",
    "retry-delay",
    "retry-max-time",
    "retry-all-errors",
    "retry-connrefused",
    "max-redirs",
    "junk-session-cookies",
    "post301",
    "post302",
    "post303",
    "speed-limit",
    "speed-time",
}
SAID = {
    "insecure": "-k is left out: certificates are always checked; --ca-file names an authority of your own",
    "cacert": "--cacert is left out: use `twat-fs upload --ca-file`",
    "capath": "--capath is left out: use `twat-fs upload --ca-file`",
    "proxy": "--proxy is left out: set https_proxy",
    "proxy-user": "--proxy-user is left out: set https_proxy",
    "max-time": "--max-time is left out: `twat-fs upload --timeout` bounds the time without progress",
    "netrc": "-n is left out: no .netrc is read; a login is a credential of the spec",
    "resolve": "--resolve is left out",
    "connect-to": "--connect-to is left out",
}


def options(words: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    """Each option of a command line with its word (empty where it takes none), and each address as `url`.

    Args:
        words: What stands after `curl`.

    Raises:
        UsageError: An option is not known, or its word is missing.
    """
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        first = word[0] if word and isinstance(word[0], str) else ""
        if first == "--" and len(word) == 1:
            yield from (("url", each) for each in waiting)
            return
        if first.startswith("--"):
            yield _long(word, first[2:], waiting)
        elif first.startswith("-") and word != ("-",):
            yield from _short(word, first[1:], waiting)
        else:
            yield "url", word


def _long(word: Word, name: str, waiting: list[Word]) -> tuple[str, Word]:
    if name in _LONG_ALONE or name.removeprefix("no-") in _LONG_ALONE:
        return name, ()
    if name not in _LONG_WITH_WORD or len(word) > 1:
        raise _unknown(f"--{name}")
    return name, _next(f"--{name}", waiting)


def _short(word: Word, letters: str, waiting: list[Word]) -> Iterator[tuple[str, Word]]:
    for at, letter in enumerate(letters):
        if letter in _WITH_WORD:
            rest: Word = ((letters[at + 1 :],) if letters[at + 1 :] else ()) + tuple(word[1:])
            yield _WITH_WORD[letter], rest or _next(f"-{letter}", waiting)
            return
        if letter not in _ALONE:
            raise _unknown(f"-{letter}")
        yield _ALONE[letter], ()


def _next(name: str, waiting: list[Word]) -> Word:
    if not waiting:
        raise UsageError(f"curl's option {name} wants a word after it")
    return waiting.pop(0)


def _unknown(name: str) -> UsageError:
    return UsageError(
        f"curl's option {name} is not known here",
        hint="Leave it out if it does not change what is sent.",
    )
