"""Upload many files by the workers of a Dask cluster; each file exactly once, or reported.

    python dask_upload.py --provider NAME [--scheduler tcp://HOST:8786] ADDRESS...

An address is one that fsspec knows, so that every worker reads from storage that all of them see: `s3://bucket/*.jpg`,
`https://...`, or a path of a folder that is mounted everywhere. Patterns are written out here, the files are opened
there. Without a scheduler a cluster of processes on this machine does it.

A worker that is killed takes the file that it was sending with it. It is not sent again, since the host may have it; it
is reported with status 5. Run the same command again: with the receipts of `--history`, kept in a folder that all
workers see (XDG_DATA_HOME), what is there already is found, and the rest is uploaded.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from fsspec.core import get_fs_token_paths

from distributed import Client, LocalCluster
from twat_fs import UploadOptions, upload_files
from twat_fs.addresses import shown_address
from twat_fs.dask import OnceExecutor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twat_fs import FileResult


def uploaded(
    addresses: Iterable[str], client: Client, provider: str | None, options: UploadOptions
) -> Iterator[FileResult]:
    """Upload by a cluster; gives what became of each file, in their order.

    Args:
        addresses: What every worker can read.
        client: The cluster's.
        provider: Where to send them; its spec and its secrets are those of the workers.
        options: How to upload.
    """
    threads = sum(client.nthreads().values())
    return upload_files(addresses, provider, options, jobs=max(1, threads), executor=OnceExecutor(client))


def written_out(patterns: Sequence[str]) -> Iterator[str]:
    """Each file that a pattern stands for."""
    for pattern in patterns:
        files, _, paths = get_fs_token_paths(pattern)
        _, inside, archive = pattern.partition("::")
        yield from (files.unstrip_protocol(path) + inside + archive for path in paths)


def main() -> int:
    """Run it; 0 where all were uploaded, 5 where some may be at the host all the same, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
    parser.add_argument("--provider")
    parser.add_argument("--providers-d", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--scheduler", metavar="ADDRESS")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--history", action="store_true", help="keep receipts, and skip what they tell of")
    given = parser.parse_args()
    options = UploadOptions(providers_d=given.providers_d, history=given.history, skip_existing=given.history)
    cluster = given.scheduler or LocalCluster(n_workers=given.workers, threads_per_worker=1, dashboard_address=None)
    lost, failed = 0, 0
    with Client(cluster) as client:
        for result in uploaded(written_out(given.addresses), client, given.provider, options):
            if result.result is not None:
                print(result.url, flush=True)
                continue
            lost, failed = lost + result.ambiguous, failed + 1
            print(f"{shown_address(str(result.source))}: {result.error}", file=sys.stderr, flush=True)
    if not given.scheduler:
        cluster.close()
    return 5 if lost else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
