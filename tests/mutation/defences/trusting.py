"""Where the file and secrets may go, and whose spec may run."""

from tests.mutation.defence import Defence

_TRUST = "unit/test_trust.py::"
_FOLLOW = "unit/test_follow.py::"
_REGISTRY = "unit/test_registry.py::"
_TRANSPORT = "unit/test_transport.py::"
_ADDED = "cli/test_spec_add.py::"
_CATALOG = "unit/test_catalog.py::"

DEFENCES = (
    Defence(
        "a secret goes to hosts that the spec names only",
        "wire/plan.py",
        "    if foreign or (sends_file and not named):",
        "    if sends_file and not named:",
        f"{_TRUST}test_a_secret_anywhere_in_a_request_is_seen",
    ),
    Defence(
        "the file goes to hosts that the spec names only",
        "wire/plan.py",
        "    if foreign or (sends_file and not named):",
        "    if foreign:",
        f"{_TRUST}test_the_file_goes_to_no_other_host",
    ),
    Defence(
        "a secret that a reply gave goes back to where it came from only",
        "wire/plan.py",
        "if not named and job.came_from.get(origin) != host)",
        "if not named and origin not in job.came_from)",
        f"{_TRUST}test_a_secret_of_a_reply_goes_back_to_where_it_came_from_only",
    ),
    Defence(
        "no reply leads from https to http",
        "wire/plan.py",
        '    if url.startswith("http://") and job.encrypted and',
        "    if False and",
        f"{_TRUST}test_a_named_host_is_not_reached_in_clear_text_because_a_reply_says_so",
    ),
    Defence(
        "an address from a reply is not private",
        "wire/plan.py",
        "    return request._replace(private=False)",
        "    return request",
        f"{_TRUST}test_a_request_without_file_and_secret_goes_anywhere_but_not_to_private_addresses",
    ),
    Defence(
        "a redirect that is followed leads to a host that the spec names",
        "wire/plan.py",
        "    if not _named(job, host):",
        "    if False:",
        f"{_FOLLOW}test_a_redirect_that_may_not_be_followed_is_an_error",
    ),
    Defence(
        "a redirect that is followed does not leave https",
        "wire/plan.py",
        '    if reveal(request.url).startswith("https://") and url.startswith("http://"):',
        "    if False:",
        f"{_FOLLOW}test_a_redirect_that_may_not_be_followed_is_an_error",
    ),
    Defence(
        "a redirect that is followed takes no secret to another host",
        "wire/plan.py",
        "(same or not origins_of(value))",
        "True",
        f"{_FOLLOW}test_a_redirect_to_another_host_takes_no_secret_along",
    ),
    Defence(
        "a redirect that is followed is a GET",
        "wire/plan.py",
        '        method="GET",\n        url=url,',
        "        method=request.method,\n        url=url,",
        f"{_FOLLOW}test_a_redirect_is_followed_as_a_get_without_a_body",
    ),
    Defence(
        "only where the spec says so is a redirect followed",
        "upload_providers/declarative.py",
        '        step.redirects == "see_other"\n        and reply.status',
        "        reply.status",
        "contract/test_misbehaving_hosts.py::test_a_fault_is_survived[yaml-http-a-redirect:-301]",
    ),
    Defence(
        "307 and 308 are followed by nobody",
        "upload_providers/declarative.py",
        "reply.status in (301, 302, 303)",
        "reply.status in (301, 302, 303, 307, 308)",
        "unit/test_follow.py::test_a_redirect_that_would_send_the_file_on_is_followed_by_nobody",
    ),
    Defence(
        "a Python provider sends the file to hosts that it names only",
        "upload_providers/sending.py",
        "    if not known and (file is not None or _hold_a_secret(fields)):",
        "    if False:",
        "unit/test_base_classes.py::test_neither_file_nor_secret_goes_to_a_host_that_is_not_named",
    ),
    Defence(
        "framing is the transport's, whatever a spec says",
        "http/prepare.py",
        "    if name.lower() in _OURS:",
        "    if False:",
        f"{_TRANSPORT}test_a_bad_header_name_is_refused",
    ),
    Defence(
        "a header's name is a word",
        "http/prepare.py",
        "    if not _TOKEN.fullmatch(name):",
        "    if False:",
        f"{_TRANSPORT}test_a_bad_header_name_is_refused",
    ),
    Defence(
        "a header's value is one line of ASCII, and an error does not show it",
        "http/prepare.py",
        "    if not _VALUE.fullmatch(value):",
        "    if False:",
        f"{_TRANSPORT}test_a_bad_header_value_names_the_header_and_never_the_value",
    ),
    Defence(
        "what is requested is a URL in ASCII without a user name",
        "http/prepare.py",
        ' or "@" in parts.netloc or not _TARGET.fullmatch(url)',
        "",
        f"{_TRANSPORT}test_a_url_that_makes_no_sense_is_refused",
    ),
    Defence(
        "the target goes out as it was planned",
        "http/connection.py",
        "self.exchange.target or url",
        "url",
        f"{_TRANSPORT}test_the_target_goes_out_as_it_was_planned",
    ),
    Defence(
        "a blank secret is a missing one",
        "credentials.py",
        "        if variable is not None and value.strip():",
        "        if variable is not None and value:",
        f"{_REGISTRY}test_a_blank_secret_is_a_missing_one",
    ),
    Defence(
        "a secret with a control character is refused before it is sent",
        "credentials.py",
        '    if any(character < " " or character in "\\x7f\\ufeff" for character in value):',
        "    if False:",
        f"{_REGISTRY}test_a_malformed_secret_names_the_variable_and_not_the_value",
    ),
    Defence(
        "one line break at the end of a secret is no part of it",
        "credentials.py",
        '.removesuffix("\\n").removesuffix("\\r")',
        "",
        f"{_REGISTRY}test_one_line_break_at_the_end_is_taken_off",
    ),
    Defence(
        "a secret of a bundled provider goes to no other spec unasked",
        "trust.py",
        "    if not settings.trusts(provider):\n        raise",
        "    if False:\n        raise",
        f"{_REGISTRY}test_a_spec_from_elsewhere_does_not_get_a_bundled_secret",
    ),
    Defence(
        "a secret that was read stays out of the log",
        "registry.py",
        "            self.registry.redactor.add(value)\n",
        "",
        f"{_REGISTRY}test_what_was_read_stays_out_of_the_log",
    ),
    Defence(
        "the client library's log holds no secret",
        "logs.py",
        'for name in ("twat_fs", "urllib3.connectionpool"):',
        'for name in ("twat_fs",):',
        "unit/test_fallback.py::test_the_logs_of_every_level_and_library_hold_no_secret",
    ),
    Defence(
        "a secret option is hidden from then on",
        "registry.py",
        "            self.registry.redactor.add(str(value))\n",
        "            pass\n",
        f"{_REGISTRY}test_a_secret_option_is_hidden_from_then_on",
    ),
    Defence(
        "a spec's name is never a path",
        "spec/catalog.py",
        "        if not _NAME.fullmatch(name):",
        "        if False:",
        f"{_CATALOG}test_a_name_is_never_a_path",
    ),
    Defence(
        "a spec that others can write does not run",
        "trust.py",
        "    if others & stat.S_IWOTH or",
        "    if False and others & stat.S_IWOTH or False and",
        f"{_ADDED}test_a_spec_that_others_can_write_does_not_run",
    ),
    Defence(
        "the folder that a linked spec really is in is looked at",
        "trust.py",
        "(os.path.dirname(path), os.path.dirname(real), real)",
        "(os.path.dirname(path), path)",
        f"{_ADDED}test_a_link_leads_to_a_folder_that_is_looked_at_too",
    ),
    Defence(
        "a spec that changed since it was accepted does not run",
        "trust.py",
        "    if (sha256, module) != (accepted.sha256, accepted.module):",
        "    if False:",
        f"{_ADDED}test_a_spec_that_changed_does_not_run",
    ),
)
