from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, registry
from twat_fs.environment import provider_names
from twat_fs.errors import NotConfigured, SpecError, TrustError, UsageError
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.registry import Provider, Registry

SPEC = """\
spec: 1
name: {name}
title: Mine
credentials:
  {key}: {{help: From the dashboard., aliases: [OLD_KEY, OLDER_KEY]}}
  SECOND_KEY: {{required: false}}
options:
  expires: {{type: duration, env: MINE_EXPIRES, default: 1d}}
  pin: {{type: integer, secret: true, env: MINE_PIN}}
  visible: {{choices: [public, hidden], secret: true, env: MINE_VISIBLE}}
request:
  url: https://h.example/up
  headers: {{A: "{{{{ credentials.{key} }}}}", B: "{{{{ credentials.SECOND_KEY }}}}"}}
  multipart:
    e: "{{{{ options.expires }}}}"
    p: "{{{{ options.pin }}}}"
    v: "{{{{ options.visible }}}}"
    f: "{{{{ file }}}}"
result: {{url: {{text: true}}}}
"""


def provider(tmp_path: Path, *, spec_name: str = "mine", key: str = "MINE_KEY", **environ: str) -> Provider:
    (tmp_path / f"{spec_name}.yaml").write_text(SPEC.format(name=spec_name, key=key))
    return registry(tmp_path, **environ).provider(spec_name)


# Credentials


def test_a_secret_comes_from_its_variable(tmp_path: Path) -> None:
    assert provider(tmp_path, MINE_KEY=PLANTED).credentials() == {"MINE_KEY": PLANTED}


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"OLD_KEY": "old"}, "old"),
        ({"OLDER_KEY": "of-older-4711"}, "of-older-4711"),
        ({"OLD_KEY": "old", "OLDER_KEY": "of-older-4711"}, "old"),
        ({"MINE_KEY": "new", "OLD_KEY": "old"}, "new"),
    ],
)
def test_an_alias_serves_where_the_name_is_not_set(tmp_path: Path, environ: dict[str, str], found: str) -> None:
    assert provider(tmp_path, **environ).credentials() == {"MINE_KEY": found}


def test_a_missing_secret_names_the_variable_and_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="MINE_KEY is not set") as caught:
        provider(tmp_path).credentials()
    assert (caught.value.provider, caught.value.hint) == ("mine", "From the dashboard. Or say `twat-fs login mine`.")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("value", ["", " ", "\n", " \t ", "\r\n"])
def test_a_blank_secret_is_a_missing_one(tmp_path: Path, value: str) -> None:
    with pytest.raises(NotConfigured, match="MINE_KEY is empty"):
        provider(tmp_path, MINE_KEY=value).credentials()


@pytest.mark.parametrize("value", [f"{PLANTED}\n", f"{PLANTED}\r\n"])
def test_one_line_break_at_the_end_is_taken_off(tmp_path: Path, value: str) -> None:
    assert provider(tmp_path, MINE_KEY=value).credentials() == {"MINE_KEY": PLANTED}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (f"{PLANTED}\n\n", "a line break"),
        (f"{PLANTED}\nX-Evil: 1", "a line break"),
        (f"\n{PLANTED}", "a line break"),
        (f"{PLANTED}\r\n\r\n", "a line break"),
        (f"{PLANTED}\0", "a NUL"),
        (f"{PLANTED}\x1bb", "a control character"),
        (f"{PLANTED}\x7f", "a control character"),
        (f"{PLANTED}\x85", "a control character"),
        (f"\ufeff{PLANTED}", "a byte order mark"),
        (f"{PLANTED}\u200b", "a character that nobody sees"),
        (f"{PLANTED}\u2028", "a character that nobody sees"),
        (f"\u202e{PLANTED}", "a character that nobody sees"),
    ],
)
def test_a_malformed_secret_names_the_variable_and_not_the_value(tmp_path: Path, value: str, what: str) -> None:
    with pytest.raises(NotConfigured, match=f"MINE_KEY holds {what}") as caught:
        provider(tmp_path, MINE_KEY=value).credentials()
    assert PLANTED not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("value", [f'"{PLANTED}"', "schlüssel€", os.fsdecode(b"by\xfftes")])
def test_quotes_and_letters_of_any_alphabet_may_be_part_of_a_secret(tmp_path: Path, value: str) -> None:
    assert provider(tmp_path, MINE_KEY=value).credentials() == {"MINE_KEY": value}


@pytest.mark.parametrize("value", ["", " "])
def test_an_optional_secret_that_is_blank_is_left_out(tmp_path: Path, value: str) -> None:
    assert provider(tmp_path, MINE_KEY="k", SECOND_KEY=value).credentials() == {"MINE_KEY": "k"}


def test_an_optional_secret_that_is_malformed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="SECOND_KEY holds"):
        provider(tmp_path, MINE_KEY="k", SECOND_KEY="a\nb").credentials()


def test_a_provider_says_why_it_is_not_ready(tmp_path: Path) -> None:
    assert provider(tmp_path, MINE_KEY="k").not_ready() is None
    reason = provider(tmp_path).not_ready()
    assert isinstance(reason, NotConfigured)


def test_what_was_read_stays_out_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provider(tmp_path, MINE_KEY=PLANTED).credentials()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("twat_fs").warning("it said %s", f"key={PLANTED}")
    assert caplog.messages == ["it said key=<hidden>"]


# Secrets of bundled providers


def test_nothing_that_holds_a_secret_shows_it_of_itself(tmp_path: Path) -> None:
    found = provider(tmp_path, MINE_KEY=PLANTED, MINE_PIN="4821947")
    holders = [found, found.registry, found.settings, found.inputs(Call("a.txt", "a.txt"))]
    assert not any(secret in repr(holder) for holder in holders for secret in (PLANTED, "4821947"))
    assert "MINE_KEY" in repr(holders[-1])


def test_a_spec_from_elsewhere_does_not_get_a_bundled_secret(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="wants FAL_KEY, which belongs to the bundled provider fal") as caught:
        provider(tmp_path, key="FAL_KEY", FAL_KEY=PLANTED).credentials()
    assert str(tmp_path / "mine.yaml") in str(caught.value)
    assert "TWAT_FS_TRUST=mine" in caught.value.hint
    assert PLANTED not in str(caught.value)


def test_a_spec_that_takes_a_bundled_name_does_not_get_its_secret(tmp_path: Path) -> None:
    with pytest.raises(TrustError):
        provider(tmp_path, spec_name="fal", key="FAL_KEY", FAL_KEY=PLANTED).credentials()


@pytest.mark.parametrize("trust", ["mine", "all", "other,mine", "[mine]"])
def test_a_user_can_trust_a_spec_with_it(tmp_path: Path, trust: str) -> None:
    found = provider(tmp_path, key="FAL_KEY", FAL_KEY=PLANTED, TWAT_FS_TRUST=trust).credentials()
    assert found == {"FAL_KEY": PLANTED}


@pytest.mark.parametrize("trust", ["", "other", "min", "mine2"])
def test_trust_is_given_by_name(tmp_path: Path, trust: str) -> None:
    with pytest.raises(TrustError):
        provider(tmp_path, key="FAL_KEY", FAL_KEY=PLANTED, TWAT_FS_TRUST=trust).credentials()


def test_the_bundled_spec_gets_its_secret(tmp_path: Path) -> None:
    assert registry(tmp_path, FAL_KEY=PLANTED).provider("fal").credentials() == {"FAL_KEY": PLANTED}


# Options


@pytest.mark.parametrize(
    ("environ", "given", "values"),
    [
        ({}, {}, {}),
        ({"MINE_EXPIRES": "2h"}, {}, {"expires": "2h"}),
        ({"MINE_EXPIRES": ""}, {}, {}),
        ({"MINE_EXPIRES": "2h"}, {"expires": "5h"}, {"expires": "5h"}),
        ({"MINE_PIN": "1234"}, {}, {"pin": "1234"}),
    ],
)
def test_an_option_comes_from_the_caller_else_from_its_variable(
    tmp_path: Path, environ: dict[str, str], given: dict[str, Any], values: dict[str, Any]
) -> None:
    assert provider(tmp_path, MINE_KEY="k", **environ).option_values(given) == values


def test_an_option_that_is_not_declared_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mine has no option `colour`") as caught:
        provider(tmp_path).option_values({"colour": "red"})
    assert caught.value.hint == "Its options: expires, pin, visible."


def test_a_value_that_an_option_does_not_take_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="option expires: `soon`"):
        provider(tmp_path).option_values({"expires": "soon"})


def test_a_variable_with_a_wrong_value_is_a_matter_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="MINE_EXPIRES: option expires: `soon`"):
        provider(tmp_path, MINE_EXPIRES="soon").option_values({})


@pytest.mark.parametrize("variable", ["MINE_PIN", "MINE_VISIBLE"])
def test_the_wrong_value_of_a_secret_option_is_not_told(tmp_path: Path, variable: str) -> None:
    with pytest.raises(NotConfigured, match=variable) as caught:
        provider(tmp_path, **{variable: PLANTED}).option_values({})
    assert PLANTED not in str(caught.value) + caught.value.hint


def test_a_secret_option_is_read_as_a_credential_is(tmp_path: Path) -> None:
    assert provider(tmp_path, MINE_PIN="4821947\n").option_values({})["pin"] == "4821947"
    with pytest.raises(NotConfigured, match="MINE_PIN holds a line break"):
        provider(tmp_path, MINE_PIN="4821\n947").option_values({})
    with pytest.raises(NotConfigured, match="MINE_PIN is empty"):
        provider(tmp_path, MINE_PIN=" ").option_values({})


def test_a_secret_option_is_hidden_from_then_on(tmp_path: Path) -> None:
    found = provider(tmp_path, MINE_PIN="4821947")
    found.option_values({})
    assert found.registry.redactor("pin 4821947") == "pin <hidden>"


# Providers and their order


def test_an_unknown_provider_is_wrong_usage_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no provider `catbax`") as caught:
        registry(tmp_path).provider("catbax")
    assert caught.value.hint == "Did you mean `catbox`?"


def test_an_invalid_spec_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("spec: 1\n")
    with pytest.raises(SpecError):
        registry(tmp_path).provider("mine")


def order(found: Registry, *named: str) -> list[str]:
    return [candidate.name for candidate in found.candidates(named)]


def test_named_providers_are_the_only_ones(tmp_path: Path) -> None:
    assert order(registry(tmp_path), "uguu", "catbox") == ["uguu", "catbox"]


def test_without_a_name_the_default_order_is_tried(tmp_path: Path) -> None:
    found = registry(tmp_path)
    assert order(found) == found.catalog.default_order()


def test_a_default_provider_turns_the_order_round(tmp_path: Path) -> None:
    usual = registry(tmp_path).catalog.default_order()
    turned = order(registry(tmp_path, TWAT_FS_DEFAULT_PROVIDER=usual[2]))
    assert turned == usual[2:] + usual[:2]


def test_a_default_that_is_not_in_the_order_stands_alone(tmp_path: Path) -> None:
    provider(tmp_path)
    assert order(registry(tmp_path, TWAT_FS_DEFAULT_PROVIDER="mine")) == ["mine"]


def test_several_defaults_are_the_order(tmp_path: Path) -> None:
    assert order(registry(tmp_path, TWAT_FS_DEFAULT_PROVIDER="uguu,catbox")) == ["uguu", "catbox"]


def test_a_default_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody"):
        order(registry(tmp_path, TWAT_FS_DEFAULT_PROVIDER="nobody"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b ,", ["a", "b"]),
        ("[a, b]", ["a", "b"]),
        ("[\"a\", 'b']", ["a", "b"]),
        ("a,b,a", ["a", "b"]),
        ("[]", []),
    ],
)
def test_names_are_read_from_every_spelling(text: str, names: list[str]) -> None:
    assert provider_names(text) == names


def test_no_librarys_log_line_holds_what_was_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provider(tmp_path, MINE_KEY=PLANTED).credentials()
    with caplog.at_level(logging.DEBUG):
        for name in (
            "urllib3.connectionpool",
            "botocore.endpoint",
            "boto3.any",
            "dropbox",
            "aiohttp.client",
            "of.others",
        ):
            library = logging.getLogger(name)
            library.setLevel(logging.DEBUG)
            library.debug('"%s %s" with %r', "GET", f"/?key={PLANTED}", {"Authorization": f"Bearer {PLANTED}".encode()})
            try:
                raise ValueError(f"bad {PLANTED}")
            except ValueError:
                library.exception("failed")
            library.setLevel(logging.NOTSET)
    assert PLANTED not in caplog.text
    assert caplog.text.count("Bearer <hidden>") == 6
    assert caplog.text.count("ValueError: bad <hidden>") == 6


def test_a_log_line_without_secrets_is_left_as_it_was(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provider(tmp_path, MINE_KEY=PLANTED).credentials()
    logging.getLogger("of.others").warning("%s of %d", "one", 5)
    assert caplog.records[0].args == ("one", 5)
