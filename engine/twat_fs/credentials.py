"""Secrets, checked when they are read: a message names the variable, never the value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.errors import NotConfigured
from twat_fs.text import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.spec.model import Spec

#: What comes into a secret by mistake: from files, editors and pages that it was copied from. Surrogates stand for
#: bytes that are no UTF-8, of which a secret may consist.
_ODD = (
    ("[\r\n]", "a line break"),
    ("\0", "a NUL"),
    ("\ufeff", "a byte order mark"),
    (r"[\x00-\x1f\x7f-\x9f]", "a control character"),
    (rf"(?![\ud800-\udfff])[{UNSEEN}]", "a character that nobody sees"),
)


def read(spec: Spec, environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The secrets that a spec declares.

    Args:
        spec: The provider.
        environ: The environment variables.

    Returns:
        For each secret that is set, by the name that the spec gives it: the variable that holds it, and its value.

    Raises:
        NotConfigured: A required one is missing or blank, or one holds a control character or one that nobody sees.
    """
    found = {}
    for credential in spec.credentials:
        names = [name for name in (credential.name, *credential.aliases) if name in environ]
        variable = next((name for name in names if environ[name].strip()), names[0] if names else None)
        value = "" if variable is None else _trimmed(environ[variable])
        if variable is not None and value.strip():
            _check(variable, value, spec, credential.help)
            found[credential.name] = (variable, value)
        elif credential.required:
            state = "is not set" if variable is None else "is empty"
            error = _unset(f"{variable or credential.name} {state}", spec, credential.help, credential.name)
            error.hint += f" Or say `twat-fs login {spec.name}`."
            raise error
    return found


def checked(spec: Spec, variable: str, text: str) -> str:
    """A secret as a person gives it, without the line break at its end.

    Args:
        spec: The provider.
        variable: The secret's variable, for messages.
        text: What was given.

    Raises:
        NotConfigured: It is blank, or holds a control character or one that nobody sees.
    """
    value = _trimmed(text)
    if not value.strip():
        raise _unset(f"{variable} is empty", spec)
    _check(variable, value, spec)
    return value


def _trimmed(text: str) -> str:
    # One line break at the end is what `$(cat file)` and editors leave.
    return text.removesuffix("\n").removesuffix("\r")


def _check(variable: str, value: str, spec: Spec, told: str = "") -> None:
    odd = next((name for characters, name in _ODD if re.search(characters, value)), None)
    if odd:
        raise _unset(f"{variable} holds {odd}", spec, told, variable)


def _unset(problem: str, spec: Spec, told: str = "", variable: str = "") -> NotConfigured:
    setup = " ".join(spec.setup.split())
    return NotConfigured(problem, spec.name, hint=told or setup or (f"Set {variable}." if variable else ""))
