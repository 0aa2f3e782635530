from django.contrib.postgres.fields import ArrayField
from django.db import models


class RateLimitWindow(models.Model):
    """Attempts of the last time under one key, stored in the database so that a limit holds across processes.

    `started_at` is the oldest of them and `count` their number: servers of the previous version read only these.
    """

    key = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    attempts = ArrayField(models.DateTimeField(), default=list, db_default=[])

    class Meta:
        indexes = [models.Index("started_at", name="rate_window_age")]

    def __str__(self) -> str:
        return f"{self.count} since {self.started_at}"
