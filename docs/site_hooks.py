"""What the site has beside the pages of this folder: files of the project that they link to, and their pictures."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(FOLDER)
sys.path.insert(0, FOLDER)

import pictures  # noqa: E402

#: The page whose commands are run.
TOUR = "index.md"
#: Where the site keeps the files of the project that are not in this folder.
OUTSIDE = "project/"
# A link to another file of the project; what stands in code is none.
_LINK = re.compile(r"^```.*?^```$|`[^`\n]*`|\]\((?!\w+:|#)([^)\s#]+)(#[\w-]+)?\)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that pages link to outside this folder, and the pictures of the tour."""
    seen = {f"docs/{file.src_uri}" for file in files}
    pending = [(f"docs/{file.src_uri}", file.content_string) for file in files.documentation_pages()]
    while pending:
        for path in _linked(*pending.pop()):
            if path not in seen:
                seen.add(path)
                text = _page_of(path)
                files.append(File.generated(config, _uri(path), content=text))
                pending.append((path, text))
    tour = files.get_file_from_path(TOUR)
    assert tour is not None
    for number, svg in enumerate(pictures.taken(tour.content_string, os.path.dirname(sys.executable))):
        files.append(File.generated(config, _picture(number), content=svg))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links lead to what was added, and put the pictures where their commands stand."""
    del config, files
    uri = page.file.src_uri
    path = uri[len(OUTSIDE) :].removesuffix(".page.md") if uri.startswith(OUTSIDE) else f"docs/{uri}"

    def led(found: re.Match[str]) -> str:
        if not found[1]:
            return found[0]
        target = posixpath.relpath(_uri(_resolved(path, found[1])), posixpath.dirname(uri) or ".")
        return f"]({target}{found[2] or ''})"

    return _LINK.sub(led, _with_pictures(markdown) if uri == TOUR else markdown)


def _linked(path: str, text: str) -> Iterator[str]:
    """The files that a file of the project links to, by their paths in it."""
    if path.endswith(".md"):
        yield from (_resolved(path, found[1]) for found in _LINK.finditer(text) if found[1])


def _resolved(path: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _uri(path: str) -> str:
    """Where the site has a file of the project; one that is no page is shown in one."""
    if path.startswith("docs/"):
        return path[len("docs/") :]
    return OUTSIDE + (path if path.endswith(".md") else f"{path}.page.md")


def _page_of(path: str) -> str:
    """A file of the project as a page."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    kind = path.rpartition(".")[2]
    return text if kind == "md" else f"# {path}\n\n````{kind}\n{text}\n````\n"


def _with_pictures(markdown: str) -> str:
    shown = [block for block in pictures.blocks(markdown) if block.kind == "console"]
    for number, block in reversed(list(enumerate(shown))):
        start, end = block.span
        said = "; ".join(block.commands).replace("[", "(").replace("]", ")")
        markdown = f"{markdown[:start]}![{said}]({_picture(number)}){markdown[end:]}"
    return markdown


def _picture(number: int) -> str:
    return f"pictures/{number}.svg"
