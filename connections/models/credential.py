"""The credentials to an account."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connections.models.connection import Connection
from connections.models.datasource import ExtraCredential


class Credential(models.Model):
    """How to log in: sealed, bound to its connection, and read by nobody but the collector."""

    connection = models.OneToOneField(Connection, primary_key=True, on_delete=models.CASCADE, related_name="credential")
    encrypted = models.BinaryField(editable=False)
    # by name, in clear: a page tells what is stored without opening it
    extras = ArrayField(models.CharField(max_length=30, choices=ExtraCredential), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="credential_version"),
            # of three known words, none can be a secret
            models.CheckConstraint(
                condition=Q(extras__contained_by=ExtraCredential.values), name="credential_extras_are_names"
            ),
        ]

    def __str__(self) -> str:
        return "credential"

    def __repr__(self) -> str:
        return "<Credential>"

    @property
    def kept_extras(self) -> frozenset[str]:
        """Which extras stay when they are left empty (values of `ExtraCredential`).

        Of a row that was sealed before their names were noted any may: what is missing is refused when it is changed.
        """
        return frozenset(ExtraCredential.values if self.extras is None else self.extras)
