"""A spec's own tests: its examples, planned, classified and extracted without a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from twat_fs.errors import TwatFsError, UploadError
from twat_fs.messages import Content, FilePart, Multipart, RawFile, Reply, Request, reveal
from twat_fs.tuples import NamedTuple
from twat_fs.wire.deleting import begin, recipe
from twat_fs.wire.differences import differences
from twat_fs.wire.example_file import NOW, example_file, file_name
from twat_fs.wire.job import Inputs, start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twat_fs.expression.evaluate import FileFacts
    from twat_fs.results import UploadResult
    from twat_fs.spec.model import Spec
    from twat_fs.wire.job import Job

    Run = Callable[[Job, Any], UploadResult]
    #: Runs the steps of `delete`; says whether the file was there.
    Remove = Callable[[Job, Any], bool]
    #: Carries a request to whoever gives the example's reply: what was sent, in the keys of a step, and what came back.
    Carry = Callable[[Request, Reply], tuple[dict[str, Any], Reply]]

#: How a spec writes the file's bytes, and those of a piece of it.
OPENED, OPENED_PIECE = "{{ file }}", "{{ chunk }}"

#: Requests that the examples of one spec may take together, so that playing them takes no time to speak of.
REQUESTS = 1000


class Mismatch(NamedTuple):
    """An example that gives something else: where in it, and what.

    Attributes:
        path: Keys from the example down to what is not true.
        message: What was expected and what came.
        key: Whether it is the last key itself that is wrong, and not its value.
    """

    path: tuple[str | int, ...]
    message: str
    key: bool = False


def run_example(
    spec: Spec,
    example: Mapping[str, Any],
    run: Run,
    remove: Remove,
    carry: Carry | None = None,
    budget: Budget | None = None,
) -> list[Mismatch]:
    """Play one example.

    Args:
        spec: The provider.
        example: One entry of `examples`, as plain data.
        run: Runs the steps of a job with a way to exchange a request for a reply.
        remove: Runs those of `delete` in the same way.
        carry: How a request goes out; without it, it goes nowhere.
        budget: What may be spent on it; without it, as much as all examples of a spec may.
    """
    player = _Player(spec, example, carry or _nowhere, budget or Budget())
    if player.mismatches:
        return player.mismatches
    try:
        job = start(player.spec, player.inputs(), player.file())
        result = run(job, player.exchange)
        outcome: dict[str, str] = {"url": str(result)}
    except UploadError as error:
        outcome = {"error": error.kind, "why": error.message}
    except TwatFsError as error:
        return [Mismatch((), f"it cannot be run: {error.message}")]
    found = player.mismatches + _compare(example, outcome) + player.unsent()
    if "delete" in example and "url" in outcome:
        found += _deleted(player, recipe(job, result), remove)
    return found


def _deleted(player: _Player, kept: dict[str, Any] | None, remove: Remove) -> list[Mismatch]:
    """Play the deletion of what an example uploaded."""
    if not player.spec.delete:
        return [Mismatch(("delete",), "the spec has no `delete`", key=True)]
    example = player.example["delete"]
    other = _Player(player.spec._replace(steps=player.spec.delete), example, player.carry, player.budget)
    wanted = example.get("error") or ("gone" if example.get("gone") else "deleted")
    try:
        job = begin(player.spec, json.loads(json.dumps(kept or {})), player.inputs())
        came = "deleted" if remove(job, other.exchange) else "gone"
        why = ""
    except UploadError as error:
        came, why = error.kind, f" ({error.message})"
    except TwatFsError as error:
        return [Mismatch(("delete",), f"it cannot be run: {error.message}")]
    found = other.mismatches + other.unsent()
    if came != wanted:
        found.append(Mismatch((), f"the example says that it ends with `{wanted}`, but the spec gives `{came}`{why}"))
    return [found_one._replace(path=("delete", *found_one.path)) for found_one in found]


def _compare(example: Mapping[str, Any], outcome: dict[str, str]) -> list[Mismatch]:
    for key in ("url", "error"):
        if key in example and outcome.get(key) != example[key]:
            gave = outcome.get("url") or f"the error {outcome['error']} ({outcome['why']})"
            return [Mismatch((key,), f"the example says {key} `{example[key]}`, but the spec gives {gave}")]
    return []


class _Player:
    """Gives the example's replies in turn and compares what is sent."""

    def __init__(self, spec: Spec, example: Mapping[str, Any], carry: Carry, budget: Budget) -> None:
        self.spec = spec if _resumes(spec, example) else spec._replace(retry=spec.retry._replace(attempts=1))
        self.carry = carry
        self.budget = budget
        self.example = example
        self.mismatches: list[Mismatch] = []
        self.single = "replies" not in example
        only = spec.steps[0].name
        replies = {only: example["reply"]} if "reply" in example else example.get("replies", {})
        names = [name for step in spec.steps for name in (step.name, step.resume and step.resume.name) if name]
        for name in replies:
            if name not in names:
                self.mismatches.append(Mismatch(("replies", name), f"there is no step `{name}`", key=True))
        self.replies = {name: list(_as_list(found)) for name, found in replies.items()}
        self.lasting = {step.name for step in spec.steps if step.poll}  # the last reply stands for all that follow
        self.lasting |= {step.name for step in spec.steps if step.chunks and isinstance(replies.get(step.name), dict)}
        sent = example.get("sent", {})
        if self.single:
            sent = {only: sent} if sent else {}
        self.mismatches += [
            Mismatch(("sent", name), f"there is no step `{name}`", key=True) for name in sent if name not in names
        ]
        self.mismatches += _undeclared(spec, example)
        self.sent = {name: list(_as_list(found)) for name, found in sent.items()}

    def inputs(self) -> Inputs:
        stated = self.example.get("credentials", {})
        given = {str(name): str(value) for name, value in stated.items() if value is not None}
        required = [item.name for item in self.spec.credentials if item.required and item.name not in stated]
        made_up = {name: f"example-{name}" for name in required}
        return Inputs(
            options=self.example.get("options", {}),
            credentials={**made_up, **given},
            remote_path=str(self.example.get("remote_path", "")),
            now=NOW,
            random=lambda count: "a" * count,
            choose=lambda _: 0,
        )

    def file(self) -> FileFacts:
        facts = self.example.get("file", {})
        return example_file(file_name(facts), facts, self.budget.hashed)

    def exchange(self, request: Request, judge: Callable[[Reply], None]) -> Reply:
        waiting = self.replies.get(request.step, [])
        if not waiting:
            raise _NoReply(f"the example has no reply for the step `{request.step}`")
        facts = waiting[0] if len(waiting) == 1 and request.step in self.lasting else waiting.pop(0)
        self.budget.spend()
        sent, reply = self.carry(request, _reply(facts, request))
        expected = self.sent.get(request.step, [])
        if expected:
            path = ("sent",) if self.single else ("sent", request.step)
            self.mismatches += [Mismatch((*path, *at), text) for at, text in differences(expected.pop(0), sent)]
        judge(reply)
        return reply

    def unsent(self) -> list[Mismatch]:
        """What the example expects of steps that never ran."""
        return [
            Mismatch(("sent",) if self.single else ("sent", name), f"the step `{name}` sent nothing", key=True)
            for name, expected in self.sent.items()
            if any(item is not None for item in expected)
        ]


def _resumes(spec: Spec, example: Mapping[str, Any]) -> bool:
    """Whether an example says how far the host came when a piece failed; else nothing is tried again."""
    return any(step.resume and step.resume.name in example.get("replies", {}) for step in spec.steps)


def _undeclared(spec: Spec, example: Mapping[str, Any]) -> list[Mismatch]:
    known = {"options": list(spec.options), "credentials": [item.name for item in spec.credentials]}
    return [
        Mismatch((section, name), f"the spec declares no `{section}.{name}`", key=True)
        for section, names in known.items()
        for name in example.get(section, {})
        if name not in names
    ]


class Budget:
    """What the examples of one spec may take together; counted in requests, and a hashed MiB counts as one."""

    def __init__(self) -> None:
        self.left: float = REQUESTS

    def spend(self, requests: float = 1) -> None:
        """Take so many requests of it.

        Raises:
            TwatFsError: They are not left.
        """
        self.left -= requests
        if self.left < 0:
            raise TwatFsError(f"the examples of one spec may take {REQUESTS} requests together, or as many MiB to hash")

    def hashed(self, size: int) -> None:
        """Take what it costs to hash so many bytes."""
        self.spend(size / 1024**2)


class _NoReply(TwatFsError):
    """A request that the example does not expect."""


def _nowhere(request: Request, reply: Reply) -> tuple[dict[str, Any], Reply]:
    return _as_step(request), reply


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _reply(facts: Mapping[str, Any], request: Request) -> Reply:
    headers = {str(name).lower(): str(value) for name, value in facts.get("headers", {}).items()}
    body = json.dumps(facts["json"]) if "json" in facts else str(facts.get("text", ""))
    return Reply(int(facts.get("status", 200)), str(facts.get("url", reveal(request.url))), headers, body.encode())


def _as_step(request: Request) -> dict[str, Any]:
    """A request in the keys of a step."""
    url = reveal(request.url)
    headers = {name.lower(): reveal(value) for name, value in request.headers}
    actual: dict[str, Any] = {
        "method": request.method,
        "url": url,
        "headers": headers,
        "query": dict(parse_qsl(url.partition("?")[2], keep_blank_values=True)),
        "basic_auth": login_of(headers.get("authorization", "")),
    }
    body = request.body
    if isinstance(body, RawFile):
        actual["raw"] = OPENED if body.piece is None else OPENED_PIECE
    elif isinstance(body, Multipart):
        actual["multipart"] = {part.name: _part(part) for part in body.parts}
    elif isinstance(body, Content):
        actual |= text_readings(reveal(body.text))
    return actual


def text_readings(text: str) -> dict[str, Any]:
    """The body of a request that is a text, as each of the kinds that it may be."""
    form = dict(parse_qsl(text, keep_blank_values=True))
    return {"raw": text, "form": form, "json": _json_or_none(text)}


def _part(part: Any) -> dict[str, Any]:
    facts = {"filename": part.filename, "content_type": part.content_type}
    shown: dict[str, Any] = {key: reveal(value) for key, value in facts.items() if value is not None}
    if isinstance(part, FilePart):
        return {"value": OPENED if part.piece is None else OPENED_PIECE, **shown}
    return {"value": reveal(part.value), **shown}


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def login_of(header: str) -> dict[str, str] | None:
    """The user name and password of a header for Basic authentication, or None."""
    from binascii import Error, a2b_base64

    if not header.startswith("Basic "):
        return None
    try:
        username, _, password = a2b_base64(header[6:]).decode("utf-8", "replace").partition(":")
    except Error:
        return None
    return {"username": username, "password": password}
