"""Measure the provider `s3` beside boto3, obstore, s5cmd and rclone: one large file, and many small ones; HTTP and TLS.

    python -m benchmarks.s3            # 1 GiB, some minutes
    python -m benchmarks.s3 --quick    # 64 MiB and two pairs: does it run at all
    python -m benchmarks.s3 --beside boto3

Both sides of a row are processes of their own that send to the same sink on 127.0.0.1; they take turns, and the row
shows their medians. Of a Python program the sending is counted, without what is imported and connected once; of s5cmd
and rclone the whole process, which starts in hundredths of a second. Peaks are those of the process. `x theirs` is how
many times as fast ours is, with its checksums on; `x cpu` how many times as long the other keeps processors busy, which
tells more where something else runs too. What stands in `peers.txt` is installed under
`.cache/` the first time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.__main__ import certify, clean, sink
from benchmarks.measure import RSS_UNIT, Failed, Run, Surroundings
from tests.servers.environment import CannotPrepare, prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What every program has after its own `send_all(paths)`: a first small upload that does not count, for what is loaded
#: and connected once; then all files, and the seconds that they took, and kept processors busy.
AROUND = """
from time import perf_counter, process_time
first, *paths = sys.argv[1:]
send_all([first])
began = perf_counter(), process_time()
send_all(paths)
print(perf_counter() - began[0], process_time() - began[1])
"""
#: Of what has a `send(path)` alone.
IN_THREADS = """
from concurrent.futures import ThreadPoolExecutor
def send_all(paths):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, paths))
"""
OURS = """
import sys
from twat_fs import UploadOptions, upload_files
options = UploadOptions(check="none")
def send_all(paths):
    for done in upload_files(paths, "s3", options, jobs=8):
        if done.error:
            raise done.error
"""
PLAIN = """
import os, sys, boto3
client = boto3.client("s3")
def send(path):
    client.upload_file(path, "bucket", os.path.basename(path))
"""
#: boto3 without its transfer manager, which a program that cares about small files would write.
PUT = """
import os, sys, boto3
from botocore.config import Config
client = boto3.client("s3", config=Config(s3={"payload_signing_enabled": False}))
def send(path):
    with open(path, "rb") as file:
        client.put_object(Bucket="bucket", Key=os.path.basename(path), Body=file.read())
"""
#: The transfer manager with everything in it turned that can be.
TUNED = """
import os, sys, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
turned = Config(s3={"payload_signing_enabled": False}, request_checksum_calculation="CHECKSUMS")
client = boto3.client("s3", config=turned)
parts = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20, max_concurrency=4)
def send(path):
    client.upload_file(path, "bucket", os.path.basename(path), Config=parts)
"""
#: The Rust client with parts as large as ours; it has no CRC-32, so that it sends no checksum at all.
OBSTORE = """
import os, sys, obstore
from pathlib import Path
from obstore.store import S3Store
store = S3Store("bucket", client_options={"allow_http": True}, unsigned_payload=True)
def send(path):
    obstore.put(store, os.path.basename(path), Path(path), chunk_size=64 << 20, max_concurrency=4)
"""
ROW = "{:6} {:16} {:>22} {:>9} {:>9} {:>9} {:>6} {:>9} {:>11}"
PEERS = Path(__file__).with_name("peers.txt")


@dataclass(frozen=True)
class Sending(Run):
    """A run, and the seconds that it kept processors busy."""

    busy: float


@dataclass(frozen=True)
class Sender:
    """Something that sends files: the command for them, and whether it prints the seconds that count."""

    name: str
    words: Callable[[list[str], Surroundings], list[str]]
    prints_seconds: bool = True


def python(name: str, code: str, program: str = sys.executable) -> Sender:
    """A Python program that has `send_all(paths)`, or `send(path)`."""
    whole = code + ("" if "def send_all" in code else IN_THREADS) + AROUND
    return Sender(name, lambda files, _: [program, "-c", whole, *files])


OURS_SENDER = python("twat-fs", OURS)
PLAIN_SENDER = python("boto3.upload_file", PLAIN)
TUNED_SENDERS = (
    python("boto3, tuned", TUNED.replace("CHECKSUMS", "when_supported")),
    python("boto3, no checksums", TUNED.replace("CHECKSUMS", "when_required")),
)


def main() -> int:
    """Run it; 1 where a command that is measured fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.s3", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="64 MiB and two pairs, to see that it runs")
    parser.add_argument("--beside", default="", metavar="WORD", help="only others whose name holds this, such as boto3")
    given = parser.parse_args()
    size, pairs = (64 << 20, 2) if given.quick else (1 << 30, 5)
    peers = _peers()
    print(ROW.format("", "what", "beside", "ours ms", "theirs ms", "x theirs", "x cpu", "ours MiB", "theirs MiB"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        large, small = _files(home, size)
        rows = [(f"{size >> 20} MiB", large, sender) for sender in (PLAIN_SENDER, *TUNED_SENDERS)]
        rows += [(f"{size >> 20} MiB", large, sender) for sender in peers]
        rows += [("200 x 100 KiB", small, sender) for sender in (PLAIN_SENDER, python("boto3.put_object", PUT))]
        rows += [("200 x 100 KiB", small, sender) for sender in peers]
        try:
            for scheme, surroundings in _hosts(home):
                for title, files, theirs in (each for each in rows if given.beside in each[2].name):
                    print(row(scheme, title, theirs.name, *compared(theirs, files, pairs, surroundings)), flush=True)
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    return 0


def _peers() -> list[Sender]:
    """The programs of `peers.txt`; none, and a line that says so, where they cannot be installed."""
    try:
        folder = prepared(PEERS)
    except CannotPrepare as failure:
        print(f"without obstore, s5cmd and rclone: {failure}", file=sys.stderr)
        return []
    s5cmd = next(folder.parent.glob("lib/*/site-packages/s5cmd/bin/s5cmd"))  # what `bin` has is a script around it
    return [
        python("obstore", OBSTORE, str(folder / "python")),
        Sender("s5cmd", lambda files, around: _s5cmd(str(s5cmd), files, around), prints_seconds=False),
        Sender("rclone", lambda files, around: _rclone(str(folder / "rclone"), files, around), prints_seconds=False),
    ]


def _s5cmd(program: str, files: list[str], around: Surroundings) -> list[str]:
    _, path, *more = files
    source = str(Path(path).with_name("*.bin")) if more else path
    host = ["--endpoint-url", around.environment["AWS_ENDPOINT_URL"], "--no-verify-ssl"]
    return [program, *host, "--log", "error", "--numworkers", "8", "cp", source, "s3://bucket/"]


def _rclone(program: str, files: list[str], around: Surroundings) -> list[str]:
    _, path, *more = files
    endpoint = around.environment["AWS_ENDPOINT_URL"]
    bucket = f":s3,provider=Other,env_auth,endpoint='{endpoint}',no_check_bucket,no_head:bucket/"
    names = ["copy", str(Path(path).parent), bucket] if more else ["copyto", path, bucket + "large.bin"]
    authority = around.environment.get("AWS_CA_BUNDLE")
    trust = ["--ca-cert", authority] if authority else []
    # It asks for a file of several streams afterwards, which this sink does not have; parts it sends at once anyway.
    large = ["--multi-thread-cutoff", "1P", "--s3-upload-cutoff", "64M", "--s3-chunk-size", "64M"]
    return [program, *names, *trust, *large, "--no-check-dest", "--retries", "1", "--transfers", "8"]


def compared(theirs: Sender, files: list[str], pairs: int, surroundings: Surroundings) -> tuple[Sending, Sending]:
    """The medians of ours and theirs, which take turns."""
    runs: dict[Sender, list[Sending]] = {OURS_SENDER: [], theirs: []}
    for number in range(pairs):
        for sender in (OURS_SENDER, theirs) if number % 2 == 0 else (theirs, OURS_SENDER):
            runs[sender].append(_run(sender, files, surroundings))
    ours, other = (
        Sending(*(median(getattr(run, name) for run in side) for name in ("seconds", "peak", "busy")))
        for side in runs.values()
    )
    return ours, other


def _run(sender: Sender, files: list[str], surroundings: Surroundings) -> Sending:
    began = time.perf_counter()
    process = subprocess.Popen(
        sender.words(files, surroundings),
        cwd=surroundings.folder,
        env=surroundings.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    out, err = process.communicate()
    if process.returncode:
        raise Failed(f"{sender.name} ended with {process.returncode}: {err.decode(errors='replace')}")
    busy = usage.ru_utime + usage.ru_stime
    if sender.prints_seconds:
        seconds, busy = map(float, out.split())
    return Sending(seconds, usage.ru_maxrss * RSS_UNIT / 2**20, busy)


def row(scheme: str, title: str, name: str, ours: Sending, theirs: Sending) -> str:
    """One line of the table."""
    milliseconds = (f"{ours.seconds * 1000:.0f}", f"{theirs.seconds * 1000:.0f}")
    times = (*milliseconds, f"{theirs.seconds / ours.seconds:.2f}", f"{theirs.busy / ours.busy:.2f}")
    return ROW.format(scheme, title, name, *times, f"{ours.peak:.0f}", f"{theirs.peak:.0f}")


def _files(home: Path, size: int) -> tuple[list[str], list[str]]:
    """One large file of zeros without blocks on the disk, and 200 small ones."""
    large = home / "large.bin"
    with large.open("wb") as file:
        file.truncate(size)
    folder = home / "small"
    folder.mkdir()
    small = [folder / f"{number}.bin" for number in range(200)]
    for path in small:
        path.write_bytes(bytes(100 << 10))
    first = str(small[0])
    return [first, str(large)], [first, *map(str, small)]


def _hosts(home: Path) -> Iterator[tuple[str, Surroundings]]:
    with sink(module="benchmarks.s3_sink") as port:
        yield "HTTP", _surroundings(home, f"http://127.0.0.1:{port}")
    authority, certificate = certify(home)
    with sink(str(certificate), module="benchmarks.s3_sink") as port:
        yield (
            "TLS",
            _surroundings(
                home, f"https://127.0.0.1:{port}", AWS_CA_BUNDLE=str(authority), SSL_CERT_FILE=str(authority)
            ),
        )


def _surroundings(home: Path, endpoint: str, **more: str) -> Surroundings:
    usual = clean(home)
    keys = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "not a secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_S3_BUCKET": "bucket",
        "AWS_ENDPOINT_URL": endpoint,
    }
    return Surroundings(home, {**usual.environment, **keys, **more})


if __name__ == "__main__":
    sys.exit(main())
