from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

KNOWN_FOR = timedelta(days=90)


class KnownNetwork(models.Model):
    """Keyed hash of a client network from which a member of staff has logged in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_networks", db_index=False
    )
    digest = models.CharField(max_length=64)
    last_login_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_row_per_user_and_network")]

    def __str__(self) -> str:
        return f"network of {self.user_id}"
