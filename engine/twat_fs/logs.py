"""Log lines without secrets: ours, and those of every library, whatever level they are shown at."""

from __future__ import annotations

import logging
import re
from typing import Any

from twat_fs.text import REDACTOR

#: What reads addresses that the user gave, and names them in its lines: a signature in one is as good as a password.
_READERS = ("fsspec", "aiohttp", "s3fs")
_QUERY = re.compile(r"(\w://[^\s?'\"<>]+)\?[^\s'\"<>]+")


def logger() -> logging.Logger:
    """The package's logger; from the first call on no secret that is known stands in any log line of the process.

    Client libraries name the address and the headers of each request, under loggers of their own and whether or not
    ours are shown. So lines are cleaned where they are made. One that holds no secret is left as it was.
    """
    if not isinstance(logging.getLogRecordFactory(), _CleanRecords):
        logging.setLogRecordFactory(_CleanRecords(logging.getLogRecordFactory()))
    return logging.getLogger("twat_fs")


class _CleanRecords:
    """Makes log records as another factory does, and takes secrets out of them.

    Args:
        make: The factory that stood here before.
    """

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """A record of which every handler may show all."""
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # a line that nobody can show: its handler says so
            record.msg, record.args = "a log line that does not fit its values: %r", (REDACTOR(str(record.msg)),)
            return record
        clean = REDACTOR(_QUERY.sub(r"\1?<hidden>", message) if record.name.startswith(_READERS) else message)
        if clean != message:
            record.msg, record.args = clean, None
        if record.exc_info:
            self._clean_exception(record)
        return record

    def _clean_exception(self, record: logging.LogRecord) -> None:
        told = logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]
        clean = REDACTOR(told)
        if clean != told:
            record.exc_info, record.exc_text = None, clean
