"""What holds: environment variables, then the profile, then the file, then what is built in."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from twat_fs.config.keys import KEYS, PATHS, Key, parsed
from twat_fs.environment import Configured, Given
from twat_fs.errors import TrustError, UsageError
from twat_fs.ownership import exposed
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twat_fs.config.document import Document
    from twat_fs.environment import Settings

#: What `TWAT_FS_TRUST` calls the file by; no provider can have this name.
TRUSTED_AS = "config.toml"
PROFILE_VARIABLE = "TWAT_FS_PROFILE"


class Setting(NamedTuple):
    """What holds for a key, and since when.

    Attributes:
        key: The key, with dots.
        value: The value, as it is used; None where nothing holds.
        origin: `command line`, `environment`, `profile`, `file` or `default`.
        where: Gives the variable, the switch, or the place in the file; an empty text for a default.
    """

    key: str
    value: Any
    origin: str
    where: Callable[[], str] = str


class Config:
    """What is configured, for one run.

    Args:
        settings: The environment.
        wanted: The profile that the command line names; an empty text is none, and None leaves it to others.

    Attributes:
        profile: The profile that is used, or an empty text.

    Raises:
        ConfigError: The file is not valid.
        TrustError: Others can write it.
        UsageError: There is no such file, or no such profile.
    """

    def __init__(self, settings: Settings, wanted: str | None = None) -> None:
        self.environ = settings.environ
        self.document = _document(settings)
        self.chosen = self._profile(wanted)
        self.profile: str = self.chosen.value or ""
        self._levels = list(self._found_levels())

    def _profile(self, wanted: str | None) -> Setting:
        data: dict[str, Any] = self.document.data if self.document else {}
        if wanted is not None:
            chosen = Setting("profile", wanted, "command line", lambda: "--profile")
        elif self.environ.get(PROFILE_VARIABLE):
            chosen = Setting("profile", self.environ[PROFILE_VARIABLE], "environment", lambda: PROFILE_VARIABLE)
        elif self.document and "profile" in data:
            chosen = Setting("profile", data["profile"], "file", partial(self.document.where, ("profile",)))
        else:
            return Setting("profile", None, "default")
        if chosen.value and chosen.value not in data.get("profiles", {}):
            raise self._unknown(chosen)
        return chosen

    def _unknown(self, chosen: Setting) -> UsageError:
        import difflib

        if self.document is None:
            return UsageError(f"{chosen.where()}: there is no profile `{chosen.value}`, since there is no config file")
        known = list(self.document.data.get("profiles", {}))
        close = difflib.get_close_matches(chosen.value, known, 1)
        hint = f"Did you mean `{close[0]}`?" if close else f"The profiles are {', '.join(known) or 'none'}."
        return UsageError(f"{chosen.where()}: there is no profile `{chosen.value}` in {self.document.path}", hint=hint)

    def _found_levels(self) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
        """Of the profile and of the file: its name, the path to it, and its data; the first wins."""
        if self.document is not None:
            if self.profile:
                yield "profile", ("profiles", self.profile), self.document.data["profiles"][self.profile]
            yield "file", (), self.document.data

    def setting(self, key: Key) -> Setting:
        """What holds for a key, unless the command line says otherwise.

        Raises:
            UsageError: A variable holds what the key does not take.
        """
        for variable in key.variables:
            if self.environ.get(variable, "").strip():
                return Setting(key.name, self._from_variable(key, variable), "environment", partial(str, variable))
        return self.written(key) or Setting(key.name, key.default, "default")

    def _from_variable(self, key: Key, variable: str) -> Any:
        text = self.environ[variable]
        try:
            return key.kind.accept(parsed(key, [text]))
        except ValueError:
            raise UsageError(f"{variable}={text} is not {key.kind.words}") from None

    def written(self, key: Key) -> Setting | None:
        """What the profile or the file says of a key, or None."""
        for origin, path, data in self._levels:
            if key.name in data:
                assert self.document is not None
                value = key.kind.accept(data[key.name])
                place = partial(self.document.where, (*path, key.name))
                return Setting(key.name, self._located(key, value), origin, place)
        return None

    def _located(self, key: Key, value: Any) -> Any:
        if key.name not in PATHS or self.document is None:
            return value
        folder, home = os.path.dirname(os.path.abspath(self.document.path)), self.environ.get("HOME")
        paths = [_at_home(path, home) for path in ([value] if isinstance(value, str) else value)]
        found = [os.path.normpath(os.path.join(folder, path)) for path in paths]
        return found[0] if isinstance(value, str) else found

    def options(self) -> dict[str, dict[str, Setting]]:
        """Each provider's options in the profile and in the file."""
        found: dict[str, dict[str, Setting]] = {}
        for origin, path, data in reversed(self._levels):
            for provider, options in data.get("providers", {}).items():
                for name, value in options.items():
                    assert self.document is not None
                    place = partial(self.document.where, (*path, "providers", provider, name))
                    setting = Setting(f"providers.{provider}.{name}", value, origin, place)
                    found.setdefault(provider, {})[name] = setting
        return found

    def configured(self) -> Configured:
        """What the modules below are to know of the file.

        Raises:
            UsageError: It names a folder that is not there.
        """
        if self.document is None:
            return Configured()
        said = {name: found for name, key in KEYS.items() if (found := self.written(key)) is not None}
        values = {name: found.value for name, found in said.items()}
        for folder in values.get("providers_d", ()):
            if not os.path.isdir(folder):
                raise UsageError(f"{said['providers_d'].where()}: {folder}: there is no such folder")
        return Configured(
            providers=tuple(values.get("provider", ())),
            folders=tuple(values.get("providers_d", ())),
            ca_file=values.get("ca_file"),
            timeout=values.get("timeout"),
            history=values.get("history"),
            options={
                provider: {name: Given(found.value, found.where) for name, found in options.items()}
                for provider, options in self.options().items()
            },
        )


def _at_home(path: str, home: str | None) -> str:
    return os.path.join(home, path[2:]) if home and path.startswith("~/") else os.path.expanduser(path)


def _document(settings: Settings) -> Document | None:
    path = settings.config_file
    if not path:
        return None
    if not os.path.exists(path) and not settings.environ.get("TWAT_FS_CONFIG"):
        return None
    return read(path, settings)


def read(path: str, settings: Settings) -> Document:
    """Read a file that is there.

    Raises:
        ConfigError: It is not valid.
        SourceError: It cannot be read.
        TrustError: Others can write it: what it says would not be the user's word.
    """
    from twat_fs.config.document import Document, decoded

    return Document(path, decoded(path, content(path, settings)))


def content(path: str, settings: Settings) -> bytes:
    """The bytes of a file that nobody but the user can write.

    Raises:
        SourceError: It cannot be read.
        TrustError: Others can write it.
    """
    from twat_fs.config.document import SIZE_LIMIT
    from twat_fs.source import Source

    with Source(path) as source:
        found = None if settings.trusts(TRUSTED_AS) else exposed(path)
        if found is not None:
            raise TrustError(
                f"{found.place} {found.why}, so what the config file says is not yours to say",
                hint=f"`{found.cure} {found.place}`, or if it is as you want it, set TWAT_FS_TRUST={TRUSTED_AS}.",
            )
        return source.start(SIZE_LIMIT + 1)
