"""How many cases the tests of laws are tried on: few in every run; where HYPOTHESIS_PROFILE is `deep`, 20,000."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_DEEP = "deep"
_DEEP_CASES = 20_000


def take_profile() -> None:
    """Have hypothesis do as the variable says."""
    settings.register_profile("suite", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(_DEEP, settings.get_profile("suite"), max_examples=_DEEP_CASES)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def cases(usual: int, tests: int = 1) -> int:
    """How many there are for a test whose cases cost less, or more, than others'.

    Args:
        usual: In every run.
        tests: By how many tests of one law those of a deep run are shared.
    """
    return _DEEP_CASES // tests if settings.get_current_profile_name() == _DEEP else usual
