"""Uploads that were broken off, and what is deleted: never with other bytes than those that were sent."""

from tests.mutation.defence import Defence

_RESUMING = "unit/test_resuming.py::"
_DROPBOX = "unit/test_dropbox.py::"
_PIECES = "unit/test_pieces.py::"
_S3 = "unit/test_s3_small.py::"

DEFENCES = (
    Defence(
        "no byte is sent before what is kept covers it",
        "upload_providers/resumption.py",
        "        if end > self._covered and self._digest is not None:",
        "        if False:",
        f"{_RESUMING}test_a_piece_of_any_size_is_covered_before_it_is_sent",
    ),
    Defence(
        "what a moved file holds is compared with all that was sent",
        "upload_providers/resumption.py",
        'self._source.digest("sha256", at, size) != digest:',
        "False:",
        f"{_RESUMING}test_what_a_moved_file_holds_is_compared_with_all_that_was_sent",
    ),
    Defence(
        "a host that has more than is known to be the same is not gone on with",
        "upload_providers/declarative.py",
        "    if reached is None or reached.offset > kept.same_until:",
        "    if reached is None:",
        f"{_RESUMING}test_an_offset_beyond_what_is_known_begins_anew",
    ),
    Defence(
        "a host that loses again and again what it had is given up",
        "upload_providers/pieces.py",
        "        if offset > self._furthest:",
        "        if True:",
        f"{_PIECES}test_a_host_that_loses_again_and_again_what_it_had_is_given_up",
    ),
    Defence(
        "a session of Dropbox that loses again and again what it had is given up",
        "upload_providers/dropbox_api/transfer.py",
        "            if offset + len(data) > sent:",
        "            if True:",
        f"{_DROPBOX}test_a_session_that_loses_again_and_again_what_it_had_ends_the_upload",
    ),
    Defence(
        "what was never sent, no host has",
        "upload_providers/pieces.py",
        "        if told.offset > self._most:",
        "        if False:",
        f"{_PIECES}test_what_was_never_sent_no_host_has",
    ),
    Defence(
        "a file that is no text leaves nothing at a host that takes texts",
        "upload_providers/declarative.py",
        "        _check_text(job)\n",
        "",
        "unit/test_several_steps.py::test_what_is_no_text_leaves_nothing_at_a_host_that_takes_texts",
    ),
    Defence(
        "no secret of the user's stands in a receipt",
        "wire/deleting.py",
        '        if any(not origin.startswith("saved.") for origin in origins_of(value)):',
        "        if False:",
        "unit/test_deleting.py::test_a_receipt_holds_what_delete_names_and_no_more "
        "cli/test_delete.py::test_a_secret_option_is_in_no_receipt_and_is_read_again_to_delete",
    ),
    Defence(
        "a spec does not make deleting depend on a secret that no receipt keeps",
        "spec/repeats.py",
        "            self._check_secrets()",
        "            pass",
        "specs/test_specs.py::test_a_bad_spec_has_the_error_that_it_says",
    ),
    Defence(
        "what was edited at Dropbox since is not deleted",
        "upload_providers/dropbox_api/client.py",
        "self._sdk.files_delete_v2(path, rev)",
        "self._sdk.files_delete_v2(path)",
        f"{_DROPBOX}test_what_holds_something_else_by_now_is_left_alone",
    ),
    Defence(
        "what has taken a file's place at S3 is not deleted",
        "upload_providers/s3/removal.py",
        "    if not version and any(told[name] not in (None, recipe.get(name, told[name])) for name in told):",
        "    if False:",
        "servers/test_s3.py::test_what_has_taken_its_place_is_left_alone",
    ),
    Defence(
        "what S3 refuses of a small file counts as a try of it",
        "upload_providers/s3/small.py",
        "            self._own.first = response\n",
        "",
        f"{_S3}test_three_tries_are_all",
    ),
    Defence(
        "what boto3 says of one request alone is not said of the next",
        "upload_providers/s3/small.py",
        " or _OF_ONE & {name.lower() for name in headers}",
        "",
        f"{_S3}test_in_a_chain_of_functions_each_request_names_its_own_call",
    ),
)
