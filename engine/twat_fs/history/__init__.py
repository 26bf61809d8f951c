"""Receipts: what was uploaded, where it is, and what removes it again; kept in a private file of the user's.

Nothing that goes wrong here harms an upload. Secrets that a host gave for removing a file are in the receipts, since
they are of no use elsewhere, and are never shown.
"""

from __future__ import annotations

from twat_fs.history.receipt import STATES, Receipt
from twat_fs.history.records import History

__all__ = ["STATES", "History", "Receipt"]
