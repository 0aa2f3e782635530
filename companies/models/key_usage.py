"""Requests of API keys in the current minute, their last write, and the networks from which they come."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from companies.models.partners import ApiKey

USES_KEPT = timedelta(days=90)


class RequestQuota(models.Model):
    """Requests of one kind that a key may send until `ends_at`. `granted` is the number that processes have leased.

    `lease` is the last one. The table is not logged: after a crash of the database, each key has its whole quota again.
    """

    # without a constraint: a table that is not logged needs no lock on the key's row
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=20)
    ends_at = models.DateTimeField()
    granted = models.PositiveIntegerField()
    lease = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["api_key", "kind"], name="one_quota_per_key_and_kind")]

    def __str__(self) -> str:
        return f"{self.granted} {self.kind}"


class ApiKeyWrite(models.Model):
    """Last write of a key: a position in the log of changes of the database (WAL), in bytes.

    Written only if there is a replica, which must have reached the position before the key reads from it. The table is
    not logged, so a new database begins without old positions.
    """

    api_key = models.OneToOneField(
        ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    position = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.position)


class ApiKeyUse(models.Model):
    """Day on which a key was used from a network: the /24 of an IPv4 address, the /48 of an IPv6 address."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="uses", db_index=False)
    day = models.DateField()
    network = models.CharField(max_length=43)
    first_at = models.DateTimeField("first request")
    last_at = models.DateTimeField("last request")

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index("day", name="api_key_use_age")]
        constraints = [
            models.UniqueConstraint(fields=["api_key", "day", "network"], name="one_use_per_key_day_and_network")
        ]

    def __str__(self) -> str:
        return f"{self.network} on {self.day}"
