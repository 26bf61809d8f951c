"""What is done with a URL, and where files come from: what of it others see."""

from tests.mutation.defence import Defence

_DELIVERY = "cli/test_delivery.py::"
_ADDRESSES = "unit/test_addresses.py::"
_MANY = "unit/test_many.py::"

DEFENCES = (
    Defence(
        "nothing is opened but what is on the web",
        "cli/browser.py",
        '    if not url.startswith(("http://", "https://")):\n',
        "    if False:\n",
        f"{_DELIVERY}test_nothing_but_the_web_is_opened",
    ),
    Defence(
        "a notification names no folder",
        "cli/uploading.py",
        'os.path.basename(item.label.rstrip("/")) or item.label',
        "item.label",
        f"{_DELIVERY}test_a_notification_names_no_folder_and_no_url",
    ),
    Defence(
        "records and messages have no secret of an address",
        "batch.py",
        "        if not leads_elsewhere(self.path):",
        "        if leads_elsewhere or not self.path:",
        f"{_ADDRESSES}test_nothing_that_the_command_line_shows_has_the_secrets_of_an_address",
    ),
    Defence(
        "what a library says of an address has no secret of it",
        "streams.py",
        'printable(_UNSAID.sub("", words))',
        "printable(words)",
        f"{_ADDRESSES}test_what_a_library_says_has_no_secret_of_an_address",
    ),
    Defence(
        "log lines of libraries that read addresses have no query",
        "logs.py",
        'REDACTOR(_QUERY.sub(r"\\1?<hidden>", message) if record.name.startswith(_READERS) else message)',
        "REDACTOR(message)",
        f"{_ADDRESSES}test_a_line_of_a_library_that_reads_addresses_has_no_query",
    ),
    Defence(
        "an address of the web is checked with the certificates of all that is sent",
        "addresses.py",
        '{"ssl": tls_context(settings.ca_file), "timeout": silence}',
        '{"ssl": tls_context and False, "timeout": silence}',
        f"{_ADDRESSES}test_certificates_are_those_of_all_that_is_sent",
    ),
    Defence(
        "what deletes a file does not travel with its record",
        "workers.py",
        "        done.outcome.result.recipe = None",
        "        pass",
        f"{_MANY}test_what_deletes_a_file_stays_with_the_receipt",
    ),
    Defence(
        "an executor that begins a task twice is not taken",
        "many.py",
        '    if type(executor).__module__ == "distributed.cfexecutor":\n',
        "    if False:\n",
        f"{_MANY}test_an_executor_that_would_send_files_twice_is_refused",
    ),
)
