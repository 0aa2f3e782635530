from datetime import timedelta

from companies.services.webhooks.retries import DELAYS, JITTER, retry_delay


def test_delays_follow_the_schedule():
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    wanted = (minute / 12, minute, 5 * minute, 30 * minute, *(hours * hour for hours in (2, 5, 10, 14, 20, 24)))
    assert wanted == DELAYS

    for failed, shortest in enumerate(wanted, start=1):
        delays = [retry_delay(failed) for _ in range(20)]
        assert all(shortest <= delay <= shortest * (1 + JITTER) for delay in delays)
        assert len(set(delays)) > 1
    assert retry_delay(len(wanted) + 1) is None
