"""Takes the program's defences away one by one, and looks whether any test notices.

    python -m tests.mutation                   every defence; some minutes
    python -m tests.mutation redirect cookie   those whose sentence holds one of these words
    python -m tests.mutation --list            what there is

A defence that can be taken away without a failing test is a promise that nobody keeps an eye on: the command prints it
and ends with status 1. The tree itself is never changed; each mutant is a copy of the package with one expression
replaced.

To add one, put an entry into a module of `tests/mutation/defences` (a new module is found by being there):

    Defence(
        "a redirect is not followed",       # the promise, as one sentence
        "http/session.py",                  # the module, seen from engine/twat_fs
        "        return None\n",            # what stands there, exactly once
        "        return super()...\n",      # what to put in its place: the defence off, the rest working
        "unit/test_transport.py::test_x",   # the tests that must then fail, seen from tests/; one is enough, fast ones
    )

`tests/unit/test_mutation.py` sees to it that each entry still fits the code and names tests that exist.
"""
