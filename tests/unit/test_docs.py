"""What the documentation shows is true: its specs, its tables, its generated parts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import pytest

from twat_fs.cli.commands import cli, upload
from twat_fs.cli.findings import as_text
from twat_fs.cli.helping import Sections
from twat_fs.expression.evaluate import Scope, evaluate, render_url
from twat_fs.expression.filters import to_text
from twat_fs.expression.limits import OUTPUT_LIMIT, TEXT_LIMIT
from twat_fs.expression.names import DATE_DIRECTIVES, FILTERS, FUNCTIONS, ROOTS
from twat_fs.expression.parse import TEMPLATE_LIMIT, parse_template
from twat_fs.expression.query import QUERY_LIMIT, NothingFound, compile_query, find
from twat_fs.expression.reading import Reading
from twat_fs.expression.regex import REGEX_LIMIT
from twat_fs.http.answer import MAX_BODY
from twat_fs.messages import Reply
from twat_fs.retry import RETRY_AFTER_LIMIT
from twat_fs.source import IN_MEMORY_LIMIT
from twat_fs.spec import load as load_module
from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.spec.options import wire_value
from twat_fs.spec.problems import DOCUMENTED
from twat_fs.text import WORDS_LIMIT
from twat_fs.urls import RESULT_LIMIT
from twat_fs.validation import validate
from twat_fs.wire.example_file import example_file

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def page(name: str) -> str:
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


PAGES = ["README.md", *sorted(f"docs/{name}" for name in os.listdir(f"{ROOT}/docs") if name.endswith(".md"))]
LANGUAGE = page("docs/spec-language.md")


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    kind: str
    text: str

    def __str__(self) -> str:
        name = re.search(r"^name: (\S+)", self.text, re.MULTILINE)
        return f"{self.page}:{name.group(1) if name else self.text[:30]!r}"


def blocks(name: str) -> list[Block]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)
    return [Block(name, kind, text) for kind, text in found]


YAML = [block for name in PAGES for block in blocks(name) if block.kind == "yaml"]
SPECS = [block for block in YAML if block.text.startswith("spec: 1")]


def rows(*columns: str) -> list[list[str]]:
    """The cells of these columns, in every table of the language page that has them all."""
    found, places = [], None
    for line in LANGUAGE.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not line.startswith("|"):
            places = None
        elif places is None and set(columns) <= set(cells):
            places = [cells.index(column) for column in columns]
        elif places is not None and not set(cells) <= {"---"}:
            found.append([cells[place] for place in places])
    return found


def shown(cell: str) -> str:
    """What stands in a cell's code span."""
    span = re.fullmatch(r"(`+) ?(.*?) ?\1", cell)
    assert span, f"{cell} is not one piece of code"
    return span.group(2)


def value(cell: str) -> Any:
    return json.loads(shown(cell))


def scope(**names: Any) -> Scope:
    file = example_file("photo.tar.gz", {"text": "hello", "type": "application/octet-stream"})
    usual: dict[str, Any] = {"file": file, "options": {}, "credentials": {}, "remote_path": file["name"], "now": 1}
    return Scope({**usual, **names}, lambda count: "a" * count, lambda _: 0)


def yaml_value(text: str) -> Any:
    return load_module.load(f"value: {text}\n".encode()).data["value"]


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_a_spec_on_a_page_is_valid_and_its_examples_hold(block: Block) -> None:
    name = re.search(r"^name: (\S+)", block.text, re.MULTILINE)
    assert name
    verdict = validate(block.text.encode(), block.page, name.group(1))
    assert [problem.message for problem in verdict.problems] == []


def test_the_language_page_shows_specs() -> None:
    assert len([block for block in SPECS if block.page == "docs/spec-language.md"]) >= 6


def test_every_key_of_the_language_stands_in_a_spec_that_is_shown() -> None:
    shown_keys: set[str] = set()
    for block in SPECS:
        shown_keys |= set(_keys(load_module.load(block.text.encode()).data))
    schema = json.loads(page("schemas/provider.schema.json"))
    assert set(_properties(schema)) - shown_keys - OF_CARDS == set()


#: Keys of cards of Python providers, which stand on pages of their own.
OF_CARDS = {"kind", "module", "expiration", "folders", "resumable", "chunked", "overwrite"}


def _keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, item in data.items():
            yield str(key)
            yield from _keys(item)
    elif isinstance(data, list):
        for item in data:
            yield from _keys(item)


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for item in schema.values():
            yield from _properties(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _properties(item)


def test_every_yaml_block_is_a_whole_spec() -> None:
    odd = [str(block) for block in YAML if not block.text.startswith("spec: 1")]
    assert odd == []


@pytest.mark.parametrize("target", sorted(set(DOCUMENTED.values())))
def test_every_place_that_a_problem_names_is_there(target: str) -> None:
    name, _, anchor = target.partition("#")
    assert anchor in anchors(name)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_inside_the_documentation_leads_somewhere(name: str) -> None:
    outside_code = re.sub(r"```.*?```|`[^`\n]*`", "", page(name), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_code):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        assert os.path.exists(os.path.join(ROOT, found)), f"{name} links to {target}"
        assert not anchor or anchor in anchors(found), f"{name} links to {target}"


def anchors(name: str) -> set[str]:
    """The anchors that headings get on GitHub."""
    outside_code = re.sub(r"^```.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", outside_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("template", "gives"), rows("Example", "Gives"))
def test_an_example_of_a_template_gives_what_the_page_shows(template: str, gives: str) -> None:
    if template:
        assert evaluate(parse_template(shown(template)), scope()) == value(gives)


def test_the_tables_name_every_filter_and_function() -> None:
    named = {re.split(r"\(", shown(name))[0] for name, _ in [*rows("Filter", "Gives"), *rows("Function", "Gives")]}
    assert named == {*FILTERS, *FUNCTIONS}
    assert all(f"%{letter}" in LANGUAGE for letter in DATE_DIRECTIVES)


def test_the_table_of_names_is_complete() -> None:
    told = " ".join(name for name, _, _ in rows("Name", "What it is", "Gives"))
    for root, (_, members) in ROOTS.items():
        assert f"`{root}" in told
        assert all(f"`{root}.{member}`" in told for member in members or ())


@pytest.mark.parametrize(("template", "sent"), rows("Address", "Is sent as"))
def test_an_address_is_encoded_as_the_page_shows(template: str, sent: str) -> None:
    names = scope(
        file=example_file("a b&c.txt", {}),
        remote_path="my docs/a b&c.txt",
        options={"server": "https://files.example/box"},
    )
    assert render_url(parse_template(shown(template)), names) == shown(sent)


@pytest.mark.parametrize(("declaration", "given", "sent"), rows("Declaration", "Given", "Sent"))
def test_an_option_sends_what_the_page_shows(declaration: str, given: str, sent: str) -> None:
    found = wire_value("option", yaml_value(shown(declaration)), shown(given))
    assert (found, type(found).__name__ == "bool") == (value(sent), isinstance(value(sent), bool))


@pytest.mark.parametrize(("query", "finds"), rows("Query", "Finds"))
def test_a_query_finds_what_the_page_shows(query: str, finds: str) -> None:
    compiled = compile_query(yaml_value(shown(query)))
    reading = Reading(shown_reply())
    if finds == "nothing":
        with pytest.raises(NothingFound):
            find(compiled, reading, scope())
    else:
        assert find(compiled, reading, scope()) == value(finds)


def shown_reply() -> Reply:
    """The answer that stands above the table of queries."""
    (block,) = [found for found in blocks("docs/spec-language.md") if found.kind == "http"]
    head, _, body = block.text.partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
    return Reply(int(status.split()[1]), "https://host.example/upload", headers, body.encode())


def test_the_sample_of_a_problem_is_what_validate_spec_prints() -> None:
    (tiny,) = [block.text for block in SPECS if "name: tinyhost" in block.text]
    verdict = validate(tiny.replace("multipart", "multiprat").encode(), "specs/tinyhost.yaml", "tinyhost")
    assert "\n".join(as_text([verdict], quiet=False)) in page("docs/cli.md")


@pytest.mark.parametrize(
    "words",
    [
        f"{SIZE_LIMIT // 1024} KiB, {load_module.DEPTH_LIMIT} levels, {load_module.NODE_LIMIT:,} values",
        f"{TEMPLATE_LIMIT:,} characters; an address or a header that it makes {OUTPUT_LIMIT:,}",
        f"| a text that an expression makes | {TEXT_LIMIT >> 20} MiB of characters;",
        f"`file.text` and `file.base64` take files up to {IN_MEMORY_LIMIT >> 20} MiB |",
        f"{QUERY_LIMIT:,} characters; {REGEX_LIMIT}",
        f"| an answer | {MAX_BODY >> 20} MiB |",
        f"| a pause that a host asks for | {RETRY_AFTER_LIMIT:.0f} s |",
        f"| a link | {RESULT_LIMIT:,} characters |",
        f"| the host's words in a message | {WORDS_LIMIT} characters |",
    ],
)
def test_a_limit_on_the_page_is_that_of_the_code(words: str) -> None:
    assert words in LANGUAGE


def test_booleans_become_text_as_the_page_says() -> None:
    assert to_text(evaluate(parse_template("{{ 1 == 1 }}"), scope())) == "true"


def test_every_test_that_the_promises_name_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", page("docs/security.md")))
    assert named
    assert [name for name in sorted(named) if not os.path.isfile(os.path.join(ROOT, name))] == []


def _commands(group: click.Group) -> list[click.Command]:
    context = click.Context(group)
    return [command for name in group.list_commands(context) if (command := group.get_command(context, name))]


def test_the_manual_page_has_every_command_switch_and_variable() -> None:
    text = page("docs/man/twat-fs.1").replace("\\-", "-")
    for command in _commands(cli):
        assert f".SS {command.name}\n" in text
        group = _commands(command) if isinstance(command, click.Group) else [command]
        switches = {text for each in group for option in each.params for text in option.opts if text[:2] == "--"}
        assert {switch for switch in switches if f"\\fB{switch}" not in text} == set()
    for title in ("NAME", "SYNOPSIS", "COMMANDS", "EXIT CODES", "ENVIRONMENT VARIABLES", "FOLDERS", "EXAMPLES"):
        assert f".SH {title}\n" in text
    assert "\\fBTWAT_FS_TIMEOUT\\fP" in text
    assert not re.search(r"\]\((?!url\))|<!--|```|^\| ", text, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff")
def test_a_formatter_has_nothing_to_say_of_the_manual_page() -> None:
    command = ["groff", "-man", "-ww", "-Tutf8", "-z", "docs/man/twat-fs.1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_list_of_commands_has_each_once_in_a_whole_sentence() -> None:
    told = cli.get_help(click.Context(cli, terminal_width=80)).partition("Commands:\n")[2].splitlines()
    assert [line for line in told if not line.endswith(".") or line.endswith("...")] == []
    assert "  provider " not in "\n".join(told)
    assert cli.get_command(click.Context(cli), "provider") is cli.get_command(click.Context(cli), "upload-provider")


def test_help_lists_every_switch_once() -> None:
    command = upload
    assert isinstance(command, Sections)
    text = command.get_help(click.Context(command))
    named = [name for names in command.sections.values() for name in names]
    assert set(named) <= {parameter.name for parameter in command.params}
    assert len(named) == len(set(named))
    assert "[FILE]" not in text.partition("\n")[2]
    assert "<x<" not in text
    switches = re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.MULTILINE)
    assert sorted(switches) == sorted({*switches})
    wanted = {option.opts[-1] for option in command.params if isinstance(option, click.Option)}
    assert wanted <= {*switches, "--null"}
