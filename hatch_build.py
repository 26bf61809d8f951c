"""Compiles the bundled specs into the wheel, so that an upload needs neither YAML nor the validator."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileSpecs(BuildHookInterface):
    """Puts `compiled/NAME.json` and `compiled/index.json` beside the specs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a folder of our own and name its files to the wheel."""
        if version == "editable":
            return
        sys.path.insert(0, os.path.join(self.root, "engine"))
        from twat_fs.spec.catalog import compile_card, index_of
        from twat_fs.spec.model import from_card

        folder = os.path.join(self.root, "providers.d")
        self._made = tempfile.TemporaryDirectory()
        cards = {}
        for name in sorted(os.listdir(folder)):
            stem, suffix = os.path.splitext(name)
            if suffix == ".yaml":
                with open(os.path.join(folder, name), "rb") as file:
                    cards[stem] = compile_card(file.read(), stem, f"providers.d/{name}")
        files = {**cards, "index": index_of([from_card(card) for card in cards.values()])}
        for stem, data in files.items():
            path = os.path.join(self._made.name, f"{stem}.json")
            with open(path, "w", encoding="ascii") as file:
                json.dump(data, file, separators=(",", ":"), sort_keys=False)
            build_data["force_include"][path] = f"twat_fs/compiled/{stem}.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clean up."""
        del build_data, artifact_path
        if version != "editable":
            self._made.cleanup()
