"""Writes what in the documentation is made: tables, the page of providers, the manual page, and a picture.

    python docs/generate.py            write what is out of date
    python docs/generate.py --check    change nothing; show the difference and end with status 1 where there is one

A generated part of a page stands between `<!-- begin generated: NAME -->` and `<!-- end generated -->`.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click
from manpage import manual
from states import drawn

from twat_fs._version import __version__
from twat_fs.cli.commands import cli
from twat_fs.config.keys import KEYS
from twat_fs.errors import SPEC_ERRORS, RetryableError
from twat_fs.fitting import abilities
from twat_fs.spec.catalog import Catalog
from twat_fs.spec.label import Label, label
from twat_fs.spec.options import text_of
from twat_fs.spec.schema import schema_text
from twat_fs.units import shown_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twat_fs.spec.model import Spec

FOLDER = os.path.dirname(os.path.abspath(__file__))
PAGES = ("cli.md", "settings.md", "spec-language.md", "design.md")
PROVIDERS = "providers.md"
MANUAL = "man/twat-fs.1"
PICTURE = "states.svg"

_REGION = re.compile(r"(<!-- begin generated: (.+?) -->\n).*?(<!-- end generated -->)", re.DOTALL)
_SCHEMA: dict[str, Any] = json.loads(schema_text())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; a bar inside a cell is escaped, a line break becomes a space."""
    yield _row(head)
    yield _row(["---"] * len(head))
    for row in rows:
        yield _row([" ".join(cell.split()).replace("|", "\\|") for cell in row])


def _row(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def code(text: str) -> str:
    """Text as code; in doubled backticks where it holds one."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


# The command line


def command_lines(name: str) -> Iterator[str]:
    """Usage, purpose and options of one command, as click knows them.

    Args:
        name: Its words, such as `upload-provider list`; `twat-fs` for the command itself.
    """
    found: click.Command = cli
    for word in name.split() if name != "twat-fs" else ():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word) or found
    path = "twat-fs" if name == "twat-fs" else f"twat-fs {name}"
    context = click.Context(found, info_name=path, **_context_settings())
    yield f"    {' '.join([path, *found.collect_usage_pieces(context)])}"
    yield ""
    yield from inspect.cleandoc(found.help or "").splitlines()
    yield ""
    yield from table(["Option", "What it does"], _options(found, context))


def _context_settings() -> dict[str, Any]:
    return {"help_option_names": cli.context_settings["help_option_names"]}


def _options(found: click.Command, context: click.Context) -> Iterator[list[str]]:
    for parameter in found.get_params(context):
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        spelled = [code(text) for text in (*parameter.opts, *parameter.secondary_opts)]
        metavar = "" if parameter.is_flag or parameter.count else _value_of(parameter)
        if metavar:
            spelled[-1] = code(f"{parameter.opts[-1]} {metavar}")
        default = f" Unless said: {code(str(parameter.default))}." if parameter.show_default else ""
        yield [", ".join(spelled), f"{parameter.help or ''}{default}"]


def _value_of(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(str(choice) for choice in option.type.choices)
    return option.metavar or str(option.name).upper()


# Keys and errors of the spec language


def key_lines(pointer: str) -> Iterator[str]:
    """The keys of a mapping of the schema.

    Args:
        pointer: `spec` for the whole; else a path such as `properties/capabilities` or `$defs/step`.
    """
    schema = _at(pointer)
    rows = [[code(key), _needed(schema, key), _told(key, facts)] for key, facts in schema["properties"].items()]
    if any(row[1] for row in rows):
        yield from table(["Key", "Needed", "What it says"], rows)
    else:
        yield from table(["Key", "What it says"], [[key, told] for key, _, told in rows])


def _at(pointer: str) -> dict[str, Any]:
    found: Any = _SCHEMA
    for part in pointer.split("/") if pointer != "spec" else ():
        found = found[part]
    return dict(found)


def _needed(schema: dict[str, Any], key: str) -> str:
    if key in schema.get("required", ()):
        return "yes"
    for kind, branch in (("python", schema.get("then", {})), ("http", schema.get("else", {}))):
        if key in branch.get("required", ()):
            return f"for `kind: {kind}`"
    sides = [name for side in schema.get("else", {}).get("anyOf", ()) for name in side["required"]]
    return f"or {code(next(other for other in sides if other != key))}" if key in sides else ""


def _told(key: str, facts: dict[str, Any]) -> str:
    """The schema's description of a key, its own or that of the definition that it refers to."""
    merged = {**(_at(facts["$ref"].removeprefix("#/")) if "$ref" in facts else {}), **facts}
    words = [str(merged.get("description") or f"{merged.get('title', key)}.")]
    values = [code(str(value)) for value in merged.get("enum", ())]
    if 1 < len(values) < 7 and not all(value in words[0] for value in values):
        words.append(f"One of {', '.join(values)}.")
    default = merged.get("default")
    if default is not None and "nless said" not in words[0]:
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        words.append(f"Unless said: {code(shown)}.")
    return " ".join(words)


def error_lines() -> Iterator[str]:
    """The errors that a rule may name."""
    rows = [
        [
            code(name),
            " ".join((kind.__doc__ or "").split()),
            code(kind.__name__),
            "yes" if issubclass(kind, RetryableError) else "no",
            str(kind.exit_code),
        ]
        for name, kind in SPEC_ERRORS.items()
    ]
    yield from table(["Error", "What it means, and the statuses that mean it", "Class", "Tried again", "Exit"], rows)


# The settings


def setting_lines() -> Iterator[str]:
    """The keys of the config file."""
    rows = [
        [code(key.name), key.help, key.kind.words, _unless(key.default), ", ".join(map(code, key.variables))]
        for key in KEYS.values()
    ]
    yield from table(["Key", "What it does", "Value", "Unless said", "Variable"], rows)


def _unless(default: Any) -> str:
    return "" if default is None else code(text_of(default))


# The layers


def layer_lines() -> Iterator[str]:
    """The layers that the linter keeps, from the top, with what each module says of itself."""
    with open(os.path.join(FOLDER, "..", "pyproject.toml"), encoding="utf-8") as file:
        found = re.search(r"^layers = \[\n(.*?)^\]", file.read(), re.MULTILINE | re.DOTALL)
    assert found, "pyproject.toml names no layers"
    layers = re.findall(r'"(.+?)"', found[1])
    rows = [
        [str(len(layers) - index), code(name), _purpose(name)]
        for index, row in enumerate(layers)
        for name in row.split(" | ")
    ]
    yield from table(["Layer", "Module", "What it is"], rows)


def _purpose(name: str) -> str:
    """The first paragraph of a module's docstring."""
    root = os.path.join(FOLDER, "..", "engine", "twat_fs", name)
    path = os.path.join(root, "__init__.py") if os.path.isdir(root) else f"{root}.py"
    with open(path, encoding="utf-8") as file:
        return (ast.get_docstring(ast.parse(file.read())) or "").partition("\n\n")[0]


# The providers


def provider_lines() -> Iterator[str]:
    """The page of all bundled providers: a table for each group, then a section for each provider."""
    catalog = Catalog((), None)
    order = catalog.default_order()
    specs = {entry.name: catalog.spec(entry) for entry in catalog.entries()}
    labels = {entry.name: label(catalog.card(entry)) for entry in catalog.entries()}
    names = order + [name for name in specs if name not in order]
    groups = {title: [name for name in names if _group(specs[name], labels[name]) == title] for title in _GROUPS}
    yield from (*_PROVIDERS_HEAD.splitlines(), "")
    yield from (f"- [{title}](#{title.lower().replace(' ', '-')}): {len(groups[title])}" for title in _GROUPS)
    for title, words in _GROUPS.items():
        yield from ("", f"## {title}", "", words, "")
        secrets = any(specs[name].credentials for name in groups[title])
        head = ["Name", "Order", "Largest file", "Kept for", "Can be asked for", "Checked"]
        yield from table(
            [*head, *["Secrets"] * secrets], [_provider_row(specs[name], order, secrets) for name in groups[title]]
        )
    for name in [name for title in _GROUPS for name in groups[title]]:
        yield from _provider_section(specs[name], labels[name], order)


_GROUPS = {
    "Hosts without an account": "Anybody may upload. *Order* is the place in the default order; a host without one is "
    "used only where it is named with `-p`.",
    "Hosts with an account": "They want a secret, and are used where they are named, or in their place in the default "
    "order once the secret is set.",
    "Servers of your own": "An option says where the server is, or the folder. They are used only where they are "
    "named.",
}

_PROVIDERS_HEAD = """\
# The providers

This page is made by `python docs/generate.py` from the specs in `providers.d/`; do not edit it.

*Checked* says what is known of the host and since when: `alive`, `closed`, or `unknown`, which means just that. The
section of each host says how that is known; nothing in it is made up. Where a file goes, and what is sent beside it, is
worked out from each spec's own templates, not stated by its author; `twat-fs upload_provider show NAME` prints the same
for any provider, also for those of your own. What *can be asked for* are the switches of
[upload](cli.md#asking-by-need). `twat-fs check-hosts` tries the hosts that you have set up, and writes a patch for the
specs that this page is made from. There is also a list of
[hosts that are not here](contributing.md#hosts-that-are-not-here-and-why).
"""


def _group(spec: Spec, found: Label) -> str:
    options = [host.removeprefix("the host of options.") for host in found.hosts]
    named_by_option = any(name in spec.options and name not in spec.defaults for name in options)
    public, account, own = _GROUPS
    if spec.kind == "python":
        return account if spec.needs_login else own
    if named_by_option:
        return own
    return account if spec.needs_login else public


def _provider_row(spec: Spec, order: list[str], secrets: bool) -> list[str]:
    names = ", ".join(f"{code(item.name)}{'' if item.required else ' (optional)'}" for item in spec.credentials)
    return [
        f"[{spec.name}](#{spec.name})",
        _place(spec, order),
        _limit(spec),
        str(spec.capabilities.get("retention", "")),
        _abilities(spec),
        _seen(spec),
        *[names] * secrets,
    ]


def _place(spec: Spec, order: list[str]) -> str:
    return str(order.index(spec.name) + 1) if spec.name in order else ""


def _abilities(spec: Spec) -> str:
    return ", ".join(code(f"--{name}") for name in abilities(spec))


def _limit(spec: Spec) -> str:
    stated = spec.capabilities.get("max_file_size", "")
    return shown_size(stated) if isinstance(stated, int) else str(stated)


def _hosts(spec: Spec, found: Label) -> str:
    if spec.kind == "python":
        return "what its Python module decides"
    return ", ".join(host if " " in host else code(host.removesuffix(":443")) for host in found.hosts)


def _seen(spec: Spec) -> str:
    facts = spec.about.get("checked", {})
    return f"{facts['status']} {facts['date']}" if facts else ""


def _provider_section(spec: Spec, found: Label, order: list[str]) -> Iterator[str]:
    yield from ("", f"## {spec.name}", "")
    about = " ".join(str(spec.about.get("description", "")).split())
    links = [f"[{words}]({spec.about[key]})" for key, words in _LINKS if spec.about.get(key)]
    links.append(f"[Its spec](../providers.d/{spec.name}.yaml)")
    yield " ".join([f"**{spec.title.rstrip('.')}.**", about, *[f"{link}." for link in links]]).replace("  ", " ")
    yield ""
    yield from table(["What", "Facts"], [[name, value] for name, value in _facts(spec, found, order) if value])
    lines = spec.setup.strip().splitlines()
    if len(lines) == 1:
        yield from ("", lines[0])
    elif lines:
        yield from ("", "Setup:", "", *(f"    {line}".rstrip() for line in lines))
    if spec.credentials:
        yield ""
        yield from table(["Secret", "Needed", "Where to get it", "Sent to"], _secret_rows(spec, found))
    if spec.options:
        yield ""
        rows = [_option_row(name, facts) for name, facts in spec.options.items()]
        yield from table(["Option", "Values", "Default", "Variable", "What it does"], rows)


_LINKS = (("homepage", "Home page"), ("docs", "Its own documentation"))


def _facts(spec: Spec, found: Label, order: list[str]) -> Iterator[tuple[str, str]]:
    facts = spec.capabilities
    yield "Checked", _seen(spec)
    yield "How that is known", str(spec.about.get("checked", {}).get("how", ""))
    yield "Place in the default order", _place(spec, order)
    yield "Largest file", _limit(spec)
    yield "Kept for", str(facts.get("retention", ""))
    for key, words in (("refused_types", "Does not take"), ("supported_types", "Takes only")):
        yield words, ", ".join(code(str(item)) for item in facts.get(key, ()))
    yield "The link", " ".join(_link(facts))
    yield "Can be asked for", _abilities(spec)
    yield "Sent to", _hosts(spec, found)
    yield "Sent beside the file", "; ".join(found.sends)
    yield "Over http, so that it can be read on its way", ", ".join(map(code, found.clear_text))
    if spec.kind == "http":
        yield "Fetched afterwards", found.fetches or "nothing: the check after the upload is left out"
    yield "Needs", code(spec.deps) if spec.deps else ""


def _link(facts: dict[str, Any]) -> Iterator[str]:
    if facts.get("direct_link") is False:
        yield "It opens a page, not the file itself."
    if facts.get("single_download"):
        yield "The first download removes the file."


def _secret_rows(spec: Spec, found: Label) -> Iterator[list[str]]:
    for item in spec.credentials:
        goes = next((secret.goes_to for secret in found.secrets if secret.name == f"credentials.{item.name}"), ())
        names = ", ".join(code(name) for name in (item.name, *item.aliases))
        yield [names, "yes" if item.required else "no", item.help, "; ".join(goes).replace(":443", "")]


def _option_row(name: str, facts: dict[str, Any]) -> list[str]:
    listed = facts.get("choices") or list(facts.get("map") or [])
    values = ", ".join(code(str(value)) for value in listed) or str(facts.get("type", "string"))
    ends = [f"{word} {facts[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in facts]
    default = facts.get("default")
    return [
        code(name),
        " ".join([values, *ends]),
        "" if default is None else code(str(default).lower() if isinstance(default, bool) else str(default)),
        code(facts["env"]) if facts.get("env") else "",
        str(facts.get("help", "")),
    ]


# Files


def generated(name: str) -> list[str]:
    """The lines of one region.

    Args:
        name: `command WORDS`, `keys POINTER`, `settings`, `errors` or `layers`.
    """
    kind, _, rest = name.partition(" ")
    if kind == "command":
        return list(command_lines(rest))
    if kind == "keys":
        return list(key_lines(rest))
    if kind == "settings":
        return list(setting_lines())
    return list(error_lines() if kind == "errors" else layer_lines())


def wanted() -> Iterator[tuple[str, str, str]]:
    """Each file with its text as it is and as it has to be."""
    for page in PAGES:
        text = _read(page)
        new = _REGION.sub(lambda found: "".join([found[1], _block(found[2]), found[3]]), text)
        yield page, text, new
        if page == "cli.md":
            yield MANUAL, _read(MANUAL), manual(new, cli.list_commands(click.Context(cli)), __version__)
    yield PICTURE, _read(PICTURE), drawn()
    yield PROVIDERS, _read(PROVIDERS), "\n".join(provider_lines()) + "\n"


def _block(name: str) -> str:
    return "\n" + "\n".join(line.rstrip() for line in generated(name)) + "\n\n"


def _read(name: str) -> str:
    path = os.path.join(FOLDER, name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def main(arguments: Sequence[str]) -> int:
    """Write what is out of date, or say what is; returns the exit status."""
    code = 0
    for name, old, new in wanted():
        if old == new:
            continue
        if "--check" in arguments:
            now, due = old.splitlines(), new.splitlines()
            rows = difflib.unified_diff(now, due, f"docs/{name}", "what it has to be", n=1, lineterm="")
            sys.stdout.write("\n".join(rows) + "\n")
            code = 1
        else:
            with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
                file.write(new)
            sys.stdout.write(f"docs/{name} written\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
