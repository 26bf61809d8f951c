"""Who is told what happens to one of many files: at once, or, of what happens in another process, once it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.events import Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.calls import UploadOptions
    from twat_fs.events import FileEvent
    from twat_fs.file_results import Named
    from twat_fs.opening import Given

    Told = Callable[[FileEvent], object]


def told_of(
    source: Given | Named, options: UploadOptions, on_event: Callable[[Given | Named, FileEvent], object] | None
) -> Told:
    """Tells all who listen what happens to a file.

    Args:
        source: The file, as the caller gave it.
        options: Have two who listen to whatever happens.
        on_event: Another one, who is told of which file it is, or None.
    """

    def tell(event: FileEvent) -> None:
        if on_event is not None:
            on_event(source, event)
        if not isinstance(event, Sent):
            options.on_event(event)
        elif options.progress is not None:
            options.progress(event.sent, event.total)

    return tell


def heard(options: UploadOptions, told: Told) -> UploadOptions:
    """Options with which an upload tells all that happens to one who listens."""

    def progress(sent: int, total: int) -> None:
        told(Sent(sent, total))

    return options._replace(progress=progress, on_event=told)


class Ear:
    """Listens to the upload of a file by a worker.

    In the process of whoever listens it tells at once. One that was sent to another process keeps what happens there,
    so that it can be told later, of how far it is only the last.

    Args:
        told: Who listens; None where that is in another process.

    Attributes:
        kept: What happened, and was not told yet.
        broken: Whether one who listens raised something, which ended the upload.
    """

    def __init__(self, told: Told | None) -> None:
        self._told = told
        self.kept: list[FileEvent] = []
        self.broken = False

    def __reduce__(self) -> tuple[type[Ear], tuple[None]]:
        return Ear, (None,)

    def __call__(self, event: FileEvent) -> None:
        """Hear of something."""
        if self._told is None:
            if isinstance(event, Sent) and self.kept and isinstance(self.kept[-1], Sent):
                self.kept.pop()
            self.kept.append(event)
            return
        done = False
        try:
            self._told(event)
            done = True
        finally:
            self.broken |= not done
