"""Log lines without secrets: ours, and those of the client library, which name the address of each request."""

from __future__ import annotations

import logging

from twat_fs.text import REDACTOR


def logger() -> logging.Logger:
    """The package's logger; from the first call on no secret that is known stands in a line of it."""
    for name in ("twat_fs", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(_redact)  # the same filter is added once
    return logging.getLogger("twat_fs")


def _redact(record: logging.LogRecord) -> bool:
    record.msg, record.args = REDACTOR(record.getMessage()), None
    return True
