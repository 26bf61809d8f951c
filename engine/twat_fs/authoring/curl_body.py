"""The bodies that `curl` sends: forms by -F, data by -d and its like."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote_plus

from twat_fs.authoring import curl_form, form_text
from twat_fs.authoring.curl_form import marked, unmarked
from twat_fs.authoring.curl_words import Gathered
from twat_fs.authoring.draft import literal
from twat_fs.authoring.words import Variable, Word, text_of
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Options that give data.
DATA = ("data", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json")
FORM = "application/x-www-form-urlencoded"
#: `name=value` as it stands in a form; other text is sent as it is.
_PAIR = re.compile(r"[\w.%+*~\[\]-]+=[^&]*")


class Bodies(Gathered):
    """What was gathered of a command line, and the bodies in it."""

    def form(self, word: Word, *, plain: bool) -> None:
        """A field of a form: one -F."""
        said = curl_form.part(word, plain=plain)
        fields = self.found.request.setdefault("multipart", {})
        if said.name in fields:
            raise UsageError(f"the form has two fields `{said.name}`; a spec has each once")
        if said.ignored:
            self.found.remarks.append(f"curl itself leaves out `{said.ignored}` in the field `{said.name}`")
        if "headers" in said.parameters:
            self.found.remarks.append(f"the headers of the part `{said.name}` are left out: parts of a spec have none")
        if "encoder" in said.parameters:
            raise UsageError(f"the part `{said.name}` has an encoder, and parts of a spec are sent as they are")
        if said.kind:
            self.one_file(text_of(said.content))
        if said.kind == "@" and any("{{ file }}" in (part, *_values(part)) for part in fields.values()):
            raise UsageError("the curl line sends two files; a spec sends one")
        value = {"@": "{{ file }}", "<": "{{ file.text }}"}.get(said.kind) or self._field(said.name, said.content)
        facts: dict[str, Any] = {"value": value}
        facts |= self._named(said.name, said.parameters.get("filename", ()), is_file=said.kind == "@")
        if "type" in said.parameters:
            facts["content_type"] = self.template("", said.parameters["type"])
        fields[said.name] = facts if len(facts) > 1 else value

    def _named(self, name: str, given: Word, *, is_file: bool) -> dict[str, str]:
        """The file name of a part, where it is not that of the file."""
        filename = self.template("", given) if given else ""
        if not filename or (is_file and (filename == "{{ file.name }}" or text_of(given) in (self.file, self.base))):
            return {}
        words = "The name is fixed: that of the file is `{{ file.name }}`."
        if is_file:
            self.found.comment("request", "multipart", name, text=words)
        return {"filename": filename}

    def _field(self, name: str, value: Word) -> str:
        if self.base and text_of(value) == self.base and not any(isinstance(piece, Variable) for piece in value):
            self.found.comment("request", "multipart", name, text=f"`{self.base}` was the file's name.")
            return "{{ file.name }}"
        return self.template(name, value)

    def put_data(self) -> None:
        """Everything that -d and its like gave.

        Raises:
            UsageError: There is another body, too; curl itself refuses that.
        """
        if not self.data:
            return
        if self.has("get"):
            self._put_data_in_query()
            return
        if self.has("form", "form-string", "upload-file"):
            raise UsageError(f"--{self.data[0][0]} and a form, or -T, are two bodies, and a request has one")
        kinds = {name for name, _ in self.data}
        files = [word for name, word in self.data if _is_file(name, word)]
        if files and len(self.data) == 1:
            self._put_raw("application/json" if "json" in kinds else FORM, name=next(iter(kinds)))
        elif "json" in kinds or "json" in self._content_type():
            self._put_json()
        else:
            self._put_fields()

    def _content_type(self) -> str:
        headers = self.found.request.get("headers", {})
        return next((str(value) for name, value in headers.items() if name.lower() == "content-type"), "")

    def _put_raw(self, content_type: str, *, name: str) -> None:
        self.found.request["raw"] = "{{ file }}"
        headers = self.found.request.setdefault("headers", {})
        if not any(key.lower() == "content-type" for key in headers):
            headers["Content-Type"] = content_type
            if content_type == FORM:
                words = "What curl says for --data-binary; `{{ file.type }}` tells more."
                self.found.comment("request", "headers", "Content-Type", text=words)
        if content_type == "application/json":
            headers.setdefault("Accept", "application/json")
        if name in ("data", "data-ascii"):
            self.found.remarks.append("curl's -d takes line ends out of the file; the spec sends the file as it is")

    def _put_json(self) -> None:
        names: list[Variable] = []
        joint = "" if self.has("json") else "&"
        text = joint.join(marked(word, names)[0] for _, word in self.data)
        headers = self.found.request.setdefault("headers", {})
        for key in [key for key in headers if key.lower() == "content-type"]:
            if str(headers[key]) == "application/json":
                del headers[key]
        if self.has("json"):
            headers.setdefault("Accept", "application/json")
        # A variable, or a file's text, may stand where JSON wants quotes; they are put around it.
        text = re.sub("(?<=[:,\\[])(\\s*)(\ue000\\d+\ue001)(?=\\s*[,}\\]])", r'\1"\2"', text)
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"the body says that it is JSON, and is not: {error}") from error
        if _has_fraction(data):
            self._put_json_text(text, names)
            return
        self.found.request["json"] = self._filled(data, names, "")
        if not headers:
            del self.found.request["headers"]

    def _put_json_text(self, text: str, names: list[Variable]) -> None:
        """JSON as text: numbers of a spec are whole, and others would be sent as texts."""
        headers = self.found.request["headers"]
        if not self._content_type():
            headers["Content-Type"] = "application/json"
        pieces = re.split('"\ue000(\\d+)\ue001"', text)
        self.found.request["raw"] = "".join(
            re.sub(r" \}\}$", " | tojson }}", self.credential(names[int(piece)]))
            if at % 2
            else self.template("", unmarked(piece, names))
            for at, piece in enumerate(pieces)
        )

    def _filled(self, data: Any, names: list[Variable], key: str) -> Any:
        if isinstance(data, dict):
            return {literal(name): self._filled(value, names, name) for name, value in data.items()}
        if isinstance(data, list):
            return [self._filled(item, names, key) for item in data]
        if not isinstance(data, str):
            return data
        word = unmarked(data, names)
        return self.template(key, word) if word else ""

    def _put_fields(self) -> None:
        """Fields of a form, or text that only says that it is one."""
        if self._put_browser_form():
            return
        pairs = list(self._pairs())
        names = [name for name, _ in pairs]
        plain = all(self._is_form(name, word) for name, word in self.data)
        if plain and len(set(names)) == len(names) and self._content_type() in ("", FORM) and "" not in names:
            headers = self.found.request.get("headers", {})
            for key in [key for key in headers if key.lower() == "content-type"]:
                del headers[key]
            self.found.request["form"] = dict(pairs)
            return
        self.found.request["raw"] = "&".join(self._as_text(name, word) for name, word in self.data)
        if not self._content_type():
            self.found.request.setdefault("headers", {})["Content-Type"] = FORM

    def _put_browser_form(self) -> bool:
        """Take the text of a form, as browsers copy a request; the file's content is not in it."""
        headers = self.found.request.get("headers", {})
        text = "&".join(text_of(word) for _, word in self.data)
        found = form_text.fields(self._content_type(), text)
        if not any(field.filename is not None for field in found):
            return False
        form_text.put(self.found, found)
        for key in [key for key in headers if key.lower() == "content-type"]:
            del headers[key]
        return True

    @staticmethod
    def _is_form(option: str, word: Word) -> bool:
        if option == "data-urlencode":
            return True
        text, _ = marked(word)
        return all(_PAIR.fullmatch(piece) for piece in text.split("&"))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for option, word in self.data:
            if option == "data-urlencode":
                yield self._encoded_pair(word)
                continue
            text, names = marked(word)
            for name, value in parse_qsl(text, keep_blank_values=True):
                yield unquote_plus(name), self._filled(value, names, name)

    def _encoded_pair(self, word: Word) -> tuple[str, str]:
        """The name and the value that --data-urlencode gives; `name=value`, `name@file`, or one without a name."""
        text, _ = marked(word)
        name, equals, _ = text.partition("=")
        if equals:
            return name, self.template(name, _after(word, len(name) + 1))
        name, at, _ = text.partition("@")
        return (name, "{{ file.text }}") if at else ("", self.template("", word))

    def _as_text(self, option: str, word: Word) -> str:
        """Data as it goes into a body that is no form: as it stands, or encoded where the option says so."""
        if option == "data-urlencode":
            name, value = self._encoded_pair(word)
            encoded = re.sub(r"\{\{ (.*?) \}\}|[^{]+|\{", _encoded, value)
            return f"{literal(name)}={encoded}" if name else encoded
        if _is_file(option, word):
            return "{{ file.text }}"
        text, names = marked(word)
        return "&".join(
            f"{literal(name)}{equals}{self.template(unquote_plus(name), unmarked(value, names))}"
            if equals and _PAIR.fullmatch(piece)
            else self.template("", unmarked(piece, names))
            for piece in text.split("&")
            for name, equals, value in [piece.partition("=")]
        )

    def _put_data_in_query(self) -> None:
        """What -G moves into the address; where a name stands twice, all of it stays there as it is written."""
        pairs = list(self._pairs())
        query = self.found.request.setdefault("query", {})
        if len({*query, *(name for name, _ in pairs)}) == len(query) + len(pairs):
            query |= dict(pairs)
            return
        url = str(self.found.request["url"])
        # What a template gives is encoded where it stands in an address.
        text = "&".join(f"{quote(name)}={value if '{{' in value else quote(value, safe='')}" for name, value in pairs)
        self.found.request["url"] = f"{url}{'&' if '?' in url else '?'}{text}"


def _has_fraction(data: Any) -> bool:
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return isinstance(data, float) or any(map(_has_fraction, inner))


def _values(part: Any) -> tuple[Any, ...]:
    return tuple(part.values()) if isinstance(part, dict) else ()


def _is_file(option: str, word: Word) -> bool:
    return option not in ("data-raw", "data-urlencode") and text_of(word).startswith("@")


def _after(word: Word, count: int) -> Word:
    """A word without so many characters at its start, all of them in its first piece."""
    first = str(word[0])[count:]
    return ((first,) if first else ()) + tuple(word[1:])


def _encoded(found: re.Match[str]) -> str:
    return f"{{{{ {found[1]} | urlencode }}}}" if found[1] else quote(found[0], safe="")
