"""`twat-fs new-spec`: from what people have of a host to a spec."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from twat_fs.authoring.draft import Draft, spec_name
from twat_fs.authoring.write import as_yaml
from twat_fs.cli.adding import interactive
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report
from twat_fs.errors import SourceError, SpecError, TwatFsError, UsageError
from twat_fs.registry import Registry
from twat_fs.source import Source
from twat_fs.text import decodable
from twat_fs.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes of a recording, of an uploader, of a reply.
_LIMIT = 64 * 1024 * 1024


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status: 1 where something could not be converted."""
    report = Report(quiet=given["quiet"])
    drafts: list[tuple[str, Draft]] = []
    failed = False
    for origin, content in _sources(given):
        try:
            drafts.append((origin, _draft(given, origin, content)))
        except TwatFsError as error:
            if not given["sxcu"] or len(given["sxcu"]) == 1:
                raise
            # One that cannot be converted keeps nobody from having the others.
            report.say(f"{origin}: not converted: {error.message}")
            failed = True
    if len(drafts) > 1 and not given["out"]:
        raise UsageError("several specs do not fit on standard output", hint="Say --out FOLDER.")
    taken: set[str] = set()
    try:
        for origin, draft in drafts:
            _name(given, draft, origin, taken)
            text = _checked(draft, origin)
            _say(report, draft, origin, several=len(drafts) > 1)
            report.result(_kept(given, draft, text) if given["out"] else text.rstrip("\n"))
    except OutputLost:
        return 1
    return int(failed)


def _sources(given: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What is to be converted: where it is from, and its bytes."""
    ways = [given["curl"] is not None, bool(given["sxcu"]), given["har"] is not None]
    if sum(ways) > 1:
        raise UsageError("say one of --from-curl, --from-sxcu and --from-har")
    if given["curl"] is not None:
        yield "the curl line", _standard_input() if given["curl"] == "-" else decodable(given["curl"]).encode()
    elif given["sxcu"]:
        for path in given["sxcu"]:
            yield path, _content(path)
    elif given["har"] is not None:
        yield given["har"], _content(given["har"])
    elif interactive():
        yield "", b""
    else:
        raise UsageError(
            "there is nothing to make a spec of, and no terminal to ask on",
            hint="Say --from-curl 'curl ...', --from-sxcu FILE or --from-har FILE.",
        )


def _draft(given: dict[str, Any], origin: str, content: bytes) -> Draft:
    if given["curl"] is not None:
        from twat_fs.authoring.curl_line import from_curl

        draft = from_curl(content.decode("utf-8", "replace"))
    elif given["sxcu"]:
        from twat_fs.authoring.sxcu import from_sxcu

        draft = from_sxcu(content, os.path.splitext(os.path.basename(origin))[0])
    elif given["har"] is not None:
        from twat_fs.authoring.har import from_har

        draft = from_har(content)
    else:
        from twat_fs.authoring.interview import interview

        draft = interview(_ask)
    _put_result(given, draft)
    return draft


def _put_result(given: dict[str, Any], draft: Draft) -> None:
    """The result: from a reply that is given, from an upload that is tried, else from a person."""
    if given["reply"] is not None:
        from twat_fs.authoring.replies import take

        reply = given["reply"]
        content = _content(reply) if os.path.isfile(reply) else decodable(reply).encode()
        if not take(draft, content, {}):
            raise UsageError("there is no link in the reply that was given by --reply")
    if given["learn"] is not None:
        from twat_fs.authoring.learn import learn

        draft.data.setdefault("result", {"url": {"text": True}})
        with Source(given["learn"]) as source:
            learn(draft, source, Registry(settings_of(given)))
    if "result" not in draft.data and interactive() and given["curl"] != "-":
        from twat_fs.authoring.interview import ask_reply

        ask_reply(draft, _ask)
    if "result" not in draft.data:
        draft.data["result"] = {"url": {"text": True}}
        words = "Nobody said what the host answers: this takes its whole text as the link."
        draft.comment("result", "url", text=words)
        draft.remarks.append("what the host answers is not known: say it with --reply, or try with --learn FILE")


def _name(given: dict[str, Any], draft: Draft, origin: str, taken: set[str]) -> None:
    """The spec's name; where two would have one name, the second is called after its file."""
    if given["name"]:
        draft.data["name"] = given["name"]
    if given["title"]:
        draft.data["title"] = given["title"]
    name = str(draft.data["name"])
    if name in taken:
        name = spec_name(os.path.splitext(os.path.basename(origin))[0])
        while name in taken:
            name = f"{name[:30]}2"
        draft.data["name"] = name
    taken.add(name)
    catalog = Registry(settings_of(given)).catalog
    if catalog.bundled_entry(name) is not None:
        draft.remarks.append(f"there is a bundled provider {name}; --name gives this one another name")


def _checked(draft: Draft, origin: str) -> str:
    """The spec's text, which is valid.

    Raises:
        SpecError: It is not: the name that was given is no name, or this program has a bug.
    """
    text = as_yaml(draft)
    verdict = validate(text.encode(), str(draft.data["name"]), None)
    errors = [problem for problem in verdict.problems if problem.severity == "error"]
    if errors:
        rows = [f"{item.place.line}:{item.place.column}: {item.message}" for item in errors]
        lines = [f"{number:>4} | {line}" for number, line in enumerate(text.splitlines(), 1)]
        raise SpecError(f"{origin}: what came of it is not a valid spec", problems=[*rows, *lines])
    return text


def _say(report: Report, draft: Draft, origin: str, *, several: bool) -> None:
    if report.quiet:
        return
    for remark in draft.remarks:
        report.say(f"{f'{origin}: ' if several else ''}{remark}")
    for name in draft.data.get("credentials", {}):
        report.say(f"{f'{origin}: ' if several else ''}the secret {name} is read from the environment")


def _kept(given: dict[str, Any], draft: Draft, text: str) -> str:
    """Write the spec into the folder; returns its path."""
    path = os.path.join(given["out"], f"{draft.data['name']}.yaml")
    if os.path.exists(path) and not given["force"]:
        raise UsageError(f"{path} is there already", hint="Say --force to overwrite it, or --name for another.")
    try:
        os.makedirs(given["out"], exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _ask(question: str, default: str) -> str:
    import click

    answer: str = click.prompt(question, default=default, show_default=bool(default), err=True)
    return answer


def _content(path: str) -> bytes:
    with Source(path) as source:
        if source.size > _LIMIT:
            raise UsageError(f"{path}: {source.size} bytes are more than {_LIMIT}")
        return source.content()


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read(_LIMIT)
