"""Changes `config.toml` by one key, and leaves comments, order and all else as they are."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twat_fs.config.document import decoded, parse
from twat_fs.config.resolve import content
from twat_fs.errors import ConfigError, SourceError, UsageError
from twat_fs.private import make_folders, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twat_fs.environment import Settings

    Path = tuple[str, ...]


def put(settings: Settings, path: Path, value: Any) -> None:
    """Set a key, in a file that is made where there is none.

    Args:
        settings: Say where the file is.
        path: The key, with the tables that it is in.
        value: A value of TOML's.

    Raises:
        ConfigError: The file is not TOML, or something stands in the way.
        SourceError: It cannot be read or written.
        TrustError: Others can write it.
    """
    _change(settings, lambda data: _put(data, path, value), lambda text: _with(text, path, value))


def drop(settings: Settings, path: Path) -> bool:
    """Take a key, or a table, out; whether it was there.

    Raises:
        ConfigError: The file is not TOML.
        SourceError: It cannot be read or written.
        TrustError: Others can write it.
    """
    if not os.path.exists(settings.config_file):
        return False
    return _change(settings, lambda data: _drop(data, path), lambda text: _edited(text, lambda data: _drop(data, path)))


def read(settings: Settings) -> dict[str, Any]:
    """What the file holds, whether its keys are right or not; nothing where there is none.

    Raises:
        ConfigError: It is not TOML.
        SourceError: It cannot be read.
        TrustError: Others can write it.
    """
    path = settings.config_file
    return parse(path, _text(settings)) if os.path.exists(path) else {}


def _text(settings: Settings) -> str:
    path = settings.config_file
    return decoded(path, content(path, settings)) if os.path.exists(path) else ""


def _change(settings: Settings, change: Callable[[Any], bool], ways: Callable[[str], Iterator[str]]) -> bool:
    """Change the file.

    Args:
        settings: Say where it is.
        change: Changes its data as they are to be; says whether there was anything to change.
        ways: Texts that may have these data, the best first.
    """
    path = settings.config_file
    if not path:
        raise UsageError("TWAT_FS_CONFIG is empty, so there is no config file")
    try:
        with _locked(path):
            text = _text(settings)
            expected = parse(path, text)
            if not change(expected):
                return False
            # Nothing that the user wrote is given up for a slip of the library's.
            written = next((way for way in ways(text) if _said(_data(way)) == _said(expected)), None)
            if written is None:
                raise ConfigError(f"{path}: this key cannot be set without changing others", hint="Write it by hand.")
            # Where it is a link, as with people who keep such files elsewhere, what it leads to is written.
            write_private(os.path.realpath(path), written.encode("utf-8"))
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}") from error
    return True


def _data(text: str) -> Any:
    try:
        return parse("", text)
    except ConfigError:
        return None


def _with(text: str, path: Path, value: Any) -> Iterator[str]:
    """A text with a key: where it belongs, or in a line of its own above all."""
    import tomlkit

    yield from _edited(text, lambda data: _put(data, path, value, _beside))
    line = f"{'.'.join(path)} = {tomlkit.item(value).as_string()}\n"
    # What is made of dotted keys and written in one line takes no table.
    yield line + text


def _edited(text: str, change: Callable[[Any], bool]) -> Iterator[str]:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        change(document)
        yield f"{tomlkit.dumps(document).rstrip()}\n"
    except (TOMLKitError, ValueError, LookupError, AttributeError):  # its own slips too
        return


def _beside(parent: Any) -> Any:
    """An empty table of the library's, of the kind that can stand inside another."""
    import tomlkit
    from tomlkit.items import InlineTable

    return tomlkit.inline_table() if isinstance(parent, InlineTable) else tomlkit.table()


def _said(data: Any) -> Any:
    """Data without the tables that hold nothing: one that only dotted keys made goes with the last of them."""
    if not isinstance(data, dict):
        return data
    return {key: said for key, value in data.items() if (said := _said(value)) != {}}


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Let nobody else change the file meanwhile."""
    import fcntl

    folder = os.path.dirname(os.path.abspath(path))
    make_folders(folder)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _put(data: Any, path: Path, value: Any, new: Callable[[Any], Any] = lambda _: {}) -> bool:
    table = data
    for depth, key in enumerate(path[:-1], 1):
        if key not in table:
            table[key] = new(table)
        table = table[key]
        if not isinstance(table, dict):
            raise ConfigError(f"`{'.'.join(path[:depth])}` is a value in the config file, not a table")
    table[path[-1]] = value
    return True


def _drop(data: Any, path: Path) -> bool:
    table = data
    for key in path[:-1]:
        table = table.get(key)
        if not isinstance(table, dict):
            return False
    if path[-1] not in table:
        return False
    del table[path[-1]]
    return True
