"""Secrets in the system's keyring, which `twat-fs login` puts there.

Asking a keyring takes a tenth of a second and may open a window. So a file of the user's says for each provider which
variables are kept for it, and never what is in them; without it no keyring is asked.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from typing import TYPE_CHECKING, Any

from twat_fs.errors import NotConfigured, ResourceError
from twat_fs.private import write_private
from twat_fs.text import REDACTOR, printable
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from twat_fs.environment import Settings
    from twat_fs.spec.model import Spec

#: What the keyring has the secrets of a provider under; the variable is the user's name there.
_SERVICE = "twat-fs:{}"
_NONE = "there is no keyring on this machine that could keep it"


class Keyring(NamedTuple):
    """The system's keyring.

    Attributes:
        name: What it calls itself.
        recommended: Whether the library advises to use it; one that is a plain file it does not.
    """

    name: str
    recommended: bool


def known(settings: Settings, provider: str) -> list[str]:
    """The variables whose values the keyring has for a provider.

    Raises:
        NotConfigured: What is noted of them cannot be read.
    """
    path = _note(settings, provider)
    try:
        with open(path, "rb") as file:
            return [str(name) for name in json.loads(file.read())]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        if getattr(error, "errno", None) in (errno.EMFILE, errno.ENFILE):
            raise ResourceError(f"{path} cannot be read: {why}", hint="`ulimit -n 64` allows more.") from error
        raise NotConfigured(
            f"{path} cannot be read: {why}",
            provider,
            hint=f"`twat-fs login {provider}` writes it anew.",
        ) from error


class Logins:
    """What the keyring has, which is asked once in a run for each provider.

    Args:
        settings: Say what the environment has, and where it is noted what is stored.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: dict[str, Settings] = {}
        self._lock = threading.Lock()  # a keyring may ask the user, and several workers may need the same

    def settings_of(self, spec: Spec) -> Settings:
        """The settings with a provider's secrets in their environment; a variable that is set wins.

        Raises:
            NotConfigured: The keyring has something, and does not give it.
        """
        with self._lock:
            if spec.name not in self._found:
                self._found[spec.name] = self._settings._replace(environ=self._environ(spec))
            return self._found[spec.name]

    def _environ(self, spec: Spec) -> Mapping[str, str]:
        environ = self._settings.environ
        aliases = {item.name: item.aliases for item in spec.credentials}
        missing = [
            name
            for name in known(self._settings, spec.name)
            if not any(environ.get(variable, "").strip() for variable in (name, *aliases.get(name, ())))
        ]
        return {**environ, **{name: _stored(spec.name, name) for name in missing}} if missing else environ


def _stored(provider: str, variable: str) -> str:
    secret = _asked(provider, variable, "get_password", _SERVICE.format(provider), variable)
    if not isinstance(secret, str):
        raise NotConfigured(
            f"{variable} is not in the keyring any more",
            provider,
            hint=f"`twat-fs login {provider}` stores it, `twat-fs logout {provider}` forgets that it was there.",
        )
    REDACTOR.add(secret)
    return secret


def keyring_of(provider: str, variable: str) -> Keyring:
    """The keyring that secrets would go into.

    Raises:
        NotConfigured: There is none.
    """
    backend = _asked(provider, variable, "get_keyring")
    if type(backend).__module__ in ("keyring.backends.fail", "keyring.backends.null"):
        raise _without(provider, variable, _NONE)
    name = printable(str(getattr(backend, "name", "the keyring")))
    return Keyring(name, getattr(backend, "priority", 1) >= 1)


def keep(settings: Settings, provider: str, secrets: Mapping[str, str]) -> None:
    """Store secrets of a provider.

    Args:
        settings: Says where it is noted that they are stored.
        provider: Whose they are.
        secrets: By their variables.

    Raises:
        NotConfigured: The keyring does not take them, or that cannot be noted.
    """
    try:
        before = known(settings, provider)
    except NotConfigured:  # it is written anew
        before = []
    for variable, secret in secrets.items():
        _asked(provider, variable, "set_password", _SERVICE.format(provider), variable, secret)
    _write(settings, provider, list(dict.fromkeys([*before, *secrets])))


def forget(settings: Settings, provider: str, variables: Sequence[str]) -> list[str]:
    """Take secrets of a provider out of the keyring.

    Args:
        settings: Says where it is noted what is stored.
        provider: Whose they are.
        variables: All that may be there.

    Returns:
        The variables that were there.

    Raises:
        NotConfigured: The keyring does not let go of them; those that are left are still noted.
    """
    gone = [name for name in variables if _deleted(provider, name)]
    path = _note(settings, provider)
    try:
        os.unlink(path)
    except FileNotFoundError:
        return gone
    except OSError as error:
        raise NotConfigured(f"{path} cannot be removed: {error.strerror}", provider) from error
    return gone


def _deleted(provider: str, variable: str) -> bool:
    service = _SERVICE.format(provider)
    if _asked(provider, variable, "get_password", service, variable) is None:
        return False
    _asked(provider, variable, "delete_password", service, variable)
    return True


def _asked(provider: str, variable: str, function: str, *words: str) -> Any:
    """What a function of the library gives.

    Raises:
        NotConfigured: It is not installed, there is no keyring, or the one that is there refuses.
    """
    try:
        import keyring
        from keyring.errors import KeyringError, KeyringLocked, NoKeyringError
    except ImportError:
        hint = f"pip install 'twat-fs[keyring]', or set {variable}."
        raise NotConfigured("the library `keyring` is not installed", provider, hint=hint) from None
    try:
        return getattr(keyring, function)(*words)
    except NoKeyringError:
        raise _without(provider, variable, _NONE) from None
    except KeyringLocked:
        raise _without(provider, variable, "the keyring is locked") from None
    # What a keyring raises besides is what its own libraries do: a file's, a bus's, a module's that is not there.
    except (KeyringError, OSError, RuntimeError, ValueError, TypeError, LookupError, ImportError) as error:
        told = printable(str(error)) or type(error).__name__
        raise _without(provider, variable, f"the keyring gives no answer: {told}") from None


def _without(provider: str, variable: str, why: str) -> NotConfigured:
    return NotConfigured(f"{variable}: {why}", provider, hint=f"Set the variable {variable} instead.")


def _note(settings: Settings, provider: str) -> str:
    return os.path.join(settings.logins, f"{provider}.json")


def _write(settings: Settings, provider: str, variables: Collection[str]) -> None:
    path = _note(settings, provider)
    try:
        write_private(path, json.dumps(list(variables)).encode("ascii"))
    except OSError as error:
        raise NotConfigured(f"{path} cannot be written: {error.strerror}", provider) from error
