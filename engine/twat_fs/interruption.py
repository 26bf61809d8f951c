"""What a signal raises: the end of the process, which on its way up is told what may be left at a host."""

from __future__ import annotations


class Interrupted(SystemExit):
    """A signal ends the process.

    Not an `Exception`, so that nothing takes it for a failure that another try may mend; event loops and thread pools
    let a `SystemExit` pass.

    Args:
        words: What happened.
        status: The status to end with.

    Attributes:
        left: What is known of the file at the host, in words for people.
    """

    def __init__(self, words: str, status: int) -> None:
        super().__init__(status)
        self.words = words
        self.left = ""

    def __str__(self) -> str:
        return f"{self.words}; {self.left}" if self.left else self.words
