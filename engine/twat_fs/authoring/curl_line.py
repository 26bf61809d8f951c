"""From a `curl` command line to a draft that sends the same request."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twat_fs.authoring import keys
from twat_fs.authoring.curl_body import DATA, Bodies
from twat_fs.authoring.curl_options import SAID, SILENT, options
from twat_fs.authoring.draft import Draft, literal, put_query, short_name, spec_name
from twat_fs.authoring.pipes import result_of_pipe
from twat_fs.authoring.shells import Variable, Word, read, text_of
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def from_curl(text: str) -> Draft:
    """A draft of the request that a command line makes.

    Args:
        text: The line, for sh, cmd.exe or PowerShell; a prompt before it and a pipe to `jq` after it are understood.

    Raises:
        UsageError: It is no `curl` line, or it sends what a spec cannot.
    """
    line = read(text)
    words = list(line.words)
    while words and (text_of(words[0]) in ("$", ">", "#", "PS>", "sudo", "time", "env") or _is_assignment(words)):
        words.pop(0)
    if not words or os.path.basename(text_of(words[0])).removesuffix(".exe") != "curl":
        begun = text_of(words[0]) if words else "nothing"
        raise UsageError(f"this is no curl command: it begins with {begun}")
    reader = _Curl()
    for name, word in options(words[1:]):
        reader.take(name, word)
    draft = reader.draft()
    result_of_pipe(draft, line.rest)
    return draft


def _is_assignment(words: Sequence[Word]) -> bool:
    return bool(words) and bool(re.match(r"[A-Za-z_]\w*=", text_of(words[0])))


class _Curl(Bodies):
    """Gathers options; the address is needed before any of them can be understood, so it is looked at first."""

    def take(self, name: str, word: Word) -> None:
        """Note an option."""
        self.given.append((name, word))

    def draft(self) -> Draft:
        """The draft of all that was noted."""
        urls = [word for name, word in self.given if name == "url"]
        if len(urls) != 1:
            raise UsageError(f"the curl line has {len(urls) or 'no'} addresses; a spec is for one")
        self._note_file()
        self._put_url(urls[0])
        for name, word in self.given:
            self._option(name, word)
        self.put_data()
        self._put_method()
        self._check()
        return self.found

    def _note_file(self) -> None:
        """Find the file, whose name may stand in other places too."""
        for name, word in self.given:
            text = text_of(word)
            if name == "upload-file":
                self.file = text
            elif name == "form" and re.match(r"[^=]*=[@<]", text):
                self.file = self.file or re.split(r"[;,]", text.partition("=")[2][1:])[0].strip('"')
            elif name in ("data-binary", "data", "json", "data-ascii") and text.startswith("@"):
                self.file = text[1:]
            elif name == "data-urlencode" and re.match(r"[^=@]*@", text):
                self.file = text.partition("@")[2]

    # The address

    def _put_url(self, word: Word) -> None:
        draft = self.found
        text = text_of(word)
        if not word or isinstance(word[0], Variable):
            variable = word[0].name if word and isinstance(word[0], Variable) else ""
            self._server(variable, word)
            return
        if "://" not in text:
            draft.remarks.append("the address has no scheme, so curl takes http://")
            word = (f"http://{word[0]}", *word[1:])
        host = urlsplit(text_of(word)).netloc
        if "$" in host:
            raise UsageError(
                "a variable stands inside the host's name, and a spec says where its file goes",
                hint="Write the host out, or the whole address as one variable: $SERVER/path.",
            )
        if "@" in host:
            login, _, _ = host.rpartition("@")
            word = (str(word[0]).replace(f"{login}@", "", 1), *word[1:])
            self.found.request["url"] = str(word[0])
            self._login(login)
        self.found.request["url"] = str(word[0])  # for the names of credentials
        self.found.request["url"] = self._address(word)
        for name, value in self.found.request.get("query", {}).items():
            if self.base and value == self.base:
                self.found.request["query"][name] = "{{ file.name }}"
                self.found.comment("request", "query", name, text=f"`{value}` was the file's name.")

    def _server(self, variable: str, word: Word) -> None:
        """An address that begins with a variable: the user's own server."""
        facts = {"type": "url", "env": variable, "help": "The address of your server."}
        base = self.found.option("server", facts)
        self.found.remarks.append(f"the address begins with ${variable}: it is the option `server`, or that variable")
        self.found.request["url"] = base + self._address(word[1:])

    def _address(self, word: Word) -> str:
        url = ""
        for piece in word:
            if isinstance(piece, Variable):
                is_file = f"${piece.name}" == self.file or piece.name.isdigit()
                url += "{{ file.name }}" if is_file else self.credential(piece)
            else:
                # A query with a variable in it stays in the address, where the variable is.
                url += put_query(self.found, literal(piece)) if len(word) == 1 else literal(piece)
        before, mark, query = url.partition("?")
        before = self._with_name(before)
        return before + mark + query

    def _with_name(self, url: str) -> str:
        """The file's name where it stands in an address, and where `-T` adds it."""
        names = [name for name, _ in self.given]
        path = url.partition("://")[2].partition("/")[2] if "://" in url else url
        if "upload-file" in names and (not path or url.endswith("/")) and "{{ file.name }}" not in url:
            return f"{url.rstrip('/')}/{{{{ file.name }}}}"
        last = url.rsplit("/", 1)[-1]
        if self.base and last == self.base:
            self.found.comment("request", "url", text=f"`{self.base}` was the file's name.")
            return f"{url[: -len(last)]}{{{{ file.name }}}}"
        return url

    # Options

    def _option(self, name: str, word: Word) -> None:
        text = text_of(word)
        handled: dict[str, Callable[[], None]] = {
            "form": lambda: self.form(word, plain=False),
            "form-string": lambda: self.form(word, plain=True),
            "header": lambda: self._header(word),
            "user": lambda: self._login(word),
            "oauth2-bearer": lambda: self._header(("Authorization: Bearer ", *word)),
            "cookie": lambda: self._cookie(word),
            "user-agent": lambda: self._header(("User-Agent: ", *word)),
            "referer": lambda: self._header(("Referer: ", *word)),
            "location": self._follow,
            "location-trusted": self._follow,
            "connect-timeout": lambda: self._number(name, text),
            "retry": lambda: self._number(name, text),
        }
        if name in SAID:
            self.found.remarks.append(SAID[name])
        elif name in DATA:
            self.data.append((name, word))
        elif name in handled:
            handled[name]()
        elif name not in SILENT:
            raise UsageError(
                f"what curl's option --{name} does, a spec cannot", hint="Leave it out if it is not needed."
            )

    def _follow(self) -> None:
        self.found.request["redirects"] = "see_other"
        self.found.comment("request", "redirects", text="-L: a redirect of the answer is followed, without the file.")

    def _number(self, name: str, text: str) -> None:
        if not text.isdecimal():
            raise UsageError(f"curl's option --{name} wants a number, not {text}")
        if name == "retry":
            self.found.data["retry"] = {"attempts": min(int(text) + 1, 10)}
        else:
            self.found.request["timeout"] = {"connect": f"{int(text)}s"}

    def _header(self, word: Word) -> None:
        first = str(word[0]) if word and isinstance(word[0], str) else ""
        name, mark, rest = first.partition(":")
        headers = self.found.request.setdefault("headers", {})
        if first.startswith("@"):
            raise UsageError("-H @file takes headers from a file; write them out")
        if not mark:
            headers[first.rstrip(";")] = ""
            return
        value: Word = ((rest.lstrip(),) if rest.lstrip() else ()) + tuple(word[1:])
        if name.lower() in ("host", "content-length", "transfer-encoding", "connection", "expect"):
            self.found.remarks.append(f"the header {name} is left out: it is the program's own")
        elif name.lower() == "content-type" and self.has_form():
            self.found.remarks.append("the header Content-Type is left out: that of a form has its boundary in it")
        elif value:
            headers[name] = self.template(name, value)
        else:
            headers[name] = None
            if name.lower() in ("accept", "user-agent"):
                del headers[name]

    def _cookie(self, word: Word) -> None:
        if "=" not in text_of(word):
            raise UsageError("-b with a file of cookies: log in by a step of the spec, or say the cookie itself")
        self.found.comment("request", "headers", "Cookie", text="A cookie is a login: keep it like a password.")
        names = [part.split("=")[0].strip() for part in text_of(word).split(";")]
        if any(isinstance(piece, Variable) for piece in word):
            value = self.template("cookie", word)
        else:
            variable = keys.variable_name(short_name(self.found.host), "cookie")
            self.found.values[variable] = text_of(word)
            value = self.found.credential(variable, f"The cookie, as `{'=...; '.join(names)}=...`.")
        self.found.request.setdefault("headers", {})["Cookie"] = value

    def _login(self, word: Word | str) -> None:
        pieces: Word = (word,) if isinstance(word, str) else word
        user: list[str | Variable] = []
        password: list[str | Variable] = []
        second = False
        for piece in pieces:
            if isinstance(piece, str) and not second and ":" in piece:
                before, _, after = piece.partition(":")
                user += [before] if before else []
                password += [after] if after else []
                second = True
            else:
                (password if second else user).append(piece)
        host = short_name(self.found.host)
        name = self.template("user", tuple(user)) if user else ""
        if any(isinstance(piece, Variable) for piece in password):
            secret = self.template("password", tuple(password))
        elif second and not password:
            secret = ""
        else:
            secret = self.found.credential(keys.variable_name(host, "password"), "The password of the account.")
            self.found.values[keys.variable_name(host, "password")] = "".join(map(str, password))
        self.found.request["basic_auth"] = {"username": name, "password": secret}

    # Method

    def _put_method(self) -> None:
        named = [text_of(word) for name, word in self.given if name == "request"]
        names = {name for name, _ in self.given}
        has_body = bool(self.data or self.has_form())
        if "upload-file" in names:
            self.found.request["raw"] = "{{ file }}"
            self.found.request.setdefault("headers", {}).setdefault("Content-Type", None)
            usual = "PUT"
        else:
            usual = "POST" if has_body and "get" not in names else "GET"
        method = named[-1].upper() if named else usual
        if method != "POST":
            self.found.request["method"] = method

    def _check(self) -> None:
        request = self.found.request
        if request.get("headers") == {}:
            del request["headers"]
        if "{{ file" not in json.dumps(request):
            raise UsageError(
                "the curl line sends no file",
                hint="Name one: -F file=@photo.jpg, -T photo.jpg or --data-binary @photo.jpg.",
            )
        host = self.found.host or "server"
        name = spec_name(short_name(host))
        self.found.data |= {"spec": 1, "name": name, "title": host}
        if host != "server":
            self.found.data["homepage"] = f"https://{host}"
