"""Times in words."""

from datetime import UTC, datetime, timedelta

import pytest

from config.admin.times import in_words, when

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "ahead", "behind"),
    [
        ({"seconds": 5}, "in a minute", "just now"),
        ({"seconds": 100}, "in 2 minutes", "2 minutes ago"),
        ({"minutes": 89}, "in 89 minutes", "89 minutes ago"),
        ({"minutes": 100}, "in 2 hours", "2 hours ago"),
        ({"hours": 35}, "in 35 hours", "35 hours ago"),
        ({"hours": 37}, "in 2 days", "2 days ago"),
        ({"days": 3, "seconds": -1}, "in 3 days", "3 days ago"),
        ({"days": 59}, "in 59 days", "59 days ago"),
        ({"days": 61}, "in 2 months", "2 months ago"),
        ({"days": 730}, "in 2 years", "2 years ago"),
        ({"days": 3650}, "in 10 years", "10 years ago"),
    ],
)
def test_how_far_away_a_time_is(away, ahead, behind):
    assert in_words(NOW + timedelta(**away), now=NOW) == ahead
    assert in_words(NOW - timedelta(**away), now=NOW) == behind


def test_the_exact_time_is_at_hand():
    shown = when(NOW + timedelta(days=3), now=NOW)

    assert '<time datetime="2026-03-04T12:00:00+00:00">in 3 days</time>' in shown
    assert '<span class="when__exact">4 Mar 2026, 12:00 UTC</span>' in shown


def test_no_time_is_told_in_its_own_words():
    assert when(None, otherwise="<never>") == "<never>"
