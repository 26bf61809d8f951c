"""An authority that the contracts over TLS trust, and what a host on loopback shows of it; both are made once."""

from __future__ import annotations

import os
import ssl
import tempfile

import trustme

_FOLDER = tempfile.TemporaryDirectory(prefix="twat-fs-authority-")
#: Its certificate, for `SSL_CERT_FILE`: always the same file, so that it is read once.
FILE = os.path.join(_FOLDER.name, "authority.pem")
#: What a server shows.
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

_AUTHORITY = trustme.CA()
_AUTHORITY.cert_pem.write_to_path(FILE)
_AUTHORITY.issue_cert("127.0.0.1").configure_cert(CONTEXT)
