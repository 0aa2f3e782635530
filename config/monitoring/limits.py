"""Refusals of the rate limits of all apps."""

from config.monitoring.metrics import Counter

LIMIT_REFUSALS = Counter("limit_refusals_total", "Attempts beyond a rate limit, by the name of the limit.", ["limit"])
