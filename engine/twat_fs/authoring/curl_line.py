"""From a `curl` command line to a draft that sends the same request."""

from __future__ import annotations

import json
import re
from math import ceil
from typing import TYPE_CHECKING

from twat_fs.authoring import keys
from twat_fs.authoring.curl_address import Addressed
from twat_fs.authoring.curl_body import DATA
from twat_fs.authoring.curl_form import part
from twat_fs.authoring.curl_options import SAID, SILENT, options
from twat_fs.authoring.draft import Draft, short_name, spec_name
from twat_fs.authoring.paste import command
from twat_fs.authoring.pipes import result_of_pipe
from twat_fs.authoring.shells import read
from twat_fs.authoring.words import Variable, Word, text_of
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def from_curl(text: str) -> Draft:
    """A draft of the request that a command line makes.

    Args:
        text: The line, for sh, cmd.exe or PowerShell; a prompt before it and a pipe to `jq` after it are understood.

    Raises:
        UsageError: It is no `curl` line, or it sends what a spec cannot.
    """
    pasted = command(text)
    line = read(pasted.text, pasted.shell, pasted.closer)
    reader = _Curl()
    for name, word in options(line.words[1:]):
        reader.take(name, word)
    draft = reader.draft()
    draft.remarks[:0] = pasted.remarks
    if not pasted.closer:
        result_of_pipe(draft, line.rest)
    return draft


class _Curl(Addressed):
    """Gathers options; the address is needed before any of them can be understood, so it is looked at first."""

    def take(self, name: str, word: Word) -> None:
        """Note an option."""
        self.given.append((name, word))

    def draft(self) -> Draft:
        """The draft of all that was noted."""
        urls = [word for name, word in self.given if name == "url"]
        if len(urls) != 1:
            shown = f" ({', '.join(text_of(word)[:60] for word in urls)})" if urls else ""
            raise UsageError(f"the curl line has {len(urls) or 'no'} addresses{shown}; a spec is for one")
        self._note_file()
        self.put_url(urls[0])
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
            of = [piece.name for piece in word if isinstance(piece, Variable) and piece.of in ("text", "base64")]
            if name == "upload-file":
                self.file = text
            elif name == "form" and re.match(r"[^=]*=[@<]", text):
                self.file = self.file or text_of(part(word, plain=False).content)
            elif name in ("data-binary", "data", "json", "data-ascii") and text.startswith("@"):
                self.file = text[1:]
            elif name == "data-urlencode" and "=" not in text and "@" in text:
                self.file = text.partition("@")[2]
            elif of and not self.file:
                self.file = of[0]

    # Options

    def _option(self, name: str, word: Word) -> None:
        text = text_of(word)
        handled: dict[str, Callable[[], None]] = {
            "form": lambda: self.form(word, plain=False),
            "form-string": lambda: self.form(word, plain=True),
            "header": lambda: self._header(word),
            "user": lambda: self.put_login(word),
            "oauth2-bearer": lambda: self._header(("Authorization: Bearer ", *word)),
            "cookie": lambda: self._cookie(word),
            "user-agent": lambda: self._header(("User-Agent: ", *word)),
            "referer": lambda: self._header(("Referer: ", *word)),
            "location": self._follow,
            "location-trusted": self._follow,
            "connect-timeout": lambda: self._number(name, text),
            "retry": lambda: self._number(name, text),
            "url-query": lambda: self._url_query(word),
        }
        if name in SAID:
            self.found.remarks.append(f"--{name}: {SAID[name]}")
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
        if not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
            raise UsageError(f"curl's option --{name} wants a number, not {text}")
        if name == "retry":
            self.found.data["retry"] = {"attempts": min(int(float(text)) + 1, 10)}
        else:
            self.found.request["timeout"] = {"connect": f"{min(max(ceil(float(text)), 1), 300)}s"}

    def _url_query(self, word: Word) -> None:
        """A parameter of the address; it is written as for --data-urlencode."""
        name, value = self._encoded_pair(word)
        if not name or name in self.found.request.get("query", {}):
            raise UsageError(f"--url-query {text_of(word)} cannot be told apart from the rest of the query")
        self.found.request.setdefault("query", {})[name] = value

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
        elif name.lower() == "content-type" and self.has("form", "form-string"):
            self.found.remarks.append("the header Content-Type is left out: that of a form has its boundary in it")
        elif value:
            self._add_header(name, self.template(name, value))
        elif name.lower() not in ("accept", "user-agent"):
            headers[name] = None

    def _add_header(self, name: str, value: str) -> None:
        """A header; what a second line of one name says is joined to the first (RFC 9110, 5.3)."""
        headers = self.found.request.setdefault("headers", {})
        known = next((each for each in headers if each.lower() == name.lower()), name)
        if headers.get(known) is None:
            headers[known] = value
        elif known.lower() in ("authorization", "cookie", "content-type", "user-agent"):
            raise UsageError(f"the header {name} stands twice; a request has it once")
        else:
            headers[known] += f", {value}"
            self.found.remarks.append(f"the header {name} stands twice; its values are sent as one, with a comma")

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

    # Method

    def _put_method(self) -> None:
        named = [text_of(word) for name, word in self.given if name == "request"]
        names = {name for name, _ in self.given}
        has_body = bool(self.data or self.has("form", "form-string"))
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
