from django.db import models


class RateLimitWindow(models.Model):
    """Attempts since `started_at`, stored in the database so that a limit holds across processes."""

    key = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index("started_at", name="rate_window_age")]

    def __str__(self) -> str:
        return f"{self.count} since {self.started_at}"
