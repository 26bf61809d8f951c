"""Tries a draft once, and finds in the reply the link that serves the very bytes that were sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from twat_fs._version import USER_AGENT
from twat_fs.authoring.replies import Candidate, candidates, put
from twat_fs.authoring.write import as_yaml
from twat_fs.errors import BadReply, UploadError
from twat_fs.http.transport import Transport
from twat_fs.messages import Request
from twat_fs.registry import Provider, Registry
from twat_fs.spec.catalog import Entry, compile_card
from twat_fs.spec.model import from_card
from twat_fs.testing.recording import Tape
from twat_fs.upload_providers.protocols import Call
from twat_fs.urls import BadUrl, authority, names_host

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft
    from twat_fs.messages import Reply
    from twat_fs.source import Source

#: Links of a reply that are fetched, the likeliest first.
_TRIED = 8


def learn(draft: Draft, source: Source, registry: Registry) -> None:
    """Upload a file by a draft, and take its result from the reply.

    Args:
        draft: Gets the result, an example, and a remark on what was found.
        source: The file.
        registry: The user's settings; secrets come from the environment.

    Raises:
        NotConfigured: A secret is not set.
        UploadError: The host did not take the file, or answered nothing that can be read.
    """
    provider = _provider(draft, registry)
    tape = Tape(provider, source)
    outcome = tape.run(Call(source.name, source.name))
    if not tape.exchanges or (isinstance(outcome, UploadError) and not isinstance(outcome, BadReply)):
        raise outcome if isinstance(outcome, UploadError) else BadReply("no request was sent", provider.name)
    reply = tape.exchanges[-1][1]
    found = [*candidates(reply.body, reply.headers), _final(reply)]
    for candidate in found[:_TRIED]:
        if _serves(candidate, reply, source, provider):
            put(draft, candidate, reply.status)
            draft.comment("result", "url", text="This link served the very bytes that were sent.")
            return
    if len(found) > 1:
        put(draft, found[0], reply.status)
        draft.comment("result", "url", text="The likeliest link of the reply; none of them served the file itself.")
    draft.remarks.append("no link of the reply served the bytes that were sent")


def _final(reply: Reply) -> Candidate:
    """The address that answered in the end, where a redirect led there."""
    return Candidate({"template": "{{ reply.url }}"}, reply.url, "", {"url": reply.url})


def _provider(draft: Draft, registry: Registry) -> Provider:
    draft.data.setdefault("result", {"url": {"text": True}})
    card = compile_card(as_yaml(draft).encode(), None, "the new spec")
    return Provider(Entry(card["name"], "the new spec", "new"), from_card(card), registry)


def _serves(candidate: Candidate, reply: Reply, source: Source, provider: Provider) -> bool:
    url = urljoin(reply.url, candidate.url)
    digest = hashlib.sha256()
    settings = provider.registry.settings
    try:
        known = any(names_host(pattern, authority(url)) for pattern in provider.spec.hosts)
        request = Request(provider.name, "", "GET", url, private=known)
        with Transport(user_agent=USER_AGENT, **settings.network) as transport:
            got = transport.fetch(request, digest.update, source.size)
    except (UploadError, BadUrl):
        return False
    return got.status == 200 and digest.hexdigest() == source.digest("sha256")
