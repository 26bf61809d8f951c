"""What a pipe after `curl` tells of the reply: people show with `jq` where the link is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.authoring.shells import read
from twat_fs.authoring.words import text_of

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft

_PATH = re.compile(r"\.?[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*|\[\d+\])*")


def result_of_pipe(draft: Draft, rest: str) -> None:
    """Take the query for the link from what stands after the command, where it is a simple one.

    Args:
        draft: Gets the result, and a remark where the rest is not understood.
        rest: The rest of the line.
    """
    if not rest.startswith("|"):
        if rest.startswith((";", "&&", "||")):
            draft.remarks.append("what stands after the curl command is left out")
        return
    words = [text_of(word) for word in read(rest[1:]).words]
    given = [word for word in words[1:] if not word.startswith("-")]
    if words[:1] != ["jq"] or len(given) != 1 or not _PATH.fullmatch(given[0].replace("?", "")):
        draft.remarks.append(f"`{rest[:60]}` is left out: say what the reply looks like with --reply")
        return
    draft.data["result"] = {"url": given[0].replace("?", "").lstrip(".")}
