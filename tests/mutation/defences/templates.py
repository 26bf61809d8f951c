"""Templates: the closed list of what they may say, and the limits of what they may come to."""

from tests.mutation.defence import Defence

_REFUSED = "unit/test_template_refusals.py::"
_NOT_IN_IT = f"{_REFUSED}test_what_is_not_in_the_language_is_refused"
_LIMITS = "unit/test_expression_limits.py::"
_TEMPLATES = "unit/test_templates.py::"

DEFENCES = (
    Defence(
        "a template has 4,096 characters at most",
        "expression/parse.py",
        "    if len(text) > TEMPLATE_LIMIT:",
        "    if False:",
        f"{_REFUSED}test_a_template_of_more_than_4096_characters_is_refused",
    ),
    Defence(
        "a template has no statements",
        "expression/parse.py",
        '        if kind in ("block_begin", "comment_begin", "raw_begin"):',
        "        if False:",
        _NOT_IN_IT,
    ),
    Defence(
        "a template that is nested too deeply is refused",
        "expression/parse.py",
        "    except RecursionError:\n        raise ExpressionError",
        "    except MemoryError:\n        raise ExpressionError",
        f"{_REFUSED}test_any_depth_is_refused_or_evaluated",
    ),
    Defence(
        "a name has the members that it is documented to have",
        "expression/parse.py",
        "    if steps and members is not None and steps[0] not in members:",
        "    if False:",
        _NOT_IN_IT,
    ),
    Defence(
        "what is plain has no members",
        "expression/parse.py",
        "    if len(steps) > 1 and root not in _DEEP:",
        "    if False:",
        _NOT_IN_IT,
    ),
    Defence(
        "secrets are not listed",
        "expression/parse.py",
        "    if not steps and not alone:",
        "    if False:",
        _NOT_IN_IT,
    ),
    Defence(
        "a date's format has no widths",
        "expression/parse.py",
        "        _check_date(arguments[0])",
        "        pass",
        _NOT_IN_IT,
    ),
    Defence(
        "a pattern is written out, and in a language that takes no time",
        "expression/parse.py",
        "        _check_pattern(*arguments)",
        "        pass",
        _NOT_IN_IT,
    ),
    Defence(
        "an address or a header comes to 64 Ki characters at most",
        "expression/evaluate.py",
        "        capped(secrets.bare(text), limit)",
        "        pass",
        f"{_TEMPLATES}test_an_output_of_more_than_64_kib_is_refused",
    ),
    Defence(
        "what is put together is counted before it is there",
        "expression/evaluate.py",
        "    check_length(sum(len(secrets.bare(text)) for text in present), limit)\n",
        "",
        f"{_LIMITS}test_what_is_made_is_counted_before_it_is_there",
    ),
    Defence(
        "two texts are counted before they are put together",
        "expression/filters.py",
        "    check_length(sum(len(side) for side in plain))\n",
        "",
        f"{_LIMITS}test_what_is_made_is_counted_before_it_is_there",
    ),
    Defence(
        "what grows in pieces is counted while it grows",
        "expression/limits.py",
        "        check_length(length)\n",
        "",
        f"{_LIMITS}test_what_is_made_is_counted_before_it_is_there",
    ),
    Defence(
        "a var is small",
        "expression/evaluate.py",
        "        if size(value, OUTPUT_LIMIT) > OUTPUT_LIMIT:",
        "        if False:",
        f"{_LIMITS}test_a_var_is_a_small_value",
    ),
    Defence(
        "vars with the file's content are together no more than any text",
        "expression/evaluate.py",
        '    elif size([value, *(scope.names.get("vars") or {}).values()], TEXT_LIMIT) > TEXT_LIMIT:',
        "    elif False:",
        f"{_LIMITS}test_a_var_may_hold_the_files_content",
    ),
    Defence(
        "a filter makes no endless list",
        "expression/filters.py",
        "    if len(items) > ITEM_LIMIT:",
        "    if False:",
        f"{_LIMITS}test_a_list_of_a_filter_has_an_end",
    ),
    Defence(
        "a replacement has no endless places",
        "expression/filters.py",
        "        if places > ITEM_LIMIT:",
        "        if False:",
        f"{_LIMITS}test_a_list_of_a_filter_has_an_end",
    ),
    Defence(
        "a random text has 256 characters at most",
        "expression/evaluate.py",
        " or not 1 <= argument <= 256:",
        ":",
        f"{_TEMPLATES}test_a_value_that_does_not_fit_is_an_evaluation_error",
    ),
    Defence(
        "a value of a reply that is nested too deeply is an error of its own",
        "expression/limits.py",
        "        except RecursionError:",
        "        except MemoryError:",
        f"{_LIMITS}test_json_that_is_nested_too_deeply_is_an_evaluation_error",
    ),
    Defence(
        "a number of a reply that is too large is an error of its own",
        "expression/limits.py",
        "        except ArithmeticError:",
        "        except MemoryError:",
        f"{_LIMITS}test_a_hostile_value_is_an_evaluation_error_or_worth_something",
    ),
    Defence(
        "a query has 1,000 characters at most",
        "expression/query.py",
        "    if len(expression) > QUERY_LIMIT:",
        "    if False:",
        "unit/test_queries.py::test_a_query_that_does_not_compile_is_refused",
    ),
    Defence(
        "what a query makes of a reply has a limit",
        "expression/searching.py",
        "        if self.left < 0:",
        "        if False:",
        "unit/test_expression_limits.py::test_what_a_query_makes_and_throws_away_is_counted_too",
    ),
    Defence(
        "what a query would come to when it is written out has a limit",
        "expression/searching.py",
        "        if self.size(value) > BUDGET:",
        "        if False:",
        "unit/test_expression_limits.py::test_a_query_that_makes_too_much_ends_at_once",
    ),
    Defence(
        "a query's join looks before it puts together",
        "expression/searching.py",
        "        if len(separator) * len(array) + sum(map(len, array)) > BUDGET:",
        "        if False:",
        "unit/test_expression_limits.py::test_what_a_query_joins_is_counted_before_it_is_there",
    ),
)
