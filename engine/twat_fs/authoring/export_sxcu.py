"""A spec of one request as a custom uploader of ShareX (https://getsharex.com/docs/custom-uploader)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from twat_fs.authoring.export import FACTS, NAME, credential_names, written
from twat_fs.errors import UsageError
from twat_fs.messages import Content, FilePart, Multipart, RawFile, Shell, TextPart, reveal
from twat_fs.wire.curl_words import pieces_of

if TYPE_CHECKING:
    from twat_fs.authoring.export import Export
    from twat_fs.messages import Request, Text

#: The version whose syntax this is: `{json:...}`, and regular expressions in a list.
_VERSION = "14.1.0"
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*|\[\d+\])*")


def as_uploader(export: Export) -> str:
    """The uploader; ShareX asks for what is secret each time, until somebody writes it in.

    Raises:
        UsageError: ShareX has no words for it.
    """
    return json.dumps(_Uploader(export).data(), indent=2, ensure_ascii=False)


class _Uploader:
    def __init__(self, export: Export) -> None:
        self._export = export
        self._names = {**credential_names(export, "{inputbox:{}}"), FACTS["name"]: "{filename}"}
        self._patterns: list[str] = []

    def data(self) -> dict[str, Any]:
        request, _ = self._export.single
        address, _, query = self._text(request.url).partition("?")
        data: dict[str, Any] = {
            "Version": _VERSION,
            "Name": self._export.spec.title,
            "DestinationType": "ImageUploader, TextUploader, FileUploader",
            "RequestMethod": request.method,
            "RequestURL": address,
        }
        if query:
            data["Parameters"] = dict(parse_qsl(query, keep_blank_values=True))
        headers = {name: self._header(name, value) for name, value in request.headers if self._is_told(name, request)}
        data |= {"Headers": headers} if headers else {}
        data |= self._body(request)
        return {**data, **self._results()}

    def _is_told(self, name: str, request: Request) -> bool:
        return name.lower() != "content-type" or not isinstance(request.body, (Multipart, Content))

    def _header(self, name: str, value: Text) -> str:
        pieces = pieces_of(value)
        basic = pieces[1] if len(pieces) == 2 and name.lower() == "authorization" and pieces[0] == "Basic " else None
        if isinstance(basic, Shell) and basic.plain:
            inside = "".join(
                _escaped(each) if isinstance(each, str) else self._names[each.expression] for each in basic.plain
            )
            return f"Basic {{base64:{inside}}}"
        return self._text(value)

    def _text(self, text: Text) -> str:
        return written(text, self._names, _escaped)

    def _body(self, request: Request) -> dict[str, Any]:
        body = request.body
        if isinstance(body, RawFile):
            return {"Body": "Binary"}
        if isinstance(body, Multipart):
            fields = [part for part in body.parts if isinstance(part, TextPart)]
            typed = [part.name for part in fields if part.filename is not None or part.content_type is not None]
            (file,) = [part for part in body.parts if isinstance(part, FilePart)]
            if typed or reveal(file.filename) != NAME:
                raise UsageError(
                    f"ShareX has no words for the type or the file name of {', '.join(typed) or file.name}"
                )
            arguments = {part.name: self._text(part.value) for part in fields}
            told = {"Arguments": arguments} if arguments else {}
            return {"Body": "MultipartFormData", **told, "FileFormName": file.name}
        raise UsageError("ShareX sends a file in a form or as the whole body, and this spec does neither")

    def _results(self) -> dict[str, Any]:
        result = self._export.spec.result
        found = {"URL": self._query(result["url"])}
        if result.get("delete_url"):
            found["DeletionURL"] = self._query(result["delete_url"])
        message = self._export.spec.errors.message
        if message is not None:
            found["ErrorMessage"] = self._query(message)
        return {"RegexList": self._patterns, **found} if self._patterns else found

    def _query(self, query: dict[str, Any]) -> str:
        tree = query.get("template")
        if tree:
            return "".join(self._part(part) for part in (tree[1] if tree[0] == "cat" else [tree]))
        if "jmespath" in query and _PATH.fullmatch(query["jmespath"]):
            return f"{{json:{query['jmespath']}}}"
        if "header" in query:
            return f"{{header:{query['header']}}}"
        if "text" in query:
            return "{response}"
        if "regex" in query:
            self._patterns.append(query["regex"])
            group = "|1" if re.compile(query["regex"]).groups else ""
            return f"{{regex:{len(self._patterns)}{group}}}"
        raise UsageError(f"ShareX has no words for the query `{query.get('jmespath')}`")

    def _part(self, part: list[Any]) -> str:
        if part[0] == "text":
            return _escaped(str(part[1]))
        if part[0] == "filter" and part[1] in ("raw", "trim"):
            return self._part(part[2])
        if part[0] == "path" and part[1] == "reply":
            member, *steps = part[2]
            if member == "json" and steps:
                way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
                return f"{{json:{way.lstrip('.')}}}"
            if member == "text":
                return "{response}"
            if member == "headers" and len(steps) == 1:
                return f"{{header:{steps[0]}}}"
        if part[:2] == ["path", "file"] and part[2] == ["name"]:
            return "{filename}"
        raise UsageError("ShareX has no words for what the spec makes of the reply", hint="See `result` in the spec.")


def _escaped(text: str) -> str:
    """Text as ShareX reads it: braces and bars mean something, with a backslash before them they do not."""
    return re.sub(r"([\\{}|])", r"\\\1", text)
