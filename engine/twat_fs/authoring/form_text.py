"""The body of a form as text (RFC 7578), as browsers write it down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twat_fs.authoring.draft import Draft

_HEAD = re.compile(r'(?is)content-disposition:[^\r\n]*?[; ]name="([^"]*)"(?:[^\r\n]*?filename="([^"]*)")?')


class Field(NamedTuple):
    """A field of a form.

    Attributes:
        name: Of the field.
        filename: Of the file in it; None where it is no file.
        value: The text.
    """

    name: str
    filename: str | None
    value: str


def fields(content_type: str, text: str) -> list[Field]:
    """The fields of a form; none where the content type is not that of one.

    Args:
        content_type: With its boundary.
        text: The body.
    """
    boundary = re.search(r"boundary=\"?([^\";]+)", content_type)
    if not content_type.lower().startswith("multipart/form-data") or not boundary:
        return []
    found = []
    for piece in text.replace("\r\n", "\n").split(f"--{boundary[1]}"):
        head, _, value = piece.strip("\n").partition("\n\n")
        named = _HEAD.search(head)
        if named:
            found.append(Field(named[1], named[2], value))
    return found


def put(draft: Draft, found: Sequence[Field]) -> None:
    """Put the fields of a recorded form into a draft: the first file is the file.

    Args:
        draft: Gets them.
        found: The fields.
    """
    fields: dict[str, Any] = {}
    base = next((field.filename for field in found if field.filename), "")
    for name, filename, value in found:
        if name in fields:
            draft.remarks.append(f"the form has a second field `{name}`, which is left out: a spec has each once")
        elif filename is not None and "{{ file }}" not in fields.values():
            fields[name] = "{{ file }}"
        elif filename is not None:
            draft.remarks.append(f"the second file, in the field `{name}`, is left out: a spec sends one")
        else:
            fields[name] = "{{ file.name }}" if base and value == base else draft.secret_or(name, value)
    draft.request["multipart"] = fields
