"""The files that come with the package: specs, their compiled forms, the schema.

In a wheel they are inside the package; in a checkout the specs and the schema are at its root. Read through the
import system, so that a zip on `sys.path` serves too.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_CHECKOUT = os.path.dirname(os.path.dirname(_PACKAGE))
_LOADER: Any = __spec__.loader


def read(name: str) -> bytes | None:
    """The bytes of a bundled file, or None where there is none.

    Args:
        name: A path such as `providers.d/catbox.yaml` or `schemas/provider.schema.json`.
    """
    for folder in (_PACKAGE, _CHECKOUT):
        try:
            content: bytes = _LOADER.get_data(os.path.join(folder, *name.split("/")))
        except OSError:
            continue
        return content
    return None


@lru_cache
def checkout_folder() -> str | None:
    """The `providers.d` folder of the checkout that this package runs from, or None where it is installed."""
    folder = os.path.join(_CHECKOUT, "providers.d")
    return folder if os.path.isfile(os.path.join(_CHECKOUT, "pyproject.toml")) and os.path.isdir(folder) else None
