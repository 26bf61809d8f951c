"""The README's tour: its commands run as they stand there, but for the port and the folders."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.servers.environment import prepared

ROOT = Path(__file__).resolve().parents[2]
_BLOCKS = re.findall(
    r"^```bash\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_a_spec_that_is_dropped_in_uploads_to_a_server_of_ones_own(tmp_path: Path) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    python = prepared() / "python"
    tools = {
        "uploadserver": f'exec "{python}" -m uploadserver "$@"',
        "twat-fs": f'exec "{sys.executable}" -m twat_fs "$@"',
    }
    for name, text in {**tools, "pip": ":"}.items():  # the server is installed already
        (commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (commands / name).chmod(0o755)
    script = "".join(_BLOCKS).replace("8101", str(_free_port())).replace("/tmp/share", str(tmp_path / "share"))
    waiting = (
        'twat-fs() { until curl -s -o /dev/null http://127.0.0.1:$PORT/; do sleep 0.05; done; command twat-fs "$@"; }\n'
    )
    port = re.search(r"uploadserver (\d+)", script)
    assert port is not None
    environment = {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "PORT": port[1],
    }
    printed = tmp_path / "printed"
    with printed.open("w") as out:
        # A session of its own, so that the server, which the script leaves behind, can be stopped with all the rest.
        shell = subprocess.Popen(
            ["bash", "-eu", "-c", waiting + script],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(timeout=60)
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
    lines = printed.read_text().splitlines()
    assert code == 0, lines
    assert "the same bytes" in lines
    assert f"http://127.0.0.1:{port[1]}/README.md" in lines
