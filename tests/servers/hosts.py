"""The real servers, each as a context manager that gives a `Host`."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import ssl
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.servers.debian import program, unpacked
from tests.servers.environment import prepared, prepared_node
from tests.servers.process import running

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

_MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dav", "dav_fs")
_APACHE = """\
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {home}/apache.pid
ErrorLog {home}/apache.log
DocumentRoot {home}/files
DavLockDB {home}/lock/db
LimitRequestBody 1000000
<Directory {home}/files>
  Dav On
  AuthType Basic
  AuthName files
  AuthUserFile {home}/users
  <LimitExcept GET HEAD OPTIONS>
    Require valid-user
  </LimitExcept>
  <Limit GET HEAD OPTIONS>
    Require all granted
  </Limit>
</Directory>
"""
_NGINX = """\
daemon off;
pid {home}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  client_max_body_size 1000000;
  server {{
    listen 127.0.0.1:{port};
    root {home}/files;
    location / {{
      dav_methods PUT DELETE MKCOL;
      create_full_put_path on;
      limit_except GET {{
        auth_basic files;
        auth_basic_user_file {home}/users;
      }}
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Host:
    """A server that runs: where it is, where it keeps files, who may write."""

    url: str
    folder: Path
    user: str = ""
    password: str = ""
    needs_login_to_read: bool = False
    ca_file: Path | None = None

    def fetch(self, url: str) -> bytes:
        """What a browser of somebody who may read gets from this URL; no proxy, no cookies."""
        request = urllib.request.Request(url)
        if self.needs_login_to_read:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {pair}")
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.ca_file:
            context = ssl.create_default_context(cafile=str(self.ca_file))
            handlers.append(urllib.request.HTTPSHandler(context=context))
        with urllib.request.build_opener(*handlers).open(request, timeout=10) as reply:
            content: bytes = reply.read()
            return content


@contextmanager
def copyparty(home: Path) -> Iterator[Host]:
    """Volumes `pub` (anybody), `priv` (a password, readers need the URL's key), `lim` (100 KiB), `shut` (read only)."""
    pub, priv, lim, shut = (_folder(home, name) for name in ("pub", "priv", "lim", "shut"))
    options = ["-i", "127.0.0.1", "-q", "--http-only", "--no-thumb", "--hist", str(home / "hist")]
    unbanned = [word for kind in ("pw", "403", "404", "422", "url") for word in (f"--ban-{kind}", "no")]
    volumes = [
        *("-a", "alice:secret1"),
        *("-v", f"{pub}:pub:rw"),
        *("-v", f"{priv}:priv:G:rwd,alice:c,fk=8"),
        *("-v", f"{lim}:lim:rw:c,sz=0-100k"),
        *("-v", f"{shut}:shut:r"),
    ]
    program = _module("copyparty")
    with running(lambda port: [*program, *options, *unbanned, *volumes, "-p", str(port)], home) as port:
        yield Host(f"http://127.0.0.1:{port}", home, "alice", "secret1")


@contextmanager
def uploadserver(home: Path, certificate: Path | None = None, ca_file: Path | None = None) -> Iterator[Host]:
    """Answers 204 and nothing else; anybody reads, a password guards uploading unless it speaks TLS."""
    files = _folder(home, "files")
    options = ["--bind", "127.0.0.1", "--directory", str(files)]
    if certificate:
        host = Host("https://127.0.0.1", files, ca_file=ca_file)
        options += ["--server-certificate", str(certificate)]
    else:
        host = Host("http://127.0.0.1", files, "up", "pass word:1")
        options += ["--basic-auth-upload", f"{host.user}:{host.password}"]
    program = _module("uploadserver")
    with running(lambda port: [*program, str(port), *options], home) as port:
        yield Host(f"{host.url}:{port}", files, host.user, host.password, ca_file=ca_file)


@contextmanager
def rclone(home: Path) -> Iterator[Host]:
    """`rclone serve webdav`, which wants the password for reading too."""
    files = _folder(home, "files")
    program = [str(prepared() / "rclone"), "serve", "webdav", str(files)]
    options = ["--user", "u", "--pass", "rclone-pw", "--vfs-cache-mode", "writes", "--cache-dir", str(home / "cache")]
    alone = ["--config", "/dev/null"]
    with running(lambda port: [*program, *options, *alone, "--addr", f"127.0.0.1:{port}"], home) as port:
        yield Host(f"http://127.0.0.1:{port}", files, "u", "rclone-pw", needs_login_to_read=True)


@contextmanager
def wsgidav(home: Path) -> Iterator[Host]:
    """Share `/open` is anybody's; `/guarded` wants the password for writing and for reading."""
    shares = {f"/{name}": str(_folder(home, name)) for name in ("open", "guarded")}
    login = {"/open": True, "*": {"dav": {"password": "dav-pw"}}}

    def command(port: int) -> list[str]:
        configuration = {
            "host": "127.0.0.1",
            "port": port,
            "provider_mapping": shares,
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "simple_dc": {"user_mapping": login},
        }
        file = home / "wsgidav.json"
        file.write_text(json.dumps(configuration))
        return [*_module("wsgidav.server.server_cli"), "-c", str(file), "--server", "cheroot", "-q"]

    with running(command, home) as port:
        yield Host(f"http://127.0.0.1:{port}", home, "dav", "dav-pw", needs_login_to_read=True)


@contextmanager
def apache(_home: Path) -> Iterator[Host]:
    """`mod_dav`: anybody reads, a password guards all else; a body over 1 MB is refused while it is sent."""
    modules = unpacked() / "usr/lib/apache2/modules"

    def command(port: int) -> list[str]:
        file = home / "apache.conf"
        user = "User #65534\nGroup #65534\n" if os.getuid() == 0 else ""  # it does not serve files as root
        loaded = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in _MODULES)
        file.write_text(loaded + user + _APACHE.format(home=home, port=port))
        return [*program("apache2"), "-f", str(file), "-DFOREGROUND"]

    # Not in the home of the tests, which nobody else gets through to.
    with TemporaryDirectory() as folder:
        home = Path(folder)
        _dav_folder(home)
        with running(command, home) as port:
            yield Host(f"http://127.0.0.1:{port}", home / "files", "dav", "dav-pw")


@contextmanager
def nginx(home: Path) -> Iterator[Host]:
    """Its own WebDAV, which makes folders as they are needed; it takes and guards as that of `apache`."""

    def command(port: int) -> list[str]:
        file = home / "nginx.conf"
        user = "user root;\n" if os.getuid() == 0 else ""
        file.write_text(user + _NGINX.format(home=home, port=port))
        return [*program("nginx"), "-e", str(home / "nginx.log"), "-c", str(file)]

    _dav_folder(home)
    with running(command, home) as port:
        yield Host(f"http://127.0.0.1:{port}", home / "files", "dav", "dav-pw")


def _dav_folder(home: Path) -> None:
    """A folder for files that the server may write whoever it is, and who may write there."""
    digest = base64.b64encode(hashlib.sha1(b"dav-pw", usedforsecurity=False).digest()).decode()
    (home / "users").write_text(f"dav:{{SHA}}{digest}\n")
    for place in (home, _folder(home, "files"), _folder(home, "lock")):
        place.chmod(0o777)


@contextmanager
def tuspyserver(home: Path) -> Iterator[Host]:
    """tus in Python; what it takes lies in `folder` under its number."""
    files = _folder(home, "files")
    program = [*_module("uvicorn"), "--app-dir", str(HERE), "tus_app:app", "--host", "127.0.0.1", "--port"]
    with running(lambda port: [*program, str(port)], home) as port:
        yield Host(f"http://127.0.0.1:{port}", files)


@contextmanager
def tus_node(home: Path) -> Iterator[Host]:
    """tus in JavaScript, by the people of the protocol; what it takes lies in `folder` under its number."""
    files = _folder(home, "files")
    program = [str(shutil.which("node")), str(prepared_node() / "tus.mjs")]
    with running(lambda port: [*program, str(port), str(files)], home) as port:
        yield Host(f"http://127.0.0.1:{port}", files)


@contextmanager
def gcs(home: Path) -> Iterator[Host]:
    """Google's storage in memory, with the bucket `bkt`; anybody reads and writes."""
    program = [*_module("gcp_storage_emulator"), "start", "--host=127.0.0.1", "--in-memory", "--default-bucket=bkt"]
    with running(lambda port: [*program, f"--port={port}"], home) as port:
        yield Host(f"http://127.0.0.1:{port}", home)


@contextmanager
def moto(home: Path) -> Iterator[Host]:
    """S3 without signatures, with the bucket `twat`, which anybody may read."""
    with running(lambda port: [*_module("moto.server"), "-H", "127.0.0.1", "-p", str(port)], home) as port:
        host = Host(f"http://127.0.0.1:{port}", home)
        bucket = urllib.request.Request(f"{host.url}/twat", method="PUT", headers={"x-amz-acl": "public-read-write"})
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(bucket, timeout=10).close()
        yield host


@contextmanager
def bepasty(home: Path) -> Iterator[Host]:
    """Whoever has the token creates and deletes, anybody reads; a file of 1 MB, a request of 256 KiB."""
    files = _folder(home, "files")
    configuration = home / "settings.py"
    configuration.write_text(
        f"STORAGE_FILESYSTEM_DIRECTORY = {str(files)!r}\n"
        "SECRET_KEY = 'for a test'\nSESSION_COOKIE_SECURE = False\n"
        "MAX_ALLOWED_FILE_SIZE = 1_000_000\nMAX_BODY_SIZE = 262_144\n"
        "PERMISSIONS = {'bepasty-token': 'create,read,delete'}\nDEFAULT_PERMISSIONS = 'read'\n"
    )
    program = [*_module("bepasty.cli.server"), "--host", "127.0.0.1", "--port"]
    with running(lambda port: [*program, str(port)], home, BEPASTY_CONFIG=str(configuration)) as port:
        yield Host(f"http://127.0.0.1:{port}", files, "any", "bepasty-token")


@contextmanager
def agent_file_bridge(home: Path) -> Iterator[Host]:
    """Anybody asks for a place to upload to, and shares what is there."""
    files = _folder(home, "files")

    def command(port: int) -> list[str]:
        settings = {
            "BASE_URL": f"http://127.0.0.1:{port}",
            "DB": home / "db",
            "UPLOAD_DIR": files,
            "ALLOWED_ROOTS": files,
        }
        words = [f"AFB_{name}={value}" for name, value in settings.items()]
        return ["env", *words, *_module("agent_file_bridge.cli"), "serve", "--host", "127.0.0.1", "--port", str(port)]

    with running(command, home) as port:
        yield Host(f"http://127.0.0.1:{port}", files)


@contextmanager
def pinnwand(home: Path, creations: int = 10_000) -> Iterator[Host]:
    """A pastebin of texts of up to 256 KiB.

    Args:
        home: Where it lives.
        creations: How many pastes it takes from one address at once.
    """
    configuration = home / "pinnwand.toml"
    limits = "".join(
        f"[ratelimit.{what}]\ncapacity = {count}\nconsume = 1\nrefill = 1\n"
        for what, count in (("read", 10_000), ("create", creations), ("delete", 10_000))
    )
    configuration.write_text(f'database_uri = "sqlite:///{home}/db"\npaste_size = 262144\n{limits}')
    program = [str(prepared() / "python"), str(HERE / "pinnwand_app.py"), "--configuration-path", str(configuration)]
    with running(lambda port: [*program, "http", "--port", str(port)], home) as port:
        yield Host(f"http://127.0.0.1:{port}", home)


@contextmanager
def s3rver(home: Path) -> Iterator[Host]:
    """S3 in JavaScript, with the bucket `bkt`; one key is known, and anybody reads."""
    program = [str(shutil.which("node")), str(prepared_node() / "node_modules" / "s3rver" / "bin" / "s3rver.js")]
    options = ["-a", "127.0.0.1", "-d", str(_folder(home, "files")), "--configure-bucket", "bkt", "-p"]
    with running(lambda port: [*program, *options, str(port)], home) as port:
        yield Host(f"http://127.0.0.1:{port}", home, "S3RVER", "S3RVER")


def _module(name: str) -> list[str]:
    return [str(prepared() / "python"), "-m", name]


def _folder(home: Path, name: str) -> Path:
    folder = home / name
    folder.mkdir()
    return folder
