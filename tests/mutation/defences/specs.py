"""Specs: the safe part of YAML, and what a spec may not say."""

from tests.mutation.defence import Defence

_LOAD = "unit/test_load.py::"
_REFUSED = f"{_LOAD}test_what_is_not_in_the_subset_is_refused"

DEFENCES = (
    Defence(
        "a spec has 256 KiB at most",
        "spec/load.py",
        "    if len(content) > SIZE_LIMIT:",
        "    if False:",
        f"{_LOAD}test_a_spec_of_more_than_256_kib_is_refused",
    ),
    Defence(
        "a spec has 20 levels at most",
        "spec/load.py",
        "        if len(self.stack) > DEPTH_LIMIT:",
        "        if False:",
        f"{_LOAD}test_more_levels_than_20_are_refused",
    ),
    Defence(
        "a spec has 5,000 values at most",
        "spec/load.py",
        "        if self.nodes > NODE_LIMIT:",
        "        if False:",
        f"{_LOAD}test_more_values_than_5000_are_refused",
    ),
    Defence(
        "aliases are refused",
        "spec/load.py",
        "    if isinstance(event, yaml.AliasEvent):",
        "    if False:",
        _REFUSED,
    ),
    Defence("anchors are refused", "spec/load.py", "    if event.anchor:", "    if False:", _REFUSED),
    Defence(
        "tags are refused",
        "spec/load.py",
        '    if event.tag is not None and event.tag != "!":',
        "    if False:",
        _REFUSED,
    ),
    Defence(
        "merge keys are refused",
        "spec/load.py",
        '        if event.value == "<<":',
        "        if False:",
        "specs/test_specs.py::test_a_bad_spec_has_the_error_that_it_says[yaml-merge]",
    ),
    Defence(
        "a key stands once",
        "spec/load.py",
        "        if event.value in parent.items:",
        "        if False:",
        _REFUSED,
    ),
    Defence(
        "a file is one document",
        "spec/load.py",
        "            if self.documents > 1:",
        "            if False:",
        _REFUSED,
    ),
    Defence(
        "no control character and no bidi mark is hidden in a spec",
        "spec/load.py",
        "def _refuse_hidden(text: str, place: Place) -> None:\n    hidden = _HIDDEN.search(text)\n    if hidden:",
        "def _refuse_hidden(text: str, place: Place) -> None:\n    hidden = _HIDDEN.search(text)\n    if False:",
        f"{_REFUSED} {_LOAD}test_an_escaped_control_character_in_a_key_is_refused",
    ),
    Defence(
        "a spec is a mapping",
        "spec/load.py",
        "    if not isinstance(document.data, dict):",
        "    if False:",
        _REFUSED,
    ),
    Defence(
        "a carriage return alone ends no line",
        "spec/load.py",
        '    if "\\r" in text:',
        "    if False:",
        f"{_LOAD}test_a_file_with_the_line_ends_of_the_old_mac_is_refused",
    ),
    Defence(
        "of plain scalars only true, false, null and whole numbers are no texts",
        "spec/load.py",
        '        if text in ("true", "false"):\n            return text == "true"',
        '        if text in ("true", "false", "yes", "no"):\n            return text in ("true", "yes")',
        f"{_LOAD}test_only_true_false_null_and_whole_numbers_are_no_texts",
    ),
    Defence(
        "no reference inside a spec or the schema is fetched",
        "spec/schema.py",
        ", registry=Registry())",
        ")",
        "unit/test_schema.py::test_a_reference_is_never_fetched",
    ),
    Defence(
        "of a file that is validated no more is read than a spec may have",
        "cli/validating.py",
        "        return source.start(SIZE_LIMIT + 1)",
        "        return source.content()",
        "cli/test_validate_spec.py::test_a_file_that_is_too_large_is_not_read_whole",
    ),
    Defence(
        "nothing but a file is validated",
        "cli/validating.py",
        "        with Source(text):  # a path that was named must lead to a file\n            yield _file(text)",
        '        yield (lambda: open(text, "rb").read()), text, None',
        "cli/test_validate_spec.py::test_a_fifo_is_no_spec",
    ),
    Defence(
        "to validate a spec nothing is asked of a network, and no file but the spec is read",
        "cli/validating.py",
        "        return validate(content(), path, stem)",
        '        __import__("socket").getaddrinfo("localhost", 80)\n        return validate(content(), path, stem)',
        "cli/test_validate_spec.py::test_nothing_but_the_spec_is_looked_at",
    ),
)
