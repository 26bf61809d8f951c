"""What an upload would send: its requests without a network, and each as a `curl` command.

What a reply would give is not known, so it stands in later requests as a shell variable, which the command before it
sets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.expression.evaluate import EvaluationError, evaluate
from twat_fs.expression.filters import to_text
from twat_fs.expression.secrets import bare, unwritable, variable_of, word
from twat_fs.messages import Extent, Held, Shell, reveal
from twat_fs.spec import trees
from twat_fs.urls import authority
from twat_fs.wire.curl import Aside, Take, as_curl
from twat_fs.wire.curl_words import pieces_of
from twat_fs.wire.plan import plan, wanted
from twat_fs.wire.replies import jq_of, jq_step, reading_of, template_text

if TYPE_CHECKING:
    from twat_fs.messages import Request
    from twat_fs.spec.model import Step
    from twat_fs.wire.job import Job

__all__ = ["Aside", "as_curl", "rehearse"]

Tree = list[Any]

#: Stands for the host of an address that a reply would give; `.invalid` is nobody's (RFC 2606, 2).
_LATER = "reply.invalid"
#: Ends what stands for a reply's value: a character that JSON and addresses encode, so that it shows where they do.
_MARK = "\u00e9"
#: Pieces of a file that are all shown.
_SHOWN = 4


def rehearse(job: Job, agent: str = "") -> list[tuple[Request, Aside]]:
    """Each request that would be sent, with what its command needs beside it.

    Args:
        job: The upload.
        agent: What the transport calls itself.

    Raises:
        UploadError: A request cannot be made, or would send a secret where it may not go.
    """
    job.hosts = (*job.hosts, f"{_LATER}:443", f"{_LATER}:80")
    rehearsal = _Rehearsal(job, agent)
    for step in job.spec.steps:
        rehearsal.add(step)
    for index, (_, aside) in enumerate(rehearsal.requests):
        aside.jar = len(rehearsal.requests) > 1
        aside.first = index == 0
    return rehearsal.requests


class _Watched(dict[str, Any]):
    """Notices that it was looked into."""

    touched = False

    def get(self, name: str, default: Any = None) -> Any:
        """The value."""
        self.touched = self.touched or name in self
        return super().get(name, default)


class _Rehearsal:
    """The requests so far, and what their replies would give."""

    def __init__(self, job: Job, agent: str) -> None:
        self.job = job
        self.agent = agent
        self.requests: list[tuple[Request, Aside]] = []
        self._owners: dict[str, tuple[Aside, str | None]] = {}  # who saves a name, and the way to it for jq
        self._made = 0
        self._notes: list[str] = []

    def add(self, step: Step) -> None:
        """Plan a step, unless it is certain that it does not run."""
        self._notes = []
        if not self._may_run(step):
            return
        if step.poll is not None:
            query = ", ".join(f"{key}: {value}" for key, value in step.poll.until.items())
            self._notes.append(f"Repeat this every {step.poll.every:g} s until its reply has {query}")
        if step.chunks is not None:
            self._add_pieces(step, step.chunks.size)
        else:
            self._plan(step)

    def _add_pieces(self, step: Step, size: int) -> None:
        """Each piece, or the first, the second and the last of many."""
        whole, total = self.job, int(bare(self.job.scope.names["file"]["size"]))
        offsets = range(0, total or 1, size)
        previous: dict[str, Any] = dict.fromkeys(step.save)
        for index, offset in enumerate(offsets):
            if len(offsets) > _SHOWN and 1 < index < len(offsets) - 1:
                continue
            if len(offsets) > _SHOWN and index == len(offsets) - 1:
                self._notes.append(f"{index - 2} pieces of {size} bytes before this one are left out here")
            self.job = whole.of_piece(Extent(offset, min(size, total - offset)), index, previous)
            self._plan(step)
            previous, self._notes = self.job.saved, []
        self.job = whole
        for name, query in step.save.items():
            variable = f"{variable_of('saved', name)}_all"
            value = f"https://{_LATER}/{name}{_MARK}"
            need = f"${{{variable}:?set it to the list of what each piece gave as {name}}}"
            origins = frozenset({f"saved.{name}"}) if query.get("secret") else frozenset()
            whole.saved[name] = Held(
                value, origins, (Shell(f"${{{variable}}}", value, needs=(need,), json=f"${{{variable}}}", later=True),)
            )

    def _plan(self, step: Step) -> None:
        size = int(bare(self.job.scope.names["file"]["size"]))
        boundary = "----twat-fs-" + self.job.scope.random(24)
        aside = Aside(self.agent, size, boundary, variable_of("", step.name)[1:])
        request = plan(self.job, self._settled_step(step))
        aside.notes = self._notes
        aside.follows = step.redirects == "see_other"
        self.requests.append((request, aside))
        for name, query in step.save.items():
            self._save(name, query, request, aside)

    def _may_run(self, step: Step) -> bool:
        if step.when is None:
            return True
        watched = _Watched(self.job.saved)
        try:
            evaluate(step.when, self.job.scope.extended(saved=watched))
        except EvaluationError:
            if not watched.touched:
                raise
        if not watched.touched:
            return wanted(self.job, step)
        self._notes.append(f"The step {step.name} runs only where this is true: {template_text(step.when)}")
        return True

    def _save(self, name: str, query: dict[str, Any], request: Request, aside: Aside) -> None:
        variable = variable_of("saved", name)
        source, command = reading_of(query, word(pieces_of(request.url)))
        default = self._default(query)
        aside.takes.append(Take(variable, source, command, default))
        way = jq_of(query)
        self._owners[name] = (aside, way)
        json = "" if way is None else f"$(printf %s \"${{reply_{aside.reply}}}\" | jq -ac '{way}')"
        if query.get("secret"):
            self.job.came_from[f"saved.{name}"] = authority(reveal(request.url))
        origins = frozenset({f"saved.{name}"}) if query.get("secret") else frozenset()
        self.job.saved[name] = self._later(variable, name, origins, json)

    def _default(self, query: dict[str, Any]) -> Any:
        if "default" not in query:
            return None
        try:
            return to_text(evaluate(query["default"], self.job.scope))
        except EvaluationError:
            return None

    def _later(self, variable: str, name: str, origins: frozenset[str], json: str = "") -> Held:
        value = f"https://{_LATER}/{name}{_MARK}"
        need = f"${{{variable}:?the reply gave no {name}}}"
        return Held(value, origins, (Shell(f"${{{variable}}}", value, needs=(need,), json=json, later=True),))

    def _settled_step(self, step: Step) -> Step:
        """The step with names for what cannot be evaluated before its replies are there."""
        content = step.content
        if step.body == "multipart":
            content = {
                name: {key: self._settled(tree) if isinstance(tree, list) else tree for key, tree in facts.items()}
                for name, facts in content.items()
            }
        elif step.body == "form":
            content = self._settled_all(content)
        elif step.body:
            content = self._settled(content)
        return step._replace(
            url=self._settled_url(self._settled(step.url)),
            query=self._settled_all(step.query),
            headers=self._settled_all(step.headers),
            basic_auth=self._settled_all(step.basic_auth),
            content=content,
        )

    def _settled_all(self, named: dict[str, Tree]) -> dict[str, Tree]:
        return {name: self._settled(tree) for name, tree in named.items()}

    def _settled(self, tree: Tree) -> Tree:
        kind = tree[0]
        if not any(path[0] in ("saved", "previous") for path in trees.paths(tree)):
            return tree
        if kind == "path" and (tree[1] == "saved" or len(tree[2]) < 2):
            return tree if len(tree[2]) < 2 else self._member(tree)
        if kind in ("cat", "list"):
            return [kind, [self._settled(part) for part in tree[1]]]
        if kind == "dict":
            return [kind, [[self._settled(side) for side in pair] for pair in tree[1]]]
        if kind == "filter":
            tree = [kind, tree[1], self._settled(tree[2]), [self._settled(part) for part in tree[3]]]
        elif kind in ("+", "-", "//"):
            counted = self._sum(tree)
            if counted:
                return self._named(Shell(f"$(({counted[0][1:-1]}))", needs=counted[1]))
            tree = [kind, self._settled(tree[1]), self._settled(tree[2])]
        elif kind in ("if", "and", "or", "not"):
            self._notes.append(f"Written as if the reply gave what this asks for: {template_text(tree)}")
            tree = [kind, *map(self._settled, tree[1:])]
        return self._tried(tree)

    def _tried(self, tree: Tree) -> Tree:
        try:
            evaluate(tree, self.job.scope)
        except EvaluationError:
            words = template_text(tree)
            self._notes.append(f"TWAT_FS_VALUE stands for {words}")
            return self._named(unwritable(f"set it to {words}"))
        return tree

    def _named(self, shell: Shell) -> Tree:
        """A name for a value that the shell makes."""
        self._made += 1
        name = f" {self._made}"  # no spec can use it
        value = f"https://{_LATER}/{self._made}{_MARK}"
        made = Shell(shell.expression, value, label=shell.label, needs=shell.needs, json=shell.json, later=True)
        self.job.saved[name] = Held(value, frozenset(), (made,))
        return ["path", "saved", [name]]

    def _member(self, tree: Tree) -> Tree:
        name, *steps = tree[2]
        aside, way = self._owners.get(str(name), (None, None))
        if aside is None:
            return tree  # a step that does not run saves it, so it is null
        variable = variable_of("saved", "_".join(map(str, tree[2])))
        command = ""
        if way is not None:
            way = f"{way} | {''.join(['.', *map(jq_step, steps)]).replace('..', '.')}"
            command = f"jq -r '{way} | values'"
        take = Take(variable, "body", command)
        if take not in aside.takes:
            aside.takes.append(take)
        json = f"$(printf %s \"${{reply_{aside.reply}}}\" | jq -ac '{way}')" if way else ""
        held = self._later(variable, ".".join(map(str, tree[2])), frozenset(), json)
        shell = held.pieces[0]
        assert isinstance(shell, Shell)
        return self._named(shell)

    def _sum(self, tree: Tree) -> tuple[str, tuple[str, ...]] | None:
        """Whole numbers put together as a shell counts, and what it needs; None where it is no such thing."""
        if tree[0] == "const" and isinstance(tree[1], int) and not isinstance(tree[1], bool):
            return str(tree[1]), ()
        if tree[0] == "path" and tree[1] == "saved":
            settled = self._settled(tree)
            held = self.job.saved.get(settled[2][0])
            shell = held.pieces[0] if isinstance(held, Held) else None
            if isinstance(shell, Shell) and shell.expression.startswith("${"):
                return shell.expression[2:-1], shell.needs
        if tree[0] not in ("+", "-", "//"):
            return None
        left, right = self._sum(tree[1]), self._sum(tree[2])
        both_read = tree[0] == "+" and tree[1][0] == tree[2][0] == "path"  # perhaps texts
        if left is None or right is None or both_read:
            return None
        sign = "/" if tree[0] == "//" else tree[0]
        return f"({left[0]} {sign} {right[0]})", (*left[1], *right[1])

    def _settled_url(self, tree: Tree) -> Tree:
        """The address with a host's name where only a reply gives the host."""
        if tree[0] != "cat" or tree[1][0][0] != "text":
            return tree
        before, parts = "", []
        for index, part in enumerate(tree[1]):
            authority_open = before.startswith(("http://", "https://")) and "/" not in before.partition("//")[2]
            if part[0] == "path" and part[1] == "saved" and authority_open and self.job.saved.get(part[2][0]):
                after = tree[1][index + 1][1] if index + 1 < len(tree[1]) and tree[1][index + 1][0] == "text" else "/"
                parts.append(self._host(part, whole=before.endswith("//") and after[:1] in "/:?"))
                port = re.match(r":(\d+)", after)
                self.job.hosts += (f"{_LATER}:{port[1]}",) if port else ()
            else:
                parts.append(part)
            before += part[1] if part[0] == "text" else "x"
        return ["cat", parts]

    def _host(self, tree: Tree, *, whole: bool) -> Tree:
        held = self.job.saved[tree[2][0]]
        shell = held.pieces[0]
        settled = self._named(shell)
        made = Shell(shell.expression, _LATER if whole else "reply", needs=shell.needs, later=True)
        self.job.saved[settled[2][0]] = Held(made.value, held.origins, (made,))
        return settled
