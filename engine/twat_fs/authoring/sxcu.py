"""From a custom uploader of ShareX (`.sxcu`) to a draft.

Facts: https://getsharex.com/docs/custom-uploader. What the format can do with files and names of the user's machine is
not carried over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from twat_fs.authoring import keys
from twat_fs.authoring.address import put_query
from twat_fs.authoring.draft import literal, short_name, spec_name
from twat_fs.authoring.sxcu_replies import Replies
from twat_fs.authoring.sxcu_syntax import Call, Text, parse
from twat_fs.authoring.sxcu_values import Values
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft

_BODIES = {
    "multipartformdata": "multipart",
    "formurlencoded": "form",
    "json": "json",
    "xml": "raw",
    "binary": "binary",
    "none": "",
    "": "",
}
_LINKS_ONLY = {"urlshortener", "urlsharingservice"}
_KNOWN = {
    "version",
    "name",
    "destinationtype",
    "requestmethod",
    "requesttype",
    "requesturl",
    "parameters",
    "headers",
    "body",
    "arguments",
    "data",
    "fileformname",
    "regexlist",
    "url",
    "thumbnailurl",
    "deletionurl",
    "errormessage",
    "responsetype",
}
#: A host that is none: without a dot, or with what no name of a host has.
_STAND_IN = re.compile(
    r"(?!localhost)[\w-]+|[\w.-]*_[\w.-]*|(?:[\w-]+\.)*(?:example|your-?\w*|my-?domain)\.\w+", re.IGNORECASE
)
#: Fields in which a link is sent, not a file.
_LINK = re.compile(r"(?i)(long|target|src)?_?(url|link|uri)")


def from_sxcu(content: bytes, stem: str) -> Draft:
    """A draft of what an uploader does.

    Args:
        content: The file's bytes.
        stem: The file's name without its suffix, for the spec's name where the uploader has none.

    Raises:
        UsageError: It is no uploader, or one that sends no file.
    """
    try:
        given = _read(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no ShareX uploader: it is not JSON: {error}") from error
    if not isinstance(given, dict) or not str(_get(given, "RequestURL", "")).strip():
        raise UsageError("this is no ShareX uploader: it has no RequestURL")
    lowered = {str(key).lower(): value for key, value in given.items()}
    for key, kind in (("parameters", dict), ("headers", dict), ("arguments", dict), ("regexlist", list)):
        if not isinstance(lowered.get(key) or kind(), kind):
            raise UsageError(f"this is no ShareX uploader: its {key} are not a {kind.__name__}")
    return _Uploader(lowered, stem).draft()


def _read(content: bytes) -> Any:
    """The uploader's JSON; ShareX itself takes UTF-16 too, and commas before a closing bracket."""
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(re.sub(r",(\s*[}\]])", r"\1", text))


def _get(given: dict[str, Any], key: str, default: Any) -> Any:
    return next((value for name, value in given.items() if str(name).lower() == key.lower()), default)


class _Uploader(Values):
    """One uploader, its keys in small letters."""

    def __init__(self, given: dict[str, Any], stem: str) -> None:
        super().__init__()
        self.given = given
        self.stem = stem

    def draft(self) -> Draft:
        """The draft."""
        self._refuse_what_sends_no_file()
        self._put_url()
        self._put_method()
        self._put_headers()
        self._put_body()
        self._put_names()
        replies = Replies(self.found, [str(each) for each in self.given.get("regexlist") or []])
        replies.put(self.given)
        for key in self.given:
            if key not in _KNOWN:
                self.found.remarks.append(f"`{key}` is not known here and left out")
        if "{{ file" not in json.dumps(self.found.request):
            raise UsageError("this uploader sends no file")
        return self.found

    def _refuse_what_sends_no_file(self) -> None:
        kinds = {kind.strip().lower() for kind in str(self.given.get("destinationtype") or "").split(",")} - {""}
        if kinds and kinds <= _LINKS_ONLY:
            raise UsageError("this uploader shortens or shares links: it sends no file")
        fields = {**(self.given.get("arguments") or {}), **(self.given.get("parameters") or {})}
        links = [name for name, value in fields.items() if _LINK.fullmatch(str(name)) and "input" in str(value)]
        if links and not self.given.get("fileformname"):
            raise UsageError(f"this uploader sends a link in its field `{links[0]}`, and no file")

    def _put_names(self) -> None:
        host = self.found.host
        title = str(self.given.get("name") or self.stem or host)
        named = spec_name(short_name(host) if host else self.stem)
        title = " ".join("".join(each if each.isprintable() else " " for each in title).split())
        self.found.data |= {"spec": 1, "name": named, "title": title[:100] or host or named}
        if host:
            self.found.data["homepage"] = f"https://{host}"

    # The request

    def _put_url(self) -> None:
        url = str(self.given["requesturl"]).strip()
        if re.match(r"(?!https?:)[a-z][a-z0-9+.-]*://", url, re.IGNORECASE):
            raise UsageError(f"the uploader's address is one of {url.partition(':')[0]}, and a spec is for HTTP")
        login = re.match(r"(https?://)([^/?#@]*)@", url, re.IGNORECASE)
        if login:
            url = login[1] + url[login.end() :]
            self.found.request["url"] = url
            self._put_login()
        host = re.match(r"(?:https?://)?([^/?#]*)", url, re.IGNORECASE)
        said = host[1] if host else ""
        if _STAND_IN.fullmatch(said):
            self.found.stand_in = said
            self._put_own_server(said, url.partition(said)[2])
        elif not re.fullmatch(r"[\w.{}$:|\\-]+", said) or keys.is_placeholder(url):
            self._put_own_server(url, "")
        else:
            self._put_address(url if "://" in url else f"http://{url}")
        for name, value in (self.given.get("parameters") or {}).items():
            self.found.request.setdefault("query", {})[str(name)] = self.value(str(name), value)

    def _put_own_server(self, said: str, rest: str) -> None:
        """An address that a person was meant to fill in."""
        facts = {"type": "url", "help": f"The uploader's file says `{' '.join(said.split())[:60]}` here."}
        self.found.request["url"] = self.found.option("server", facts) + literal(rest)
        self.found.remarks.append("the address is one of your own: give it by -o server=https://...")

    def _put_address(self, url: str) -> None:
        self.say_codes("RequestURL", url)
        text = parse(url)
        self.found.request["url"] = "".join(piece for piece in text if isinstance(piece, str))  # for credentials' names
        if all(isinstance(piece, str) for piece in text):
            self.found.request["url"] = put_query(self.found, "".join(map(str, text)))
            return
        pieces = [self._in_address(piece) if isinstance(piece, Call) else literal(piece) for piece in text]
        self.found.request["url"] = "".join(pieces)

    def _in_address(self, call: Call) -> str:
        """A function in the address; what chance gives is a var, so that it is known which hosts there are."""
        if call.name != "random":
            return f"{{{{ {self.expression('url', call)} }}}}"
        chosen = self.found.data.setdefault("vars", {})
        name = f"chance{len(chosen) + 1}"
        chosen[name] = f"{{{{ {self.expression('url', call)} }}}}"
        return f"{{{{ vars.{name} }}}}"

    def _put_method(self) -> None:
        method = str(self.given.get("requestmethod") or self.given.get("requesttype") or "POST").upper()
        if method != "POST":
            self.found.request["method"] = method

    def _put_headers(self) -> None:
        for name, value in (self.given.get("headers") or {}).items():
            text = parse(str(value))
            if str(name).lower() == "authorization" and self._is_basic(text):
                continue
            if str(name).lower() in ("content-length", "host", "connection", "transfer-encoding"):
                self.found.remarks.append(f"the header {name} is left out: it is the program's own")
            elif str(name).lower() == "content-type" and self._kind() in ("multipart", "form", "json"):
                self.found.remarks.append(f"the header {name} is left out: it follows from the body")
            else:
                self.found.request.setdefault("headers", {})[str(name)] = self.template(str(name), text)

    def _is_basic(self, text: Text) -> bool:
        """Take `Basic {base64:user:password}` as the login that it is."""
        if len(text) != 2 or not isinstance(text[1], Call) or str(text[0]).strip().lower() != "basic":
            return False
        if text[1].name != "base64":
            return False
        self._put_login()
        return True

    def _put_login(self) -> None:
        host = short_name(self.found.host)
        self.found.request["basic_auth"] = {
            "username": self.found.credential(keys.variable_name(host, "user"), "The user name."),
            "password": self.found.credential(keys.variable_name(host, "password"), "The password."),
        }

    def _kind(self) -> str:
        body = str(self.given.get("body") or "").lower()
        if body not in _BODIES:
            raise UsageError(f"the uploader's body is `{body}`, which is not known here")
        if not body and (self.given.get("fileformname") or self.given.get("arguments")):
            return "multipart"  # what older versions meant
        return _BODIES[body]

    def _put_body(self) -> None:
        kind = self._kind()
        if kind in ("multipart", "form"):
            fields = {
                str(name): self.value(str(name), value) for name, value in (self.given.get("arguments") or {}).items()
            }
            if kind == "multipart" and self.given.get("fileformname"):
                fields[str(self.given["fileformname"])] = "{{ file }}"
            self.found.request[kind] = fields
        elif kind == "binary":
            self.found.request["raw"] = "{{ file }}"
        elif kind == "json":
            self._put_json()
        elif kind == "raw":
            self.found.request["raw"] = self.template("data", parse(str(self.given.get("data") or "")))
            self.found.request.setdefault("headers", {}).setdefault("Content-Type", "application/xml")

    def _put_json(self) -> None:
        """The body in JSON: its functions stand inside texts, and may hold quotes that JSON does not know."""
        calls: list[Call] = []
        marked = ""
        for piece in parse(str(self.given.get("data") or "{}")):
            if isinstance(piece, Call):
                marked += f"\ue000{len(calls)}\ue001"
                calls.append(piece)
            else:
                marked += piece
        try:
            data = json.loads(marked)
        except ValueError as error:
            raise UsageError(f"the uploader's Data is not JSON: {error}") from error
        if re.search(r"[:\[,]\s*-?\d+(\.|[eE])", marked):
            self.found.remarks.append("a number with a fraction is sent as a text: those of a spec are whole")
        self.found.request["json"] = self._filled(data, calls, "")

    def _filled(self, data: Any, calls: list[Call], key: str) -> Any:
        if isinstance(data, dict):
            return {literal(str(name)): self._filled(value, calls, str(name)) for name, value in data.items()}
        if isinstance(data, list):
            return [self._filled(item, calls, key) for item in data]
        if not isinstance(data, str):
            return data
        split = re.split("\ue000(\\d+)\ue001", data)
        text: Text = tuple(calls[int(piece)] if at % 2 else piece for at, piece in enumerate(split) if at % 2 or piece)
        return self.template(key, text) if text else ""
