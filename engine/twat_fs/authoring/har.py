"""From a browser's recording (HAR) to a draft of the upload in it.

The format: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import json
import re
from binascii import Error
from typing import Any

from twat_fs.authoring import form_text, keys
from twat_fs.authoring.address import put_query
from twat_fs.authoring.draft import Draft, short_name, spec_name
from twat_fs.authoring.replies import take
from twat_fs.errors import UsageError

#: What a browser says of itself and of the page; a host of uploads seldom reads it.
_BROWSER = re.compile(
    r"(?i):.*|accept.*|user-agent|origin|referer|sec-.*|dnt|cache-control|pragma|content-length|host|connection|priority|te"
    r"|upgrade-insecure-requests|if-.*|cookie"
)
_FILE = re.compile(r"(image|video|audio|application/(octet-stream|zip|pdf))")


def from_har(content: bytes) -> Draft:
    """A draft of the upload in a recording.

    Args:
        content: The file's bytes.

    Raises:
        UsageError: It is no recording, or there is no upload in it.
    """
    try:
        entries = json.loads(content.decode("utf-8-sig"))["log"]["entries"]
        ranked = sorted((entry for entry in entries if _rank(entry)), key=_rank)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"this is no HAR file: {type(error).__name__}: {error}") from error
    if not ranked:
        raise UsageError("no request of this recording sends a file")
    draft = _drafted(ranked[-1])
    for entry in ranked[:-1]:
        draft.remarks.append(f"another upload of the recording was left aside: {entry['request']['url'][:100]}")
    return draft


def _rank(entry: dict[str, Any]) -> tuple[int, ...]:
    """How likely a request is the upload; nothing where it is none."""
    request = entry["request"]
    data = request.get("postData") or {}
    kind = str(data.get("mimeType", ""))
    size = int(request.get("bodySize") or 0)
    if any(name is not None for _, name, _ in _parts(data)):
        return (3, size)
    if request["method"] in ("PUT", "POST") and re.match(
        r"(image|video|audio|application/(octet-stream|zip|pdf))", kind
    ):
        return (2, size)
    return (1, size) if request["method"] == "PUT" and data else ()


def _parts(data: dict[str, Any]) -> list[form_text.Field]:
    """The fields of a form."""
    kind = str(data.get("mimeType", ""))
    params = data.get("params") or []
    if params and kind.startswith("multipart/form-data"):
        return [
            form_text.Field(str(each["name"]), each.get("fileName"), str(each.get("value") or "")) for each in params
        ]
    return form_text.fields(kind, str(data.get("text") or ""))


def _drafted(entry: dict[str, Any]) -> Draft:
    draft = Draft()
    request = entry["request"]
    draft.request["url"] = request["url"]  # for the names of credentials
    draft.request["url"] = put_query(draft, str(request["url"]))
    if request["method"] != "POST":
        draft.request["method"] = request["method"]
    _put_headers(draft, request)
    _put_body(draft, request.get("postData") or {})
    draft.data |= {"spec": 1, "name": spec_name(short_name(draft.host)), "title": draft.host}
    draft.data["homepage"] = f"https://{draft.host}"
    response = entry.get("response") or {}
    headers = {each["name"].lower(): each["value"] for each in response.get("headers") or []}
    if not take(draft, _body_of(response), headers, int(response.get("status") or 200)):
        draft.remarks.append("no link was found in the recorded reply")
    return draft


def _put_headers(draft: Draft, request: dict[str, Any]) -> None:
    is_form = "multipart" in str((request.get("postData") or {}).get("mimeType", ""))
    for each in request.get("headers") or []:
        name, value = str(each["name"]), str(each["value"])
        if _BROWSER.fullmatch(name) or (is_form and name.lower() == "content-type"):
            continue
        draft.request.setdefault("headers", {})[name] = draft.secret_or(name, value)
    if request.get("cookies") or any(str(each["name"]).lower() == "cookie" for each in request.get("headers") or []):
        variable = keys.variable_name(short_name(draft.host), "cookie")
        draft.request.setdefault("headers", {})["Cookie"] = draft.credential(variable, "The cookies of the browser.")
        draft.comment("request", "headers", "Cookie", text="A cookie is a login: try whether the host needs it.")
    draft.remarks.append("what the browser says of itself is left out (User-Agent, Origin, Referer and the like)")


def _put_body(draft: Draft, data: dict[str, Any]) -> None:
    parts = _parts(data)
    if not parts:
        draft.request["raw"] = "{{ file }}"
        return
    form_text.put(draft, parts)


def _body_of(response: dict[str, Any]) -> bytes:
    content = response.get("content") or {}
    text = str(content.get("text") or "")
    if content.get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text)
    except (Error, ValueError):
        return b""
