"""A spec's requests in the words of other programs: what is planned, with names for what only an upload knows."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from twat_fs.errors import UsageError
from twat_fs.expression.evaluate import FileFacts
from twat_fs.messages import Held, Shell
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.naming import random_text
from twat_fs.wire.curl_words import pieces_of
from twat_fs.wire.job import Inputs, start
from twat_fs.wire.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.messages import Request, Text
    from twat_fs.spec.model import Spec
    from twat_fs.wire.curl import Aside

#: A name with what addresses and JSON write in another way, so that it shows which of them made a text of it.
STEM, SUFFIX = 'n\u00e4m" e', ".bin"
NAME = STEM + SUFFIX
#: The file's path in commands that are written for a shell.
PATH = "twat-fs-file"
#: What the shell puts in for a fact of the file, by the fact.
FACTS = {
    "name": "${name}",
    "stem": "${name%.*}",
    "suffix": ".${name##*.}",
    "size": '$(wc -c < "${file}" | tr -d " ")',
    "mtime": '$(date -r "${file}" +%s)',
    "text": '$(cat "${file}")',
    "base64": '$(base64 < "${file}" | tr -d "\\n")',
    "sha256": '$(sha256sum < "${file}" | cut -d " " -f 1)',
    "sha1": '$(sha1sum < "${file}" | cut -d " " -f 1)',
    "md5": '$(md5sum < "${file}" | cut -d " " -f 1)',
}


class Export(NamedTuple):
    """What there is to write.

    Attributes:
        spec: The provider.
        requests: Each request with what its command needs beside.
        remarks: What is not in it, for people.
    """

    spec: Spec
    requests: list[tuple[Request, Aside]]
    remarks: list[str]

    @property
    def single(self) -> tuple[Request, Aside]:
        """The one request.

        Raises:
            UsageError: There are several.
        """
        if len(self.requests) > 1:
            steps = ", ".join(request.step for request, _ in self.requests)
            raise UsageError(
                f"{self.spec.name} has several steps ({steps}), and this format holds one request",
                hint="`--to curl` and `--to hurl` write them all.",
            )
        return self.requests[0]


def planned(spec: Spec, options: Mapping[str, Any], wanted: Sequence[str]) -> Export:
    """Plan what an upload by a spec sends, whatever the file.

    Args:
        spec: The provider.
        options: Options as given.
        wanted: Credentials that it need not have, and shall.

    Raises:
        UsageError: It is a Python provider, or has no such credential or option.
        UploadError: A request cannot be made.
    """
    if spec.kind == "python":
        raise UsageError(f"{spec.name} is a Python provider: its requests are its own")
    unknown = [name for name in wanted if name not in {item.name for item in spec.credentials}]
    unknown += [name for name in options if name not in spec.options]
    if unknown:
        known = ", ".join([*(item.name for item in spec.credentials), *spec.options]) or "nothing"
        raise UsageError(f"{spec.name} declares no {', '.join(unknown)}", hint=f"It declares {known}.")
    named = [item.name for item in spec.credentials if item.required or item.name in wanted]
    remarks = [
        f"without {item.name}, which is optional: `--with {item.name}` puts it in"
        for item in spec.credentials
        if item.name not in named
    ]
    made: list[str] = []

    def drawn(count: int) -> str:
        made.append(f"the random `{random_text(count)}`")
        return made[-1].split("`")[1]

    inputs = Inputs(
        options=options,
        # It may stand in an address, so it has no space.
        credentials={name: f"the-value-of-{name}" for name in named},
        remote_path="",
        now=int(time.time()),
        random=drawn,
        choose=secrets.randbelow,
    )
    requests = rehearse(start(spec, inputs, _facts()))
    remarks += _of_pieces(spec, [request for request, _ in requests])
    boundaries = {aside.boundary for _, aside in requests}
    drawn_here = [text for text in made if not any(text.split("`")[1] in boundary for boundary in boundaries)]
    remarks += [f"{text} was drawn now, and stands in it for good" for text in drawn_here]
    return Export(spec, requests, remarks)


def _of_pieces(spec: Spec, requests: Sequence[Request]) -> list[str]:
    """What is to be said of a spec that sends pieces.

    Raises:
        UsageError: It sends a small file so too.
    """
    if any(request.piece is not None for request in requests):
        raise UsageError(
            f"{spec.name} sends a file in pieces, as many as it needs, and no command can say that",
            hint=f"`twat-fs upload FILE --provider {spec.name} --dry-run` writes them for one file.",
        )
    if any(step.chunks for step in spec.steps):
        return ["what is too large for one request goes in pieces, which no command can say: it is for small files"]
    return []


def _facts() -> FileFacts:
    samples = {"name": NAME, "stem": STEM, "suffix": SUFFIX, "size": 4321, "mtime": 1767225600}
    samples |= {"text": 't\u00e9"xt', "base64": "dMOp+/==", "sha256": "5a" * 32, "sha1": "5b" * 20, "md5": "5c" * 16}
    shown: dict[str, Any] = {
        fact: Held(value, frozenset(), (Shell(FACTS[fact], str(value)),)) for fact, value in samples.items()
    }
    return FileFacts({**shown, "type": "application/octet-stream"})


def written(text: Text, names: Mapping[str, str], plain: Any = None) -> str:
    """A text in which names of another format stand for what is put in.

    Args:
        text: Of a request.
        names: By the shell's expression; one in another encoding counts as the same.
        plain: Writes what stands between them; as it is, where not given.

    Raises:
        UsageError: The format has no name for something in it.
    """
    found = []
    for piece in pieces_of(text):
        if isinstance(piece, str):
            found.append(plain(piece) if plain else piece)
            continue
        name = next((name for expression, name in names.items() if expression in piece.expression), None)
        if name is None:
            raise UsageError(f"this format has no words for `{piece.label}`", hint="`--to curl` has.")
        found.append(name)
    return "".join(found)


def credential_names(export: Export, form: str) -> dict[str, str]:
    """What stands for each credential and each option that is secret, by the shell's expression.

    Args:
        export: What is written.
        form: How the format writes one, with `{}` for its name.
    """
    options = [facts.get("env") or f"OPTION_{name.upper()}" for name, facts in export.spec.options.items()]
    return {f"${{{name}}}": form.replace("{}", name) for name in [*(c.name for c in export.spec.credentials), *options]}
