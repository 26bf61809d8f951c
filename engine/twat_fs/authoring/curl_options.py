"""The options of curl's command line: which take a word, which mean nothing for what is sent, which no spec can say.

Source of names and meanings: curl's manual, https://curl.se/docs/manpage.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.authoring.words import Word


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Short letters of options that take a word, with their long names.
_WITH_WORD = dict(
    pair.split(":")
    for pair in _words("""
    A:user-agent b:cookie c:cookie-jar C:continue-at d:data D:dump-header e:referer E:cert F:form h:help H:header
    K:config m:max-time o:output P:ftp-port Q:quote r:range t:telnet-option T:upload-file u:user U:proxy-user
    w:write-out x:proxy X:request y:speed-time Y:speed-limit z:time-cond
    """)
)
#: Short letters of options that stand alone.
_ALONE = dict(
    pair.split(":")
    for pair in _words("""
    0:http1.0 1:tlsv1 2:sslv2 3:sslv3 4:ipv4 6:ipv6 #:progress-bar a:append B:use-ascii f:fail g:globoff G:get
    i:include I:head j:junk-session-cookies J:remote-header-name k:insecure l:list-only L:location M:manual n:netrc
    N:no-buffer O:remote-name p:proxytunnel q:disable R:remote-time s:silent S:show-error v:verbose V:version
    Z:parallel
    """)
) | {":": "next"}

#: Options that change nothing in what is sent, only how curl reports, connects or waits.
_SILENT_WITH_WORD = _words(
    """
    alt-svc ciphers cookie-jar create-file-mode curves dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url
    dump-header ech engine etag-save expect100-timeout happy-eyeballs-timeout-ms hsts interface ip-tos keepalive-cnt
    keepalive-time libcurl limit-rate local-port max-filesize max-redirs output output-dir parallel-max
    parallel-max-host pinnedpubkey proto proto-default proto-redir rate random-file egd-file request retry-delay
    retry-max-time speed-limit speed-time stderr tls-max tls13-ciphers trace trace-ascii trace-config upload-file
    url vlan-priority write-out
    """
)
_SILENT_ALONE = _words(
    """
    alpn anyauth basic buffer ca-native cert-status clobber compressed create-dirs disable disallow-username-in-url
    doh-cert-status fail fail-early fail-with-body false-start form-escape get globoff head http0.9 http1.0 http1.1
    http2 http2-prior-knowledge http3 http3-only ignore-content-length include ipv4 ipv6 junk-session-cookies
    keepalive mptcp no-alpn no-buffer no-clobber no-keepalive no-npn no-progress-meter no-sessionid npn out-null
    parallel parallel-immediate path-as-is post301 post302 post303 progress-bar progress-meter raw
    remote-header-name remote-name remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused
    sessionid show-error show-headers silent skip-existing ssl ssl-allow-beast ssl-auto-client-cert ssl-no-revoke
    ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output suppress-connect-headers tcp-fastopen tcp-nodelay
    tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time verbose xattr
    """
)
SILENT = _SILENT_WITH_WORD | _SILENT_ALONE
#: Options that stand for a request: `curl_line` and `curl_body` read them.
_READ_WITH_WORD = _words(
    """
    connect-timeout cookie data data-ascii data-binary data-raw data-urlencode form form-string header json
    oauth2-bearer referer retry url-query user user-agent
    """
)
_READ_ALONE = frozenset({"location", "location-trusted"})
_PROXY = "it is left out: set https_proxy"
_AUTHORITY = "it is left out: use `twat-fs upload --ca-file`"
#: Options that say where or how to connect: a matter of the user's, not of the host's. They are left out, and told.
SAID = {
    "insecure": "it is left out: certificates are always checked; --ca-file names an authority of your own",
    "doh-insecure": "it is left out: certificates are always checked",
    "cacert": _AUTHORITY,
    "capath": _AUTHORITY,
    "crlfile": "it is left out",
    "proxy": _PROXY,
    "proxy-user": _PROXY,
    "proxytunnel": _PROXY,
    "preproxy": _PROXY,
    "socks4": _PROXY,
    "socks4a": _PROXY,
    "socks5": _PROXY,
    "socks5-hostname": _PROXY,
    "noproxy": "it is left out: set no_proxy",
    "max-time": "it is left out: `twat-fs upload --max-time` bounds the time of an upload",
    "netrc": "it is left out: no .netrc is read; a login is a credential of the spec",
    "netrc-optional": "it is left out: no .netrc is read; a login is a credential of the spec",
    "netrc-file": "it is left out: no .netrc is read; a login is a credential of the spec",
    "resolve": "it is left out",
    "connect-to": "it is left out",
    "unix-socket": "it is left out",
    "abstract-unix-socket": "it is left out",
}
_LOGIN = "a spec logs in by -u (Basic) or by a header"
_CERTIFICATE = "a spec has no certificate of its user's"
_NO_UPLOAD = "it is not for an upload over HTTP"
#: Options that no spec can say, with the reason.
REFUSED = {
    "digest": _LOGIN,
    "ntlm": _LOGIN,
    "ntlm-wb": _LOGIN,
    "negotiate": _LOGIN,
    "delegation": _LOGIN,
    "aws-sigv4": "what it signs is worked out from each request; for S3 and its like there is the provider s3",
    "cert": _CERTIFICATE,
    "key": _CERTIFICATE,
    "pass": _CERTIFICATE,
    "cert-type": _CERTIFICATE,
    "key-type": _CERTIFICATE,
    "config": "what stands in that file is not known here; write its options out",
    "next": "there are several requests; convert each by itself, and put them together as `steps`",
    "variable": "write the value out",
    "range": "a spec sends whole files",
    "continue-at": "a spec sends whole files",
    "crlf": "a spec sends the file as it is",
    "use-ascii": "a spec sends the file as it is",
    "append": _NO_UPLOAD,
    "quote": _NO_UPLOAD,
    "list-only": _NO_UPLOAD,
    "telnet-option": _NO_UPLOAD,
    "ftp-port": _NO_UPLOAD,
    "help": _NO_UPLOAD,
    "manual": _NO_UPLOAD,
    "version": _NO_UPLOAD,
    "request-target": "a spec's request is for the address that it names",
    "time-cond": "a spec has no condition of this kind",
    "etag-compare": "a spec has no condition of this kind",
}
_REFUSED_ALONE = {
    *("digest", "ntlm", "ntlm-wb", "negotiate", "next", "crlf", "use-ascii", "append", "list-only"),
    *("manual", "version"),
}
_SAID_ALONE = {"insecure", "doh-insecure", "proxytunnel", "netrc", "netrc-optional"}
_LONG_ALONE = _SILENT_ALONE | _READ_ALONE | _SAID_ALONE | _REFUSED_ALONE
_LONG_WITH_WORD = _SILENT_WITH_WORD | _READ_WITH_WORD | (SAID.keys() - _SAID_ALONE) | (REFUSED.keys() - _REFUSED_ALONE)
#: The beginnings of options for other protocols, for proxies, and of options whose words curl itself would fill in.
_OTHERS = {
    "proxy-": _PROXY,
    "socks5-": _PROXY,
    "expand-": "write the value out",
    **dict.fromkeys(
        ("ftp-", "mail-", "tftp-", "sasl-", "krb", "hostpub", "pubkey", "ssh-", "compressed-ssh"), _NO_UPLOAD
    ),
    "tls": _CERTIFICATE,
    "service-name": _LOGIN,
    "login-options": _LOGIN,
}


def options(words: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    """Each option of a command line with its word (empty where it takes none), and each address as `url`.

    Args:
        words: What stands after `curl`.

    Raises:
        UsageError: An option is not known, or is one that no spec can say, or its word is missing.
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


def _long(word: Word, given: str, waiting: list[Word]) -> tuple[str, Word]:
    stem, equals, value = given.partition("=")
    name = _whole(stem)
    if name in _LONG_ALONE and not equals:
        return _possible(name), ()
    if name not in _LONG_WITH_WORD or (len(word) > 1 and not equals):
        raise _unknown(f"--{stem}")
    if equals:  # no curl takes this, but people write it, and mean this
        return _possible(name), ((value,) if value else ()) + tuple(word[1:])
    return _possible(name), _next(f"--{name}", waiting)


def _whole(stem: str) -> str:
    """An option by its whole name; curl takes the beginning of one where no other begins so."""
    if stem in _LONG_ALONE or stem in _LONG_WITH_WORD:
        return stem
    if stem.removeprefix("no-") in _LONG_ALONE:
        return stem.removeprefix("no-") if stem.removeprefix("no-") in SILENT else stem
    begun = [name for name in _LONG_ALONE | _LONG_WITH_WORD if name.startswith(stem)]
    return begun[0] if len(begun) == 1 and stem else stem


def _short(word: Word, letters: str, waiting: list[Word]) -> Iterator[tuple[str, Word]]:
    for at, letter in enumerate(letters):
        if letter in _WITH_WORD:
            rest: Word = ((letters[at + 1 :],) if letters[at + 1 :] else ()) + tuple(word[1:])
            yield _possible(_WITH_WORD[letter]), rest or _next(f"-{letter}", waiting)
            return
        if letter not in _ALONE:
            raise _unknown(f"-{letter}")
        yield _possible(_ALONE[letter]), ()


def _possible(name: str) -> str:
    """An option that a spec can say.

    Raises:
        UsageError: It is not.
    """
    if name in REFUSED:
        raise UsageError(
            f"what curl's option --{name} does, a spec cannot: {REFUSED[name]}",
            hint="Leave it out if it is not needed.",
        )
    return name


def _next(name: str, waiting: list[Word]) -> Word:
    if not waiting:
        raise UsageError(f"curl's option {name} wants a word after it")
    return waiting.pop(0)


def _unknown(name: str) -> UsageError:
    why = next((why for begun, why in _OTHERS.items() if name.startswith(f"--{begun}")), "")
    if why:
        return UsageError(f"what curl's option {name} does, a spec cannot: {why}", hint="Leave it out.")
    return UsageError(
        f"curl's option {name} is not known here",
        hint="Leave it out if it does not change what is sent.",
    )
