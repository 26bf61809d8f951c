from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from twat_fs.errors import SourceError, SpecError
from twat_fs.spec.catalog import Catalog, Entry, compile_card

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: {name}
title: {title}
request:
  url: https://h.example/up
  multipart: {{file: "{{{{ file }}}}"}}
result: {{url: {{text: true}}}}
"""


def write(folder: Path, name: str, title: str = "Mine", suffix: str = ".yaml") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}{suffix}"
    path.write_text(SPEC.format(name=name, title=title))
    return path


def catalog(tmp_path: Path, *folders: Path) -> Catalog:
    return Catalog([str(folder) for folder in folders], str(tmp_path / "cache"))


def entry(found: Entry | None) -> Entry:
    assert found is not None
    return found


# Where a spec is


def test_a_name_without_a_spec_has_no_entry(tmp_path: Path) -> None:
    assert catalog(tmp_path).entry("nobody") is None


def test_a_bundled_spec_is_found_by_name(tmp_path: Path) -> None:
    found = entry(catalog(tmp_path).entry("catbox"))
    assert found.bundled
    assert catalog(tmp_path).spec(found).title == "Catbox"


def test_the_last_folder_wins(tmp_path: Path) -> None:
    for folder in ("one", "two", "three"):
        write(tmp_path / folder, "mine" if folder != "three" else "other", title=folder)
    found = catalog(tmp_path, tmp_path / "one", tmp_path / "two", tmp_path / "three")
    assert found.spec(entry(found.entry("mine"))).title == "two"
    assert [item.name for item in found.entries() if not item.bundled] == ["mine", "other"]
    assert entry(found.entry("mine")).origin == str(tmp_path / "two")


def test_a_user_takes_a_bundled_name(tmp_path: Path) -> None:
    write(tmp_path / "own", "catbox")
    found = catalog(tmp_path, tmp_path / "own")
    assert not entry(found.entry("catbox")).bundled
    assert entry(found.bundled_entry("catbox")).bundled
    assert [item.origin for item in found.entries() if item.name == "catbox"] == [str(tmp_path / "own")]


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_both_suffixes_are_found(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / "own", "mine", suffix=suffix)
    found = catalog(tmp_path, tmp_path / "own")
    assert found.spec(entry(found.entry("mine"))).name == "mine"


@pytest.mark.parametrize(
    "name", ["../own/mine", "own/mine", "Mine", "-mine", "", "m" * 33, "mine.yaml", "mïne", "a\nb"]
)
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    write(tmp_path / "own", "mine")
    assert catalog(tmp_path, tmp_path / "own", tmp_path).entry(name) is None


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert catalog(tmp_path, tmp_path / "none").entry("mine") is None
    assert all(item.bundled for item in catalog(tmp_path, tmp_path / "none").entries())


def test_hidden_files_and_other_files_are_no_specs(tmp_path: Path) -> None:
    write(tmp_path / "own", ".mine")
    write(tmp_path / "own", "mine", suffix=".yaml~")
    write(tmp_path / "own", "mine", suffix=".txt")
    assert all(item.bundled for item in catalog(tmp_path, tmp_path / "own").entries())


def test_what_cannot_be_a_spec_of_its_name_is_not_listed_as_one(tmp_path: Path) -> None:
    own = tmp_path / "own"
    write(own, "mine")
    (own / "My Spec.yaml").write_text("spec: 1")
    (own / "folder.yaml").mkdir()
    os.mkfifo(own / "fifo.yaml")
    found = catalog(tmp_path, own)
    listed = [item.name for item in found.entries() if not item.bundled]
    assert [name for name in listed if found.entry(name) is None] == []


def test_a_spec_that_cannot_be_read_is_an_error_with_its_path(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    gone = Entry("gone", str(tmp_path / "gone.yaml"), str(tmp_path))
    with pytest.raises(SourceError, match=r"gone\.yaml: No such file"):
        found.spec(gone)


def test_an_invalid_spec_is_an_error_with_every_place(tmp_path: Path) -> None:
    path = write(tmp_path / "own", "mine")
    path.write_text(path.read_text().replace("title:", "titel:") + "extra: 1\n")
    found = catalog(tmp_path, tmp_path / "own")
    with pytest.raises(SpecError, match="3 problems") as caught:
        found.spec(entry(found.entry("mine")))
    assert [row.partition(str(path))[2].split(":")[1:3] for row in caught.value.problems] == [
        ["1", "1"],
        ["3", "1"],
        ["8", "1"],
    ]
    assert f"validate-spec {path}" in caught.value.hint


# The default order


def test_the_default_order_is_by_rank(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    order = found.default_order()
    ranks: list[Any] = [found.index()[name]["rank"] for name in order]
    assert ranks == sorted(ranks)
    assert None not in ranks


def test_a_name_that_a_user_took_leaves_the_default_order(tmp_path: Path) -> None:
    order = catalog(tmp_path).default_order()
    write(tmp_path / "own", order[0])
    assert catalog(tmp_path, tmp_path / "own").default_order() == order[1:]


def test_a_users_spec_never_joins_the_default_order(tmp_path: Path) -> None:
    path = write(tmp_path / "own", "mine")
    path.write_text(path.read_text() + "rank: 1\n")
    assert "mine" not in catalog(tmp_path, tmp_path / "own").default_order()


def test_a_closed_host_has_no_place_in_the_default_order(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    for name in found.default_order():
        spec = found.spec(entry(found.entry(name)))
        assert spec.about.get("checked", {}).get("status") != "closed", name


def test_a_bundled_credential_has_an_owner(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    assert found.owner("FAL_KEY") == "fal"
    assert found.owner("DROPBOX_LINK_PASSWORD") == "dropbox"  # a secret option's
    assert found.owner("MY_OWN_KEY") is None


# Compiled specs


def cached(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").iterdir())


def test_a_compiled_spec_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    write(tmp_path / "own", "mine")
    found = catalog(tmp_path, tmp_path / "own")
    found.spec(entry(found.entry("mine")))
    (kept,) = cached(tmp_path)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


def test_a_kept_spec_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "own", "mine")
    found = catalog(tmp_path, tmp_path / "own")
    found.spec(entry(found.entry("mine")))
    (kept,) = cached(tmp_path)
    kept.write_text(kept.read_text().replace('"Mine"', '"Kept"'))
    monkeypatch.setattr("twat_fs.spec.catalog._specs", {})  # as in another process
    assert catalog(tmp_path, tmp_path / "own").spec(entry(found.entry("mine"))).title == "Kept"


def test_a_changed_spec_is_compiled_again_by_the_next_run(tmp_path: Path) -> None:
    path = write(tmp_path / "own", "mine", title="One")
    found = catalog(tmp_path, tmp_path / "own")
    assert found.spec(entry(found.entry("mine"))).title == "One"
    stamp = path.stat()
    write(tmp_path / "own", "mine", title="Two")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    again = catalog(tmp_path, tmp_path / "own")
    assert again.spec(entry(again.entry("mine"))).title == "Two"
    assert len(cached(tmp_path)) == 2


def test_a_spec_that_changes_in_a_run_is_what_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "own", "mine", title="One")
    found = catalog(tmp_path, tmp_path / "own")
    place = entry(found.entry("mine"))
    first = found.spec(place)
    write(tmp_path / "own", "mine", title="Two")
    assert found.spec(place) is first
    path.unlink()
    assert found.spec(place) is first


def test_the_hash_of_a_spec_is_that_of_the_bytes_that_were_compiled(tmp_path: Path) -> None:
    path = write(tmp_path / "own", "mine", title="One")
    content = path.read_bytes()
    write(tmp_path / "own", "mine", title="Two")
    assert compile_card(content, "mine", str(path))["sha256"] == hashlib.sha256(content).hexdigest()


def test_one_text_under_two_names_is_judged_twice(tmp_path: Path) -> None:
    text = write(tmp_path / "own", "mine").read_text()
    (tmp_path / "own" / "other.yaml").write_text(text)
    found = catalog(tmp_path, tmp_path / "own")
    found.spec(entry(found.entry("mine")))
    with pytest.raises(SpecError):
        found.spec(entry(found.entry("other")))


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":'])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, rubbish: bytes) -> None:
    write(tmp_path / "own", "mine")
    found = catalog(tmp_path, tmp_path / "own")
    found.spec(entry(found.entry("mine")))
    (kept,) = cached(tmp_path)
    kept.write_bytes(rubbish)
    assert found.spec(entry(found.entry("mine"))).title == "Mine"


@pytest.mark.parametrize("cache", ["a-file/cache", "/proc/nobody/cache", "x" * 300])
def test_a_cache_that_cannot_be_written_is_no_cache(tmp_path: Path, cache: str) -> None:
    (tmp_path / "a-file").touch()
    write(tmp_path / "own", "mine")
    found = Catalog([str(tmp_path / "own")], os.path.join(tmp_path, cache))
    assert found.spec(entry(found.entry("mine"))).title == "Mine"
    assert found.default_order()


def test_no_cache_is_no_cache(tmp_path: Path) -> None:
    write(tmp_path / "own", "mine")
    found = Catalog([str(tmp_path / "own")], None)
    assert found.spec(entry(found.entry("mine"))).title == "Mine"


def test_an_invalid_spec_is_not_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "own", "mine")
    path.write_text("spec: 1\nname: mine\n")
    found = catalog(tmp_path, tmp_path / "own")
    with pytest.raises(SpecError):
        found.spec(entry(found.entry("mine")))
    assert not (tmp_path / "cache").exists()


def test_a_name_is_found_without_reading_any_other_spec(tmp_path: Path) -> None:
    write(tmp_path / "own", "mine")
    for number in range(50):
        (tmp_path / "own" / f"broken{number}.yaml").write_text("{{{")
    found = catalog(tmp_path, tmp_path / "own")
    assert found.spec(entry(found.entry("mine"))).title == "Mine"
