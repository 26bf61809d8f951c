"""A provider's options: what a caller gives, else the environment, else the config file; each checked by its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs import credentials
from twat_fs.errors import ConfigError, NotConfigured, UsageError
from twat_fs.spec.options import wire_value, wire_values
from twat_fs.text import REDACTOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twat_fs.environment import Given, Settings
    from twat_fs.spec.model import Spec


class OptionValues:
    """The options of one provider, for all its uploads.

    Args:
        spec: The provider's.
        settings: Say what the environment and the config file have.
        check_owner: Refuses a variable that belongs to another provider.
    """

    def __init__(self, spec: Spec, settings: Settings, check_owner: Callable[[str], None]) -> None:
        self._spec = spec
        self._settings = settings
        self._check_owner = check_owner
        self._set: dict[str, Any] | None = None
        self._usual: dict[str, Any] | None = None

    def given(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """All that are given; a default is the spec's matter.

        Args:
            chosen: Those that the caller gives, by name.

        Raises:
            UsageError: The provider has no such option, or does not take the value.
            NotConfigured: The environment's value is not one that it takes.
            ConfigError: The same of the config file; says where it stands.
        """
        if self._set is None:  # looked at once
            self._set = {**self.configured(), **self._variables()}
        values = dict(self._set)
        for name, value in chosen.items():
            self._check_known(name)
            self._hide(name, value)
            wire_value(name, self._spec.options[name], value)
            values[name] = value
        return values

    def sent(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """What they send, with the spec's defaults; those that send nothing are left out. See `given`."""
        if chosen:
            return self._on_wire(self.given(chosen))
        if self._usual is None:  # most files are uploaded without any
            self._usual = self._on_wire(self.given({}))
        return dict(self._usual)

    def _on_wire(self, values: Mapping[str, Any]) -> dict[str, Any]:
        wanted = wire_values(self._spec.options, self._spec.defaults, values)
        return {name: value for name, value in wanted.items() if value is not None}

    def _check_known(self, name: str) -> None:
        if name not in self._spec.options:
            known = ", ".join(self._spec.options) or "none"
            raise UsageError(f"{self._spec.name} has no option `{name}`", hint=f"Its options: {known}.")

    def _variables(self) -> dict[str, str]:
        environ = self._settings.environ
        named = ((name, facts["env"]) for name, facts in self._spec.options.items() if facts.get("env"))
        found = {name: environ[variable] for name, variable in named if environ.get(variable)}
        for name, value in list(found.items()):
            facts = self._spec.options[name]
            self._check_owner(facts["env"])
            self._hide(name, value)
            if facts.get("secret"):
                found[name] = credentials.checked(self._spec, facts["env"], value)
            try:
                wire_value(name, facts, found[name])
            except UsageError as error:
                raise NotConfigured(f"{facts['env']}: {error.message}", self._spec.name, hint=error.hint) from error
        return found

    def configured(self) -> dict[str, Any]:
        """Those of the config file.

        Raises:
            ConfigError: The provider has no such option, does not take the value, or it is a secret.
        """
        found = self._settings.configured.options.get(self._spec.name, {})
        return {name: self._checked(name, given) for name, given in found.items()}

    def _checked(self, name: str, given: Given) -> Any:
        """A value of the config file, which anybody may read who can read files of the user's."""
        if is_secret(self._spec, name):
            self._hide(name, given.value)
            raise ConfigError(
                f"{given.where()}: `{name}` of {self._spec.name} is a secret", hint=instead(self._spec, name)
            )
        try:
            self._check_known(name)
            wire_value(name, self._spec.options[name], given.value)
        except UsageError as error:
            raise ConfigError(f"{given.where()}: {error.message}", hint=error.hint) from error
        return given.value

    def _hide(self, name: str, value: Any) -> None:
        if self._spec.options.get(name, {}).get("secret"):
            REDACTOR.add(str(value))


def secret_variables(spec: Spec) -> dict[str, str]:
    """The variables that hold a provider's secrets, aliases left out, each with what the spec says of it."""
    found = {credential.name: credential.help for credential in spec.credentials}
    secret = [facts for facts in spec.options.values() if facts.get("secret") and facts.get("env")]
    return found | {facts["env"]: str(facts.get("help", "")) for facts in secret}


def is_secret(spec: Spec, name: str) -> bool:
    """Whether a name is that of a secret of a provider: an option that is one, or a variable that holds one."""
    aliases = [alias for credential in spec.credentials for alias in credential.aliases]
    return bool(spec.options.get(name, {}).get("secret")) or name in secret_variables(spec) or name in aliases


def instead(spec: Spec, name: str) -> str:
    """What to do with a secret that does not belong where it stands."""
    if name in spec.options and not spec.options[name].get("env"):
        return "Say `upload --password`, which asks for it, or takes it from TWAT_FS_PASSWORD."
    return f"Secrets do not belong into this file: `twat-fs login {spec.name}` puts them into your keyring."
