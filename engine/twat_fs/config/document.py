"""From the bytes of a `config.toml` to checked data, every mistake with its line and column."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from twat_fs.config.keys import KEYS, is_profile, is_provider
from twat_fs.errors import ConfigError
from twat_fs.text import printable
from twat_fs.tuples import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Path = tuple[str, ...]

#: Bytes of a file; nobody writes so many by hand.
SIZE_LIMIT = 64 * 1024
#: Keys above each other that a place is known of: `profiles.NAME.providers.NAME.OPTION`, and one more.
_DEPTH = 6
_TABLES = ("providers", "profiles")
_TOP = ("profile", *KEYS, *_TABLES)
_INNER = (*KEYS, "providers")
# The name of a variable, or a word that secrets are called by.
_SECRET = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|.*(token|secret|passw|credential|api_?key).*")


class Problem(NamedTuple):
    """One thing that is wrong: the path of keys that leads there, what is wrong, and what to do."""

    path: Path
    message: str
    hint: str = ""


class Document:
    """A file's data, and where each part of it stands.

    Args:
        path: The file.
        text: What it holds.

    Attributes:
        data: Its data, checked.

    Raises:
        ConfigError: It is not TOML, or has keys or values that there are not.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._text = text
        self._places: dict[Path, tuple[int, int]] | None = None
        self.data: dict[str, Any] = parse(path, text)
        found = list(_problems(self.data))
        if found:
            raise self.error(found)

    def where(self, path: Path) -> str:
        """Where the statement stands that sets something: `path:line:column`."""
        if self._places is None:
            self._places = dict(places(self._text))
        line, column = self._places.get(path, (1, 1))
        return f"{self.path}:{line}:{column}"

    def error(self, problems: Iterable[Problem]) -> ConfigError:
        """What is raised for some problems."""
        rows = [(f"{self.where(item.path)}: {printable(item.message)}", printable(item.hint)) for item in problems]
        if len(rows) == 1:
            return ConfigError(rows[0][0], hint=rows[0][1])
        return ConfigError(
            f"{self.path}: {len(rows)} mistakes", problems=[f"{row}. {hint}".rstrip() for row, hint in rows]
        )


def decoded(path: str, content: bytes) -> str:
    """The text of a file.

    Raises:
        ConfigError: It is too large, or not UTF-8.
    """
    if len(content) > SIZE_LIMIT:
        raise ConfigError(f"{path}: the file has more than {SIZE_LIMIT} bytes")
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        raise ConfigError(
            f"{path}:{line}:{column}: byte {error.start} is not UTF-8", hint="Save the file as UTF-8."
        ) from None


def parse(path: str, text: str) -> dict[str, Any]:
    """The data of a text in TOML.

    Raises:
        ConfigError: It is not TOML; says where.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words, _, at = str(error).partition(" (at ")
        found = re.match(r"line ([0-9]+), column ([0-9]+)", at)
        line, column = found.groups() if found else (text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)
        raise ConfigError(f"{path}:{line}:{column}: this is not TOML: {words}", hint=_cure(text, int(line))) from None
    except RecursionError:
        raise ConfigError(f"{path}:1:1: the values are nested too deep") from None
    return data


def _cure(text: str, line: int) -> str:
    written = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    value = re.match(r"\s*[\w.-]+\s*=\s*[^\s\"'\[{0-9+-]", written)
    return "A text stands in quotes." if value and not re.search(r"=\s*(true|false)\b", written) else ""


def places(text: str) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Line and column, from 1, of the statement that sets each key, and of the one that first names each table.

    A statement is the fewest lines that are TOML by themselves: what is left open at the end of a line, a list or a
    text, is none yet.

    Args:
        text: What is TOML.
    """
    table: Path = ()
    known: set[Path] = set()
    chunk, begun = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        if not chunk:
            begun = number
        chunk += f"{line}\n"
        try:
            found = tomllib.loads(chunk)
        except tomllib.TOMLDecodeError:
            continue
        if chunk.lstrip().startswith("["):
            table = max(_paths(found), key=len, default=())
            within: list[Path] = [table]
        else:
            within = [(*table, *path) for path in _paths(found)]
        place = (begun, len(chunk) - len(chunk.lstrip()) + 1)
        for path in (whole[:length] for whole in within for length in range(1, len(whole) + 1)):
            if path not in known:
                known.add(path)
                yield path, place
        chunk = ""


def _paths(data: Any, depth: int = 1) -> Iterator[Path]:
    if isinstance(data, list) and data and isinstance(data[0], dict):
        yield from _paths(data[0], depth)
    elif isinstance(data, dict):
        for key, value in data.items():
            yield (key,)
            if depth < _DEPTH:
                yield from ((key, *rest) for rest in _paths(value, depth + 1))


def _problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    if "profile" in data and not isinstance(data["profile"], str):
        yield Problem(("profile",), "`profile` is the name of one of the profiles")
    yield from _level(data, (), _TOP)
    profiles = data.get("profiles", {})
    for name, profile in _tables(("profiles",), profiles):
        if isinstance(profile, Problem):
            yield profile
        elif not is_profile(name):
            yield Problem(("profiles", name), f"`{name}` is no name for a profile", "Letters, digits, - and _ are.")
        else:
            yield from _level(profile, ("profiles", name), _INNER)


def _level(data: Mapping[str, Any], path: Path, known: tuple[str, ...]) -> Iterator[Problem]:
    """What is wrong with the keys of the file itself or of a profile."""
    for name, value in data.items():
        here = (*path, name)
        if name not in known:
            yield Problem(here, f"there is no key `{name}` here", _instead(name, known))
        elif name in KEYS:
            try:
                KEYS[name].kind.accept(value)
            except ValueError:
                yield Problem(here, f"`{name}` is {KEYS[name].kind.words}", _closest(value, KEYS[name].kind.offered))
    for name, options in _tables((*path, "providers"), data.get("providers", {})):
        yield from [options] if isinstance(options, Problem) else _options(name, options, (*path, "providers", name))


def _tables(path: Path, value: Any) -> Iterator[tuple[str, Any]]:
    """Each table of a table of tables; in the place of what is none, the problem."""
    if not isinstance(value, dict):
        yield "", Problem(path, f"`{path[-1]}` is a table", f"Write [{'.'.join(path)}.NAME] above its keys.")
        return
    for name, item in value.items():
        wrong = Problem(
            (*path, name), f"`{name}` is a table, not a value", f"Write [{'.'.join([*path, name])}] above its keys."
        )
        yield name, item if isinstance(item, dict) else wrong


def _options(provider: str, options: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """What can be seen of a provider's options without its spec."""
    if not is_provider(provider):
        yield Problem(path, f"`{provider}` is no name of a provider")
    for name, value in options.items():
        if re.fullmatch("[A-Z][A-Z0-9_]*", name):
            yield Problem((*path, name), f"`{name}` is no option, but looks like a secret's variable", log_in(provider))
        elif not isinstance(value, (str, int, float)):
            yield Problem((*path, name), f"the option `{name}` is a text, a number, true or false")


def log_in(provider: str) -> str:
    """What to do with a secret instead."""
    return f"Secrets do not belong into this file: `twat-fs login {provider}` puts them into your keyring."


def _instead(name: str, known: tuple[str, ...]) -> str:
    if _SECRET.fullmatch(name):
        return log_in("PROVIDER")
    import difflib

    close = difflib.get_close_matches(name.replace("-", "_"), known, 1)
    return f"Did you mean `{close[0]}`?" if close else f"The keys are {', '.join(known)}."


def _closest(value: Any, offered: tuple[str, ...]) -> str:
    import difflib

    close = difflib.get_close_matches(value, offered, 1) if isinstance(value, str) and offered else []
    return f"Did you mean `{close[0]}`?" if close and value not in offered else ""
