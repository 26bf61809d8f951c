"""Whose word the config file is, and who gets what the keyring has."""

from tests.mutation.defence import Defence

_CONFIG = "unit/test_config.py::"
_LOGIN = "cli/test_login.py::"

DEFENCES = (
    Defence(
        "a config file that others can write is not used",
        "config/resolve.py",
        "        found = None if settings.trusts(TRUSTED_AS) else exposed(path)\n",
        "        found = None\n",
        f"{_CONFIG}test_a_file_that_others_can_write_is_not_used",
    ),
    Defence(
        "no secret stands in the config file",
        "option_values.py",
        "        if is_secret(self._spec, name):",
        "        if False:",
        f"{_CONFIG}test_an_option_that_does_not_fit_is_told_with_its_place",
    ),
    Defence(
        "a key that is not known is an error",
        "config/document.py",
        "        if name not in known:",
        "        if False:",
        f"{_CONFIG}test_a_mistake_is_told_with_its_place_and_its_cure",
    ),
    Defence(
        "a change that would cost the user another key is not written",
        "config/editing.py",
        "if _said(_data(way)) == _said(expected)",
        "if True",
        f"{_CONFIG}test_a_slip_of_the_library_costs_nothing",
    ),
    Defence(
        "two changes at the same time are made one after the other",
        "config/editing.py",
        "        fcntl.flock(descriptor, fcntl.LOCK_EX)\n",
        "",
        f"{_CONFIG}test_changes_at_the_same_time_lose_none",
    ),
    Defence(
        "what the keyring has for one provider no other is given",
        "logins.py",
        'f"{provider}.json"',
        '"all.json"',
        f"{_LOGIN}test_what_is_stored_for_one_provider_is_given_to_no_other",
    ),
    Defence(
        "a provider is not used without the secret that it was given",
        "logins.py",
        "    if not isinstance(secret, str):\n        raise",
        "    if secret is None:\n        secret = ''\n    if False:\n        raise",
        f"{_LOGIN}test_a_secret_that_is_gone_from_the_keyring_is_told",
    ),
    Defence(
        "no secret of a bundled provider is asked for by another",
        "cli/logging_in.py",
        "        provider.check_owner(name)\n",
        "        pass\n",
        f"{_LOGIN}test_a_secret_of_a_bundled_provider_is_not_asked_for_by_another",
    ),
)
