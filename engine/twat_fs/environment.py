"""The only reader of the environment: folders, proxies, certificates, and what the user has set."""

from __future__ import annotations

import math
import os
import time
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import TYPE_CHECKING, Any

from twat_fs.errors import UsageError
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


#: The variables that name certificate authorities, the first that is set.
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_ON = ("on", "1", "yes", "true")
_OFF = ("off", "0", "no", "false")


class Given(NamedTuple):
    """A provider's option in the config file: its value, and what tells where it stands."""

    value: Any
    where: Callable[[], str]


class Configured(NamedTuple):
    """What the user's config file says, for whoever reads it: the command line does, programs do not.

    Attributes:
        providers: The providers to use where none is named.
        folders: Folders of specs.
        ca_file: Certificates to trust instead of the usual ones, or None.
        timeout: Seconds without progress, or None.
        history: Whether receipts are kept, or None.
        options: Options by provider and name.
    """

    providers: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    ca_file: str | None = None
    timeout: float | None = None
    history: bool | None = None
    options: Mapping[str, Mapping[str, Given]] = {}


class Settings(NamedTuple):
    """What the environment, the config file and the caller's switches say.

    Attributes:
        environ: The environment variables.
        folders: Folders of specs beside the bundled ones; a later one wins.
        cache: The folder for compiled specs, or None.
        data: The folder for the user's data.
        ca_file: Certificates to trust instead of the usual ones, or None.
        timeout: Seconds without progress, for every request, or None.
        ends: The moment by which all must be done, on the monotonic clock, or None.
        stopped: Set where all is to end now.
        configured: What the config file says.
        history: Whether the caller wants receipts, or None where that is left to the environment.
    """

    environ: Mapping[str, str]
    folders: tuple[str, ...]
    cache: str | None
    data: str
    ca_file: str | None
    timeout: float | None
    ends: float | None = None
    stopped: Event | None = None
    configured: Configured = Configured()
    history: bool | None = None

    def __repr__(self) -> str:
        """Without the values of the environment, secrets among them."""
        shown = ((name, value) for name, value in self._asdict().items() if name not in ("environ", "configured"))
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown)})"

    @property
    def network(self) -> dict[str, Any]:
        """What a transport is to know: proxies, certificates, and when all ends."""
        return {"proxies": self.proxies, "ca_file": self.ca_file, "ends": self.ends}

    def left(self) -> float:
        """Seconds that are left."""
        if self.stopped is not None and self.stopped.is_set():
            return 0.0
        return math.inf if self.ends is None else self.ends - time.monotonic()

    def stop(self) -> None:
        """Leave no time to whatever is under way with these settings, in any thread."""
        if self.stopped is not None:
            self.stopped.set()

    @property
    def unfinished(self) -> str:
        """The folder where it is kept how far uploads came that were broken off."""
        return os.path.join(self.data, "unfinished")

    @property
    def own_folder(self) -> str:
        """The user's folder of specs."""
        return self.folders[0]

    @property
    def accepted(self) -> str:
        """The folder where it is kept which specs the user accepted."""
        return os.path.join(os.path.dirname(self.own_folder), "accepted")

    @property
    def config_file(self) -> str:
        """The user's config file, which need not be there: `TWAT_FS_CONFIG`, of which an empty one is none."""
        path = self.environ.get("TWAT_FS_CONFIG")
        usual = os.path.join(os.path.dirname(self.own_folder), "config.toml")
        return usual if path is None else "" if path == os.devnull else path

    @property
    def logins(self) -> str:
        """The folder where it is kept which secrets are in the keyring."""
        return os.path.join(self.data, "logins")

    @property
    def history_file(self) -> str:
        """The database of receipts, in a folder of its own."""
        return os.path.join(self.data, "history", "receipts.sqlite3")

    @property
    def keeps_history(self) -> bool:
        """Whether receipts may be kept: what the caller says, else `TWAT_FS_HISTORY`, else the config file.

        Raises:
            UsageError: `TWAT_FS_HISTORY` is neither `on` nor `off`.
        """
        if self.history is not None:
            return self.history
        word = self.environ.get("TWAT_FS_HISTORY", "").strip()
        if not word:
            return self.configured.history is not False
        found = on_or_off(word)
        if found is None:
            raise UsageError(f"TWAT_FS_HISTORY={word} is neither on nor off")
        return found

    @property
    def default_providers(self) -> list[str]:
        """The providers that `TWAT_FS_DEFAULT_PROVIDER` names, else the config file."""
        return provider_names(self.environ.get("TWAT_FS_DEFAULT_PROVIDER", "")) or list(self.configured.providers)

    def trusts(self, provider: str) -> bool:
        """Whether `TWAT_FS_TRUST` lets a spec of the user's run whoever wrote it, with secrets of bundled providers."""
        trusted = provider_names(self.environ.get("TWAT_FS_TRUST", ""))
        return provider in trusted or "all" in trusted

    @property
    def proxies(self) -> dict[str, str]:
        """The proxies of the usual variables; `HTTP_PROXY` not where a web server could have set it (httpoxy)."""
        found = {}
        for scheme in ("http", "https", "all"):
            names = [f"{scheme}_proxy", f"{scheme}_proxy".upper()]
            if scheme == "http" and "REQUEST_METHOD" in self.environ:
                names.pop()
            found[scheme] = next((self.environ[name] for name in names if self.environ.get(name)), "")
        for proxy in found.values():
            _hide_password(proxy)
        found["no_proxy"] = self.environ.get("no_proxy") or self.environ.get("NO_PROXY", "")
        return {name: value for name, value in found.items() if value}


_current: ContextVar[Settings | None] = ContextVar("twat_fs_settings", default=None)


@contextmanager
def using(chosen: Settings) -> Iterator[Settings]:
    """Let `current` give these settings for a while: what a caller chose reaches the modules that it calls."""
    token = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(token)


def current() -> Settings:
    """The settings that are in use, else what the environment says."""
    return _current.get() or settings()


def _hide_password(proxy: str) -> None:
    """Have the password in a proxy's address hidden in what the proxy, or a host behind it, says of a request."""
    login = proxy.rpartition("@")[0].rpartition("//")[2]
    if ":" in login:
        from urllib.parse import unquote

        from twat_fs.text import REDACTOR

        REDACTOR.add(unquote(login.partition(":")[2]))


def settings(
    environ: Mapping[str, str] | None = None,
    *,
    providers_d: Sequence[str] = (),
    ca_file: str | None = None,
    timeout: float | None = None,
    max_time: float | None = None,
    configured: Configured | None = None,
    history: bool | None = None,
) -> Settings:
    """Read the environment.

    Args:
        environ: The variables; the process's own where not given.
        providers_d: Further folders of specs.
        ca_file: Certificates to trust; else what the usual variables name.
        timeout: Seconds without progress; else `TWAT_FS_TIMEOUT`.
        max_time: Seconds for all that is to be done.
        configured: What the config file says, which variables and arguments win over.
        history: Whether receipts are kept, whatever the environment says.

    Raises:
        UsageError: A folder is not there, or a time is not a number of seconds.
    """
    variables = dict(os.environ if environ is None else environ)
    for folder in providers_d:
        if not os.path.isdir(folder):
            raise UsageError(f"--providers-d {folder}: there is no such folder")
    for name, given in (("timeout", timeout), ("max_time", max_time)):
        if given is not None and not given > 0:
            raise UsageError(f"{name}={given} is not a number of seconds")
    own = os.path.join(_base(variables, "XDG_CONFIG_HOME", ".config"), "twat-fs", "providers.d")
    listed = [folder for folder in variables.get("TWAT_FS_PROVIDERS_D", "").split(os.pathsep) if folder]
    said = configured or Configured()
    authorities = ca_file or next((variables[name] for name in AUTHORITIES if variables.get(name)), said.ca_file)
    seconds = timeout if timeout is not None else _seconds(variables.get("TWAT_FS_TIMEOUT"))
    return Settings(
        environ=variables,
        folders=(own, *said.folders, *listed, *providers_d),
        cache=os.path.join(_base(variables, "XDG_CACHE_HOME", ".cache"), "twat-fs", "specs"),
        data=os.path.join(_base(variables, "XDG_DATA_HOME", ".local/share"), "twat-fs"),
        ca_file=authorities,
        timeout=said.timeout if seconds is None else seconds,
        ends=None if max_time is None else time.monotonic() + max_time,
        stopped=Event(),
        configured=said,
        history=history,
    )


def _base(variables: Mapping[str, str], name: str, usual: str) -> str:
    """A base folder of the user's; a relative path is as good as none (XDG Base Directory Specification).

    In the current folder lies what others wrote, such as a checkout: no spec and no setting is taken from there.
    """
    homes = (variables.get("HOME", ""), os.path.expanduser("~"))
    home = next((path for path in homes if os.path.isabs(path)), os.devnull)
    given = variables.get(name, "")
    return given if os.path.isabs(given) else os.path.join(home, *usual.split("/"))


def on_or_off(text: str) -> bool | None:
    """What a person means by `on`, `yes`, `false` and their like; None where it is none of them."""
    word = text.strip().lower()
    return True if word in _ON else False if word in _OFF else None


def provider_names(text: str) -> list[str]:
    """Names from `a`, `a,b` or `[a,b]`, each once."""
    names = [name.strip().strip("'\"") for name in text.strip().removeprefix("[").removesuffix("]").split(",")]
    return list(dict.fromkeys(name for name in names if name))


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e6:
        raise UsageError(f"TWAT_FS_TIMEOUT={text} is not a number of seconds")
    return value
