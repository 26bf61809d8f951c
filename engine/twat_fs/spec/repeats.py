"""The rules of steps that are several requests, pieces and waiting, and of those that run later: resuming, deleting."""

from __future__ import annotations

from typing import Any

from twat_fs.spec import flows, keeping, trees
from twat_fs.spec.rules import Rules, step_sends_file
from twat_fs.units import parse_duration, parse_size

#: Bytes of a piece, at least and at most: below, a forgotten unit is more likely; above lies no host's limit (the
#: largest part of a multipart upload in the Amazon S3 User Guide, "Amazon S3 multipart upload limits", is 5 GiB).
PIECE_AT_LEAST = 1024
PIECE_AT_MOST = 5 * 1024**3

#: What is left of a file when its upload is deleted, perhaps days later.
_LATER = ("name", "stem", "suffix")


class RepeatRules(Rules):
    """The rules of `docs/spec-language.md`, section Pieces, resuming and waiting."""

    def check(self) -> None:
        """Report what these keys cannot mean."""
        for index, step in enumerate(self.card["steps"]):
            path = self.step_path(index)
            if "chunks" in step:
                self._check_pieces(step, path)
            if "poll" in step:
                self._check_poll(step, path)
        for path, step in self.requests():
            if path[-1] == "resume" and step_sends_file(step):
                why = "`resume` asks how much the host has; it does not send the file"
                self.report("file", why, path, "The step itself sends the rest.", key=True)
            if path[0] == "delete":
                self._check_delete(step, path)
                if "poll" in step:
                    self._check_times(step["poll"], (*path, "poll"))

        if self.card.get("delete"):
            self._check_remade()
            self._check_secrets()

    def _check_secrets(self) -> None:
        """The user's own secrets stand in no receipt: a secret option must be there again, and nothing else has one."""
        for root, name in sorted(keeping.needed(self.card)):
            facts = self.card["options"].get(name, {}) if root == "options" else {}
            if facts.get("secret") and not facts.get("env"):
                why = f"`delete` uses the secret option `{name}`, which is not kept but read again, and it has no `env`"
                self.report("conflict", why, ("options", name), f"Write `env: {name.upper()}` or so.", key=True)
            held = flows.origins(self.card, ["path", root, [name]]) if root == "saved" else set()
            for origin in sorted(each for each in held if not each.startswith("saved.")):
                why = f"`delete` uses `saved.{name}`, which holds {origin}, and no receipt keeps that"
                path = next((*at, "save", name) for at, step in self.requests() if name in step["save"])
                self.report("conflict", why, path, f"Use {origin} itself in `delete`.", key=True)

    def _check_remade(self) -> None:
        """A var that a secret goes into is made again when an upload is deleted, and must come out the same."""
        for root, name in sorted(keeping.needed(self.card)):
            if root != "vars" or not flows.origins(self.card, self.card["vars"][name]):
                continue
            tree = self.card["vars"][name]
            members = [member for root, member in trees.names_in(tree) if root == "file" and member not in _LATER]
            if members or trees.has_chance(tree):
                why = f"`vars.{name}` holds a secret, so it is not kept but made again to delete, and would be another"
                self.report("conflict", why, ("vars", name), "Take the secret, or what changes, out of it.", key=True)

    def _check_pieces(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        bodies = [tree for _, tree in flows.parts(step) if trees.is_file(tree)]
        if not bodies or not trees.names_in(bodies) <= {("chunk", "")}:
            hint = 'Write "{{ chunk }}" as `raw` or as a multipart value.'
            self.report("file", "each request of `chunks` sends a piece of the file", (*path, "chunks"), hint, key=True)
        size = parse_size(step["chunks"]["size"])
        if not PIECE_AT_LEAST <= size <= PIECE_AT_MOST:
            why = f"a piece has 1 KiB to 5 GiB, not {step['chunks']['size']}"
            self.report("bad-value", why, (*path, "chunks", "size"), "Write the unit too: 8 MiB.")
        self._check_lists(step, path)
        if step["chunks"]["parallel"] > 1:
            self._check_order(step, path)

    def _check_lists(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        others = [name for _, other in self.requests() if other is not step for name in other["save"]]
        for name in step["save"]:
            if name in others:
                why = f"`{name}` is a list here, one entry a piece, and another step saves it too"
                self.report("conflict", why, (*path, "save", name), "Give it another name.", key=True)

    def _check_order(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        where = (*path, "chunks", "parallel")
        if "resume" in step:
            why = "how far an upload came can only be asked where its pieces go in order"
            self.report("conflict", why, where, "Write `parallel: 1`, or leave `resume` out.")
        elif any(root == "previous" for root, _ in trees.names_in(step)):
            why = "`previous` is the piece before, which there is only where pieces go in order"
            self.report("conflict", why, where, "Write `parallel: 1`.")

    def _check_poll(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        if "chunks" in step or step_sends_file(step):
            why = "a step that is repeated until something holds would send the file each time"
            self.report("conflict", why, (*path, "poll"), "Ask in a step of its own, after this one.", key=True)
        self._check_times(step["poll"], (*path, "poll"))

    def _check_times(self, poll: dict[str, Any], path: tuple[Any, ...]) -> None:
        every = parse_duration(poll["every"])
        if not every:
            self.report("bad-value", "a host is not asked without a pause", (*path, "every"), "Write 1s or more.")
        elif every > parse_duration(poll["for"]):
            place = (*path, "for") if "for" in self._at(path) else (*path, "every")
            self.report("bad-value", "the first pause is longer than all the time there is", place)

    def _at(self, path: tuple[Any, ...]) -> Any:
        found: Any = self.document.data
        for part in path:
            found = found[part]
        return found

    def _check_delete(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        if step_sends_file(step):
            self.report("file", "what deletes an upload does not send the file", path, key=True)
        for root, member in sorted(trees.names_in(step)):
            if root == "file" and member and member not in _LATER:
                near = self.document.near(self.document.place(path), f"file.{member}")
                hint = f"Of the file {', '.join(_LATER)} are kept; save or compute the rest before."
                self.compiler.report(
                    "unknown-name", f"`file.{member}` has no value when an upload is deleted", near, hint
                )
