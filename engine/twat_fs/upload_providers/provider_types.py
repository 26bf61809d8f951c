"""The types that providers give back; defined in `twat_fs.results`."""

from __future__ import annotations

from twat_fs.results import UploadResult

__all__ = ["UploadResult"]
