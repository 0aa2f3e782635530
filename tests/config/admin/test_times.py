from datetime import UTC, datetime, timedelta

from django.utils import timezone

from config.admin.times import format_datetime, relative_time, short_date

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_relative_time_rounds_to_minute():
    wanted = {
        timedelta(days=14, seconds=-5): "2\xa0weeks from now",
        timedelta(minutes=45, seconds=-5): "45\xa0minutes from now",
        -timedelta(days=3): "3\xa0days ago",
        -timedelta(seconds=100): "a minute ago",
    }

    shown = {away: relative_time(timezone.now() + away) for away in wanted}

    assert {away for away, words in wanted.items() if f">{words}<" not in shown[away]} == set()


def test_relative_time_carries_exact_time():
    assert '<time datetime="2026-03-01T12:00:00+00:00">' in relative_time(NOON)
    assert '<span class="when__exact">1 Mar 2026, 12:00 UTC</span>' in relative_time(NOON)


def test_short_date_carries_exact_time():
    assert short_date(NOON) == (
        '<time datetime="2026-03-01T12:00:00+00:00" title="1 Mar 2026, 12:00 UTC">1 Mar 2026</time>'
    )


def test_missing_time_shows_default():
    assert [show(None, default="Never") for show in (relative_time, short_date, format_datetime)] == ["Never"] * 3
