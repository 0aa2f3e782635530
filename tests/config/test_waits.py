"""How long somebody has to wait, in words."""

import pytest

from config.waits import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (2, "2 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (120, "2 minutes"),
        (3540, "59 minutes"),
        (3541, "1 hour"),
        (3600, "1 hour"),
        (3601, "61 minutes"),
        (7200, "2 hours"),
        (7201, "3 hours"),
        (86399, "24 hours"),
        (86400, "24 hours"),
    ],
)
def test_a_wait_is_told_in_the_unit_that_people_use(seconds, words):
    assert in_words(seconds) == words
