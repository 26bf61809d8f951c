"""`twat-fs config`: what is set, where that comes from, and changes to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from twat_fs import logins
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.formats import read_format
from twat_fs.cli.report import OutputLost, Report
from twat_fs.config import editing
from twat_fs.config.keys import KEYS, is_profile, parsed
from twat_fs.config.resolve import Setting
from twat_fs.environment import on_or_off, settings
from twat_fs.errors import ConfigError, NotConfigured, SpecError, UsageError
from twat_fs.option_values import OptionValues, instead, is_secret, secret_variables
from twat_fs.registry import Registry
from twat_fs.spec.options import wire_value
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.config.resolve import Config
    from twat_fs.environment import Settings
    from twat_fs.spec.model import Spec


class _Secret(NamedTuple):
    provider: str
    variable: str
    origin: str


def show(given: dict[str, Any]) -> int:
    """Run `config show`; returns the exit status."""
    chosen = settings_of(given)
    registry = Registry(chosen)
    report = Report(registry.redactor, quiet=given["quiet"])
    config: Config = given["config"]
    specs = list(_specs(registry))
    secrets = [secret for spec in specs for secret in _secrets(spec, registry)]
    rows = [*_settings(config, given), *_options(config, registry, specs)]
    try:
        for line in () if given["as_json"] else _as_toml(config, rows, secrets, with_origin=given["origin"]):
            report.result(registry.redactor(line))
        for record in _as_records(rows, secrets) if given["as_json"] else ():
            report.record(record)
    except OutputLost:
        return 1
    return 0


def _settings(config: Config, given: dict[str, Any]) -> Iterator[Setting]:
    yield config.chosen
    for name, key in KEYS.items():
        yield _folders(config, given) if name == "providers_d" else config.setting(key)


def _folders(config: Config, given: dict[str, Any]) -> Setting:
    """Folders of specs, which add up: those of the file, of the variable, and of the command line."""
    key = KEYS["providers_d"]
    switched = Setting(key.name, list(given["providers_d"]), "command line", lambda: "--providers-d")
    found = {item.origin: item for item in (config.written(key), config.setting(key), switched) if item and item.value}
    if not found:
        return Setting(key.name, None, "default")
    *others, last = found.values()
    folders = [folder for item in found.values() for folder in item.value]
    return Setting(key.name, folders, last.origin, lambda: " and ".join([last.where(), *map(_origin, others)]))


def _specs(registry: Registry) -> Iterator[Spec]:
    for entry in registry.catalog.entries():
        try:
            yield registry.catalog.spec(entry)
        except SpecError:  # `validate-spec` says more of it
            continue


def _options(config: Config, registry: Registry, specs: Sequence[Spec]) -> Iterator[Setting]:
    """Options that are set outside the command line, of every provider."""
    environ, written = config.environ, config.options()
    known = {spec.name: spec for spec in specs}
    for provider, options in written.items():
        if provider not in known:
            place = next(iter(options.values())).where() if options else provider
            hint = registry.catalog.nearest(provider)
            raise ConfigError(f"{place}: there is no provider `{provider}`", hint=hint)
    for spec in specs:
        said = written.get(spec.name, {})
        variables = {
            name: facts["env"]
            for name, facts in spec.options.items()
            if facts.get("env") and environ.get(facts["env"]) and not facts.get("secret")
        }
        if said:
            OptionValues(spec, registry.settings, lambda _: None).configured()
        for name in dict.fromkeys([*said, *variables]):
            variable = variables.get(name)
            if variable is None:
                yield said[name]
            else:
                yield Setting(f"providers.{spec.name}.{name}", environ[variable], "environment", variable.__str__)


def _secrets(spec: Spec, registry: Registry) -> Iterator[_Secret]:
    environ = registry.settings.environ
    aliases = {alias: "" for credential in spec.credentials for alias in credential.aliases}
    names = [*secret_variables(spec), *aliases]
    there = [name for name in names if environ.get(name, "").strip()]
    for name in there:
        registry.redactor.add(environ[name].strip())
        yield _Secret(spec.name, name, "environment")
    try:
        stored = logins.known(registry.settings, spec.name)
    except NotConfigured:
        return
    yield from (_Secret(spec.name, name, "keyring") for name in stored if name not in there)


def _as_toml(config: Config, rows: list[Setting], secrets: list[_Secret], *, with_origin: bool) -> Iterator[str]:
    yield f"# {config.document.path}" if config.document else "# There is no config file."
    table = ""
    for row in rows:
        above, _, name = row.key.rpartition(".")
        if above != table:
            yield ""
            yield f"[{above}]"
            table = above
        yield _line(name, row, with_origin=with_origin)
    if secrets:
        yield ""
        yield "# Secrets that are set; their values are not shown."
    yield from (f"# {secret.provider}: {secret.variable}, from the {secret.origin}" for secret in secrets)


def _line(name: str, row: Setting, *, with_origin: bool) -> str:
    import tomlkit

    if row.value is None:
        return f"# {name} is not set"
    value = int(row.value) if isinstance(row.value, float) and row.value.is_integer() else row.value
    return f"{name} = {tomlkit.item(value).as_string()}" + (f"  # {_origin(row)}" if with_origin else "")


def _origin(row: Setting) -> str:
    return f"{row.origin} {row.where()}".rstrip()


def _as_records(rows: list[Setting], secrets: list[_Secret]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {"key": row.key, "value": row.value, "origin": row.origin, "where": row.where() or None}
    for secret in secrets:
        yield {"secret": secret.variable, "provider": secret.provider, "origin": secret.origin}


def path() -> int:
    """Run `config path`; returns the exit status."""
    found = settings().config_file
    if not found:
        raise UsageError("there is no config file, since TWAT_FS_CONFIG says so")
    try:
        Report().result(os.path.abspath(found))
    except OutputLost:
        return 1
    return 0


def put(given: dict[str, Any]) -> int:
    """Run `config set`; returns the exit status."""
    chosen = settings()
    above, inner = _located(given)
    editing.put(chosen, (*above, *inner), _value(chosen, above, inner, given))
    return 0


def drop(given: dict[str, Any]) -> int:
    """Run `config unset`; returns the exit status."""
    chosen = settings()
    above, inner = _located(given)
    if not editing.drop(chosen, (*above, *inner)):
        Report().say(f"twat-fs: {'.'.join([*above, *inner])} is not set in {chosen.config_file}")
    return 0


def _located(given: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables of the profile that a key is in, and the key itself."""
    parts = tuple(given["key"].split("."))
    above: tuple[str, ...] = ("profiles", given["profile"]) if given["profile"] else ()
    if not above and parts[0] == "profiles" and len(parts) > 2:
        above, parts = parts[:2], parts[2:]
    if above and not is_profile(above[1]):
        raise UsageError(f"`{above[1]}` is no name for a profile", hint="Letters, digits, - and _ are.")
    return above, parts


def _value(chosen: Settings, above: tuple[str, ...], inner: tuple[str, ...], given: dict[str, Any]) -> Any:
    words = given["values"]
    if inner == ("profile",) and not above:
        return _profile(chosen, words)
    if len(inner) == 1 and inner[0] in KEYS:
        key = KEYS[inner[0]]
        if key.name == "format":
            read_format(words[0])
        try:
            return parsed(key, words)
        except ValueError:
            raise UsageError(f"`{key.name}` is {key.kind.words}, not `{' '.join(words)}`") from None
    if len(inner) == 3 and inner[0] == "providers":
        return _option(Registry(chosen), inner[1], inner[2], words)
    import difflib

    close = difflib.get_close_matches(inner[0].replace("-", "_"), ["profile", *KEYS], 1)
    hint = f"Did you mean `{close[0]}`?" if close else ""
    raise UsageError(
        f"there is no key `{given['key']}`",
        hint=hint or f"The keys are {', '.join(['profile', *KEYS])}, and providers.NAME.OPTION.",
    )


def _profile(chosen: Settings, words: Sequence[str]) -> str:
    known = editing.read(chosen).get("profiles", {})
    if len(words) != 1 or words[0] not in known:
        raise UsageError(
            f"there is no profile `{' '.join(words)}` in {chosen.config_file}",
            hint="`twat-fs config set KEY VALUE --profile NAME` makes one.",
        )
    return words[0]


def _option(registry: Registry, provider: str, name: str, words: Sequence[str]) -> Any:
    spec = registry.provider(provider).spec
    if is_secret(spec, name):
        raise UsageError(f"`{name}` of {provider} is a secret", hint=instead(spec, name))
    if name not in spec.options:
        known = ", ".join(spec.options) or "none"
        raise UsageError(f"{provider} has no option `{name}`", hint=f"Its options: {known}.")
    if len(words) != 1:
        raise UsageError(f"the option `{name}` takes one value")
    wire_value(name, spec.options[name], words[0])
    kind = spec.options[name].get("type")
    return on_or_off(words[0]) if kind == "boolean" else int(words[0]) if kind == "integer" else words[0]
