"""The keys of `config.toml`, and what each takes; see `docs/settings.md`."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from twat_fs.environment import AUTHORITIES, on_or_off
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Texts, which are compiled where they are needed: most uploads have no config file.
_PROVIDER = "[a-z0-9][a-z0-9_-]{0,31}"
#: A profile's name: a bare key of TOML, so that it needs no quotes.
_PROFILE = "[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
#: Uploads at the same time, and seconds: as much as the command line takes.
JOBS_LIMIT = 64
_SECONDS_LIMIT = 1e6


class Kind(NamedTuple):
    """What a key takes.

    Attributes:
        words: What that is, for messages.
        accept: Gives the value to use for one of TOML's; raises `ValueError` where it is not taken.
        parse: Gives a value of TOML's for the words that a person wrote; raises `ValueError`.
        separator: What stands between several in one text, as in a variable; empty where there is only one.
        offered: The values that there are, where they can be listed.
    """

    words: str
    accept: Callable[[Any], Any]
    parse: Callable[[Sequence[str]], Any]
    separator: str = ""
    offered: tuple[str, ...] = ()


class Key(NamedTuple):
    """A key.

    Attributes:
        name: Its name.
        kind: What it takes.
        variables: The environment variables that win over it, the first that is set.
        default: What holds where nothing is said; None where nothing does.
        help: What it does, as a sentence.
    """

    name: str
    kind: Kind
    variables: tuple[str, ...]
    default: Any
    help: str


def is_provider(name: str) -> bool:
    """Whether a provider may have this name."""
    return re.fullmatch(_PROVIDER, name) is not None


def is_profile(name: str) -> bool:
    """Whether a profile may have this name."""
    return re.fullmatch(_PROFILE, name) is not None


def _one(words: Sequence[str]) -> str:
    if len(words) != 1:
        raise ValueError
    return words[0]


def _checked(test: Callable[[Any], bool], value: Any) -> Any:
    if not test(value):
        raise ValueError
    return value


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= JOBS_LIMIT


def _is_seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < _SECONDS_LIMIT


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(words: Sequence[str]) -> int | float:
    text = _one(words)
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else float(text)


def _boolean(words: Sequence[str]) -> bool:
    return bool(_checked(lambda found: found is not None, on_or_off(_one(words))))


def _listed(test: Callable[[str], Any], value: Any) -> list[str]:
    """A text, or a list of them, as a list."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(item, str) and test(item) for item in found):
        raise ValueError
    return list(dict.fromkeys(found))


def _names(words: Sequence[str]) -> Any:
    return words[0] if len(words) == 1 else list(words)


def _choice(*values: str) -> Kind:
    shown = ", ".join(f"`{value}`" for value in values)
    return Kind(f"one of {shown}", partial(_checked, lambda value: value in values), _one, offered=values)


_COUNT = Kind(f"a whole number from 1 to {JOBS_LIMIT}", partial(_checked, _is_count), _number)
_DURATION = Kind("a number of seconds", lambda value: float(_checked(_is_seconds, value)), _number)
_SWITCH = Kind(
    "true or false", partial(_checked, lambda value: type(value) is bool), _boolean, offered=("true", "false")
)
_NAMES = Kind("the name of a provider, or a list of names", partial(_listed, is_provider), _names, ",")
_FOLDERS = Kind("a list of folders", partial(_listed, str.strip), list, os.pathsep)
_TEXT = Kind("a text", partial(_checked, _is_text), _one)

#: Every key but `profile`, `profiles` and `providers`, in the order in which they are shown.
KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("provider", _NAMES, ("TWAT_FS_DEFAULT_PROVIDER",), None, "The provider, or several, where none is named."),
        Key("providers_d", _FOLDERS, ("TWAT_FS_PROVIDERS_D",), None, "Further folders of specs."),
        Key("jobs", _COUNT, ("TWAT_FS_JOBS",), 1, "How many files `upload` sends at the same time."),
        Key("format", _TEXT, ("TWAT_FS_FORMAT",), "url", "How `upload` prints what it uploaded: see `--format`."),
        Key("check", _choice("size", "hash", "none"), ("TWAT_FS_CHECK",), "size", "How an upload is checked."),
        Key("copy", _SWITCH, ("TWAT_FS_COPY",), False, "Put what is printed into the clipboard."),
        Key("open", _SWITCH, ("TWAT_FS_OPEN",), False, "Show each upload in the browser."),
        Key("qr", _SWITCH, ("TWAT_FS_QR",), False, "Draw each URL as a code."),
        Key("notify", _SWITCH, ("TWAT_FS_NOTIFY",), False, "Tell when long work has ended."),
        Key("explain", _SWITCH, ("TWAT_FS_EXPLAIN",), False, "Say what was tried."),
        Key("progress", _SWITCH, ("TWAT_FS_PROGRESS",), True, "Show how far it is."),
        Key("skip_existing", _SWITCH, ("TWAT_FS_SKIP_EXISTING",), False, "Give the URL of what is there already."),
        Key("unique", _SWITCH, ("TWAT_FS_UNIQUE",), False, "Put a random part into each name."),
        Key("fragile", _SWITCH, ("TWAT_FS_FRAGILE",), False, "Stop at the first provider that fails."),
        Key("history", _SWITCH, ("TWAT_FS_HISTORY",), True, "Keep receipts of uploads."),
        Key("timeout", _DURATION, ("TWAT_FS_TIMEOUT",), None, "Seconds that a host may be silent."),
        Key("max_time", _DURATION, ("TWAT_FS_MAX_TIME",), None, "Seconds that an upload may take in all."),
        Key("ca_file", _TEXT, AUTHORITIES, None, "Certificate authorities to trust instead of the usual ones."),
    )
}
#: Keys whose values are paths: `~` is the home, and one that is not absolute begins at the file's own folder.
PATHS = ("providers_d", "ca_file")


def parsed(key: Key, words: Sequence[str]) -> Any:
    """The value of TOML's that some words stand for.

    Args:
        key: Whose value it is.
        words: What a person wrote, on a command line or in a variable.

    Raises:
        ValueError: The key does not take it.
    """
    separator = key.kind.separator
    split = [part.strip() for word in words for part in word.split(separator)] if separator else list(words)
    value = key.kind.parse([part for part in split if part])
    key.kind.accept(value)
    return value
