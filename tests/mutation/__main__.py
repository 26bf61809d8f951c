"""The command; see the package's docstring."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.mutation import __doc__ as how_to
from tests.mutation.running import every_defence, judged


def main() -> int:
    """Judge the defences that were asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=how_to, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", help="only defences whose promise or module holds one of these")
    parser.add_argument("--list", action="store_true", help="print them, and run nothing")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    asked = parser.parse_args()
    chosen = [
        defence
        for defence in every_defence()
        if not asked.words or any(word in f"{defence.promise} {defence.module}" for word in asked.words)
    ]
    if asked.list:
        print("\n".join(f"{defence.promise} ({defence.module})" for defence in chosen))
        return 0
    begun, survivors = time.monotonic(), 0
    for verdict in judged(chosen, asked.jobs):
        print(f"{'noticed' if verdict.noticed else 'NOT NOTICED'}: {verdict.defence.promise}", flush=True)
        if not verdict.noticed:
            survivors += 1
            print(f"  {verdict.defence.module}: {verdict.defence.new.strip()!r}\n{verdict.said}\n", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} noticed in {time.monotonic() - begun:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
