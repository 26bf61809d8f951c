"""What a shell completes: names of providers, of their options, and the values that those take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete, split_arg_string

from twat_fs.cli.chosen import settings_of
from twat_fs.cli.formats import FORMATS
from twat_fs.config.keys import KEYS
from twat_fs.environment import settings
from twat_fs.errors import SourceError, TwatFsError, UsageError
from twat_fs.private import write_private
from twat_fs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import ShellComplete

    from twat_fs.spec.model import Spec

#: The commands that are completed.
COMMANDS = ("twat-fs", "file2url")


class _Bash(BashComplete):
    """Bash breaks words at `=` and `:`, so it is given the line as it stands, and gets back what follows the break."""

    source_template: ClassVar[str] = """\
%(complete_func)s() {
    local IFS=$'\\n' line="${COMP_LINE:0:COMP_POINT}" current="" kind value
    [[ $line == *[[:space:]] ]] || current="${line##*[[:space:]]}"
    local cut="${current%%"${current##*[=:]}"}"
    COMPREPLY=()
    while IFS=',' read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$cut"}"); [[ $value == *= ]] && compopt -o nospace ;;
        esac
    done < <(env COMP_WORDS="$line" COMP_CWORD=0 %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() or not words else (words[:-1], words[-1])

    @classmethod
    def _check_version(cls) -> None:
        """Nothing: click would start a bash each time to ask for its version."""


class _Fish(FishComplete):
    """What is offered may hold commas, as names of providers do: click's own script cuts it off there."""

    source_template: ClassVar[str] = """\
function %(complete_func)s
    set -lx %(complete_var)s fish_complete
    for item in (COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) %(prog_name)s)
        set -l found (string split -m 1 , -- $item)
        switch $found[1]
            case dir
                __fish_complete_directories $found[2]
            case file
                __fish_complete_path $found[2]
            case plain
                echo $found[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": ZshComplete, "fish": _Fish}


def script(shell: str, command: str) -> str:
    """What a shell must run to complete a command.

    Args:
        shell: `bash`, `zsh` or `fish`.
        command: One of `COMMANDS`.
    """
    variable = f"_{command.replace('-', '_').upper()}_COMPLETE"
    return _SHELLS[shell](click.Command(command), {}, command, variable).source()


def own_shell() -> str:
    """The shell that the user logs in with.

    Raises:
        UsageError: It is none that can be completed for, or not known.
    """
    name = os.path.basename(os.environ.get("SHELL", ""))
    if name not in _SHELLS:
        raise UsageError(f"no shell is named, and SHELL is `{name}`", hint=f"Name one of {', '.join(_SHELLS)}.")
    return name


def install(shell: str) -> tuple[list[str], str]:
    """Write the script of each command to where the shell looks for it.

    Returns:
        The files, and what is left to do.

    Raises:
        SourceError: It cannot be written.
    """
    home = os.path.expanduser("~")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    functions = os.path.join(data, "zsh", "site-functions")
    places = {
        "bash": (os.path.join(data, "bash-completion", "completions", "{}"), "A new shell completes both."),
        "fish": (os.path.join(config, "fish", "completions", "{}.fish"), "A new shell completes both."),
        "zsh": (os.path.join(functions, "_{}"), f"~/.zshrc must say, before compinit: fpath+={functions}"),
    }
    pattern, left = places[shell]
    paths = [pattern.replace("{}", command) for command in COMMANDS]
    for command, path in zip(COMMANDS, paths, strict=True):
        try:
            write_private(path, script(shell, command).encode())
        except OSError as error:
            raise SourceError(f"{path} cannot be written: {error.strerror}") from error
    return paths, left


def use_own_bash() -> None:
    """Have click complete for bash by our script's rules."""
    from click.shell_completion import add_completion_class

    add_completion_class(_Bash, "bash")


def providers(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of providers; after a comma, of a further one."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    catalog = _registry(context).catalog
    names = [entry.name for entry in catalog.entries() if entry.name.startswith(last) and entry.name not in taken]
    return [CompletionItem(f"{before}{comma}{name}") for name in names]


def specs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of providers, and files."""
    return [*providers(context, parameter, incomplete), CompletionItem(incomplete, type="file")]


def own_specs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of specs in the user's folder."""
    registry = _registry(context)
    own = [entry for entry in registry.catalog.entries() if entry.origin == registry.settings.own_folder]
    return [CompletionItem(entry.name) for entry in own if entry.name.startswith(incomplete)]


def options(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Options of the providers that are named before, of all without; after `=` the values that one takes."""
    name, equals, begun = incomplete.partition("=")
    found: dict[str, str] = {}
    for spec in _specs(context):
        if equals:
            values = _values(spec.options.get(name, {}))
            found |= {f"{name}={value}": "" for value in values if value.startswith(begun)}
        else:
            found |= {
                f"{key}=": str(facts.get("help", "")) for key, facts in spec.options.items() if key.startswith(name)
            }
    return [CompletionItem(text, help=words or None) for text, words in found.items()]


def formats(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of formats."""
    return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def _values(facts: dict[str, Any]) -> list[str]:
    listed = facts.get("choices") or list(facts.get("map") or {})
    return [str(value) for value in listed] or (["true", "false"] if facts.get("type") == "boolean" else [])


def _specs(context: click.Context) -> Iterator[Spec]:
    registry = _registry(context)
    named = context.params.get("name") or ",".join(context.params.get("provider") or ())
    names = [name for name in named.split(",") if name] or [entry.name for entry in registry.catalog.entries()]
    for name in names:
        try:
            yield registry.provider(name).spec
        except TwatFsError:  # a spec that is not valid has no options to offer
            continue


def profiles(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of profiles in the config file."""
    return [CompletionItem(name) for name in _configured().get("profiles", {}) if name.startswith(incomplete)]


def keys(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Keys of the config file; after `providers.NAME.` the options of a provider."""
    head, dot, begun = incomplete.rpartition(".")
    if incomplete.startswith("providers."):
        catalog = _registry(context).catalog
        if head == "providers":
            found = {f"{head}.{entry.name}.": "" for entry in catalog.entries() if entry.name.startswith(begun)}
        else:
            found = {f"{head}{dot}{name}": told for name, told in _settable(context, head).items()}
    else:
        found = {"profile": "The profile to use.", **{key.name: key.help for key in KEYS.values()}, "providers.": ""}
    return [CompletionItem(text, help=told or None) for text, told in found.items() if text.startswith(incomplete)]


def _settable(context: click.Context, table: str) -> dict[str, str]:
    """Options that may stand in a table of the config file."""
    provider = table.removeprefix("providers.")
    try:
        declared = _registry(context).provider(provider).spec.options
    except TwatFsError:
        return {}
    return {name: str(facts.get("help", "")) for name, facts in declared.items() if not facts.get("secret")}


def key_values(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The values that a key of the config file takes."""
    key = context.params.get("key") or ""
    if key == "profile":
        return profiles(context, parameter, incomplete)
    if key.startswith("provider") and "." not in key:
        return providers(context, parameter, incomplete) if key == "provider" else [CompletionItem("", type="dir")]
    if key == "format":
        return formats(context, parameter, incomplete)
    if key in KEYS:
        found = list(KEYS[key].kind.offered)
    else:
        _, provider, name = (*key.split(".", 2), "", "")[:3]
        try:
            found = _values(_registry(context).provider(provider).spec.options.get(name, {}))
        except TwatFsError:
            found = []
    return [CompletionItem(value) for value in found if value.startswith(incomplete)]


def _configured() -> dict[str, Any]:
    from twat_fs.config import editing

    try:
        return editing.read(settings())
    except TwatFsError:
        return {}


def _registry(context: click.Context) -> Registry:
    try:
        return Registry(settings_of(context.params))
    except UsageError:  # a folder that is not there has nothing to offer
        return Registry(settings())
