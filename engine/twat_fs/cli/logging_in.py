"""`twat-fs login` and `logout`: secrets go from a hidden answer, or from a pipe, into the system's keyring."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from twat_fs import credentials, logins
from twat_fs.cli.adding import interactive
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import Report
from twat_fs.errors import UsageError
from twat_fs.option_values import secret_variables
from twat_fs.registry import Registry
from twat_fs.text import REDACTOR

if TYPE_CHECKING:
    from twat_fs.registry import Provider

#: Characters of a secret from a pipe; a longer one is none.
_LIMIT = 16 * 1024


def login(given: dict[str, Any]) -> int:
    """Run `login`; returns the exit status."""
    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    provider = registry.provider(given["name"])
    wanted = _wanted(provider, given)
    keyring = logins.keyring_of(provider.name, next(iter(wanted)))
    if not keyring.recommended:
        report.say(f"twat-fs: {keyring.name} keeps secrets where other programs of yours can read them")
    found = _from_pipe(provider, list(wanted)) if given["stdin"] else _answers(report, provider, wanted)
    if not found:
        report.say(f"{provider.name}: no secret was given, so none was stored")
        return 0
    logins.keep(registry.settings, provider.name, found)
    if given["quiet"]:
        return 0
    report.say(f"{provider.name}: {', '.join(found)} stored in {keyring.name}")
    for name in found:
        if registry.settings.environ.get(name, "").strip():
            report.say(f"twat-fs: the variable {name} is set too, and wins")
    report.say(f"`twat-fs upload_provider status {provider.name} --online` tries it.")
    return 0


def logout(given: dict[str, Any]) -> int:
    """Run `logout`; returns the exit status."""
    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    name = given["name"]
    noted = logins.known(registry.settings, name)
    declared = secret_variables(registry.provider(name).spec) if registry.catalog.entry(name) or not noted else {}
    gone = logins.forget(registry.settings, name, list(dict.fromkeys([*noted, *declared])))
    if not given["quiet"]:
        report.say(f"{name}: {', '.join(gone)} removed" if gone else f"{name}: nothing was stored")
    return 0


def _wanted(provider: Provider, given: dict[str, Any]) -> dict[str, str]:
    """The variables to ask for, each with what the spec says of it.

    Raises:
        UsageError: The provider has no secrets, or not those that are named.
        TrustError: One belongs to a bundled provider, and this is none.
    """
    declared = secret_variables(provider.spec)
    if not declared:
        raise UsageError(f"{provider.name} has no secrets")
    unknown = [name for name in given["secret"] if name not in declared]
    if unknown:
        raise UsageError(
            f"{provider.name} has no secret {', '.join(unknown)}", hint=f"Its secrets: {', '.join(declared)}."
        )
    wanted = {name: told for name, told in declared.items() if not given["secret"] or name in given["secret"]}
    for name in wanted:
        provider.check_owner(name)
    return wanted


def _from_pipe(provider: Provider, wanted: list[str]) -> dict[str, str]:
    if len(wanted) > 1:
        raise UsageError(
            f"{provider.name} has several secrets: {', '.join(wanted)}",
            hint="Say which one standard input has: --secret VARIABLE.",
        )
    text = sys.stdin.read(_LIMIT + 1) if sys.stdin is not None else ""
    if len(text) > _LIMIT:
        raise UsageError(f"standard input has more than {_LIMIT} characters, which no secret has")
    return {wanted[0]: credentials.checked(provider.spec, wanted[0], text)}


def _answers(report: Report, provider: Provider, wanted: dict[str, str]) -> dict[str, str]:
    """What a person types at the terminal, unseen; what is left empty is left out.

    Raises:
        UsageError: There is nobody to ask.
    """
    if not interactive():
        raise UsageError("there is no terminal to ask at", hint="Say --stdin, and give the secret by a pipe.")
    stored = logins.known(provider.registry.settings, provider.name)
    required = {credential.name for credential in provider.spec.credentials if credential.required}
    found = {}
    for name, told in wanted.items():
        if told:
            report.say(f"{name}: {told}")
        answer = _asked(name, needed=name in required and name not in stored)
        if answer:
            found[name] = credentials.checked(provider.spec, name, answer)
    return found


def _asked(name: str, *, needed: bool) -> str:
    import click

    if needed:
        answer = str(click.prompt(name, hide_input=True, err=True))
    else:
        words = f"{name} (Enter leaves it as it is)"
        answer = str(click.prompt(words, hide_input=True, default="", show_default=False, err=True))
    REDACTOR.add(answer)
    return answer
