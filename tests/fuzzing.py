"""Hypothesis settings: few fixed examples in a normal run, many random ones with `make fuzz`."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

FUZZ_FACTOR = int(os.environ.get("FUZZ_FACTOR", "0"))


def examples(number: int, **options: Any) -> settings:
    """Try `number` examples, or `FUZZ_FACTOR` times as many. They may share the fixtures of one test."""
    return settings(
        max_examples=number * max(FUZZ_FACTOR, 1),
        derandomize=not FUZZ_FACTOR,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **options,
    )
