"""The documentation builds as a site without a warning, and its tour is what the commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def pictures(site: Path) -> list[str]:
    """What the pictures of the tour show, as text."""
    found = sorted(site.glob("pictures/*.svg"), key=lambda path: int(path.stem))
    return [re.sub(r"<[^>]+>", "", path.read_text()).replace("&#160;", " ") for path in found]


def test_every_command_of_the_tour_is_a_picture_of_what_it_prints(site: Path) -> None:
    shown = pictures(site)
    tour = (ROOT / "docs" / "index.md").read_text()
    assert len(shown) == tour.count("```console")
    assert (site / "index.html").read_text().count("<img ") == len(shown)
    together = "\n".join(shown)
    assert "/home/you/.local/share/twat-fs/uploads/notes.txt" in together
    assert "http://127.0.0.1:8101/notes.txt" in together
    assert "talks to" in together
    assert str(ROOT) not in together


def test_a_picture_names_its_commands_for_those_who_do_not_see_it(site: Path) -> None:
    assert 'alt="twat-fs validate-spec myserver"' in (site / "index.html").read_text()


def test_no_page_has_a_link_into_nowhere_outside_the_site(site: Path) -> None:
    targets = re.findall(r'href="([^"#]+)', (site / "contributing" / "index.html").read_text())
    inside = [target for target in targets if not re.match(r"\w+:", target)]
    assert inside
    assert [target for target in inside if not (site / "contributing" / target).exists()] == []


def test_the_states_of_an_upload_are_a_picture(site: Path) -> None:
    page = (site / "design" / "index.html").read_text()
    (picture,) = re.findall(r'<img[^>]* src="([^"]+states\.svg)"', page)
    words = re.findall(r"<text[^>]*>([^<]+)<", (site / "design" / picture).read_text())
    assert {"Choosing", "Sending", "Waiting", "Looking", "Done", "given up (4)"} <= set(words)
    assert "stateDiagram" not in page


def test_no_page_asks_another_host_for_anything_by_itself(site: Path) -> None:
    for page in [*site.rglob("*.html"), *site.rglob("*.svg")]:
        fetched = re.findall(
            r'(?:<(?:script|img|iframe|source)\b[^>]*\bsrc|@import|\burl\()\W*(https?:[^"\')]+)', page.read_text()
        )
        sheets = re.findall(
            r'<link[^>]+rel="(?:stylesheet|preconnect|preload)"[^>]+href="(https?:[^"]+)', page.read_text()
        )
        assert [*fetched, *sheets] == [], page
