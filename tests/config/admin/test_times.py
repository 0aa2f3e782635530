from datetime import UTC, datetime, timedelta

from config.admin.times import format_datetime, relative_time, short_date
from tests.clock import stopped_at

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_relative_time_names_one_unit():
    wanted = {
        timedelta(seconds=-20): "now",
        timedelta(minutes=45, seconds=-5): "in 45\xa0minutes",
        timedelta(minutes=59, seconds=50): "in 1\xa0hour",
        timedelta(hours=47): "in 47\xa0hours",
        timedelta(days=2, hours=23): "in 3\xa0days",
        timedelta(days=14, seconds=-5): "in 14\xa0days",
        timedelta(days=61): "in 2\xa0months",
        timedelta(days=730): "in 2\xa0years",
        -timedelta(days=3): "3\xa0days ago",
        -timedelta(seconds=100): "2\xa0minutes ago",
    }

    with stopped_at(NOON):
        shown = {away: relative_time(NOON + away) for away in wanted}

    assert {away: words for away, words in wanted.items() if f">{words}<" not in shown[away]} == {}


def test_relative_time_carries_exact_time():
    assert '<time datetime="2026-03-01T12:00:00+00:00">' in relative_time(NOON)
    assert '<span class="when__exact">1 Mar 2026, 12:00 UTC</span>' in relative_time(NOON)


def test_short_date_carries_exact_time():
    assert short_date(NOON) == (
        '<time datetime="2026-03-01T12:00:00+00:00" title="1 Mar 2026, 12:00 UTC">1 Mar 2026</time>'
    )


def test_missing_time_shows_default():
    assert [show(None, default="Never") for show in (relative_time, short_date, format_datetime)] == ["Never"] * 3
