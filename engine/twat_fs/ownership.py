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
    owns or may write to a folder further up, or one with a link on the way, can put something else in the place of what
    is in it; in one with the sticky bit only its owner and that of the link can.

    Args:
        path: The file, which is there, so that its links end.
    """
    if not hasattr(os, "getuid"):  # what Windows has instead of modes is not looked at
        return None
    real = os.path.realpath(path)
    for place in dict.fromkeys((os.path.dirname(path), os.path.dirname(real), real)):
        facts = os.stat(place or ".")
        if facts.st_uid not in (os.getuid(), 0):
            return _theirs(place, facts)
        if _others_write(facts, facts.st_mode & _WRITABLE):
            return _writable(place, facts)
    return next(filter(None, map(_loose, _way(path))), None)


def _loose(place: str) -> Exposure | None:
    """What lets others put something else in the place of what a folder or a link leads to."""
    facts = os.lstat(place)
    if facts.st_uid not in (os.getuid(), 0):
        return _theirs(place, facts)
    if stat.S_ISLNK(facts.st_mode) or facts.st_mode & stat.S_ISVTX:
        return None
    return _writable(place, facts) if _others_write(facts, facts.st_mode & _WRITABLE) else None


def _others_write(facts: os.stat_result, others: int) -> bool:
    return bool(others & stat.S_IWOTH or (others and not _own_group(facts)))


def _writable(place: str, facts: os.stat_result) -> Exposure:
    return Exposure(place, f"can be written by others (mode {stat.S_IMODE(facts.st_mode):04o})", "chmod go-w")


def _theirs(place: str, facts: os.stat_result) -> Exposure:
    return Exposure(place, f"belongs to {_user(facts.st_uid)}", f"chown {_user(os.getuid())}")


def _way(path: str) -> Iterator[str]:
    """Every folder and every link that is gone through on the way to a file."""
    at, names = os.sep, [*reversed(os.path.join(os.getcwd(), path).split(os.sep))]
    while names:
        name = names.pop()
        if name == os.pardir:
            at = os.path.dirname(at)
        elif name not in ("", os.curdir):
            yield at
            here = os.path.join(at, name)
            if os.path.islink(here):
                yield here
                target = os.readlink(here)
                names += reversed(target.split(os.sep))
                at = os.sep if os.path.isabs(target) else at
            else:
                at = here


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
