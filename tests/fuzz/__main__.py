"""Runs one target under atheris: `python -m tests.fuzz loader -max_total_time=300`; see README.md beside this."""

from __future__ import annotations

import sys
from pathlib import Path


def main(words: list[str]) -> None:
    """Fuzz until something is found, or the time is over."""
    import atheris

    with atheris.instrument_imports(include=["twat_fs", "yaml", "jinja2", "jmespath", "http.client"]):
        from tests.fuzz.targets import HERE, ROOT, TARGETS, findings, seeds

    name, *options = words
    corpus = ROOT / ".cache" / "fuzz" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate([*seeds(name), *(path.read_bytes() for path in findings(name))]):
        (corpus / f"seed-{number}").write_bytes(seed)
    found = HERE / "findings" / name
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-artifact_prefix={found}{Path('/')}", "-timeout=20", *options], TARGETS[name]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
