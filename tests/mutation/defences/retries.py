"""Trying again and elsewhere: what is repeated, for how long, and by whom."""

from tests.mutation.defence import Defence

_RETRY = "unit/test_retry.py::"
_STATES = "unit/test_retry_states.py::"
_FALLBACK = "unit/test_fallback.py::"
_STEPS = "unit/test_several_steps.py::"

DEFENCES = (
    Defence(
        "what may have been stored is not sent again",
        "retry.py",
        " or (error.ambiguous and not idempotent)",
        "",
        f"{_RETRY}test_an_ambiguous_failure_is_not_repeated",
    ),
    Defence(
        "what does no harm twice is sent again",
        "retry.py",
        "(error.ambiguous and not idempotent)",
        "error.ambiguous",
        f"{_RETRY}test_an_ambiguous_failure_of_an_idempotent_request_is_repeated",
    ),
    Defence(
        "attempts have an end",
        "retry.py",
        "attempt >= policy.attempts or",
        "attempt >= 99 or",
        f"{_RETRY}test_one_attempt_is_one_attempt",
    ),
    Defence(
        "clients that failed together do not come back together",
        "retry.py",
        " * random.uniform(0.5, 1.0)",
        "",
        f"{_RETRY}test_two_clients_do_not_wait_the_same_time",
    ),
    Defence(
        "pauses grow",
        "retry.py",
        "policy.initial * 2 ** (attempt - 1)",
        "policy.initial",
        f"{_RETRY}test_a_pause_doubles_up_to_its_limit_and_is_cut_by_at_most_half",
    ),
    Defence(
        "pauses have a limit",
        "retry.py",
        "min(policy.max, policy.initial * 2 ** (attempt - 1))",
        "(policy.initial * 2 ** (attempt - 1))",
        f"{_RETRY}test_a_pause_doubles_up_to_its_limit_and_is_cut_by_at_most_half",
    ),
    Defence(
        "a host that asks for too long a pause is given up at once",
        "retry.py",
        " if error.retry_after <= RETRY_AFTER_LIMIT else None",
        "",
        f"{_RETRY}test_a_host_that_asks_for_too_long_a_pause_is_given_up",
    ),
    Defence(
        "the pause that a host asks for is kept",
        "retry.py",
        "return max(wait, error.retry_after)",
        "return wait",
        f"{_RETRY}test_the_host_can_ask_for_a_longer_pause",
    ),
    Defence(
        "a pause that would take all the time that is left is not begun",
        "retry.py",
        " or wait >= left()",
        "",
        f"{_FALLBACK}test_a_pause_that_would_take_all_the_time_is_not_begun",
    ),
    Defence(
        "only what may pass is tried again",
        "retry.py",
        "        except RetryableError as error:\n",
        "        except __import__('twat_fs.errors').errors.UploadError as error:\n",
        f"{_RETRY}test_any_other_failure_is_not_repeated",
    ),
    Defence(
        "a secret that would go elsewhere stops everything",
        "calls.py",
        "    if isinstance(failure, TrustError):\n",
        "    if isinstance(failure, TrustError) and fragile:\n",
        f"{_STATES}test_a_walk_goes_where_it_is_drawn",
    ),
    Defence(
        "with --fragile nobody else is asked",
        "upload.py",
        "fragile=options.fragile and told",
        "fragile=False",
        f"{_STATES}test_a_walk_goes_where_it_is_drawn",
    ),
    Defence(
        "secrets are read when their provider's turn comes",
        "upload.py",
        "    outcome = Outcome(source)\n    for index,",
        "    outcome = Outcome(source)\n    [each.not_ready() for each in candidates]\n    for index,",
        f"{_FALLBACK}test_secrets_are_read_when_their_provider_is_tried",
    ),
    Defence(
        "who failed three files in a row is set aside",
        "circuit.py",
        "        if count < PATIENCE:",
        "        if True:",
        "cli/test_many_files.py::test_a_provider_that_keeps_failing_is_set_aside",
    ),
    Defence(
        "a cookie of one file does not go with the next",
        "http/transport.py",
        "        self._session.cookies.clear()\n",
        "",
        "cli/test_many_files.py::test_a_cookie_of_one_file_does_not_go_with_the_next",
    ),
    Defence(
        "a file that is too large for a host is not sent to it",
        "upload.py",
        "or unfit(candidate.spec, source) or",
        "or",
        f"{_STATES}test_a_walk_goes_where_it_is_drawn",
    ),
    Defence(
        "a URL that serves something else is no success",
        "verify.py",
        '        return f"serves {size} bytes, and {source.size} were sent"',
        '        return ""',
        f"{_STATES}test_a_walk_goes_where_it_is_drawn",
    ),
    Defence(
        "bytes that differ are no success",
        "verify.py",
        "or digest.hexdigest() == source.digest",
        'or "" in source.digest',
        f"{_STATES}test_a_walk_goes_where_it_is_drawn",
    ),
    Defence(
        "the check does not go on from https to http",
        "verify.py",
        '        if url.startswith("https://") and not target.startswith("https://"):',
        "        if False:",
        f"{_FALLBACK}test_the_check_does_not_leave_https",
    ),
    Defence(
        "the check fetches no more than was sent",
        "verify.py",
        "        def count(block: memoryview | bytes) -> None:\n            nonlocal seen\n"
        "            seen += len(block)\n            if seen > source.size:",
        "        def count(block: memoryview | bytes) -> None:\n            nonlocal seen\n"
        "            seen += len(block)\n            if False:",
        f"{_FALLBACK}test_the_check_of_an_endless_link_ends",
    ),
    Defence(
        "who may hold a file that has no URL is told",
        "verify.py",
        "        ambiguous=True,\n",
        "",
        f"{_FALLBACK}test_a_url_that_serves_something_else_may_have_been_stored",
    ),
    Defence(
        "a success that gives no URL may have stored the file",
        "upload_providers/declarative.py",
        "error.ambiguous or (isinstance(error, BadReply) and ways.trail.sent)",
        "error.ambiguous",
        f"{_STEPS}test_a_success_without_a_url_may_have_stored_the_file",
    ),
    Defence(
        "what may be left at the host is named",
        "upload_providers/declarative.py",
        "        if ways.trail.left:\n",
        "        if False:\n",
        f"{_STEPS}test_what_may_be_left_is_named_with_what_it_is_known_by_but_no_secret",
    ),
    Defence(
        "no secret is named with what may be left",
        "upload_providers/stepping.py",
        "            if isinstance(value, (str, int)) and not origins_of(value)\n",
        "            for value in [getattr(value, 'value', value)]\n",
        f"{_STEPS}test_what_may_be_left_is_named_with_what_it_is_known_by_but_no_secret",
    ),
    Defence(
        "the steps are begun again once, and not for ever",
        "upload_providers/declarative.py",
        "if self._at <= begin or twice or self._ways.left() <= 0:",
        "if True:",
        f"{_STEPS}test_a_product_that_is_lost_is_made_once_more",
    ),
)
