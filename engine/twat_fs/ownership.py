"""Who besides the user could have written a file that the user's word stands in."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


class Exposure(NamedTuple):
    """What lets somebody else write.

    Attributes:
        place: The file or the folder.
        why: What is wrong with it, as the rest of a sentence.
        cure: The command that mends it, without the place.
    """

    place: str
    why: str
    cure: str


def exposed(path: str) -> Exposure | None:
    """What lets others than the user write a file, or None.

    The file is looked at, the folder that it is in, and where it is a link, the folder that the link leads to. Whoever
    may write to a folder further up can put another folder in the place of these; one with the sticky bit is safe.

    Args:
        path: The file, which is there.
    """
    if not hasattr(os, "getuid"):  # what Windows has instead of modes is not looked at
        return None
    real = os.path.realpath(path)
    for place in dict.fromkeys((os.path.dirname(path), os.path.dirname(real), real)):
        facts = os.stat(place or ".")
        if facts.st_uid not in (os.getuid(), 0):
            return Exposure(place, f"belongs to {_user(facts.st_uid)}", f"chown {_user(os.getuid())}")
        if _others_write(facts, facts.st_mode & _WRITABLE):
            return _writable(place, facts)
    for place in _above(os.path.dirname(os.path.abspath(path)), os.path.dirname(real)):
        facts = os.stat(place)
        if not facts.st_mode & stat.S_ISVTX and _others_write(facts, facts.st_mode & _WRITABLE):
            return _writable(place, facts)
    return None


def _others_write(facts: os.stat_result, others: int) -> bool:
    return bool(others & stat.S_IWOTH or (others and not _own_group(facts)))


def _writable(place: str, facts: os.stat_result) -> Exposure:
    return Exposure(place, f"can be written by others (mode {stat.S_IMODE(facts.st_mode):04o})", "chmod go-w")


def _above(*folders: str) -> Iterator[str]:
    """Every folder above some folders, each once."""
    found: dict[str, None] = {}
    for folder in folders:
        here = folder
        while (parent := os.path.dirname(here)) != here:
            found[parent] = None
            here = parent
    yield from found


def _own_group(facts: os.stat_result) -> bool:
    """Whether nobody but the owner is in the file's group: on many systems every user has such a group."""
    import grp
    import pwd

    try:
        owner = pwd.getpwuid(facts.st_uid)
        group = grp.getgrgid(facts.st_gid)
    except KeyError:
        return False
    return owner.pw_gid == facts.st_gid and owner.pw_name == group.gr_name and set(group.gr_mem) <= {owner.pw_name}


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
