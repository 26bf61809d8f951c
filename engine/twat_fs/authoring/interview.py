"""Asks for what a spec needs, where nothing is at hand that says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.authoring import keys
from twat_fs.authoring.address import put_query
from twat_fs.authoring.curl_line import from_curl
from twat_fs.authoring.draft import Draft, literal, short_name, spec_name
from twat_fs.authoring.replies import take
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Asks a question with the answer that Enter gives; gives the answer.
    Ask = Callable[[str, str], str]

_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


def interview(ask: Ask) -> Draft:
    """A draft from answers.

    Args:
        ask: Asks one question.

    Raises:
        UsageError: An answer is of no use.
    """
    line = ask("A curl line that uploads a file, if the host's page has one", "")
    draft = from_curl(line) if line.strip() else _asked(ask)
    if "result" not in draft.data:
        ask_reply(draft, ask)
    return draft


def ask_reply(draft: Draft, ask: Ask) -> None:
    """Ask what the host answers, and take the result from that."""
    reply = ask("A reply of the host (Enter: the reply is the link and nothing else)", "")
    if reply.strip() and not take(draft, reply.encode(), {}):
        draft.remarks.append("no link was found in that reply")


def _asked(ask: Ask) -> Draft:
    draft = Draft()
    url = ask("The address that the file is sent to", "")
    if not _ADDRESS.fullmatch(url):
        raise UsageError(f"`{url}` is no address: it begins with https://")
    draft.request["url"] = url
    draft.request["url"] = put_query(draft, url)
    if ask("Is the file sent as a form, or as the whole body? (form/body)", "form").lower().startswith("f"):
        _ask_form(draft, ask)
    else:
        draft.request["method"] = ask("The method", "PUT").upper()
        draft.request["raw"] = "{{ file }}"
    header = ask("A header that has a key in it, such as Authorization (Enter: none)", "")
    if header:
        variable = keys.variable_name(short_name(draft.host), "key")
        before = ask("What stands before the key there, such as Bearer (Enter: nothing)", "")
        value = (f"{literal(before)} " if before else "") + draft.credential(variable, "The key of the account.")
        draft.request["headers"] = {header: value}
    draft.data |= {"spec": 1, "name": spec_name(short_name(draft.host)), "title": draft.host}
    return draft


def _ask_form(draft: Draft, ask: Ask) -> None:
    fields = {ask("The field that has the file", "file"): "{{ file }}"}
    while pair := ask("Another field, as name=value (Enter: no more)", ""):
        name, mark, value = pair.partition("=")
        if not mark:
            raise UsageError(f"`{pair}` is not name=value")
        fields[name] = draft.secret_or(name, value)
    draft.request["multipart"] = fields
